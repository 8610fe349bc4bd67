/*
code: HC90
title: {sv: Ovanlig månadsprofil för hemtjänst, en: Unusual monthly profile of home care}
method: isolation_forest
kind: unusual
concept: peers
subject: provider
gate: P1
reads: [home_care_visits, home_care_months, home_care_covered_months, home_care_outage_days, home_care_billed, providers]
optional_reads: [home_care_billed, providers]
optional_columns: [home_care_visits.edited_afterwards, home_care_visits.planned_minutes, providers.reimbursement_model,
                   providers.contract_kind]
population: home_care_visits.provider_id
peers:
  levels: [[contract_kind, size_band], [contract_kind], [size_band], []]
  size_bands: 2
why:
  sv: Flera små avvikelser på en gång kan synas som en ovanlig helhet fast ingen enskild regel slår till. Jämförelsen säger var det är värt att titta, inte att något är fel.
  en: Several small deviations at once may show as an unusual whole though no single rule fires. The comparison says where a look is worthwhile, not that anything is wrong.
innocent:
  sv: Inriktning på natt, service eller tunga brukare; ett nytt system; övertagande av brukare. Dagar med driftstopp räknas inte.
  en: A focus on nights, service or heavy care; a new system; a takeover of clients. Days of outages are not counted.
blind_spots:
  sv: Det som alla utförare gör lika; utförare med få besök i månaden; färre än trettio utförare ger ingen jämförelse.
  en: What all providers do alike; providers with few visits a month; fewer than thirty providers give no comparison.
next_step:
  sv: Börja med de drag som skiljer mest och se om en känd omständighet förklarar dem.
  en: Begin with the features that differ most and see whether a known circumstance explains them.
sentence:
  sv: "ovanlig månad jämfört med {peer_n:månad|månader}: {differences_sv}"
  en: "unusual month against {peer_n:month|months}: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  manual_share: {sv: andel manuella besök, en: manual visits, unit: percent}
  edited_share: {sv: andel ändrade besök, en: edited visits, unit: percent}
  quarter_share: {sv: andel besök på jämna kvartar, en: visits of whole quarters, unit: percent}
  granted_ratio: {sv: utförd tid mot beviljad, en: performed by granted time, unit: percent}
  billed_ratio: {sv: fakturerad tid mot utförd, en: billed by performed time, unit: percent}
  minutes_per_client: {sv: minuter per brukare, en: minutes a client, unit: minutes}
  visits_per_staff_day: {sv: besök per personal och dag, en: visits a staff member and day, unit: visits}
  night_share: {sv: andel nattbesök, en: night visits, unit: percent}
  new_client_share: {sv: andel nya brukare, en: new clients, unit: percent}
  plan_deviation: {sv: avvikelse från planerad längd, en: deviation from the planned duration, unit: minutes}
  hours_change: {sv: tid per brukare mot utförarens egna månader före, en: time a client against the provider's own months before, unit: percent}
  single_staff_share: {sv: andel brukare med en enda i personalen, en: clients with a single member of staff, unit: percent}
parameters:
  min_volume: {value: 100, unit: visits a month, because: shares of few visits are chance}
  percentile: {value: 0.97, unit: rank of the score, because: a few percent is what can be looked at}
  min_episodes: {value: 2, unit: months, because: a single month has its own reasons}
severity: 2
status: active
since: 2026-11-23
*/
WITH parts AS (
  -- a provider's visits with one client by one member of staff in one month: a fifteenth of the rows
  SELECT v.provider_id, v.client_token, v.staff_token, CAST(date_trunc('month', v.started_at) AS DATE) AS month,
         count(*) AS n, sum(epoch(v.ended_at) - epoch(v.started_at)) AS seconds,
         count_if(o.day IS NULL) AS n_told, count_if(o.day IS NULL AND v.registration = 'manual') AS n_manual,
         count(v.edited_afterwards) AS n_with_edits, count_if(v.edited_afterwards) AS n_edited,
         count_if(coalesce(v.registration, 'tag') IN ('tag', 'app')) AS n_stamped,
         count_if(coalesce(v.registration, 'tag') IN ('tag', 'app')
                  AND mod(CAST(round(epoch(v.ended_at) - epoch(v.started_at), 0) AS BIGINT), 900) = 0) AS n_quarter,
         count_if(hour(v.started_at) >= 22 OR hour(v.started_at) < 6) AS n_night,
         count(v.planned_minutes) AS n_planned, sum(v.planned_minutes) AS planned_minutes,
         sum(CASE WHEN v.planned_minutes IS NOT NULL THEN epoch(v.ended_at) - epoch(v.started_at) END) AS planned_seconds
  FROM home_care_visits v
  LEFT JOIN home_care_outage_days o ON o.day = CAST(v.started_at AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
  GROUP BY v.provider_id, v.client_token, v.staff_token, CAST(date_trunc('month', v.started_at) AS DATE)
),
staff_days AS (
  SELECT provider_id, CAST(date_trunc('month', day) AS DATE) AS month, count(*) AS n
  FROM (SELECT DISTINCT provider_id, staff_token, CAST(started_at AS DATE) AS day FROM home_care_visits
        WHERE started_at >= $since AND ended_at > started_at) d
  GROUP BY provider_id, CAST(date_trunc('month', day) AS DATE)
),
profile AS (
  SELECT p.provider_id, p.month, CAST(sum(p.n) AS BIGINT) AS n, sum(p.seconds) / 60.0 AS minutes,
         sum(p.n_manual) / nullif(sum(p.n_told), 0) AS manual_share,
         sum(p.n_edited) / nullif(sum(p.n_with_edits), 0) AS edited_share,
         sum(p.n_quarter) / nullif(sum(p.n_stamped), 0) AS quarter_share, sum(p.n_night) / sum(p.n) AS night_share,
         (sum(p.planned_seconds) / 60.0 - sum(p.planned_minutes)) / nullif(sum(p.n_planned), 0) AS plan_deviation
  FROM parts p JOIN home_care_covered_months k ON k.month = p.month
  GROUP BY p.provider_id, p.month
),
client_staff AS (
  SELECT provider_id, month, client_token, count(staff_token) AS n_staff, CAST(sum(n) AS BIGINT) AS n_visits
  FROM parts GROUP BY provider_id, month, client_token
),
firsts AS (
  SELECT provider_id, client_token, min(month) AS first_month FROM home_care_months GROUP BY provider_id, client_token
),
begun AS (SELECT provider_id, min(month) AS first_month FROM home_care_months GROUP BY provider_id),
clients AS (
  SELECT m.provider_id, m.month, count(*) AS n_clients,
         -- in a provider's first month every client would be new
         avg(CASE WHEN m.month = b.first_month THEN NULL WHEN f.first_month = m.month THEN 1.0 ELSE 0.0 END) AS new_client_share,
         avg(CASE WHEN c.n_visits < 10 THEN NULL WHEN c.n_staff = 1 THEN 1.0 ELSE 0.0 END) AS single_staff_share,
         sum(CASE WHEN m.whole_month AND m.granted_minutes > 0 THEN m.minutes END)
           / nullif(sum(CASE WHEN m.whole_month AND m.granted_minutes > 0 THEN m.granted_minutes END), 0) AS granted_ratio,
         CASE WHEN max(coalesce(p.reimbursement_model, 'performed')) = 'performed'
              THEN sum(l.minutes) / nullif(sum(CASE WHEN l.minutes IS NOT NULL THEN m.minutes END), 0) END AS billed_ratio
  FROM home_care_months m
  JOIN client_staff c ON c.provider_id = m.provider_id AND c.client_token = m.client_token AND c.month = m.month
  JOIN firsts f ON f.provider_id = m.provider_id AND f.client_token = m.client_token
  JOIN begun b ON b.provider_id = m.provider_id
  LEFT JOIN home_care_billed l
    ON l.provider_id = m.provider_id AND l.client_token = m.client_token AND l.month = m.month
  LEFT JOIN providers p ON p.provider_id = m.provider_id
  GROUP BY m.provider_id, m.month
),
levels AS (
  SELECT p.provider_id, p.month, p.minutes / c.n_clients AS per_client,
         avg(p.minutes / c.n_clients) OVER (PARTITION BY p.provider_id ORDER BY p.month, p.provider_id
                                            ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS usual,
         count(*) OVER (PARTITION BY p.provider_id ORDER BY p.month, p.provider_id
                        ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS n_before
  FROM profile p JOIN clients c ON c.provider_id = p.provider_id AND c.month = p.month
),
sampled AS (
  -- rows an investigator can open: manual, edited, night and long visits, the longest first
  SELECT v.provider_id, CAST(date_trunc('month', v.started_at) AS DATE) AS month, v.row_ref,
         row_number() OVER (PARTITION BY v.provider_id, CAST(date_trunc('month', v.started_at) AS DATE)
                            ORDER BY epoch(v.ended_at) - epoch(v.started_at) DESC, v.visit_id) AS place
  FROM home_care_visits v
  LEFT JOIN home_care_outage_days o ON o.day = CAST(v.started_at AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
    AND ((v.registration = 'manual' AND o.day IS NULL) OR v.edited_afterwards OR hour(v.started_at) >= 22
         OR hour(v.started_at) < 6 OR epoch(v.ended_at) - epoch(v.started_at) >= 3600)
),
references_of AS (
  SELECT provider_id, month, array_agg(row_ref) AS evidence FROM sampled WHERE place <= 50 GROUP BY provider_id, month
)
SELECT p.provider_id AS subject_id, p.month AS period_from,
       CAST(p.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, p.n AS volume, p.n AS n_evidence,
       CAST(p.manual_share AS DOUBLE) AS manual_share, CAST(p.edited_share AS DOUBLE) AS edited_share,
       CAST(p.quarter_share AS DOUBLE) AS quarter_share, CAST(c.granted_ratio AS DOUBLE) AS granted_ratio,
       CAST(c.billed_ratio AS DOUBLE) AS billed_ratio, CAST(p.minutes / c.n_clients AS DOUBLE) AS minutes_per_client,
       CAST(p.n / s.n AS DOUBLE) AS visits_per_staff_day,
       CAST(p.night_share AS DOUBLE) AS night_share, CAST(c.new_client_share AS DOUBLE) AS new_client_share,
       CAST(p.plan_deviation AS DOUBLE) AS plan_deviation,
       CAST(CASE WHEN v.n_before >= 3 THEN v.per_client / v.usual - 1 END AS DOUBLE) AS hours_change,
       CAST(c.single_staff_share AS DOUBLE) AS single_staff_share, o.contract_kind, e.evidence
FROM profile p
JOIN clients c ON c.provider_id = p.provider_id AND c.month = p.month
JOIN levels v ON v.provider_id = p.provider_id AND v.month = p.month
LEFT JOIN providers o ON o.provider_id = p.provider_id
JOIN staff_days s ON s.provider_id = p.provider_id AND s.month = p.month
LEFT JOIN references_of e ON e.provider_id = p.provider_id AND e.month = p.month
