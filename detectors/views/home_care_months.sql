/*
name: home_care_months
meaning: >
  Registered time of one client with one provider in one calendar month (the month in which the visit began), beside
  what was granted for it: minutes and n_visits registered; granted_minutes (each decision in force for that client and
  provider, or for any provider, by the share of the month's days it covers; null where no decision was in force);
  whole_month (the decisions together cover as many days as the month has). Two staff with one client are two visits, and count twice.
reads: [home_care_visits, home_care_decisions]
materialise: true
*/
WITH registered AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', started_at) AS DATE) AS month,
         sum(epoch(ended_at) - epoch(started_at)) / 60.0 AS minutes, count(*) AS n_visits
  FROM home_care_visits
  WHERE ended_at > started_at
  GROUP BY provider_id, client_token, CAST(date_trunc('month', started_at) AS DATE)
),
bounded AS (
  SELECT provider_id, client_token, month, minutes, n_visits,
         CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS last_day
  FROM registered
),
granted AS (
  -- grouped back to one row a month before it is joined, so that minutes never multiply
  SELECT b.provider_id, b.client_token, b.month,
         sum(d.granted_minutes_per_month
             * (date_diff('day', greatest(d.valid_from, b.month), least(coalesce(d.valid_to, b.last_day), b.last_day)) + 1)
             / (date_diff('day', b.month, b.last_day) + 1)) AS granted_minutes,
         sum(date_diff('day', greatest(d.valid_from, b.month), least(coalesce(d.valid_to, b.last_day), b.last_day)) + 1)
             >= max(date_diff('day', b.month, b.last_day) + 1) AS whole_month
  FROM bounded b
  JOIN home_care_decisions d
    ON d.client_token = b.client_token AND (d.provider_id IS NULL OR d.provider_id = b.provider_id)
   AND d.valid_from <= b.last_day AND (d.valid_to IS NULL OR d.valid_to >= b.month)
  GROUP BY b.provider_id, b.client_token, b.month
)
SELECT b.provider_id, b.client_token, b.month, b.minutes, b.n_visits,
       CAST(g.granted_minutes AS DOUBLE) AS granted_minutes, coalesce(g.whole_month, false) AS whole_month
FROM bounded b
LEFT JOIN granted g
  ON g.provider_id = b.provider_id AND g.client_token = b.client_token AND g.month = b.month
