/*
name: home_care_billed
meaning: >
  What one provider claims for one client and month, credits taken off: minutes and amount_sek net of credit notes
  (time on a credit counts as negative even where the sign is missing), gross_minutes and gross_sek before credits,
  first_invoiced_on and last_invoiced_on of the claims, n_invoices and n_credits.
reads: [home_care_invoices]
materialise: true
*/
SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
       sum(CASE WHEN amount_sek < 0 THEN -abs(billed_minutes) ELSE billed_minutes END) AS minutes,
       sum(amount_sek) AS amount_sek,
       sum(CASE WHEN amount_sek >= 0 AND billed_minutes >= 0 THEN billed_minutes ELSE 0 END) AS gross_minutes,
       sum(CASE WHEN amount_sek >= 0 AND billed_minutes >= 0 THEN amount_sek ELSE 0 END) AS gross_sek,
       min(CASE WHEN amount_sek >= 0 THEN invoiced_on END) AS first_invoiced_on,
       max(CASE WHEN amount_sek >= 0 THEN invoiced_on END) AS last_invoiced_on,
       sum(CASE WHEN amount_sek >= 0 THEN 1 ELSE 0 END) AS n_invoices,
       sum(CASE WHEN amount_sek < 0 THEN 1 ELSE 0 END) AS n_credits
FROM home_care_invoices
GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
