/*
code: HC05
title: {sv: Mycket långa veckor för personal, en: Very long weeks of staff}
method: rule
kind: breach
concept: working_time
subject: provider
gate: P1
reads: [home_care_visits, home_care_staff_days]
population: home_care_visits.provider_id
why:
  sv: Mer än sextio timmar hos brukare i minst tre av fyra veckor går inte ihop med arbetstidslagen. Antingen utnyttjas personen eller så är tiden inte utförd av den som registrerats.
  en: More than sixty hours with clients in at least three of four weeks does not fit the working hours act. Either the person is exploited or the time was not performed by the one registered.
innocent:
  sv: Kortvarig ersättning för sjuka kolleger; en beteckning som delas av flera vikarier; personlig jour enligt kollektivavtal.
  en: Short-term cover for sick colleagues; one token shared by several temporary staff; standby under a collective agreement.
blind_spots:
  sv: Tid i assistans och andra verksamheter; personal med olika beteckning hos olika utförare; restid, som gör veckan längre än vad som syns.
  en: Time in assistance and other services; staff with different tokens at different providers; travel, which makes the week longer than is seen.
next_step:
  sv: Begär schema och lönespecifikation för veckorna. Fråga hur personen mår och vem som anställer, innan något antas om tiden.
  en: Ask for rota and payslips of the weeks. Ask how the person is and who the employer is before assuming anything about the time.
sentence:
  sv: "{n_staff} i personalen hade mer än {limit_hours:timme|timmar} i veckan hos brukare i minst tre av fyra veckor, sammanlagt {n_weeks:vecka|veckor}, som mest {max_hours:timme|timmar}"
  en: "{n_staff:member|members} of staff had more than {limit_hours:hour|hours} a week with clients in at least three of four weeks, {n_weeks:week|weeks} in all, {max_hours:hour|hours} at most"
basis: [{title: handbook HC-5}, {title: arbetstidslag (1982:673) 10 b §}]
parameters:
  max_hours_week: {value: 60, unit: hours, because: "the legal average is 48 hours and time with clients is only part of the working time"}
  min_weeks: {value: 3, unit: weeks of four, because: a single long week is short-term cover}
severity: 3
status: active
since: 2026-11-23
*/
WITH weeks AS (
  SELECT staff_token, CAST(date_trunc('week', day) AS DATE) AS monday, sum(seconds) / 3600.0 AS hours
  FROM home_care_staff_days
  GROUP BY staff_token, CAST(date_trunc('week', day) AS DATE)
  HAVING sum(seconds) > $max_hours_week * 3600
),
numbered AS (
  -- weeks counted from a Monday far back, so that a frame of numbers is a frame of weeks
  SELECT staff_token, monday, hours, date_diff('day', DATE '2000-01-03', monday) / 7 AS week
  FROM weeks
),
runs AS (
  SELECT staff_token, monday, hours, week,
         count(*) OVER (PARTITION BY staff_token ORDER BY week RANGE BETWEEN 3 PRECEDING AND CURRENT ROW) AS n_in_four
  FROM numbered
),
fired AS (
  -- a long week counts when some four weeks that hold it have enough long weeks
  SELECT staff_token, monday, hours,
         max(n_in_four) OVER (PARTITION BY staff_token ORDER BY week RANGE BETWEEN CURRENT ROW AND 3 FOLLOWING) AS most
  FROM runs
),
involved AS (
  SELECT v.provider_id, f.staff_token, f.monday, f.hours, v.row_ref
  FROM fired f JOIN home_care_visits v
    ON v.staff_token = f.staff_token AND CAST(date_trunc('week', v.started_at) AS DATE) = f.monday
  WHERE f.most >= $min_weeks
),
placed AS (
  SELECT provider_id, staff_token, monday, hours, row_ref
  FROM involved
)
SELECT provider_id AS subject_id, min(monday) AS period_from, CAST(max(monday) + INTERVAL 6 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + count(DISTINCT concat(staff_token, '/', CAST(monday AS VARCHAR))) / 60.0
                       + (max(hours) - $max_hours_week) / 100.0) AS DOUBLE) AS strength,
       count(DISTINCT staff_token) AS n_staff,
       count(DISTINCT concat(staff_token, '/', CAST(monday AS VARCHAR))) AS n_weeks,
       round(max(hours), 1) AS max_hours, CAST($max_hours_week AS BIGINT) AS limit_hours,
       array_agg(row_ref) AS evidence, count(*) AS n_evidence
FROM placed
GROUP BY provider_id
