/*
code: PA14
title: {sv: Assistent under lägsta ålder, en: Assistant below the lowest age}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_shifts, persons, assistance_rates]
optional_reads: [assistance_rates]
age_limit: socialförsäkringsbalk (2010:110) 51 kap. 16 § and LSS (1993:387) 9 d §
population: assistance_shifts.provider_id
why:
  sv: Assistans som utförs av någon under arton år ersätts inte.
  en: Assistance performed by someone under eighteen is not paid for.
innocent:
  sv: Fel födelseår eller förväxlad beteckning; samordningsnummer som ännu inte fastställts.
  en: A wrong birth year or a mistaken token; a coordination number not yet settled.
blind_spots:
  sv: Bara födelseåret är känt, så den som fyller arton under året räknas inte; assistenter som saknas i personregistret.
  en: Only the year of birth is known, so whoever turns eighteen in the year is not counted; assistants missing in the register of persons.
next_step:
  sv: Kontrollera assistentens ålder mot folkbokföringen och begär anställningsavtalet. Tänk på att den unga själv kan behöva skydd.
  en: Check the assistant's age in the population register and ask for the contract of employment. Bear in mind that the young person may need protection.
sentence:
  sv: "{n_assistants:assistent|assistenter} var under {limit_age} år under {n} pass, sammanlagt {hours:timme|timmar}"
  en: "{n_assistants:assistant|assistants} were under {limit_age:year|years} during {n:shift|shifts}, {hours:hour|hours} in all"
basis: [{title: handbook PA-14}, {title: handbook reference PA-08}, {title: socialförsäkringsbalk (2010:110) 51 kap. 16 §}]
amount: {kind: estimate, how: {sv: passens omräknade timmar gånger anordnarens snittpris per timme, en: converted hours of the shifts times the provider's mean price an hour}}
parameters:
  min_age: {law: minimum_working_age, unit: years, because: the statutory bar on paying for younger assistants}
  waiting_factor: {law: assistance_waiting_factor, unit: assistance hours per hour, because: waiting time is paid by a quarter}
  standby_factor: {law: assistance_standby_factor, unit: assistance hours per hour, because: standby is paid by a seventh}
severity: 4
status: active
since: 2026-11-23
*/
WITH born AS (
  -- one row a person: with two years the earlier, which makes the person older
  SELECT person_token, min(birth_year) AS birth_year FROM persons WHERE birth_year IS NOT NULL GROUP BY person_token
),
fired AS (
  SELECT s.provider_id, s.assistant_token, s.started_at, s.row_ref,
         (epoch(s.ended_at) - epoch(s.started_at)) / 3600.0 AS hours,
         CASE s.kind WHEN 'awake_standby' THEN $waiting_factor WHEN 'home_standby' THEN $standby_factor ELSE 1.0 END AS factor
  FROM assistance_shifts s JOIN born b ON b.person_token = s.assistant_token
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND year(s.started_at) - b.birth_year < $min_age
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT assistant_token) AS n_assistants, sum(hours) AS hours,
         sum(hours * factor) AS counted_hours
  FROM fired GROUP BY provider_id
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired) f GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n / 80.0 + s.n_assistants / 10.0) AS DOUBLE) AS strength,
       CAST(s.counted_hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_assistants, round(s.hours, 1) AS hours, CAST($min_age AS BIGINT) AS limit_age, s.n AS n_evidence, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
