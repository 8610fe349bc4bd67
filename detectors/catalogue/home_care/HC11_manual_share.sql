/*
code: HC11
title: {sv: Stor andel manuell registrering, en: Large share of manual registration}
method: peer
kind: unusual
concept: registration
subject: provider
gate: P1
reads: [home_care_visits, home_care_outage_days, home_care_rates]
optional_reads: [home_care_rates]
optional_columns: [home_care_visits.edited_afterwards]
population: home_care_visits.provider_id
peers:
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Tagg och app visar att någon var på plats. Den som skriver in eller ändrar tiden i efterhand har inget sådant stöd för besöken.
  en: Tags and apps show that somebody was there. Those who write in or change the time afterwards have no such support for the visits.
innocent:
  sv: Driftstopp som drabbar alla (de dagarna räknas inte); nya brukare utan tagg; dålig täckning på landsbygden; byte av telefoner.
  en: An outage that hits everybody (such days are not counted); new clients without a tag; poor coverage in the countryside; a change of phones.
blind_spots:
  sv: Taggar som skannas utan att någon är hos brukaren.
  en: Tags that are read although nobody is with the client.
next_step:
  sv: Be utföraren förklara orsakerna till manuell registrering per brukare och gör stickprov hos några av dem.
  en: Ask the provider for the reasons for manual registration by client and take samples with some of them.
sentence:
  sv: "{own_value} procent av {n} besök är manuella eller ändrade i efterhand (median bland {peer_n} utförare {peer_median} procent, gräns {peer_fence} procent); {manual_minutes:minut|minuter} saknar elektronisk registrering"
  en: "{own_value} percent of {n:visit|visits} are manual or edited afterwards (median of {peer_n:provider|providers} {peer_median} percent, fence {peer_fence} percent); {manual_minutes:minute|minutes} lack electronic registration"
basis: [{title: handbook HC-11}, {title: handbook reference HT-06}]
unit: percent
amount: {kind: cap, how: {sv: alla manuellt registrerade minuter gånger utförarens snittpris per minut, en: all minutes registered by hand times the provider's mean price a minute}}
parameters:
  min_volume: {value: 100, unit: visits, because: shares of few visits are chance}
  min_value: {value: 0.15, unit: share of visits, because: contracts usually ask for at least 85 percent electronic registration}
severity: 3
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT v.provider_id, v.started_at, v.row_ref, (epoch(v.ended_at) - epoch(v.started_at)) / 60.0 AS minutes,
         v.registration = 'manual' AS is_manual,
         v.registration = 'manual' OR coalesce(v.edited_afterwards, false) AS is_soft
  FROM home_care_visits v
  LEFT JOIN home_care_outage_days o ON o.day = CAST(v.started_at AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at AND o.day IS NULL
),
shown AS (
  SELECT provider_id, row_ref
  FROM visits WHERE is_soft
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(CASE WHEN is_soft THEN 1 ELSE 0 END) AS n_soft,
         sum(CASE WHEN is_manual THEN minutes ELSE 0 END) AS manual_minutes
  FROM visits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(s.n_soft / s.n AS DOUBLE) AS value, s.n AS volume, s.n, CAST(s.n_soft AS BIGINT) AS n_evidence,
       CAST(round(s.manual_minutes, 0) AS BIGINT) AS manual_minutes,
       CAST(s.manual_minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek, e.evidence
FROM summed s
LEFT JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
