/*
code: XD21
title: {sv: Arbetar mycket trots stora beviljade behov, en: Works much despite large granted needs}
method: rule
kind: unusual
concept: decision
subject: provider
gate: P1
reads: [work_intervals, assistance_decisions, home_care_decisions]
optional_reads: [assistance_decisions, home_care_decisions]
population: [home_care_visits.provider_id, assistance_shifts.provider_id]
why:
  sv: Den som beviljats hjälp många timmar i veckan är samtidigt registrerad som vårdpersonal. Behovet, arbetet eller identiteten kan vara fel.
  en: Somebody granted many hours of help a week is at the same time registered as care staff. The need, the work or the identity may be wrong.
innocent:
  sv: Personer med funktionsnedsättning arbetar lagligt och kan ha stora behov; behovet kan ha uppstått under månaden. Bara den egna enheten får pröva ärendet.
  en: People with disabilities work lawfully and may have large needs; the need may have arisen within the month. Only the own unit may judge the case.
blind_spots:
  sv: Arbete utanför kommunens verksamheter.
  en: Work outside the municipality's services.
next_step:
  sv: Låt enheten som fattat beslutet se över ärendet tillsammans med personen. Lämna inte uppgiften vidare innan dess.
  en: Let the unit that decided review the case together with the person. Pass nothing on before that.
sentence:
  sv: "{n_persons:person|personer} med stora beviljade behov är under {n_months:månad|månader} registrerade som personal, som mest {most_hours:timme|timmar} i en månad"
  en: "{n_persons:person|persons} with large granted needs are registered as staff in {n_months:month|months}, {most_hours:hour|hours} in a month at most"
basis: [{title: handbook reference X-07}]
parameters:
  min_granted_hours: {value: 80, unit: hours a month, because: reference X-07}
  min_worked_hours: {value: 40, unit: hours a month, because: reference X-07}
severity: 1
status: active
since: 2026-11-23
*/
WITH decisions AS (
  SELECT client_token AS person_token, valid_from, valid_to, hours_per_week * 4.33 AS hours, row_ref FROM assistance_decisions
  UNION ALL
  SELECT client_token, valid_from, valid_to, granted_minutes_per_month / 60.0, row_ref FROM home_care_decisions
),
needs AS (
  SELECT person_token, valid_from, valid_to, row_ref FROM decisions WHERE hours >= $min_granted_hours
),
worked AS (
  SELECT organisation_id AS provider_id, person_token, CAST(date_trunc('month', started_at) AS DATE) AS month,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours, min(row_ref) AS row_ref
  FROM work_intervals
  WHERE started_at >= $since AND domain <> 'associations' AND person_token IN (SELECT n.person_token FROM needs n)
  GROUP BY organisation_id, person_token, CAST(date_trunc('month', started_at) AS DATE)
),
months AS (
  -- a decision that holds for the whole month; two decisions must not double the hours
  SELECT w.provider_id, w.person_token, w.month, w.row_ref, max(w.hours) AS hours, min(n.row_ref) AS decision_ref
  FROM worked w JOIN needs n ON n.person_token = w.person_token AND n.valid_from <= w.month
   AND (n.valid_to IS NULL OR n.valid_to >= w.month + INTERVAL 1 MONTH - INTERVAL 1 DAY)
  WHERE w.hours >= $min_worked_hours
  GROUP BY w.provider_id, w.person_token, w.month, w.row_ref
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM months
  UNION SELECT provider_id, decision_ref FROM months
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, min(month) AS period_from, max(month) AS last_month, count(DISTINCT month) AS n_months,
         count(DISTINCT person_token) AS n_persons, max(hours) AS most_hours
  FROM months GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.2 + s.n_months / 12.0) AS DOUBLE) AS strength, s.n_persons, s.n_months,
       round(s.most_hours, 1) AS most_hours, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
