/*
code: HC10
title: {sv: Utförd tid landar på beviljad, en: Performed time ends at the grant}
method: rule
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
  sv: Månader där beslutet inte gäller alla dagar; utförare som ligger några procent under taket. Jämförelsen görs med alla utförare; med färre än trettio krävs att hälften av månaderna slutar på beviljad tid.
  en: Months on which the decision does not cover every day; providers who stay some percent below the ceiling. The comparison is with all providers; with fewer than thirty, half of the months must end at the grant.
next_step:
  sv: Jämför besökens tider dag för dag med planen för några av brukarna och fråga dem hur länge personalen brukar vara där.
  en: Compare the visits day by day with the plan for some of the clients and ask them how long staff usually stay.
sentence:
  sv: "{n} av {n_months:brukarmånad|brukarmånader} slutar inom en halv procent från beviljad tid ({share_pct} procent, medianen bland {peer_n} utförare är {peer_median_pct} procent)"
  en: "{n} of {n_months:client-month|client-months} end within half a percent of the grant ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook HC-10}, {title: handbook reference HT-11}]
parameters:
  tolerance: {value: 0.005, unit: share of the grant, because: half a percent is a few minutes a month}
  min_months: {value: 30, unit: client-months, because: shares of few months are chance}
  min_share: {value: 0.10, unit: share of client-months, because: below one month in ten chance explains it}
  alone_share: {value: 0.50, unit: share of client-months, because: half of the months at the grant is no chance even without peers to compare with}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 2
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT m.provider_id, m.client_token, m.month,
         abs(m.minutes - m.granted_minutes) <= $tolerance * m.granted_minutes AS is_exact
  FROM home_care_months m
  JOIN home_care_covered_months c ON c.month = m.month
  WHERE m.month >= $since AND m.granted_minutes > 0 AND m.whole_month
),
shares AS (
  SELECT provider_id, count(*) AS n_months, sum(CASE WHEN is_exact THEN 1 ELSE 0 END) AS n,
         avg(CASE WHEN is_exact THEN 1.0 ELSE 0.0 END) AS share
  FROM months GROUP BY provider_id HAVING count(*) >= $min_months
),
ordered AS (
  SELECT provider_id, share, row_number() OVER (ORDER BY share, provider_id) AS place, count(*) OVER () AS n_peers
  FROM shares
),
peers AS (
  SELECT max(n_peers) AS peer_n, median(share) AS peer_median,
         max(CASE WHEN place = ceil(n_peers * 0.25) THEN share END) AS q1,
         max(CASE WHEN place = ceil(n_peers * 0.75) THEN share END) AS q3
  FROM ordered
),
fired AS (
  SELECT s.provider_id, s.n_months, s.n, s.share, q.peer_n, q.peer_median
  FROM shares s
  CROSS JOIN peers q
  LEFT JOIN providers p ON p.provider_id = s.provider_id
  WHERE coalesce(p.reimbursement_model, 'performed') = 'performed'
    AND CASE WHEN q.peer_n < 30 THEN s.share >= $alone_share
             ELSE s.share >= $min_share AND s.share > q.q3 + $fence_step * (q.q3 - q.q1) END
),
decisions_shown AS (
  -- the decisions of the clients whose months end at the grant, at most two hundred a provider
  SELECT e.provider_id, d.row_ref
  FROM (SELECT DISTINCT provider_id, client_token FROM months WHERE is_exact) e
  JOIN fired f ON f.provider_id = e.provider_id
  JOIN home_care_decisions d
    ON d.client_token = e.client_token AND (d.provider_id IS NULL OR d.provider_id = e.provider_id)
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM decisions_shown GROUP BY provider_id
),
span AS (
  SELECT provider_id, min(month) AS first_month, max(month) AS last_month FROM months WHERE is_exact GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, s.first_month AS period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + f.share) AS DOUBLE) AS strength,
       CAST(f.n AS BIGINT) AS n, f.n_months, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.evidence
FROM fired f
JOIN references_of r ON r.provider_id = f.provider_id
JOIN span s ON s.provider_id = f.provider_id
