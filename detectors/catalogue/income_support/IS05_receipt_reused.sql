/*
code: IS05
title: {sv: Samma kvitto använt flera gånger, en: One receipt used several times}
method: rule
kind: breach
concept: payment
subject: household
gate: P1
reads: [support_payments, income_support_payments]
population: income_support_payments.household_token
why:
  sv: Ett kvitto visar en utgift. När samma underlag ligger till grund för flera utbetalningar har kommunen kanske betalat samma utgift mer än en gång.
  en: A receipt shows one expense. When the same document is behind several payments the municipality may have paid one expense more than once.
innocent:
  sv: En utbetalning som delats i flera under samma månad (räknas inte); avbetalning där en räkning betalas över flera månader; en räkning som två hushåll delar på.
  en: One payment split in parts within the month (not counted); an invoice paid by instalments over several months; an invoice shared by two households.
blind_spots:
  sv: Kopior som fotograferats om och fått ny beteckning; kvitton som lämnats i en annan kommun; underlag till norm och hyra.
  en: Copies photographed again with a new token; receipts handed in elsewhere; documents behind norm and rent.
next_step:
  sv: Ta fram underlaget till varje utbetalning och jämför datum, säljare och belopp. Fråga om avbetalning var överenskommen.
  en: Fetch the document behind each payment and compare date, seller and amount. Ask whether instalments were agreed.
sentence:
  sv: "{n_receipts:kvitto|kvitton} låg till grund för {n_later:senare utbetalning|senare utbetalningar} på sammanlagt {sek} kronor, utöver den första[ ({n_other_households:annat hushåll|andra hushåll} berörs)]"
  en: "{n_receipts:receipt|receipts} were behind {n_later:later payment|later payments} of {sek} SEK in all, beyond the first[ ({n_other_households:other household|other households} concerned)]"
basis: [{title: handbook IS-5}, {title: handbook reference EB-07}]
amount: {kind: exact, how: {sv: utbetalningarna efter den första för varje kvitto, en: the payments after the first for each receipt}}
parameters:
  max_uses: {value: 50, unit: payments a receipt, because: a token on more payments than this stands for a missing receipt}
severity: 4
status: active
since: 2026-11-23
*/
WITH backed AS (
  SELECT p.household_token, p.month, p.paid_on, p.purpose, p.amount_sek, p.row_ref, r.receipt_token
  FROM support_payments p JOIN income_support_payments r ON r.row_ref = p.row_ref
  WHERE r.receipt_token IS NOT NULL AND p.amount_sek > 0 AND p.purpose NOT IN ('norm', 'rent')
),
uses AS (
  -- parts paid to one household for one month and purpose are one use of the receipt
  SELECT receipt_token, household_token, month, purpose, min(paid_on) AS paid_on, sum(amount_sek) AS sek,
         min(row_ref) AS row_ref
  FROM backed GROUP BY receipt_token, household_token, month, purpose
),
ordered AS (
  SELECT receipt_token, household_token, month, purpose, paid_on, sek, row_ref,
         row_number() OVER (PARTITION BY receipt_token ORDER BY paid_on, household_token, month, purpose, row_ref) AS place,
         count(*) OVER (PARTITION BY receipt_token) AS n_uses,
         first_value(household_token) OVER (PARTITION BY receipt_token ORDER BY paid_on, household_token, month, purpose, row_ref) AS first_household
  FROM uses
),
later AS (
  SELECT receipt_token, household_token, month, purpose, paid_on, sek, first_household
  FROM ordered WHERE place > 1 AND n_uses <= $max_uses AND paid_on >= $since
),
evidence_rows AS (
  -- every payment on the receipt is shown, also the first and those of other households
  SELECT DISTINCT l.household_token, b.row_ref FROM later l JOIN backed b ON b.receipt_token = l.receipt_token
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT l.household_token AS subject_id, min(l.paid_on) AS period_from, max(l.paid_on) AS period_to,
       CAST(least(1.0, 0.4 + 0.1 * count(*) + CAST(sum(l.sek) AS DOUBLE) / 100000.0) AS DOUBLE) AS strength,
       CAST(sum(l.sek) AS DECIMAL(14,2)) AS amount_sek,
       count(DISTINCT l.receipt_token) AS n_receipts, count(*) AS n_later,
       CAST(round(sum(l.sek), 0) AS BIGINT) AS sek,
       count(DISTINCT CASE WHEN l.first_household <> l.household_token THEN l.first_household END)
         AS n_other_households,
       max(e.evidence) AS evidence
FROM later l JOIN references_of e ON e.household_token = l.household_token
GROUP BY l.household_token
