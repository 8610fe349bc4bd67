/*
code: HV09
title: {sv: Alla företrädare utbytta efter tillståndet, en: All officers replaced after the permit}
method: rule
kind: unusual
concept: ownership
subject: provider
gate: P0
reads: [provider_roles, providers]
population: hvb_placements.provider_id
why:
  sv: Bolag med tillstånd säljs färdiga, och tillståndet följer med bolaget. När alla företrädare byts ut inom ett år är det andra än de som IVO prövade som driver hemmet.
  en: Companies with a permit are sold ready-made, and the permit goes with the company. Where all officers are replaced within a year, others than those the inspectorate examined run the home.
innocent:
  sv: Generationsskifte; köp av en känd vårdkoncern; ny styrelse efter en fusion. Ägarbytet kan vara anmält till IVO och prövat.
  en: A change of generation; a purchase by a known care group; a new board after a merger. The change may have been reported to the inspectorate and examined.
blind_spots:
  sv: Byten på ägarsidan som inte syns i rollerna; roller som saknar datum. Revisorer räknas inte.
  en: Changes of owner not visible in the roles; roles without dates. Auditors are not counted.
next_step:
  sv: Fråga IVO om ägarbytet är anmält, och be hemmet redovisa vilka som nu äger och leder verksamheten.
  en: Ask the inspectorate whether the change of owner was reported, and ask the home who now owns and leads it.
sentence:
  sv: "alla {n_before} företrädare vid tillståndet {permit_from} hade lämnat senast {last_left} och {n_after} nya hade trätt in"
  en: "all {n_before:officer|officers} at the permit of {permit_from} had left by {last_left} and {n_after} new ones had come"
basis: [{title: handbook HVB-9}, {title: handbook reference HB-13}, {title: 'socialtjänstförordning (2025:468) 15 kap. 7 §'}]
parameters:
  max_days: {value: 365, unit: days from the permit, because: "handbook HVB-9, twelve months"}
severity: 3
status: active
since: 2026-11-23
*/
WITH homes AS (
  SELECT provider_id, permit_from, row_ref
  FROM providers
  WHERE concat('|', services, '|') LIKE '%|hvb|%' AND org_form <> 'kommunal' AND permit_from IS NOT NULL
),
roles AS (
  SELECT h.provider_id, h.permit_from, h.row_ref AS provider_ref, r.person_token, r.role_from, r.role_to, r.row_ref,
         CASE WHEN r.role_from <= h.permit_from AND (r.role_to IS NULL OR r.role_to >= h.permit_from) THEN 1 ELSE 0 END AS is_before
  FROM homes h JOIN provider_roles r ON r.provider_id = h.provider_id
  WHERE r.role <> 'auditor'
),
people AS (
  -- one row a person: a new role of the same person is no replacement
  SELECT provider_id, permit_from, person_token, max(is_before) AS is_before, min(role_from) AS first_from,
         max(coalesce(role_to, DATE '2999-12-31')) AS last_to
  FROM roles GROUP BY provider_id, permit_from, person_token
),
counted AS (
  SELECT provider_id, permit_from, sum(is_before) AS n_before,
         max(CASE WHEN is_before = 1 THEN last_to END) AS last_left,
         sum(CASE WHEN is_before = 0 AND first_from > permit_from
                       AND first_from <= permit_from + INTERVAL 1 DAY * ($max_days + 31) THEN 1 ELSE 0 END) AS n_after
  FROM people GROUP BY provider_id, permit_from
),
fired AS (
  SELECT provider_id, permit_from, n_before, last_left, n_after
  FROM counted
  WHERE n_before > 0 AND n_after > 0 AND last_left <= permit_from + INTERVAL 1 DAY * $max_days AND last_left <= $as_of
),
references_of AS (
  SELECT u.provider_id, array_agg(u.row_ref) AS evidence
  FROM (SELECT r.provider_id, r.row_ref FROM roles r JOIN fired f ON f.provider_id = r.provider_id
        UNION
        SELECT r.provider_id, r.provider_ref FROM roles r JOIN fired f ON f.provider_id = r.provider_id) u
  GROUP BY u.provider_id
)
SELECT f.provider_id AS subject_id, f.permit_from AS period_from, f.last_left AS period_to,
       CAST(least(1.0, 0.4 + f.n_before / 10.0 + 0.2 * (1 - date_diff('day', f.permit_from, f.last_left) / 365.0)) AS DOUBLE)
         AS strength,
       CAST(f.n_before AS BIGINT) AS n_before, CAST(f.n_after AS BIGINT) AS n_after, f.permit_from, f.last_left, e.evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
