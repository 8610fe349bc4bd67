/*
code: XD90
title: {sv: Ovanlig helhet hos konto, en: Unusual profile of an account}
method: isolation_forest
kind: unusual
concept: account
subject: account
gate: P2
reads: [account_payees, persons]
optional_reads: [persons]
population: [providers.bank_account_token, associations.bank_account_token]
peers:
  levels: [[]]
why:
  sv: Ett konto som tar emot kommunens pengar för en organisation brukar ha en mottagare, ett slags ersättning och jämna månader. Ett som skiljer sig i flera drag kan samla pengar från flera håll.
  en: An account that receives the municipality's money for an organisation usually has one payee, one kind of payment and even months. One that differs in several features may gather money from several sides.
innocent:
  sv: Koncernkonton och paraplyorganisationer; enskilda firmor där ägarens konto är firmans; en ny utförare som växer.
  en: Group accounts and umbrella bodies; sole traders whose account is the owner's; a new provider that grows.
blind_spots:
  sv: Konton som bara tar emot bistånd till hushåll bedöms aldrig; pengar som flyttas vidare syns inte.
  en: Accounts that receive only support to households are never judged; money moved on does not show.
next_step:
  sv: Se vilka mottagare kontot har och fråga banken eller bolagsregistret vem som disponerar det.
  en: See which payees the account has and ask the bank or the company register who disposes of it.
sentence:
  sv: "kontot har {n_payees:mottagare|mottagare} och skiljer sig från {peer_n} andra organisationers konton: {differences_sv}"
  en: "the account has {n_payees:payee|payees} and differs from the accounts of {peer_n} other organisations: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  payees: {sv: mottagare, en: payees, unit: payees}
  domains: {sv: slag av ersättning, en: kinds of payment, unit: kinds}
  holders: {sv: personer som har kontot som sitt eget, en: persons whose own account it is, unit: persons}
  household_share: {sv: andel av pengarna som är bistånd till hushåll, en: share of the money that is support to households, unit: percent}
  peak_share: {sv: andel av pengarna i största månaden, en: share of the money in the largest month, unit: percent}
  later_share: {sv: andel av pengarna i andra halvan av månaderna, en: share of the money in the second half of the months, unit: percent}
  idle_share: {sv: andel månader utan betalning, en: months without a payment, unit: percent}
parameters:
  min_volume: {value: 3, unit: payments, because: an account paid once or twice has no pattern}
  percentile: {value: 0.98, unit: share of accounts, because: most accounts are alike and few can be looked at}
severity: 2
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT account_token, payee_type, payee_id, domain, month, amount_sek, n_payments, row_ref
  FROM account_payees
  WHERE account_token IS NOT NULL AND month >= $since AND month <= $as_of AND amount_sek > 0
),
kept AS (
  -- the account of a person or household alone is nobody to compare
  SELECT account_token FROM paid GROUP BY account_token
  HAVING max(CASE WHEN payee_type IN ('provider', 'association') THEN 1 ELSE 0 END) = 1
),
monthly AS (
  SELECT p.account_token, p.month, sum(p.amount_sek) AS amount_sek
  FROM paid p JOIN kept k ON k.account_token = p.account_token
  GROUP BY p.account_token, p.month
),
span AS (SELECT min(month) AS first_month, max(month) AS last_month, count(DISTINCT month) AS n_months FROM monthly),
courses AS (
  -- the middle of the months delivered parts a first half from a second
  SELECT m.account_token, max(m.amount_sek) AS peak_sek, sum(m.amount_sek) AS amount_sek, count(*) AS n_months,
         sum(CASE WHEN date_diff('day', s.first_month, m.month) * 2 >= date_diff('day', s.first_month, s.last_month)
                  THEN m.amount_sek ELSE 0 END) AS later_sek,
         max(s.n_months) AS n_all
  FROM monthly m CROSS JOIN span s GROUP BY m.account_token
),
facts AS (
  SELECT p.account_token, count(DISTINCT concat(p.payee_type, '/', p.payee_id)) AS n_payees,
         count(DISTINCT p.domain) AS n_domains, min(p.month) AS first_month, max(p.month) AS last_month,
         sum(p.n_payments) AS n_payments,
         sum(CASE WHEN p.payee_type = 'household' THEN p.amount_sek ELSE 0 END) / sum(p.amount_sek) AS household_share,
         array_agg(p.row_ref) AS evidence
  FROM paid p JOIN kept k ON k.account_token = p.account_token
  GROUP BY p.account_token
),
holders AS (
  SELECT k.account_token, count(DISTINCT n.person_token) AS n
  FROM kept k JOIN persons n ON n.bank_account_token = k.account_token
  GROUP BY k.account_token
)
SELECT f.account_token AS subject_id, f.first_month AS period_from,
       CAST(f.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, f.n_payments AS volume,
       CAST(f.n_payees AS BIGINT) AS n_payees, CAST(f.n_payees AS DOUBLE) AS payees, CAST(f.n_domains AS DOUBLE) AS domains,
       CAST(coalesce(h.n, 0) AS DOUBLE) AS holders, CAST(f.household_share AS DOUBLE) AS household_share,
       CAST(c.peak_sek / c.amount_sek AS DOUBLE) AS peak_share,
       CAST(c.later_sek / c.amount_sek AS DOUBLE) AS later_share,
       CAST(1 - c.n_months / c.n_all AS DOUBLE) AS idle_share, f.evidence
FROM facts f
JOIN courses c ON c.account_token = f.account_token
LEFT JOIN holders h ON h.account_token = f.account_token
