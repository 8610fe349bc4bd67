/*
code: AG16
title: {sv: Mycket bidrag per medlem, en: High grant per member}
method: peer
kind: unusual
concept: peers
subject: association
gate: P0
reads: [association_grants, association_membership, associations]
optional_reads: [associations]
population: association_grants.association_id
peers:
  levels: [[category, size_band], [category], []]
  size_bands: 2
why:
  sv: Föreningar av samma slag brukar få ungefär lika mycket per medlem. Stora avvikelser visar på fel underlag eller på bidrag som bör prövas om.
  en: Associations of one kind usually receive about the same per member. A large difference points at wrong figures or at grants to be judged again.
innocent:
  sv: Verksamhet med dyra anläggningar, som ridning och ishockey; verksamhet för personer med funktionsnedsättning; ett engångsbidrag till en lokal.
  en: Activities with costly facilities such as riding and ice hockey; activities for people with disabilities; a single grant for premises.
blind_spots:
  sv: Föreningar som uppger för många medlemmar ser ut att få lite per medlem.
  en: Associations that claim too many members look as if they received little per member.
next_step:
  sv: Gå igenom vilka bidrag som ingår och om någon kostnad ersatts mer än en gång.
  en: Go through which grants are included and whether some cost was paid for more than once.
sentence:
  sv: "Föreningen fick {own_value} kronor per medlem {year} ({members:medlem|medlemmar}); median bland {peer_n:förening|föreningar} är {peer_median} kronor och gränsen {peer_fence} kronor"
  en: "The association received {own_value} SEK a member in {year} ({members:member|members}); the median of {peer_n:association|associations} is {peer_median} SEK and the fence {peer_fence} SEK"
basis: [{title: handbook AG-16}, {title: handbook reference FB-12}]
amount: {kind: estimate, how: {sv: det som överstiger medianen per medlem i samma kategori gånger antalet medlemmar, en: what exceeds the median per member of the category times the number of members}}
parameters:
  min_volume: {value: 10, unit: members, because: a grant divided by few members says nothing}
severity: 2
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek, array_agg(row_ref) AS evidence
  FROM association_grants WHERE year >= year($since) AND year <= year($as_of)
  GROUP BY association_id, year HAVING sum(paid_sek) > 0
),
latest AS (
  SELECT p.association_id, p.year, p.paid_sek, p.evidence, m.members, p.paid_sek / m.members AS per_member,
         -- the larger kinds; whom an association otherwise gathers (faith, origin) makes no group
         CASE WHEN a.category IN ('sport', 'culture', 'youth') THEN a.category ELSE 'other' END AS category,
         row_number() OVER (PARTITION BY p.association_id ORDER BY p.year DESC, p.association_id) AS place
  FROM paid p
  JOIN association_membership m ON m.association_id = p.association_id AND m.year = p.year
  LEFT JOIN associations a ON a.association_id = p.association_id
  WHERE m.members > 0
),
middles AS (SELECT category, median(per_member) AS middle FROM latest WHERE place = 1 GROUP BY category)
SELECT l.association_id AS subject_id, CAST(concat(CAST(l.year AS VARCHAR), '-01-01') AS DATE) AS period_from,
       least(CAST(concat(CAST(l.year AS VARCHAR), '-12-31') AS DATE), $as_of) AS period_to,
       CAST(l.per_member AS DOUBLE) AS value, l.members AS volume, l.category, l.members, l.year,
       CAST(greatest(0, l.per_member - m.middle) * l.members AS DECIMAL(14,2)) AS amount_sek, l.evidence
FROM latest l JOIN middles m ON m.category = l.category
WHERE l.place = 1
