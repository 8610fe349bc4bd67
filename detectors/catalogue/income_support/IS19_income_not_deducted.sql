/*
code: IS19
title: {sv: Redovisad inkomst har inte dragits av, en: Declared income was not deducted}
method: rule
kind: breach
concept: norm
subject: household
gate: P1
reads: [support_payments, support_norms, income_support_applications]
law: [riksnorm_single, riksnorm_couple]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_payments.household_token
why:
  sv: Hushållets redovisade inkomst ska minska biståndet. Är norm och hyra tillsammans högre än riksnorm plus hyra minus inkomst har inkomsten inte räknats av fullt.
  en: Declared income should lower the support. If norm and rent together exceed the national norm plus rent less income, the income was not fully deducted.
innocent:
  sv: Jobbstimulans (en fjärdedel av inkomsten dras inte av här); barns inkomster som inte räknas; inkomst som kom efter beslutet och dras av månaden efter (därför minst två månader). Felet är oftast kommunens eget.
  en: The work incentive (a quarter of the income is not deducted here); children's income that does not count; income that came after the decision and is deducted the month after (hence two months at least). The error is mostly the municipality's own.
blind_spots:
  sv: Månader med flera ansökningar, utan uppgiven hyra eller före 2025 prövas inte; inkomst som inte redovisats syns inte.
  en: Months with several applications, without a declared rent or before 2025 are not examined; income that was not declared is not seen.
next_step:
  sv: Läs beräkningen för månaderna och se vilka inkomster som är undantagna och varför.
  en: Read the calculation of the months and see which income is left out and why.
sentence:
  sv: "{n_months:månad|månader} var norm och hyra tillsammans högre än vad den redovisade inkomsten medger, sammanlagt {over_sek} kronor"
  en: "in {n_months:month|months} norm and rent together were higher than the declared income allows, {over_sek} SEK in all"
basis: [{title: handbook reference EB-08}, {title: "socialtjänstförordningen 12 kap. 2 och 3 §§"}]
amount: {kind: estimate, how: {sv: "utbetald norm och hyra, högst riksnorm och uppgiven hyra, minus det som återstår när tre fjärdedelar av inkomsten dragits av", en: "norm and rent paid, at most the national norm and the declared rent, less what remains when three quarters of the income are deducted"}}
parameters:
  income_share: {law: counted_wage_share, unit: share of declared income, because: the rest of wages may be disregarded as a work incentive}
  min_over_sek: {value: 500, unit: SEK a month, because: smaller sums are rounding and fees}
  min_months: {value: 2, unit: months, because: income that came after the decision is deducted the month after}
severity: 3
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT household_token, month, sum(CASE WHEN purpose = 'norm' THEN amount_sek ELSE 0 END) AS norm_sek,
         sum(CASE WHEN purpose = 'rent' THEN amount_sek ELSE 0 END) AS rent_sek
  FROM support_payments WHERE purpose IN ('norm', 'rent') AND month >= $since GROUP BY household_token, month
),
repeated AS (
  -- equal payments of a month are another rule's fact (IS14)
  SELECT DISTINCT household_token, month
  FROM (SELECT household_token, month FROM support_payments WHERE purpose IN ('norm', 'rent') AND amount_sek > 0
        GROUP BY household_token, month, purpose, amount_sek HAVING count(*) >= 2) e
),
compared AS (
  -- what exceeds the norm or the declared rent by itself is the matter of other rules
  SELECT p.household_token, p.month,
         least(p.norm_sek, s.norm_limit_sek) + least(p.rent_sek, s.declared_rent_sek)
         - greatest(0, s.norm_limit_sek + s.declared_rent_sek - $income_share * s.declared_income_sek) AS over_sek
  FROM paid p JOIN support_norms s ON s.household_token = p.household_token AND s.month = p.month
  WHERE s.n_applications = 1 AND s.norm_limit_sek IS NOT NULL AND s.declared_rent_sek IS NOT NULL
    AND s.declared_income_sek > 0
    AND NOT EXISTS (SELECT 1 FROM repeated r WHERE r.household_token = p.household_token AND r.month = p.month)
),
fired AS (
  SELECT household_token, month, over_sek FROM compared WHERE over_sek > $min_over_sek
),
evidence_rows AS (
  SELECT f.household_token, p.row_ref
  FROM fired f JOIN support_payments p ON p.household_token = f.household_token AND p.month = f.month
   AND p.purpose IN ('norm', 'rent')
  UNION ALL
  SELECT f.household_token, a.row_ref
  FROM fired f JOIN income_support_applications a ON a.household_token = f.household_token AND a.month = f.month
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.04 * count(*) + sum(f.over_sek) / 100000.0) AS DOUBLE) AS strength,
       CAST(sum(f.over_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, CAST(round(sum(f.over_sek), 0) AS BIGINT) AS over_sek, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
HAVING count(*) >= $min_months
