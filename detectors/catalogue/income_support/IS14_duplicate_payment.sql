/*
code: IS14
title: {sv: Samma utbetalning två gånger, en: The same payment twice}
method: rule
kind: breach
concept: duplicate
subject: household
gate: P1
reads: [support_payments, income_support_payments, support_norms]
optional_reads: [support_norms]
optional_columns: [income_support_payments.receipt_token]
law: [riksnorm_single, riksnorm_couple]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_payments.household_token
why:
  sv: Samma belopp för samma månad och ändamål två gånger är ofta en utbetalning som gått ut dubbelt.
  en: The same amount for one month and purpose twice is often a payment that went out twice.
innocent:
  sv: Delbetalning, till exempel norm per vecka, där summan inte är mer än vad månaden kräver (räknas inte); två lika dyra inköp med var sitt kvitto (räknas inte); utbetalning som stoppats och gjorts om (räknas inte om den är märkt).
  en: Instalments, such as norm paid weekly, whose sum is no more than the month needs (not counted); two purchases of equal price with a receipt each (not counted); a payment stopped and made anew (not counted when marked).
blind_spots:
  sv: Dubbla utbetalningar med olika belopp eller bokförda på olika ändamål; stoppade utbetalningar som inte märkts i uttaget.
  en: Double payments of different amounts or booked on different purposes; stopped payments that are not marked in the export.
next_step:
  sv: Se i ekonomisystemet om båda betalningarna verkställdes. Är det dubbelt, rätta i nästa beräkning.
  en: See in the finance system whether both payments were carried out. If so, correct it in the next calculation.
sentence:
  sv: "{n_extra:utbetalning|utbetalningar} har samma månad, ändamål och belopp som en annan, sammanlagt {sek} kronor ({n_months:månad|månader})"
  en: "{n_extra:payment|payments} have the same month, purpose and amount as another one, {sek} SEK in all ({n_months:month|months})"
basis: [{title: handbook IS-14}, {title: handbook reference EB-08}]
amount: {kind: exact, how: {sv: de upprepade utbetalningarna, en: the repeated payments}}
parameters:
  income_share: {law: counted_wage_share, unit: share of declared income, because: the rest of wages may be disregarded as a work incentive}
  min_amount_sek: {value: 100, unit: SEK, because: small equal amounts such as travel cards recur within a month}
severity: 4
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT p.household_token, p.month, p.purpose, p.amount_sek, p.row_ref, r.receipt_token
  FROM support_payments p JOIN income_support_payments r ON r.row_ref = p.row_ref
  WHERE p.month >= $since
),
totals AS (
  SELECT household_token, month, purpose, sum(amount_sek) AS total_sek FROM paid
  GROUP BY household_token, month, purpose
),
equal_payments AS (
  SELECT household_token, month, purpose, amount_sek, count(*) AS n, count(DISTINCT receipt_token) AS n_receipts
  FROM paid WHERE amount_sek >= $min_amount_sek
  GROUP BY household_token, month, purpose, amount_sek
  -- a receipt of its own for each payment tells of different expenses
  HAVING count(*) >= 2 AND NOT (purpose NOT IN ('norm', 'rent') AND count(DISTINCT receipt_token) = count(*))
),
needed AS (
  -- what the month may cost: the household's norm less declared income (of which a quarter of wages may be
  -- disregarded), the declared rent; other purposes have no such limit
  SELECT q.household_token, q.month, q.purpose, q.amount_sek, q.n, t.total_sek,
         CASE WHEN q.purpose = 'norm'
              THEN greatest(0, n.norm_limit_sek - $income_share * CAST(coalesce(n.declared_income_sek, 0) AS DOUBLE))
              WHEN q.purpose = 'rent' THEN CAST(n.declared_rent_sek AS DOUBLE) END AS limit_sek
  FROM equal_payments q
  JOIN totals t ON t.household_token = q.household_token AND t.month = q.month AND t.purpose = q.purpose
  LEFT JOIN support_norms n ON n.household_token = q.household_token AND n.month = q.month
),
surplus AS (
  -- how many of the equal payments go beyond the need, a quarter of one being enough because the need is
  -- reckoned high; instalments that add up to it leave none
  SELECT household_token, month, purpose, amount_sek,
         CASE WHEN limit_sek IS NULL THEN n - 1
              ELSE least(n - 1, round((CAST(total_sek AS DOUBLE) - limit_sek) / CAST(amount_sek AS DOUBLE) + 0.25, 0)) END
           AS n_extra
  FROM needed
),
fired AS (
  SELECT household_token, month, purpose, amount_sek, CAST(n_extra AS BIGINT) AS n_extra FROM surplus WHERE n_extra >= 1
),
references_of AS (
  SELECT f.household_token, array_agg(p.row_ref) AS evidence
  FROM fired f JOIN paid p ON p.household_token = f.household_token AND p.month = f.month
   AND p.purpose = f.purpose AND p.amount_sek = f.amount_sek
  GROUP BY f.household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + 0.06 * sum(f.n_extra) + CAST(sum(f.n_extra * f.amount_sek) AS DOUBLE) / 100000.0) AS DOUBLE)
         AS strength,
       CAST(sum(f.n_extra * f.amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       CAST(sum(f.n_extra) AS BIGINT) AS n_extra, count(DISTINCT f.month) AS n_months,
       CAST(round(sum(f.n_extra * f.amount_sek), 0) AS BIGINT) AS sek, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
