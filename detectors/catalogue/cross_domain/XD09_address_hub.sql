/*
code: XD09
title: {sv: "Bolag, förening och hushåll på samma adress", en: Company association and household at one address}
method: rule
kind: unusual
concept: address
subject: address
gate: P2
reads: [providers, associations, income_support_applications, listed_tokens]
population: [providers.address_token, associations.address_token, income_support_applications.dwelling_token]
why:
  sv: En utförare, en förening och hushåll med bistånd på samma adress kan höra ihop. Var och en prövas annars av sin egen handläggare.
  en: A provider, an association and households on support at one address may belong together. Each is otherwise judged by its own officer.
innocent:
  sv: Ägaren driver företaget hemifrån; stora flerfamiljshus, kontorshotell och redovisningsbyråer (adresser med många räknas inte, och ju fler desto mindre väger de).
  en: The owner runs the company from home; large blocks of flats, office hotels and accountants (addresses of many are not counted, and the more the less they weigh).
blind_spots:
  sv: Boxadresser och adresser som skrivits olika och därför fått olika kodvärden.
  en: Box addresses, and addresses written differently that got different tokens.
next_step:
  sv: Se på plats vad som finns på adressen och om verksamheten kan bedrivas där.
  en: See what is at the address and whether the activity can be carried on there.
sentence:
  sv: "På en adress finns [{n_providers} utförare / {n_associations:förening|föreningar} / {n_households} hushåll med ekonomiskt bistånd]"
  en: "At one address there are [{n_providers:provider|providers} / {n_associations:association|associations} / {n_households:household|households} on income support]"
basis: [{title: handbook X-9}, {title: handbook reference X-02}]
parameters:
  max_at_address: {value: 20, unit: companies associations and households, because: reference X-02; more is an office hotel or a block of flats}
severity: 2
status: active
since: 2026-11-23
*/
WITH applied AS (
  SELECT dwelling_token, household_token, row_ref,
         row_number() OVER (PARTITION BY dwelling_token, household_token ORDER BY month DESC, application_id) AS place
  FROM income_support_applications WHERE dwelling_token IS NOT NULL AND month >= $since
),
tenants AS (
  SELECT address_token, 'provider' AS kind, provider_id AS id, min(row_ref) AS row_ref FROM providers
  WHERE address_token IS NOT NULL GROUP BY address_token, provider_id
  UNION ALL
  SELECT address_token, 'association', association_id, min(row_ref) FROM associations
  WHERE address_token IS NOT NULL GROUP BY address_token, association_id
  UNION ALL
  -- the household's latest application
  SELECT dwelling_token, 'household', household_token, row_ref FROM applied WHERE place = 1
),
hubs AS (
  SELECT address_token, count(*) AS n, count(DISTINCT kind) AS n_kinds, sum(CASE WHEN kind = 'provider' THEN 1 ELSE 0 END) AS n_providers,
         sum(CASE WHEN kind = 'association' THEN 1 ELSE 0 END) AS n_associations,
         sum(CASE WHEN kind = 'household' THEN 1 ELSE 0 END) AS n_households
  FROM tenants GROUP BY address_token
),
fired AS (
  -- organisations of two kinds, or an organisation and households; a household alone at an address is none
  SELECT address_token, n, n_kinds, n_providers, n_associations, n_households FROM hubs
  WHERE n_kinds >= 2 AND n <= $max_at_address
    AND address_token NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'accountant_addresses')
),
references_of AS (
  SELECT f.address_token, array_agg(t.row_ref) AS evidence
  FROM fired f JOIN tenants t ON t.address_token = f.address_token GROUP BY f.address_token
),
subjects AS (
  SELECT address_token, 'address' AS subject_type, address_token AS subject_id, '' AS episode FROM fired
  UNION ALL
  SELECT f.address_token, t.kind, t.id, f.address_token FROM fired f JOIN tenants t ON t.address_token = f.address_token
  WHERE t.kind <> 'household'
)
SELECT s.subject_id, s.subject_type, s.episode, $since AS period_from, $as_of AS period_to,
       -- the more who share the address the less it says; all three kinds say more than two
       CAST((0.3 + 0.3 * (f.n_kinds - 1)) * least(1.0, 4.0 / f.n) AS DOUBLE) AS strength,
       CAST(f.n_providers AS BIGINT) AS n_providers, CAST(f.n_associations AS BIGINT) AS n_associations,
       CAST(f.n_households AS BIGINT) AS n_households, e.evidence
FROM subjects s JOIN fired f ON f.address_token = s.address_token JOIN references_of e ON e.address_token = s.address_token
