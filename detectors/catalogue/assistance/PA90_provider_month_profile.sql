/*
code: PA90
title: {sv: Ovanlig månadsprofil för assistans, en: Unusual monthly profile of assistance}
method: isolation_forest
kind: unusual
concept: peers
subject: provider
gate: P1
reads: [assistance_shifts, assistance_covered_months, assistance_months, assistance_granted_months, assistance_invoices, providers]
optional_reads: [assistance_granted_months, assistance_invoices, providers]
optional_columns: [providers.contract_kind]
population: assistance_shifts.provider_id
peers:
  levels: [[contract_kind, size_band], [contract_kind], [size_band], []]
  size_bands: 2
why:
  sv: Flera små avvikelser på en gång kan synas som en ovanlig helhet fast ingen enskild regel slår till. Jämförelsen säger var det är värt att titta, inte att något är fel.
  en: Several small deviations at once may show as an unusual whole though no single rule fires. The comparison says where a look is worthwhile, not that anything is wrong.
innocent:
  sv: Inriktning på brukare med stort behov på natten; få brukare; en ny brukare eller en avslutad insats mitt i månaden.
  en: A focus on clients with great needs at night; few clients; a new client or a service that ended in the middle of the month.
blind_spots:
  sv: Det som alla anordnare gör lika; anordnare med få timmar i månaden; färre än trettio anordnare ger ingen jämförelse.
  en: What all providers do alike; providers with few hours a month; fewer than thirty providers give no comparison.
next_step:
  sv: Börja med de drag som skiljer mest och jämför tidredovisningen för den månaden med besluten.
  en: Begin with the features that differ most and compare the time sheets of that month with the decisions.
sentence:
  sv: "ovanlig månad jämfört med {peer_n:månad|månader} hos andra och hos anordnaren själv: {differences_sv}"
  en: "unusual month against {peer_n:month|months} of others and its own: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  night_share: {sv: andel aktiva timmar som börjar på natten, en: active hours that begin at night, unit: percent}
  standby_share: {sv: andel väntetid och beredskap, en: waiting time and standby, unit: percent}
  granted_ratio: {sv: redovisad tid mot beviljad, en: reported by granted time, unit: percent}
  billed_ratio: {sv: fakturerad tid mot redovisad, en: billed by reported time, unit: percent}
  hour_price: {sv: pris per fakturerad timme, en: price a billed hour, unit: SEK}
  hours_per_client: {sv: timmar per brukare, en: hours a client, unit: hours}
  hours_per_assistant: {sv: timmar per assistent, en: hours an assistant, unit: hours}
  long_share: {sv: andel pass över tolv timmar, en: shifts longer than twelve hours, unit: percent}
  whole_hour_share: {sv: andel pass på hela timmar, en: shifts of whole hours, unit: percent}
  single_share: {sv: andel brukare med en enda assistent, en: clients with a single assistant, unit: percent}
  full_share: {sv: andel brukare som slutar på taket i beslutet, en: clients who end at the limit of the decision, unit: percent}
  hours_change: {sv: timmar per brukare mot anordnarens egna månader före, en: hours a client against the provider's own months before, unit: percent}
parameters:
  min_volume: {value: 200, unit: hours a month, because: shares of few hours are chance}
  percentile: {value: 0.97, unit: rank of the score, because: a few percent is what can be looked at}
  min_episodes: {value: 2, unit: months, because: a single month has its own reasons}
  full_from: {value: 0.995, unit: share of the grant, because: handbook PA-6}
  long_hours: {value: 12, unit: hours, because: longer shifts need a special agreement and are seldom planned}
severity: 2
status: active
since: 2026-11-23
*/
WITH shifts AS (
  SELECT s.provider_id, s.client_token, s.assistant_token, s.shift_id, s.row_ref, s.kind,
         CAST(date_trunc('month', s.started_at) AS DATE) AS month,
         (epoch(s.ended_at) - epoch(s.started_at)) / 3600.0 AS hours,
         CASE WHEN hour(s.started_at) >= 22 OR hour(s.started_at) < 6 THEN 1.0 ELSE 0.0 END AS is_night,
         CASE WHEN mod(CAST(round(epoch(s.ended_at) - epoch(s.started_at), 0) AS BIGINT), 3600) = 0 THEN 1.0 ELSE 0.0 END AS is_whole
  FROM assistance_shifts s
  JOIN assistance_covered_months k
    ON k.provider_id = s.provider_id AND k.month = CAST(date_trunc('month', s.started_at) AS DATE)
  WHERE s.started_at >= $since AND CAST(s.started_at AS DATE) <= $as_of AND s.ended_at > s.started_at
),
profile AS (
  SELECT provider_id, month, count(*) AS n, sum(hours) AS hours, count(DISTINCT assistant_token) AS n_assistants,
         sum(CASE WHEN kind = 'active' THEN hours * is_night END) / nullif(sum(CASE WHEN kind = 'active' THEN hours END), 0) AS night_share,
         sum(CASE WHEN kind = 'active' THEN 0 ELSE hours END) / sum(hours) AS standby_share,
         avg(CASE WHEN hours > $long_hours THEN 1.0 ELSE 0.0 END) AS long_share, avg(is_whole) AS whole_hour_share
  FROM shifts GROUP BY provider_id, month
),
client_assistants AS (
  SELECT provider_id, month, client_token, count(DISTINCT assistant_token) AS n_assistants
  FROM shifts GROUP BY provider_id, month, client_token
),
billed AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
         sum(CASE WHEN amount_sek < 0 THEN -abs(billed_hours) ELSE billed_hours END) AS hours, sum(amount_sek) AS amount_sek
  FROM assistance_invoices
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
),
clients AS (
  SELECT m.provider_id, m.month, count(*) AS n_clients,
         avg(CASE WHEN c.n_assistants = 1 THEN 1.0 ELSE 0.0 END) AS single_share,
         avg(CASE WHEN g.whole_month AND g.granted_hours > 0
                  THEN CASE WHEN m.counted_hours >= $full_from * g.granted_hours
                             AND m.counted_hours <= g.granted_hours + 0.001 THEN 1.0 ELSE 0.0 END END) AS full_share,
         sum(CASE WHEN g.whole_month AND g.granted_hours > 0 THEN m.counted_hours END)
           / nullif(sum(CASE WHEN g.whole_month AND g.granted_hours > 0 THEN g.granted_hours END), 0) AS granted_ratio,
         sum(b.hours) / nullif(sum(CASE WHEN b.hours IS NOT NULL THEN m.counted_hours END), 0) AS billed_ratio,
         sum(b.amount_sek) / nullif(sum(b.hours), 0) AS hour_price
  FROM assistance_months m
  JOIN client_assistants c ON c.provider_id = m.provider_id AND c.client_token = m.client_token AND c.month = m.month
  LEFT JOIN assistance_granted_months g
    ON g.provider_id = m.provider_id AND g.client_token = m.client_token AND g.month = m.month
  LEFT JOIN billed b ON b.provider_id = m.provider_id AND b.client_token = m.client_token AND b.month = m.month
  GROUP BY m.provider_id, m.month
),
levels AS (
  SELECT p.provider_id, p.month, p.hours / c.n_clients AS hours_per_client,
         avg(p.hours / c.n_clients) OVER (PARTITION BY p.provider_id ORDER BY p.month, p.provider_id
                                          ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS usual,
         count(*) OVER (PARTITION BY p.provider_id ORDER BY p.month, p.provider_id
                        ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS n_before
  FROM profile p JOIN clients c ON c.provider_id = p.provider_id AND c.month = p.month
),
sampled AS (
  -- rows an investigator can open: the longest shifts of the month
  SELECT provider_id, month, row_ref,
         row_number() OVER (PARTITION BY provider_id, month ORDER BY hours DESC, shift_id) AS place
  FROM shifts
),
references_of AS (
  SELECT provider_id, month, array_agg(row_ref) AS evidence FROM sampled WHERE place <= 50 GROUP BY provider_id, month
)
SELECT p.provider_id AS subject_id, p.month AS period_from,
       CAST(p.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, p.hours AS volume, p.n AS n_evidence,
       o.contract_kind, CAST(p.night_share AS DOUBLE) AS night_share, CAST(p.standby_share AS DOUBLE) AS standby_share,
       CAST(c.granted_ratio AS DOUBLE) AS granted_ratio, CAST(c.billed_ratio AS DOUBLE) AS billed_ratio,
       CAST(c.hour_price AS DOUBLE) AS hour_price, CAST(l.hours_per_client AS DOUBLE) AS hours_per_client,
       CAST(p.hours / p.n_assistants AS DOUBLE) AS hours_per_assistant, CAST(p.long_share AS DOUBLE) AS long_share,
       CAST(p.whole_hour_share AS DOUBLE) AS whole_hour_share, CAST(c.single_share AS DOUBLE) AS single_share,
       CAST(c.full_share AS DOUBLE) AS full_share,
       CAST(CASE WHEN l.n_before >= 3 THEN l.hours_per_client / l.usual - 1 END AS DOUBLE) AS hours_change, e.evidence
FROM profile p
JOIN clients c ON c.provider_id = p.provider_id AND c.month = p.month
JOIN levels l ON l.provider_id = p.provider_id AND l.month = p.month
JOIN references_of e ON e.provider_id = p.provider_id AND e.month = p.month
LEFT JOIN providers o ON o.provider_id = p.provider_id
