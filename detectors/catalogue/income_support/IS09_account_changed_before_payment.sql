/*
code: IS09
title: {sv: Nytt konto som andra delar, en: New account that others share}
method: rule
kind: unusual
concept: account
subject: household
gate: P1
reads: [support_payments, support_relatives, listed_tokens]
optional_reads: [support_relatives]
population: income_support_payments.household_token
why:
  sv: När ett hushålls bistånd plötsligt går till ett konto som också andra hushåll får pengar till vid samma tid kan någon annan ha tagit över utbetalningen.
  en: When a household's support suddenly goes to an account that other households are paid to at the same time, someone else may have taken over the payment.
innocent:
  sv: Byte till ett eget konto i en ny bank (räknas inte, eftersom ingen annan delar det); god man eller förvaltare (kommunens lista över gode mäns konton); hushåll med gemensam medlem.
  en: A change to one's own account in another bank (not counted, as nobody else shares it); a legal guardian (the list trustee_accounts); households with a member in common.
blind_spots:
  sv: Dagen då kontot ändrades finns inte i uttaget; den första utbetalningen till det nya kontot används i stället. Ett nytt konto som bara ett hushåll använder syns inte.
  en: The day the account was changed is not in the export; the first payment to the new account stands in for it. A new account used by one household only is not seen.
next_step:
  sv: Se i systemets logg vem som ändrade kontot och när. Ring hushållet på ett känt nummer och fråga om de själva bytte.
  en: See in the system log who changed the account and when. Call the household on a known number and ask whether they changed it.
sentence:
  sv: "utbetalningen flyttades till ett nytt konto, och {n_others:annat hushåll|andra hushåll} fick pengar till samma konto inom {days:dag|dagar}; {n_payments:utbetalning|utbetalningar} på {sek} kronor har gått dit"
  en: "payment was moved to a new account, and {n_others:other household was|other households were} paid to it within {days:day|days}; {n_payments:payment|payments} of {sek} SEK have gone there"
basis: [{title: handbook IS-9}]
amount: {kind: cap, how: {sv: utbetalningarna till det nya kontot, en: the payments to the new account}}
parameters:
  window_days: {value: 14, unit: days, because: a takeover shows around the payment days of one month}
  min_payments_before: {value: 2, unit: payments, because: an account is new only where another one was in use before}
severity: 3
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT p.household_token, p.bank_account_token, p.paid_on, p.amount_sek, p.row_ref
  FROM support_payments p
  WHERE p.payee = 'household' AND p.amount_sek > 0
    AND NOT EXISTS (SELECT 1 FROM listed_tokens t WHERE t.list = 'trustee_accounts' AND t.token = p.bank_account_token)
),
first_use AS (
  SELECT household_token, bank_account_token, min(paid_on) AS first_on, count(*) AS n_payments,
         sum(amount_sek) AS sek, max(paid_on) AS last_on
  FROM paid GROUP BY household_token, bank_account_token
),
changed AS (
  -- the household was paid to another account before; the first account of a household is no change
  SELECT f.household_token, f.bank_account_token, f.first_on, f.last_on, f.n_payments, f.sek
  FROM first_use f JOIN paid b
    ON b.household_token = f.household_token AND b.bank_account_token <> f.bank_account_token
   AND b.paid_on < f.first_on
  WHERE f.first_on >= $since
  GROUP BY f.household_token, f.bank_account_token, f.first_on, f.last_on, f.n_payments, f.sek
  HAVING count(*) >= $min_payments_before
),
shared AS (
  SELECT c.household_token, c.bank_account_token, o.household_token AS other_token, o.row_ref
  FROM changed c JOIN paid o
    ON o.bank_account_token = c.bank_account_token AND o.household_token <> c.household_token
   AND o.paid_on >= c.first_on - INTERVAL ($window_days) DAY
   AND o.paid_on <= c.first_on + INTERVAL ($window_days) DAY
  WHERE NOT EXISTS (SELECT 1 FROM support_relatives r
                    WHERE r.household_token = c.household_token AND r.other_token = o.household_token)
),
others AS (
  SELECT household_token, bank_account_token, count(DISTINCT other_token) AS n_others
  FROM shared GROUP BY household_token, bank_account_token
),
evidence_rows AS (
  SELECT household_token, row_ref FROM shared
  UNION
  SELECT c.household_token, p.row_ref
  FROM others c JOIN paid p ON p.household_token = c.household_token AND p.bank_account_token = c.bank_account_token
),
placed AS (
  SELECT household_token, row_ref
  FROM evidence_rows
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM placed GROUP BY household_token
)
SELECT c.household_token AS subject_id, min(c.first_on) AS period_from, max(c.last_on) AS period_to,
       CAST(least(1.0, 0.35 + 0.08 * max(o.n_others)) AS DOUBLE) AS strength,
       CAST(sum(c.sek) AS DECIMAL(14,2)) AS amount_sek,
       max(o.n_others) AS n_others, sum(c.n_payments) AS n_payments, CAST(round(sum(c.sek), 0) AS BIGINT) AS sek,
       CAST($window_days AS BIGINT) AS days, max(e.evidence) AS evidence, max(e.n_evidence) AS n_evidence
FROM changed c
JOIN others o ON o.household_token = c.household_token AND o.bank_account_token = c.bank_account_token
JOIN references_of e ON e.household_token = c.household_token
GROUP BY c.household_token
