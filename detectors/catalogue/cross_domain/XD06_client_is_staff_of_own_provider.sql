/*
code: XD06
title: {sv: Brukare är personal hos egen utförare, en: Client is staff of the own provider}
method: rule
kind: breach
concept: relatives
subject: provider
gate: P1
reads: [home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
optional_reads: [home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
population: [home_care_visits.provider_id, assistance_shifts.provider_id]
why:
  sv: Den som har så stora behov att hen får insatser av utföraren registreras samtidigt som anställd där. Antingen stämmer inte behovet eller så stämmer inte arbetet.
  en: Somebody whose needs are such that the provider serves them is at the same time registered as its staff. Either the need or the work is not as recorded.
innocent:
  sv: Personer med funktionsnedsättning arbetar lagligt; insatsen kan gälla en kort tid efter en skada; ett kodvärde kan ha förväxlats vid registreringen.
  en: People with disabilities work lawfully; the service may cover a short time after an injury; a token may have been mixed up when registering.
blind_spots:
  sv: Brukare som är anställda utan att finnas i tidredovisningen.
  en: Clients who are employed without being in the time records.
next_step:
  sv: Låt den enhet som fattat beslutet om insatsen se över ärendet; jämför behov, arbetstid och lönelista. Fråga först, anmäl inte.
  en: Let the unit that decided on the service review the case; compare need, working time and payroll. Ask first, report nothing.
sentence:
  sv: "{n_persons:person|personer} får insatser av utföraren och är under samma tid registrerade som dess personal, med {n} besök eller pass och {hours:timme|timmar}"
  en: "{n_persons:person|persons} are served by the provider and in the same time registered as its staff, with {n:visit|visits} or shifts and {hours:hour|hours}"
basis: [{title: handbook X-6}, {title: handbook reference X-07}]
amount: {kind: cap, how: {sv: den tid personen är registrerad som personal gånger utförarens snittpris, en: the time the person is registered as staff times the provider's mean price}}
parameters:
  min_registrations: {value: 3, unit: visits or shifts, because: one or two are most often mixed-up tokens}
severity: 3
status: active
since: 2026-11-23
*/
WITH roles AS (
  -- who is whose client and whose staff, without repetitions: few rows to look for people who are both
  SELECT DISTINCT provider_id, client_token, staff_token
  FROM home_care_visits WHERE started_at >= $since AND ended_at > started_at
  UNION ALL
  SELECT DISTINCT provider_id, client_token, assistant_token
  FROM assistance_shifts WHERE started_at >= $since AND ended_at > started_at
),
both_roles AS (
  SELECT c.provider_id, c.person_token
  FROM (SELECT DISTINCT provider_id, client_token AS person_token FROM roles) c
  JOIN (SELECT DISTINCT provider_id, staff_token AS person_token FROM roles) s
    ON s.provider_id = c.provider_id AND s.person_token = c.person_token
),
received AS (
  SELECT e.provider_id, e.client_token, e.started_at, e.ended_at, e.row_ref,
         row_number() OVER (PARTITION BY e.provider_id, e.client_token ORDER BY e.started_at, e.event_id) AS place
  FROM (SELECT provider_id, client_token, started_at, ended_at, visit_id AS event_id, row_ref FROM home_care_visits
        WHERE started_at >= $since AND ended_at > started_at
        UNION ALL
        SELECT provider_id, client_token, started_at, ended_at, shift_id, row_ref FROM assistance_shifts
        WHERE started_at >= $since AND ended_at > started_at) e
  JOIN both_roles b ON b.provider_id = e.provider_id AND b.person_token = e.client_token
),
clients AS (
  SELECT provider_id, client_token AS person_token, min(started_at) AS first_at, max(ended_at) AS last_at,
         max(CASE WHEN place = 1 THEN row_ref END) AS client_ref
  FROM received GROUP BY provider_id, client_token
),
events AS (
  SELECT provider_id, staff_token AS person_token, started_at, ended_at, 'home_care' AS domain, row_ref
  FROM home_care_visits WHERE started_at >= $since AND ended_at > started_at
  UNION ALL
  SELECT provider_id, assistant_token, started_at, ended_at, 'assistance', row_ref
  FROM assistance_shifts WHERE started_at >= $since AND ended_at > started_at
),
rates AS (
  SELECT 'home_care' AS domain, provider_id, sek_per_minute FROM home_care_rates
  UNION ALL
  SELECT 'assistance', provider_id, sek_per_hour / 60.0 FROM assistance_rates
),
hits AS (
  SELECT e.provider_id, e.person_token, e.started_at, e.row_ref, c.client_ref,
         (epoch(e.ended_at) - epoch(e.started_at)) / 60.0 AS minutes,
         (epoch(e.ended_at) - epoch(e.started_at)) / 60.0 * r.sek_per_minute AS sek
  FROM events e
  JOIN clients c ON c.provider_id = e.provider_id AND c.person_token = e.person_token
   AND e.started_at >= c.first_at AND e.started_at <= c.last_at
  LEFT JOIN rates r ON r.domain = e.domain AND r.provider_id = e.provider_id
),
persons_of AS (
  SELECT provider_id, person_token FROM hits GROUP BY provider_id, person_token HAVING count(*) >= $min_registrations
),
kept AS (
  SELECT h.provider_id, h.person_token, h.started_at, h.row_ref, h.client_ref, h.minutes, h.sek
  FROM hits h JOIN persons_of p ON p.provider_id = h.provider_id AND p.person_token = h.person_token
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM kept
  UNION
  SELECT provider_id, client_ref FROM kept
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT person_token) AS n_persons, sum(minutes) AS minutes, sum(sek) AS sek
  FROM kept GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.minutes / 12000.0 + 0.1 * (s.n_persons - 1)) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_persons, round(s.minutes / 60.0, 1) AS hours, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
