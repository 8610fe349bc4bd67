/*
code: AG18
title: {sv: Fler deltagare än medlemmar, en: More participants than members}
method: rule
kind: breach
concept: membership
subject: association
gate: P1
reads: [association_attendance, association_support, association_membership]
population: association_activities.association_id
why:
  sv: Stöd betalas för medlemmar som deltar. Fler olika deltagare än medlemmar visar att medlemslistan eller närvaron är fel.
  en: Support is paid for members who take part. More different participants than members show that the list of members or the attendance is wrong.
innocent:
  sv: Prova på-verksamhet och drop-in där bidraget tillåter det; medlemmar som förts in sent.
  en: Trial and drop-in sessions where the grant allows it; members entered late.
blind_spots:
  sv: Påhittade deltagare som också står i medlemslistan.
  en: Made-up participants who are also on the list of members.
next_step:
  sv: Jämför deltagarna med medlemslistan och fråga hur icke-medlemmar räknas.
  en: Compare the participants with the list of members and ask how non-members are counted.
sentence:
  sv: "{participants} olika deltagare {year} men bara {members:medlem|medlemmar}: {extra} fler"
  en: "{participants} different participants in {year} but only {members:member|members}: {extra} more"
basis: [{title: handbook reference FB-06}]
amount: {kind: estimate, how: {sv: antalet deltagare utöver medlemmarna gånger deras genomsnittliga antal närvaror gånger stödet per deltagare, en: the participants beyond the members times their mean attendances times the support per participant}}
parameters:
  tolerance: {value: 0.1, unit: share of members, because: trial and new participants explain up to a tenth}
  min_extra: {value: 10, unit: participants, because: a few are late registrations}
severity: 3
status: active
since: 2026-11-23
*/
WITH present AS (
  SELECT s.association_id, year(s.started_at) AS year, t.member_token, s.started_at, s.participant_sek, t.row_ref
  FROM association_attendance t JOIN association_support s ON s.activity_id = t.activity_id
  WHERE s.started_at >= $since
),
counted AS (
  SELECT association_id, year, count(DISTINCT member_token) AS participants, sum(participant_sek) AS sek,
         CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to
  FROM present GROUP BY association_id, year
),
compared AS (
  SELECT c.association_id, c.year, c.participants, m.members, c.participants - m.members AS extra, c.sek, c.period_from,
         c.period_to, m.row_ref AS member_ref,
         row_number() OVER (PARTITION BY c.association_id ORDER BY c.participants - m.members DESC, c.year, c.association_id) AS place
  FROM counted c JOIN association_membership m ON m.association_id = c.association_id AND m.year = c.year
  WHERE c.participants > (1 + $tolerance) * m.members AND c.participants - m.members >= $min_extra
),
evidence_rows AS (
  SELECT p.association_id, p.row_ref
  FROM compared c JOIN present p ON p.association_id = c.association_id AND p.year = c.year WHERE c.place = 1
  UNION SELECT association_id, member_ref FROM compared WHERE place = 1
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id)
SELECT c.association_id AS subject_id, c.period_from, c.period_to,
       CAST(least(1.0, 0.3 + c.extra / c.participants) AS DOUBLE) AS strength,
       CAST(c.sek * c.extra / c.participants AS DECIMAL(14,2)) AS amount_sek, c.participants, c.members, c.extra, c.year, e.evidence
FROM compared c JOIN references_of e ON e.association_id = c.association_id
WHERE c.place = 1
