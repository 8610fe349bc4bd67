/*
name: assistance_rates
meaning: >
  What an assistance provider is paid an hour, from its own invoices (SEK a billed hour over all months, credits left
  out). No row where it has no invoice with hours: the amount is then unknown, never guessed.
reads: [assistance_invoices]
materialise: true
*/
SELECT provider_id, CAST(sum(amount_sek) AS DOUBLE) / nullif(sum(billed_hours), 0) AS sek_per_hour
FROM assistance_invoices
WHERE amount_sek > 0 AND billed_hours > 0
GROUP BY provider_id
