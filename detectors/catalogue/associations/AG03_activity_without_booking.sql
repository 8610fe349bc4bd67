/*
code: AG03
title: {sv: Aktiviteter i kommunal lokal utan bokning, en: Activities in municipal venues without booking}
method: rule
kind: unusual
concept: booking
subject: association
gate: P0
reads: [association_support, venue_bookings]
optional_columns: [venue_bookings.cancelled]
population: association_activities.association_id
why:
  sv: Den som inte har bokat lokalen har sällan kunnat vara där. Aktiviteten kan ha ställts in eller aldrig varit planerad, men stöd söktes ändå.
  en: Those who have not booked the venue have seldom been able to be there. The activity may have been called off or never planned, but support was claimed.
innocent:
  sv: Lånad tid av en annan förening (någon annans bokning räcker); träning utomhus; bokningar som gjorts på annat håll; en lokal som inte kan bokas (räknas inte).
  en: A slot lent by another association (anybody's booking will do); practice outdoors; bookings made elsewhere; a venue that cannot be booked (not counted).
blind_spots:
  sv: Aktiviteter i egen lokal och bokade tider som aldrig användes.
  en: Activities in own premises, and booked slots that were never used.
next_step:
  sv: Jämför med passerloggar eller vaktmästarens anteckningar för de aktuella tiderna.
  en: Compare with door logs or the caretaker's notes for those times.
sentence:
  sv: "{n_without} av {n:aktivitet|aktiviteter} ({share_percent} procent) i kommunala lokaler saknar bokning eller var avbokade; hos en vanlig förening är andelen {median_percent} procent"
  en: "{n_without} of {n:activity|activities} ({share_percent} percent) in municipal venues lack a booking or were cancelled; with an ordinary association the share is {median_percent} percent"
basis: [{title: handbook AG-3}, {title: handbook reference FB-05}]
amount: {kind: estimate, how: {sv: aktivitetsstöd för de aktiviteter som saknar bokning, en: activity support for the activities without a booking}}
parameters:
  min_activities: {value: 10, unit: activities, because: shares of few activities are chance}
  min_share: {value: 0.2, unit: share of activities, because: lent slots and late bookings explain a few}
  times_median: {value: 4, unit: times the median, because: a quartile fence has no spread where nearly all associations have none}
  tolerance_minutes: {value: 30, unit: minutes, because: an activity may begin or end somewhat outside its own slot}
severity: 3
status: active
since: 2026-11-23
*/
WITH booked AS (
  SELECT venue_token, association_id, booked_from, booked_to, CAST(booked_from AS DATE) AS first_day, CAST(booked_to AS DATE) AS last_day
  FROM venue_bookings WHERE NOT coalesce(cancelled, false) AND booked_to > booked_from
),
span AS (
  -- a booking file that begins late must not make earlier activities look unbooked
  SELECT min(booked_from) AS first_at, max(booked_to) AS last_at FROM venue_bookings
),
held AS (
  SELECT a.association_id, a.activity_id, a.venue_token, a.started_at, a.ended_at, a.support_sek, a.row_ref
  FROM association_support a CROSS JOIN span s
  WHERE a.started_at >= $since AND a.started_at >= s.first_at AND a.ended_at <= s.last_at AND a.ended_at > a.started_at
    AND a.venue_token IN (SELECT b.venue_token FROM venue_bookings b)
),
covered AS (
  -- same-day bookings are joined by venue and day, longer ones by venue alone: few rows either way
  SELECT h.activity_id FROM held h
  JOIN booked b ON b.venue_token = h.venue_token AND b.first_day = CAST(h.started_at AS DATE)
  WHERE b.booked_from < h.ended_at + $tolerance_minutes * INTERVAL 1 MINUTE
    AND b.booked_to > h.started_at - $tolerance_minutes * INTERVAL 1 MINUTE
    -- halls are booked back to back: another's slot covers only what happens in it, the tolerance is for one's own
    AND (b.association_id = h.association_id OR (b.booked_from < h.ended_at AND b.booked_to > h.started_at))
  UNION
  SELECT h.activity_id FROM held h
  JOIN booked b ON b.venue_token = h.venue_token AND b.last_day > b.first_day
  WHERE b.booked_from < h.ended_at AND b.booked_to > h.started_at
),
judged AS (
  SELECT h.association_id, h.started_at, h.support_sek, h.row_ref, c.activity_id IS NULL AS is_without
  FROM held h LEFT JOIN covered c ON c.activity_id = h.activity_id
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_without THEN 1 ELSE 0 END) AS n_without,
         avg(CASE WHEN is_without THEN 1.0 ELSE 0.0 END) AS share, sum(CASE WHEN is_without THEN support_sek END) AS sek
  FROM judged GROUP BY association_id HAVING count(*) >= $min_activities
),
middle AS (SELECT median(share) AS median_share FROM summed),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM judged WHERE is_without GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to, CAST(least(1.0, 0.2 + s.share) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, CAST(s.n_without AS BIGINT) AS n_without,
       round(100.0 * s.share, 1) AS share_percent, round(100.0 * m.median_share, 1) AS median_percent, e.evidence
FROM summed s CROSS JOIN middle m JOIN references_of e ON e.association_id = s.association_id
WHERE s.share >= $min_share AND s.share >= $times_median * m.median_share
