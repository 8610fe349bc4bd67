/*
code: HV16
title: {sv: Bemanning under den utlovade, en: Staffing below the promised}
method: rule
kind: breach
concept: working_time
subject: provider
gate: P1
reads: [hvb_nights]
population: hvb_placements.provider_id
why:
  sv: Priset bygger på en utlovad bemanning. Färre timmar än så per barn, eller natt utan personal, är en brist i vården och i det som betalats för.
  en: The price rests on promised staffing. Fewer hours a child than that, or a night without staff, is a fault in the care and in what was paid for.
innocent:
  sv: Personal som delas mellan enheter; jour på natten enligt avtal.
  en: Staff shared between units; a sleeping night by agreement.
blind_spots:
  sv: Utan personalens pass syns bara hur många barn som bor på hemmet, inte hur många som arbetar.
  en: Without staff shifts only the number of children is visible, not the number at work.
next_step:
  sv: Begär hemmets bemanningsschema för de nätter då flest barn bodde där.
  en: Ask for the home's rota of the nights with most children.
sentence:
  sv: "{n_nights:natt|nätter} hade hemmet minst {min_children} barn och behöver visa sin bemanning"
  en: "on {n_nights:night|nights} the home had {min_children:child|children} or more and needs to show its staffing"
basis: [{title: handbook reference HB-08}]
parameters:
  min_children: {value: 6, unit: children, because: nights with many children are where the staffing should be asked for}
severity: 2
status: draft
why_not:
  sv: Inget uttag innehåller HVB-personalens arbetspass. Regeln kan bara peka på nätter att begära schema för.
  en: No export holds the shifts of the staff of the homes. The rule can only point to nights whose rota should be asked for.
since: 2026-11-23
*/
WITH occupied AS (
  SELECT provider_id, night, count(DISTINCT client_token) AS n_children, min(row_ref) AS row_ref
  FROM hvb_nights WHERE night >= $since AND night < $as_of GROUP BY provider_id, night
  HAVING count(DISTINCT client_token) >= $min_children
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM (SELECT DISTINCT provider_id, row_ref FROM occupied) r
  GROUP BY provider_id
)
SELECT o.provider_id AS subject_id, min(o.night) AS period_from, max(o.night) AS period_to,
       CAST(0.1 AS DOUBLE) AS strength, count(*) AS n_nights, CAST($min_children AS BIGINT) AS min_children,
       max(e.evidence) AS evidence
FROM occupied o JOIN references_of e ON e.provider_id = o.provider_id
GROUP BY o.provider_id
