/*
code: AG15
title: {sv: Belopp strax under en kontrollgräns, en: Sums just below a control limit}
method: rule
kind: unusual
concept: splitting
subject: association
gate: P0
reads: [association_grants]
optional_columns: [association_grants.applied_sek, association_grants.granted_sek]
population: association_grants.association_id
why:
  sv: Över vissa belopp krävs mer underlag eller beslut i nämnden. Den som gång på gång söker strax under gränsen kan vilja undgå kontrollen.
  en: Above certain sums more evidence or a committee's decision is needed. Whoever applies just below the limit time after time may want to avoid the check.
innocent:
  sv: Bidragsregler med ett tak nära gränsen; jämna belopp som råkar ligga där; kommunen avrundar nedåt.
  en: Rules with a ceiling near the limit; round sums that happen to lie there; the municipality rounds down.
blind_spots:
  sv: Gränser som skiljer sig från dem som är inställda här.
  en: Limits that differ from those set here.
next_step:
  sv: "Läs ansökningarna i följd: gäller de samma ändamål, och skulle de tillsammans ha krävt ett annat beslut?"
  en: "Read the applications in order: are they for one purpose, and would they together have needed another decision?"
sentence:
  sv: "{n_below} av {n} bidrag, sammanlagt {below_sek} kronor, ligger inom {band_percent} procent under en kontrollgräns; slumpen skulle ge {expected}"
  en: "{n_below} of {n:grant|grants}, {below_sek} SEK in all, lie within {band_percent} percent below a control limit; chance would give {expected}"
basis: [{title: handbook AG-15}]
parameters:
  limit_1: {value: 25000, unit: SEK, because: a common limit for simplified accounts; set the municipality's own}
  limit_2: {value: 50000, unit: SEK, because: a common limit for a certified auditor; set the municipality's own}
  limit_3: {value: 100000, unit: SEK, because: a common limit for a decision by the committee; set the municipality's own}
  band: {value: 0.02, unit: share of the limit, because: handbook AG-15}
  min_below: {value: 3, unit: grants, because: two may be chance}
severity: 2
status: active
since: 2026-11-23
*/
WITH judged AS (
  SELECT association_id, year, coalesce(applied_on, decided_on, paid_on) AS day, row_ref, coalesce(granted_sek, paid_sek) AS sek,
         (applied_sek >= $limit_1 * (1 - $band) AND applied_sek < $limit_1)
         OR (applied_sek >= $limit_2 * (1 - $band) AND applied_sek < $limit_2)
         OR (applied_sek >= $limit_3 * (1 - $band) AND applied_sek < $limit_3)
         OR (coalesce(granted_sek, paid_sek) >= $limit_1 * (1 - $band) AND coalesce(granted_sek, paid_sek) < $limit_1)
         OR (coalesce(granted_sek, paid_sek) >= $limit_2 * (1 - $band) AND coalesce(granted_sek, paid_sek) < $limit_2)
         OR (coalesce(granted_sek, paid_sek) >= $limit_3 * (1 - $band) AND coalesce(granted_sek, paid_sek) < $limit_3) AS is_below
  FROM association_grants
  WHERE year >= year($as_of) - 2 AND paid_sek > 0
),
overall AS (SELECT avg(CASE WHEN is_below THEN 1.0 ELSE 0.0 END) AS all_share FROM judged),
summed AS (
  SELECT association_id, min(day) AS period_from, max(day) AS period_to, min(year) AS first_year, count(*) AS n,
         sum(CASE WHEN is_below THEN 1 ELSE 0 END) AS n_below, sum(CASE WHEN is_below THEN sek END) AS below_sek
  FROM judged GROUP BY association_id
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM judged WHERE is_below GROUP BY association_id
)
SELECT s.association_id AS subject_id,
       coalesce(s.period_from, CAST(concat(CAST(s.first_year AS VARCHAR), '-01-01') AS DATE)) AS period_from,
       coalesce(s.period_to, $as_of) AS period_to,
       CAST(least(1.0, 0.2 + 0.1 * s.n_below) AS DOUBLE) AS strength, CAST(s.n_below AS BIGINT) AS n_below, s.n,
       CAST(round(s.below_sek, 0) AS BIGINT) AS below_sek, round(100.0 * $band, 0) AS band_percent,
       round(s.n * o.all_share, 1) AS expected, e.evidence
FROM summed s CROSS JOIN overall o JOIN references_of e ON e.association_id = s.association_id
-- three standard deviations above what the share over all associations would give
WHERE s.n_below >= $min_below AND s.n_below > s.n * o.all_share + 3 * sqrt(s.n * o.all_share)
