/*
code: AG20
title: {sv: Närvaro av någon som var frånvarande, en: Attendance of somebody who was absent}
method: rule
kind: impossible
concept: absence
subject: association
gate: P2
reads: [association_attendance, association_support, absences]
population: association_activities.association_id
why:
  sv: Den som är avliden, inlagd, frihetsberövad eller utomlands kan inte ha deltagit. Närvaron är då inte förd på plats.
  en: Somebody deceased, in hospital, in custody or abroad cannot have taken part. Attendance was then not taken on the spot.
innocent:
  sv: Första och sista dagen av frånvaron (räknas inte); fel datum på kortet; fel person i frånvaroregistret. Barn på HVB kan träna i föreningen (räknas inte).
  en: The first and last day of the spell (not counted); a wrong date on the card; a wrong person in the register of absence. Children in residential care may practise with the club (not counted).
blind_spots:
  sv: Frånvaro som kommunen inte får uppgift om.
  en: Absence the municipality does not hear of.
next_step:
  sv: Fråga föreningen hur närvaron förs, utan att röja någon enskilds frånvaro.
  en: Ask the association how attendance is kept, without revealing anyone's absence.
sentence:
  sv: "{n:närvaro|närvaror} gäller personer som då var registrerade som frånvarande eller avlidna ({n_persons:person|personer})"
  en: "{n:attendance|attendances} are of persons who were then registered as absent or deceased ({n_persons:person|persons})"
basis: [{title: handbook reference FB-16}, {title: handbook X-2}]
amount: {kind: estimate, how: {sv: aktivitetsstöd per deltagare för varje sådan närvaro, en: activity support per participant for each such attendance}}
parameters:
  grace_days_death: {value: 3, unit: days, because: the date of death in the register may be that of notice}
  min_attendances: {value: 2, unit: attendances, because: a single one is most often a wrong date}
severity: 4
status: active
since: 2026-11-23
*/
WITH spells AS (
  SELECT person_token, kind, absent_from, absent_to, row_ref FROM absences
  WHERE kind IN ('hospital', 'custody', 'abroad', 'deceased') AND (absent_to IS NULL OR absent_to >= $since)
),
hits AS (
  -- one row an attendance, however many spells cover it
  SELECT s.association_id, t.member_token, s.started_at, s.participant_sek, t.row_ref, min(p.row_ref) AS spell_ref
  FROM association_attendance t
  JOIN association_support s ON s.activity_id = t.activity_id
  JOIN spells p ON p.person_token = t.member_token
   AND CAST(s.started_at AS DATE) > CAST(p.absent_from AS DATE)
                                    + CASE WHEN p.kind = 'deceased' THEN $grace_days_death ELSE 0 END * INTERVAL 1 DAY
   AND (p.absent_to IS NULL OR p.kind = 'deceased' OR CAST(s.started_at AS DATE) < CAST(p.absent_to AS DATE))
  WHERE s.started_at >= $since
  GROUP BY s.association_id, t.member_token, s.started_at, s.participant_sek, t.row_ref
),
evidence_rows AS (
  SELECT association_id, row_ref FROM hits
  UNION SELECT association_id, spell_ref FROM hits
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to, count(*) AS n,
         count(DISTINCT member_token) AS n_persons, sum(participant_sek) AS sek
  FROM hits GROUP BY association_id HAVING count(*) >= $min_attendances
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to, CAST(least(1.0, 0.4 + s.n / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_persons, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
