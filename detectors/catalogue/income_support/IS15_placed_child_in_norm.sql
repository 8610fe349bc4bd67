/*
code: IS15
title: {sv: Placerat barn kvar i normen, en: Placed child still in the norm}
method: rule
kind: breach
concept: norm
subject: household
gate: P1
reads: [income_support_members, support_payments, support_norms, hvb_placements, absences, law_values]
optional_reads: [hvb_placements, absences]
law: [riksnorm_child_3]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_members.household_token
why:
  sv: Ett barn som bor på HVB hela månaden får sitt uppehälle där. Räknas barnet samtidigt fullt i hushållets norm betalas uppehället två gånger.
  en: A child who lives in residential care the whole month is provided for there. If the child is also fully counted in the household's norm, the living costs are paid twice.
innocent:
  sv: Placering en del av månaden (räknas inte); umgänge i hemmet som beräknats per dag; barn som står i listan men vars norm inte betalats (räknas inte).
  en: A placement for part of the month (not counted); stays at home calculated by the day; a child who is listed but whose norm was not paid (not counted).
blind_spots:
  sv: Placering i familjehem och på SiS-hem finns inte i uttagen; placeringens egna rader visas inte som underlag här.
  en: Placements in foster homes and state institutions are not in the exports; the placement's own rows are not shown as evidence here.
next_step:
  sv: Stäm av med barnets handläggare vilka dagar barnet varit hemma och rätta normen framåt.
  en: Check with the child's officer which days the child was at home and correct the norm from now on.
sentence:
  sv: "{n_months:månad|månader} räknades {n_children} barn i normen fast barnet var placerat hela månaden, minst {sek} kronor"
  en: "in {n_months:month|months} {n_children:child|children} were counted in the norm though placed for the whole month, {sek} SEK at least"
basis: [{title: handbook reference EB-11}, {title: "socialtjänstförordningen 12 kap. 2 §"}]
amount: {kind: estimate, how: {sv: lägsta barnraden i riksnormen för varje barn och månad, en: the lowest child row of the national norm for each child and month}}
parameters:
  income_share: {value: 0.75, unit: share of declared income, because: a quarter of wages may be left out of the calculation}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the placement is among the evidence"}
*/
WITH placed AS (
  SELECT client_token AS person_token, placed_on AS away_from, left_on AS away_to, row_ref FROM hvb_placements
  UNION ALL
  SELECT person_token, CAST(absent_from AS DATE), CAST(absent_to AS DATE), row_ref FROM absences WHERE kind = 'hvb'
),
stays AS (
  SELECT i.household_token, i.person_token, i.month, i.row_ref, p.row_ref AS stay_ref
  FROM income_support_members i JOIN placed p ON p.person_token = i.person_token
   AND p.away_from <= i.month
   AND (p.away_to IS NULL OR p.away_to >= CAST(i.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE))
  WHERE i.role = 'child' AND i.month >= $since AND i.month <= CAST(date_trunc('month', $as_of) AS DATE)
),
children AS (
  SELECT DISTINCT household_token, person_token, month FROM stays
),
counted AS (
  SELECT household_token, month, count(*) AS n_children FROM children GROUP BY household_token, month
),
norms AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek, min(row_ref) AS row_ref
  FROM support_payments WHERE purpose = 'norm' GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
fired AS (
  -- the child's row must have been paid: without it the norm would be lower by at least the lowest child row
  SELECT c.household_token, c.month, c.n_children, n.row_ref, least(n.norm_sek, c.n_children * l.value) AS sek
  FROM counted c
  JOIN norms n ON n.household_token = c.household_token AND n.month = c.month
  JOIN support_norms s ON s.household_token = c.household_token AND s.month = c.month
  JOIN law_values l ON l.name = 'riksnorm_child_3' AND l.valid_from <= c.month
   AND (l.valid_to IS NULL OR l.valid_to >= c.month)
  WHERE n.norm_sek + $income_share * coalesce(s.declared_income_sek, 0) > s.norm_limit_sek - c.n_children * l.value
),
evidence_rows AS (
  SELECT household_token, row_ref FROM fired
  UNION
  SELECT c.household_token, c.row_ref
  FROM stays c JOIN fired f ON f.household_token = c.household_token AND f.month = c.month
  UNION
  SELECT c.household_token, c.stay_ref
  FROM stays c JOIN fired f ON f.household_token = c.household_token AND f.month = c.month
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.06 * count(*)) AS DOUBLE) AS strength, CAST(sum(f.sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, max(f.n_children) AS n_children, CAST(round(sum(f.sek), 0) AS BIGINT) AS sek,
       max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
