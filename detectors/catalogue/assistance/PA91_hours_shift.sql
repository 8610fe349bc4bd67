/*
code: PA91
title: {sv: Fakturerade timmar per brukare har stigit, en: Billed hours a client have risen}
method: peer
kind: unusual
concept: growth
subject: provider
gate: P1
reads: [assistance_invoices]
population: assistance_invoices.provider_id
peers:
  compare: own_history
  change: ratio
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Samma anordnare fakturerar plötsligt fler timmar för varje brukare än den brukade, fast andra inte gör det. Behoven kan ha ökat, eller så har sättet att räkna ändrats.
  en: The same provider suddenly bills more hours for each client than it used to, though others do not. Needs may have grown, or the way of counting has changed.
innocent:
  sv: En ny brukare med stora behov; nya beslut; sparade timmar inom avräkningsperioden. Det som alla gör i en månad dras av.
  en: A new client with great needs; new decisions; saved hours within the settlement period. What all do in a month is taken off.
blind_spots:
  sv: Timmar som varit för många hela tiden; kortare historik än åtta månader; färre än trettio anordnare.
  en: Hours that were too many all along; a history shorter than eight months; fewer than thirty providers.
next_step:
  sv: Se vilka brukare som fått fler fakturerade timmar och om besluten ändrades samma månad.
  en: See which clients have more billed hours and whether the decisions changed in the same month.
sentence:
  sv: "anordnaren fakturerar {own_value} timmar per brukare och månad sedan {shifted_on}, mot {own_before} i de {n_before:månad|månader} som var före ({own_change} procent mer); hos {peer_n} anordnare var ändringen {peer_median} procent (gräns {peer_fence} procent)"
  en: "the provider bills {own_value} hours a client and month since {shifted_on}, against {own_before} in the {n_before:month|months} before ({own_change} percent more); at {peer_n} providers the change was {peer_median} percent (fence {peer_fence} percent)"
basis: [{title: handbook section 5}]
amount: {kind: estimate, how: {sv: den del av det fakturerade som motsvarar timmarna över den tidigare nivån, en: the part of the invoiced sum that answers to the hours above the former level}}
parameters:
  min_volume: {value: 200, unit: billed hours a month, because: a mean of few hours moves with each client}
  min_change: {value: 0.10, unit: share, because: a rise below a tenth is within what one client does}
severity: 2
status: active
since: 2026-11-23
*/
WITH billed AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
         sum(CASE WHEN amount_sek < 0 THEN -abs(billed_hours) ELSE billed_hours END) AS hours,
         sum(amount_sek) AS amount_sek, min(row_ref) AS row_ref
  FROM assistance_invoices
  WHERE month <= $as_of AND month >= $since - INTERVAL 12 MONTH
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
),
placed AS (
  SELECT provider_id, month, hours, amount_sek, row_ref,
         row_number() OVER (PARTITION BY provider_id, month ORDER BY hours DESC, client_token, row_ref) AS place
  FROM billed WHERE hours > 0
)
SELECT provider_id AS subject_id, month AS period_from,
       CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(sum(hours) / count(*) AS DOUBLE) AS value, sum(hours) AS volume, count(*) AS n_clients,
       CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 40) AS evidence
FROM placed
GROUP BY provider_id, month
