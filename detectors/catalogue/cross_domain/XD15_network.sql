/*
code: XD15
title: {sv: Nätverk över gemensamma uppgifter, en: Network over shared tokens}
method: link
kind: unusual
concept: network
subject: provider
gate: P2
reads: [account_payees, organisation_officers, providers, associations, income_support_applications, listed_tokens]
optional_reads: [organisation_officers, providers, associations, income_support_applications]
population: [account_payees.payee_id]
why:
  sv: Samma konto, företrädare, bostad, adress eller hyresvärd hos flera mottagare visar vilka som bör granskas tillsammans. Sambandet är ingen avvikelse i sig.
  en: The same account, officer, dwelling, address or landlord of several payees shows whom to look at together. The link is no deviation by itself.
innocent:
  sv: Familjer, koncerner, paraplyföreningar, gode män, redovisningsbyråer och hyresvärdar delar uppgifter lagligt; vanliga uppgifter skärs bort.
  en: Families, company groups, umbrella bodies, trustees, accountants and landlords share tokens lawfully; common tokens are cut.
blind_spots:
  sv: Samband genom personer som inte finns i registren, uppgifter som delas av fler än max_subjects, och sådant som upphörde före tillbakablicken.
  en: Links through people outside the registers, tokens that more than max_subjects share, and what ended before the look-back.
next_step:
  sv: Öppna de övriga i gruppen och se om avvikelserna hänger ihop innan någon kontaktas.
  en: Open the others of the group and see whether the deviations belong together before anyone is contacted.
sentence:
  sv: "Ingår i grupp {subject_id}"
  en: "Belongs to group {subject_id}"
basis: [{title: handbook X-15}, {title: handbook reference X-20}]
parameters:
  max_subjects: {value: 8, unit: subjects, because: a token that more share is an accountant or a trustee or a house}
  max_group: {value: 30, unit: subjects, because: larger groups cannot be read; the weakest ties are given up first}
severity: 1
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "roles, payments and homes count within the look-back only; landlords link their tenants, and the companies they speak for"}
*/
WITH officers AS (
  SELECT org_type, org_id, person_token, row_ref FROM organisation_officers
  WHERE role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
),
tokens AS (
  SELECT 'account' AS token_kind, account_token AS token, payee_type AS subject_type, payee_id AS subject_id,
         1.0 AS weight, row_ref
  FROM account_payees
  WHERE payee_type <> 'third_party' AND account_token IS NOT NULL AND last_paid >= $since
    AND payee_id <> account_token
    AND payee_id NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'municipal_landlords')
  UNION ALL
  SELECT 'account', bank_account_token, 'provider', provider_id, 1.0, row_ref
  FROM providers WHERE bank_account_token IS NOT NULL
  UNION ALL
  SELECT 'account', bank_account_token, 'association', association_id, 1.0, row_ref
  FROM associations WHERE bank_account_token IS NOT NULL
  UNION ALL
  -- two roles need not meet in time: who leaves one company and enters the next is what links them
  SELECT 'officer', person_token, org_type, org_id, 0.9, row_ref FROM officers
  UNION ALL
  SELECT 'address', address_token, 'provider', provider_id, 0.6, row_ref
  FROM providers WHERE address_token IS NOT NULL
  UNION ALL
  SELECT 'address', address_token, 'association', association_id, 0.6, row_ref
  FROM associations WHERE address_token IS NOT NULL
  UNION ALL
  SELECT 'address', dwelling_token, 'household', household_token, 0.7, row_ref
  FROM income_support_applications WHERE dwelling_token IS NOT NULL AND month >= $since
  UNION ALL
  SELECT 'landlord', landlord_token, 'household', household_token, 0.5, row_ref
  FROM income_support_applications WHERE landlord_token IS NOT NULL AND month >= $since
  UNION ALL
  SELECT 'landlord', o.person_token, o.org_type, o.org_id, 0.5, o.row_ref
  FROM officers o
  WHERE o.person_token IN (SELECT i.landlord_token FROM income_support_applications i
                           WHERE i.landlord_token IS NOT NULL AND i.month >= $since)
)
SELECT t.token_kind, t.token, t.subject_type, t.subject_id, CAST(t.weight AS DOUBLE) AS weight, t.row_ref
FROM tokens t
LEFT JOIN listed_tokens l ON l.token = t.token
WHERE l.token IS NULL
