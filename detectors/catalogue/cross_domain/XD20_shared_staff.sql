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
  sv: Bemanningsföretag; timanställda som arbetar på flera håll; övertagande av en verksamhet.
  en: Staffing agencies; hourly workers with several employers; a takeover.
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
severity: 2
status: active
since: 2026-11-23
*/
WITH staff AS (
  SELECT provider_id, person_token, min(row_ref) AS row_ref FROM (
    SELECT provider_id, staff_token AS person_token, row_ref FROM home_care_visits
    WHERE started_at >= $as_of - $days * INTERVAL 1 DAY
    UNION ALL
    SELECT provider_id, assistant_token, row_ref FROM assistance_shifts
    WHERE started_at >= $as_of - $days * INTERVAL 1 DAY) s
  GROUP BY provider_id, person_token
),
sizes AS (SELECT provider_id, count(*) AS n FROM staff GROUP BY provider_id),
shared AS (
  -- one row a provider and person: the join grows with people who work at several providers only
  SELECT a.provider_id, b.provider_id AS other_id, count(*) AS n_shared
  FROM staff a JOIN staff b ON b.person_token = a.person_token AND b.provider_id <> a.provider_id
  GROUP BY a.provider_id, b.provider_id HAVING count(*) >= $min_shared
),
fired AS (
  SELECT s.provider_id, s.other_id, s.n_shared, s.n_shared / least(x.n, y.n) AS share
  FROM shared s JOIN sizes x ON x.provider_id = s.provider_id JOIN sizes y ON y.provider_id = s.other_id
  WHERE s.n_shared / least(x.n, y.n) >= $min_share
),
references_of AS (
  SELECT f.provider_id, f.other_id, array_agg(b.row_ref) AS evidence
  FROM fired f JOIN staff a ON a.provider_id = f.provider_id
  JOIN staff b ON b.provider_id = f.other_id AND b.person_token = a.person_token
  GROUP BY f.provider_id, f.other_id
)
SELECT f.provider_id AS subject_id, f.other_id AS episode, CAST($as_of - $days * INTERVAL 1 DAY AS DATE) AS period_from,
       $as_of AS period_to, CAST(least(1.0, 0.2 + 0.5 * f.share + f.n_shared / 200.0) AS DOUBLE) AS strength, f.n_shared,
       round(100.0 * f.share, 0) AS share_percent, e.evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id AND e.other_id = f.other_id
