/*
code: IS25
title: {sv: Mindre än riksnormen, en: Less than the national norm}
method: rule
kind: breach
concept: norm
subject: household
gate: P1
reads: [support_payments, support_norms]
law: [riksnorm_single, riksnorm_couple, riksnorm_child_3]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_payments.household_token
why:
  sv: Ett hushåll utan inkomst ska normalt få riksnormen. Betalas mindre kan hushållet ha fått för lite, vilket också är ett fel att rätta.
  en: A household without income should normally get the national norm. If less is paid the household may have got too little, which is an error to correct as well.
innocent:
  sv: Del av månad; nedsatt norm efter beslut; kost som ingår i boendet; förskolelunch; inkomst som inte står i ansökan.
  en: Part of a month; a reduced norm by decision; meals included in the housing; lunch at preschool; income that is not in the application.
blind_spots:
  sv: Hushåll med redovisad inkomst prövas inte.
  en: Households with declared income are not examined.
next_step:
  sv: Läs beräkningen och betala det som fattas om den är fel.
  en: Read the calculation and pay what is missing if it is wrong.
sentence:
  sv: "{n_months:månad|månader} betalades {under_sek} kronor mindre än riksnormen till ett hushåll utan redovisad inkomst"
  en: "in {n_months:month|months} {under_sek} SEK less than the national norm were paid to a household without declared income"
basis: [{title: handbook reference EB-04}]
parameters:
  tolerance_sek: {value: 50, unit: SEK a month, because: rounding gives small differences}
severity: 1
status: draft
why_not:
  sv: Poäng för ett hushåll som fått för lite skulle lägga det på utredarens lista, tvärtemot syftet. Nedsatt norm, delar av månader och kost i boendet finns inte heller i uttagen. Regeln hör hemma i en egen lista för handläggningens kvalitet, när en sådan finns.
  en: Points for a household that got too little would put it on the investigator's list, against the purpose. Reduced norms, parts of months and meals in housing are not in the exports either. The rule belongs in a list of its own on the quality of casework, when there is one.
since: 2026-11-23
*/
WITH paid AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek, min(row_ref) AS row_ref
  FROM support_payments WHERE purpose = 'norm' AND month >= $since GROUP BY household_token, month
),
fired AS (
  SELECT p.household_token, p.month, s.norm_limit_sek - p.norm_sek AS under_sek, p.row_ref
  FROM paid p JOIN support_norms s ON s.household_token = p.household_token AND s.month = p.month
  -- only households without children: the limit of a child is set high on purpose
  WHERE s.children = 0 AND s.declared_income_sek = 0 AND s.norm_limit_sek - p.norm_sek > $tolerance_sek
)
SELECT household_token AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(0.3 AS DOUBLE) AS strength,
       count(*) AS n_months, CAST(round(sum(under_sek), 0) AS BIGINT) AS under_sek, array_agg(row_ref) AS evidence
FROM fired GROUP BY household_token
