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
  sv: Samma konto, företrädare, bostad eller adress hos flera mottagare visar vilka som bör granskas tillsammans. Sambandet är ingen avvikelse i sig.
  en: The same account, officer, dwelling or address of several payees shows whom to look at together. The link is no deviation by itself.
innocent:
  sv: Familjer, koncerner, paraplyföreningar, gode män, redovisningsbyråer och hyresvärdar delar uppgifter lagligt; vanliga uppgifter skärs bort.
  en: Families, company groups, umbrella bodies, trustees, accountants and landlords share tokens lawfully; common tokens are cut.
blind_spots:
  sv: Samband genom personer som inte finns i registren, och uppgifter som delas av fler än max_subjects.
  en: Links through people outside the registers, and tokens that more than max_subjects share.
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
*/
WITH tokens AS (
  SELECT 'account' AS token_kind, account_token AS token, payee_type AS subject_type, payee_id AS subject_id,
         1.0 AS weight, row_ref
  FROM account_payees WHERE payee_type <> 'third_party' AND payee_type <> 'landlord' AND account_token IS NOT NULL
  UNION ALL
  SELECT 'account', bank_account_token, 'provider', provider_id, 1.0, row_ref
  FROM providers WHERE bank_account_token IS NOT NULL
  UNION ALL
  SELECT 'account', bank_account_token, 'association', association_id, 1.0, row_ref
  FROM associations WHERE bank_account_token IS NOT NULL
  UNION ALL
  SELECT 'officer', person_token, org_type, org_id, 0.9, row_ref FROM organisation_officers
  UNION ALL
  SELECT 'address', address_token, 'provider', provider_id, 0.6, row_ref
  FROM providers WHERE address_token IS NOT NULL
  UNION ALL
  SELECT 'address', address_token, 'association', association_id, 0.6, row_ref
  FROM associations WHERE address_token IS NOT NULL
  UNION ALL
  SELECT 'address', dwelling_token, 'household', household_token, 0.7, row_ref
  FROM income_support_applications WHERE dwelling_token IS NOT NULL AND month >= $since
)
SELECT t.token_kind, t.token, t.subject_type, t.subject_id, CAST(t.weight AS DOUBLE) AS weight, t.row_ref
FROM tokens t
LEFT JOIN listed_tokens l ON l.token = t.token
WHERE l.token IS NULL
