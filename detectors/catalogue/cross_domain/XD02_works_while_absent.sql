/*
code: XD02
title: {sv: Arbetar trots registrerad frånvaro, en: Works while registered absent}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P2
reads: [absences, work_intervals, home_care_rates, assistance_rates]
optional_reads: [home_care_rates, assistance_rates]
population: [home_care_visits.provider_id, assistance_shifts.provider_id, association_activities.association_id]
why:
  sv: Den som är inlagd, frihetsberövad, utomlands eller avliden kan inte utföra ett besök, ett pass eller leda en aktivitet. Någon annan har arbetat eller ingen alls.
  en: Somebody in hospital, in custody, abroad or deceased cannot make a visit, work a shift or lead an activity. Somebody else worked, or nobody.
innocent:
  sv: Första och sista dagen av frånvaron (räknas inte); frånvaron registrerad på fel person eller med fel datum; delad inloggning eller vikarie som registrerats på ordinarie.
  en: The first and last day of the spell (not counted); a spell entered for the wrong person or with the wrong date; a shared login, or a substitute registered as the regular.
blind_spots:
  sv: Frånvaro som kommunen inte får uppgift om, som sjukskrivning och semester.
  en: Absence the municipality does not hear of, such as sick leave and holidays.
next_step:
  sv: Fråga arbetsgivaren vem som arbetade och jämför med schema, lönelista och inloggningar.
  en: Ask the employer who worked and compare with the rota, the payroll and the logins.
sentence:
  sv: "{n} besök, pass eller aktiviteter, {hours:timme|timmar}, är registrerade på {n_persons:person|personer} som enligt registret var på annat håll"
  en: "{n:visit|visits}, shifts or activities, {hours:hour|hours}, are registered for {n_persons:person|persons} registered as absent at the time"
basis: [{title: handbook X-2}, {title: handbook PA-8}]
amount: {kind: estimate, how: {sv: registrerad tid gånger utförarens snittpris; ledda aktiviteter har inget pris, en: registered time times the provider's mean price; led activities have no price}}
parameters:
  grace_days_death: {value: 3, unit: days, because: the date of death in the register may be that of finding or of notice}
severity: 5
status: active
since: 2026-11-23
*/
WITH spells AS (
  SELECT person_token, kind, absent_from, absent_to, row_ref
  FROM absences
  WHERE kind IN ('hospital', 'custody', 'abroad', 'deceased') AND (absent_to IS NULL OR absent_to >= $since)
),
worked AS (
  -- only people with a spell go on: the event tables are read once and stay small
  SELECT w.person_token, w.domain, w.organisation_id, w.started_at, w.ended_at, w.row_ref
  FROM work_intervals w
  WHERE w.started_at >= $since AND w.started_at < $as_of + INTERVAL 1 DAY AND w.kind <> 'home_standby'
    AND w.person_token IN (SELECT s.person_token FROM spells s)
),
hits AS (
  -- two spells over one shift must not double it: one row a shift
  SELECT w.organisation_id, w.domain, w.person_token, w.started_at, w.row_ref,
         max(epoch(w.ended_at) - epoch(w.started_at)) / 60.0 AS minutes, min(s.row_ref) AS spell_ref
  FROM worked w JOIN spells s ON s.person_token = w.person_token
   AND CAST(w.started_at AS DATE) > CAST(s.absent_from AS DATE)
                                    + CASE WHEN s.kind = 'deceased' THEN $grace_days_death ELSE 0 END * INTERVAL 1 DAY
   AND (s.absent_to IS NULL OR s.kind = 'deceased' OR CAST(w.ended_at AS DATE) < CAST(s.absent_to AS DATE))
  GROUP BY w.organisation_id, w.domain, w.person_token, w.started_at, w.row_ref
),
priced AS (
  SELECT h.organisation_id, CASE WHEN h.domain = 'associations' THEN 'association' ELSE 'provider' END AS subject_type,
         h.person_token, h.started_at, h.row_ref, h.spell_ref, h.minutes,
         h.minutes * CASE WHEN h.domain = 'home_care' THEN r.sek_per_minute
                          WHEN h.domain = 'assistance' THEN a.sek_per_hour / 60.0 END AS sek
  FROM hits h
  LEFT JOIN home_care_rates r ON r.provider_id = h.organisation_id
  LEFT JOIN assistance_rates a ON a.provider_id = h.organisation_id
),
evidence_rows AS (
  SELECT subject_type, organisation_id, row_ref FROM priced
  UNION
  SELECT subject_type, organisation_id, spell_ref FROM priced
),
references_of AS (
  SELECT subject_type, organisation_id, array_agg(row_ref) AS evidence FROM evidence_rows
  GROUP BY subject_type, organisation_id
),
summed AS (
  SELECT subject_type, organisation_id, CAST(min(started_at) AS DATE) AS period_from,
         CAST(max(started_at) AS DATE) AS period_to, count(*) AS n, count(DISTINCT person_token) AS n_persons,
         sum(minutes) AS minutes, sum(sek) AS sek
  FROM priced GROUP BY subject_type, organisation_id
)
SELECT s.organisation_id AS subject_id, s.subject_type, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 40.0) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_persons, round(s.minutes / 60.0, 1) AS hours, e.evidence
FROM summed s JOIN references_of e ON e.subject_type = s.subject_type AND e.organisation_id = s.organisation_id
