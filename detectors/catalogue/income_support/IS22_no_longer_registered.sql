/*
code: IS22
title: {sv: Norm efter utflyttning ur registret, en: Norm after leaving the register}
method: rule
kind: breach
concept: absence
subject: household
gate: P1
reads: [income_support_members, persons, absences, support_payments]
optional_reads: [absences]
optional_columns: [persons.protected]
population: income_support_members.household_token
why:
  sv: Den vuxnas uppgift i registret har upphört, till exempel genom flytt till annan kommun eller annat land. Betalas norm mer än en månad därefter kan fel kommun betala.
  en: The adult's entry in the register has ended, for example by moving to another municipality or country. If norm is paid more than a month later the wrong municipality may be paying.
innocent:
  sv: Flytt under pågående ärende då kommunen behåller ansvaret en tid; placering i annan kommun; avliden (visas av andra regler); sent uppdaterat register; skyddade personuppgifter (räknas aldrig).
  en: A move during a case when the municipality stays responsible for a while; a placement elsewhere; a death (shown by other rules); a register updated late; protected identity (never counted).
blind_spots:
  sv: Den som flyttat utan att anmäla det.
  en: People who moved without reporting it.
next_step:
  sv: Kontrollera folkbokföringen och vilken kommun som ska ansvara; se till att hushållet inte står utan stöd under tiden.
  en: Check the population register and which municipality is responsible; make sure the household is not left without support meanwhile.
sentence:
  sv: "norm betalades för {n_months:månad|månader} efter att {n_persons} vuxna i hushållet lämnat registret, {sek} kronor"
  en: "norm was paid for {n_months:month|months} after {n_persons:adult|adults} of the household had left the register, {sek} SEK"
basis: [{title: handbook reference EB-12}]
amount: {kind: cap, how: {sv: normen för månaderna, en: the norm of the months}}
parameters:
  min_months: {value: 2, unit: months, because: a move and its handover between municipalities take a month}
severity: 3
status: active
since: 2026-11-23
*/
WITH gone AS (
  SELECT p.person_token, p.registered_to, p.row_ref
  FROM persons p
  WHERE p.registered_to IS NOT NULL AND p.registered_to < $as_of AND NOT coalesce(p.protected, false)
    AND NOT EXISTS (SELECT 1 FROM absences a WHERE a.kind = 'deceased' AND a.person_token = p.person_token)
),
adults AS (
  SELECT i.household_token, i.person_token, i.month, i.row_ref, g.row_ref AS register_ref
  FROM income_support_members i
  JOIN gone g ON g.person_token = i.person_token AND CAST(g.registered_to + INTERVAL 1 MONTH AS DATE) < i.month
  WHERE i.role <> 'child' AND i.month >= $since AND i.month <= $as_of
),
norms AS (
  SELECT household_token, month, sum(amount_sek) AS norm_sek, min(row_ref) AS row_ref
  FROM support_payments WHERE purpose = 'norm' GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
fired AS (
  SELECT n.household_token, n.month, n.norm_sek, n.row_ref
  FROM norms n
  WHERE EXISTS (SELECT 1 FROM adults a WHERE a.household_token = n.household_token AND a.month = n.month)
),
involved AS (
  SELECT a.household_token, a.person_token, a.row_ref, a.register_ref
  FROM adults a JOIN fired f ON f.household_token = a.household_token AND f.month = a.month
),
evidence_rows AS (
  SELECT household_token, row_ref FROM fired
  UNION SELECT household_token, row_ref FROM involved
  UNION SELECT household_token, register_ref FROM involved
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
),
persons_of AS (
  SELECT household_token, count(DISTINCT person_token) AS n_persons FROM involved GROUP BY household_token
)
SELECT f.household_token AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.05 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(f.norm_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, max(p.n_persons) AS n_persons, CAST(round(sum(f.norm_sek), 0) AS BIGINT) AS sek,
       max(e.evidence) AS evidence
FROM fired f
JOIN references_of e ON e.household_token = f.household_token
JOIN persons_of p ON p.household_token = f.household_token
GROUP BY f.household_token
HAVING count(*) >= $min_months
