/*
code: AG22
title: {sv: Ledare under åldersgränsen, en: Leaders under the age limit}
method: rule
kind: breach
concept: attendance
subject: association
gate: P1
reads: [association_support, persons]
population: association_activities.association_id
age_limit: en ledare ska ha fyllt tretton år (RF:s anvisningar för LOK-stöd)
why:
  sv: Aktivitetsstöd förutsätter en ledare som fyllt tretton år. Annars saknas en ansvarig ledare på plats.
  en: Activity support presumes a leader who has turned thirteen. Otherwise no responsible leader is there.
innocent:
  sv: En ung hjälpledare har antecknats i stället för den vuxna; fel kodvärde.
  en: A young assistant was noted instead of the adult; a wrong token.
blind_spots:
  sv: Ledare vars födelseår saknas.
  en: Leaders whose year of birth is missing.
next_step:
  sv: Fråga föreningen vem som var ansvarig ledare.
  en: Ask the association who was the responsible leader.
sentence:
  sv: "{n:aktivitet|aktiviteter} har en ledare som inte fyllt {min_age} år ({n_leaders} ledare)"
  en: "{n:activity|activities} have a leader under {min_age:year|years} of age ({n_leaders:leader|leaders})"
basis: [{title: handbook reference FB-10}, {title: RF:s anvisningar för LOK-stöd}]
amount: {kind: estimate, how: {sv: aktivitetsstödet för de aktiviteterna, en: activity support for those activities}}
parameters:
  leader_age: {value: 13, unit: years, because: RF's terms as quoted in reference FB-10}
  min_activities: {value: 3, unit: activities, because: one or two are slips of the pen}
severity: 3
status: active
since: 2026-11-23
*/
WITH young AS (
  -- the year of birth alone: nobody who turns thirteen in the year is counted
  SELECT s.association_id, s.leader_token, s.started_at, s.support_sek, s.row_ref
  FROM association_support s JOIN persons p ON p.person_token = s.leader_token
  WHERE s.started_at >= $since AND year(s.started_at) - p.birth_year < $leader_age
)
SELECT association_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + count(*) / 50.0) AS DOUBLE) AS strength, CAST(sum(support_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT leader_token) AS n_leaders, $leader_age AS min_age, array_agg(row_ref) AS evidence
FROM young GROUP BY association_id HAVING count(*) >= $min_activities
