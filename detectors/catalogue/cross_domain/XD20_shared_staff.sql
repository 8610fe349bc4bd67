/*
code: XD20
title: {sv: Två utförare med samma personal, en: Two providers with the same staff}
method: rule
kind: unusual
concept: network
subject: provider
gate: P1
reads: [home_care_visits, assistance_shifts]
optional_reads: [home_care_visits, assistance_shifts]
population: [home_care_visits.provider_id, assistance_shifts.provider_id]
why:
  sv: Utförare som ska konkurrera men har samma personal kan i praktiken vara en och samma, eller låna ut namn och tillstånd till varandra.
  en: Providers who should compete but have the same staff may in practice be one, or lend names and permits to each other.
innocent:
  sv: Bemanningsföretag; timanställda som arbetar på flera håll. Personal som följer med en verksamhet som tagits över räknas inte, för de är på båda ställena i högst en månad.
  en: Staffing agencies; hourly workers with several employers. Staff that follow a business taken over do not count, being at both in one month at most.
blind_spots:
  sv: Personal vars beteckning skiljer sig mellan utförare.
  en: Staff whose token differs between providers.
next_step:
  sv: Jämför anställningsavtal, arbetsgivardeklarationer och vem som betalar lönen.
  en: Compare contracts, employer declarations and who pays the wages.
sentence:
  sv: "{n_shared} i personalen arbetar också hos en annan utförare, {share_percent} procent av den mindre utförarens personal"
  en: "{n_shared} staff also work for another provider, {share_percent} percent of the smaller provider's staff"
basis: [{title: handbook reference X-19}]
parameters:
  min_shared: {value: 5, unit: persons, because: reference X-19}
  min_share: {value: 0.4, unit: share of the smaller staff, because: reference X-19}
  days: {value: 180, unit: days, because: reference X-19; staff change employers over a year}
  min_months: {value: 2, unit: months at both, because: staff that follow a business taken over are at both in one month at most}
severity: 2
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT provider_id, person_token, month, min(row_ref) AS row_ref FROM (
    SELECT provider_id, staff_token AS person_token, CAST(date_trunc('month', started_at) AS DATE) AS month, row_ref
    FROM home_care_visits WHERE started_at >= $as_of - $days * INTERVAL 1 DAY
    UNION ALL
    SELECT provider_id, assistant_token, CAST(date_trunc('month', started_at) AS DATE), row_ref
    FROM assistance_shifts WHERE started_at >= $as_of - $days * INTERVAL 1 DAY) s
  GROUP BY provider_id, person_token, month
),
staff AS (
  SELECT provider_id, person_token, min(row_ref) AS row_ref FROM months GROUP BY provider_id, person_token
),
sizes AS (SELECT provider_id, count(*) AS n FROM staff GROUP BY provider_id),
both_places AS (
  -- grows with people who work at several providers only
  SELECT a.provider_id, b.provider_id AS other_id, a.person_token
  FROM months a JOIN months b ON b.person_token = a.person_token AND b.month = a.month AND b.provider_id <> a.provider_id
  GROUP BY a.provider_id, b.provider_id, a.person_token HAVING count(*) >= $min_months
),
shared AS (
  SELECT provider_id, other_id, count(*) AS n_shared
  FROM both_places GROUP BY provider_id, other_id HAVING count(*) >= $min_shared
),
fired AS (
  SELECT s.provider_id, s.other_id, s.n_shared, s.n_shared / least(x.n, y.n) AS share
  FROM shared s JOIN sizes x ON x.provider_id = s.provider_id JOIN sizes y ON y.provider_id = s.other_id
  WHERE s.n_shared / least(x.n, y.n) >= $min_share
),
references_of AS (
  SELECT f.provider_id, f.other_id, array_agg(b.row_ref) AS evidence
  FROM fired f JOIN both_places a ON a.provider_id = f.provider_id AND a.other_id = f.other_id
  JOIN staff b ON b.provider_id = f.other_id AND b.person_token = a.person_token
  GROUP BY f.provider_id, f.other_id
)
SELECT f.provider_id AS subject_id, f.other_id AS episode, CAST($as_of - $days * INTERVAL 1 DAY AS DATE) AS period_from,
       $as_of AS period_to, CAST(least(1.0, 0.2 + 0.5 * f.share + f.n_shared / 200.0) AS DOUBLE) AS strength, f.n_shared,
       round(100.0 * f.share, 0) AS share_percent, e.evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id AND e.other_id = f.other_id
