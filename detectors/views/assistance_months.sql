/*
name: assistance_months
meaning: >
  Reported time of one client with one provider in one calendar month: hours (as reported, all kinds) and counted_hours
  (waiting time and standby converted to assistance hours by the factors in force), n_shifts. A shift over the turn of
  the month is counted once where it began and once divided at midnight, and the larger of the two sums is given, so
  that no way of booking it makes an invoice look too high. standby_hours: reported hours that are not active. repeated_hours
  and repeated_counted: hours of work in the hour that comes twice in October, of which clock times show one only.
reads: [assistance_shifts, law_values, calendar]
materialise: true
*/
WITH factors AS (
  -- one row: what an hour of waiting and of standby counts for
  SELECT max(CASE WHEN name = 'assistance_waiting_factor' THEN value END) AS waiting,
         max(CASE WHEN name = 'assistance_standby_factor' THEN value END) AS standby
  FROM law_values
),
weighed AS (
  SELECT provider_id, client_token, row_ref, CAST(date_trunc('month', started_at) AS DATE) AS month,
         CAST(date_trunc('month', ended_at) AS DATE) AS end_month,
         (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours,
         (epoch(ended_at) - epoch(date_trunc('month', ended_at))) / 3600.0 AS hours_after_turn, kind,
         CASE kind WHEN 'awake_standby' THEN f.waiting WHEN 'home_standby' THEN f.standby ELSE 1.0 END AS factor
  FROM assistance_shifts CROSS JOIN factors f
  WHERE ended_at > started_at
),
parts AS (
  -- begun: booked on the month the shift began; split: divided at the turn of the month
  SELECT provider_id, client_token, month, hours AS begun, hours * factor AS begun_counted,
         CASE WHEN end_month > month THEN hours - hours_after_turn ELSE hours END AS split,
         CASE WHEN end_month > month THEN hours - hours_after_turn ELSE hours END * factor AS split_counted,
         CASE WHEN kind = 'active' THEN 0 ELSE hours END AS standby_hours, 1 AS n
  FROM weighed
  UNION ALL
  SELECT provider_id, client_token, end_month, 0, 0, hours_after_turn, hours_after_turn * factor, 0, 0
  FROM weighed WHERE end_month > month AND hours_after_turn > 0
),
summed AS (
  SELECT provider_id, client_token, month,
         CAST(greatest(sum(begun), sum(split)) AS DOUBLE) AS hours,
         CAST(greatest(sum(begun_counted), sum(split_counted)) AS DOUBLE) AS counted_hours,
         CAST(sum(standby_hours) AS DOUBLE) AS standby_hours, sum(n) AS n_shifts
  FROM parts
  GROUP BY provider_id, client_token, month
),
repeated AS (
  -- three or four nights in all: grouped back to one row a client and month before it is joined
  SELECT s.provider_id, s.client_token, CAST(date_trunc('month', c.day) AS DATE) AS month,
         CAST(sum(least(epoch(s.ended_at), epoch(CAST(c.day AS TIMESTAMP)) + 10800)
                  - greatest(epoch(s.started_at), epoch(CAST(c.day AS TIMESTAMP)) + 7200)) / 3600.0 AS DOUBLE) AS hours,
         CAST(sum((least(epoch(s.ended_at), epoch(CAST(c.day AS TIMESTAMP)) + 10800)
                   - greatest(epoch(s.started_at), epoch(CAST(c.day AS TIMESTAMP)) + 7200))
                  * CASE s.kind WHEN 'awake_standby' THEN f.waiting WHEN 'home_standby' THEN f.standby ELSE 1.0 END)
              / 3600.0 AS DOUBLE) AS counted_hours
  FROM assistance_shifts s
  JOIN calendar c ON c.day_hours = 25 AND s.started_at < CAST(c.day AS TIMESTAMP) + INTERVAL 3 HOUR
                 AND s.ended_at > CAST(c.day AS TIMESTAMP) + INTERVAL 2 HOUR
  CROSS JOIN factors f
  GROUP BY s.provider_id, s.client_token, CAST(date_trunc('month', c.day) AS DATE)
)
SELECT m.provider_id, m.client_token, m.month, m.hours, m.counted_hours, m.standby_hours, m.n_shifts,
       coalesce(r.hours, 0) AS repeated_hours, coalesce(r.counted_hours, 0) AS repeated_counted
FROM summed m
LEFT JOIN repeated r ON r.provider_id = m.provider_id AND r.client_token = m.client_token AND r.month = m.month
