/*
name: home_care_staff_days
meaning: >
  What is registered for a member of staff on one day (the day on which a visit begins), over all providers: n_visits
  and seconds, in whole seconds. Visits of the look-back with a positive duration.
reads: [home_care_visits]
materialise: true
*/
SELECT staff_token, CAST(started_at AS DATE) AS day, count(*) AS n_visits,
       CAST(sum(CAST(round(epoch(ended_at) - epoch(started_at), 0) AS BIGINT)) AS BIGINT) AS seconds
FROM home_care_visits
WHERE started_at >= $since AND ended_at > started_at
GROUP BY staff_token, CAST(started_at AS DATE)
