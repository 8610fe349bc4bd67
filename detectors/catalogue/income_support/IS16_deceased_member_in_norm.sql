/*
code: IS16
title: {sv: Avliden medlem kvar i normen, en: Deceased member still in the norm}
method: rule
kind: impossible
concept: absence
subject: household
gate: P1
reads: [absences, income_support_members, support_payments, support_norms, law_values]
law: [riksnorm_single, riksnorm_couple, riksnorm_child_3]
age_limit: "socialtjänstförordningen 12 kap. 2 §: the norm of a child is set by age"
population: income_support_members.household_token
why:
  sv: En medlem som har avlidit har inga levnadskostnader. Räknas personen i normen månader efter dödsfallet har ändringen inte nått beräkningen.
  en: A member who has died has no living costs. If the person is counted in the norm months after the death, the change has not reached the calculation.
innocent:
  sv: Utbetalning som gjordes före dödsfallet (räknas inte); månaden då dödsfallet skedde (räknas inte); medlem som står i listan men vars norm inte betalats (räknas inte). De anhöriga är i sorg; ta kontakt varsamt.
  en: A payment made before the death (not counted); the month of the death (not counted); a member who is listed but whose norm was not paid (not counted). The family is in mourning; make contact with care.
blind_spots:
  sv: Dödsfall som inte finns i frånvarofilen; hushåll vars enda vuxna avlidit visas av en annan regel.
  en: Deaths missing from the absence file; households whose only adult died are shown by another rule.
next_step:
  sv: Rätta hushållets sammansättning i nästa beräkning och se om återkrav alls är rimligt.
  en: Correct the composition in the next calculation and see whether a claim is reasonable at all.
sentence:
  sv: "{n_months:månad|månader} efter ett dödsfall räknades {n_persons:avliden medlem|avlidna medlemmar} fortfarande i normen, omkring {sek} kronor"
  en: "for {n_months:month|months} after a death {n_persons:deceased member was|deceased members were} still counted in the norm, about {sek} SEK"
basis: [{title: handbook reference EB-12}]
amount: {kind: estimate, how: {sv: "skillnaden mellan par och ensamstående i riksnormen för en vuxen, lägsta barnraden för ett barn", en: "the difference between couple and single in the national norm for an adult, the lowest child row for a child"}}
parameters:
  income_share: {value: 0.75, unit: share of declared income, because: a quarter of wages may be left out of the calculation}
severity: 4
status: active
since: 2026-11-23
*/
WITH dead AS (
  SELECT person_token, CAST(min(absent_from) AS DATE) AS died_on, min(row_ref) AS row_ref
  FROM absences WHERE kind = 'deceased' GROUP BY person_token
),
law AS (
  SELECT m.month, max(CASE WHEN l.name = 'riksnorm_couple' THEN l.value END)
                  - max(CASE WHEN l.name = 'riksnorm_single' THEN l.value END) AS adult_sek,
         max(CASE WHEN l.name = 'riksnorm_child_3' THEN l.value END) AS child_sek
  FROM (SELECT DISTINCT month FROM income_support_members WHERE month >= $since) m
  JOIN law_values l ON l.valid_from <= m.month AND (l.valid_to IS NULL OR l.valid_to >= m.month)
  GROUP BY m.month
),
norms AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek, min(row_ref) AS row_ref, max(paid_on) AS paid_on
  FROM support_payments WHERE purpose = 'norm' GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
listed AS (
  SELECT i.household_token, i.person_token, i.month, i.row_ref, d.row_ref AS death_ref, d.died_on,
         CASE WHEN i.role = 'child' THEN l.child_sek ELSE l.adult_sek END AS part_sek
  FROM income_support_members i
  JOIN dead d ON d.person_token = i.person_token AND d.died_on < i.month
  JOIN law l ON l.month = i.month
  WHERE i.month <= $as_of
),
parts AS (
  SELECT l.household_token, l.month, sum(l.part_sek) AS part_sek, max(l.died_on) AS died_on
  FROM listed l GROUP BY l.household_token, l.month
),
fired AS (
  SELECT p.household_token, p.month, n.row_ref, least(n.norm_sek, p.part_sek) AS sek
  FROM parts p
  JOIN norms n ON n.household_token = p.household_token AND n.month = p.month AND n.paid_on > p.died_on
  JOIN support_norms s ON s.household_token = p.household_token AND s.month = p.month
  WHERE n.norm_sek + $income_share * coalesce(s.declared_income_sek, 0) > s.norm_limit_sek - p.part_sek
    -- a household whose adults are all dead is the matter of IS08
    AND EXISTS (SELECT 1 FROM income_support_members o LEFT JOIN dead d ON d.person_token = o.person_token
                WHERE o.household_token = p.household_token AND o.month = p.month AND o.role <> 'child'
                  AND (d.died_on IS NULL OR d.died_on >= p.month))
),
involved AS (
  SELECT l.household_token, l.person_token, l.row_ref, l.death_ref
  FROM listed l JOIN fired f ON f.household_token = l.household_token AND f.month = l.month
),
evidence_rows AS (
  SELECT household_token, row_ref FROM fired
  UNION
  SELECT household_token, row_ref FROM involved
  UNION
  SELECT household_token, death_ref FROM involved
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
),
persons_of AS (
  SELECT household_token, count(DISTINCT person_token) AS n_persons FROM involved GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + 0.06 * count(*)) AS DOUBLE) AS strength, CAST(sum(f.sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, max(p.n_persons) AS n_persons, CAST(round(sum(f.sek), 0) AS BIGINT) AS sek,
       max(e.evidence) AS evidence
FROM fired f
JOIN references_of e ON e.household_token = f.household_token
JOIN persons_of p ON p.household_token = f.household_token
GROUP BY f.household_token
