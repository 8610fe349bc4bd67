/*
code: AG07
title: {sv: Samma närvaro gång efter gång, en: The same attendance time after time}
method: rule
kind: unusual
concept: attendance
subject: association
gate: P1
reads: [association_support, association_lists]
optional_reads: [association_lists]
population: association_activities.association_id
why:
  sv: Barn är sjuka, bortresta eller har annat för sig. Om närvaron aldrig ändras kan listan ha kopierats i stället för att föras.
  en: Children are ill, away or busy. If attendance never changes the list may have been copied rather than kept.
innocent:
  sv: Små grupper där alla brukar komma (räknas inte); läger med en fast deltagarlista; ett lag där någon ofta saknas men sällan samma person.
  en: Small groups where everybody usually comes (not counted); camps with a fixed list; a team in which somebody is often missing but seldom the same.
blind_spots:
  sv: Kopierade listor där någon enstaka deltagare tagits bort; listor som kopieras mellan grupper eller växlar mellan två förlagor.
  en: Copied lists from which a participant was dropped now and then; lists copied between groups or taken in turn from two.
next_step:
  sv: Gör ett oanmält besök vid ett par tillfällen och jämför med de inlämnade närvarokorten.
  en: Make unannounced visits on a few occasions and compare with the cards handed in.
sentence:
  sv: "I {n_groups:grupp|grupper} med {n:aktivitet|aktiviteter} har {n_same_count} gruppens vanligaste antal deltagare och {n_same_list} exakt samma deltagare"
  en: "In {n_groups:group|groups} with {n:activity|activities} {n_same_count} have the group's most common number of participants and {n_same_list} exactly the same participants"
basis: [{title: handbook AG-7}, {title: handbook reference FB-08}]
parameters:
  min_sessions: {value: 10, unit: activities of a group, because: a few equal lists are chance}
  min_group: {value: 6, unit: participants, because: in a small group everybody usually comes}
  min_share: {value: 0.9, unit: share of the group's activities, because: handbook AG-7}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: counts how often a group has its most common list instead of comparing with the time before; judges each group by itself; sessions with few participants count too}
*/
WITH held AS (
  -- a group is what one leader holds in the association
  SELECT association_id, activity_id, coalesce(leader_token, '') AS leader_token, started_at, participants, row_ref
  FROM association_support
  WHERE started_at >= $since AND participants > 0
),
listed AS (
  SELECT h.association_id, h.leader_token, h.activity_id, l.n, l.sum1, l.sum2, l.sum3
  FROM held h JOIN association_lists l ON l.activity_id = h.activity_id
),
list_uses AS (
  SELECT activity_id, association_id, leader_token,
         count(*) OVER (PARTITION BY association_id, leader_token, n, sum1, sum2, sum3) AS n_equal
  FROM listed WHERE n >= $min_group
),
count_uses AS (
  SELECT activity_id, association_id, leader_token,
         count(*) OVER (PARTITION BY association_id, leader_token, participants) AS n_equal
  FROM held WHERE participants >= $min_group
),
best_list AS (
  SELECT association_id, leader_token, max(n_equal) AS n_same_list FROM list_uses GROUP BY association_id, leader_token
),
best_count AS (
  SELECT association_id, leader_token, max(n_equal) AS n_same_count FROM count_uses GROUP BY association_id, leader_token
),
groups AS (
  SELECT association_id, leader_token, count(*) AS n, min(started_at) AS first_at, max(started_at) AS last_at
  FROM held GROUP BY association_id, leader_token HAVING count(*) >= $min_sessions
),
fired AS (
  SELECT g.association_id, g.leader_token, g.n, g.first_at, g.last_at, coalesce(c.n_same_count, 0) AS n_same_count,
         coalesce(l.n_same_list, 0) AS n_same_list
  FROM groups g
  LEFT JOIN best_count c ON c.association_id = g.association_id AND c.leader_token = g.leader_token
  LEFT JOIN best_list l ON l.association_id = g.association_id AND l.leader_token = g.leader_token
  WHERE coalesce(c.n_same_count, 0) / g.n > $min_share OR coalesce(l.n_same_list, 0) / g.n > $min_share
),
references_of AS (
  SELECT f.association_id, array_agg(h.row_ref) AS evidence
  FROM fired f
  JOIN held h ON h.association_id = f.association_id AND h.leader_token = f.leader_token
  LEFT JOIN count_uses c ON c.activity_id = h.activity_id
  LEFT JOIN list_uses l ON l.activity_id = h.activity_id
  WHERE c.n_equal = f.n_same_count OR l.n_equal = f.n_same_list
  GROUP BY f.association_id
),
summed AS (
  SELECT association_id, CAST(min(first_at) AS DATE) AS period_from, CAST(max(last_at) AS DATE) AS period_to,
         count(*) AS n_groups, sum(n) AS n, sum(n_same_count) AS n_same_count, sum(n_same_list) AS n_same_list
  FROM fired GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + 0.3 * s.n_same_list / s.n + s.n / 1000.0) AS DOUBLE) AS strength,
       CAST(s.n AS BIGINT) AS n, s.n_groups, CAST(s.n_same_count AS BIGINT) AS n_same_count,
       CAST(s.n_same_list AS BIGINT) AS n_same_list, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
