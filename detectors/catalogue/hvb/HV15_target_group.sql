/*
code: HV15
title: {sv: Ålder utanför tillståndets målgrupp, en: Age outside the permit's target group}
method: rule
kind: breach
concept: permit
subject: provider
gate: P1
reads: [hvb_placements, persons, providers]
age_limit: permit of the home under socialtjänstförordning (2025:468) 15 kap. 6 §
population: hvb_placements.provider_id
why:
  sv: Tillståndet anger vilken målgrupp och ålder hemmet får ta emot.
  en: The permit states which target group and age the home may receive.
innocent:
  sv: Den unga fyllde år under placeringen och får stanna (bara åldern vid inflyttning räknas, och året då gränsen kan ha passerats räknas aldrig); akut placering; hemmet har flera enheter med olika tillstånd.
  en: The young person had a birthday during the placement and may stay (only the age at moving in counts, and never the year in which the limit may have been passed); an emergency; the home has several units with different permits.
blind_spots:
  sv: Kön och annan målgrupp i tillståndet; hem vars åldersgränser inte är införda.
  en: Sex and other target groups of the permit; homes whose age limits are not entered.
next_step:
  sv: Jämför den ungas ålder vid inflyttning med tillståndsbeviset.
  en: Compare the age at moving in with the permit.
sentence:
  sv: "{n:placering|placeringar} avser unga som var yngre eller äldre än tillståndets {age_from}–{age_to} år när de flyttade in"
  en: "{n:placement|placements} concern young people younger or older than the permit's {age_from} to {age_to} years when they moved in"
basis: [{title: handbook reference HB-06}]
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "in use where the export holds the ages of the permit; before, a draft with a general limit"}
*/
WITH born AS (
  SELECT person_token, max(birth_year) AS birth_year FROM persons WHERE birth_year IS NOT NULL GROUP BY person_token
),
placed AS (
  -- only the year of birth is known: the age is this many years or one less
  SELECT p.provider_id, p.placed_on, p.row_ref, year(p.placed_on) - b.birth_year AS age_in_year,
         coalesce(h.permit_age_from, 0) AS age_from, coalesce(h.permit_age_to, 120) AS age_to
  FROM hvb_placements p
  JOIN born b ON b.person_token = p.client_token
  JOIN providers h ON h.provider_id = p.provider_id
  WHERE p.placed_on >= $since AND p.placed_on <= $as_of AND (h.permit_age_from IS NOT NULL OR h.permit_age_to IS NOT NULL)
)
SELECT provider_id AS subject_id, min(placed_on) AS period_from, max(placed_on) AS period_to,
       CAST(least(0.8, 0.3 + count(*) / 20.0) AS DOUBLE) AS strength, count(*) AS n,
       max(age_from) AS age_from, max(age_to) AS age_to, array_agg(row_ref) AS evidence
FROM placed
WHERE age_in_year - 1 > age_to OR age_in_year < age_from
GROUP BY provider_id
