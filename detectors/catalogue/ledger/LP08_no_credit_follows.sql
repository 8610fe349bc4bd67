/*
code: LP08
title: {sv: Dubbel betalning utan kredit, en: Double payment without a credit}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
why:
  sv: En leverantör som fått betalt två gånger ska kreditera. Har ingen kredit kommit på länge står pengarna kvar hos leverantören.
  en: A supplier paid twice ought to credit it. Where no credit has come for long, the money is still with the supplier.
innocent:
  sv: Krediten kan ha dragits av på nästa faktura eller betalats in på konto utanför reskontran.
  en: The credit may have been taken off the next invoice or paid in outside the ledger.
blind_spots:
  sv: Krediter utan fakturanummer räknas leverantören till godo oavsett vad de avser.
  en: Credits without an invoice number count for the supplier whatever they concern.
next_step:
  sv: Begär kontoutdrag från leverantören och stäm av mot reskontran.
  en: Ask the supplier for a statement and reconcile it with the ledger.
sentence:
  sv: "{n:upprepad faktura|upprepade fakturor} är äldre än {days:dag|dagar} och leverantören har inte krediterat {amount_sek} kr"
  en: "{n:repeated invoice is|repeated invoices are} older than {days:day|days} and the supplier has not credited {amount_sek} SEK"
basis: [{title: handbook LP-8}]
amount: {kind: cap, how: {sv: upprepade belopp minus alla krediter efter den första, en: repeated amounts less all credits since the first}}
parameters:
  days: {value: 90, unit: days, because: a credit normally comes within the next quarter}
  min_amount: {value: 5000, unit: SEK, because: smaller sums cost more to chase}
  max_copies: {value: 4, unit: bookings, because: an amount repeated many times under one number is a recurring charge}
severity: 4
status: active
since: 2026-11-23
*/
WITH grouped AS (
  SELECT supplier_id, invoice_no, amount_sek, count(*) AS copies, min(booked_on) AS first_booked,
         max(booked_on) AS last_booked, count(DISTINCT booked_on) AS booking_days
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND invoice_no IS NOT NULL AND amount_sek >= $min_amount
  GROUP BY supplier_id, invoice_no, amount_sek
),
repeated AS (
  -- booked on different days: lines of one voucher are parts of one invoice
  SELECT supplier_id, invoice_no, amount_sek, copies - 1 AS extra, first_booked, last_booked FROM grouped
  WHERE copies >= 2 AND booking_days = copies AND copies <= $max_copies
    AND date_diff('day', last_booked, $as_of) > $days
),
summed AS (
  SELECT supplier_id, sum(extra) AS n, sum(extra * amount_sek) AS repeated_sek, min(first_booked) AS period_from,
         max(last_booked) AS period_to
  FROM repeated GROUP BY supplier_id
),
credits AS (
  SELECT p.supplier_id, -sum(p.amount_sek) AS credited_sek
  FROM supplier_payments p JOIN summed s ON s.supplier_id = p.supplier_id
  WHERE p.amount_sek < 0 AND p.booked_on >= s.period_from AND p.booked_on <= $as_of
  GROUP BY p.supplier_id
),
evidence_of AS (
  SELECT p.supplier_id, array_agg(p.row_ref) AS evidence
  FROM supplier_payments p JOIN repeated r
    ON r.supplier_id = p.supplier_id AND r.invoice_no = p.invoice_no AND r.amount_sek = p.amount_sek
  WHERE p.booked_on >= $since AND p.booked_on <= $as_of
  GROUP BY p.supplier_id
)
SELECT s.supplier_id AS subject_id, s.period_from, s.period_to,
       CAST(0.4 + 0.6 * (s.repeated_sek - coalesce(c.credited_sek, 0))
            / (s.repeated_sek - coalesce(c.credited_sek, 0) + 100000.0) AS DOUBLE) AS strength,
       CAST(s.repeated_sek - coalesce(c.credited_sek, 0) AS DECIMAL(14,2)) AS amount_sek,
       CAST(s.n AS BIGINT) AS n, CAST($days AS INTEGER) AS days, e.evidence
FROM summed s
LEFT JOIN credits c ON c.supplier_id = s.supplier_id
JOIN evidence_of e ON e.supplier_id = s.supplier_id
WHERE s.repeated_sek - coalesce(c.credited_sek, 0) >= $min_amount
