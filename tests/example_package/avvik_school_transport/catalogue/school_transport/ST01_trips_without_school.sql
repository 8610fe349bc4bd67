/*
code: ST01
title: {sv: Skolresor när skolan är stängd, en: School trips when school is closed}
method: rule
kind: breach
concept: timing
subject: provider
gate: P0
reads: [school_trips_closed]
population: school_trips.provider_id
why: {sv: "På lördagar, söndagar och helgdagar är skolan stängd.", en: School is closed on weekends and public holidays.}
innocent: {sv: En skoldag som flyttats till en lördag., en: A school day moved to a Saturday.}
blind_spots: {sv: Lov och studiedagar., en: Holidays of the school and days of planning.}
next_step: {sv: Jämför med skolans läsårstider., en: Compare with the school's calendar.}
sentence: {sv: "{n} resor på dagar då skolan är stängd", en: "{n} trips on days when school is closed"}
basis: [{title: the municipality's contract for school transport}]
amount: {kind: exact, how: {sv: resornas fakturerade belopp, en: the invoiced amount of the trips}}
parameters:
  min_trips: {value: 2, unit: trips, because: one trip may be a moved school day}
severity: 3
status: active
since: 2026-11-23
*/
SELECT provider_id AS subject_id, min(driven_on) AS period_from, max(driven_on) AS period_to,
       CAST(least(1.0, 0.3 + count(*) / 50.0) AS DOUBLE) AS strength, CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, array_agg(row_ref) AS evidence
FROM school_trips_closed
GROUP BY provider_id HAVING count(*) >= $min_trips
