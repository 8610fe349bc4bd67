/*
code: HC02
title: {sv: Två hos brukaren utan beslut, en: "Two with one client, undecided"}
method: rule
kind: impossible
concept: decision
subject: provider
gate: P1
reads: [home_care_visits, home_care_decisions, home_care_rates, calendar]
optional_reads: [home_care_rates]
population: home_care_visits.provider_id
why:
  sv: Samma brukare får tid registrerad av två personer på samma gång fast ingen dubbelbemanning är beslutad. Antingen är en av tiderna fel eller så betalas en insats som inte är beviljad.
  en: Two people register time with the same client at once though no double staffing is decided. Either one of the times is wrong or help that was not granted is paid for.
innocent:
  sv: Överlämning mellan två i personalen (tio minuter räknas inte); bredvidgång vid introduktion; tillfälligt behov av två vid förflyttning; beslut om dubbelbemanning som bara står i fritext.
  en: Handover between two members of staff (ten minutes are not counted); introduction of new staff; a temporary need of two for lifting; double staffing that is written in free text only.
blind_spots:
  sv: Brukare som har något beslut om dubbelbemanning granskas inte alls, även om beslutet bara gäller vissa insatser.
  en: Clients with any decision on double staffing are not examined, even where it covers some of the help only.
next_step:
  sv: Fråga utföraren vilka besök som krävde två personer och jämför med genomförandeplanen och beslutets text.
  en: Ask the provider which visits needed two people and compare with the care plan and the text of the decision.
sentence:
  sv: "{n:gång|gånger} var två i personalen registrerade samtidigt hos samma brukare utan beslut om dubbelbemanning, sammanlagt {minutes:minut|minuter} ({n_clients} brukare)"
  en: "{n:time|times} two members of staff were registered with one client at once without a decision on double staffing, {minutes:minute|minutes} in all ({n_clients:client|clients})"
basis: [{title: handbook HC-2}, {title: handbook reference HT-12 and HT-13}]
amount: {kind: estimate, how: {sv: överlappande minuter gånger utförarens snittpris per minut, en: overlapping minutes times the provider's mean price a minute}}
parameters:
  min_overlap_minutes: {value: 10, unit: minutes, because: staff who relieve each other are both present for a few minutes}
  min_pairs_month: {value: 3, unit: pairs a month, because: single overlaps are everyday mistakes}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH clients AS (
  SELECT client_id, row_number() OVER (ORDER BY client_id) AS place
  FROM (SELECT DISTINCT client_token AS client_id FROM home_care_visits WHERE started_at >= $since) d
),
placed AS (
  -- client and time as one number, 2^38 seconds a client: one sort by it is several times cheaper than a sort a client
  SELECT c.place * 274877906944 + CAST(floor(epoch(v.started_at)) AS BIGINT) AS begins,
         c.place * 274877906944 + CAST(ceil(epoch(v.ended_at)) AS BIGINT) AS ends, v.row_ref
  FROM home_care_visits v JOIN clients c ON c.client_id = v.client_token
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
followed AS (
  SELECT row_ref, begins, ends,
         max(ends) OVER (ORDER BY begins, row_ref ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         lead(begins) OVER (ORDER BY begins, row_ref) AS next_begins
  FROM placed
),
touching AS (
  -- only visits that overlap another of the same client go into the join: the rule stays linear in visits
  SELECT v.provider_id, v.client_token, v.staff_token, v.started_at, v.ended_at, v.row_ref
  FROM followed f JOIN home_care_visits v ON v.row_ref = f.row_ref
  WHERE f.latest_end_before > f.begins OR f.next_begins < f.ends
),
later AS (
  -- the later visit of a pair is the one in question, so the pair belongs to its provider; decided is not its matter
  SELECT t.provider_id, t.client_token, t.staff_token, t.started_at, t.ended_at, t.row_ref
  FROM touching t
  WHERE NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = t.client_token AND d.double_staffed
      AND d.valid_from <= CAST(t.started_at AS DATE)
      AND (d.valid_to IS NULL OR d.valid_to >= CAST(t.started_at AS DATE)))
),
pairs AS (
  SELECT b.provider_id, b.client_token, a.row_ref AS first_ref, b.row_ref AS second_ref, b.started_at,
         CAST(date_trunc('month', b.started_at) AS DATE) AS month,
         (least(epoch(a.ended_at), epoch(b.ended_at)) - epoch(b.started_at)
          - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
             least(epoch(a.ended_at), epoch(b.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
             - greatest(epoch(b.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END) / 60.0 AS minutes
  FROM touching a JOIN later b
    ON a.client_token = b.client_token
   AND (a.staff_token <> b.staff_token OR a.provider_id <> b.provider_id)
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
   AND (a.started_at < b.started_at OR (a.started_at = b.started_at AND a.row_ref < b.row_ref))
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(b.started_at AS DATE) AND odd.day_hours <> 24
),
undecided AS (
  SELECT p.provider_id, p.client_token, p.first_ref, p.second_ref, p.started_at, p.minutes,
         count(*) OVER (PARTITION BY p.provider_id, p.month) AS pairs_in_month
  FROM pairs p
  WHERE p.minutes > $min_overlap_minutes
),
evidence_rows AS (
  SELECT provider_id, first_ref AS row_ref FROM undecided WHERE pairs_in_month >= $min_pairs_month
  UNION
  SELECT provider_id, second_ref FROM undecided WHERE pairs_in_month >= $min_pairs_month
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, CAST(round(sum(minutes), 0) AS BIGINT) AS minutes, count(DISTINCT client_token) AS n_clients
  FROM undecided WHERE pairs_in_month >= $min_pairs_month GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 60.0) AS DOUBLE) AS strength,
       CAST(s.minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.minutes, s.n_clients, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
