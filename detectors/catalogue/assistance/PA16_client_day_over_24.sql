/*
code: PA16
title: {sv: Mer än dygnets timmar hos brukaren, en: More than the day's hours with client}
method: rule
kind: impossible
concept: decision
subject: provider
gate: P1
reads: [assistance_shifts, assistance_decisions, calendar, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Utan dubbel assistans kan en brukare inte få fler timmar på ett dygn än dygnet har. Väntetid på plats räknas med, beredskap i hemmet inte.
  en: Without double assistance a client cannot receive more hours in a day than the day has. Waiting time on the spot is counted, standby at home is not.
innocent:
  sv: Dubbel assistans enligt beslut (räknas inte); överlämning mellan pass; natten då klockan ställs om (dygnet får den längd det har).
  en: Double assistance by decision (not counted); handovers between shifts; the night when clocks change (the day has the length it has).
blind_spots:
  sv: Dubbel assistans som ingår i timmarna utan att anges för sig; brukare utan beslut i uttaget.
  en: Double assistance included in the hours without being stated; clients without a decision in the export.
next_step:
  sv: Begär schema och undertecknad tidredovisning för dygnen och se vilka pass som överlappar.
  en: Ask for the rota and the signed time sheets of those days and see which shifts overlap.
sentence:
  sv: "{n_days} dygn har en brukare fler redovisade timmar än dygnet har ({n_clients} brukare, som mest {max_hours:timme|timmar}), sammanlagt {hours:timme|timmar} för mycket"
  en: "on {n_days:day|days} a client has more reported hours than the day has ({n_clients:client|clients}, {max_hours:hour|hours} at most), {hours:hour|hours} too many in all"
basis: [{title: handbook reference PA-02}]
amount: {kind: estimate, how: {sv: timmarna utöver dygnet gånger anordnarens snittpris per timme, en: hours beyond the day times the provider's mean price an hour}}
parameters:
  tolerance_hours: {value: 1, unit: hours a day, because: four handovers of a quarter are ordinary}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the decisions are among the evidence"}
*/
WITH offsets AS (
  -- a shift touches at most a few days: it is cut at each midnight
  SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
),
cut AS (
  SELECT s.client_token, s.provider_id, s.row_ref, CAST(CAST(s.started_at AS DATE) + INTERVAL 1 DAY * o.k AS DATE) AS day,
         (least(epoch(s.ended_at), epoch(date_trunc('day', s.started_at) + INTERVAL 1 DAY * (o.k + 1)))
          - greatest(epoch(s.started_at), epoch(date_trunc('day', s.started_at) + INTERVAL 1 DAY * o.k))) / 3600.0 AS hours
  FROM assistance_shifts s CROSS JOIN offsets o
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND s.kind <> 'home_standby'
    AND date_trunc('day', s.started_at) + INTERVAL 1 DAY * o.k < s.ended_at
),
days AS (
  SELECT client_token, day, sum(hours) AS hours FROM cut GROUP BY client_token, day
  HAVING sum(hours) > 24 + $tolerance_hours
),
decided AS (
  SELECT client_token, day, hours
  FROM days d
  WHERE EXISTS (SELECT 1 FROM assistance_decisions g
                WHERE g.client_token = d.client_token AND g.valid_from <= d.day AND (g.valid_to IS NULL OR g.valid_to >= d.day))
    AND NOT EXISTS (SELECT 1 FROM assistance_decisions g
                    WHERE g.client_token = d.client_token AND g.valid_from <= d.day
                      AND (g.valid_to IS NULL OR g.valid_to >= d.day) AND g.double_hours_per_week > 0)
),
long_days AS (
  SELECT d.client_token, d.day, d.hours, d.hours - greatest(24, coalesce(c.day_hours, 24)) AS excess
  FROM decided d LEFT JOIN calendar c ON c.day = d.day
  WHERE d.hours > greatest(24, coalesce(c.day_hours, 24)) + $tolerance_hours
),
involved AS (
  -- every provider that reported some of the time carries its share of the excess
  SELECT l.client_token, l.day, l.hours AS day_hours, c.provider_id, c.row_ref, l.excess * c.hours / l.hours AS excess
  FROM long_days l JOIN cut c ON c.client_token = l.client_token AND c.day = l.day
),
references_of AS (
  SELECT provider_id, count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref
        FROM (SELECT provider_id, row_ref FROM involved
              UNION
              SELECT i.provider_id, d.row_ref
              FROM involved i JOIN assistance_decisions d
                ON d.client_token = i.client_token AND d.valid_from <= i.day AND (d.valid_to IS NULL OR d.valid_to >= i.day)
             ) u) r
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to,
         count(DISTINCT concat(client_token, '/', CAST(day AS VARCHAR))) AS n_days,
         count(DISTINCT client_token) AS n_clients, max(day_hours) AS max_hours, sum(excess) AS hours
  FROM involved GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n_days / 40.0 + greatest(0, s.max_hours - 24) / 48.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n_days, s.n_clients, round(round(s.max_hours, 6), 1) AS max_hours, round(round(s.hours, 6), 1) AS hours, e.n_evidence, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
