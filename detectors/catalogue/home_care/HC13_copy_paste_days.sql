/*
code: HC13
title: {sv: Identiska besökstider dag efter dag, en: Identical visit times day after day}
method: rule
kind: unusual
concept: pattern
subject: provider
gate: P1
reads: [home_care_visits]
optional_columns: [home_care_visits.service]
population: home_care_visits.provider_id
why:
  sv: Besök som börjar och slutar på exakt samma minut minst fem dagar i veckan har sällan registrerats på plats. Tiderna kan vara kopierade.
  en: Visits that begin and end in exactly the same minute on five days of a week or more have seldom been registered on the spot. The times may be copied.
innocent:
  sv: Fasta måltidstider (måltidsbesök räknas inte); system som skriver planerad tid som utförd.
  en: Fixed meal times (meal visits are not counted); systems that write planned time as performed.
blind_spots:
  sv: Tider som kopierats med små ändringar; brukare med besök färre än fem dagar i veckan. Med färre än trettio utförare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Times copied with small changes; clients visited on fewer than five days a week. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Jämför ett par av veckorna med rålogg och med planeringen och fråga utföraren hur tiderna kommer in i systemet.
  en: Compare a few of the weeks with the raw log and the plan and ask the provider how times get into the system.
sentence:
  sv: "{n} av {n_weeks:brukarvecka|brukarveckor} har ett besök på exakt samma minuter minst fem dagar ({share_pct} procent, medianen bland {peer_n} utförare är {peer_median_pct} procent)"
  en: "{n} of {n_weeks:client-week|client-weeks} hold a visit at exactly the same minutes on five days or more ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook HC-13}, {title: handbook reference HT-05}]
parameters:
  min_days: {value: 5, unit: days a week, because: two or three equal days happen by chance}
  min_weeks: {value: 30, unit: client-weeks, because: shares of few weeks are chance}
  min_share: {value: 0.05, unit: share of client-weeks, because: below one week in twenty chance explains it}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 3
status: active
since: 2026-11-23
*/
WITH slots AS (
  -- visits of one client in a week at exactly the same minutes (of beginning and end, as one number)
  SELECT provider_id, client_token, CAST(date_trunc('week', started_at) AS DATE) AS monday,
         (hour(started_at) * 60 + minute(started_at)) * 1440 + hour(ended_at) * 60 + minute(ended_at) AS minutes
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at AND coalesce(service, 'other') <> 'meal'
  GROUP BY provider_id, client_token, CAST(date_trunc('week', started_at) AS DATE),
           (hour(started_at) * 60 + minute(started_at)) * 1440 + hour(ended_at) * 60 + minute(ended_at)
  HAVING count(*) >= $min_days
),
slot_visits AS (
  SELECT s.provider_id, s.client_token, s.monday, s.minutes, v.row_ref, CAST(v.started_at AS DATE) AS day
  FROM slots s JOIN home_care_visits v
    ON v.client_token = s.client_token AND v.provider_id = s.provider_id
   AND CAST(date_trunc('week', v.started_at) AS DATE) = s.monday
   AND (hour(v.started_at) * 60 + minute(v.started_at)) * 1440 + hour(v.ended_at) * 60 + minute(v.ended_at) = s.minutes
  WHERE v.started_at >= $since AND v.ended_at > v.started_at AND coalesce(v.service, 'other') <> 'meal'
),
copied AS (
  -- two visits of one day at the same minutes are one day
  SELECT provider_id, client_token, monday, minutes
  FROM slot_visits GROUP BY provider_id, client_token, monday, minutes HAVING count(DISTINCT day) >= $min_days
),
copied_weeks AS (SELECT DISTINCT provider_id, client_token, monday FROM copied),
weeks AS (
  SELECT w.provider_id, c.monday IS NOT NULL AS is_copied
  FROM (SELECT provider_id, client_token, CAST(date_trunc('week', started_at) AS DATE) AS monday
        FROM home_care_visits
        WHERE started_at >= $since AND ended_at > started_at AND coalesce(service, 'other') <> 'meal'
        GROUP BY provider_id, client_token, CAST(date_trunc('week', started_at) AS DATE)
        HAVING count(*) >= $min_days) w
  LEFT JOIN copied_weeks c
    ON c.provider_id = w.provider_id AND c.client_token = w.client_token AND c.monday = w.monday
),
shares AS (
  SELECT provider_id, count(*) AS n_weeks, sum(CASE WHEN is_copied THEN 1 ELSE 0 END) AS n,
         avg(CASE WHEN is_copied THEN 1.0 ELSE 0.0 END) AS share
  FROM weeks GROUP BY provider_id HAVING count(*) >= $min_weeks
),
ordered AS (
  SELECT provider_id, share, row_number() OVER (ORDER BY share, provider_id) AS place, count(*) OVER () AS n_peers
  FROM shares
),
peers AS (
  SELECT max(n_peers) AS peer_n, median(share) AS peer_median,
         max(CASE WHEN place = ceil(n_peers * 0.25) THEN share END) AS q1,
         max(CASE WHEN place = ceil(n_peers * 0.75) THEN share END) AS q3
  FROM ordered
),
fired AS (
  SELECT s.provider_id, s.n_weeks, s.n, s.share, p.peer_n, p.peer_median
  FROM shares s CROSS JOIN peers p
  WHERE s.share >= $min_share AND (p.peer_n < 30 OR s.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
shown AS (
  SELECT v.provider_id, v.row_ref, v.day
  FROM slot_visits v
  JOIN copied c ON c.provider_id = v.provider_id AND c.client_token = v.client_token AND c.monday = v.monday
               AND c.minutes = v.minutes
  JOIN fired f ON f.provider_id = v.provider_id
),
references_of AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to, count(*) AS n_evidence,
         array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share) AS DOUBLE) AS strength,
       CAST(f.n AS BIGINT) AS n, f.n_weeks, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
