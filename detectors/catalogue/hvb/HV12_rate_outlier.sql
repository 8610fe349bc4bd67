/*
code: HV12
title: {sv: Dygnspris långt över jämförbara, en: Day rate far above comparable ones}
method: rule
kind: unusual
concept: peers
subject: provider
gate: P0
reads: [hvb_placements]
population: hvb_placements.provider_id
why:
  sv: Priset jämförs med placeringar enligt samma lag och samma slag av avtal. Ett pris långt över de andras bör ha en förklaring i uppdraget.
  en: The price is compared with placements by the same law and the same kind of agreement. One far above the others should be explained by the assignment.
innocent:
  sv: Barn med stora behov, ensamplacering eller förstärkt bemanning; akut placering enligt LVU; specialiserat hem.
  en: Children with great needs, single placement or reinforced staffing; an emergency placement; a specialised home.
blind_spots:
  sv: Jämförelsen känner inte barnets behov; grupper med färre än trettio placeringar eller tre hem jämförs med alla placeringar.
  en: The comparison does not know the child's needs; groups of fewer than thirty placements or three homes are compared with all placements.
next_step:
  sv: Begär hemmets underlag för priset, jämför med ramavtalets nivåer och pröva om insatsen motsvarar priset.
  en: Ask the home for the basis of the price, compare with the levels of the framework agreement and consider whether the care matches it.
sentence:
  sv: "{n} av {n_placements:placering|placeringar} har ett avtalat dygnspris över jämförbara placeringars övre gräns (i snitt {mean_rate} kronor mot medianen {median_rate} kronor)"
  en: "{n} of {n_placements:placement|placements} have an agreed day rate above the upper fence of comparable ones (on average {mean_rate} SEK against the median {median_rate} SEK)"
basis: [{title: handbook HVB-12}, {title: handbook reference HB-14}]
parameters:
  min_group: {value: 30, unit: placements, because: fences of small groups are chance}
  min_homes: {value: 3, unit: homes in the group, because: a home must not be compared with itself}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 2
status: active
since: 2026-11-23
*/
WITH stays AS (
  SELECT placement_id, provider_id, placed_on, left_on, CAST(agreed_rate_sek AS DOUBLE) AS rate, row_ref,
         concat(coalesce(law, ''), '/', CASE WHEN framework_agreement THEN 'framework' ELSE 'direct' END) AS kind
  FROM hvb_placements
  WHERE agreed_rate_sek > 0 AND placed_on <= $as_of AND (left_on IS NULL OR left_on >= $since)
),
sizes AS (
  SELECT kind, count(*) AS n, count(DISTINCT provider_id) AS n_homes FROM stays GROUP BY kind
),
grouped AS (
  SELECT s.placement_id, s.provider_id, s.placed_on, s.left_on, s.rate, s.row_ref,
         CASE WHEN z.n >= $min_group AND z.n_homes >= $min_homes THEN s.kind ELSE '' END AS peer_kind
  FROM stays s JOIN sizes z ON z.kind = s.kind
),
members AS (
  -- every placement belongs to the group of all, and to its own where that is large enough
  SELECT peer_kind, rate, provider_id, placement_id FROM grouped WHERE peer_kind <> ''
  UNION ALL
  SELECT '', rate, provider_id, placement_id FROM grouped
),
ordered AS (
  SELECT peer_kind, rate, provider_id, row_number() OVER (PARTITION BY peer_kind ORDER BY rate, placement_id) AS place,
         count(*) OVER (PARTITION BY peer_kind) AS n
  FROM members
),
fences AS (
  SELECT peer_kind, median(rate) AS median_rate, max(n) AS n, count(DISTINCT provider_id) AS n_homes,
         max(CASE WHEN place = ceil(n * 0.25) THEN rate END) AS q1,
         max(CASE WHEN place = ceil(n * 0.75) THEN rate END) AS q3
  FROM ordered GROUP BY peer_kind
),
fired AS (
  SELECT g.provider_id, g.placement_id, g.placed_on, g.left_on, g.rate, g.row_ref, f.median_rate
  FROM grouped g JOIN fences f ON f.peer_kind = g.peer_kind
  WHERE f.n >= $min_group AND f.n_homes >= $min_homes AND f.q3 > f.q1
    AND g.rate > f.q3 + $fence_step * (f.q3 - f.q1)
),
totals AS (
  SELECT provider_id, count(*) AS n_placements FROM stays GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, min(greatest(f.placed_on, $since)) AS period_from,
       max(least(coalesce(f.left_on, $as_of), $as_of)) AS period_to,
       CAST(least(1.0, 0.2 + 0.4 * count(*) / max(t.n_placements) + 0.2 * (avg(f.rate / f.median_rate) - 1)) AS DOUBLE) AS strength,
       count(*) AS n, max(t.n_placements) AS n_placements, CAST(round(avg(f.rate), 0) AS BIGINT) AS mean_rate,
       CAST(round(avg(f.median_rate), 0) AS BIGINT) AS median_rate, array_agg(f.row_ref) AS evidence
FROM fired f JOIN totals t ON t.provider_id = f.provider_id
GROUP BY f.provider_id
