/*
code: IS10
title: {sv: Mer än riksnormen, en: More than the national norm}
method: rule
kind: breach
concept: norm
subject: household
gate: P1
reads: [support_payments, support_norms, income_support_applications]
law: [riksnorm_single, riksnorm_couple, riksnorm_child_0, riksnorm_child_1_2, riksnorm_child_3, riksnorm_child_4_6, riksnorm_child_7_10, riksnorm_child_11_14, riksnorm_child_15_18, riksnorm_child_19_20, riksnorm_common_1, riksnorm_common_2, riksnorm_common_3, riksnorm_common_4, riksnorm_common_5, riksnorm_common_6, riksnorm_common_7]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_payments.household_token
why:
  sv: Riksnormen sätter vad uppehället högst kostar för ett hushåll av en viss storlek. Betalas mer som norm, utan särskilt beslut, har beräkningen fel antal personer, fel åldrar eller fel belopp.
  en: The national norm sets what living costs at most for a household of a given size. If more is paid as norm without a special decision, the calculation has the wrong people, ages or amounts.
innocent:
  sv: Särskilt beslut om högre norm, till exempel vid sjukdom; annat ändamål som bokförts som norm; barn vars ålder inte är känd (den högsta barnraden används).
  en: A special decision on a higher norm, for example in illness; another purpose booked as norm; a child whose age is not known (the highest child row is used).
blind_spots:
  sv: Inkomster som inte dragits av så länge summan stannar under normen; vuxna som delar kostnader med inneboende; månader före 2025, vars norm inte finns i värdefilen.
  en: Income not deducted as long as the sum stays below the norm; adults who share costs with lodgers; months before 2025, whose norm is not in the file of values.
next_step:
  sv: Läs normberäkningen för månaden, antalet personer och om det finns ett särskilt beslut.
  en: Read the norm calculation of the month, the number of people and whether there is a special decision.
sentence:
  sv: "{n_months:månad|månader} betalades mer norm än riksnormen medger för hushållets sammansättning, sammanlagt {over_sek} kronor mer, som mest {worst_sek} kronor en månad"
  en: "in {n_months:month|months} more norm was paid than the national norm gives for the household, {over_sek} SEK more in all, {worst_sek} SEK at most in a month"
basis: [{title: handbook IS-10}, {title: handbook reference EB-04}, {title: "socialtjänstförordningen 12 kap. 2 och 3 §§"}]
amount: {kind: exact, how: {sv: utbetald norm minus riksnormen månad för månad, en: norm paid less the national norm month by month}}
parameters:
  tolerance_sek: {value: 50, unit: SEK a month, because: rounding and part days give small differences}
severity: 4
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek
  FROM support_payments WHERE purpose = 'norm' AND month >= $since AND month <= $as_of + INTERVAL 31 DAY
  GROUP BY household_token, month
),
repeated AS (
  -- equal payments of a month are another rule's fact (IS14): what they explain is taken off here
  SELECT household_token, month, max(amount_sek) AS equal_sek, max(n) AS n
  FROM (SELECT household_token, month, amount_sek, count(*) AS n FROM support_payments
        WHERE purpose = 'norm' AND amount_sek > 0 GROUP BY household_token, month, amount_sek) e
  WHERE n >= 2 GROUP BY household_token, month
),
compared AS (
  SELECT p.household_token, p.month, p.norm_sek - n.norm_limit_sek AS over_sek, n.norm_limit_sek, r.equal_sek, r.n
  FROM paid p
  JOIN support_norms n ON n.household_token = p.household_token AND n.month = p.month
  LEFT JOIN repeated r ON r.household_token = p.household_token AND r.month = p.month
),
left_over AS (
  SELECT household_token, month, norm_limit_sek,
         over_sek - coalesce(equal_sek * least(n - 1, round(over_sek / equal_sek + 0.25, 0)), 0) AS over_sek
  FROM compared WHERE over_sek > $tolerance_sek
),
fired AS (
  SELECT household_token, month, over_sek, norm_limit_sek FROM left_over WHERE over_sek > $tolerance_sek
),
evidence_rows AS (
  SELECT f.household_token, p.row_ref
  FROM fired f JOIN support_payments p
    ON p.household_token = f.household_token AND p.month = f.month AND p.purpose = 'norm'
  UNION ALL
  SELECT f.household_token, a.row_ref
  FROM fired f JOIN income_support_applications a ON a.household_token = f.household_token AND a.month = f.month
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.04 * count(*) + 0.5 * max(f.over_sek / f.norm_limit_sek)) AS DOUBLE) AS strength,
       CAST(sum(f.over_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, CAST(round(sum(f.over_sek), 0) AS BIGINT) AS over_sek,
       CAST(round(max(f.over_sek), 0) AS BIGINT) AS worst_sek, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
