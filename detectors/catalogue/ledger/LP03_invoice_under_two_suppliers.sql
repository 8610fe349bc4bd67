/*
code: LP03
title: {sv: Samma faktura hos två leverantörer, en: Same invoice under two suppliers}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
why:
  sv: Samma fakturanummer och belopp från två leverantörer kan betyda att en faktura betalats till båda, till exempel efter namnbyte eller factoring.
  en: The same invoice number and amount from two suppliers may mean that one invoice was paid to both, for instance after a change of name or factoring.
innocent:
  sv: Två leverantörer som av en slump har samma korta löpnummer; ett belopp omfört från en leverantörspost till en annan (krediten syns då).
  en: Two suppliers that happen to share a short serial number; an amount moved from one supplier record to another (the credit then shows).
blind_spots:
  sv: Fakturanummer som skrivits om, och belopp som skiljer på ören.
  en: Invoice numbers written differently, and amounts that differ by öre.
next_step:
  sv: Öppna båda fakturabilderna och se vem som utfört tjänsten och vem som fått betalt.
  en: Open both invoice images and see who did the work and who was paid.
sentence:
  sv: "{n:faktura|fakturor} har samma nummer och belopp som hos en annan leverantör, sammanlagt {amount_sek} kr"
  en: "{n:invoice|invoices} carry the same number and amount as another supplier's, {amount_sek} SEK in all"
basis: [{title: handbook LP-3}]
amount: {kind: cap, how: {sv: de senare bokförda radernas belopp, en: the lines booked later}}
parameters:
  days: {value: 60, unit: days, because: the same claim reaches the ledger within a payment period or two}
  min_amount: {value: 1000, unit: SEK, because: small equal amounts under short numbers meet by chance}
  max_suppliers: {value: 2, unit: suppliers, because: a number that more suppliers use is a period or a batch and no invoice number}
  min_number_length: {value: 5, unit: characters, because: short serial numbers are shared by many suppliers}
severity: 3
status: active
since: 2026-11-23
*/
WITH positive AS (
  SELECT supplier_id, invoice_no, amount_sek, booked_on, row_ref,
         dense_rank() OVER (PARTITION BY invoice_no ORDER BY supplier_id)
         + dense_rank() OVER (PARTITION BY invoice_no ORDER BY supplier_id DESC) - 1 AS suppliers
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND amount_sek >= $min_amount
    AND length(invoice_no) >= $min_number_length
),
credited AS (
  SELECT DISTINCT supplier_id, invoice_no, -amount_sek AS amount_sek
  FROM supplier_payments WHERE amount_sek < 0 AND invoice_no IS NOT NULL
),
standing AS (
  SELECT p.supplier_id, p.invoice_no, p.amount_sek, min(p.booked_on) AS booked_on, min(p.row_ref) AS row_ref
  FROM positive p
  LEFT JOIN credited c
    ON c.supplier_id = p.supplier_id AND c.invoice_no = p.invoice_no AND c.amount_sek = p.amount_sek
  WHERE c.supplier_id IS NULL AND p.suppliers <= $max_suppliers
  GROUP BY p.supplier_id, p.invoice_no, p.amount_sek
),
paired AS (
  SELECT supplier_id, invoice_no, amount_sek, booked_on, row_ref,
         lag(booked_on) OVER (PARTITION BY invoice_no, amount_sek ORDER BY booked_on, row_ref, supplier_id)
           AS before_booked,
         lag(row_ref) OVER (PARTITION BY invoice_no, amount_sek ORDER BY booked_on, row_ref, supplier_id) AS before_ref
  FROM standing
),
firing AS (
  SELECT supplier_id, amount_sek, booked_on, before_booked, row_ref, before_ref FROM paired
  WHERE before_booked IS NOT NULL AND date_diff('day', before_booked, booked_on) <= $days
),
refs AS (
  SELECT supplier_id, row_ref FROM firing
  UNION
  SELECT supplier_id, before_ref FROM firing
),
evidence_of AS (
  SELECT supplier_id, array_agg(row_ref) AS evidence FROM refs GROUP BY supplier_id
),
summed AS (
  SELECT supplier_id, min(before_booked) AS period_from, max(booked_on) AS period_to, count(*) AS n,
         sum(amount_sek) AS amount_sek
  FROM firing GROUP BY supplier_id
)
SELECT s.supplier_id AS subject_id, s.period_from, s.period_to,
       CAST(0.3 + 0.5 * s.amount_sek / (s.amount_sek + 100000.0) + least(0.2, 0.05 * (s.n - 1)) AS DOUBLE)
         AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n, e.evidence
FROM summed s JOIN evidence_of e ON e.supplier_id = s.supplier_id
