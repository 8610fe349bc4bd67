/*
code: IS04
title: {sv: Samma person i två hushåll, en: One person in two households}
method: rule
kind: impossible
concept: household
subject: household
gate: P1
reads: [income_support_members, support_payments]
population: income_support_members.household_token
why:
  sv: En vuxen kan bara höra till ett hushåll åt gången. Finns samma person i två hushåll som båda får bistånd för samma månad räknas personens behov två gånger.
  en: An adult belongs to one household at a time. If the same person is in two households that both get support for one month, the person's needs are counted twice.
innocent:
  sv: Månaden då någon flyttar från ett hushåll till ett annat (räknas inte); barn som bor växelvis hos båda föräldrarna (räknas inte); rättelse som lagts i ett nytt ärende.
  en: The month in which someone moves from one household to another (not counted); a child living with each parent in turn (not counted); a correction made in a new case.
blind_spots:
  sv: Personer med olika beteckning i de två ärendena; det andra hushållet i en annan kommun.
  en: People with different tokens in the two cases; a second household in another municipality.
next_step:
  sv: Läs båda ärendena för månaderna och avgör i vilket hushåll personen bodde. Kontrollera om det ena ärendet skulle ha avslutats.
  en: Read both cases for the months and settle in which household the person lived. See whether one case should have been closed.
sentence:
  sv: "under {n_months:månad|månader} fick hushållet bistånd samtidigt som {n_persons} av dess medlemmar också ingick i {n_households:annat hushåll|andra hushåll} med bistånd"
  en: "for {n_months:month|months} the household got support while {n_persons} of its members also belonged to {n_households:other household|other households} on support"
basis: [{title: handbook IS-4}, {title: handbook reference EB-09}]
amount: {kind: cap, how: {sv: det lägre av de två hushållens bistånd varje månad, en: the lower of the two households' support each month}}
parameters:
  min_months: {value: 1, unit: months, because: one month outside a move is enough to count a need twice}
severity: 5
status: active
since: 2026-11-23
*/
WITH entered AS (
  SELECT household_token, person_token, min(month) AS first_month
  FROM income_support_members GROUP BY household_token, person_token
),
neighbours AS (
  -- the row of each person, household and month with the household's months before and after
  SELECT i.household_token, i.person_token, i.month, i.role, i.row_ref, e.first_month,
         lag(i.month) OVER (PARTITION BY i.person_token, i.household_token ORDER BY i.month, i.row_ref) AS before,
         lead(i.month) OVER (PARTITION BY i.person_token, i.household_token ORDER BY i.month, i.row_ref) AS after,
         count(*) OVER (PARTITION BY i.person_token, i.month) AS n_rows
  FROM income_support_members i
  JOIN entered e ON e.household_token = i.household_token AND e.person_token = i.person_token
),
doubled AS (
  SELECT household_token, person_token, month, role, row_ref, first_month,
         coalesce(before = CAST(month - INTERVAL 1 MONTH AS DATE), false) AS is_before,
         coalesce(after = CAST(month + INTERVAL 1 MONTH AS DATE), false) AS is_after
  FROM neighbours WHERE n_rows > 1 AND month >= $since AND month <= $as_of
),
support AS (
  SELECT household_token, month, sum(amount_sek) AS paid_sek
  FROM support_payments GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
pairs AS (
  -- the household that the person joined last is the one to ask about; both must have been paid
  SELECT b.household_token, a.household_token AS other_token, b.person_token, b.month,
         a.row_ref AS other_ref, b.row_ref, least(s.paid_sek, t.paid_sek) AS lower_sek
  FROM doubled a
  JOIN doubled b ON b.person_token = a.person_token AND b.month = a.month AND b.household_token <> a.household_token
  JOIN support s ON s.household_token = a.household_token AND s.month = a.month
  JOIN support t ON t.household_token = b.household_token AND t.month = b.month
  WHERE NOT (a.role = 'child' AND b.role = 'child')
    AND (a.first_month < b.first_month
         OR (a.first_month = b.first_month AND a.household_token < b.household_token))
    -- a move: out of the one and into the other with this month in common
    AND NOT (NOT a.is_after AND NOT b.is_before AND (a.is_before OR b.is_after))
    AND NOT (NOT b.is_after AND NOT a.is_before AND (b.is_before OR a.is_after))
),
monthly AS (
  -- a household is paid once a month however many of its members are elsewhere
  SELECT household_token, month, max(lower_sek) AS sek FROM pairs GROUP BY household_token, month
),
evidence_rows AS (
  SELECT household_token, row_ref FROM pairs
  UNION
  SELECT household_token, other_ref FROM pairs
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
),
counted AS (
  SELECT household_token, count(DISTINCT person_token) AS n_persons, count(DISTINCT other_token) AS n_households
  FROM pairs GROUP BY household_token
),
summed AS (
  SELECT household_token, min(month) AS period_from, max(month) AS last_month, count(*) AS n_months, sum(sek) AS sek
  FROM monthly GROUP BY household_token
)
SELECT s.household_token AS subject_id, s.period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.5 + 0.08 * s.n_months) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n_months, c.n_persons, c.n_households, e.evidence
FROM summed s
JOIN counted c ON c.household_token = s.household_token
JOIN references_of e ON e.household_token = s.household_token
WHERE s.n_months >= $min_months
