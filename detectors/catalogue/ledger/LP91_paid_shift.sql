/*
code: LP91
title: {sv: Utbetalningarna till leverantören har stigit, en: Payments to the supplier have risen}
method: peer
kind: unusual
concept: growth
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
peers:
  compare: own_history
  change: ratio
  levels: [[size_band], []]
  size_bands: 3
why:
  sv: En leverantör som länge fått ungefär lika mycket varje månad får plötsligt mycket mer, fast andra inte får det. Det bör finnas en beställning eller ett avtal bakom.
  en: A supplier who for long received about the same each month suddenly receives much more, though others do not. An order or a contract should stand behind it.
innocent:
  sv: Nytt avtal eller större uppdrag; leverantören har tagit över en annans uppdrag; säsong som återkommer varje år räknas av när två år finns.
  en: A new contract or a larger assignment; the supplier took over another's; a season that returns every year is allowed for when two years are there.
blind_spots:
  sv: Leverantörer som inte får betalt de flesta månader; kortare historik än åtta månader.
  en: Suppliers who are not paid in most months; a history shorter than eight months.
next_step:
  sv: Se vilka rader som tillkommit, vem som beställde och om upphandling och avtal täcker dem.
  en: See which lines are new, who ordered them and whether procurement and contract cover them.
sentence:
  sv: "leverantören får {own_value} kronor i månaden sedan {shifted_on}, mot {own_before} kronor i de {n_before:månad|månader} som var före ({own_change} procent mer); hos {peer_n} leverantörer var ändringen {peer_median} procent (gräns {peer_fence} procent)"
  en: "the supplier receives {own_value} SEK a month since {shifted_on}, against {own_before} SEK in the {n_before:month|months} before ({own_change} percent more); at {peer_n} suppliers the change was {peer_median} percent (fence {peer_fence} percent)"
basis: [{title: handbook LP-7}, {title: handbook section 5}]
amount: {kind: cap, how: {sv: den del av det utbetalda som ligger över den tidigare nivån, en: the part of what was paid that lies above the former level}}
parameters:
  min_volume: {value: 3, unit: lines a month, because: a single large invoice is no level}
  min_change: {value: 1.0, unit: share, because: a ledger is restless; only a doubling is worth a look}
severity: 1
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT supplier_id, CAST(date_trunc('month', booked_on) AS DATE) AS month, amount_sek, row_ref,
         row_number() OVER (PARTITION BY supplier_id, CAST(date_trunc('month', booked_on) AS DATE)
                            ORDER BY amount_sek DESC, booked_on, row_ref) AS place
  FROM supplier_payments
  -- only whole months: the first days of one are no level
  WHERE booked_on < CAST(date_trunc('month', $as_of + INTERVAL 1 DAY) AS DATE) AND booked_on >= $since - INTERVAL 12 MONTH
)
SELECT supplier_id AS subject_id, month AS period_from,
       CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(sum(amount_sek) AS DOUBLE) AS value,
       count(*) AS volume, CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 40) AS evidence
FROM lines
GROUP BY supplier_id, month
HAVING sum(amount_sek) > 0
