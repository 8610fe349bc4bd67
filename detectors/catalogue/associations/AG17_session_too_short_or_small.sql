/*
code: AG17
title: {sv: Aktiviteter för korta eller fel antal, en: Activities too short or wrongly sized}
method: rule
kind: unusual
concept: attendance
subject: association
gate: P0
reads: [association_support, associations]
optional_reads: [associations]
population: association_activities.association_id
why:
  sv: Aktivitetsstöd för idrott förutsätter minst en timme, minst tre deltagare och högst trettio. Aktiviteter utanför villkoren får föras i närvarosystemet men inte räknas i ansökan.
  en: Activity support for sport presumes at least an hour, at least three participants and thirty at most. Activities outside the terms may be kept in the attendance system but not counted in the application.
innocent:
  sv: Små tillfällen som är riktigt förda och inte ingår i ansökan (räknas inte när uttaget säger det); kulturföreningar och kommunens egna regler kan ha andra gränser (bara idrottsföreningar räknas); deltagare med funktionsnedsättning i liten grupp.
  en: Small sessions that are kept correctly and not claimed (not counted where the export says so); cultural associations and the municipality's own rules may have other limits (only sports associations are counted); participants with a disability in a small group.
blind_spots:
  sv: Aktiviteter som skrivs upp till en timme. Utan kolumnen counted_for_support går det inte att se vilka aktiviteter som ingår i ansökan.
  en: Activities that are written up to an hour. Without the column counted_for_support it cannot be seen which activities are claimed.
next_step:
  sv: Kontrollera om aktiviteterna ingår i ansökan. Gör de det, be föreningen rätta den och räkna bort dem ur stödet.
  en: Check whether the activities are part of the application. If so, ask the association to correct it and take them out of the support.
sentence:
  sv: "{n_outside} av {n:aktivitet|aktiviteter} uppfyller inte villkoren: [{n_short} för korta / {n_few} med för få deltagare / {n_many} med för många deltagare]"
  en: "{n_outside} of {n:activity|activities} do not meet the terms: [{n_short} too short / {n_few} with too few participants / {n_many} with too many participants]"
basis: [{title: handbook reference FB-03}, {title: RF:s anvisningar för LOK-stöd}]
amount: {kind: estimate, how: {sv: aktivitetsstödet för de aktiviteter som inte uppfyller villkoren, en: activity support for the activities that do not meet the terms}}
parameters:
  min_minutes: {value: 60, unit: minutes, because: RF's terms as quoted in reference FB-03}
  min_participants: {value: 3, unit: participants, because: RF's terms as quoted in reference FB-03}
  max_participants: {value: 30, unit: participants, because: RF's terms as quoted in reference FB-03}
  min_activities: {value: 5, unit: activities, because: a few are mistakes on cards}
  min_share: {value: 0.1, unit: share of activities, because: now and then few children come}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: of kind unusual because an attendance system also holds activities that nobody claims; those known not to be claimed are left out}
*/
WITH judged AS (
  SELECT s.association_id, s.started_at, s.support_sek, s.row_ref,
         (epoch(s.ended_at) - epoch(s.started_at)) / 60.0 < $min_minutes AS is_short,
         s.participants < $min_participants AS is_few, s.participants > $max_participants AS is_many
  FROM association_support s LEFT JOIN associations a ON a.association_id = s.association_id
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND coalesce(a.category, 'sport') = 'sport'
    AND coalesce(s.counted_for_support, true)
),
summed AS (
  SELECT association_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to, count(*) AS n,
         sum(CASE WHEN is_short OR is_few OR is_many THEN 1 ELSE 0 END) AS n_outside,
         sum(CASE WHEN is_short THEN 1 ELSE 0 END) AS n_short, sum(CASE WHEN is_few THEN 1 ELSE 0 END) AS n_few,
         sum(CASE WHEN is_many THEN 1 ELSE 0 END) AS n_many,
         sum(CASE WHEN is_short OR is_few OR is_many THEN support_sek END) AS sek
  FROM judged GROUP BY association_id
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM judged WHERE is_short OR is_few OR is_many GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.2 + s.n_outside / s.n) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n,
       CAST(s.n_outside AS BIGINT) AS n_outside, CAST(s.n_short AS BIGINT) AS n_short, CAST(s.n_few AS BIGINT) AS n_few,
       CAST(s.n_many AS BIGINT) AS n_many, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
WHERE s.n_outside >= $min_activities AND s.n_outside / s.n >= $min_share
