/*
code: AG06
title: {sv: Medlemslistan är densamma som i fjol, en: Member list the same as last year}
method: rule
kind: unusual
concept: membership
subject: association
gate: P1
reads: [association_members]
population: association_members.association_id
why:
  sv: I en levande förening kommer och går medlemmar. En lista som är nästan oförändrad kan ha kopierats från förra årets ansökan.
  en: In a living association members come and go. A list that is hardly changed may have been copied from last year's application.
innocent:
  sv: Pensionärs- och intresseföreningar med mycket trogna medlemmar; årsbetalning som förnyas automatiskt.
  en: Pensioners' and interest associations with very loyal members; yearly fees that renew by themselves.
blind_spots:
  sv: Kopierade listor där några namn bytts ut.
  en: Copied lists in which some names were changed.
next_step:
  sv: Begär underlag för betalda medlemsavgifter för båda åren och jämför datumen.
  en: Ask for evidence of fees paid for both years and compare the dates.
sentence:
  sv: "{n_common} av {n_members:medlem|medlemmar} {year} fanns också på listan {year_before} som hade {n_before} namn: {same_percent} procent är lika"
  en: "{n_common} of {n_members:member|members} in {year} were also on the list of {year_before} with {n_before:name|names}: {same_percent} percent are the same"
basis: [{title: handbook AG-6}]
parameters:
  min_jaccard: {value: 0.98, unit: share in common of all names, because: handbook AG-6}
  min_members: {value: 50, unit: members, because: handbook AG-6; a small circle may well be unchanged}
severity: 2
status: active
since: 2026-11-23
*/
WITH listed AS (
  SELECT association_id, member_token, year, min(row_ref) AS row_ref FROM association_members
  WHERE year >= year($since) - 1 AND year <= year($as_of) GROUP BY association_id, member_token, year
),
sizes AS (SELECT association_id, year, count(*) AS n FROM listed GROUP BY association_id, year),
common AS (
  SELECT a.association_id, a.year, count(*) AS n_common, min(a.row_ref) AS row_ref, min(b.row_ref) AS before_ref
  FROM listed a JOIN listed b ON b.association_id = a.association_id AND b.member_token = a.member_token AND b.year = a.year - 1
  GROUP BY a.association_id, a.year
),
compared AS (
  SELECT c.association_id, c.year, c.n_common, s.n AS n_members, p.n AS n_before, c.row_ref, c.before_ref,
         c.n_common / (s.n + p.n - c.n_common) AS jaccard,
         row_number() OVER (PARTITION BY c.association_id ORDER BY c.year DESC, c.association_id) AS place
  FROM common c
  JOIN sizes s ON s.association_id = c.association_id AND s.year = c.year
  JOIN sizes p ON p.association_id = c.association_id AND p.year = c.year - 1
  WHERE c.year >= year($since)
),
shown AS (
  SELECT association_id, year, row_ref
  FROM listed
),
references_of AS (
  SELECT association_id, year, array_agg(row_ref) AS evidence FROM shown GROUP BY association_id, year
)
SELECT c.association_id AS subject_id, CAST(concat(CAST(c.year - 1 AS VARCHAR), '-01-01') AS DATE) AS period_from,
       least(CAST(concat(CAST(c.year AS VARCHAR), '-12-31') AS DATE), $as_of) AS period_to,
       CAST(least(1.0, 0.4 + (c.jaccard - $min_jaccard) * 20 + c.n_members / 2000.0) AS DOUBLE) AS strength,
       c.n_common, c.n_members, c.n_before, c.year, c.year - 1 AS year_before, round(100.0 * c.jaccard, 1) AS same_percent,
       c.n_members AS n_evidence, e.evidence
FROM compared c JOIN references_of e ON e.association_id = c.association_id AND e.year = c.year
WHERE c.place = 1 AND c.n_members >= $min_members AND c.jaccard >= $min_jaccard
