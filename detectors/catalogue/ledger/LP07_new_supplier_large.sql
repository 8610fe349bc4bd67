/*
code: LP07
title: {sv: Ny leverantör med stora belopp, en: New supplier with large amounts}
method: rule
kind: unusual
concept: growth
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
why:
  sv: En leverantör som aldrig fakturerat förut och genast får stora belopp bör vara känd av den som beställt.
  en: A supplier that never invoiced before and at once receives large amounts ought to be known to whoever ordered.
innocent:
  sv: Nytt ramavtal eller ny entreprenad; befintlig leverantör som bytt bolag eller nummer.
  en: A new framework agreement or contract; a known supplier that changed company or number.
blind_spots:
  sv: Leverantörer som funnits länge med små belopp, och reskontra som börjar samma år.
  en: Suppliers that were there long with small amounts, and ledgers that begin the same year.
next_step:
  sv: Se vilket avtal beloppen följer, när bolaget registrerades och vem som beställt.
  en: See which agreement the amounts follow, when the company was registered and who ordered.
sentence:
  sv: "Första fakturan kom {first_booked}; de första {days} dagarna bokfördes {amount_sek} kr på {n:rad|rader}"
  en: "The first invoice came on {first_booked}; in the first {days:day|days} {amount_sek} SEK were booked on {n:line|lines}"
basis: [{title: handbook LP-7}]
amount: {kind: cap, how: {sv: allt som bokförts under de första dagarna, en: all that was booked in the first days}}
parameters:
  days: {value: 90, unit: days, because: a quarter shows how a supplier begins}
  min_amount: {value: 1000000, unit: SEK, because: such starts are few enough to be looked at}
  history_days: {value: 180, unit: days, because: a ledger must reach back before it can call anyone new}
severity: 1
status: active
since: 2026-11-23
*/
WITH whole AS (
  SELECT min(booked_on) AS ledger_from FROM supplier_payments
),
firsts AS (
  SELECT supplier_id, min(booked_on) AS first_booked FROM supplier_payments
  WHERE amount_sek > 0 AND booked_on <= $as_of GROUP BY supplier_id
),
early AS (
  SELECT p.supplier_id, f.first_booked, p.booked_on, p.amount_sek, p.row_ref,
         row_number() OVER (PARTITION BY p.supplier_id ORDER BY p.amount_sek DESC, p.booked_on, p.row_ref) AS place
  FROM supplier_payments p
  JOIN firsts f ON f.supplier_id = p.supplier_id
  CROSS JOIN whole w
  WHERE f.first_booked >= $since AND date_diff('day', w.ledger_from, f.first_booked) >= $history_days
    AND p.booked_on <= $as_of AND date_diff('day', f.first_booked, p.booked_on) < $days
)
SELECT supplier_id AS subject_id, min(first_booked) AS period_from, max(booked_on) AS period_to,
       CAST(least(1.0, 0.2 + CAST(sum(amount_sek) AS DOUBLE) / (20.0 * $min_amount)) AS DOUBLE) AS strength,
       CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, min(first_booked) AS first_booked,
       CAST($days AS INTEGER) AS days, count(*) AS n, array_agg(row_ref) FILTER (WHERE place <= 100) AS evidence
FROM early
GROUP BY supplier_id
HAVING sum(amount_sek) >= $min_amount
