/*
code: PA15
title: {sv: En enda assistent bär assistansen, en: One assistant carries all assistance}
method: rule
kind: unusual
concept: working_time
subject: provider
gate: P1
reads: [assistance_shifts, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Mer än åttio aktiva timmar i veckan är två heltider. När nästan alla timmar redovisas på en person har de knappast arbetats som de står.
  en: More than eighty active hours a week are two full-time jobs. Where nearly all are reported for one person they were hardly worked as written.
innocent:
  sv: En anhörig som bor med brukaren och täcker upp en kortare tid; vikarier som redovisas på ordinarie assistents beteckning.
  en: A relative who lives with the client and covers for a short time; stand-ins reported under the regular assistant's token.
blind_spots:
  sv: Brukare med färre timmar i veckan; väntetid och beredskap räknas inte; timmar som delats på flera beteckningar.
  en: Clients with fewer hours a week; waiting time and standby are not counted; hours split over several tokens.
next_step:
  sv: Begär schema och lönespecifikationer för assistenten och fråga brukaren vilka som brukar arbeta.
  en: Ask for the assistant's rota and payslips and ask the client who usually works.
sentence:
  sv: "hos {n_clients} brukare har en assistent mer än {share_limit} procent av tiden i {n_weeks:vecka|veckor} med mer än {hours_limit} aktiva timmar (som mest {max_hours:timme|timmar} på en vecka)"
  en: "with {n_clients:client|clients} one assistant has more than {share_limit} percent of the time in {n_weeks:week|weeks} of more than {hours_limit} active hours ({max_hours:hour|hours} in a week at most)"
basis: [{title: handbook PA-15}]
amount: {kind: estimate, how: {sv: assistentens timmar över 48 i veckan gånger anordnarens snittpris per timme, en: the assistant's hours above 48 a week times the provider's mean price an hour}}
parameters:
  min_week_hours: {value: 80, unit: active hours a week (more than), because: handbook PA-15; two full-time jobs}
  min_share: {value: 0.9, unit: share of the week's hours (more than), because: handbook PA-15}
  min_weeks: {value: 4, unit: weeks, because: short cover for a colleague may fill a week or two}
  week_limit: {law: working_week_hours, unit: hours a week, because: hours above the permitted average are not paid for}
severity: 3
status: active
since: 2026-11-23
*/
WITH by_assistant AS (
  SELECT provider_id, client_token, assistant_token, CAST(date_trunc('week', started_at) AS DATE) AS monday,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours
  FROM assistance_shifts
  WHERE started_at >= $since AND started_at < $as_of AND ended_at > started_at AND kind = 'active'
  GROUP BY provider_id, client_token, assistant_token, CAST(date_trunc('week', started_at) AS DATE)
),
weeks AS (
  SELECT provider_id, client_token, assistant_token, monday, hours,
         sum(hours) OVER (PARTITION BY provider_id, client_token, monday) AS all_hours
  FROM by_assistant
),
carried AS (
  SELECT provider_id, client_token, assistant_token, monday, hours,
         count(*) OVER (PARTITION BY provider_id, client_token, assistant_token) AS n_weeks
  FROM weeks WHERE all_hours > $min_week_hours AND hours > $min_share * all_hours
),
fired AS (
  SELECT provider_id, client_token, assistant_token, monday, hours, greatest(0, hours - $week_limit) AS excess
  FROM carried WHERE n_weeks >= $min_weeks
),
summed AS (
  SELECT provider_id, min(monday) AS period_from, least($as_of, CAST(max(monday) + INTERVAL 6 DAY AS DATE)) AS period_to,
         count(DISTINCT client_token) AS n_clients, count(*) AS n_weeks, max(hours) AS max_hours, sum(excess) AS excess
  FROM fired GROUP BY provider_id
),
shown AS (
  SELECT f.provider_id, s.row_ref
  FROM fired f
  JOIN assistance_shifts s
    ON s.provider_id = f.provider_id AND s.client_token = f.client_token AND s.assistant_token = f.assistant_token
   AND CAST(date_trunc('week', s.started_at) AS DATE) = f.monday
  WHERE s.kind = 'active' AND s.ended_at > s.started_at
),
references_of AS (
  SELECT provider_id, count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n_weeks / 80.0 + s.n_clients / 10.0) AS DOUBLE) AS strength,
       CAST(s.excess * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n_clients, s.n_weeks, round(s.max_hours, 1) AS max_hours, CAST(100 * $min_share AS BIGINT) AS share_limit,
       CAST($min_week_hours AS BIGINT) AS hours_limit, e.n_evidence, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
