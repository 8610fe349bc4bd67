/*
name: school_trips_closed
meaning: >
  Trips on days when school is closed (weekends and public holidays): one row a trip, with its provider, day and amount.
reads: [school_trips, calendar]
required: [school_trips]
materialise: true
*/
SELECT t.trip_id, t.provider_id, t.driven_on, t.amount_sek, t.row_ref
FROM school_trips t JOIN calendar c ON c.day = t.driven_on  -- one row a day: trips do not multiply
WHERE t.driven_on >= $since AND (c.weekday >= 6 OR c.is_holiday)
