/*
code: HC14
title: {sv: Många besök på jämna kvartar, en: Many visits of whole quarters}
method: peer
kind: unusual
concept: registration
subject: provider
gate: P1
reads: [home_care_visits]
population: home_care_visits.provider_id
peers:
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Besök som registreras med tagg eller app blir jämna kvartar ungefär en gång av femton. En mycket större andel tyder på att tiden har ställts in i efterhand.
  en: Visits registered by tag or app come out as whole quarters of an hour about once in fifteen. A much larger share suggests that the time was set afterwards.
innocent:
  sv: System som avrundar enligt avtal; manuella registreringar räknas inte.
  en: Systems that round by contract; manual registrations are not counted.
blind_spots:
  sv: Avrundning till andra tal än kvartar.
  en: Rounding to other figures than quarters.
next_step:
  sv: Fråga om systemet avrundar. Jämför annars med rålogg från läsaren.
  en: Ask whether the system rounds. If not, compare with the reader's raw log.
sentence:
  sv: "{own_value} procent av {n} besök med tagg eller app varar jämna kvartar (median bland {peer_n} utförare {peer_median} procent, gräns {peer_fence} procent)"
  en: "{own_value} percent of {n:visit|visits} by tag or app last whole quarters of an hour (median of {peer_n:provider|providers} {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook HC-14}, {title: handbook reference HT-05}]
unit: percent
parameters:
  round_minutes: {value: 15, unit: minutes, because: a quarter of an hour is the usual unit of planning}
  min_volume: {value: 100, unit: visits by tag or app, because: shares of few visits are chance}
  min_value: {value: 0.15, unit: share of visits, because: "twice the one in fifteen that chance gives"}
severity: 2
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT provider_id, started_at, row_ref,
         mod(CAST(round(epoch(ended_at) - epoch(started_at), 0) AS BIGINT), $round_minutes * 60) = 0 AS is_round
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at AND registration IN ('tag', 'app')
),
shown AS (
  SELECT provider_id, row_ref
  FROM visits WHERE is_round
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_round THEN 1 ELSE 0 END) AS n_round
  FROM visits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to, CAST(s.n_round / s.n AS DOUBLE) AS value,
       s.n AS volume, s.n, CAST(s.n_round AS BIGINT) AS n_evidence, e.evidence
FROM summed s LEFT JOIN references_of e ON e.provider_id = s.provider_id
