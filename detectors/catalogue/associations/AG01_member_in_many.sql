/*
code: AG01
title: {sv: Medlemmar som räknas i många föreningar, en: Members counted in many associations}
method: rule
kind: unusual
concept: membership
subject: association
gate: P1
reads: [association_members, association_grants]
optional_reads: [association_grants]
population: association_members.association_id
why:
  sv: Medlemstalet styr bidraget. När samma personer räknas i många föreningar betalas bidrag flera gånger för samma människor, och listorna kan ha lånats.
  en: The number of members decides the grant. Where the same people are counted in many associations grants are paid several times for them, and lists may have been borrowed.
innocent:
  sv: En idrottsort där många är med i flera föreningar (jämförelsen med alla föreningar tar hänsyn till det); sektioner av samma huvudförening.
  en: A sports town where many are in several associations (the comparison with all takes that into account); sections of one parent association.
blind_spots:
  sv: Medlemmar i föreningar i andra kommuner.
  en: Members of associations in other municipalities.
next_step:
  sv: Fråga ett urval av medlemmarna vilka föreningar de själva anser sig vara med i och begär kvitto på betald medlemsavgift.
  en: Ask a sample of the members which associations they think they belong to and ask for receipts of membership fees.
sentence:
  sv: "{n_shared} av {n_members:medlem|medlemmar} ({share_percent} procent) räknas samma år också i minst {least_others} andra föreningar; i alla föreningar är andelen {all_percent} procent"
  en: "{n_shared} of {n_members:member|members} ({share_percent} percent) are in the same year also counted in at least {least_others} other associations; over all associations the share is {all_percent} percent"
basis: [{title: handbook AG-1}]
amount: {kind: estimate, how: {sv: årets utbetalda aktivitetsbidrag gånger andelen medlemmar som räknas i flera föreningar, en: activity grants paid for the year times the share of members counted in several associations}}
parameters:
  min_others: {value: 3, unit: associations, because: handbook AG-1; two or three clubs are common among the young}
  min_members: {value: 20, unit: members, because: shares of few members are chance}
  min_share: {value: 0.15, unit: share of members, because: below it the grant is hardly affected}
  times_all: {value: 3, unit: times the share over all associations, because: a quartile fence has no spread where nearly all associations have none}
severity: 2
status: active
since: 2026-11-23
*/
WITH counted AS (
  SELECT association_id, member_token, year, min(row_ref) AS row_ref,
         count(*) OVER (PARTITION BY member_token, year) - 1 AS n_others
  FROM association_members
  WHERE year >= year($since) AND year <= year($as_of)
  GROUP BY association_id, member_token, year
),
by_year AS (
  SELECT association_id, year, count(*) AS n_members, sum(CASE WHEN n_others >= $min_others THEN 1 ELSE 0 END) AS n_shared,
         row_number() OVER (PARTITION BY association_id ORDER BY year DESC, association_id) AS place
  FROM counted GROUP BY association_id, year
),
overall AS (
  SELECT year, sum(n_shared) / sum(n_members) AS all_share FROM by_year GROUP BY year
),
grants AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek FROM association_grants WHERE kind = 'activity'
  GROUP BY association_id, year
),
shown AS (
  SELECT association_id, year, row_ref
  FROM counted WHERE n_others >= $min_others
),
references_of AS (
  SELECT association_id, year, array_agg(row_ref) AS evidence FROM shown GROUP BY association_id, year
)
SELECT b.association_id AS subject_id, CAST(concat(CAST(b.year AS VARCHAR), '-01-01') AS DATE) AS period_from,
       least(CAST(concat(CAST(b.year AS VARCHAR), '-12-31') AS DATE), $as_of) AS period_to,
       CAST(least(1.0, 0.2 + b.n_shared / b.n_members) AS DOUBLE) AS strength,
       CAST(g.paid_sek * b.n_shared / b.n_members AS DECIMAL(14,2)) AS amount_sek, CAST(b.n_shared AS BIGINT) AS n_shared,
       b.n_members, round(100.0 * b.n_shared / b.n_members, 1) AS share_percent,
       round(100.0 * o.all_share, 1) AS all_percent, $min_others AS least_others,
       CAST(b.n_shared AS BIGINT) AS n_evidence, e.evidence
FROM by_year b
JOIN overall o ON o.year = b.year
JOIN references_of e ON e.association_id = b.association_id AND e.year = b.year
LEFT JOIN grants g ON g.association_id = b.association_id AND g.year = b.year
WHERE b.place = 1 AND b.n_members >= $min_members AND b.n_shared / b.n_members >= $min_share
  AND b.n_shared / b.n_members >= $times_all * o.all_share
