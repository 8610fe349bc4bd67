/*
code: HC01
title: {sv: Samma personal på två platser, en: Same staff in two places}
method: rule
kind: impossible
concept: presence
subject: provider
gate: P1
reads: [home_care_visits, home_care_sequence, persons, home_care_rates, calendar]
optional_reads: [persons, home_care_rates]
population: home_care_visits.provider_id
why:
  sv: En person kan inte vara hos två brukare samtidigt. Överlappande besök betyder att minst en registrering är fel.
  en: Nobody can be with two clients at once. Overlapping visits mean that at least one registration is wrong.
innocent:
  sv: Sen registrering av föregående besök; två brukare i samma hushåll (räknas inte här); delad inloggning.
  en: Late registration of the visit before; two clients of one household (not counted here); a shared login.
blind_spots:
  sv: Personal vars beteckning skiljer sig mellan utförare; besök där adress saknas hos båda brukarna.
  en: Staff whose token differs between providers; visits where both clients lack an address.
next_step:
  sv: Jämför de två besöken med läsarens eller låsets rålogg och med planeringen för dagen.
  en: Compare the two visits with the raw log of the reader or lock and with the plan of the day.
sentence:
  sv: "{n:gång|gånger} var samma personal registrerad hos två brukare samtidigt, sammanlagt {minutes:minut|minuter} ({n_staff} i personalen)"
  en: "{n:time|times} the same staff were registered with two clients at once, {minutes:minute|minutes} in all ({n_staff} staff)"
basis: [{title: handbook HC-1}, {title: handbook reference HT-01}]
amount: {kind: estimate, how: {sv: överlappande minuter gånger utförarens snittpris per minut, en: overlapping minutes times the provider's mean price a minute}}
parameters:
  min_overlap_minutes: {value: 15, unit: minutes, because: clocks of readers differ and check-out is often late}
  min_pairs_month: {value: 3, unit: pairs a month, because: single overlaps are everyday mistakes}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH touching AS (
  -- only visits that overlap another of the same staff go into the join: the rule stays linear in visits
  SELECT v.provider_id, v.client_token, v.staff_token, v.started_at, v.ended_at, v.row_ref, p.address_token
  FROM home_care_sequence q
  JOIN home_care_visits v ON v.row_ref = q.row_ref
  LEFT JOIN persons p ON p.person_token = v.client_token
  WHERE q.is_overlapping AND v.started_at >= $since
),
pairs AS (
  SELECT b.provider_id, b.staff_token, a.row_ref AS first_ref, b.row_ref AS second_ref, b.started_at,
         CAST(date_trunc('month', b.started_at) AS DATE) AS month,
         (least(epoch(a.ended_at), epoch(b.ended_at)) - epoch(b.started_at)
          - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
             least(epoch(a.ended_at), epoch(b.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
             - greatest(epoch(b.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END) / 60.0 AS minutes
  FROM touching a JOIN touching b
    ON a.staff_token = b.staff_token AND a.client_token <> b.client_token
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
   AND (a.started_at < b.started_at OR (a.started_at = b.started_at AND a.row_ref < b.row_ref))
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(b.started_at AS DATE) AND odd.day_hours <> 24
  WHERE a.address_token IS DISTINCT FROM b.address_token OR a.address_token IS NULL
),
counted AS (
  SELECT provider_id, staff_token, first_ref, second_ref, started_at, minutes,
         count(*) OVER (PARTITION BY provider_id, month) AS pairs_in_month
  FROM pairs WHERE minutes > $min_overlap_minutes
),
evidence_rows AS (
  SELECT provider_id, first_ref AS row_ref FROM counted WHERE pairs_in_month >= $min_pairs_month
  UNION
  SELECT provider_id, second_ref FROM counted WHERE pairs_in_month >= $min_pairs_month
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, CAST(round(sum(minutes), 0) AS BIGINT) AS minutes, count(DISTINCT staff_token) AS n_staff
  FROM counted WHERE pairs_in_month >= $min_pairs_month GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n / 50.0) AS DOUBLE) AS strength,
       CAST(s.minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.minutes, s.n_staff, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
