/*
code: AG02
title: {sv: Deltagare på två aktiviteter samtidigt, en: Participant at two activities at once}
method: rule
kind: impossible
concept: attendance
subject: association
gate: P1
reads: [association_attendance, association_support, calendar]
population: association_activities.association_id
why:
  sv: Ett barn kan inte delta i två aktiviteter samtidigt. Bidrag per deltagartillfälle betalas då två gånger för samma stund.
  en: A child cannot take part in two activities at once. Support per participant is then paid twice for the same hour.
innocent:
  sv: Syskons kort har förväxlats; läger där hela dagen anges på varje pass; tiden är fel införd på enstaka kort.
  en: Siblings' cards were mixed up; a camp where each session carries the whole day; a wrong time on a single card.
blind_spots:
  sv: Aktiviteter som avlöser varandra på platser för långt ifrån varandra; deltagare utan kodvärde.
  en: Activities that follow each other too far apart; participants without a token.
next_step:
  sv: Begär närvarokorten för de aktuella tillfällena av båda grupperna och fråga ledarna vilka som var där.
  en: Ask for the attendance cards of both groups on those occasions and ask the leaders who was there.
sentence:
  sv: "{n:gång|gånger} är en deltagare antecknad på två aktiviteter samtidigt ({n_members} deltagare[, {n_other:gång|gånger} hos en annan förening])"
  en: "{n:time|times} a participant is noted at two activities at once ({n_members:participant|participants}[, {n_other:time|times} with another association])"
basis: [{title: handbook AG-2}, {title: handbook reference FB-01}]
amount: {kind: estimate, how: {sv: ett aktivitetsstöd per deltagare för varje dubbelt tillfälle, en: one participant's activity support for each double occasion}}
parameters:
  min_pairs: {value: 5, unit: double attendances, because: a few are mistakes on cards}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH present AS (
  SELECT t.member_token, s.activity_id, s.association_id, s.started_at, s.ended_at, s.participant_sek, t.row_ref,
         max(s.ended_at) OVER (PARTITION BY t.member_token ORDER BY s.started_at, t.row_ref
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         min(s.started_at) OVER (PARTITION BY t.member_token ORDER BY s.started_at, t.row_ref
                                 ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next_start
  FROM association_attendance t JOIN association_support s ON s.activity_id = t.activity_id
  WHERE s.started_at >= $since AND s.ended_at > s.started_at
),
touching AS (
  -- only attendances that overlap a neighbour in time go into the join
  SELECT member_token, activity_id, association_id, started_at, ended_at, participant_sek, row_ref
  FROM present WHERE latest_end_before > started_at OR next_start < ended_at
),
pairs AS (
  SELECT a.member_token, a.association_id AS first_association, b.association_id AS second_association,
         b.started_at, a.participant_sek AS first_sek, b.participant_sek AS second_sek,
         a.row_ref AS first_ref, b.row_ref AS second_ref
  FROM touching a JOIN touching b
    ON a.member_token = b.member_token AND a.activity_id <> b.activity_id
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
   AND (a.started_at < b.started_at OR (a.started_at = b.started_at AND a.row_ref < b.row_ref))
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(b.started_at AS DATE) AND odd.day_hours <> 24
  WHERE odd.day IS NULL OR epoch(b.started_at) < epoch(CAST(odd.day AS TIMESTAMP)) + 7200
     OR least(epoch(a.ended_at), epoch(b.ended_at)) > epoch(CAST(odd.day AS TIMESTAMP)) + 10800
),
by_association AS (
  -- a pair within one association counts once, a pair between two counts for both: only one of them can be right
  SELECT second_association AS association_id, member_token, started_at, second_sek AS sek, first_ref, second_ref,
         first_association <> second_association AS is_other
  FROM pairs
  UNION ALL
  SELECT first_association, member_token, started_at, first_sek, first_ref, second_ref, true
  FROM pairs WHERE first_association <> second_association
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT member_token) AS n_members, sum(CASE WHEN is_other THEN 1 ELSE 0 END) AS n_other,
         sum(sek) AS sek
  FROM by_association GROUP BY association_id HAVING count(*) >= $min_pairs
),
evidence_rows AS (
  SELECT association_id, first_ref AS row_ref FROM by_association
  UNION
  SELECT association_id, second_ref FROM by_association
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 100.0) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_members, CAST(s.n_other AS BIGINT) AS n_other, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
