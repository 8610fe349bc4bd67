/*
code: IS08
title: {sv: Bistånd efter den sökandes död, en: Support after the applicant's death}
method: rule
kind: impossible
concept: absence
subject: household
gate: P1
reads: [absences, income_support_members, support_payments]
population: income_support_members.household_token
why:
  sv: En person som har avlidit kan inte ha behov av bistånd. Betalas det ut mer än en månad efter dödsfallet till ett hushåll utan någon annan vuxen har dödsfallet inte nått ärendet, eller också tar någon annan emot pengarna.
  en: Someone who has died cannot need support. If it is paid more than a month after the death to a household with no other adult, the death has not reached the case or someone else receives the money.
innocent:
  sv: Begravningskostnader och annat till dödsboet (ändamålet övrigt räknas inte); utbetalning som redan var på väg (en månad räknas inte); fel person markerad som avliden.
  en: Funeral costs and the like for the estate (purpose other is not counted); a payment already under way (one month is not counted); the wrong person marked as dead.
blind_spots:
  sv: Dödsfall som inte finns i frånvarofilen; hushåll där en annan vuxen fortfarande räknas in.
  en: Deaths missing from the absence file; households where another adult is still counted.
next_step:
  sv: Kontrollera dödsfallet i folkbokföringen, stoppa kommande utbetalningar och se vem som förfogar över kontot.
  en: Check the death in the population register, stop coming payments and see who disposes of the account.
sentence:
  sv: "{n:utbetalning|utbetalningar} på sammanlagt {sek} kronor gjordes mer än en månad efter att hushållets enda vuxna avled, den sista {days_after:dag|dagar} efter"
  en: "{n:payment|payments} of {sek} SEK in all were made more than a month after the household's only adult had died, the last one {days_after:day|days} after"
basis: [{title: handbook IS-8}, {title: handbook reference EB-12}]
amount: {kind: exact, how: {sv: summan av utbetalningarna, en: the sum of the payments}}
parameters:
  min_payments: {value: 1, unit: payments, because: a single payment after the grace of one month is already without ground}
severity: 5
status: active
since: 2026-11-23
*/
WITH dead AS (
  SELECT person_token, CAST(min(absent_from) AS DATE) AS died_on, min(row_ref) AS row_ref
  FROM absences WHERE kind = 'deceased' GROUP BY person_token
),
concerned AS (
  SELECT DISTINCT i.household_token FROM income_support_members i JOIN dead d ON d.person_token = i.person_token
),
adults AS (
  SELECT i.household_token, i.month, count(DISTINCT i.person_token) AS n_adults, max(d.died_on) AS died_on,
         max(d.row_ref) AS death_ref
  FROM concerned c
  JOIN income_support_members i ON i.household_token = c.household_token AND i.role <> 'child'
  LEFT JOIN dead d ON d.person_token = i.person_token
  GROUP BY i.household_token, i.month
),
recent AS (
  SELECT p.household_token, p.month, p.paid_on, p.amount_sek, p.row_ref
  FROM concerned c JOIN support_payments p ON p.household_token = c.household_token
  WHERE p.purpose <> 'other' AND p.amount_sek > 0 AND p.paid_on >= $since
),
known AS (
  -- the household as last listed in or before the month paid for: the list may end while payments go on
  SELECT r.row_ref, max(a.month) AS month
  FROM recent r JOIN adults a ON a.household_token = r.household_token AND a.month <= r.month
  GROUP BY r.row_ref
),
fired AS (
  SELECT r.household_token, r.paid_on, r.amount_sek, r.row_ref, a.died_on, a.death_ref
  FROM recent r
  JOIN known k ON k.row_ref = r.row_ref
  JOIN adults a ON a.household_token = r.household_token AND a.month = k.month
  WHERE a.n_adults = 1 AND a.died_on IS NOT NULL AND r.paid_on > CAST(a.died_on + INTERVAL 1 MONTH AS DATE)
),
evidence_rows AS (
  SELECT household_token, row_ref FROM fired
  UNION
  SELECT household_token, death_ref FROM fired
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.paid_on) AS period_from, max(f.paid_on) AS period_to,
       CAST(least(1.0, 0.5 + 0.05 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(f.amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, CAST(round(sum(f.amount_sek), 0) AS BIGINT) AS sek,
       max(date_diff('day', f.died_on, f.paid_on)) AS days_after, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
HAVING count(*) >= $min_payments
