/*
name: home_care_outage_days
meaning: >
  Days on which registration failed for everybody: at least three providers with five visits or more that day, and at
  least two of three of them registered half of their visits or more by hand. No provider is to blame for such a day.
reads: [home_care_visits]
materialise: true
*/
WITH by_provider AS (
  SELECT CAST(started_at AS DATE) AS day, provider_id,
         avg(CASE WHEN registration = 'manual' THEN 1.0 ELSE 0.0 END) AS manual_share
  FROM home_care_visits
  GROUP BY CAST(started_at AS DATE), provider_id
  HAVING count(*) >= 5
)
SELECT day, count(*) AS n_providers
FROM by_provider
GROUP BY day
HAVING count(*) >= 3 AND avg(CASE WHEN manual_share >= 0.5 THEN 1.0 ELSE 0.0 END) >= 0.66
