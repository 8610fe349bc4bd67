/*
code: PA21
title: {sv: Lön som inte motsvarar timmarna, en: Wage that does not match the hours}
method: rule
kind: breach
concept: income
subject: provider
gate: P1
reads: [assistance_shifts]
population: assistance_shifts.provider_id
why:
  sv: Betalas mycket lägre lön än timmarna motsvarar har de kanske inte arbetats, eller så utnyttjas assistenten.
  en: Where far less wage is paid than the hours are worth they may not have been worked, or the assistant is being exploited.
innocent:
  sv: Lönen betalas månaden efter; obetald ledighet som skrivits som tid.
  en: The wage is paid the month after; unpaid leave written as time.
blind_spots:
  sv: Utan löneuppgifter syns bara vilka assistenter som har så många timmar att lönen bör jämföras.
  en: Without wage data only the assistants with enough hours to compare are visible.
next_step:
  sv: Begär lönespecifikationer eller arbetsgivardeklaration för assistenterna. Tänk på att assistenten kan behöva skydd.
  en: Ask for payslips or the employer's declaration of the assistants. Bear in mind that the assistant may need protection.
sentence:
  sv: "{n_assistants:assistent|assistenter} har minst {min_hours} aktiva timmar under {n:månad|månader} och behöver jämföras med utbetald lön"
  en: "{n_assistants:assistant|assistants} have {min_hours} active hours or more in {n:month|months} and need to be compared with wages paid"
basis: [{title: handbook reference PA-13}]
parameters:
  min_hours: {value: 60, unit: active hours a month, because: handbook reference PA-13}
severity: 3
status: draft
why_not:
  sv: Utbetald lön finns inte i något uttag och får bara hämtas där lagen medger det. Regeln kan bara visa vilka timmar som ska jämföras.
  en: Wages paid are in no export and may be fetched only where the law allows. The rule can only show which hours are to be compared.
since: 2026-11-23
*/
WITH months AS (
  SELECT provider_id, assistant_token, CAST(date_trunc('month', started_at) AS DATE) AS month, max(row_ref) AS row_ref
  FROM assistance_shifts WHERE started_at >= $since AND ended_at > started_at AND kind = 'active'
  GROUP BY provider_id, assistant_token, CAST(date_trunc('month', started_at) AS DATE)
  HAVING sum(epoch(ended_at) - epoch(started_at)) >= 3600 * $min_hours
)
SELECT provider_id AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(0.1 AS DOUBLE) AS strength, count(*) AS n, count(DISTINCT assistant_token) AS n_assistants,
       CAST($min_hours AS BIGINT) AS min_hours, array_agg(row_ref) AS evidence
FROM months
GROUP BY provider_id
