/*
code: IS11
title: {sv: Många biståndshyresgäster med lika hyror, en: Many supported tenants at equal rents}
method: rule
kind: unusual
concept: landlord
subject: landlord
gate: P1
reads: [income_support_applications, listed_tokens]
population: income_support_applications.landlord_token
why:
  sv: En privat hyresvärd med ovanligt många hyresgäster på bistånd, där hyrorna är lika på kronan eller ligger vid kommunens tak, kan ha satt hyran efter vad kommunen betalar och inte efter bostaden.
  en: A private landlord with unusually many tenants on support, at rents equal to the krona or at the municipality's cap, may have set the rent by what the municipality pays and not by the dwelling.
innocent:
  sv: Kommunens bostadsbolag och stora privata bolag (lägg dem i kommunens lista över kända hyresvärdar); ett hus med lika stora lägenheter; blockförhyrning som kommunen själv har ordnat.
  en: The municipal housing company and large private companies (put them on the list municipal_landlords); a house with equal flats; flats the municipality itself rents in bulk.
blind_spots:
  sv: Hyresvärdar som uppträder under flera beteckningar; hyror som delats upp; kommunens hyrestak står inte i uttagen utan måste anges som parameter.
  en: Landlords who appear under several tokens; rents split in parts; the municipality's rent cap is not in the exports and must be set as a parameter.
next_step:
  sv: Jämför hyrorna med bruksvärdet och med lägenheternas storlek. Se vem som står bakom hyresvärden och om hushållen fått bostaden genom samma förmedlare.
  en: Compare the rents with the utility value and the size of the flats. See who is behind the landlord and whether the households got the dwelling through one agent.
sentence:
  sv: "hyresvärden har {n_households} hushåll med bistånd (gränsen bland privata hyresvärdar är {fence}, medianen {median_n}); {n_equal} av dem betalar samma hyra, {equal_rent} kronor, och {n_at_cap} ligger vid taket"
  en: "the landlord has {n_households:household|households} on support (the fence among private landlords is {fence}, the median {median_n}); {n_equal} of them pay the same rent, {equal_rent} SEK, and {n_at_cap} are at the cap"
basis: [{title: handbook IS-11}, {title: handbook reference EB-14}]
parameters:
  fence: {value: 1.5, unit: interquartile ranges, because: the usual outer fence of a skewed distribution}
  min_peers: {value: 30, unit: private landlords, because: fewer say nothing of what is usual}
  min_households: {value: 5, unit: households, because: where most landlords have one tenant the fence would be two}
  min_equal_share: {value: 0.5, unit: share of the households, because: half of the tenants at one rent to the krona is no chance}
  rent_cap_sek: {value: 0, unit: "SEK a month, 0 = not known", because: "each municipality has its own limit for a reasonable rent; it is not in the exports"}
severity: 3
status: active
since: 2026-11-23
*/
WITH ranked AS (
  SELECT landlord_token, household_token, declared_rent_sek, month, row_ref,
         row_number() OVER (PARTITION BY household_token, landlord_token ORDER BY month DESC, application_id) AS place
  FROM income_support_applications a
  WHERE month >= $since AND month <= $as_of AND landlord_token IS NOT NULL AND declared_rent_sek > 0
    AND NOT EXISTS (SELECT 1 FROM listed_tokens t WHERE t.list = 'municipal_landlords' AND t.token = a.landlord_token)
),
tenants AS (
  -- each household with its latest rent at the landlord
  SELECT landlord_token, household_token, declared_rent_sek AS rent_sek, month, row_ref FROM ranked WHERE place = 1
),
sizes AS (
  SELECT landlord_token, count(*) AS n_households,
         sum(CASE WHEN $rent_cap_sek > 0 AND rent_sek >= 0.98 * $rent_cap_sek THEN 1 ELSE 0 END) AS n_at_cap,
         min(month) AS period_from, max(month) AS last_month, min(row_ref) AS row_ref, array_agg(row_ref) AS evidence
  FROM tenants GROUP BY landlord_token
),
placed AS (
  SELECT n_households, row_number() OVER (ORDER BY n_households, row_ref) AS place, count(*) OVER () AS n
  FROM sizes
),
quartiles AS (
  SELECT max(CASE WHEN place <= ceil(n * 0.25) THEN n_households END) AS q1,
         max(CASE WHEN place <= ceil(n * 0.50) THEN n_households END) AS median_n,
         max(CASE WHEN place <= ceil(n * 0.75) THEN n_households END) AS q3, max(n) AS n_peers
  FROM placed
),
rents AS (
  SELECT landlord_token, rent_sek, count(*) AS n_equal FROM tenants GROUP BY landlord_token, rent_sek
),
commonest AS (
  SELECT landlord_token, max(n_equal) AS n_equal FROM rents GROUP BY landlord_token
),
equal_rents AS (
  SELECT c.landlord_token, c.n_equal, max(r.rent_sek) AS equal_rent
  FROM commonest c JOIN rents r ON r.landlord_token = c.landlord_token AND r.n_equal = c.n_equal
  GROUP BY c.landlord_token, c.n_equal
)
SELECT s.landlord_token AS subject_id, s.period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.02 * (s.n_households - q.q3 - $fence * (q.q3 - q.q1))
                       + 0.3 * (greatest(e.n_equal, s.n_at_cap) * 1.0 / s.n_households - $min_equal_share)) AS DOUBLE)
         AS strength,
       s.n_households, round(q.q3 + $fence * (q.q3 - q.q1), 1) AS fence, q.median_n, q.n_peers, e.n_equal,
       CAST(round(e.equal_rent, 0) AS BIGINT) AS equal_rent, s.n_at_cap, s.evidence
FROM sizes s
JOIN equal_rents e ON e.landlord_token = s.landlord_token
CROSS JOIN quartiles q
WHERE q.n_peers >= $min_peers
  AND s.n_households >= $min_households
  AND s.n_households > q.q3 + $fence * (q.q3 - q.q1)
  AND (e.n_equal >= $min_equal_share * s.n_households OR s.n_at_cap >= $min_equal_share * s.n_households)
