/*
name: home_care_sequence
meaning: >
  Visits that lie close to another visit of the same member of staff, one row a visit (row_ref): is_overlapping (shares
  time with one of the staff's other visits, of any client), and for visits that begin within four hours of the end of
  the visit before it: ref_before, gap_seconds and is_new_area (the two visits are in different areas; the visit's own
  area, else the client's). Times in whole seconds; visits of the look-back; a visit that is neither has no row.
reads: [home_care_visits, persons]
required: [home_care_visits]
materialise: true
*/
WITH staff AS (
  SELECT staff_id, row_number() OVER (ORDER BY staff_id) AS place
  FROM (SELECT DISTINCT staff_token AS staff_id FROM home_care_visits WHERE started_at >= $since) d
),
placed AS (
  -- person and time as one number, 2^38 seconds a person: one sort by it is several times cheaper than a sort a person
  SELECT s.place * 274877906944 + CAST(floor(epoch(v.started_at)) AS BIGINT) AS begins,
         s.place * 274877906944 + CAST(ceil(epoch(v.ended_at)) AS BIGINT) AS ends,
         v.row_ref, coalesce(v.area_code, p.area_code) AS area
  FROM home_care_visits v
  JOIN staff s ON s.staff_id = v.staff_token
  LEFT JOIN persons p ON p.person_token = v.client_token
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
followed AS (
  SELECT begins, ends, row_ref, area,
         max(ends) OVER (ORDER BY begins, row_ref ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         lead(begins) OVER (ORDER BY begins, row_ref) AS next_begins,
         lag(ends) OVER (ORDER BY begins, row_ref) AS ends_before,
         lag(area) OVER (ORDER BY begins, row_ref) AS area_before,
         lag(row_ref) OVER (ORDER BY begins, row_ref) AS ref_before
  FROM placed
)
SELECT row_ref, coalesce(latest_end_before > begins, false) OR coalesce(next_begins < ends, false) AS is_overlapping,
       CASE WHEN begins >= ends_before AND begins < ends_before + 14400 THEN ref_before END AS ref_before,
       CASE WHEN begins >= ends_before AND begins < ends_before + 14400 THEN begins - ends_before END AS gap_seconds,
       begins >= ends_before AND begins < ends_before + 14400 AND area <> area_before AS is_new_area
FROM followed
WHERE latest_end_before > begins OR next_begins < ends
   OR (area <> area_before AND begins >= ends_before AND begins < ends_before + 14400)
