/*
name: assistance_granted_months
meaning: >
  What is granted to one client with one provider in one calendar month, for the days that the provider's delivered
  shifts span: granted_hours (hours and double hours a week by the days each decision covers, all decisions in force
  added), double_hours thereof, n_days of the month that are spanned, whole_month (all days of the month are spanned and
  decided), decided_from (month in which the latest decision in force began: settlement is counted from there). Only
  clients with shifts at the provider; a decision without a provider counts for every provider of the client.
reads: [assistance_decisions, assistance_shifts, calendar]
materialise: true
*/
WITH ranges AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS first_day, CAST(max(started_at) AS DATE) AS last_day
  FROM assistance_shifts WHERE ended_at > started_at GROUP BY provider_id
),
clients AS (
  SELECT DISTINCT provider_id, client_token FROM assistance_shifts WHERE ended_at > started_at
),
months AS (
  SELECT CAST(date_trunc('month', day) AS DATE) AS month,
         CAST(CAST(date_trunc('month', day) AS DATE) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS last_of_month
  FROM calendar GROUP BY CAST(date_trunc('month', day) AS DATE)
),
spans AS (
  SELECT c.provider_id, c.client_token, m.month, m.last_of_month,
         greatest(m.month, r.first_day) AS first_day, least(m.last_of_month, r.last_day) AS last_day
  FROM clients c
  JOIN ranges r ON r.provider_id = c.provider_id
  JOIN months m ON m.month <= r.last_day AND m.last_of_month >= r.first_day
),
decided AS (
  SELECT s.provider_id, s.client_token, s.month, s.last_of_month, s.first_day, s.last_day, d.valid_from,
         d.hours_per_week + coalesce(d.double_hours_per_week, 0) AS hours_per_week,
         coalesce(d.double_hours_per_week, 0) AS double_hours_per_week,
         date_diff('day', greatest(d.valid_from, s.first_day), least(coalesce(d.valid_to, s.last_day), s.last_day)) + 1
           AS days
  FROM spans s
  JOIN assistance_decisions d
    ON d.client_token = s.client_token AND (d.provider_id IS NULL OR d.provider_id = s.provider_id)
   AND d.valid_from <= s.last_day AND (d.valid_to IS NULL OR d.valid_to >= s.first_day)
)
SELECT provider_id, client_token, month,
       CAST(sum(hours_per_week * days / 7.0) AS DOUBLE) AS granted_hours,
       CAST(sum(double_hours_per_week * days / 7.0) AS DOUBLE) AS double_hours,
       max(date_diff('day', first_day, last_day) + 1) AS n_days,
       sum(days) >= max(date_diff('day', month, last_of_month) + 1) AS whole_month,
       max(CAST(date_trunc('month', valid_from) AS DATE)) AS decided_from
FROM decided
GROUP BY provider_id, client_token, month
