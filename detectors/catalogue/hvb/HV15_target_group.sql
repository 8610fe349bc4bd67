/*
code: HV15
title: {sv: Ålder utanför tillståndets målgrupp, en: Age outside the permit's target group}
method: rule
kind: breach
concept: permit
subject: provider
gate: P1
reads: [hvb_placements, persons]
age_limit: permit of the home under socialtjänstförordning (2025:468) 15 kap. 6 §
population: hvb_placements.provider_id
why:
  sv: Tillståndet anger vilken målgrupp och ålder hemmet får ta emot.
  en: The permit states which target group and age the home may receive.
innocent:
  sv: Den unga fyllde år under placeringen och får stanna; akut placering.
  en: The young person had a birthday during the placement and may stay; an emergency.
blind_spots:
  sv: Tillståndets åldersgränser finns inte i uttaget; här används bara en allmän gräns.
  en: The age limits of the permit are not in the export; only a general limit is used here.
next_step:
  sv: Jämför den ungas ålder vid inflyttning med tillståndsbeviset.
  en: Compare the age at moving in with the permit.
sentence:
  sv: "{n:placering|placeringar} avser unga som var äldre än {max_age} år när de flyttade in"
  en: "{n:placement|placements} concern young people older than {max_age:year|years} when they moved in"
basis: [{title: handbook reference HB-06}]
parameters:
  max_age: {value: 21, unit: years, because: homes for children and young people end by twenty-one at the latest}
severity: 3
status: draft
why_not:
  sv: Tillståndets målgrupp och åldersgränser finns inte i något av uttagen. Med en allmän gräns kan regeln inte skilja hem för unga från hem för vuxna.
  en: The permit's target group and age limits are in none of the exports. With a general limit the rule cannot tell homes for the young from homes for adults.
since: 2026-11-23
*/
WITH born AS (
  SELECT person_token, max(birth_year) AS birth_year FROM persons WHERE birth_year IS NOT NULL GROUP BY person_token
)
SELECT p.provider_id AS subject_id, min(p.placed_on) AS period_from, max(p.placed_on) AS period_to,
       CAST(least(0.8, 0.3 + count(*) / 20.0) AS DOUBLE) AS strength, count(*) AS n,
       CAST($max_age AS BIGINT) AS max_age, array_agg(p.row_ref) AS evidence
FROM hvb_placements p JOIN born b ON b.person_token = p.client_token
WHERE p.placed_on >= $since AND p.placed_on <= $as_of AND year(p.placed_on) - b.birth_year > $max_age + 1
GROUP BY p.provider_id
