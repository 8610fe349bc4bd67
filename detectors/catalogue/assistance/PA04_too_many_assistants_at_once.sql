/*
code: PA04
title: {sv: Fler assistenter samtidigt än beslutat, en: More assistants at once than decided}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_shifts, assistance_decisions, assistance_rates, calendar]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Utan beslut om dubbel assistans är en assistent i taget beviljad. Tid där flera redovisar samtidigt är då inte beviljad.
  en: Without a decision on double assistance one assistant at a time is granted. Time reported by several at once is then not granted.
innocent:
  sv: Överlämning mellan pass (högst en kvart räknas inte); introduktion av en ny assistent enligt överenskommelse; dubbel assistans som ingår i timmarna utan att anges för sig.
  en: A handover between shifts (a quarter at most is not counted); introduction of a new assistant by agreement; double assistance included in the hours without being stated.
blind_spots:
  sv: Väntetid och beredskap vid sidan av ett aktivt pass; dubbla timmar som jämnas ut mellan månader; brukare utan beslut i uttaget prövas inte här.
  en: Waiting time and standby beside an active shift; double hours evened out between months; clients without a decision in the export are not tested here.
next_step:
  sv: Se efter om beslutet medger dubbel assistans i något moment och begär schema och tidredovisning för de överlappande passen.
  en: See whether the decision allows double assistance for some task and ask for the rota and time sheets of the overlapping shifts.
sentence:
  sv: "hos {n_clients} brukare redovisas flera assistenter samtidigt mer än besluten medger, sammanlagt {hours:timme|timmar} ({n:tillfälle|tillfällen})"
  en: "with {n_clients:client|clients} several assistants are reported at once beyond what the decisions allow, {hours:hour|hours} in all ({n:occasion|occasions})"
basis: [{title: handbook PA-4}]
amount: {kind: estimate, how: {sv: timmarna utöver en assistent och beviljade dubbeltimmar gånger anordnarens snittpris per timme, en: hours beyond one assistant and granted double hours times the provider's mean price an hour}}
parameters:
  handover_minutes: {value: 15, unit: minutes, because: an assistant may tell the next one what has happened}
  min_excess_hours: {value: 0.5, unit: hours a client and month, because: a few long handovers are not worth an investigation}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
  - {date: 2026-11-23, what: "the decisions are among the evidence"}
*/
WITH clients AS (
  SELECT client_id, row_number() OVER (ORDER BY client_id) AS place
  FROM (SELECT DISTINCT client_token AS client_id FROM assistance_shifts WHERE started_at >= $since) d
),
placed AS (
  -- client and time as one number, 2^38 seconds a client: one sort by it is several times cheaper than a sort a client
  SELECT x.place * 274877906944 + CAST(floor(epoch(s.started_at)) AS BIGINT) AS begins,
         x.place * 274877906944 + CAST(ceil(epoch(s.ended_at)) AS BIGINT) AS ends, s.row_ref
  FROM assistance_shifts s JOIN clients x ON x.client_id = s.client_token
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND s.kind = 'active'
),
followed AS (
  SELECT row_ref, begins, ends,
         max(ends) OVER (ORDER BY begins, row_ref ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         lead(begins) OVER (ORDER BY begins, row_ref) AS next_begins
  FROM placed
),
shifts AS (
  -- a stretch with several assistants lies in shifts that overlap another of the same client: the rest is left out
  SELECT s.client_token, s.provider_id, s.assistant_token, epoch(s.started_at) AS begins, epoch(s.ended_at) AS ends,
         s.row_ref,
         max(epoch(s.ended_at)) OVER (PARTITION BY s.client_token, s.assistant_token ORDER BY s.started_at, s.row_ref
                                      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS own_end_before
  FROM followed f JOIN assistance_shifts s ON s.row_ref = f.row_ref
  WHERE f.latest_end_before > f.begins OR f.next_begins < f.ends
),
steps AS (
  -- one assistant's own overlapping rows count as one presence: only the part not yet covered is kept
  SELECT client_token, greatest(begins, coalesce(own_end_before, begins)) AS moment, 1 AS change, row_ref
  FROM shifts WHERE ends > coalesce(own_end_before, begins)
  UNION ALL
  SELECT client_token, ends, -1, row_ref FROM shifts WHERE ends > coalesce(own_end_before, begins)
),
moments AS (
  SELECT client_token, moment, sum(change) AS change, min(row_ref) AS row_ref FROM steps GROUP BY client_token, moment
),
present AS (
  SELECT client_token, moment, sum(change) OVER (PARTITION BY client_token ORDER BY moment, row_ref) AS n_present,
         lead(moment) OVER (PARTITION BY client_token ORDER BY moment, row_ref) AS until
  FROM moments
),
several_at_once AS (
  SELECT client_token, moment, until, n_present,
         CAST(TIMESTAMP '1970-01-01 00:00:00' + INTERVAL 1 DAY * CAST(floor(moment / 86400) AS INTEGER) AS DATE) AS day
  FROM present WHERE n_present > 1
),
lasting AS (
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  SELECT s.client_token, s.moment, s.until, s.n_present, CAST(date_trunc('month', s.day) AS DATE) AS month,
         s.until - s.moment
           - CASE WHEN odd.day IS NULL THEN 0.0
                  ELSE greatest(0.0, least(s.until, epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
                                     - greatest(s.moment, epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END AS seconds
  FROM several_at_once s LEFT JOIN calendar odd ON odd.day = s.day AND odd.day_hours <> 24
),
several AS (
  SELECT client_token, moment, until, seconds / 3600.0 * (n_present - 1) AS extra_hours, month
  FROM lasting WHERE seconds > 60 * $handover_minutes
),
months AS (
  SELECT client_token, month, CAST(month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS last_day,
         sum(extra_hours) AS extra_hours, count(*) AS n
  FROM several GROUP BY client_token, month
),
allowed AS (
  -- grouped back to one row a client and month before hours are compared
  SELECT m.client_token, m.month, m.extra_hours, m.n,
         sum(coalesce(d.double_hours_per_week, 0) / 7.0
             * (date_diff('day', greatest(d.valid_from, m.month), least(coalesce(d.valid_to, m.last_day), m.last_day)) + 1))
           AS double_hours
  FROM months m
  JOIN assistance_decisions d
    ON d.client_token = m.client_token AND d.valid_from <= m.last_day AND (d.valid_to IS NULL OR d.valid_to >= m.month)
  GROUP BY m.client_token, m.month, m.extra_hours, m.n
),
fired AS (
  SELECT client_token, month, extra_hours - double_hours AS excess, n
  FROM allowed WHERE extra_hours - double_hours > $min_excess_hours
),
shown AS (
  -- the shifts that lie in a stretch with several assistants, in the months that fired
  SELECT DISTINCT s.provider_id, s.client_token, f.month, s.row_ref, s.begins
  FROM fired f
  JOIN several v ON v.client_token = f.client_token AND v.month = f.month
  JOIN shifts s ON s.client_token = v.client_token AND s.begins < v.until AND s.ends > v.moment
),
by_client AS (
  -- a month counts once for each provider that took part
  SELECT DISTINCT w.provider_id, f.client_token, f.month, f.excess, f.n
  FROM fired f JOIN shown w ON w.client_token = f.client_token AND w.month = f.month
),
references_of AS (
  SELECT provider_id, count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref
        FROM (SELECT provider_id, row_ref FROM shown
              UNION
              SELECT w.provider_id, d.row_ref
              FROM shown w JOIN assistance_decisions d
                ON d.client_token = w.client_token AND d.valid_from < CAST(w.month + INTERVAL 1 MONTH AS DATE)
               AND (d.valid_to IS NULL OR d.valid_to >= w.month)) u) r
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from,
         least($as_of, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE)) AS period_to,
         count(DISTINCT client_token) AS n_clients, sum(excess) AS hours, CAST(sum(n) AS BIGINT) AS n
  FROM by_client GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.hours / 150.0 + s.n_clients / 20.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n_clients, round(s.hours, 1) AS hours, s.n, e.n_evidence, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
