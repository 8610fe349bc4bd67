/*
code: IS13
title: {sv: "Ett hushåll blev två, samma bostad", en: "One household became two, same dwelling"}
method: rule
kind: unusual
concept: household
subject: household
gate: P1
reads: [income_support_members, income_support_applications, support_payments, law_values]
law: [riksnorm_single, riksnorm_couple, riksnorm_common_1, riksnorm_common_2]
population: income_support_members.household_token
why:
  sv: Två som lever ihop får tillsammans lägre norm än två ensamstående. Har ett par nyligen blivit två ensamhushåll men bor kvar i samma bostad kan de fortfarande ha gemensam ekonomi.
  en: Two who live together get a lower norm than two single people. If a couple has lately become two single households but stays in one dwelling, they may still share their economy.
innocent:
  sv: En verklig separation där ingen ännu hittat bostad (första månaden räknas inte); inneboende med eget kontrakt; skydd i hemmet som handläggaren känner till.
  en: A real separation in which neither has found a home yet (the first month is not counted); a lodger with a contract; a situation of protection known to the officer.
blind_spots:
  sv: Par som aldrig sökt tillsammans; par som flyttar isär bara i registren; hushåll utan bostadskod.
  en: Couples who never applied together; couples who part in the registers only; households without a dwelling token.
next_step:
  sv: Fråga hur bostaden och ekonomin är delade och om någon söker annan bostad. Tänk på att en separation kan handla om våld; kontakta dem var för sig.
  en: Ask how the dwelling and the economy are shared and whether someone looks for another home. Mind that a separation may be about violence; contact them separately.
sentence:
  sv: "hushållet fick bistånd som ensamstående {n_months:månad|månader} i samma bostad som den person det var ett gemensamt hushåll med till och med {together_until}"
  en: "the household got support as single for {n_months:month|months} in the same dwelling as the person it shared a household with until {together_until}"
basis: [{title: handbook IS-13}, {title: handbook reference EB-03}]
amount: {kind: estimate, how: {sv: "skillnaden mellan två ensamnormer och en parnorm, delad lika på de två hushållen", en: "the difference between two single norms and one couple norm, half on each household"}}
parameters:
  max_months_since: {value: 3, unit: months, because: a couple of long ago is not a household that was split}
  min_months: {value: 2, unit: months, because: the first month after a separation is often spent in the old dwelling}
severity: 3
status: active
since: 2026-11-23
*/
WITH adults AS (
  SELECT household_token, person_token, month, row_ref,
         count(*) OVER (PARTITION BY household_token, month) AS n_adults
  FROM income_support_members WHERE role <> 'child'
),
couples AS (
  SELECT a.person_token AS person_a, b.person_token AS person_b, a.month
  FROM adults a JOIN adults b
    ON b.household_token = a.household_token AND b.month = a.month AND b.person_token > a.person_token
  WHERE a.n_adults = 2
),
dwellings AS (
  SELECT household_token, month, min(dwelling_token) AS dwelling_token, min(row_ref) AS row_ref
  FROM income_support_applications WHERE dwelling_token IS NOT NULL GROUP BY household_token, month
),
support AS (
  SELECT household_token, month FROM support_payments
  GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
singles AS (
  SELECT a.household_token, a.person_token, a.month, d.dwelling_token, a.row_ref, d.row_ref AS application_ref
  FROM adults a
  JOIN dwellings d ON d.household_token = a.household_token AND d.month = a.month
  JOIN support s ON s.household_token = a.household_token AND s.month = a.month
  WHERE a.n_adults = 1 AND a.month >= $since AND a.month <= $as_of
),
once_couples AS (
  SELECT DISTINCT person_a, person_b FROM couples
),
apart AS (
  SELECT c.person_a, c.person_b, x.household_token AS household_a, y.household_token AS household_b, x.month,
         x.row_ref AS ref_a, y.row_ref AS ref_b, x.application_ref AS application_a, y.application_ref AS application_b
  FROM once_couples c
  JOIN singles x ON x.person_token = c.person_a
  JOIN singles y ON y.person_token = c.person_b AND y.month = x.month
   AND y.dwelling_token = x.dwelling_token AND y.household_token <> x.household_token
),
dated AS (
  -- the last month together before each month apart
  SELECT a.person_a, a.person_b, a.household_a, a.household_b, a.month, a.ref_a, a.ref_b, a.application_a,
         a.application_b, max(c.month) AS together
  FROM apart a JOIN couples c ON c.person_a = a.person_a AND c.person_b = a.person_b AND c.month < a.month
  GROUP BY a.person_a, a.person_b, a.household_a, a.household_b, a.month, a.ref_a, a.ref_b, a.application_a,
           a.application_b
),
parted AS (
  SELECT person_a, person_b, household_a, household_b, month, ref_a, ref_b, application_a, application_b, together,
         min(month) OVER (PARTITION BY person_a, person_b, together) AS first_apart,
         count(*) OVER (PARTITION BY person_a, person_b, household_a, household_b, together) AS n_months
  FROM dated
),
differences AS (
  SELECT p.month,
         2 * max(CASE WHEN l.name = 'riksnorm_single' THEN l.value END)
         + 2 * max(CASE WHEN l.name = 'riksnorm_common_1' THEN l.value END)
         - max(CASE WHEN l.name = 'riksnorm_couple' THEN l.value END)
         - max(CASE WHEN l.name = 'riksnorm_common_2' THEN l.value END) AS sek
  FROM (SELECT DISTINCT month FROM parted) p JOIN law_values l
    ON l.valid_from <= p.month AND (l.valid_to IS NULL OR l.valid_to >= p.month)
  GROUP BY p.month
),
fired AS (
  SELECT household_a, household_b, month, ref_a, ref_b, application_a, application_b, together
  FROM parted
  WHERE n_months >= $min_months AND first_apart <= together + INTERVAL ($max_months_since) MONTH
),
sides AS (
  SELECT household_a AS household_token, household_b AS other_token, month, together FROM fired
  UNION
  SELECT household_b, household_a, month, together FROM fired
),
evidence_rows AS (
  SELECT household_a AS household_token, ref_a AS row_ref FROM fired
  UNION SELECT household_a, ref_b FROM fired
  UNION SELECT household_a, application_a FROM fired
  UNION SELECT household_a, application_b FROM fired
  UNION SELECT household_b, ref_a FROM fired
  UNION SELECT household_b, ref_b FROM fired
  UNION SELECT household_b, application_a FROM fired
  UNION SELECT household_b, application_b FROM fired
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT s.household_token AS subject_id, min(s.month) AS period_from,
       CAST(max(s.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.06 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(d.sek) / 2 AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, CAST(max(s.together) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS together_until, max(e.evidence) AS evidence
FROM sides s
LEFT JOIN differences d ON d.month = s.month
JOIN references_of e ON e.household_token = s.household_token
GROUP BY s.household_token
