/*
code: PA11
title: {sv: Timbelopp över högsta tillåtna, en: Hourly rate above the highest permitted}
method: rule
kind: breach
concept: rate
subject: provider
gate: P1
reads: [assistance_invoices, assistance_decisions, law_values]
law: [assistance_standard_rate, assistance_raised_rate_factor]
optional_reads: [assistance_decisions]
optional_columns: [assistance_decisions.raised_rate, assistance_invoices.rate_sek, assistance_invoices.credits_invoice_id]
population: assistance_invoices.provider_id
why:
  sv: Assistans ersätts med ett schablonbelopp per timme, som efter beslut kan höjas med högst tolv procent. Ett högre timbelopp saknar stöd.
  en: Assistance is paid by a standard amount an hour, which a decision may raise by twelve percent at most. A higher price has no support.
innocent:
  sv: Beslut om höjt belopp (räknas inte när det finns i uttaget); sjuklön eller slutavräkning på samma räkning; avtal med ett annat pris, till exempel vid upphandling.
  en: A decision on a raised amount (not counted where the export holds it); sick pay or a final settlement on the same invoice; a contract with another price, for instance after a procurement.
blind_spots:
  sv: Timbelopp mellan schablonen och tolv procent över utan beslut om höjning; timmar som inte har arbetats. Beloppet för månaden då arbetet utfördes används, inte fakturadatumets.
  en: Prices between the standard amount and twelve percent above it without a decision; hours not worked. The amount of the month of work is used, not that of the invoice date.
next_step:
  sv: Kontrollera om brukaren har beslut om höjt belopp och vad avtalet med anordnaren säger; begär rättelse annars.
  en: Check whether the client has a decision on a raised amount and what the contract with the provider says; else ask for a correction.
sentence:
  sv: "{n:räkning|räkningar} ({n_clients} brukare) har ett timbelopp över gränsen, som mest {max_rate:2} kronor mot högst {max_limit:2} kronor, för {hours:timme|timmar}"
  en: "{n:invoice|invoices} ({n_clients:client|clients}) have an hourly rate above the limit, {max_rate:2} SEK at most against {max_limit:2} SEK, for {hours:hour|hours}"
basis: [{title: handbook PA-11}, {title: 'förordning (1993:1091) 5 §'}, {title: 'socialförsäkringsbalk (2010:110) 51 kap. 11 §'}]
amount: {kind: exact, how: {sv: skillnaden mot gränsen per timme gånger räkningens timmar, en: the difference to the limit an hour times the hours of the invoice}}
severity: 4
status: active
since: 2026-11-23
*/
WITH limits AS (
  -- the amount of each day span, with the raise that may be decided: dated values never overlap within a name
  SELECT s.valid_from, s.valid_to, s.value * max(f.value) AS highest
  FROM law_values s
  JOIN law_values f ON f.name = 'assistance_raised_rate_factor'
   AND f.valid_from <= coalesce(s.valid_to, DATE '2999-12-31') AND (f.valid_to IS NULL OR f.valid_to >= s.valid_from)
  WHERE s.name = 'assistance_standard_rate'
  GROUP BY s.valid_from, s.valid_to, s.value
),
claims AS (
  SELECT i.invoice_id, i.provider_id, i.client_token, CAST(date_trunc('month', i.month) AS DATE) AS month, i.billed_hours,
         coalesce(CAST(i.rate_sek AS DOUBLE), CAST(i.amount_sek AS DOUBLE) / i.billed_hours) AS rate, i.amount_sek, i.row_ref
  FROM assistance_invoices i
  WHERE i.month >= $since AND i.month <= $as_of AND i.billed_hours > 0 AND i.amount_sek > 0
    AND NOT EXISTS (SELECT 1 FROM assistance_invoices k
                    WHERE k.amount_sek < 0 AND k.provider_id = i.provider_id AND k.client_token = i.client_token
                      AND (k.credits_invoice_id = i.invoice_id OR (k.month = i.month AND k.amount_sek = -i.amount_sek)))
),
fired AS (
  SELECT c.provider_id, c.client_token, c.month, c.billed_hours, c.rate, c.row_ref, round(l.highest, 2) AS highest
  FROM claims c
  JOIN limits l ON l.valid_from <= c.month AND (l.valid_to IS NULL OR l.valid_to >= c.month)
  WHERE c.rate > round(l.highest, 2)
    AND NOT EXISTS (SELECT 1 FROM assistance_decisions d
                    WHERE d.client_token = c.client_token AND d.raised_rate
                      AND d.valid_from <= c.month + INTERVAL 1 MONTH - INTERVAL 1 DAY
                      AND (d.valid_to IS NULL OR d.valid_to >= c.month))
)
SELECT provider_id AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.35 + count(*) / 60.0 + 2.0 * max(rate / highest - 1)) AS DOUBLE) AS strength,
       CAST(sum((rate - highest) * billed_hours) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT client_token) AS n_clients, round(max(rate), 2) AS max_rate,
       max(highest) AS max_limit, round(sum(billed_hours), 1) AS hours, array_agg(row_ref) AS evidence
FROM fired
GROUP BY provider_id
