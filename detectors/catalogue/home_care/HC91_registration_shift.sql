/*
code: HC91
title: {sv: Registreringen har ändrats, en: Registration has changed}
method: peer
kind: unusual
concept: registration
subject: provider
gate: P1
reads: [home_care_visits, home_care_covered_months, home_care_outage_days]
optional_columns: [home_care_visits.edited_afterwards]
population: home_care_visits.provider_id
peers:
  compare: own_history
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: En utförare som i flera månader registrerar en större del av besöken för hand än den själv brukade har ändrat något. Det kan vara tekniken, och det kan vara besöken.
  en: A provider that for several months registers more of its visits by hand than it used to has changed something. It may be the technology, and it may be the visits.
innocent:
  sv: Nytt system, nya lås eller ny personal; dagar då registreringen låg nere för alla räknas inte, och det som alla gör i en månad dras av.
  en: A new system, new locks or new staff; days when registration failed for all are not counted, and what all do in a month is taken off.
blind_spots:
  sv: Utförare som alltid har registrerat mycket för hand; kortare historik än åtta månader; färre än trettio utförare.
  en: Providers who always registered much by hand; a history shorter than eight months; fewer than thirty providers.
next_step:
  sv: Fråga vad som ändrades den månaden och jämför några manuella besök med planering och med vad brukaren minns.
  en: Ask what was changed in that month and compare some manual visits with the planning and with what the client remembers.
sentence:
  sv: "{own_value} procent av besöken är manuella eller ändrade sedan {shifted_on}, mot {own_before} procent i utförarens {n_before:månad|månader} före; hos {peer_n} utförare ändrades andelen under samma tid med {peer_median} procentenheter (gräns {peer_fence})"
  en: "{own_value} percent of the visits are manual or edited since {shifted_on}, against {own_before} percent in the provider's {n_before:month|months} before; at {peer_n} providers the share moved by {peer_median} points in that time (fence {peer_fence})"
basis: [{title: handbook HC-11}, {title: handbook section 5}]
unit: percent
parameters:
  min_volume: {value: 100, unit: visits a month, because: shares of few visits are chance}
  min_change: {value: 0.05, unit: share of visits, because: a rise by less than five points is within what a few new clients do}
severity: 2
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT v.provider_id, v.visit_id, v.row_ref, CAST(date_trunc('month', v.started_at) AS DATE) AS month,
         v.registration = 'manual' OR coalesce(v.edited_afterwards, false) AS is_soft
  FROM home_care_visits v
  JOIN home_care_covered_months k ON k.month = CAST(date_trunc('month', v.started_at) AS DATE)
  LEFT JOIN home_care_outage_days o ON o.day = CAST(v.started_at AS DATE)
  WHERE v.ended_at > v.started_at AND CAST(v.started_at AS DATE) <= $as_of AND v.started_at >= $since - INTERVAL 12 MONTH
    AND o.day IS NULL
),
shown AS (
  SELECT provider_id, month, row_ref, row_number() OVER (PARTITION BY provider_id, month ORDER BY visit_id) AS place
  FROM visits WHERE is_soft
),
references_of AS (
  SELECT provider_id, month, array_agg(row_ref) AS evidence FROM shown WHERE place <= 40 GROUP BY provider_id, month
),
summed AS (
  SELECT provider_id, month, count(*) AS n, sum(CASE WHEN is_soft THEN 1 ELSE 0 END) AS n_soft
  FROM visits GROUP BY provider_id, month
)
SELECT s.provider_id AS subject_id, s.month AS period_from,
       CAST(s.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(s.n_soft / s.n AS DOUBLE) AS value, s.n AS volume, CAST(s.n_soft AS BIGINT) AS n_evidence, e.evidence
FROM summed s
LEFT JOIN references_of e ON e.provider_id = s.provider_id AND e.month = s.month
