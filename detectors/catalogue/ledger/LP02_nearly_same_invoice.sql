/*
code: LP02
title: {sv: Nästan samma faktura igen, en: Nearly the same invoice again}
method: rule
kind: unusual
concept: duplicate
subject: provider
gate: P0
reads: [supplier_payments]
optional_columns: [supplier_payments.account_no, supplier_payments.unit]
population: supplier_payments.supplier_id
why:
  sv: En faktura som skickas igen med annat nummer eller några dagars skillnad passerar kontrollen av fakturanummer.
  en: An invoice sent again under another number or a few days later passes the check of invoice numbers.
innocent:
  sv: Återkommande avgifter med fast belopp; två lika beställningar samma vecka; delleveranser.
  en: Recurring charges of a fixed amount; two equal orders in one week; part deliveries.
blind_spots:
  sv: Belopp som justerats något, och leverantörer vars belopp ofta återkommer.
  en: Amounts changed a little, and suppliers whose amounts often recur.
next_step:
  sv: Jämför vad de två fakturorna avser (period, beställning, brukare) innan leverantören tillfrågas.
  en: Compare what the two invoices cover (period, order, client) before asking the supplier.
sentence:
  sv: "{n:gång|gånger} följdes en rad av en annan med samma belopp inom {days:dag|dagar}, som mest {largest} kr per gång"
  en: "{n:time|times} a line was followed by another of the same amount within {days:day|days}, {largest} SEK at most"
basis: [{title: handbook LP-2}, {title: handbook reference X-17}]
amount: {kind: cap, how: {sv: de senare radernas belopp, en: the later lines}}
parameters:
  days: {value: 7, unit: days, because: invoices sent again come within the payment period}
  min_amount: {value: 5000, unit: SEK, because: equal small amounts are everyday purchases}
  max_recurrence: {value: 3, unit: lines, because: an amount that comes more often from one supplier is a recurring charge}
  include_same_invoice: {value: 0, unit: 1 or 0, because: equal invoice numbers are LP01's; 1 counts them here too}
  net_credits: {value: 1, unit: 1 or 0, because: a credit of the same amount has put it right}
severity: 2
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT supplier_id, coalesce(invoice_no, '') AS invoice_no, booked_on, amount_sek, row_ref,
         coalesce(account_no, '') AS account_no, coalesce(unit, '') AS unit,
         count(*) OVER (PARTITION BY supplier_id, amount_sek) AS recurrence,
         lag(booked_on) OVER (PARTITION BY supplier_id, amount_sek ORDER BY booked_on, row_ref) AS before_booked,
         lag(coalesce(invoice_no, '')) OVER (PARTITION BY supplier_id, amount_sek ORDER BY booked_on, row_ref)
           AS before_invoice,
         lag(row_ref) OVER (PARTITION BY supplier_id, amount_sek ORDER BY booked_on, row_ref) AS before_ref
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND abs(amount_sek) >= $min_amount
),
credited AS (
  SELECT supplier_id, -amount_sek AS amount_sek, count(*) AS credits
  FROM lines WHERE amount_sek < 0 GROUP BY supplier_id, amount_sek
),
followers AS (
  SELECT l.supplier_id, l.booked_on, l.before_booked, l.amount_sek, l.row_ref, l.before_ref
  FROM lines l
  LEFT JOIN credited c ON c.supplier_id = l.supplier_id AND c.amount_sek = l.amount_sek
  WHERE l.before_booked IS NOT NULL AND date_diff('day', l.before_booked, l.booked_on) <= $days
    AND l.recurrence <= $max_recurrence
    AND ($include_same_invoice = 1 OR (l.invoice_no <> l.before_invoice AND l.amount_sek > 0))
    AND ($net_credits = 0 OR coalesce(c.credits, 0) = 0)
),
refs AS (
  SELECT supplier_id, row_ref FROM followers
  UNION
  SELECT supplier_id, before_ref FROM followers
),
evidence_of AS (
  SELECT supplier_id, array_agg(row_ref) AS evidence FROM refs GROUP BY supplier_id
),
summed AS (
  SELECT supplier_id, min(before_booked) AS period_from, max(booked_on) AS period_to, count(*) AS n,
         sum(amount_sek) AS amount_sek, max(amount_sek) AS largest
  FROM followers GROUP BY supplier_id
)
SELECT s.supplier_id AS subject_id, s.period_from, s.period_to,
       CAST(0.2 + 0.5 * abs(s.amount_sek) / (abs(s.amount_sek) + 250000.0) + least(0.3, 0.05 * (s.n - 1)) AS DOUBLE)
         AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n, CAST($days AS INTEGER) AS days, s.largest, e.evidence
FROM summed s JOIN evidence_of e ON e.supplier_id = s.supplier_id
