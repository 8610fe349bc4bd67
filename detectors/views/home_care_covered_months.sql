/*
name: home_care_covered_months
meaning: >
  Calendar months that the delivered visits cover from beginning to end: some visit in the first three and some in the
  last three days. A month of which only a part was delivered would make every invoice look too high.
reads: [home_care_visits]
materialise: true
*/
SELECT CAST(date_trunc('month', started_at) AS DATE) AS month
FROM home_care_visits
GROUP BY CAST(date_trunc('month', started_at) AS DATE)
HAVING day(min(started_at)) <= 3
   AND CAST(max(started_at) AS DATE) >= CAST(date_trunc('month', min(started_at)) AS DATE)
                                        + INTERVAL 1 MONTH - INTERVAL 3 DAY
