/*
code: PA02
title: {sv: Assistent med mer än dygnets timmar, en: Assistant with more than a day's hours}
method: rule
kind: impossible
concept: working_time
subject: provider
gate: P1
reads: [assistance_shifts, calendar, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Ett dygn har tjugofyra timmar. Redovisas fler timmar för en assistent, alla slag av tid och alla anordnare sammanräknade, är någon tid fel.
  en: A day has twenty-four hours. Where more are reported for one assistant, all kinds of time and all providers together, some time is wrong.
innocent:
  sv: Natten då klockan ställs om (dygnet får den längd det har); samma pass inskickat två gånger; beredskap hos en brukare skriven ovanpå aktiv tid; en beteckning som används av flera vikarier.
  en: The night when clocks change (the day has the length it has); one shift sent twice; standby with one client written on top of active time; one token used by several temporary staff.
blind_spots:
  sv: Assistenter som har olika beteckning hos olika anordnare; orimliga dygn som stannar under dygnets längd.
  en: Assistants with different tokens at different providers; unreasonable days that stay below the length of the day.
next_step:
  sv: Begär undertecknad tidredovisning och lönespecifikation för dygnen och se vilka pass som överlappar.
  en: Ask for the signed time sheets and the payslip of those days and see which shifts overlap.
sentence:
  sv: "{n_days} dygn har en assistent fler timmar redovisade än dygnet har ({n_assistants:assistent|assistenter}, som mest {max_hours:timme|timmar}), sammanlagt {hours:timme|timmar} för mycket"
  en: "on {n_days:day|days} an assistant has more hours reported than the day has ({n_assistants:assistant|assistants}, {max_hours:hour|hours} at most), {hours:hour|hours} too many in all"
basis: [{title: handbook PA-2}, {title: handbook reference section 0 on day length}]
amount: {kind: estimate, how: {sv: timmarna utöver dygnet gånger anordnarens snittpris per timme, en: hours beyond the day times the provider's mean price an hour}}
parameters:
  tolerance_hours: {value: 0.25, unit: hours, because: handovers written to the quarter may overlap by one}
severity: 5
status: active
since: 2026-11-23
*/
WITH offsets AS (
  -- a shift touches at most a few days: it is cut at each midnight
  SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
),
cut AS (
  SELECT s.assistant_token, s.provider_id, s.row_ref, CAST(CAST(s.started_at AS DATE) + INTERVAL 1 DAY * o.k AS DATE) AS day,
         (least(epoch(s.ended_at), epoch(date_trunc('day', s.started_at) + INTERVAL 1 DAY * (o.k + 1)))
          - greatest(epoch(s.started_at), epoch(date_trunc('day', s.started_at) + INTERVAL 1 DAY * o.k))) / 3600.0 AS hours
  FROM assistance_shifts s CROSS JOIN offsets o
  WHERE s.started_at >= $since AND s.ended_at > s.started_at
    AND date_trunc('day', s.started_at) + INTERVAL 1 DAY * o.k < s.ended_at
),
days AS (
  SELECT assistant_token, day, sum(hours) AS hours FROM cut GROUP BY assistant_token, day
  HAVING sum(hours) > 24 + $tolerance_hours
),
long_days AS (
  -- written times never show the hour that is lost in March, so a day is never taken as shorter than twenty-four
  SELECT d.assistant_token, d.day, d.hours, d.hours - greatest(24, coalesce(c.day_hours, 24)) AS excess
  FROM days d LEFT JOIN calendar c ON c.day = d.day
  WHERE d.hours > greatest(24, coalesce(c.day_hours, 24)) + $tolerance_hours
),
involved AS (
  -- every provider that reported some of the time carries its share of the excess
  SELECT l.assistant_token, l.day, l.hours AS day_hours, c.provider_id, c.row_ref,
         l.excess * c.hours / l.hours AS excess
  FROM long_days l JOIN cut c ON c.assistant_token = l.assistant_token AND c.day = l.day
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT DISTINCT provider_id, row_ref FROM involved) r GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to,
         count(DISTINCT concat(assistant_token, '/', CAST(day AS VARCHAR))) AS n_days,
         count(DISTINCT assistant_token) AS n_assistants, max(day_hours) AS max_hours, sum(excess) AS hours
  FROM involved GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n_days / 30.0 + greatest(0, s.max_hours - 24) / 48.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n_days, s.n_assistants, round(s.max_hours, 1) AS max_hours, round(s.hours, 1) AS hours, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
