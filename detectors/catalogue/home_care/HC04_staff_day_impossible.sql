/*
code: HC04
title: {sv: Orimligt långa dygn för personal, en: Impossible days of a staff member}
method: rule
kind: impossible
concept: working_time
subject: provider
gate: P1
reads: [home_care_visits, home_care_staff_days, home_care_rates, calendar]
optional_reads: [home_care_rates]
optional_columns: [home_care_visits.service]
population: home_care_visits.provider_id
why:
  sv: Mer än sexton timmars tid hos brukare på ett dygn lämnar inte rum för resor, raster och sömn. Då är någon tid fel eller så delar flera personer på en beteckning.
  en: More than sixteen hours with clients in twenty-four leave no room for travel, breaks and sleep. Then some time is wrong, or several people share one token.
innocent:
  sv: Jour med trygghetsbesök (räknas inte); akut insats med kompenserad vila; glömd utcheckning; en beteckning som används av flera vikarier.
  en: Safety visits on call (not counted); an emergency with rest given later; a forgotten check-out; one token used by several temporary staff.
blind_spots:
  sv: Personal som har olika beteckning hos olika utförare; tid i andra verksamheter än hemtjänst.
  en: Staff with different tokens at different providers; time in other services than home care.
next_step:
  sv: Begär schema och lönespecifikation för dygnen och jämför med registreringarna.
  en: Ask for the rota and the payslip of those days and compare with the registrations.
sentence:
  sv: "under {n_days} dygn hade någon i personalen mer än {limit_hours:timme|timmar} registrerade hos brukare ({n_staff:person|personer}, som mest {max_hours:timme|timmar} på ett dygn), sammanlagt {excess_minutes:minut|minuter} över gränsen"
  en: "on {n_days:day|days} a member of staff had more than {limit_hours:hour|hours} registered with clients ({n_staff} staff, {max_hours:hour|hours} in a day at most), {excess_minutes:minute|minutes} above the limit in all"
basis: [{title: handbook HC-4}, {title: handbook reference HT-02}, {title: arbetstidslag (1982:673) 13 §}]
amount: {kind: cap, how: {sv: minuterna över gränsen gånger utförarens snittpris per minut, en: minutes above the limit times the provider's mean price a minute}}
parameters:
  max_hours: {value: 16, unit: hours in 24, because: daily rest by law is eleven hours and sixteen leaves a margin for emergencies}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the night when clocks change has the length it had"}
*/
WITH pairs_of_days AS (
  SELECT staff_token, day, sum(seconds) AS seconds
  FROM (SELECT staff_token, day, seconds FROM home_care_staff_days
        UNION ALL
        SELECT staff_token, CAST(day - INTERVAL 1 DAY AS DATE), seconds FROM home_care_staff_days) d
  GROUP BY staff_token, day HAVING sum(seconds) > ($max_hours - 1) * 3600
),
full_days AS (
  -- twenty-four hours that begin on a day end on the next: only where the two together exceed the limit is there
  -- anything to examine; the night in October has an hour more than the clock says
  SELECT p.staff_token, p.day
  FROM pairs_of_days p
  LEFT JOIN calendar c
    ON c.day_hours = 25 AND (c.day = p.day OR c.day = CAST(p.day + INTERVAL 1 DAY AS DATE))
  WHERE p.seconds > $max_hours * 3600 OR c.day IS NOT NULL
),
examined AS (
  SELECT staff_token, day FROM full_days
  UNION
  SELECT staff_token, CAST(day + INTERVAL 1 DAY AS DATE) FROM full_days
),
clocks AS (
  -- seconds to add to the clock's time from the hour after three on, so that a difference is time that passed
  SELECT day, 3600 * (day_hours - 24) AS step, CAST(3600 * sum(day_hours - 24) OVER (ORDER BY day) AS BIGINT) AS added
  FROM calendar
),
timed AS (
  -- of the hour that comes twice the shorter reading: begun in the second of the two, ended in the first
  SELECT v.staff_token, v.provider_id, v.visit_id, v.row_ref, CAST(v.started_at + INTERVAL 12 HOUR AS DATE) AS day,
         coalesce(v.service, 'other') <> 'safety' AS is_counted,
         CAST(round(epoch(v.started_at), 0) AS BIGINT) AS clock_begins, CAST(round(epoch(v.ended_at), 0) AS BIGINT) AS clock_ends,
         coalesce(b.added - CASE WHEN hour(v.started_at) < 2 THEN b.step ELSE 0 END, 0) AS added_to_begin,
         coalesce(e.added - CASE WHEN hour(v.ended_at) < 2 OR (hour(v.ended_at) = 2 AND e.step > 0) THEN e.step ELSE 0 END,
                  b.added, 0) AS added_to_end
  FROM home_care_visits v
  JOIN examined x ON x.staff_token = v.staff_token AND x.day = CAST(v.started_at AS DATE)
  LEFT JOIN clocks b ON b.day = CAST(v.started_at AS DATE)
  LEFT JOIN clocks e ON e.day = CAST(v.ended_at AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
visits AS (
  SELECT staff_token, provider_id, visit_id, row_ref, day, is_counted, clock_begins + added_to_begin AS begins,
         greatest(clock_ends + added_to_end, clock_begins + added_to_begin) AS ends
  FROM timed
),
windows AS (
  -- the 24 hours that begin with each visit; the part of the last visit that lies beyond them is taken off
  SELECT staff_token, day, begins, visit_id, is_counted,
         (sum(CASE WHEN is_counted THEN ends - begins ELSE 0 END) OVER next_day
          - greatest(0, max(CASE WHEN is_counted THEN ends END) OVER next_day - (begins + 86400))) / 60.0 AS minutes
  FROM visits
  WINDOW next_day AS (PARTITION BY staff_token ORDER BY begins RANGE BETWEEN CURRENT ROW AND 86399 FOLLOWING)
),
long_windows AS (
  -- a window counts on the day its middle lies in, once: the fullest one
  SELECT staff_token, day, begins, minutes,
         row_number() OVER (PARTITION BY staff_token, day ORDER BY minutes DESC, begins, visit_id) AS place
  FROM windows
  WHERE is_counted AND minutes > $max_hours * 60
),
days AS (
  SELECT staff_token, day, begins, minutes, minutes - $max_hours * 60 AS excess FROM long_windows WHERE place = 1
),
involved AS (
  -- every provider that registered some of the time carries its share of the excess
  SELECT d.staff_token, d.day, d.minutes, d.excess, v.provider_id, v.row_ref,
         (v.ends - v.begins)
           / sum(v.ends - v.begins) OVER (PARTITION BY d.staff_token, d.day) AS share
  FROM days d
  JOIN visits v ON v.staff_token = d.staff_token AND v.is_counted
              AND v.begins >= d.begins AND v.begins < d.begins + 86400
),
summed AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to,
         count(DISTINCT concat(staff_token, '/', CAST(day AS VARCHAR))) AS n_days,
         count(DISTINCT staff_token) AS n_staff, round(max(minutes) / 60.0, 1) AS max_hours,
         CAST(round(sum(excess * share), 0) AS BIGINT) AS excess_minutes, array_agg(row_ref) AS evidence
  FROM involved GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n_days / 40.0 + greatest(0, s.max_hours - $max_hours) / 16.0) AS DOUBLE) AS strength,
       CAST(s.excess_minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n_days, s.n_staff, s.max_hours, s.excess_minutes, CAST($max_hours AS BIGINT) AS limit_hours, s.evidence
FROM summed s LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
