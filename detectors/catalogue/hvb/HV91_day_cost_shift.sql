/*
code: HV91
title: {sv: Kostnaden per dygn har stigit, en: The cost a day has risen}
method: peer
kind: unusual
concept: rate
subject: provider
gate: P0
reads: [hvb_claims]
population: hvb_invoices.provider_id
peers:
  compare: own_history
  change: ratio
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Samma hem tar plötsligt mer betalt för varje dygn, med tillägg inräknade, än det brukade, fast andra inte gör det. En sådan höjning bör finnas i avtalet.
  en: The same home suddenly charges more for each day, extras included, than it used to, though others do not. Such a rise should be in the contract.
innocent:
  sv: Index vid årsskiftet träffar alla och dras av; ett barn med större behov; nytt avtal; förstärkt bemanning efter överenskommelse.
  en: An index at the turn of the year hits all and is taken off; a child with greater needs; a new contract; reinforced staffing by agreement.
blind_spots:
  sv: Priser som varit för höga hela tiden; hem med få dygn i månaden; kortare historik än åtta månader; färre än trettio hem.
  en: Prices that were too high all along; homes with few days a month; a history shorter than eight months; fewer than thirty homes.
next_step:
  sv: Jämför fakturorna före och efter månaden med avtalen och se vilket barn eller vilket tillägg som höjde kostnaden.
  en: Compare the invoices before and after the month with the contracts and see which child or extra raised the cost.
sentence:
  sv: "ett dygn kostar {own_value} kronor sedan {shifted_on}, mot {own_before} kronor i hemmets {n_before:månad|månader} före ({own_change} procent mer); hos {peer_n} hem var ändringen {peer_median} procent (gräns {peer_fence} procent)"
  en: "a day costs {own_value} SEK since {shifted_on}, against {own_before} SEK in the home's {n_before:month|months} before ({own_change} percent more); at {peer_n} homes the change was {peer_median} percent (fence {peer_fence} percent)"
basis: [{title: handbook HVB-5}, {title: handbook section 5}]
amount: {kind: estimate, how: {sv: den del av det fakturerade som ligger över hemmets tidigare kostnad per dygn, en: the part of the invoiced sum above the home's former cost a day}}
parameters:
  min_volume: {value: 28, unit: billed days a month, because: a mean of less than one child moves with every placement}
  min_change: {value: 0.08, unit: share, because: a rise below that is within what indexes and single extras do}
severity: 2
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT provider_id, CAST(date_trunc('month', period_from) AS DATE) AS month, billed_days, amount_sek, row_ref,
         row_number() OVER (PARTITION BY provider_id, CAST(date_trunc('month', period_from) AS DATE)
                            ORDER BY amount_sek DESC, invoice_id) AS place
  FROM hvb_claims
  WHERE billed_days > 0 AND period_from <= $as_of AND period_from >= $since - INTERVAL 12 MONTH
)
SELECT provider_id AS subject_id, month AS period_from,
       CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(sum(amount_sek) / sum(billed_days) AS DOUBLE) AS value, sum(billed_days) AS volume,
       count(*) AS n_invoices, CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 40) AS evidence
FROM claims
GROUP BY provider_id, month
