/*
code: IS02
title: {sv: Ett konto för många hushåll, en: One account for many households}
method: rule
kind: unusual
concept: account
subject: account
gate: P1
reads: [support_payments, support_relatives, listed_tokens]
optional_reads: [support_relatives]
population: income_support_payments.bank_account_token
why:
  sv: Bistånd ska normalt gå till hushållets eget konto. När flera hushåll utan samband får pengarna till samma konto kan någon annan förfoga över dem.
  en: Support normally goes to the household's own account. When several unrelated households are paid to one account, someone else may dispose of the money.
innocent:
  sv: God man eller förvaltare (undantas genom kommunens lista över gode mäns konton); hushåll med gemensam medlem (räknas som ett); släktingar som lånar varandras konto; ett boende som sköter de boendes pengar.
  en: A legal guardian (left out by the list trustee_accounts); households with a member in common (counted as one); relatives who borrow each other's account; a home that handles its residents' money.
blind_spots:
  sv: Pengar som förs vidare från hushållets eget konto; konton som en god man har men som inte står i listan.
  en: Money passed on from the household's own account; accounts of guardians that are missing from the list.
next_step:
  sv: Ta reda på vem som äger kontot. Är det en god man, lägg kontot i listan; annars, fråga varje hushåll för sig hur pengarna når det.
  en: Find out who owns the account. If it is a legal guardian, put the account on the list; otherwise ask each household by itself how the money reaches it.
sentence:
  sv: "{n_unrelated} hushåll utan gemensamma medlemmar fick bistånd till samma konto, {n_payments:utbetalning|utbetalningar} på sammanlagt {sek} kronor"
  en: "{n_unrelated:household|households} without common members were paid support to one account, {n_payments:payment|payments} of {sek} SEK in all"
basis: [{title: handbook IS-2}, {title: handbook reference EB-13 and X-01}]
amount: {kind: cap, how: {sv: allt bistånd till kontot under perioden, en: all support paid to the account in the period}}
parameters:
  min_households: {value: 4, unit: unrelated households, because: two or three are often one family}
severity: 3
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT p.bank_account_token, p.household_token, p.payment_id, p.paid_on, p.amount_sek, p.row_ref
  FROM support_payments p
  WHERE p.payee = 'household' AND p.paid_on >= $since
    AND NOT EXISTS (SELECT 1 FROM listed_tokens t WHERE t.list = 'trustee_accounts' AND t.token = p.bank_account_token)
),
holders AS (
  SELECT bank_account_token, household_token FROM paid
  WHERE amount_sek > 0 GROUP BY bank_account_token, household_token
),
shared AS (
  SELECT bank_account_token FROM holders
  GROUP BY bank_account_token HAVING count(*) >= $min_households
),
members_of AS (
  SELECT h.bank_account_token, h.household_token FROM holders h
  JOIN shared s ON s.bank_account_token = h.bank_account_token
),
relatives AS (
  SELECT a.bank_account_token, a.household_token, r.other_token
  FROM members_of a
  JOIN support_relatives r ON r.household_token = a.household_token
  JOIN members_of b ON b.bank_account_token = a.bank_account_token AND b.household_token = r.other_token
),
-- relatives get one name: the least among themselves and theirs, taken twice, so that chains of four become one
named_once AS (
  SELECT m.bank_account_token, m.household_token,
         least(m.household_token, min(coalesce(r.other_token, m.household_token))) AS family
  FROM members_of m LEFT JOIN relatives r
    ON r.bank_account_token = m.bank_account_token AND r.household_token = m.household_token
  GROUP BY m.bank_account_token, m.household_token
),
named AS (
  SELECT n.bank_account_token, n.household_token, least(min(n.family), min(coalesce(o.family, n.family))) AS family
  FROM named_once n
  LEFT JOIN relatives r ON r.bank_account_token = n.bank_account_token AND r.household_token = n.household_token
  LEFT JOIN named_once o ON o.bank_account_token = r.bank_account_token AND o.household_token = r.other_token
  GROUP BY n.bank_account_token, n.household_token
),
families AS (
  SELECT bank_account_token, count(DISTINCT family) AS n_unrelated, count(*) AS n_households
  FROM named GROUP BY bank_account_token HAVING count(DISTINCT family) >= $min_households
),
placed AS (
  SELECT p.bank_account_token, p.paid_on, p.amount_sek, p.row_ref,
         row_number() OVER (PARTITION BY p.bank_account_token, p.household_token ORDER BY p.paid_on, p.payment_id) AS place
  FROM paid p JOIN families f ON f.bank_account_token = p.bank_account_token
)
SELECT p.bank_account_token AS subject_id, min(p.paid_on) AS period_from, max(p.paid_on) AS period_to,
       CAST(least(1.0, 0.4 + 0.06 * (max(f.n_unrelated) - $min_households)
                       + CAST(sum(p.amount_sek) AS DOUBLE) / 2000000.0) AS DOUBLE) AS strength,
       CAST(sum(p.amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       max(f.n_unrelated) AS n_unrelated, max(f.n_households) AS n_households, count(*) AS n_payments,
       CAST(round(sum(p.amount_sek), 0) AS BIGINT) AS sek,
       array_agg(p.row_ref) FILTER (WHERE p.place <= 5) AS evidence, count(*) AS n_evidence
FROM placed p JOIN families f ON f.bank_account_token = p.bank_account_token
GROUP BY p.bank_account_token
