/*
code: XD23
title: {sv: Handläggare med koppling till utförare, en: Assessor linked with a provider}
method: rule
kind: breach
concept: network
subject: provider
gate: P2
reads: [home_care_decisions, organisation_officers]
population: home_care_decisions.provider_id
why:
  sv: Den som beslutar om insatser får inte ha egna intressen i den utförare som ger dem.
  en: Whoever decides on help must have no interest of their own in the provider that gives it.
innocent:
  sv: Jäv som är anmält och hanterat; en roll som är avslutad; en vanlig släkting utan inflytande.
  en: A conflict of interest that was reported and handled; a role that has ended; a relative without influence.
blind_spots:
  sv: Utan uppgift om handläggare syns bara vilka företrädare en jämförelse skulle gälla.
  en: Without the assessor only the officers that a comparison would concern are seen.
next_step:
  sv: Låt internrevisionen jämföra företrädarna med handläggarna för besluten.
  en: Let internal audit compare the officers with the assessors of the decisions.
sentence:
  sv: "{n_officers} företrädare kan jämföras med handläggarna bakom {n_decisions:beslut|beslut}"
  en: "{n_officers:officer|officers} can be compared with the assessors behind {n_decisions:decision|decisions}"
basis: [{title: handbook reference X-13}, {title: förvaltningslag (2017:900) 16-18 §§}]
parameters:
  min_decisions: {value: 15, unit: decisions in the look-back, because: the same least number as in handbook reference X-14}
severity: 2
status: draft
why_not:
  sv: Vem som fattat ett beslut hålls medvetet utanför alla uttag. Avvik granskar utförare och utbetalningar, inte kommunens handläggare. Frågan hör till internrevisionen, som har uppgifterna i verksamhetssystemet och kan göra samma jämförelse där.
  en: Who made a decision is kept out of all exports on purpose. Avvik looks at providers and payments, not at the municipality's assessors. The question belongs to internal audit, which has the data in the case system and can make the same comparison there.
since: 2026-11-23
*/
WITH decided AS (
  SELECT provider_id, count(*) AS n_decisions, min(coalesce(decided_on, valid_from)) AS first_on,
         max(coalesce(decided_on, valid_from)) AS last_on
  FROM home_care_decisions
  WHERE provider_id IS NOT NULL AND coalesce(decided_on, valid_from) >= $since AND coalesce(decided_on, valid_from) <= $as_of
  GROUP BY provider_id HAVING count(*) >= $min_decisions
),
officers AS (
  SELECT org_id AS provider_id, count(DISTINCT person_token) AS n_officers, array_agg(row_ref) AS evidence
  FROM organisation_officers
  WHERE org_type = 'provider' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
  GROUP BY org_id
)
SELECT d.provider_id AS subject_id, d.first_on AS period_from, d.last_on AS period_to, CAST(0.1 AS DOUBLE) AS strength,
       o.n_officers, d.n_decisions, o.evidence
FROM decided d JOIN officers o ON o.provider_id = d.provider_id
