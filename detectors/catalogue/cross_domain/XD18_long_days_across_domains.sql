/*
code: XD18
title: {sv: För långa dygn i flera verksamheter, en: Too long days across domains}
method: rule
kind: impossible
concept: working_time
subject: provider
gate: P2
reads: [work_intervals, calendar]
population: [home_care_visits.provider_id, assistance_shifts.provider_id, association_activities.association_id]
why:
  sv: Var för sig ser arbetstiderna rimliga ut, men tillsammans räcker dygnet inte till. Ingen enskild arbetsgivare ser det.
  en: Taken one by one the hours look reasonable, but together the day is too short. No single employer sees it.
innocent:
  sv: Två arbeten är lagligt; vaka med sömn; delad inloggning. Enstaka dygn räknas inte.
  en: Two jobs are lawful; night duty with sleep; a shared login. Single days are not counted.
blind_spots:
  sv: Arbete utanför kommunens verksamheter och restid.
  en: Work outside the municipality's services, and travel.
next_step:
  sv: Lägg tidredovisningarna från alla arbetsgivare bredvid varandra för de dygnen.
  en: Lay the time records of all employers side by side for those days.
sentence:
  sv: "{n_days} dygn har {n_persons:person|personer} mer än {limit_hours:timme|timmar} registrerade i flera verksamheter tillsammans, som mest {most_hours:timme|timmar}"
  en: "On {n_days:day|days} {n_persons:person|persons} have more than {limit_hours:hour|hours} registered in several domains together, {most_hours:hour|hours} at most"
basis: [{title: handbook reference X-04}]
parameters:
  max_hours: {value: 16, unit: hours a day, because: handbook HC-4 and reference X-04}
  min_days: {value: 2, unit: days, because: a single day may be cover for somebody who did not come}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "a shift over midnight counts on both days, each with its own part; the hour left out in March is no time"}
*/
WITH two_domains AS (
  SELECT person_token
  FROM (SELECT DISTINCT person_token, domain FROM work_intervals WHERE started_at >= $since AND kind <> 'home_standby') d
  GROUP BY person_token HAVING count(*) >= 2
),
offsets AS (
  -- an interval touches a few days at most: it is cut at each midnight
  SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2
),
cut AS (
  SELECT w.person_token, w.domain, w.organisation_id, CAST(date_trunc('day', w.started_at) + INTERVAL 1 DAY * o.k AS DATE) AS day,
         greatest(epoch(w.started_at), epoch(date_trunc('day', w.started_at) + INTERVAL 1 DAY * o.k)) AS begins,
         least(epoch(w.ended_at), epoch(date_trunc('day', w.started_at) + INTERVAL 1 DAY * (o.k + 1))) AS ends, w.row_ref
  FROM work_intervals w JOIN two_domains t ON t.person_token = w.person_token CROSS JOIN offsets o
  WHERE w.started_at >= $since AND w.kind <> 'home_standby'
    AND date_trunc('day', w.started_at) + INTERVAL 1 DAY * o.k < w.ended_at
),
worked AS (
  -- the hour from two to three that is left out in March is no time
  SELECT c.person_token, c.domain, c.organisation_id, c.day,
         (c.ends - c.begins - CASE WHEN lost.day IS NULL THEN 0.0
            ELSE greatest(0.0, least(c.ends, epoch(CAST(lost.day AS TIMESTAMP)) + 10800)
                               - greatest(c.begins, epoch(CAST(lost.day AS TIMESTAMP)) + 7200)) END) / 3600.0 AS hours,
         c.row_ref
  FROM cut c LEFT JOIN calendar lost ON lost.day = c.day AND lost.day_hours = 23
),
days AS (
  SELECT person_token, day, sum(hours) AS hours FROM worked
  GROUP BY person_token, day HAVING sum(hours) > $max_hours AND count(DISTINCT domain) >= 2
),
hits AS (
  SELECT CASE WHEN w.domain = 'associations' THEN 'association' ELSE 'provider' END AS subject_type, w.organisation_id,
         d.person_token, d.day, d.hours, w.row_ref
  FROM days d JOIN worked w ON w.person_token = d.person_token AND w.day = d.day
),
person_days AS (
  SELECT DISTINCT subject_type, organisation_id, person_token, day, hours FROM hits
),
references_of AS (
  -- the rows of all employers on those days: the deviation shows only together
  SELECT o.subject_type, o.organisation_id, array_agg(DISTINCT h.row_ref) AS evidence
  FROM person_days o JOIN hits h ON h.person_token = o.person_token AND h.day = o.day
  GROUP BY o.subject_type, o.organisation_id
),
summed AS (
  SELECT subject_type, organisation_id, min(day) AS period_from, max(day) AS period_to, count(*) AS n_days,
         count(DISTINCT person_token) AS n_persons, max(hours) AS most_hours
  FROM person_days GROUP BY subject_type, organisation_id HAVING count(*) >= $min_days
)
SELECT s.organisation_id AS subject_id, s.subject_type, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n_days / 30.0 + greatest(0, s.most_hours - 24) / 24.0) AS DOUBLE) AS strength,
       s.n_days, s.n_persons, round(s.most_hours, 1) AS most_hours, $max_hours AS limit_hours, e.evidence
FROM summed s JOIN references_of e ON e.subject_type = s.subject_type AND e.organisation_id = s.organisation_id
