/*
name: association_lists
meaning: >
  Who was listed at an activity, as numbers: association_id, activity_id, n (members listed), sum1, sum2 and sum3 (sums
  of the members' numbers within the association, of their squares and of their cubes). Two activities of an association
  with the same four numbers have the same members, in any order. One row an activity with attendance.
reads: [association_activities, association_attendance]
materialise: true
*/
WITH present AS (
  SELECT k.association_id, a.activity_id, a.member_token AS member_id
  FROM association_attendance a JOIN association_activities k ON k.activity_id = a.activity_id
),
numbered AS (
  SELECT association_id, member_id, row_number() OVER (PARTITION BY association_id ORDER BY member_id) AS place
  FROM (SELECT DISTINCT association_id, member_id FROM present) d
)
SELECT p.association_id, p.activity_id, count(*) AS n, sum(m.place) AS sum1, sum(m.place * m.place) AS sum2,
       sum(m.place * m.place * m.place) AS sum3
FROM present p JOIN numbered m ON m.association_id = p.association_id AND m.member_id = p.member_id
GROUP BY p.association_id, p.activity_id
