/*
code: PA03
title: {sv: Assistent över tillåten veckoarbetstid, en: Assistant above the permitted working week}
method: rule
kind: breach
concept: working_time
subject: provider
gate: P1
reads: [assistance_shifts]
population: assistance_shifts.provider_id
why:
  sv: Assistans som utförts utöver arbetstidsreglerna ersätts inte. Ett högt snitt vecka efter vecka kan också betyda att timmarna inte har arbetats.
  en: Assistance worked beyond the limits on working time is not paid for. A high average week after week may also mean that the hours were not worked.
innocent:
  sv: Kollektivavtal med längre beräkningsperiod; brukaren är egen arbetsgivare och arbetet sker i hushållet; tillfällig semester- eller sjukersättning.
  en: A collective agreement with a longer averaging period; the client is the employer and the work is in the household; cover for holiday or illness.
blind_spots:
  sv: Väntetid, beredskap och arbete utanför assistansen räknas inte; de första veckorna i uttaget har inga veckor före sig och ger ett för lågt snitt.
  en: Waiting time, standby and work outside assistance are not counted; the first weeks of the export have none before them and give too low an average.
next_step:
  sv: Begär anställningsavtal, tillämpligt kollektivavtal och lönespecifikationer för assistenterna och kontrollera vem som faktiskt arbetade.
  en: Ask for the contract of employment, the collective agreement that applies and the payslips, and check who actually worked.
sentence:
  sv: "{n_assistants:assistent|assistenter} har arbetat mer än {limit_hours} aktiva timmar i veckan i snitt över fyra veckor (som mest {max_average:timme|timmar} i veckan), {n_weeks:vecka|veckor} sammanlagt"
  en: "{n_assistants:assistant|assistants} worked more than {limit_hours} active hours a week on average over four weeks ({max_average:hour|hours} a week at most), {n_weeks:week|weeks} in all"
basis: [{title: handbook PA-3}, {title: handbook reference PA-03}, {title: arbetstidslag (1982:673) 10 b §}, {title: socialförsäkringsbalk (2010:110) 51 kap. 16 §}]
parameters:
  max_week_hours: {law: working_week_hours, unit: hours a week, because: the limit that follows from the directive on working time}
  weeks: {value: 4, unit: weeks, because: handbook PA-3; the law allows four months and agreements up to twelve}
severity: 3
status: active
since: 2026-11-23
*/
WITH weekly AS (
  SELECT assistant_token, CAST(date_trunc('week', started_at) AS DATE) AS monday,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours
  FROM assistance_shifts
  WHERE started_at >= $since AND started_at < $as_of AND ended_at > started_at AND kind = 'active'
  GROUP BY assistant_token, CAST(date_trunc('week', started_at) AS DATE)
),
averaged AS (
  -- weeks without shifts count as nothing: the sum of the span is divided by its whole number of weeks
  SELECT assistant_token, monday,
         sum(hours) OVER (PARTITION BY assistant_token ORDER BY date_diff('day', $since, monday)
                          RANGE BETWEEN 7 * ($weeks - 1) PRECEDING AND CURRENT ROW) / $weeks AS average_hours
  FROM weekly
),
long_weeks AS (
  SELECT assistant_token, monday, average_hours FROM averaged WHERE average_hours > $max_week_hours
),
worked AS (
  -- the shifts of the weeks whose span is above the limit, with the provider that reported them
  SELECT s.provider_id, s.assistant_token, s.row_ref, s.started_at, l.monday, l.average_hours
  FROM long_weeks l
  JOIN assistance_shifts s
    ON s.assistant_token = l.assistant_token AND CAST(date_trunc('week', s.started_at) AS DATE) = l.monday
  WHERE s.kind = 'active' AND s.ended_at > s.started_at
)
SELECT provider_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + count(DISTINCT concat(assistant_token, '/', CAST(monday AS VARCHAR))) / 60.0
                       + (max(average_hours) - $max_week_hours) / 100.0) AS DOUBLE) AS strength,
       count(DISTINCT assistant_token) AS n_assistants, round(max(average_hours), 1) AS max_average,
       count(DISTINCT concat(assistant_token, '/', CAST(monday AS VARCHAR))) AS n_weeks,
       $max_week_hours AS limit_hours, count(*) AS n_evidence,
       array_agg(row_ref) AS evidence
FROM worked
GROUP BY provider_id
