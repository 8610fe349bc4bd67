/*
code: EX09
title: {sv: Ändringarna sänkte tiden, en: The edits lowered the time}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [home_care_visits]
optional_columns: [home_care_visits.edited_at]
population: home_care_visits.provider_id
why:
  sv: Den som ändrar för att få mer betalt höjer tiden. Är nästan alla ändrade besök kortare än planerat har ändringarna snarare varit rättelser nedåt.
  en: Those who edit for more pay raise the time. Where nearly all edited visits are shorter than planned the edits were rather corrections downwards.
innocent:
  sv: Räknas inte när ändrade besök lika gärna är längre som kortare än planerat, eller ändrats senare än trettio dagar.
  en: Not counted where edited visits are as often longer as shorter than planned, or were edited later than thirty days.
blind_spots:
  sv: Uttaget visar bara tiden efter ändringen, så riktningen bedöms mot planen. Ett kort besök kan ha varit ännu kortare.
  en: The export shows the time after the edit only, so the direction is judged by the plan. A short visit may have been shorter still.
next_step:
  sv: Begär ändringsloggen för ett stickprov och jämför tiden före och efter.
  en: Ask for the change log of a sample and compare the time before and after.
sentence:
  sv: "{n_down} av {n} ändrade besök är kortare än planerat, sammanlagt {minutes:minut|minuter}"
  en: "{n_down} of {n} edited visits are shorter than planned, by {minutes:minute|minutes} in all"
basis: [{title: handbook section 2 Exculpating}]
parameters:
  max_days: {value: 30, unit: days from visit to edit, because: a later edit may follow a question}
  min_visits: {value: 20, unit: edited visits, because: few edits show no habit}
  min_share: {value: 0.8, unit: share of edited visits, because: visits are somewhat shorter than planned by themselves}
severity: 2
status: active
since: 2026-11-23
*/
WITH edited AS (
  SELECT provider_id, started_at, row_ref, planned_minutes - (epoch(ended_at) - epoch(started_at)) / 60.0 AS below_plan
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at AND edited_afterwards AND planned_minutes IS NOT NULL
    AND (edited_at IS NULL OR date_diff('day', CAST(started_at AS DATE), CAST(edited_at AS DATE)) <= $max_days)
),
placed AS (
  SELECT provider_id, started_at, row_ref, below_plan
  FROM edited
)
SELECT provider_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(0.5 * avg(CASE WHEN below_plan > 0 THEN 1.0 ELSE 0.0 END) AS DOUBLE) AS strength,
       count(*) AS n, CAST(sum(CASE WHEN below_plan > 0 THEN 1 ELSE 0 END) AS BIGINT) AS n_down,
       CAST(round(sum(greatest(below_plan, 0)), 0) AS BIGINT) AS minutes,
       count(*) AS n_evidence, array_agg(row_ref) AS evidence
FROM placed
GROUP BY provider_id
HAVING count(*) >= $min_visits AND avg(CASE WHEN below_plan > 0 THEN 1.0 ELSE 0.0 END) >= $min_share
