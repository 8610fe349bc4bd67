/*
code: AG14
title: {sv: Ledare på två platser samtidigt, en: Leader in two places at once}
method: rule
kind: impossible
concept: presence
subject: association
gate: P1
reads: [association_support, calendar]
population: association_activities.association_id
why:
  sv: En ledare kan inte hålla i två aktiviteter i olika lokaler samtidigt. Minst en av dem hölls inte som redovisat.
  en: A leader cannot hold two activities in different venues at once. At least one of them was not held as reported.
innocent:
  sv: Ledaren står som ansvarig men en annan höll passet; två närliggande salar har var sitt kodvärde; fel tid på kortet.
  en: The leader is named as responsible but somebody else held the session; two halls side by side have a token each; a wrong time on the card.
blind_spots:
  sv: Aktiviteter utan ledare eller lokal i exporten.
  en: Activities without leader or venue in the export.
next_step:
  sv: Fråga vem som faktiskt ledde aktiviteterna och jämför med bokning och passerlogg.
  en: Ask who actually led the activities and compare with bookings and door logs.
sentence:
  sv: "{n:gång|gånger} står samma ledare för två aktiviteter i olika lokaler samtidigt ({n_leaders} ledare)"
  en: "{n:time|times} the same leader is named for two activities in different venues at once ({n_leaders:leader|leaders})"
basis: [{title: handbook AG-14}, {title: handbook reference FB-09}]
amount: {kind: estimate, how: {sv: aktivitetsstödet för den aktivitet av de två som ger minst, en: the activity support of whichever of the two gives less}}
parameters:
  min_overlap_minutes: {value: 15, unit: minutes, because: times on cards are rounded to quarters of an hour}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH led AS (
  SELECT association_id, activity_id, leader_token, venue_token, started_at, ended_at, support_sek, row_ref,
         max(ended_at) OVER (PARTITION BY leader_token ORDER BY started_at, row_ref
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         min(started_at) OVER (PARTITION BY leader_token ORDER BY started_at, row_ref
                               ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next_start
  FROM association_support
  WHERE started_at >= $since AND ended_at > started_at AND leader_token IS NOT NULL AND venue_token IS NOT NULL
),
touching AS (
  SELECT association_id, leader_token, venue_token, started_at, ended_at, support_sek, row_ref
  FROM led WHERE latest_end_before > started_at OR next_start < ended_at
),
pairs AS (
  SELECT a.association_id AS first_id, b.association_id AS second_id, a.leader_token, b.started_at,
         least(a.support_sek, b.support_sek) AS sek, a.row_ref AS first_ref, b.row_ref AS second_ref
  FROM touching a JOIN touching b
    ON a.leader_token = b.leader_token AND a.venue_token <> b.venue_token
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
   AND (a.started_at < b.started_at OR (a.started_at = b.started_at AND a.row_ref < b.row_ref))
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(b.started_at AS DATE) AND odd.day_hours <> 24
  WHERE (least(epoch(a.ended_at), epoch(b.ended_at)) - epoch(b.started_at)
         - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
            least(epoch(a.ended_at), epoch(b.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
            - greatest(epoch(a.started_at), epoch(b.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END) / 60.0 > $min_overlap_minutes
),
by_association AS (
  SELECT second_id AS association_id, leader_token, started_at, sek, first_ref, second_ref FROM pairs
  UNION ALL
  SELECT first_id, leader_token, started_at, sek, first_ref, second_ref FROM pairs WHERE first_id <> second_id
),
evidence_rows AS (
  SELECT association_id, first_ref AS row_ref FROM by_association
  UNION SELECT association_id, second_ref FROM by_association
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT leader_token) AS n_leaders, sum(sek) AS sek
  FROM by_association GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to, CAST(least(1.0, 0.3 + s.n / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_leaders, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
