/*
code: HC22
title: {sv: Beteckning som kan delas av flera, en: Token that several may share}
method: rule
kind: unusual
concept: working_time
subject: provider
gate: P1
reads: [home_care_visits, home_care_staff_days]
population: home_care_visits.provider_id
why:
  sv: En beteckning som är i arbete i stort sett varje dag i månaden, eller långt mer än heltid, används troligen av flera. Då går det inte att se vem som var hos brukaren.
  en: A token at work nearly every day of a month, or far beyond full time, is probably used by several people. Then nobody can tell who was with the client.
innocent:
  sv: Gemensam beteckning för vikarier enligt rutin; två lagliga anställningar. Den som dagligen tittar till någon enstaka brukare räknas inte.
  en: A common token for temporary staff by routine; two lawful employments. Who looks in on a client every day is not counted.
blind_spots:
  sv: Delade beteckningar som används mer sällan.
  en: Shared tokens that are used less often.
next_step:
  sv: Be om personallistan och fråga om inloggningar delas. Finns bara en person bakom, fråga hur arbetstiden ser ut.
  en: Ask for the staff list and whether logins are shared. If one person stands behind it, ask about the working time.
sentence:
  sv: "{n_staff:beteckning|beteckningar} var i arbete minst {limit_days:dag|dagar} eller mer än {limit_hours:timme|timmar} i en månad ({n:månad|månader}, som mest {max_days:dag|dagar} och {max_hours:timme|timmar})"
  en: "{n_staff:token|tokens} were at work on {limit_days:day|days} or more, or above {limit_hours:hour|hours}, in a month ({n:month|months}, {max_days:day|days} and {max_hours:hour|hours} at most)"
basis: [{title: handbook reference HT-14}, {title: arbetstidslag (1982:673) 10 b och 14 §§}]
parameters:
  min_hours: {value: 100, unit: hours a month, because: who looks in on a few clients every day shares no login}
  max_days: {value: 28, unit: days a month, because: weekly rest leaves at least four days off in a month}
  max_hours: {value: 208, unit: hours a month, because: "48 hours a week, the legal average, times 52 weeks by 12 months"}
severity: 2
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT staff_token, CAST(date_trunc('month', day) AS DATE) AS month, count(*) AS n_days,
         sum(seconds) / 3600.0 AS hours
  FROM home_care_staff_days
  GROUP BY staff_token, CAST(date_trunc('month', day) AS DATE)
  HAVING (count(*) >= $max_days AND sum(seconds) >= $min_hours * 3600) OR sum(seconds) > $max_hours * 3600
),
involved AS (
  SELECT v.provider_id, m.staff_token, m.month, m.n_days, m.hours, v.row_ref
  FROM months m JOIN home_care_visits v
    ON v.staff_token = m.staff_token AND CAST(date_trunc('month', v.started_at) AS DATE) = m.month
)
SELECT provider_id AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + count(DISTINCT concat(staff_token, '/', CAST(month AS VARCHAR))) / 30.0) AS DOUBLE) AS strength,
       count(DISTINCT staff_token) AS n_staff,
       count(DISTINCT concat(staff_token, '/', CAST(month AS VARCHAR))) AS n,
       max(n_days) AS max_days, round(max(hours), 1) AS max_hours,
       CAST($max_days AS BIGINT) AS limit_days, CAST($max_hours AS BIGINT) AS limit_hours,
       count(*) AS n_evidence, array_agg(row_ref) AS evidence
FROM involved
GROUP BY provider_id
