/*
code: PA01
title: {sv: Samma assistent hos två brukare samtidigt, en: Same assistant with two clients at once}
method: rule
kind: impossible
concept: presence
subject: provider
gate: P1
reads: [assistance_shifts, persons, assistance_rates, calendar]
optional_reads: [persons, assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Aktiv assistans ges av en assistent åt en brukare i taget. När två aktiva pass överlappar kan bara det ena stämma.
  en: Active assistance is given by one assistant to one client at a time. Where two active shifts overlap only one of them can be right.
innocent:
  sv: Syskon eller andra brukare som bor tillsammans (räknas inte här); överlämning som skrivits för sent; fel dag eller fel brukare i tidredovisningen.
  en: Siblings or other clients who live together (not counted here); a handover written too late; a wrong day or client on the time sheet.
blind_spots:
  sv: Assistenter vars beteckning skiljer sig mellan anordnare; pass där adress saknas för båda brukarna räknas som skilda hushåll; väntetid och beredskap räknas inte.
  en: Assistants whose token differs between providers; shifts where both clients lack an address count as separate households; waiting time and standby are not counted.
next_step:
  sv: Jämför de två passen med undertecknad tidredovisning, schema och lönespecifikation och fråga brukarna vem som var där.
  en: Compare the two shifts with the signed time sheet, the rota and the payslip and ask the clients who was there.
sentence:
  sv: "{n:gång|gånger} har samma assistent aktiva pass hos två brukare samtidigt, sammanlagt {hours:timme|timmar} ({n_assistants:assistent|assistenter}, {n_clients} brukare)"
  en: "{n:time|times} the same assistant has active shifts with two clients at once, {hours:hour|hours} in all ({n_assistants:assistant|assistants}, {n_clients:client|clients})"
basis: [{title: handbook PA-1}, {title: handbook reference PA-01}]
amount: {kind: estimate, how: {sv: "överlappande timmar gånger anordnarens snittpris per timme; timmar mellan två anordnare delas lika", en: "overlapping hours times the provider's mean price an hour; hours between two providers are shared equally"}}
parameters:
  min_overlap_minutes: {value: 15, unit: minutes, because: times are written by hand and rounded to the quarter}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the money of an overlap between two providers is shared by them, so that a run counts it once"}
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH assistants AS (
  SELECT assistant_id, row_number() OVER (ORDER BY assistant_id) AS place
  FROM (SELECT DISTINCT assistant_token AS assistant_id FROM assistance_shifts WHERE started_at >= $since) d
),
placed AS (
  -- assistant and time as one number, 2^38 seconds an assistant: one sort by it is several times cheaper than a sort an assistant
  SELECT x.place * 274877906944 + CAST(floor(epoch(s.started_at)) AS BIGINT) AS begins,
         x.place * 274877906944 + CAST(ceil(epoch(s.ended_at)) AS BIGINT) AS ends, s.row_ref
  FROM assistance_shifts s JOIN assistants x ON x.assistant_id = s.assistant_token
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND s.kind = 'active'
),
followed AS (
  SELECT row_ref, begins, ends,
         max(ends) OVER (ORDER BY begins, row_ref ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         lead(begins) OVER (ORDER BY begins, row_ref) AS next_begins
  FROM placed
),
touching AS (
  -- only shifts that overlap another of the same assistant go into the join: the rule stays linear in shifts
  SELECT s.provider_id, s.client_token, s.assistant_token, s.started_at, s.ended_at, s.row_ref, p.address_token
  FROM followed f
  JOIN assistance_shifts s ON s.row_ref = f.row_ref
  LEFT JOIN persons p ON p.person_token = s.client_token
  WHERE f.latest_end_before > f.begins OR f.next_begins < f.ends
),
pairs AS (
  SELECT a.provider_id AS first_provider, b.provider_id AS second_provider, b.assistant_token,
         a.client_token AS first_client, b.client_token AS second_client,
         a.row_ref AS first_ref, b.row_ref AS second_ref, b.started_at,
         (least(epoch(a.ended_at), epoch(b.ended_at)) - epoch(b.started_at)
          - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
             least(epoch(a.ended_at), epoch(b.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
             - greatest(epoch(b.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END) / 60.0 AS minutes
  FROM touching a JOIN touching b
    ON a.assistant_token = b.assistant_token AND a.client_token <> b.client_token
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
   AND (a.started_at < b.started_at OR (a.started_at = b.started_at AND a.row_ref < b.row_ref))
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(b.started_at AS DATE) AND odd.day_hours <> 24
  WHERE a.address_token IS DISTINCT FROM b.address_token OR a.address_token IS NULL
),
sides AS (
  -- nobody knows which of the two shifts is wrong: both providers of a pair have it to explain, one provider once
  SELECT first_provider AS provider_id, assistant_token, first_client, second_client, first_ref, second_ref,
         started_at, minutes, minutes * CASE WHEN first_provider = second_provider THEN 1.0 ELSE 0.5 END AS own_minutes
  FROM pairs WHERE minutes > $min_overlap_minutes
  UNION ALL
  SELECT second_provider, assistant_token, first_client, second_client, first_ref, second_ref, started_at, minutes,
         minutes * 0.5
  FROM pairs WHERE minutes > $min_overlap_minutes AND first_provider <> second_provider
),
shown AS (
  SELECT provider_id, first_ref AS row_ref, first_client AS client_token FROM sides
  UNION
  SELECT provider_id, second_ref, second_client FROM sides
),
references_of AS (
  SELECT provider_id, count(DISTINCT client_token) AS n_clients, array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, sum(minutes) / 60.0 AS hours, sum(own_minutes) / 60.0 AS own_hours, count(DISTINCT assistant_token) AS n_assistants
  FROM sides GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 30.0 + s.hours / 100.0) AS DOUBLE) AS strength,
       CAST(s.own_hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, round(s.hours, 1) AS hours, s.n_assistants, e.n_clients, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
