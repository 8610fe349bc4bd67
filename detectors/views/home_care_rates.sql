/*
name: home_care_rates
meaning: >
  What a home-care provider is paid a minute, from its own invoices (SEK a billed minute over all months); a provider
  paid by granted time, level or appropriation has no rate a performed minute: sek_per_minute is null.
reads: [home_care_invoices, providers]
materialise: true
*/
SELECT i.provider_id,
       CASE WHEN max(coalesce(p.reimbursement_model, 'performed')) = 'performed'
            THEN CAST(sum(i.amount_sek) AS DOUBLE) / nullif(sum(i.billed_minutes), 0) END AS sek_per_minute
FROM home_care_invoices i LEFT JOIN providers p ON p.provider_id = i.provider_id
WHERE i.amount_sek > 0 AND i.billed_minutes > 0
GROUP BY i.provider_id
