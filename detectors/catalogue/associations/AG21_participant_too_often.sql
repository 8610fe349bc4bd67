/*
code: AG21
title: {sv: Deltagare orimligt många gånger i veckan, en: Participants unreasonably often a week}
method: rule
kind: unusual
concept: attendance
subject: association
gate: P1
reads: [association_attendance, association_support]
population: association_activities.association_id
why:
  sv: Få barn tränar varje dag och nästan inga två gånger om dagen hela veckan. Många sådana deltagare tyder på att närvaron är påhittad.
  en: Few children practise every day and hardly any twice a day all week. Many of them suggest that attendance is made up.
innocent:
  sv: Läger och cuper; elitsatsning i idrottsgymnasium.
  en: Camps and cups; elite practice at a sports school.
blind_spots:
  sv: Deltagare som delas upp på flera föreningar.
  en: Participants split over several associations.
next_step:
  sv: Fråga om läger under de veckorna och jämför med bokningarna.
  en: Ask about camps in those weeks and compare with the bookings.
sentence:
  sv: "{n_members} deltagare har i någon vecka fler än {most_week:aktivitet|aktiviteter} eller aktivitet alla sju dagarna ({n_weeks:vecka|veckor})"
  en: "{n_members:participant|participants} have in some week more than {most_week:activity|activities} or activity on all seven days ({n_weeks:week|weeks})"
basis: [{title: handbook reference FB-04}]
amount: {kind: estimate, how: {sv: närvaror över gränsen gånger stödet per deltagare, en: attendances above the limit times the support per participant}}
parameters:
  max_per_week: {value: 14, unit: activities a week, because: reference FB-04; twice a day all week}
  max_days: {value: 7, unit: days a week, because: reference FB-04}
  min_members: {value: 10, unit: participants, because: reference FB-04; a few may be keen}
severity: 2
status: active
since: 2026-11-23
*/
WITH present AS (
  SELECT s.association_id, t.member_token, s.started_at, s.participant_sek, t.row_ref, CAST(s.started_at AS DATE) AS day,
         CAST(date_trunc('week', s.started_at) AS DATE) AS week
  FROM association_attendance t JOIN association_support s ON s.activity_id = t.activity_id
  WHERE s.started_at >= $since
),
full_weeks AS (
  -- seven days take seven activities: days are counted only where there are as many
  SELECT association_id, member_token, week, count(*) AS n, max(participant_sek) AS participant_sek
  FROM present GROUP BY association_id, member_token, week
  HAVING count(*) > $max_per_week OR count(*) >= $max_days
),
weeks AS (
  SELECT f.association_id, f.member_token, f.week, max(f.n) AS n, max(f.participant_sek) AS participant_sek
  FROM full_weeks f JOIN present p
    ON p.association_id = f.association_id AND p.member_token = f.member_token AND p.week = f.week
  GROUP BY f.association_id, f.member_token, f.week
  HAVING max(f.n) > $max_per_week OR count(DISTINCT p.day) >= $max_days
),
summed AS (
  SELECT association_id, min(week) AS period_from, max(week) AS last_week, count(DISTINCT member_token) AS n_members,
         count(DISTINCT week) AS n_weeks, sum(greatest(0, n - $max_per_week) * participant_sek) AS sek
  FROM weeks GROUP BY association_id HAVING count(DISTINCT member_token) >= $min_members
),
shown AS (
  SELECT p.association_id, p.row_ref
  FROM present p JOIN weeks w ON w.association_id = p.association_id AND w.member_token = p.member_token AND w.week = p.week
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM shown GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, CAST(s.last_week + INTERVAL 6 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.2 + s.n_members * s.n_weeks / 300.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n_members, s.n_weeks, $max_per_week AS most_week, e.n_evidence, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
