/*
code: HV04
title: {sv: Samma barn i två hem samtidigt, en: Same child in two homes at once}
method: rule
kind: impossible
concept: presence
subject: provider
gate: P1
reads: [hvb_nights, hvb_placements]
population: hvb_placements.provider_id
why:
  sv: Ett barn sover på ett ställe. När två placeringar gäller samma nätter riskerar kommunen att betala två hem för samma dygn.
  en: A child sleeps in one place. Where two placements hold for the same nights the municipality risks paying two homes for one day.
innocent:
  sv: Provflytt (högst två nätter räknas inte); plats som hålls enligt avtal medan ett annat hem prövas; avlastning; utskrivning som registrerats sent.
  en: A trial move (two nights at most are not counted); a place kept by agreement while another home is tried; respite care; a discharge registered late.
blind_spots:
  sv: Placeringar i familjehem, jourhem och på SiS-hem finns inte i uttaget; barn med olika beteckning i två uttag.
  en: Placements in foster homes, emergency homes and state homes are not in the export; children with different tokens in two exports.
next_step:
  sv: Fråga placerande handläggare var barnet bodde och jämför båda hemmens fakturor för de nätterna.
  en: Ask the case officer where the child stayed and compare both homes' invoices for those nights.
sentence:
  sv: "{nights:natt|nätter} gäller två placeringar för samma barn ({n_children} barn, {n} par av placeringar)"
  en: "on {nights:night|nights} two placements hold for the same child ({n_children:child|children}, {n:pair|pairs} of placements)"
basis: [{title: handbook HVB-4}, {title: handbook reference HB-03}]
amount: {kind: cap, how: {sv: "gemensamma nätter gånger det lägre av de två avtalade dygnspriserna, delat lika mellan två hem", en: "shared nights times the lower of the two agreed day rates, half on each of two homes"}}
parameters:
  max_trial_nights: {value: 2, unit: nights, because: a trial move may overlap by a night or two}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the money of a shared night is shared by the two homes, so that a run counts it once"}
*/
WITH doubled AS (
  -- nights on which a child has more than one placement: only these go into the pairing
  SELECT night, client_token FROM hvb_nights
  WHERE night >= $since AND night < $as_of
  GROUP BY night, client_token HAVING count(DISTINCT placement_id) > 1
),
pairs AS (
  SELECT a.placement_id AS first_id, b.placement_id AS second_id, a.provider_id AS first_provider,
         b.provider_id AS second_provider, a.client_token, a.row_ref AS first_ref, b.row_ref AS second_ref,
         least(a.agreed_rate_sek, b.agreed_rate_sek) AS lower_rate,
         count(*) AS nights, min(a.night) AS first_night, max(a.night) AS last_night
  FROM doubled d
  JOIN hvb_nights a ON a.client_token = d.client_token AND a.night = d.night
  JOIN hvb_nights b ON b.client_token = d.client_token AND b.night = d.night AND b.placement_id > a.placement_id
  GROUP BY a.placement_id, b.placement_id, a.provider_id, b.provider_id, a.client_token, a.row_ref, b.row_ref,
           least(a.agreed_rate_sek, b.agreed_rate_sek)
  HAVING count(*) > $max_trial_nights
),
sides AS (
  -- both homes have it to explain; two placements at one home are counted once
  SELECT first_provider AS provider_id, first_ref, second_ref, client_token, nights, first_night, last_night,
         nights * lower_rate * CASE WHEN first_provider = second_provider THEN 1.0 ELSE 0.5 END AS sek
  FROM pairs
  UNION ALL
  SELECT second_provider, first_ref, second_ref, client_token, nights, first_night, last_night, nights * lower_rate * 0.5
  FROM pairs WHERE first_provider <> second_provider
),
references_of AS (
  SELECT r.provider_id, array_agg(p.row_ref) AS evidence
  FROM (SELECT provider_id, first_ref AS placement_ref FROM sides
        UNION SELECT provider_id, second_ref FROM sides) r
  JOIN hvb_placements p ON p.row_ref = r.placement_ref
  GROUP BY r.provider_id
),
summed AS (
  SELECT provider_id, min(first_night) AS period_from, max(last_night) AS period_to, count(*) AS n,
         count(DISTINCT client_token) AS n_children, sum(nights) AS nights, sum(sek) AS sek
  FROM sides GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.nights / 60.0 + s.n_children / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_children, CAST(s.nights AS BIGINT) AS nights, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
