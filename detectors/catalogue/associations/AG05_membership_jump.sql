/*
code: AG05
title: {sv: Medlemstalet hoppar före större ansökan, en: Membership jumps before a larger application}
method: rule
kind: unusual
concept: membership
subject: association
gate: P1
reads: [association_membership, association_members, association_grants]
optional_reads: [association_members]
population: association_grants.association_id
why:
  sv: Medlemstalet styr bidraget. Ett stort hopp samma år som ansökan växer kan betyda att listan fyllts på för ansökans skull.
  en: The number of members decides the grant. A big jump in the year the application grows may mean that the list was filled for its sake.
innocent:
  sv: Skolstart och nya grupper; sammanslagning med en förening som upphört (jämförs med båda tillsammans); en ny anläggning i området. Bidrag som bara ändrats som vanligt mellan åren räknas inte.
  en: School start and new groups; a merger with an association that ended (compared with both together); a new facility nearby. A grant that only changed as grants do from year to year is not counted.
blind_spots:
  sv: Föreningar som växer långsamt med felaktiga uppgifter.
  en: Associations that grow slowly on wrong figures.
next_step:
  sv: Begär medlemslistan med datum för betald avgift och ta stickprov bland de nya medlemmarna.
  en: Ask for the list of members with dates of fees paid and sample the new members.
sentence:
  sv: "Medlemstalet steg från {members_before} till {members} ({growth_percent} procent) mellan {year_before} och {year}, samtidigt som bidraget steg från {grant_before} till {grant_sek} kronor"
  en: "Membership rose from {members_before} to {members} ({growth_percent} percent) between {year_before} and {year}, while the grant rose from {grant_before} to {grant_sek} SEK"
basis: [{title: handbook AG-5}]
amount: {kind: cap, how: {sv: så mycket som bidraget växte från året före, en: what the grant grew by since the year before}}
parameters:
  min_growth: {value: 0.5, unit: share, because: handbook AG-5}
  ended_share: {value: 0.2, unit: share of members left, because: what keeps a fifth or less of its members has ended in practice}
  min_grant_growth: {value: 0.2, unit: share of the grant before, because: "an ordinary year's index and activities move a grant by some percent; an application that used the larger number grows by more"}
  min_new: {value: 30, unit: members, because: handbook AG-5; small associations double easily}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an association that keeps a fifth of its members or less counts as merged too"}
  - {date: 2026-11-23, what: "after a merger the two are compared with what they were together"}
  - {date: 2026-11-23, what: "the grant must have grown by a fifth, not by a krona"}
*/
WITH years AS (
  SELECT now.association_id, now.year, now.members, before.members AS members_before, now.source,
         now.row_ref AS now_ref, before.row_ref AS before_ref
  FROM association_membership now
  JOIN association_membership before ON before.association_id = now.association_id AND before.year = now.year - 1
   AND before.source = now.source
  WHERE now.year >= year($since) AND now.year <= year($as_of) AND before.members > 0
),
jumped AS (
  SELECT association_id, year, members, members_before, now_ref, before_ref
  FROM years WHERE members - members_before >= $min_new AND members > (1 + $min_growth) * members_before
),
new_members AS (
  SELECT DISTINCT j.association_id, j.year, m.member_token
  FROM jumped j JOIN association_members m ON m.association_id = j.association_id AND m.year = j.year
  LEFT JOIN association_members o ON o.association_id = m.association_id AND o.member_token = m.member_token
   AND o.year = m.year - 1
  WHERE o.member_token IS NULL
),
came AS (
  -- members who came from an association that has (nearly) no members left, by that association
  SELECT n.association_id, n.year, o.association_id AS ended_id, count(DISTINCT n.member_token) AS n_came,
         max(was.members) AS members_there
  FROM new_members n JOIN association_members o ON o.member_token = n.member_token AND o.year = n.year - 1
  JOIN association_membership was ON was.association_id = o.association_id AND was.year = o.year AND was.source = 'listed'
  LEFT JOIN association_membership still ON still.association_id = o.association_id AND still.year = n.year
  WHERE coalesce(still.members, 0) <= $ended_share * was.members
  GROUP BY n.association_id, n.year, o.association_id
),
merged AS (
  -- where half of them came, the two are compared as one with what they were together
  SELECT association_id, year, sum(CASE WHEN n_came >= members_there / 2 THEN members_there ELSE n_came END) AS n_merged
  FROM came GROUP BY association_id, year
),
grants AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek
  FROM association_grants WHERE kind = 'activity' OR kind = 'start' GROUP BY association_id, year
),
larger AS (
  -- members of a year count in the application of that year or of the next
  SELECT j.association_id, j.year, j.members, j.members_before, j.now_ref, j.before_ref, coalesce(m.n_merged, 0) AS n_merged,
         g.paid_sek, b.paid_sek AS paid_before, g.year AS grant_year,
         row_number() OVER (PARTITION BY j.association_id ORDER BY g.paid_sek - b.paid_sek DESC, j.year, j.association_id) AS place
  FROM jumped j
  JOIN grants g ON g.association_id = j.association_id AND (g.year = j.year OR g.year = j.year + 1)
  JOIN grants b ON b.association_id = g.association_id AND b.year = g.year - 1
  LEFT JOIN merged m ON m.association_id = j.association_id AND m.year = j.year
  WHERE g.paid_sek > b.paid_sek AND g.paid_sek >= (1 + $min_grant_growth) * b.paid_sek
),
kept AS (
  SELECT association_id, year, members, members_before, now_ref, before_ref, paid_sek, paid_before, grant_year
  FROM larger
  WHERE place = 1 AND members - n_merged - members_before >= $min_new
    AND members > (1 + $min_growth) * (members_before + n_merged)
),
evidence_rows AS (
  SELECT association_id, now_ref AS row_ref FROM kept
  UNION SELECT association_id, before_ref FROM kept
  UNION
  SELECT k.association_id, g.row_ref
  FROM kept k JOIN association_grants g
    ON g.association_id = k.association_id AND (g.year = k.grant_year OR g.year = k.grant_year - 1)
  WHERE g.kind = 'activity' OR g.kind = 'start'
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id)
SELECT k.association_id AS subject_id, CAST(concat(CAST(k.year - 1 AS VARCHAR), '-01-01') AS DATE) AS period_from,
       least(CAST(concat(CAST(k.year AS VARCHAR), '-12-31') AS DATE), $as_of) AS period_to,
       CAST(least(1.0, 0.3 + (k.members - k.members_before) / k.members_before / 4.0) AS DOUBLE) AS strength,
       CAST(k.paid_sek - k.paid_before AS DECIMAL(14,2)) AS amount_sek, k.members, k.members_before, k.year,
       k.year - 1 AS year_before, round(100.0 * (k.members - k.members_before) / k.members_before, 0) AS growth_percent,
       CAST(round(k.paid_sek, 0) AS BIGINT) AS grant_sek, CAST(round(k.paid_before, 0) AS BIGINT) AS grant_before, e.evidence
FROM kept k JOIN references_of e ON e.association_id = k.association_id
