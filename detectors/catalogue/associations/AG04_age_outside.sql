/*
code: AG04
title: {sv: Deltagare utanför åldersgränserna, en: Participants outside the age limits}
method: rule
kind: breach
concept: attendance
subject: association
gate: P1
reads: [association_attendance, association_support, association_members, persons, law_values]
optional_reads: [persons, association_members]
optional_columns: [persons.birth_year, association_members.birth_year]
law: [lok_age_from, lok_age_to]
age_limit: aktivitetsstöd betalas för deltagare i vissa åldrar (RF:s anvisningar för LOK-stöd; kommunens egna regler)
population: association_activities.association_id
why:
  sv: Aktivitetsstöd betalas för deltagare i bestämda åldrar. Andra får vara med men ska inte räknas.
  en: Activity support is paid for participants of certain ages. Others may take part but are not to be counted.
innocent:
  sv: Ledare som antecknats som deltagare (räknas inte); deltagare med funktionsnedsättning, för vilka åldersgränsen inte gäller; prova på-verksamhet.
  en: Leaders noted as participants (not counted); participants with a disability, to whom the limit does not apply; trial sessions.
blind_spots:
  sv: Deltagare vars födelseår saknas i medlemslistor och personregister.
  en: Participants whose year of birth is missing from member lists and the register of persons.
next_step:
  sv: Begär deltagarlistorna med födelseår och uppgift om vilka som är undantagna från åldersgränsen.
  en: Ask for the lists of participants with year of birth and for those exempt from the limit.
sentence:
  sv: "{n_outside} av {n} räknade närvaror ({share_percent} procent) gäller deltagare utanför åldersgränserna ({n_members:person|personer})"
  en: "{n_outside} of {n} counted attendances ({share_percent} percent) are of participants outside the age limits ({n_members:person|persons})"
basis: [{title: handbook AG-4}, {title: handbook reference FB-02}, {title: RF:s anvisningar för LOK-stöd}]
amount: {kind: estimate, how: {sv: aktivitetsstöd per deltagare för varje sådan närvaro, en: activity support per participant for each such attendance}}
parameters:
  min_attendances: {value: 50, unit: attendances, because: shares of few attendances are chance}
  min_share: {value: 0.1, unit: share of attendances, because: trial sessions and exemptions explain up to a tenth}
severity: 3
status: active
since: 2026-11-23
*/
WITH leaders AS (
  SELECT DISTINCT association_id, leader_token FROM association_support WHERE leader_token IS NOT NULL
),
born AS (
  -- one year of birth a person: the register first, else the member lists
  SELECT person_token, max(from_register) AS from_register, max(from_lists) AS from_lists FROM (
    SELECT person_token, birth_year AS from_register, CAST(NULL AS INTEGER) AS from_lists
    FROM persons WHERE birth_year IS NOT NULL
    UNION ALL
    SELECT member_token, CAST(NULL AS INTEGER), birth_year FROM association_members WHERE birth_year IS NOT NULL) b
  GROUP BY person_token
),
present AS (
  SELECT s.association_id, t.member_token, s.started_at, s.participant_sek, t.row_ref,
         year(s.started_at) - coalesce(b.from_register, b.from_lists) AS age
  FROM association_attendance t
  JOIN association_support s ON s.activity_id = t.activity_id
  JOIN born b ON b.person_token = t.member_token
  LEFT JOIN leaders l ON l.association_id = s.association_id AND l.leader_token = t.member_token
  WHERE s.started_at >= $since AND l.leader_token IS NULL
),
judged AS (
  SELECT p.association_id, p.member_token, p.started_at, p.participant_sek, p.row_ref,
         p.age < lo.value OR p.age > hi.value AS is_outside
  FROM present p
  JOIN law_values lo ON lo.name = 'lok_age_from' AND lo.valid_from <= CAST(p.started_at AS DATE)
                    AND (lo.valid_to IS NULL OR lo.valid_to >= CAST(p.started_at AS DATE))
  JOIN law_values hi ON hi.name = 'lok_age_to' AND hi.valid_from <= CAST(p.started_at AS DATE)
                    AND (hi.valid_to IS NULL OR hi.valid_to >= CAST(p.started_at AS DATE))
),
shown AS (
  SELECT association_id, row_ref
  FROM judged WHERE is_outside
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM shown GROUP BY association_id
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_outside THEN 1 ELSE 0 END) AS n_outside,
         count(DISTINCT CASE WHEN is_outside THEN member_token END) AS n_members,
         sum(CASE WHEN is_outside THEN participant_sek END) AS sek
  FROM judged GROUP BY association_id HAVING count(*) >= $min_attendances
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n_outside / s.n) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n,
       CAST(s.n_outside AS BIGINT) AS n_outside, s.n_members, round(100.0 * s.n_outside / s.n, 1) AS share_percent,
       CAST(s.n_outside AS BIGINT) AS n_evidence, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
WHERE s.n_outside / s.n >= $min_share
