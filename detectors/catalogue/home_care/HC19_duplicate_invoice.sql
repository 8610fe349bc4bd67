/*
code: HC19
title: {sv: Samma tid fakturerad två gånger, en: The same time invoiced twice}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P1
reads: [home_care_invoices]
optional_columns: [home_care_invoices.invoiced_on]
population: home_care_invoices.provider_id
why:
  sv: Samma brukare, månad och belopp på två fakturor, eller samma tid två gånger från samma utförare, betyder att kommunen kan ha betalat dubbelt.
  en: The same client, month and amount on two invoices, or the same time twice from one provider, means that the municipality may have paid twice.
innocent:
  sv: En kreditfaktura som följer (räknas av); omfakturering efter påminnelse där bara en har betalats; två utförare som delar en brukare lika.
  en: A credit note that follows (is taken off); a second invoice after a reminder of which one was paid; two providers who share a client equally.
blind_spots:
  sv: Dubbletter där både belopp och tid har ändrats; samma tid fakturerad i två månader.
  en: Duplicates where both amount and time were changed; the same time invoiced in two months.
next_step:
  sv: Kontrollera i leverantörsreskontran om båda fakturorna är betalda och begär kreditering av den ena.
  en: Check in the ledger whether both invoices were paid and ask for a credit of one.
sentence:
  sv: "{n:faktura|fakturor} upprepar en tidigare faktura för samma brukare och månad utan kredit ({n_clients} brukare[, {n_across:gång|gånger} hos en annan utförare])"
  en: "{n:invoice|invoices} repeat an earlier invoice for the same client and month without a credit ({n_clients:client|clients}[, {n_across:time|times} at another provider])"
basis: [{title: handbook HC-19}]
amount: {kind: exact, how: {sv: beloppet på de upprepade fakturorna, en: the amount of the repeated invoices}}
parameters:
  min_amount_sek: {value: 500, unit: SEK, because: small fixed amounts coincide by chance}
severity: 4
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT invoice_id, provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
         amount_sek, billed_minutes, invoiced_on, row_ref
  FROM home_care_invoices
  WHERE month >= $since AND month <= $as_of
),
credits AS (
  SELECT provider_id, client_token, month, -amount_sek AS amount, count(*) AS n_credits
  FROM claims WHERE amount_sek < 0 GROUP BY provider_id, client_token, month, -amount_sek
),
numbered AS (
  SELECT invoice_id, provider_id, client_token, month, amount_sek, billed_minutes, invoiced_on, row_ref,
         row_number() OVER (PARTITION BY provider_id, client_token, month, amount_sek
                            ORDER BY invoiced_on, invoice_id) AS place,
         count(*) OVER (PARTITION BY provider_id, client_token, month, amount_sek) AS n_claims
  FROM claims WHERE amount_sek >= $min_amount_sek
),
standing AS (
  -- a credit of the same amount takes away the latest claim
  SELECT n.invoice_id, n.provider_id, n.client_token, n.month, n.amount_sek, n.billed_minutes, n.invoiced_on, n.row_ref
  FROM numbered n LEFT JOIN credits c
    ON c.provider_id = n.provider_id AND c.client_token = n.client_token AND c.month = n.month
   AND c.amount = n.amount_sek
  WHERE n.place <= n.n_claims - coalesce(c.n_credits, 0)
),
matched AS (
  SELECT provider_id, client_token, month, amount_sek, row_ref,
         first_value(row_ref) OVER (PARTITION BY client_token, month, amount_sek ORDER BY invoiced_on, invoice_id) AS first_by_amount,
         first_value(provider_id) OVER (PARTITION BY client_token, month, amount_sek ORDER BY invoiced_on, invoice_id) AS first_provider,
         first_value(row_ref) OVER (PARTITION BY provider_id, client_token, month, billed_minutes
                                 ORDER BY invoiced_on, invoice_id) AS first_by_time,
         billed_minutes
  FROM standing
),
repeated AS (
  SELECT provider_id, client_token, month, amount_sek, row_ref,
         CASE WHEN first_by_amount <> row_ref THEN first_by_amount ELSE first_by_time END AS first_ref,
         CASE WHEN first_by_amount <> row_ref AND first_provider <> provider_id THEN 1 ELSE 0 END AS is_across
  FROM matched
  WHERE first_by_amount <> row_ref OR (first_by_time <> row_ref AND billed_minutes > 0)
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM repeated
  UNION
  SELECT provider_id, first_ref FROM repeated
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, CAST(sum(is_across) AS BIGINT) AS n_across,
         sum(amount_sek) AS amount_sek
  FROM repeated GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 30.0) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_clients, s.n_across, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
