/*
code: HC20
title: {sv: Utförd tid lika med planerad, en: Performed time equals the plan}
method: peer
kind: unusual
concept: pattern
subject: provider
gate: P1
reads: [home_care_visits, providers]
optional_reads: [providers]
optional_columns: [home_care_visits.planned_start, home_care_visits.planned_end, providers.reimbursement_model]
population: home_care_visits.provider_id
peers:
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Verkliga besök avviker från planen med några minuter. Stämmer de på minuten kan planen ha skrivits in som utförd tid.
  en: Real visits differ from the plan by some minutes. Where they agree to the minute the plan may have been written in as performed time.
innocent:
  sv: Avtal där planerad eller beviljad tid är grund för ersättningen (räknas inte); system som fyller i planen när utcheckning glöms.
  en: Contracts that pay by planned or granted time (not counted); systems that fill in the plan when check-out is forgotten.
blind_spots:
  sv: Planer som ändras i efterhand så att de stämmer med utfallet. Där uttaget saknar planerat klockslag jämförs bara längden.
  en: Plans changed afterwards to agree with the outcome. Where the export lacks planned times of day only the duration is compared.
next_step:
  sv: Fråga hur tiden kommer in i systemet och jämför med rålogg från tagg eller app för några dagar.
  en: Ask how the time gets into the system and compare with the raw log of tag or app for some days.
sentence:
  sv: "{own_value} procent av {n} elektroniskt registrerade besök är exakt som planerat (median bland {peer_n} utförare {peer_median} procent, gräns {peer_fence} procent)"
  en: "{own_value} percent of {n} electronically registered visits are exactly as planned (median of {peer_n:provider|providers} {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook reference HT-04}]
unit: percent
parameters:
  min_volume: {value: 200, unit: visits, because: shares of few visits are chance}
  min_value: {value: 0.40, unit: share of visits, because: short visits often last as planned by chance}
severity: 2
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT v.provider_id, v.started_at, v.row_ref,
         CASE WHEN v.planned_start IS NOT NULL AND v.planned_end IS NOT NULL
              THEN v.started_at = v.planned_start AND v.ended_at = v.planned_end
              ELSE epoch(v.ended_at) - epoch(v.started_at) = v.planned_minutes * 60 END AS is_planned
  FROM home_care_visits v LEFT JOIN providers p ON p.provider_id = v.provider_id
  WHERE v.started_at >= $since AND v.ended_at > v.started_at AND v.registration IN ('tag', 'app', 'phone')
    AND (v.planned_minutes IS NOT NULL OR v.planned_start IS NOT NULL)
    AND coalesce(p.reimbursement_model, 'performed') = 'performed'
),
shown AS (
  SELECT provider_id, row_ref
  FROM visits WHERE is_planned
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_planned THEN 1 ELSE 0 END) AS n_planned
  FROM visits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to, CAST(s.n_planned / s.n AS DOUBLE) AS value,
       s.n AS volume, s.n, CAST(s.n_planned AS BIGINT) AS n_evidence, e.evidence
FROM summed s LEFT JOIN references_of e ON e.provider_id = s.provider_id
