/*
code: HC03
title: {sv: Besök under brukarens frånvaro, en: Visits while the client was away}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P1
reads: [home_care_visits, absences, home_care_rates]
optional_reads: [home_care_rates]
population: home_care_visits.provider_id
why:
  sv: Den som är på sjukhus, på korttidsboende, frihetsberövad, utomlands eller avliden kan inte ta emot hjälp i hemmet.
  en: Someone who is in hospital, in short-term care, in custody, abroad or dead cannot receive help at home.
innocent:
  sv: Frånvaron meddelades sent och besöket blev bom men registrerades som utfört; tvätt, inköp eller städning enligt avtal; permission från sjukhuset; felaktig eller aldrig avslutad frånvaro. In- och utskrivningsdagen räknas inte.
  en: The absence was notified late and a missed visit was recorded as done; laundry, shopping or cleaning by agreement; leave from the ward; an absence that is wrong or was never ended. Days of admission and discharge are not counted.
blind_spots:
  sv: Frånvaro som ingen har anmält; frånvaro utan slutdatum räknas bara de första trettio dagarna (dödsfall utan gräns).
  en: Absences nobody reported; an absence without an end counts for its first thirty days only (death without limit).
next_step:
  sv: Hämta vårdtillfällets tider och be utföraren visa rålogg och vem som gjorde besöken.
  en: Get the times of the hospital stay and ask the provider for the raw log and who made the visits.
sentence:
  sv: "{n} besök hos {n_clients} brukare registrerades medan brukaren var frånvarande, sammanlagt {minutes:minut|minuter}[ (varav {n_deceased} besök efter dödsfall)]"
  en: "{n:visit|visits} with {n_clients:client|clients} were registered while the client was away, {minutes:minute|minutes} in all[ ({n_deceased} of the visits after death)]"
basis: [{title: handbook HC-3}, {title: handbook reference HT-08 and HT-09}]
amount: {kind: estimate, how: {sv: besökens minuter gånger utförarens snittpris per minut, en: minutes of the visits times the provider's mean price a minute}}
parameters:
  death_grace_days: {value: 3, unit: days, because: the date of death reaches the provider late and the home may be put in order}
  open_spell_days: {value: 30, unit: days, because: the end of an absence is often never registered so an open row proves little after a month}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the absence is among the evidence"}
*/
WITH spells AS (
  -- the whole days between admission and discharge: both these days are left out
  SELECT person_token, kind, row_ref,
         CAST(CASE WHEN kind = 'deceased' THEN CAST(absent_from AS DATE) + INTERVAL 1 DAY * $death_grace_days
                   ELSE CAST(absent_from AS DATE) END AS DATE) AS day_before,
         CASE WHEN kind = 'deceased' THEN CAST(NULL AS DATE)
              ELSE CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * ($open_spell_days + 1)) AS DATE)
              END AS day_after
  FROM absences
),
touched AS (
  SELECT v.row_ref, v.provider_id, v.client_token, v.started_at, v.ended_at, s.kind, s.row_ref AS spell_ref
  FROM home_care_visits v
  JOIN spells s ON s.person_token = v.client_token
   AND CAST(v.started_at AS DATE) > s.day_before
   AND (s.day_after IS NULL OR CAST(v.ended_at AS DATE) < s.day_after)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
hits AS (
  -- one row a visit even where two absences of a person overlap
  SELECT row_ref, provider_id, client_token, started_at, (epoch(ended_at) - epoch(started_at)) / 60.0 AS minutes,
         max(CASE WHEN kind = 'deceased' THEN 1 ELSE 0 END) AS after_death
  FROM touched GROUP BY row_ref, provider_id, client_token, started_at, ended_at
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM touched UNION SELECT provider_id, spell_ref FROM touched
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients,
         CAST(round(sum(minutes), 0) AS BIGINT) AS minutes, sum(after_death) AS n_deceased
  FROM hits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 60.0 + s.n_clients / 40.0) AS DOUBLE) AS strength,
       CAST(s.minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, s.minutes, CAST(s.n_deceased AS BIGINT) AS n_deceased, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
