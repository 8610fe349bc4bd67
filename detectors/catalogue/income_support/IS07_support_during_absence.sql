/*
code: IS07
title: {sv: Norm för vuxen som varit borta, en: Norm for an absent adult}
method: rule
kind: breach
concept: absence
subject: household
gate: P1
reads: [absences, income_support_members, support_payments, law_values]
law: [riksnorm_single, riksnorm_couple]
population: income_support_members.household_token
why:
  sv: Den som är häktad, avtjänar fängelse eller vistas utomlands hela månaden får inte sitt uppehälle här. Normen för personen ska då normalt inte betalas.
  en: Someone in custody or abroad for the whole month is not living here. The norm for that person should then normally not be paid.
innocent:
  sv: Kortare vistelse än en hel kalendermånad (räknas inte); utlandsresa som handläggaren godkänt; utbetalning som gjordes innan frånvaron blev känd.
  en: A stay shorter than a whole calendar month (not counted); a journey abroad agreed with the officer; a payment made before the absence was known.
blind_spots:
  sv: Vistelser som inte finns i frånvarofilen; hyra för den som är borta kan vara rätt att betala och prövas inte.
  en: Stays missing from the absence file; rent for someone away may rightly be paid and is not examined.
next_step:
  sv: Bekräfta tiderna och se om en ändring borde ha anmälts och när den blev känd.
  en: Confirm the dates and see whether a change should have been reported and when it became known.
sentence:
  sv: "norm betalades för {n_months:hel månad|hela månader} då {n_persons:vuxen|vuxna} i hushållet var i häkte, i fängelse eller utomlands, omkring {sek} kronor för den delen"
  en: "norm was paid for {n_months:whole month|whole months} in which {n_persons:adult|adults} of the household were in custody or abroad, about {sek} SEK for their part"
basis: [{title: handbook IS-7}, {title: handbook reference EB-10 and EB-11}]
amount: {kind: estimate, how: {sv: "den vuxnas del: hela normen för ett ensamhushåll, annars riksnormens rad för en vuxen, högst det betalda", en: "the adult's part: the whole norm of a household of one, otherwise the national norm's row for an adult, at most what was paid"}}
parameters:
  min_months: {value: 1, unit: whole months, because: shorter stays do not change the norm}
severity: 4
status: active
since: 2026-11-23
*/
WITH adults AS (
  SELECT household_token, person_token, month, row_ref FROM income_support_members
  WHERE role <> 'child' AND month >= $since AND month <= $as_of
),
spells AS (
  SELECT a.person_token, a.absent_from, coalesce(a.absent_to, CAST($as_of AS TIMESTAMP)) AS absent_to, a.row_ref
  FROM absences a
  WHERE a.kind IN ('custody', 'abroad')
    AND EXISTS (SELECT 1 FROM adults g WHERE g.person_token = a.person_token)
),
marked AS (
  -- a spell that begins no later than a day after the ones before have ended continues them (moved between places)
  SELECT person_token, absent_from, absent_to, row_ref,
         CASE WHEN absent_from <= max(absent_to) OVER (PARTITION BY person_token ORDER BY absent_from, row_ref
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 1 DAY
              THEN 0 ELSE 1 END AS begins
  FROM spells
),
grouped AS (
  SELECT person_token, absent_from, absent_to, row_ref,
         sum(begins) OVER (PARTITION BY person_token ORDER BY absent_from, row_ref
                           ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS stay
  FROM marked
),
stays AS (
  SELECT person_token, stay, min(absent_from) AS absent_from, max(absent_to) AS absent_to, min(row_ref) AS row_ref
  FROM grouped GROUP BY person_token, stay
),
norms AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek, min(row_ref) AS row_ref
  FROM support_payments WHERE purpose = 'norm' GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
sizes AS (
  SELECT household_token, month, count(*) AS n_people, sum(CASE WHEN role <> 'child' THEN 1 ELSE 0 END) AS n_adults
  FROM income_support_members GROUP BY household_token, month
),
away AS (
  SELECT g.household_token, g.person_token, g.month, n.norm_sek, z.n_people, z.n_adults, g.row_ref AS member_ref,
         n.row_ref AS norm_ref, s.row_ref AS absence_ref
  FROM adults g
  JOIN stays s ON s.person_token = g.person_token AND s.absent_from < CAST(g.month AS TIMESTAMP) + INTERVAL 1 DAY
    AND s.absent_to >= CAST(g.month AS TIMESTAMP) + INTERVAL 1 MONTH - INTERVAL 1 DAY
  JOIN norms n ON n.household_token = g.household_token AND n.month = g.month
  JOIN sizes z ON z.household_token = g.household_token AND z.month = g.month
),
priced AS (
  SELECT a.household_token, a.month, max(a.norm_sek) AS norm_sek, max(a.n_people) AS n_people,
         count(*) * max(CASE WHEN a.n_adults >= 2 AND l.name = 'riksnorm_couple' THEN l.value / 2
                             WHEN a.n_adults = 1 AND l.name = 'riksnorm_single' THEN l.value END) AS part_sek
  FROM away a LEFT JOIN law_values l
    ON l.name = CASE WHEN a.n_adults >= 2 THEN 'riksnorm_couple' ELSE 'riksnorm_single' END
   AND l.valid_from <= a.month AND (l.valid_to IS NULL OR l.valid_to >= a.month)
  GROUP BY a.household_token, a.month
),
evidence_rows AS (
  SELECT household_token, member_ref AS row_ref FROM away
  UNION
  SELECT household_token, norm_ref FROM away
  UNION
  SELECT household_token, absence_ref FROM away
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
),
persons_away AS (
  SELECT household_token, count(DISTINCT person_token) AS n_persons FROM away GROUP BY household_token
),
summed AS (
  SELECT household_token, min(month) AS period_from, max(month) AS last_month, count(*) AS n_months,
         sum(CASE WHEN n_people = 1 THEN norm_sek
                  WHEN part_sek IS NULL THEN norm_sek / n_people
                  ELSE least(norm_sek, part_sek) END) AS sek
  FROM priced GROUP BY household_token
)
SELECT s.household_token AS subject_id, s.period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + 0.1 * s.n_months) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n_months, p.n_persons, CAST(round(s.sek, 0) AS BIGINT) AS sek, e.evidence
FROM summed s
JOIN persons_away p ON p.household_token = s.household_token
JOIN references_of e ON e.household_token = s.household_token
WHERE s.n_months >= $min_months
