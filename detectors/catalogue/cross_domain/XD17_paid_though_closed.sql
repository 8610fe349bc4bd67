/*
code: XD17
title: {sv: Betald efter avregistrering eller konkurs, en: Paid after deregistration or bankruptcy}
method: rule
kind: breach
concept: permit
subject: provider
gate: P0
reads: [providers, account_payees]
optional_columns: [providers.bankruptcy_on, providers.f_tax]
population: providers.provider_id
why:
  sv: En utförare som är avregistrerad eller i konkurs kan inte längre uppfylla avtalet. Utan F-skatt ska kommunen dra skatt på ersättningen.
  en: A provider that is deregistered or bankrupt can no longer meet the contract. Without approval for F-tax the municipality has to withhold tax.
innocent:
  sv: Konkursboet driver verksamheten vidare; betalningen avser tid före upphörandet (räknas inte); ideella föreningar och kommunens egen verksamhet behöver inte F-skatt.
  en: The bankrupt estate carries on; the payment is for time before the end (not counted); non-profit associations and the municipality's own services need no F-tax.
blind_spots:
  sv: Registeruppgifterna gäller den dag de hämtades.
  en: The register data hold for the day they were fetched.
next_step:
  sv: Kontrollera bolaget hos Bolagsverket och Skatteverket och stoppa betalningar tills det är klart vem som är avtalspart.
  en: Check the company with the registrars and hold payments until it is clear who the contract party is.
sentence:
  sv: "Utföraren fick [{after_sek} kronor för {n_months:månad|månader} efter att den avregistrerats eller gått i konkurs / {no_tax_sek} kronor utan godkännande för F-skatt]"
  en: "The provider received [{after_sek} SEK for {n_months:month|months} after deregistration or bankruptcy / {no_tax_sek} SEK without approval for F-tax]"
basis: [{title: handbook reference X-16}]
amount: {kind: exact, how: {sv: betalt för månader som börjar efter upphörandet; utan F-skatt det som betalats de senaste tre månaderna (tak), en: paid for months that begin after the end; without F-tax what was paid in the last three months (cap)}}
parameters:
  grace_days: {value: 30, unit: days, because: registers are updated with delay and a notice period may run}
  tax_months: {value: 3, unit: months, because: approval for F-tax is known only for the day of the register}
severity: 4
status: active
since: 2026-11-23
*/
WITH closed AS (
  SELECT provider_id, row_ref, org_form,
         least(coalesce(deregistered_on, bankruptcy_on), coalesce(bankruptcy_on, deregistered_on)) AS closed_on,
         coalesce(NOT f_tax, false) AND (org_form = 'ab' OR org_form = 'hb' OR org_form = 'ef') AS is_without_tax
  FROM providers
),
paid AS (
  SELECT c.provider_id, p.month, p.amount_sek, p.row_ref, c.row_ref AS provider_ref,
         coalesce(p.month >= c.closed_on + $grace_days * INTERVAL 1 DAY, false) AS is_after,
         c.is_without_tax AND date_diff('day', p.month, $as_of) < 31 * $tax_months AS is_untaxed
  FROM closed c JOIN account_payees p ON p.payee_type = 'provider' AND p.payee_id = c.provider_id
  WHERE p.month >= $since AND (c.closed_on IS NOT NULL OR c.is_without_tax)
),
kept AS (
  SELECT provider_id, month, amount_sek, row_ref, provider_ref, is_after, is_untaxed FROM paid WHERE is_after OR is_untaxed
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM kept
  UNION SELECT provider_id, provider_ref FROM kept
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, min(month) AS period_from, max(month) AS period_to,
         count(DISTINCT CASE WHEN is_after THEN month END) AS n_months, sum(amount_sek) AS sek,
         sum(CASE WHEN is_after THEN amount_sek ELSE 0 END) AS after_sek,
         sum(CASE WHEN is_untaxed AND NOT is_after THEN amount_sek ELSE 0 END) AS no_tax_sek
  FROM kept GROUP BY provider_id HAVING sum(amount_sek) > 0
)
SELECT s.provider_id AS subject_id, s.period_from, CAST(s.period_to + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, CASE WHEN s.after_sek > 0 THEN 0.6 ELSE 0.3 END + s.sek / 2000000.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, CASE WHEN s.no_tax_sek > 0 THEN 'cap' ELSE 'exact' END AS amount_kind,
       s.n_months, CAST(round(s.after_sek, 0) AS BIGINT) AS after_sek, CAST(round(s.no_tax_sek, 0) AS BIGINT) AS no_tax_sek,
       e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
