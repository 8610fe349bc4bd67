/*
code: EX01
title: {sv: Utföraren har själv krediterat, en: The provider credited by itself}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [home_care_invoices, home_care_billed, home_care_months, home_care_covered_months, providers]
optional_reads: [providers]
optional_columns: [home_care_invoices.credits_invoice_id, providers.reimbursement_model]
population: home_care_invoices.provider_id
why:
  sv: Den som inom en månad själv krediterar för mycket fakturerad tid visar att kontrollen fungerar. Det talar för att det som återstår är misstag.
  en: Those who within a month credit what they billed too much show that their checks work. It speaks for mistakes in what remains.
innocent:
  sv: Krediter som kommer senare än trettio dagar, eller utan att något annat avviker, räknas inte.
  en: Credits later than thirty days, or without anything else deviating, are not counted.
blind_spots:
  sv: Vem som upptäckte felet framgår inte. Tid som sänks före fakturan syns inte, eftersom uttaget bara har senaste värdet.
  en: It is not seen who found the error. Time lowered before the invoice is not seen, since the export has the latest value only.
next_step:
  sv: Se om krediten kom före eller efter kommunens fråga.
  en: See whether the credit came before or after a question from the municipality.
sentence:
  sv: "utföraren krediterade själv {n:faktura|fakturor} på sammanlagt {credited_sek} kronor inom trettio dagar; {standing_minutes:minut|minuter} över registrerad tid återstår"
  en: "the provider credited {n:invoice|invoices} of {credited_sek} SEK in all within thirty days by itself; {standing_minutes:minute|minutes} above the registered time remain"
basis: [{title: handbook section 2 Exculpating}, {title: handbook reference 8.2}]
parameters:
  max_days: {value: 30, unit: days from invoice to credit, because: a provider's own check is done by the next monthly invoice}
  max_excess_share: {value: 0.05, unit: share of registered minutes, because: the same limit as the rule on invoices above performed time}
  max_excess_minutes: {value: 60, unit: minutes a client and month, because: the same limit as the rule on invoices above performed time}
severity: 2
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT invoice_id, provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month, amount_sek,
         billed_minutes, invoiced_on, credits_invoice_id, row_ref
  FROM home_care_invoices
  WHERE month >= $since AND month <= $as_of
),
own_credits AS (
  -- one row a credit: it takes off the invoice it names, else an earlier and larger one of the client and month
  SELECT c.provider_id, c.row_ref, c.amount_sek, c.billed_minutes, c.invoiced_on, max(i.row_ref) AS credited_ref
  FROM claims c JOIN claims i
    ON i.provider_id = c.provider_id AND i.client_token = c.client_token AND i.month = c.month
   AND (c.credits_invoice_id IS NULL OR c.credits_invoice_id = i.invoice_id)
   AND i.amount_sek >= -c.amount_sek
   AND i.invoiced_on <= c.invoiced_on AND date_diff('day', i.invoiced_on, c.invoiced_on) <= $max_days
  WHERE c.amount_sek < 0
  GROUP BY c.provider_id, c.row_ref, c.amount_sek, c.billed_minutes, c.invoiced_on
),
standing AS (
  SELECT b.provider_id, sum(b.minutes - coalesce(m.minutes, 0)) AS minutes
  FROM home_care_billed b
  JOIN home_care_covered_months k ON k.month = b.month
  LEFT JOIN home_care_months m
    ON m.provider_id = b.provider_id AND m.client_token = b.client_token AND m.month = b.month
  LEFT JOIN providers p ON p.provider_id = b.provider_id
  WHERE b.month >= $since AND b.month <= $as_of AND coalesce(p.reimbursement_model, 'performed') = 'performed'
    AND b.minutes - coalesce(m.minutes, 0)
        > greatest($max_excess_share * coalesce(m.minutes, 0), $max_excess_minutes)
  GROUP BY b.provider_id
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM own_credits UNION SELECT provider_id, credited_ref FROM own_credits) e
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(invoiced_on) AS period_from, max(invoiced_on) AS period_to, count(*) AS n,
         -sum(amount_sek) AS credited_sek, sum(abs(billed_minutes)) AS credited_minutes
  FROM own_credits GROUP BY provider_id
)
SELECT c.provider_id AS subject_id, c.period_from, c.period_to,
       CAST(c.credited_minutes / (c.credited_minutes + s.minutes) AS DOUBLE) AS strength,
       c.n, c.credited_sek, CAST(round(s.minutes, 0) AS BIGINT) AS standing_minutes, e.evidence
FROM summed c
JOIN standing s ON s.provider_id = c.provider_id
JOIN references_of e ON e.provider_id = c.provider_id
