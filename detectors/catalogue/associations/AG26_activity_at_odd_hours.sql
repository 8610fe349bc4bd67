/*
code: AG26
title: {sv: Aktiviteter på natten eller helgdagar, en: Activities at night or on holidays}
method: rule
kind: unusual
concept: booking
subject: association
gate: P0
reads: [association_activities, venue_bookings, calendar]
optional_reads: [venue_bookings]
population: association_activities.association_id
why:
  sv: Aktiviteter för barn och unga hålls sällan på natten eller på röda dagar. Utan egen bokning av lokal finns då inget annat som visar att de ägde rum.
  en: Activities for the young are seldom held at night or on public holidays. Without an own booking of a venue nothing else shows that they took place.
innocent:
  sv: Egen klubbstuga; utomhus, orientering och läger (på helgdag räknas bara aktiviteter i kommunens lokaler); fel klockslag i systemet; en turnering som någon annan bokade.
  en: An own clubhouse; outdoors, orienteering and camps (on a holiday only activities in the municipality's venues are counted); a wrong hour in the system; a tournament that somebody else booked.
blind_spots:
  sv: Aktiviteter på vanliga tider som inte heller hölls.
  en: Activities at usual hours that were not held either.
next_step:
  sv: Fråga var aktiviteterna hölls och jämför med passersystem eller vaktmästarens schema.
  en: Ask where the activities were held and compare with the door system or the caretaker's rota.
sentence:
  sv: "{n} av {n_all:aktivitet|aktiviteter} hölls på natten eller på en helgdag utan att föreningen hade bokat lokal ([{n_night} på natten / {n_holiday} på helgdag])"
  en: "{n} of {n_all:activity|activities} were held at night or on a public holiday without a venue booked by the association ([{n_night} at night / {n_holiday} on a holiday])"
basis: [{title: handbook reference FB-05}]
parameters:
  open_hour: {value: 6, unit: hour of the day, because: handbook reference FB-05}
  close_hour: {value: 22, unit: last hour in which an activity begins, because: handbook reference FB-05}
  tolerance_minutes: {value: 60, unit: minutes, because: handbook reference FB-05}
  min_activities: {value: 5, unit: activities, because: a few are a camp or a wrong hour}
severity: 2
status: active
since: 2026-11-23
*/
WITH odd AS (
  SELECT a.association_id, a.activity_id, a.started_at, a.ended_at, a.row_ref,
         hour(a.started_at) < $open_hour OR hour(a.started_at) > $close_hour AS is_night,
         coalesce(c.is_holiday, false) AND a.venue_token IS NOT NULL AS is_holiday
  FROM association_activities a LEFT JOIN calendar c ON c.day = CAST(a.started_at AS DATE)
  WHERE a.started_at >= $since AND a.ended_at > a.started_at
    AND (hour(a.started_at) < $open_hour OR hour(a.started_at) > $close_hour 
         OR (coalesce(c.is_holiday, false) AND a.venue_token IS NOT NULL))
),
unbooked AS (
  SELECT o.association_id, o.started_at, o.row_ref, o.is_night, o.is_holiday
  FROM odd o
  WHERE NOT EXISTS (
    SELECT 1 FROM venue_bookings b
    WHERE b.association_id = o.association_id AND NOT coalesce(b.cancelled, false)
      AND epoch(b.booked_from) <= epoch(o.started_at) + $tolerance_minutes * 60
      AND epoch(b.booked_to) >= epoch(o.ended_at) - $tolerance_minutes * 60)
),
totals AS (
  SELECT association_id, count(*) AS n_all FROM association_activities WHERE started_at >= $since GROUP BY association_id
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_night THEN 1 ELSE 0 END) AS n_night,
         sum(CASE WHEN is_night THEN 0 ELSE 1 END) AS n_holiday, array_agg(row_ref) AS evidence
  FROM unbooked GROUP BY association_id HAVING count(*) >= $min_activities
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.2 + s.n / t.n_all) AS DOUBLE) AS strength, s.n, t.n_all, CAST(s.n_night AS BIGINT) AS n_night,
       CAST(s.n_holiday AS BIGINT) AS n_holiday, s.evidence
FROM summed s JOIN totals t ON t.association_id = s.association_id
