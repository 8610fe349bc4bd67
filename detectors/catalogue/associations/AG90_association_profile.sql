/*
code: AG90
title: {sv: Ovanlig helhet hos förening, en: Unusual profile of an association}
method: isolation_forest
kind: unusual
concept: peers
subject: association
gate: P1
reads: [association_membership, association_grants, association_support, association_attendance, association_members, persons,
        venue_bookings, organisation_officers, law_values, associations]
optional_reads: [association_grants, association_attendance, association_members, persons, venue_bookings,
                 organisation_officers, associations]
optional_columns: [persons.birth_year, association_members.birth_year, venue_bookings.cancelled]
law: [lok_age_from, lok_age_to]
age_limit: andelen deltagare utanför aktivitetsstödets åldersgränser (RF:s anvisningar för LOK-stöd)
population: association_members.association_id
peers:
  levels: [[activity, size_band], [activity], [size_band], []]
  size_bands: 2
why:
  sv: Flera små avvikelser på en gång kan synas som en ovanlig helhet fast ingen enskild regel slår till. Jämförelsen säger var det är värt att titta, inte att något är fel.
  en: Several small deviations at once may show as an unusual whole though no single rule fires. The comparison says where a look is worthwhile, not that anything is wrong.
innocent:
  sv: En ovanlig inriktning, en nystart eller en dyr anläggning; få medlemmar gör alla mått ostadiga.
  en: An unusual focus, a fresh start or a costly facility; few members make every measure unsteady.
blind_spots:
  sv: Det som alla föreningar gör lika; färre än trettio föreningar ger ingen jämförelse.
  en: What all associations do alike; fewer than thirty associations give no comparison.
next_step:
  sv: Börja med de drag som skiljer mest och se om en känd omständighet förklarar dem.
  en: Begin with the features that differ most and see whether a known circumstance explains them.
sentence:
  sv: "Ovanlig helhet jämfört med {peer_n:förening|föreningar}: {differences_sv}"
  en: "Unusual whole against {peer_n:association|associations}: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  sek_per_member: {sv: bidrag per medlem, en: grant a member, unit: SEK}
  member_growth: {sv: ändring av medlemstalet, en: change of membership, unit: percent}
  attendance_per_activity: {sv: närvarande per aktivitet, en: attendance an activity, unit: participants}
  activities_per_member: {sv: aktiviteter per medlem, en: activities a member, unit: activities}
  unbooked_share: {sv: andel aktiviteter utan bokning, en: activities without booking, unit: percent}
  outside_age_share: {sv: andel närvaro utanför åldersgränserna, en: attendance outside the age limits, unit: percent}
  leader_load: {sv: aktiviteter per ledare, en: activities a leader, unit: activities}
  same_count_share: {sv: andel aktiviteter med samma antal som gången före, en: activities with the number of the time before, unit: percent}
  new_board_share: {sv: andel nya i styrelsen, en: new people on the board, unit: percent}
parameters:
  min_volume: {value: 15, unit: members, because: measures per member are unsteady in small associations}
  percentile: {value: 0.97, unit: share of associations, because: three in a hundred are as many as can be looked at}
severity: 2
status: active
since: 2026-11-23
*/
WITH member_years AS (
  SELECT association_id, year, members, source, row_ref,
         row_number() OVER (PARTITION BY association_id ORDER BY year DESC, association_id) AS place
  FROM association_membership WHERE year >= year($since) AND year <= year($as_of)
),
base AS (SELECT association_id, year, members, source, row_ref FROM member_years WHERE place = 1),
grants AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek FROM association_grants
  GROUP BY association_id, year
),
acts AS (
  SELECT association_id, activity_id, venue_token, leader_token, started_at, ended_at, participants, row_ref,
         lag(participants) OVER (PARTITION BY association_id, coalesce(leader_token, '') ORDER BY started_at, activity_id) AS before_n,
         row_number() OVER (PARTITION BY association_id ORDER BY started_at DESC, activity_id) AS place
  FROM association_support WHERE started_at >= $since
),
booked_days AS (
  -- by venue and day: close enough for a share
  SELECT DISTINCT venue_token, CAST(booked_from AS DATE) AS day, association_id FROM venue_bookings
  WHERE NOT coalesce(cancelled, false)
),
booked AS (
  SELECT DISTINCT a.activity_id FROM acts a
  JOIN booked_days b ON b.venue_token = a.venue_token AND b.day = CAST(a.started_at AS DATE) AND b.association_id = a.association_id
),
activity_facts AS (
  SELECT a.association_id, count(*) AS n, avg(a.participants) AS attendance, count(DISTINCT a.leader_token) AS n_leaders,
         avg(CASE WHEN a.before_n IS NULL THEN NULL WHEN a.before_n = a.participants THEN 1.0 ELSE 0.0 END) AS same_count_share,
         avg(CASE WHEN a.venue_token IS NULL THEN NULL WHEN b.activity_id IS NULL THEN 1.0 ELSE 0.0 END) AS unbooked_share,
         max(CASE WHEN a.place = 1 THEN a.row_ref END) AS row_ref
  FROM acts a LEFT JOIN booked b ON b.activity_id = a.activity_id
  GROUP BY a.association_id
),
born AS (
  SELECT person_token, max(birth_year) AS birth_year FROM (
    SELECT person_token, birth_year FROM persons WHERE birth_year IS NOT NULL
    UNION ALL
    SELECT member_token, birth_year FROM association_members WHERE birth_year IS NOT NULL) b
  GROUP BY person_token
),
limits AS (
  SELECT max(CASE WHEN name = 'lok_age_from' THEN value END) AS age_from,
         max(CASE WHEN name = 'lok_age_to' THEN value END) AS age_to
  FROM law_values WHERE valid_from <= $as_of AND (valid_to IS NULL OR valid_to >= $as_of)
),
ages AS (
  SELECT a.association_id,
         avg(CASE WHEN year(a.started_at) - b.birth_year BETWEEN l.age_from AND l.age_to THEN 0.0 ELSE 1.0 END) AS outside_age_share
  FROM acts a JOIN association_attendance t ON t.activity_id = a.activity_id
  JOIN born b ON b.person_token = t.member_token CROSS JOIN limits l
  GROUP BY a.association_id
),
board AS (
  SELECT org_id AS association_id, avg(CASE WHEN role_from >= $since THEN 1.0 ELSE 0.0 END) AS new_share
  FROM organisation_officers
  WHERE org_type = 'association' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $as_of)
  GROUP BY org_id
),
shown AS (
  SELECT association_id, row_ref FROM base
  UNION SELECT association_id, row_ref FROM activity_facts
  UNION SELECT org_id, row_ref FROM organisation_officers
  WHERE org_type = 'association' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $as_of)
  UNION SELECT g.association_id, g.row_ref FROM association_grants g JOIN base b ON b.association_id = g.association_id AND b.year = g.year
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM shown GROUP BY association_id)
SELECT b.association_id AS subject_id, $since AS period_from, $as_of AS period_to, b.members AS volume,
       -- the larger kinds of activity; whom an association otherwise gathers is nobody's business here
       CASE WHEN a.category IN ('sport', 'culture', 'youth') THEN a.category END AS activity,
       CAST(g.paid_sek / b.members AS DOUBLE) AS sek_per_member,
       CAST(b.members / p.members - 1 AS DOUBLE) AS member_growth,
       CAST(f.attendance AS DOUBLE) AS attendance_per_activity,
       CAST(f.n / b.members AS DOUBLE) AS activities_per_member,
       CAST(f.unbooked_share AS DOUBLE) AS unbooked_share,
       CAST(s.outside_age_share AS DOUBLE) AS outside_age_share,
       CAST(f.n / nullif(f.n_leaders, 0) AS DOUBLE) AS leader_load,
       CAST(f.same_count_share AS DOUBLE) AS same_count_share,
       CAST(o.new_share AS DOUBLE) AS new_board_share, e.evidence
FROM base b
LEFT JOIN association_membership p ON p.association_id = b.association_id AND p.year = b.year - 1 AND p.source = b.source
 AND p.members > 0
LEFT JOIN grants g ON g.association_id = b.association_id AND g.year = b.year
LEFT JOIN activity_facts f ON f.association_id = b.association_id
LEFT JOIN ages s ON s.association_id = b.association_id
LEFT JOIN board o ON o.association_id = b.association_id
LEFT JOIN associations a ON a.association_id = b.association_id
JOIN references_of e ON e.association_id = b.association_id
WHERE b.members > 0
