/*
code: XD24
title: {sv: En handläggares beslut till en utförare, en: One assessor's decisions to one provider}
method: rule
kind: unusual
concept: decision
subject: provider
gate: P1
reads: [home_care_decisions]
optional_columns: [home_care_decisions.decided_on]
population: home_care_decisions.provider_id
why:
  sv: När en handläggares beslut nästan alltid leder till samma utförare kan brukarens val ha styrts.
  en: Where one assessor's decisions nearly always lead to the same provider the client's choice may have been steered.
innocent:
  sv: Handläggaren har ett område där det bara finns en utförare; en utförare tog över en annans brukare.
  en: The assessor has an area with one provider only; one provider took over another's clients.
blind_spots:
  sv: Utan uppgift om handläggare syns bara att många beslut till en utförare fattades samma dag.
  en: Without the assessor it is only seen that many decisions for a provider were made on one day.
next_step:
  sv: Låt internrevisionen jämföra handläggarnas beslut med valfriheten i området.
  en: Let internal audit compare the assessors' decisions with the choice there is in the area.
sentence:
  sv: "{n_days:dag|dagar} fattades minst {min_decisions} beslut till utföraren, som mest {most} på en dag"
  en: "on {n_days:day|days} {min_decisions} decisions or more went to the provider, {most} at most on one day"
basis: [{title: handbook reference X-14}]
parameters:
  min_decisions: {value: 15, unit: decisions on one day, because: the least number of handbook reference X-14}
severity: 1
status: draft
why_not:
  sv: Vem som fattat ett beslut hålls medvetet utanför alla uttag. Avvik granskar utförare och utbetalningar, inte kommunens handläggare. Frågan hör till internrevisionen, som har uppgifterna i verksamhetssystemet och kan göra samma jämförelse där.
  en: Who made a decision is kept out of all exports on purpose. Avvik looks at providers and payments, not at the municipality's assessors. The question belongs to internal audit, which has the data in the case system and can make the same comparison there.
since: 2026-11-23
*/
WITH days AS (
  SELECT provider_id, coalesce(decided_on, valid_from) AS day, count(*) AS n, min(row_ref) AS row_ref
  FROM home_care_decisions
  WHERE provider_id IS NOT NULL AND coalesce(decided_on, valid_from) >= $since AND coalesce(decided_on, valid_from) <= $as_of
  GROUP BY provider_id, coalesce(decided_on, valid_from) HAVING count(*) >= $min_decisions
)
SELECT provider_id AS subject_id, min(day) AS period_from, max(day) AS period_to, CAST(0.1 AS DOUBLE) AS strength,
       count(*) AS n_days, max(n) AS most, CAST($min_decisions AS BIGINT) AS min_decisions, array_agg(row_ref) AS evidence
FROM days GROUP BY provider_id
