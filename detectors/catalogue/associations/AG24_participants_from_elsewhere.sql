/*
code: AG24
title: {sv: De flesta deltagare bor utanför kommunen, en: Most participants live outside the municipality}
method: rule
kind: unusual
concept: membership
subject: association
gate: P1
reads: [association_activities, association_attendance, association_members]
population: association_activities.association_id
why:
  sv: Kommunens aktivitetsstöd gäller som regel de egna invånarna. Bor de flesta deltagarna någon annanstans kan samma verksamhet få stöd i flera kommuner.
  en: A municipality's activity support is as a rule for its own inhabitants. Where most participants live elsewhere the same activity may be supported in several municipalities.
innocent:
  sv: Tätort vid kommungränsen; riksidrottsgymnasium eller särskild skola; den enda föreningen i sitt slag i trakten; bidrag som inte kräver att deltagarna bor i kommunen.
  en: A town at the municipal border; a sports school or special school; the only association of its kind in the region; a grant that does not ask where participants live.
blind_spots:
  sv: Deltagare som inte finns i medlemslistan har ingen uppgift om bosättning.
  en: Participants who are not in the list of members have no information on where they live.
next_step:
  sv: Se om bidragsreglerna kräver att deltagarna bor i kommunen och fråga grannkommunerna vad de ger samma förening.
  en: See whether the rules of the grant ask for inhabitants and ask the neighbouring municipalities what they give the same association.
sentence:
  sv: "{n_outside} av {n_known} deltagare med känd bosättning bor utanför kommunen"
  en: "{n_outside} of {n_known:participant|participants} whose residence is known live outside the municipality"
basis: [{title: handbook reference FB-07}]
parameters:
  max_share: {value: 0.5, unit: share of participants with known residence, because: handbook reference FB-07}
  min_participants: {value: 20, unit: participants with known residence, because: in a small association a few families decide the share}
severity: 1
status: active
since: 2026-11-23
*/
WITH participants AS (
  SELECT DISTINCT k.association_id, a.member_token
  FROM association_activities k JOIN association_attendance a ON a.activity_id = k.activity_id
  WHERE k.started_at >= $since
),
residence AS (
  -- one row a member of the association; who is an inhabitant in any year's list counts as one
  SELECT association_id, member_token, max(CASE WHEN resident_here THEN 1 ELSE 0 END) AS is_here, max(row_ref) AS row_ref
  FROM association_members
  WHERE resident_here IS NOT NULL AND year >= year($since)
  GROUP BY association_id, member_token
),
known AS (
  SELECT p.association_id, r.is_here, r.row_ref
  FROM participants p JOIN residence r ON r.association_id = p.association_id AND r.member_token = p.member_token
),
summed AS (
  SELECT association_id, count(*) AS n_known, sum(1 - is_here) AS n_outside,
         array_agg(CASE WHEN is_here = 0 THEN row_ref END) AS evidence
  FROM known GROUP BY association_id
)
SELECT association_id AS subject_id, $since AS period_from, $as_of AS period_to,
       CAST(least(1.0, 0.3 + (n_outside / n_known - $max_share)) AS DOUBLE) AS strength,
       n_known, CAST(n_outside AS BIGINT) AS n_outside, evidence
FROM summed
WHERE n_known >= $min_participants AND n_outside / n_known > $max_share
