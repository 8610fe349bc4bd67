/*
code: PA23
title: {sv: Fler timmar beviljade efter riktåldern, en: Hours raised after the target age}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_decisions, persons, law_values]
optional_columns: [assistance_decisions.law]
law: [assistance_target_age]
age_limit: socialförsäkringsbalk (2010:110) 51 kap. 10 § and LSS (1993:387) 9 b §
population: assistance_decisions.provider_id
why:
  sv: Assistansen får i regel inte utökas efter att brukaren har nått riktåldern för pension. Ett högre beslut efter den åldern bör ha en förklaring.
  en: Assistance may as a rule not be increased after the client has reached the target age of pension. A higher decision after that age should be explained.
innocent:
  sv: Rättelse av ett tidigare beslut; kommunala timmar vid sidan av de statliga; ansökan som gjordes före åldersgränsen.
  en: A correction of an earlier decision; municipal hours beside the state's; an application made before the age limit.
blind_spots:
  sv: Bara födelseåret är känt, så året då brukaren fyller räknas inte; tillfälliga utökningar skiljs inte ut.
  en: Only the year of birth is known, so the year of the birthday is not counted; temporary increases are not told apart.
next_step:
  sv: Läs beslutet och dess skäl. Det är kommunens eget beslut som ska granskas, inte brukaren.
  en: Read the decision and its reasons. It is the municipality's own decision that is to be examined, not the client.
sentence:
  sv: "{n} beslut gav fler timmar än det föregående efter att brukaren passerat riktåldern, sammanlagt {hours:timme|timmar} mer i veckan ({n_clients} brukare)"
  en: "{n:decision|decisions} gave more hours than the one before after the client had passed the target age, {hours:hour|hours} more a week in all ({n_clients:client|clients})"
basis: [{title: handbook reference PA-15}, {title: socialförsäkringsbalk (2010:110) 51 kap. 10 §}]
parameters:
  min_raise_share: {value: 0.01, unit: share of the earlier hours (more than), because: rounding of hours a week}
severity: 2
status: active
since: 2026-11-23
*/
WITH born AS (
  -- with two years the later, which makes the person younger
  SELECT person_token, max(birth_year) AS birth_year FROM persons WHERE birth_year IS NOT NULL GROUP BY person_token
),
decisions AS (
  SELECT provider_id, client_token, valid_from, hours_per_week, row_ref,
         lag(hours_per_week) OVER (PARTITION BY client_token, law ORDER BY valid_from, decision_id) AS before_hours,
         lag(row_ref) OVER (PARTITION BY client_token, law ORDER BY valid_from, decision_id) AS before_ref
  FROM assistance_decisions
),
fired AS (
  SELECT d.provider_id, d.client_token, d.valid_from, d.hours_per_week - d.before_hours AS more, d.row_ref, d.before_ref
  FROM decisions d
  JOIN born b ON b.person_token = d.client_token
  JOIN law_values l ON l.name = 'assistance_target_age' AND l.valid_from <= d.valid_from
   AND (l.valid_to IS NULL OR l.valid_to >= d.valid_from)
  WHERE d.provider_id IS NOT NULL AND d.valid_from >= $since AND d.valid_from <= $as_of
    AND year(d.valid_from) - b.birth_year > l.value AND d.hours_per_week > d.before_hours * (1 + $min_raise_share)
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, before_ref FROM fired) r GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, min(f.valid_from) AS period_from, max(f.valid_from) AS period_to,
       CAST(least(0.8, 0.3 + count(*) / 10.0) AS DOUBLE) AS strength,
       count(*) AS n, round(sum(f.more), 1) AS hours, count(DISTINCT f.client_token) AS n_clients, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
GROUP BY f.provider_id
