/*
code: IS12
title: {sv: Högre hyra betald än uppgiven, en: More rent paid than declared}
method: rule
kind: breach
concept: billing
subject: household
gate: P1
reads: [support_payments, income_support_applications]
population: income_support_payments.household_token
why:
  sv: Hyran som betalas ska motsvara den hyra hushållet har uppgett. Är den betalda hyran högre har fel belopp förts in, eller så täcker den något annat än hyran.
  en: The rent paid should match the rent the household declared. If more is paid, a wrong amount was entered or it covers something else than rent.
innocent:
  sv: Hyresskuld som betalas efter beslut (eget ändamål, räknas inte); hyra för en tidigare månad som inte hann betalas (räknas av); två hyror i en flyttmånad; el eller vatten som ingår i avin.
  en: Rent arrears paid by decision (a purpose of its own, not counted); rent of the month before that was not paid in time (deducted); two rents in a month of moving; electricity or water on the same invoice.
blind_spots:
  sv: Uppgiven hyra som själv är för hög; månader utan ansökan eller utan uppgift om hyra.
  en: A declared rent that is itself too high; months without application or without a rent.
next_step:
  sv: Jämför med hyresavin och hyreskontraktet för månaden. Är avin högre, rätta uppgiften i ärendet.
  en: Compare with the rent invoice and the lease of the month. If the invoice is higher, correct the case.
sentence:
  sv: "{n_months:månad|månader} betalades högre hyra än hushållet uppgett, sammanlagt {over_sek} kronor mer, som mest {worst_sek} kronor en månad"
  en: "in {n_months:month|months} more rent was paid than the household declared, {over_sek} SEK more in all, {worst_sek} SEK at most in a month"
basis: [{title: handbook IS-12}, {title: handbook reference EB-05}]
amount: {kind: exact, how: {sv: betald hyra minus uppgiven hyra och minus obetald hyra från månaden före, en: rent paid less declared rent and less unpaid rent of the month before}}
parameters:
  tolerance_sek: {value: 100, unit: SEK a month, because: fees and a yearly rise that reached the invoice first}
severity: 4
status: active
since: 2026-11-23
*/
WITH declared AS (
  -- the largest rent of the month's applications: a supplement may leave it out
  SELECT household_token, month, max(declared_rent_sek) AS rent_sek
  FROM income_support_applications WHERE declared_rent_sek IS NOT NULL GROUP BY household_token, month
),
paid AS (
  SELECT household_token, month, sum(amount_sek) AS paid_sek
  FROM support_payments WHERE purpose = 'rent' GROUP BY household_token, month
),
compared AS (
  SELECT p.household_token, p.month,
         p.paid_sek - d.rent_sek - greatest(0, coalesce(b.rent_sek, 0) - coalesce(q.paid_sek, 0)) AS over_sek,
         d.rent_sek
  FROM paid p
  JOIN declared d ON d.household_token = p.household_token AND d.month = p.month
  LEFT JOIN declared b ON b.household_token = p.household_token AND b.month = CAST(p.month - INTERVAL 1 MONTH AS DATE)
  LEFT JOIN paid q ON q.household_token = p.household_token AND q.month = CAST(p.month - INTERVAL 1 MONTH AS DATE)
  WHERE p.month >= $since AND p.month <= $as_of + INTERVAL 31 DAY
),
repeated AS (
  -- equal payments of a month are another rule's fact (IS14): what they explain is taken off here
  SELECT household_token, month, max(amount_sek) AS equal_sek, max(n) AS n
  FROM (SELECT household_token, month, amount_sek, count(*) AS n FROM support_payments
        WHERE purpose = 'rent' AND amount_sek > 0 GROUP BY household_token, month, amount_sek) e
  WHERE n >= 2 GROUP BY household_token, month
),
left_over AS (
  SELECT f.household_token, f.month, f.rent_sek,
         f.over_sek - coalesce(r.equal_sek * least(r.n - 1, round(f.over_sek / r.equal_sek + 0.25, 0)), 0) AS over_sek
  FROM compared f LEFT JOIN repeated r ON r.household_token = f.household_token AND r.month = f.month
  WHERE f.over_sek > $tolerance_sek
),
over AS (
  SELECT household_token, month, over_sek, rent_sek FROM left_over WHERE over_sek > $tolerance_sek
),
evidence_rows AS (
  SELECT o.household_token, p.row_ref
  FROM over o JOIN support_payments p
    ON p.household_token = o.household_token AND p.month = o.month AND p.purpose = 'rent'
  UNION ALL
  SELECT o.household_token, a.row_ref
  FROM over o JOIN income_support_applications a ON a.household_token = o.household_token AND a.month = o.month
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT o.household_token AS subject_id, min(o.month) AS period_from,
       CAST(max(o.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.04 * count(*)
                       + 0.4 * max(CAST(o.over_sek AS DOUBLE) / greatest(CAST(o.rent_sek AS DOUBLE), 1000.0))) AS DOUBLE)
         AS strength,
       CAST(sum(o.over_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, CAST(round(sum(o.over_sek), 0) AS BIGINT) AS over_sek,
       CAST(round(max(o.over_sek), 0) AS BIGINT) AS worst_sek, max(e.evidence) AS evidence
FROM over o JOIN references_of e ON e.household_token = o.household_token
GROUP BY o.household_token
