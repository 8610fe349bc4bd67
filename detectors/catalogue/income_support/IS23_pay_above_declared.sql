/*
code: IS23
title: {sv: Lön över redovisad inkomst, en: Pay above declared income}
method: rule
kind: unusual
concept: income
subject: household
gate: P2
reads: [work_intervals, income_support_members, income_support_applications]
population: income_support_members.household_token
why:
  sv: Registrerad arbetstid som motsvarar tydligt mer lön än vad hushållet redovisat kan betyda att en del av lönen saknas i ansökan.
  en: Registered hours that imply clearly more pay than declared may mean that part of the pay is missing from the application.
innocent:
  sv: Lägre timlön eller högre skatt än antaget; lön som kommer månaden efter; tid som registrerats i fel persons namn; jobbstimulans.
  en: Lower hourly pay or higher tax than assumed; pay that arrives the month after; time registered in the wrong name; the work incentive.
blind_spots:
  sv: Allt arbete utanför hemtjänst och assistans.
  en: All work outside home care and assistance.
next_step:
  sv: Jämför med arbetsgivardeklarationen för månaden.
  en: Compare with the employer's monthly declaration.
sentence:
  sv: "{n_months:månad|månader} motsvarar {hours} registrerade timmar omkring {gap_sek} kronor mer i lön än vad som redovisats"
  en: "in {n_months:month|months} {hours} registered hours imply about {gap_sek} SEK more in pay than was declared"
basis: [{title: handbook reference EB-01}]
amount: {kind: estimate, how: {sv: beräknad nettolön minus redovisad inkomst, en: implied net pay less declared income}}
parameters:
  min_gap_sek: {value: 1000, unit: SEK a month, because: smaller gaps are tax and rounding}
  net_pay_per_hour: {value: 115, unit: SEK, because: "assumed: lowest collective pay of about 145 SEK an hour less a fifth in tax"}
severity: 2
status: draft
why_not:
  sv: Vad en person har tjänat finns inte i uttagen, bara antalet timmar. Ett gap på tusen kronor mot en antagen timlön vore en gissning om en enskild. Regeln blir säker först med inkomstuppgifter från arbetsgivardeklaration eller SSBTEK. Utelämnad inkomst fångas av IS01.
  en: What a person earned is not in the exports, only the hours. A gap of a thousand SEK against an assumed hourly pay would be a guess about a person. The rule becomes sound only with income records from the employers' declarations or SSBTEK. Income left out altogether is caught by IS01.
since: 2026-11-23
*/
WITH worked AS (
  SELECT i.household_token, i.month, (epoch(w.ended_at) - epoch(w.started_at)) / 3600.0 AS hours
  FROM income_support_members i JOIN work_intervals w
    ON w.person_token = i.person_token AND CAST(date_trunc('month', w.started_at) AS DATE) = i.month
  WHERE i.role <> 'child' AND i.month >= $since AND w.domain <> 'associations' AND w.kind <> 'home_standby'
),
monthly AS (
  SELECT household_token, month, sum(hours) AS hours
  FROM worked GROUP BY household_token, month
),
declared AS (
  SELECT household_token, month, max(declared_income_sek) AS declared_sek, min(row_ref) AS row_ref
  FROM income_support_applications GROUP BY household_token, month
),
fired AS (
  SELECT m.household_token, m.month, m.hours, d.row_ref,
         m.hours * $net_pay_per_hour - greatest(d.declared_sek, coalesce(n.declared_sek, 0)) AS gap_sek
  FROM monthly m
  JOIN declared d ON d.household_token = m.household_token AND d.month = m.month
  LEFT JOIN declared n ON n.household_token = m.household_token AND n.month = CAST(m.month + INTERVAL 1 MONTH AS DATE)
  WHERE m.hours * $net_pay_per_hour - greatest(d.declared_sek, coalesce(n.declared_sek, 0)) > $min_gap_sek
)
SELECT household_token AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(0.3 AS DOUBLE) AS strength,
       CAST(sum(gap_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_months,
       CAST(round(sum(hours), 0) AS BIGINT) AS hours, CAST(round(sum(gap_sek), 0) AS BIGINT) AS gap_sek,
       array_agg(row_ref) AS evidence
FROM fired GROUP BY household_token
