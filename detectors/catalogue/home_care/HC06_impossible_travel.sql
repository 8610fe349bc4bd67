/*
code: HC06
title: {sv: Byte av område utan restid, en: Change of area without travel}
method: rule
kind: impossible
concept: travel
subject: provider
gate: P1
reads: [home_care_visits, home_care_sequence]
population: home_care_visits.provider_id
why:
  sv: Mellan två områden tar det tid att förflytta sig. När nästa besök gång på gång börjar i samma minut som det förra slutar har tiderna inte registrerats på plats.
  en: Going from one area to another takes time. Where the next visit time and again begins in the minute the last one ended, the times were not registered on the spot.
innocent:
  sv: Två områden som möts i samma byggnad eller kvarter; system som skriver planerad tid som utförd; en beteckning som delas av flera.
  en: Two areas that meet in one building or block; systems that write planned time as performed; a token shared by several people.
blind_spots:
  sv: Förflyttning inom ett område; utförare som bara arbetar i ett område; besök som överlappar varandra räknas i regeln om samma personal på två platser. Med färre än trettio utförare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Moves inside one area; providers who work in one area only; visits that overlap are counted by the rule on staff in two places. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Ta ut de tätaste övergångarna på karta och jämför med rålogg från tagg eller app.
  en: Put the tightest moves on a map and compare with the raw log of tag or app.
sentence:
  sv: "{n} av {n_moves:byte|byten} mellan områden har mindre än två minuters restid ({share_pct} procent, medianen bland {peer_n} utförare är {peer_median_pct} procent)"
  en: "{n} of {n_moves:move|moves} between areas leave less than two minutes to travel ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook HC-6}, {title: handbook reference HT-03}]
parameters:
  max_gap_minutes: {value: 2, unit: minutes, because: no change of area takes less than two minutes}
  min_moves: {value: 30, unit: moves between areas, because: shares of few moves are chance}
  min_count: {value: 10, unit: moves without travel time, because: single moves are mistakes of registration}
  min_share: {value: 0.05, unit: share of moves, because: below one move in twenty the habit is not established}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 3
status: active
since: 2026-11-23
*/
WITH moves AS (
  -- a visit in another area than the one the same staff ended within the four hours before
  SELECT v.provider_id, CAST(v.started_at AS DATE) AS day, v.row_ref, q.ref_before,
         q.gap_seconds < $max_gap_minutes * 60 AS is_tight
  FROM home_care_sequence q JOIN home_care_visits v ON v.row_ref = q.row_ref
  WHERE q.is_new_area AND v.started_at >= $since
),
shares AS (
  SELECT provider_id, count(*) AS n_moves, sum(CASE WHEN is_tight THEN 1 ELSE 0 END) AS n,
         avg(CASE WHEN is_tight THEN 1.0 ELSE 0.0 END) AS share
  FROM moves GROUP BY provider_id HAVING count(*) >= $min_moves
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
  SELECT s.provider_id, s.n_moves, s.n, s.share, p.peer_n, p.peer_median
  FROM shares s CROSS JOIN peers p
  WHERE s.n >= $min_count AND s.share >= $min_share
    AND (p.peer_n < 30 OR s.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
evidence_rows AS (
  SELECT provider_id, row_ref, day FROM moves WHERE is_tight
  UNION ALL
  SELECT provider_id, ref_before, day FROM moves WHERE is_tight
),
shown AS (
  SELECT e.provider_id, e.row_ref, e.day
  FROM (SELECT provider_id, row_ref, min(day) AS day FROM evidence_rows GROUP BY provider_id, row_ref) e
  JOIN fired f ON f.provider_id = e.provider_id
),
references_of AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to, count(*) AS n_evidence,
         array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share) AS DOUBLE) AS strength,
       CAST(f.n AS BIGINT) AS n, f.n_moves, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
