/*
code: HV01
title: {sv: Fler placerade än tillståndet medger, en: More children placed than permitted}
method: rule
kind: breach
concept: occupancy
subject: provider
gate: P1
reads: [hvb_nights, providers]
population: hvb_placements.provider_id
why:
  sv: Tillståndet anger hur många som högst får vårdas samtidigt. Har kommunen ensam placerat fler än så är hemmet överbelagt även om ingen annan kommun har någon där.
  en: The permit states how many may be cared for at once. If this municipality alone has placed more than that, the home is over its places even if no other has anyone there.
innocent:
  sv: En natts överlapp när ett barn flyttar och ett annat kommer (räknas inte); utskrivning som registrerats sent; flera enheter med skilda tillstånd under samma bolag; utökat tillstånd som inte hunnit in i registret.
  en: One night of overlap when one child moves out and another in (not counted); a discharge registered late; several units with permits of their own under one company; an extended permit not yet in the register.
blind_spots:
  sv: Bara vår egen kommuns placeringar syns, så det verkliga antalet är minst detta. Utförare utan uppgift om antal platser prövas inte.
  en: Only our own placements are visible, so the true number is at least this. Providers without a number of places are not tested.
next_step:
  sv: Kontrollera utskrivningsdagarna, hämta tillståndsbeviset från IVO och fråga hemmet var barnen bodde de aktuella nätterna.
  en: Check the days of discharge, get the permit from IVO and ask the home where the children stayed those nights.
sentence:
  sv: "{n_nights:natt|nätter} var fler barn placerade än tillståndets {places:plats|platser} (som mest {max_children}), sammanlagt {excess_nights} vårddygn över tillståndet"
  en: "on {n_nights:night|nights} more children were placed than the {places:place|places} of the permit ({max_children} at most), {excess_nights} child nights above the permit in all"
basis: [{title: handbook HVB-1}, {title: handbook reference HB-05}, {title: 'socialtjänstförordning (2025:468) 15 kap. 6 §'}]
amount: {kind: cap, how: {sv: antalet barn över tillståndet varje natt gånger nattens genomsnittliga avtalade dygnspris, en: children above the permit each night times the night's mean agreed day rate}}
parameters:
  min_run_nights: {value: 2, unit: nights in a row, because: one night of overlap comes with every change of children}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the register row with the permit is among the evidence"}
*/
WITH occupied AS (
  SELECT n.provider_id, n.night, max(p.permit_places) AS places, count(DISTINCT n.client_token) AS n_children,
         avg(n.agreed_rate_sek) AS mean_rate
  FROM hvb_nights n JOIN providers p ON p.provider_id = n.provider_id
  WHERE n.night >= $since AND n.night < $as_of AND p.permit_places > 0
  GROUP BY n.provider_id, n.night
),
over AS (
  -- nights in a row share the difference between the date and their number
  SELECT provider_id, night, places, n_children, mean_rate,
         date_diff('day', $since, night) - row_number() OVER (PARTITION BY provider_id ORDER BY night, provider_id) AS run
  FROM occupied WHERE n_children > places
),
runs AS (
  SELECT provider_id, night, places, n_children, mean_rate, count(*) OVER (PARTITION BY provider_id, run) AS run_nights
  FROM over
),
fired AS (
  SELECT provider_id, night, places, n_children, mean_rate FROM runs WHERE run_nights >= $min_run_nights
),
summed AS (
  SELECT provider_id, min(night) AS period_from, max(night) AS period_to, count(*) AS n_nights,
         max(places) AS places, max(n_children) AS max_children, sum(n_children - places) AS excess_nights,
         sum((n_children - places) * mean_rate) AS excess_sek
  FROM fired GROUP BY provider_id
),
shown AS (
  SELECT DISTINCT f.provider_id, n.row_ref
  FROM fired f JOIN hvb_nights n ON n.provider_id = f.provider_id AND n.night = f.night
  UNION
  -- the permit
  SELECT f.provider_id, p.row_ref FROM fired f JOIN providers p ON p.provider_id = f.provider_id
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM shown GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n_nights / 200.0 + 0.5 * (s.max_children - s.places) / s.places) AS DOUBLE) AS strength,
       CAST(s.excess_sek AS DECIMAL(14,2)) AS amount_sek,
       s.n_nights, s.places, s.max_children, CAST(s.excess_nights AS BIGINT) AS excess_nights, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
