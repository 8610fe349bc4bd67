/*
name: hvb_claims
meaning: >
  Claims of residential-care homes with their credits taken off, one row an invoice that still claims something:
  invoice_id, placement_id, provider_id, period_from, period_to, period_days, billed_days, amount_sek, extras_sek,
  day_rate (amount without extras by billed day), invoiced_on, n_credits, row_ref. A credit belongs to the invoice it
  names; else to an invoice of the same placement and provider with the same amount, else to the latest whose period holds the
  credit's first day. A wholly credited invoice has no row.
reads: [hvb_invoices]
materialise: true
*/
WITH claims AS (
  SELECT invoice_id, placement_id, provider_id, period_from, period_to, billed_days, amount_sek,
         coalesce(extras_sek, 0) AS extras_sek, invoiced_on, row_ref,
         row_number() OVER (PARTITION BY placement_id, provider_id, amount_sek
                            ORDER BY period_from DESC, invoice_id DESC) AS copy
  FROM hvb_invoices WHERE amount_sek > 0 AND billed_days >= 0
),
credits AS (
  SELECT invoice_id AS credit_id, credits_invoice_id, placement_id, provider_id, period_from,
         abs(billed_days) AS billed_days, abs(amount_sek) AS amount_sek, abs(coalesce(extras_sek, 0)) AS extras_sek,
         row_number() OVER (PARTITION BY placement_id, provider_id, abs(amount_sek)
                            ORDER BY period_from DESC, invoice_id DESC) AS copy
  FROM hvb_invoices WHERE amount_sek < 0 OR billed_days < 0
),
candidates AS (
  SELECT k.credit_id, c.invoice_id, k.billed_days, k.amount_sek, k.extras_sek,
         row_number() OVER (
           PARTITION BY k.credit_id
           ORDER BY CASE WHEN k.credits_invoice_id = c.invoice_id THEN 0
                         WHEN k.amount_sek = c.amount_sek AND k.period_from = c.period_from THEN 1
                         WHEN k.amount_sek = c.amount_sek AND k.copy = c.copy THEN 2 ELSE 3 END,
                    c.period_from DESC, c.invoice_id DESC) AS place
  FROM credits k
  JOIN claims c ON c.placement_id = k.placement_id AND c.provider_id = k.provider_id
  WHERE (k.credits_invoice_id IS NOT NULL AND k.credits_invoice_id = c.invoice_id)
     OR (k.credits_invoice_id IS NULL
         AND (k.amount_sek = c.amount_sek OR (k.period_from >= c.period_from AND k.period_from <= c.period_to)))
),
credited AS (
  SELECT invoice_id, sum(billed_days) AS billed_days, sum(amount_sek) AS amount_sek, sum(extras_sek) AS extras_sek,
         count(*) AS n
  FROM candidates WHERE place = 1 GROUP BY invoice_id
)
SELECT c.invoice_id, c.placement_id, c.provider_id, c.period_from, c.period_to,
       date_diff('day', c.period_from, c.period_to) + 1 AS period_days,
       CAST(c.billed_days - coalesce(k.billed_days, 0) AS BIGINT) AS billed_days,
       c.amount_sek - coalesce(k.amount_sek, 0) AS amount_sek,
       greatest(0, c.extras_sek - coalesce(k.extras_sek, 0)) AS extras_sek,
       CAST(c.amount_sek - c.extras_sek AS DOUBLE) / nullif(c.billed_days, 0) AS day_rate,
       c.invoiced_on, CAST(coalesce(k.n, 0) AS BIGINT) AS n_credits, c.row_ref
FROM claims c LEFT JOIN credited k ON k.invoice_id = c.invoice_id
WHERE c.amount_sek - coalesce(k.amount_sek, 0) > 0 AND c.period_to >= c.period_from
