/*
code: HC92
title: {sv: Fakturerad tid per brukare har stigit, en: Billed time a client has risen}
method: peer
kind: unusual
concept: growth
subject: provider
gate: P1
reads: [home_care_billed, home_care_invoices]
population: home_care_invoices.provider_id
peers:
  compare: own_history
  change: ratio
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Samma utförare fakturerar plötsligt mer tid för varje brukare än den brukade, fast andra inte gör det. Behoven kan ha ökat, eller så har sättet att räkna ändrats.
  en: The same provider suddenly bills more time for each client than it used to, though others do not. Needs may have grown, or the way of counting has changed.
innocent:
  sv: Övertagande av tunga brukare; nya beslut efter omprövning; byte av ersättningsmodell. Det som alla gör i en månad dras av.
  en: A takeover of heavy clients; new decisions after review; a change of the model of payment. What all do in a month is taken off.
blind_spots:
  sv: Tid som varit för hög hela tiden; kortare historik än åtta månader; färre än trettio utförare.
  en: Time that was too high all along; a history shorter than eight months; fewer than thirty providers.
next_step:
  sv: Se vilka brukare som fått mer fakturerad tid och om besluten ändrades samma månad.
  en: See which clients have more billed time and whether the decisions changed in the same month.
sentence:
  sv: "utföraren fakturerar {own_value} minuter per brukare och månad sedan {shifted_on}, mot {own_before} i de {n_before:månad|månader} som var före ({own_change} procent mer); hos {peer_n} utförare var ändringen {peer_median} procent (gräns {peer_fence} procent)"
  en: "the provider bills {own_value} minutes a client and month since {shifted_on}, against {own_before} in the {n_before:month|months} before ({own_change} percent more); at {peer_n} providers the change was {peer_median} percent (fence {peer_fence} percent)"
basis: [{title: handbook HC-17}, {title: handbook section 5}]
amount: {kind: estimate, how: {sv: den del av det fakturerade som motsvarar tiden över den tidigare nivån, en: the part of the invoiced sum that answers to the time above the former level}}
parameters:
  min_volume: {value: 10, unit: clients with invoices a month, because: a mean of few clients moves with each of them}
  min_change: {value: 0.10, unit: share, because: a rise below a tenth is within what a few heavy clients do}
severity: 2
status: active
since: 2026-11-23
*/
WITH shown AS (
  SELECT provider_id, CAST(date_trunc('month', month) AS DATE) AS month, row_ref,
         row_number() OVER (PARTITION BY provider_id, CAST(date_trunc('month', month) AS DATE)
                            ORDER BY billed_minutes DESC, invoice_id) AS place
  FROM home_care_invoices WHERE amount_sek > 0
),
references_of AS (
  SELECT provider_id, month, array_agg(row_ref) AS evidence FROM shown WHERE place <= 40 GROUP BY provider_id, month
)
SELECT b.provider_id AS subject_id, b.month AS period_from,
       CAST(b.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(sum(b.minutes) / count(*) AS DOUBLE) AS value, count(*) AS volume, count(*) AS n_clients,
       CAST(sum(b.amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_evidence, e.evidence
FROM home_care_billed b
JOIN references_of e ON e.provider_id = b.provider_id AND e.month = b.month
WHERE b.minutes > 0 AND b.month <= $as_of AND b.month >= $since - INTERVAL 12 MONTH
GROUP BY b.provider_id, b.month, e.evidence
