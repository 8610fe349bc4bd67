/*
code: EX02
title: {sv: Utföraren anmälde själv frånvaron, en: The provider reported the absence itself}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [home_care_visits, absences]
population: home_care_visits.provider_id
why:
  sv: Den som själv anmäler att brukaren är borta döljer inte frånvaron. Besök under den tiden är då troligare felregistrerade än påhittade.
  en: Those who report that the client is away do not hide it. Visits in that time are then more likely misregistered than invented.
innocent:
  sv: Frånvaro som någon annan anmälde, eller som anmäldes mer än trettio dagar i efterhand, räknas inte.
  en: Absences that somebody else reported, or that were reported more than thirty days late, are not counted.
blind_spots:
  sv: Muntliga anmälningar; uttag som inte säger vem som anmälde.
  en: Reports by word of mouth; exports that do not tell who reported.
next_step:
  sv: Fråga utföraren varför besöken registrerades fast frånvaron var känd.
  en: Ask the provider why the visits were registered though the absence was known.
sentence:
  sv: "{n} av {n_all} besök under brukares frånvaro gäller frånvaro som utföraren själv anmälde"
  en: "{n} of {n_all:visit|visits} during clients' absence fall in absences the provider reported itself"
basis: [{title: handbook section 2 Exculpating}]
parameters:
  max_days: {value: 30, unit: days from absence to report, because: a later report may follow a question}
  death_grace_days: {value: 3, unit: days, because: the same grace as the rule on visits during absence}
  open_spell_days: {value: 30, unit: days, because: the same limit as the rule on visits during absence}
severity: 2
status: active
since: 2026-11-23
*/
WITH spells AS (
  SELECT person_token, absent_from, reported_on, reported_by_provider_id, row_ref,
         CAST(CASE WHEN kind = 'deceased' THEN CAST(absent_from AS DATE) + INTERVAL 1 DAY * $death_grace_days
                   ELSE CAST(absent_from AS DATE) END AS DATE) AS day_before,
         CASE WHEN kind = 'deceased' THEN CAST(NULL AS DATE)
              ELSE CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * ($open_spell_days + 1)) AS DATE)
              END AS day_after
  FROM absences
),
hits AS (
  SELECT v.row_ref, v.provider_id, v.started_at,
         max(CASE WHEN s.reported_by_provider_id = v.provider_id
                   AND date_diff('day', CAST(s.absent_from AS DATE), s.reported_on) <= $max_days
                  THEN s.row_ref END) AS own_report
  FROM home_care_visits v
  JOIN spells s ON s.person_token = v.client_token
   AND CAST(v.started_at AS DATE) > s.day_before
   AND (s.day_after IS NULL OR CAST(v.ended_at AS DATE) < s.day_after)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
  GROUP BY v.row_ref, v.provider_id, v.started_at
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n_all, count(own_report) AS n, array_agg(own_report) AS evidence
  FROM hits GROUP BY provider_id
)
SELECT provider_id AS subject_id, period_from, period_to, CAST(n / n_all AS DOUBLE) AS strength, n, n_all, evidence
FROM summed
WHERE n > 0
