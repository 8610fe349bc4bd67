/*
code: LP01
title: {sv: Samma faktura bokförd flera gånger, en: Same invoice booked more than once}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P0
reads: [supplier_payments]
optional_columns: [supplier_payments.account_no, supplier_payments.unit]
population: supplier_payments.supplier_id
why:
  sv: En faktura ska betalas en gång. Samma leverantör, fakturanummer och belopp mer än en gång, sedan krediter räknats av, kan vara en dubbelbetalning.
  en: An invoice is paid once. The same supplier, invoice number and amount more than once, credits taken off, may be a double payment.
innocent:
  sv: En faktura som delats på flera rader med lika belopp; delbetalningar; leverantörer som återanvänder fakturanummer.
  en: One invoice split over lines of equal amount; instalments; suppliers that reuse invoice numbers.
blind_spots:
  sv: Dubbletter där fakturanumret har ändrats (se LP02), rader utan fakturanummer och dubbletter bokförda samma dag, som inte kan skiljas från en fakturas rader.
  en: Duplicates whose invoice number was changed (see LP02), lines without an invoice number and duplicates booked on one day, which cannot be told from the lines of one invoice.
next_step:
  sv: Öppna båda verifikationerna, jämför fakturabilderna och begär kredit om det är samma faktura.
  en: Open both vouchers, compare the invoice images and ask for a credit if it is the same invoice.
sentence:
  sv: "{n:bokföring|bokföringar} upprepar en redan bokförd faktura, sammanlagt {amount_sek} kr ({n_invoices:faktura|fakturor})"
  en: "{n:booking|bookings} repeat an invoice already booked, {amount_sek} SEK in all ({n_invoices:invoice|invoices})"
basis: [{title: handbook LP-1}, {title: handbook reference X-17}]
amount: {kind: cap, how: {sv: de upprepade radernas belopp efter avräknade krediter, en: the repeated lines less credits}}
parameters:
  min_amount: {value: 500, unit: SEK, because: small lines cost more to check than they hold}
  other_day: {value: 1, unit: 1 or 0, because: equal lines of one day are parts of one invoice (a line a resident); 0 counts them}
  same_day: {value: 0, unit: 1 or 0, because: a double payment is seldom booked the same day; 1 asks for equal booking dates}
  net_credits: {value: 1, unit: 1 or 0, because: a duplicate that was credited is already put right}
  max_copies: {value: 4, unit: bookings, because: an amount repeated many times under one number is a recurring or split charge}
severity: 3
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT supplier_id, invoice_no, booked_on, amount_sek, row_ref, coalesce(account_no, '') AS account_no,
         coalesce(unit, '') AS unit, CASE WHEN $same_day = 1 THEN booked_on END AS same_day
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND invoice_no IS NOT NULL
),
grouped AS (
  SELECT supplier_id, invoice_no, same_day, abs(amount_sek) AS amount, account_no, unit,
         CASE WHEN $other_day = 1 THEN count(DISTINCT CASE WHEN amount_sek >= 0 THEN booked_on END)
              ELSE count(*) FILTER (WHERE amount_sek >= 0) END AS debits,
         CASE WHEN $other_day = 1 THEN count(DISTINCT CASE WHEN amount_sek < 0 THEN booked_on END)
              ELSE count(*) FILTER (WHERE amount_sek < 0) END AS credits,
         min(booked_on) AS first_booked, max(booked_on) AS last_booked
  FROM lines
  WHERE abs(amount_sek) >= $min_amount
  GROUP BY supplier_id, invoice_no, same_day, abs(amount_sek), account_no, unit
),
repeated AS (
  SELECT supplier_id, invoice_no, amount, first_booked, last_booked,
         CASE WHEN $net_credits = 1 THEN debits - credits - 1
              ELSE greatest(debits - 1, 0) + greatest(credits - 1, 0) END AS extra,
         debits
  FROM grouped
),
firing AS (
  SELECT supplier_id, invoice_no, amount, first_booked, last_booked, extra
  FROM repeated WHERE extra >= 1 AND debits <= $max_copies
),
chosen AS (
  SELECT DISTINCT l.supplier_id, l.row_ref
  FROM lines l JOIN firing f
    ON f.supplier_id = l.supplier_id AND f.invoice_no = l.invoice_no AND f.amount = abs(l.amount_sek)
),
evidence_of AS (
  SELECT supplier_id, array_agg(row_ref) AS evidence FROM chosen GROUP BY supplier_id
),
totals AS (
  SELECT supplier_id, sum(amount_sek) AS booked_sek FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND amount_sek > 0 GROUP BY supplier_id
),
summed AS (
  SELECT supplier_id, min(first_booked) AS period_from, max(last_booked) AS period_to,
         CAST(sum(extra) AS BIGINT) AS n, count(DISTINCT invoice_no) AS n_invoices, sum(extra * amount) AS amount_sek
  FROM firing GROUP BY supplier_id
)
SELECT s.supplier_id AS subject_id, s.period_from, s.period_to,
       -- half by the sum, half by its share of the supplier's own invoices, so that small suppliers count alike
       CAST(0.3 + 0.35 * s.amount_sek / (s.amount_sek + 100000.0)
            + 0.35 * least(1.0, s.amount_sek / t.booked_sek) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_invoices, e.evidence
FROM summed s
JOIN evidence_of e ON e.supplier_id = s.supplier_id
JOIN totals t ON t.supplier_id = s.supplier_id
