/*
code: HC10
title: {sv: Utförd tid landar på beviljad, en: Performed time ends at the grant}
method: peer
kind: unusual
concept: pattern
subject: provider
gate: P1
reads: [home_care_months, home_care_covered_months, home_care_decisions, providers]
optional_reads: [providers]
optional_columns: [providers.reimbursement_model]
population: home_care_decisions.provider_id
why:
  sv: Människors behov går upp och ner. När månad efter månad slutar på minuten vid beviljad tid kan tiden ha registrerats efter beslutet i stället för efter besöken.
  en: People's needs go up and down. Where month after month ends at the granted minute, time may have been registered by the decision rather than by the visits.
innocent:
  sv: Avtal med fast ersättning (räknas inte); planering som aktivt fyller upp till beviljad tid med önskade insatser.
  en: Contracts with fixed compensation (not counted); planning that fills up to the grant with help the client wants.
blind_spots:
  sv: Månader där beslutet inte gäller alla dagar; utförare som ligger några procent under taket.
  en: Months on which the decision does not cover every day; providers who stay some percent below the ceiling.
next_step:
  sv: Jämför besökens tider dag för dag med planen för några av brukarna och fråga dem hur länge personalen brukar vara där.
  en: Compare the visits day by day with the plan for some of the clients and ask them how long staff usually stay.
sentence:
  sv: "{own_value} procent av {n_months} brukarmånader slutar inom en halv procent från beviljad tid (median bland {peer_n} utförare {peer_median} procent, gräns {peer_fence} procent)"
  en: "{own_value} percent of {n_months} client-months end within half a percent of the grant (median of {peer_n} providers {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook HC-10}, {title: handbook reference HT-11}]
unit: percent
parameters:
  tolerance: {value: 0.005, unit: share of the grant, because: half a percent is a few minutes a month}
  min_volume: {value: 30, unit: client-months, because: shares of few months are chance}
  min_value: {value: 0.10, unit: share of client-months, because: below one month in ten chance explains it}
severity: 2
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT m.provider_id, m.client_token, m.month,
         abs(m.minutes - m.granted_minutes) <= $tolerance * m.granted_minutes AS is_exact
  FROM home_care_months m
  JOIN home_care_covered_months c ON c.month = m.month
  LEFT JOIN providers p ON p.provider_id = m.provider_id
  WHERE m.month >= $since AND m.granted_minutes > 0 AND m.whole_month
    AND coalesce(p.reimbursement_model, 'performed') = 'performed'
),
decisions_shown AS (
  -- the decisions of the clients whose months end at the grant, at most two hundred a provider
  SELECT e.provider_id, d.row_ref,
         row_number() OVER (PARTITION BY e.provider_id ORDER BY d.row_ref) AS place
  FROM (SELECT DISTINCT provider_id, client_token FROM months WHERE is_exact) e
  JOIN home_care_decisions d
    ON d.client_token = e.client_token AND (d.provider_id IS NULL OR d.provider_id = e.provider_id)
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM decisions_shown WHERE place <= 200 GROUP BY provider_id
)
SELECT m.provider_id AS subject_id, min(m.month) AS period_from,
       CAST(max(m.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(avg(CASE WHEN m.is_exact THEN 1.0 ELSE 0.0 END) AS DOUBLE) AS value, count(*) AS volume,
       count(*) AS n_months, CAST(sum(CASE WHEN m.is_exact THEN 1 ELSE 0 END) AS BIGINT) AS n_exact,
       max(r.evidence) AS evidence
FROM months m LEFT JOIN references_of r ON r.provider_id = m.provider_id
GROUP BY m.provider_id
