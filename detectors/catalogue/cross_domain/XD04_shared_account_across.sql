/*
code: XD04
title: {sv: Ett konto för flera verksamheter, en: One account across several domains}
method: rule
kind: breach
concept: account
subject: account
gate: P2
reads: [account_payees, listed_tokens]
population: [income_support_payments.bank_account_token, providers.bank_account_token, associations.bank_account_token]
why:
  sv: Olika mottagare i olika verksamheter har egna konton. När pengarna ändå samlas på ett konto finns ett samband som ingen enskild verksamhet ser.
  en: Different payees in different services have accounts of their own. Where the money still meets on one account there is a tie that no single service sees.
innocent:
  sv: Factoringbolag och inkassoföretag (konton med många mottagare räknas inte); gode män och förvaltare (undantagslistan); en förening som själv driver verksamheten; hyresvärd som också är utförare.
  en: Factoring and collection companies (accounts with many payees are not counted); trustees (list of exceptions); an association that runs the service itself; a landlord who is also a provider.
blind_spots:
  sv: Pengar som förs vidare till ett gemensamt konto efter utbetalningen; exporter utan kontouppgift där inte heller registret har något konto.
  en: Money moved on to a common account after the payment; exports without an account where the register has none either.
next_step:
  sv: Ta reda på vem som äger kontot och begär underlag för varje mottagares rätt att använda det.
  en: Find out who owns the account and ask for what entitles each payee to use it.
sentence:
  sv: "Ett konto tar emot pengar från {n_domains:verksamhet|verksamheter} till {n_payees} olika mottagare ([{n_providers} utförare / {n_associations:förening|föreningar} / {n_households} hushåll / {n_landlords:hyresvärd|hyresvärdar}]), sammanlagt {total_sek} kronor"
  en: "One account takes money from {n_domains:service|services} for {n_payees} different payees ([{n_providers:provider|providers} / {n_associations:association|associations} / {n_households:household|households} / {n_landlords:landlord|landlords}]), {total_sek} SEK in all"
basis: [{title: handbook X-4}, {title: handbook reference X-01}]
amount: {kind: cap, how: {sv: allt som betalats till kontot under perioden, en: all that was paid to the account in the period}}
parameters:
  max_payees: {value: 50, unit: payees, because: accounts with more payees are those of factoring and collection companies}
severity: 4
status: active
since: 2026-11-23
*/
WITH payees AS (
  SELECT p.account_token, p.payee_type, p.payee_id, p.domain, sum(p.amount_sek) AS amount_sek,
         min(p.first_paid) AS first_paid, max(p.last_paid) AS last_paid
  FROM account_payees p
  WHERE p.account_token IS NOT NULL AND p.payee_type <> 'third_party' AND p.last_paid >= $since
    AND p.account_token NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'trustee_accounts')
  GROUP BY p.account_token, p.payee_type, p.payee_id, p.domain
),
accounts AS (
  SELECT account_token, count(DISTINCT domain) AS n_domains,
         count(DISTINCT concat(payee_type, ':', payee_id)) AS n_payees,
         count(DISTINCT CASE WHEN payee_type = 'provider' THEN payee_id END) AS n_providers,
         count(DISTINCT CASE WHEN payee_type = 'association' THEN payee_id END) AS n_associations,
         count(DISTINCT CASE WHEN payee_type = 'household' THEN payee_id END) AS n_households,
         count(DISTINCT CASE WHEN payee_type = 'landlord' THEN payee_id END) AS n_landlords,
         sum(amount_sek) AS total_sek, min(first_paid) AS first_paid, max(last_paid) AS last_paid
  FROM payees GROUP BY account_token
),
fired AS (
  -- one payee of two domains is one organisation that does two things; two payees of one domain belong to that domain
  SELECT account_token, n_domains, n_payees, n_providers, n_associations, n_households, n_landlords, total_sek,
         first_paid, last_paid
  FROM accounts WHERE n_domains >= 2 AND n_payees >= 2 AND n_payees <= $max_payees
),
organisations AS (
  SELECT DISTINCT f.account_token, p.payee_type, p.payee_id
  FROM fired f JOIN payees p ON p.account_token = f.account_token
  WHERE p.payee_type = 'provider' OR p.payee_type = 'association'
),
references_of AS (
  SELECT f.account_token, array_agg(p.row_ref) AS evidence
  FROM fired f JOIN account_payees p ON p.account_token = f.account_token
  WHERE p.payee_type <> 'third_party' AND p.last_paid >= $since
  GROUP BY f.account_token
),
subjects AS (
  -- the money stands at the account alone, so that it is not counted once for each who shares it
  SELECT account_token, 'account' AS subject_type, account_token AS subject_id, total_sek AS amount_sek FROM fired
  UNION ALL
  SELECT account_token, payee_type, payee_id, CAST(NULL AS DECIMAL(14,2)) FROM organisations
)
SELECT s.subject_id, s.subject_type, CASE WHEN s.subject_type = 'account' THEN '' ELSE s.account_token END AS episode,
       greatest(CAST(f.first_paid AS DATE), $since) AS period_from, CAST(f.last_paid AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + 0.1 * f.n_payees + 0.1 * (f.n_domains - 2)) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, f.n_domains, f.n_payees, f.n_providers, f.n_associations,
       f.n_households, f.n_landlords, CAST(round(f.total_sek, 0) AS BIGINT) AS total_sek, e.evidence
FROM subjects s JOIN fired f ON f.account_token = s.account_token JOIN references_of e ON e.account_token = s.account_token
