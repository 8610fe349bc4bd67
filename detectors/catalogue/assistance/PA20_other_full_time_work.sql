/*
code: PA20
title: {sv: Assistent med annan heltid, en: Assistant with another full-time job}
method: rule
kind: unusual
concept: working_time
subject: provider
gate: P2
reads: [assistance_shifts, home_care_visits]
population: assistance_shifts.provider_id
why:
  sv: Den som redan arbetar heltid någon annanstans hinner knappast med många assistanstimmar samma månad.
  en: Someone who already works full time elsewhere hardly has time for many assistance hours in the same month.
innocent:
  sv: Två deltidsarbeten med schema som går ihop; retroaktiv lön.
  en: Two part-time jobs with rotas that fit; back pay.
blind_spots:
  sv: Här syns bara hemtjänst som annat arbete, inte andra arbetsgivare.
  en: Only home care is visible as other work here, not other employers.
next_step:
  sv: Jämför de två verksamheternas scheman för månaderna.
  en: Compare the rotas of the two services for the months.
sentence:
  sv: "{n_assistants:assistent|assistenter} har minst {min_hours:timme|timmar} i både assistans och hemtjänst samma månad ({n:månad|månader})"
  en: "{n_assistants:assistant|assistants} have {min_hours:hour|hours} or more in both assistance and home care in one month ({n:month|months})"
basis: [{title: handbook reference PA-12}]
parameters:
  min_hours: {value: 120, unit: hours a month, because: three quarters of full time in each}
severity: 2
status: draft
why_not:
  sv: Inkomstuppgifter om assistenter finns inte i något uttag och får bara hämtas där lagen medger det. Samma person i hemtjänst och assistans prövas i reglerna över områden (XD).
  en: Income data on assistants are in no export and may be fetched only where the law allows. The same person in home care and assistance is tested by the rules across domains (XD).
since: 2026-11-23
*/
WITH assistance AS (
  SELECT provider_id, assistant_token, CAST(date_trunc('month', started_at) AS DATE) AS month,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours, max(row_ref) AS row_ref
  FROM assistance_shifts WHERE started_at >= $since AND ended_at > started_at AND kind = 'active'
  GROUP BY provider_id, assistant_token, CAST(date_trunc('month', started_at) AS DATE)
),
home_care AS (
  SELECT staff_token, CAST(date_trunc('month', started_at) AS DATE) AS month,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours, max(row_ref) AS row_ref
  FROM home_care_visits WHERE started_at >= $since AND ended_at > started_at
  GROUP BY staff_token, CAST(date_trunc('month', started_at) AS DATE)
)
SELECT a.provider_id AS subject_id, min(a.month) AS period_from,
       CAST(max(a.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(0.8, 0.3 + count(*) / 30.0) AS DOUBLE) AS strength, count(*) AS n,
       count(DISTINCT a.assistant_token) AS n_assistants, CAST($min_hours AS BIGINT) AS min_hours,
       array_agg(a.row_ref) AS evidence
FROM assistance a JOIN home_care h ON h.staff_token = a.assistant_token AND h.month = a.month
WHERE a.hours >= $min_hours AND h.hours >= $min_hours
GROUP BY a.provider_id
