/*
code: HV90
title: {sv: Ovanlig månadsprofil för HVB, en: Unusual monthly profile of a home}
method: isolation_forest
kind: unusual
concept: peers
subject: provider
gate: P1
reads: [hvb_nights, hvb_claims, hvb_placements, providers, calendar]
optional_reads: [hvb_claims, providers]
optional_columns: [providers.permit_places, hvb_placements.framework_agreement]
population: hvb_placements.provider_id
peers:
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Flera små avvikelser på en gång kan synas som en ovanlig helhet fast ingen enskild regel slår till. Jämförelsen säger var det är värt att titta, inte att något är fel.
  en: Several small deviations at once may show as an unusual whole though no single rule fires. The comparison says where a look is worthwhile, not that anything is wrong.
innocent:
  sv: Ett specialiserat hem; akuta placeringar; en faktura som gäller två månader; få barn gör varje mått ostadigt.
  en: A specialised home; emergency placements; an invoice for two months; few children make every measure unsteady.
blind_spots:
  sv: Det som alla hem gör lika; hem med få dygn i månaden; färre än trettio hem ger ingen jämförelse. Barnens behov syns inte.
  en: What all homes do alike; homes with few days a month; fewer than thirty homes give no comparison. The children's needs do not show.
next_step:
  sv: Börja med de drag som skiljer mest och jämför fakturan för den månaden med avtalet och placeringarna.
  en: Begin with the features that differ most and compare the invoice of that month with the contract and the placements.
sentence:
  sv: "ovanlig månad jämfört med {peer_n:månad|månader} hos andra hem och hos hemmet självt: {differences_sv}"
  en: "unusual month against {peer_n:month|months} of other homes and its own: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  occupancy: {sv: beläggning mot tillståndets platser, en: occupancy by the places of the permit, unit: percent}
  billed_ratio: {sv: fakturerade dygn mot placerade, en: billed by placed days, unit: percent}
  day_price: {sv: pris per fakturerat dygn utan tillägg, en: price a billed day without extras, unit: SEK}
  over_agreed: {sv: pris mot avtalat dygnspris, en: price by the agreed day rate, unit: percent}
  extras_share: {sv: andel tillägg, en: extras, unit: percent}
  outside_share: {sv: andel dygn utan ramavtal, en: days outside a framework agreement, unit: percent}
  new_share: {sv: andel placeringar som började under månaden, en: placements begun in the month, unit: percent}
  cost_change: {sv: kostnad per dygn mot hemmets egna månader före, en: cost a day against the home's own months before, unit: percent}
parameters:
  min_volume: {value: 28, unit: days of care a month, because: measures of less than one child a month are chance}
  percentile: {value: 0.97, unit: rank of the score, because: a few percent is what can be looked at}
  min_episodes: {value: 2, unit: months, because: a single month has its own reasons}
severity: 2
status: active
since: 2026-11-23
*/
WITH nights AS (
  SELECT n.provider_id, CAST(date_trunc('month', n.night) AS DATE) AS month, n.placement_id, n.agreed_rate_sek,
         n.row_ref, p.framework_agreement, p.placed_on
  FROM hvb_nights n JOIN hvb_placements p ON p.placement_id = n.placement_id  -- one row a placement
  WHERE n.night >= $since AND n.night <= $as_of
),
stays AS (
  SELECT provider_id, month, placement_id, count(*) AS n_nights, min(row_ref) AS row_ref,
         max(CASE WHEN CAST(date_trunc('month', placed_on) AS DATE) = month THEN 1.0 ELSE 0.0 END) AS is_new
  FROM nights GROUP BY provider_id, month, placement_id
),
newcomers AS (
  SELECT provider_id, month, avg(is_new) AS new_share, array_agg(row_ref) AS evidence FROM stays GROUP BY provider_id, month
),
months AS (
  SELECT CAST(date_trunc('month', day) AS DATE) AS month, count(*) AS n_days FROM calendar
  GROUP BY CAST(date_trunc('month', day) AS DATE)
),
profile AS (
  SELECT provider_id, month, count(*) AS n_nights, avg(agreed_rate_sek) AS agreed_rate,
         avg(CASE WHEN framework_agreement THEN 0.0 WHEN framework_agreement IS NOT NULL THEN 1.0 END) AS outside_share
  FROM nights GROUP BY provider_id, month
),
claimed AS (
  SELECT provider_id, CAST(date_trunc('month', period_from) AS DATE) AS month, sum(billed_days) AS days,
         sum(amount_sek) AS amount_sek, sum(extras_sek) AS extras_sek
  FROM hvb_claims GROUP BY provider_id, CAST(date_trunc('month', period_from) AS DATE)
),
costs AS (
  SELECT provider_id, month, amount_sek / days AS day_cost,
         avg(amount_sek / days) OVER (PARTITION BY provider_id ORDER BY month, provider_id
                                      ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS usual,
         count(*) OVER (PARTITION BY provider_id ORDER BY month, provider_id
                        ROWS BETWEEN 6 PRECEDING AND 1 PRECEDING) AS n_before
  FROM claimed WHERE days > 0
)
SELECT p.provider_id AS subject_id, p.month AS period_from,
       CAST(p.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, p.n_nights AS volume,
       CAST(p.n_nights / (m.n_days * nullif(o.permit_places, 0)) AS DOUBLE) AS occupancy,
       CAST(c.days / p.n_nights AS DOUBLE) AS billed_ratio,
       CAST((c.amount_sek - c.extras_sek) / nullif(c.days, 0) AS DOUBLE) AS day_price,
       CAST((c.amount_sek - c.extras_sek) / nullif(c.days, 0) / nullif(p.agreed_rate, 0) AS DOUBLE) AS over_agreed,
       CAST(c.extras_sek / nullif(c.amount_sek, 0) AS DOUBLE) AS extras_share,
       CAST(p.outside_share AS DOUBLE) AS outside_share, CAST(w.new_share AS DOUBLE) AS new_share,
       CAST(CASE WHEN k.n_before >= 3 THEN k.day_cost / k.usual - 1 END AS DOUBLE) AS cost_change, w.evidence
FROM profile p
JOIN months m ON m.month = p.month
JOIN newcomers w ON w.provider_id = p.provider_id AND w.month = p.month
LEFT JOIN claimed c ON c.provider_id = p.provider_id AND c.month = p.month
LEFT JOIN costs k ON k.provider_id = p.provider_id AND k.month = p.month
LEFT JOIN providers o ON o.provider_id = p.provider_id
-- the month of the night of the run is not over
WHERE p.month + INTERVAL 1 MONTH <= $as_of
