/*
code: XD08
title: {sv: Utförare och förening med gemensamma företrädare, en: Provider and association with common officers}
method: rule
kind: unusual
concept: network
subject: association
gate: P0
reads: [organisation_officers, account_payees]
population: [association_grants.association_id, providers.provider_id]
why:
  sv: En utförare och en förening som styrs av samma personer eller delar konto får båda pengar av kommunen. Det kan dölja att samma kostnad ersätts två gånger eller att pengar leds vidare.
  en: A provider and an association run by the same people or sharing an account are both paid by the municipality. It may hide that a cost is paid twice or that money is led on.
innocent:
  sv: En ideell förening som själv bedriver vård; engagerade företagare sitter ofta i föreningsstyrelser.
  en: A non-profit association that runs care itself; people in business often sit on boards of associations.
blind_spots:
  sv: Samband genom anhöriga och genom bolag utanför registren.
  en: Ties through relatives and through companies outside the registers.
next_step:
  sv: Jämför föreningens redovisning med utförarens och se om föreningen köper av eller hyr ut till utföraren.
  en: Compare the association's accounts with the provider's and see whether it buys from or lets to the provider.
sentence:
  sv: "Gemensamt mellan en utförare och en förening som båda får betalt: [{n_officers} företrädare / {n_accounts:konto|konton}]; föreningen fick {association_sek} kronor och utföraren {provider_sek} kronor"
  en: "In common between a provider and an association that are both paid: [{n_officers:officer|officers} / {n_accounts:account|accounts}]; the association received {association_sek} SEK and the provider {provider_sek} SEK"
basis: [{title: handbook X-8}, {title: handbook reference X-10}]
amount: {kind: cap, how: {sv: föreningens bidrag under perioden (visas på föreningen), en: the association's grants in the period (shown on the association)}}
parameters:
  min_officers: {value: 2, unit: persons, because: a single person on two boards is everyday civic engagement}
severity: 3
status: active
since: 2026-11-23
*/
WITH payees AS (
  SELECT payee_type, payee_id, amount_sek, first_paid, last_paid, row_ref,
         row_number() OVER (PARTITION BY payee_type, payee_id ORDER BY amount_sek DESC, month, domain, account_token, row_ref) AS place
  FROM account_payees
  WHERE (payee_type = 'provider' OR payee_type = 'association') AND last_paid >= $since
),
paid AS (
  SELECT payee_type AS org_type, payee_id AS org_id, sum(amount_sek) AS paid_sek, min(first_paid) AS first_on,
         max(last_paid) AS last_on, max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
  FROM payees GROUP BY payee_type, payee_id HAVING sum(amount_sek) > 0
),
officers AS (
  SELECT org_type, org_id, person_token, row_ref FROM organisation_officers
  WHERE role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
),
by_officer AS (
  SELECT a.org_id AS association_id, p.org_id AS provider_id, count(*) AS n_officers
  FROM officers a JOIN officers p ON p.person_token = a.person_token AND p.org_type = 'provider'
  WHERE a.org_type = 'association' GROUP BY a.org_id, p.org_id
),
accounts AS (
  SELECT DISTINCT account_token, payee_type, payee_id FROM account_payees
  WHERE account_token IS NOT NULL AND last_paid >= $since
),
by_account AS (
  SELECT a.payee_id AS association_id, p.payee_id AS provider_id, count(*) AS n_accounts
  FROM accounts a JOIN accounts p ON p.account_token = a.account_token AND p.payee_type = 'provider'
  WHERE a.payee_type = 'association' GROUP BY a.payee_id, p.payee_id
),
ties AS (
  SELECT association_id, provider_id, sum(n_officers) AS n_officers, sum(n_accounts) AS n_accounts FROM (
    SELECT association_id, provider_id, n_officers, 0 AS n_accounts FROM by_officer
    UNION ALL
    SELECT association_id, provider_id, 0, n_accounts FROM by_account) t
  GROUP BY association_id, provider_id
),
fired AS (
  SELECT t.association_id, t.provider_id, t.n_officers, t.n_accounts, a.paid_sek AS association_sek,
         p.paid_sek AS provider_sek, least(a.first_on, p.first_on) AS first_on, greatest(a.last_on, p.last_on) AS last_on,
         a.row_ref AS grant_ref, p.row_ref AS invoice_ref
  FROM ties t
  JOIN paid a ON a.org_type = 'association' AND a.org_id = t.association_id
  JOIN paid p ON p.org_type = 'provider' AND p.org_id = t.provider_id
  WHERE t.n_officers >= $min_officers OR t.n_accounts >= 1
),
evidence_rows AS (
  SELECT f.association_id, f.provider_id, a.row_ref
  FROM fired f JOIN officers a ON a.org_type = 'association' AND a.org_id = f.association_id
  JOIN officers p ON p.org_type = 'provider' AND p.org_id = f.provider_id AND p.person_token = a.person_token
  UNION
  SELECT f.association_id, f.provider_id, p.row_ref
  FROM fired f JOIN officers a ON a.org_type = 'association' AND a.org_id = f.association_id
  JOIN officers p ON p.org_type = 'provider' AND p.org_id = f.provider_id AND p.person_token = a.person_token
  UNION
  SELECT association_id, provider_id, grant_ref FROM fired
  UNION
  SELECT association_id, provider_id, invoice_ref FROM fired
),
references_of AS (
  SELECT association_id, provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id, provider_id
),
subjects AS (
  SELECT 'association' AS subject_type, association_id AS subject_id, provider_id AS episode, association_id, provider_id,
         association_sek AS amount_sek FROM fired
  UNION ALL
  SELECT 'provider', provider_id, association_id, association_id, provider_id, CAST(NULL AS DECIMAL(14,2)) FROM fired
)
SELECT s.subject_id, s.subject_type, s.episode, greatest(CAST(f.first_on AS DATE), $since) AS period_from,
       CAST(f.last_on AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.15 * f.n_officers + 0.3 * f.n_accounts) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, CAST(f.n_officers AS BIGINT) AS n_officers,
       CAST(f.n_accounts AS BIGINT) AS n_accounts, CAST(round(f.association_sek, 0) AS BIGINT) AS association_sek,
       CAST(round(f.provider_sek, 0) AS BIGINT) AS provider_sek, e.evidence
FROM subjects s
JOIN fired f ON f.association_id = s.association_id AND f.provider_id = s.provider_id
JOIN references_of e ON e.association_id = s.association_id AND e.provider_id = s.provider_id
