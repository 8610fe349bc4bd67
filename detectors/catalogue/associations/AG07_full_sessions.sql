/*
code: AG07
title: {sv: Samma närvaro gång efter gång, en: The same attendance time after time}
method: rule
kind: unusual
concept: attendance
subject: association
gate: P1
reads: [association_support, association_attendance]
optional_reads: [association_attendance]
population: association_activities.association_id
why:
  sv: Barn är sjuka, bortresta eller har annat för sig. Om närvaron aldrig ändras kan listan ha kopierats i stället för att föras.
  en: Children are ill, away or busy. If attendance never changes the list may have been copied rather than kept.
innocent:
  sv: Små grupper där alla brukar komma (räknas inte); läger med en fast deltagarlista.
  en: Small groups where everybody usually comes (not counted); camps with a fixed list.
blind_spots:
  sv: Kopierade listor där någon enstaka deltagare tagits bort.
  en: Copied lists from which a participant was dropped now and then.
next_step:
  sv: Gör ett oanmält besök vid ett par tillfällen och jämför med de inlämnade närvarokorten.
  en: Make unannounced visits on a few occasions and compare with the cards handed in.
sentence:
  sv: "Av {n:aktivitet|aktiviteter} med en tidigare i samma grupp har {n_same_count} samma antal deltagare som gången före och {n_same_list} exakt samma deltagare"
  en: "Of {n:activity|activities} with an earlier one in the same group {n_same_count} have the same number of participants as the time before and {n_same_list} exactly the same participants"
basis: [{title: handbook AG-7}, {title: handbook reference FB-08}]
parameters:
  min_sessions: {value: 10, unit: activities, because: a few equal lists in a row are chance}
  min_group: {value: 6, unit: participants, because: in a small group everybody usually comes}
  min_share: {value: 0.9, unit: share of activities, because: handbook AG-7}
severity: 2
status: active
since: 2026-11-23
*/
WITH grouped AS (
  -- a group is what one leader holds in the association; its activities in the order of time
  SELECT association_id, activity_id, coalesce(leader_token, '') AS leader_token, started_at, participants, row_ref,
         lag(activity_id) OVER (PARTITION BY association_id, coalesce(leader_token, '') ORDER BY started_at, activity_id) AS before_id,
         lag(participants) OVER (PARTITION BY association_id, coalesce(leader_token, '') ORDER BY started_at, activity_id) AS before_n
  FROM association_support
  WHERE started_at >= $since
),
followed AS (
  SELECT association_id, activity_id, before_id, started_at, participants, before_n, row_ref
  FROM grouped WHERE before_id IS NOT NULL AND participants >= $min_group
),
listed AS (SELECT activity_id, count(DISTINCT member_token) AS n FROM association_attendance GROUP BY activity_id),
common AS (
  SELECT f.activity_id, count(DISTINCT a.member_token) AS n_common
  FROM followed f
  JOIN association_attendance a ON a.activity_id = f.activity_id
  JOIN association_attendance b ON b.activity_id = f.before_id AND b.member_token = a.member_token
  GROUP BY f.activity_id
),
judged AS (
  SELECT f.association_id, f.started_at, f.row_ref, f.participants = f.before_n AS is_same_count,
         coalesce(c.n_common = x.n AND c.n_common = y.n, false) AS is_same_list
  FROM followed f
  LEFT JOIN common c ON c.activity_id = f.activity_id
  LEFT JOIN listed x ON x.activity_id = f.activity_id
  LEFT JOIN listed y ON y.activity_id = f.before_id
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_same_count THEN 1 ELSE 0 END) AS n_same_count,
         sum(CASE WHEN is_same_list THEN 1 ELSE 0 END) AS n_same_list
  FROM judged GROUP BY association_id HAVING count(*) >= $min_sessions
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM judged WHERE is_same_count OR is_same_list GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + 0.3 * s.n_same_list / s.n + s.n / 1000.0) AS DOUBLE) AS strength, s.n,
       CAST(s.n_same_count AS BIGINT) AS n_same_count, CAST(s.n_same_list AS BIGINT) AS n_same_list, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
WHERE s.n_same_count / s.n > $min_share OR s.n_same_list / s.n > $min_share
