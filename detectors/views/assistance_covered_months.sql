/*
name: assistance_covered_months
meaning: >
  Calendar months of a provider that its delivered shifts cover from beginning to end: some shift begins in the first
  three days and some in the last three. Time sheets come a month or two late, so this is judged provider by provider.
reads: [assistance_shifts]
materialise: true
*/
SELECT provider_id, CAST(date_trunc('month', started_at) AS DATE) AS month
FROM assistance_shifts
WHERE ended_at > started_at
GROUP BY provider_id, CAST(date_trunc('month', started_at) AS DATE)
HAVING day(min(started_at)) <= 3
   AND CAST(max(started_at) AS DATE) >= CAST(date_trunc('month', min(started_at)) AS DATE)
                                        + INTERVAL 1 MONTH - INTERVAL 3 DAY
