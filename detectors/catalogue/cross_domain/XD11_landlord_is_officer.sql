/*
code: XD11
title: {sv: Hyresvärd hör ihop med en utförare, en: Landlord tied to a provider}
method: rule
kind: unusual
concept: landlord
subject: landlord
gate: P2
reads: [income_support_payments, income_support_applications, income_support_members, organisation_officers, persons,
        providers, listed_tokens]
optional_reads: [providers, income_support_members]
population: [income_support_applications.landlord_token, providers.provider_id]
why:
  sv: Hyra som betalas med bistånd går till någon som också företräder en utförare. Bostad, hyra och insatser kan då vara knutna till varandra, och den som bor där är i beroende ställning.
  en: Rent paid with support goes to somebody who also speaks for a provider. Dwelling, rent and services may then be tied to each other, and those who live there are dependent.
innocent:
  sv: En företrädare kan lagligt äga och hyra ut bostäder; kommunala bostadsbolag (undantagslistan).
  en: An officer may lawfully own and let dwellings; municipal housing companies (list of exceptions).
blind_spots:
  sv: Bostäder som ägs av anhöriga eller av bolag utanför registren.
  en: Dwellings owned by relatives or by companies outside the registers.
next_step:
  sv: Kontrollera ägaren i fastighetsregistret, hyreskontraktet och om hyresgästerna också får insatser från utföraren.
  en: Check the owner in the land register, the lease and whether the tenants are also served by the provider.
sentence:
  sv: "Hyra för {n_households} hushåll med bistånd, {rent_sek} kronor, går till en företrädare för {n_providers} utförare eller till en sådan persons konto eller bostad"
  en: "Rent of {n_households:household|households} on support, {rent_sek} SEK, goes to an officer of {n_providers:provider|providers} or to such a person's account or dwelling"
basis: [{title: handbook X-11}]
amount: {kind: cap, how: {sv: hyran som betalats i de ärenden där sambandet finns (visas på hyresvärden), en: the rent paid in the cases with the tie (shown on the landlord)}}
parameters:
  min_sek: {value: 1, unit: SEK, because: a tie without any rent paid is nothing to check}
severity: 3
status: active
since: 2026-11-23
*/
WITH homes AS (
  SELECT household_token, CAST(date_trunc('month', month) AS DATE) AS month, min(landlord_token) AS landlord_token,
         min(dwelling_token) AS dwelling_token
  FROM income_support_applications WHERE month >= $since
  GROUP BY household_token, CAST(date_trunc('month', month) AS DATE)
),
rents AS (
  SELECT p.household_token, p.paid_on, p.amount_sek, p.row_ref, h.dwelling_token,
         CASE WHEN p.payee = 'landlord' THEN p.bank_account_token END AS account_token,
         coalesce(h.landlord_token, CASE WHEN p.payee = 'landlord' THEN p.bank_account_token END) AS landlord_token
  FROM income_support_payments p
  LEFT JOIN homes h ON h.household_token = p.household_token AND h.month = CAST(date_trunc('month', p.month) AS DATE)
  WHERE p.purpose = 'rent' AND p.month >= $since
    AND coalesce(h.landlord_token, '') NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'municipal_landlords')
),
officers AS (
  SELECT o.org_id AS provider_id, o.person_token, o.row_ref AS role_ref, p.bank_account_token, p.address_token
  FROM organisation_officers o LEFT JOIN persons p ON p.person_token = o.person_token
  WHERE o.org_type = 'provider' AND o.role_from <= $as_of AND (o.role_to IS NULL OR o.role_to >= $since)
),
ties AS (
  SELECT r.row_ref, o.provider_id, o.role_ref FROM rents r JOIN officers o ON o.person_token = r.landlord_token
  UNION
  SELECT r.row_ref, o.provider_id, o.role_ref FROM rents r JOIN officers o ON o.bank_account_token = r.account_token
  UNION
  SELECT r.row_ref, p.provider_id, p.row_ref FROM rents r JOIN providers p ON p.bank_account_token = r.account_token
  UNION
  -- an officer who lives with the household is no landlord
  SELECT r.row_ref, o.provider_id, o.role_ref FROM rents r JOIN officers o ON o.address_token = r.dwelling_token
  WHERE NOT EXISTS (SELECT 1 FROM income_support_members m
                    WHERE m.person_token = o.person_token AND m.household_token = r.household_token)
),
tied AS (
  -- one row a payment and provider, however many ties there are
  SELECT t.provider_id, r.landlord_token, r.household_token, r.paid_on, r.amount_sek, r.row_ref,
         min(t.role_ref) AS role_ref
  FROM ties t JOIN rents r ON r.row_ref = t.row_ref
  GROUP BY t.provider_id, r.landlord_token, r.household_token, r.paid_on, r.amount_sek, r.row_ref
),
payments AS (
  SELECT 'provider' AS subject_type, provider_id AS subject_id, household_token, paid_on, amount_sek, row_ref FROM tied
  UNION ALL
  SELECT DISTINCT 'landlord', landlord_token, household_token, paid_on, amount_sek, row_ref FROM tied
),
providers_of AS (
  SELECT 'provider' AS subject_type, provider_id AS subject_id, CAST(1 AS BIGINT) AS n_providers FROM tied GROUP BY provider_id
  UNION ALL
  SELECT 'landlord', landlord_token, count(DISTINCT provider_id) FROM tied GROUP BY landlord_token
),
evidence_rows AS (
  SELECT subject_type, subject_id, row_ref FROM payments
  UNION
  SELECT 'provider', provider_id, role_ref FROM tied
  UNION
  SELECT 'landlord', landlord_token, role_ref FROM tied
),
references_of AS (
  SELECT subject_type, subject_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY subject_type, subject_id
),
summed AS (
  SELECT subject_type, subject_id, min(paid_on) AS period_from, max(paid_on) AS period_to,
         count(DISTINCT household_token) AS n_households, sum(amount_sek) AS rent_sek
  FROM payments GROUP BY subject_type, subject_id HAVING sum(amount_sek) >= $min_sek
)
SELECT s.subject_id, s.subject_type, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + 0.1 * s.n_households) AS DOUBLE) AS strength,
       CASE WHEN s.subject_type = 'landlord' THEN CAST(s.rent_sek AS DECIMAL(14,2)) END AS amount_sek,
       s.n_households, p.n_providers, CAST(round(s.rent_sek, 0) AS BIGINT) AS rent_sek, e.evidence
FROM summed s
JOIN providers_of p ON p.subject_type = s.subject_type AND p.subject_id = s.subject_id
JOIN references_of e ON e.subject_type = s.subject_type AND e.subject_id = s.subject_id
