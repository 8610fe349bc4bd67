/*
name: association_support
meaning: >
  Reported activities with what they are worth in activity support at the rate of the day: support_sek (the sum for the
  activity plus participants times the sum for a participant) and participant_sek (for one participant). counted_for_support
  is null where the export does not say whether the activity is claimed. One row an activity.
reads: [association_activities, law_values]
materialise: true
*/
SELECT a.activity_id, a.association_id, a.started_at, a.ended_at, a.venue_token, a.leader_token, a.participants, a.counted_for_support,
       s.value + a.participants * p.value AS support_sek, p.value AS participant_sek, a.row_ref
FROM association_activities a
LEFT JOIN law_values s ON s.name = 'lok_activity_amount' AND s.valid_from <= CAST(a.started_at AS DATE)
                      AND (s.valid_to IS NULL OR s.valid_to >= CAST(a.started_at AS DATE))
LEFT JOIN law_values p ON p.name = 'lok_participant_amount' AND p.valid_from <= CAST(a.started_at AS DATE)
                      AND (p.valid_to IS NULL OR p.valid_to >= CAST(a.started_at AS DATE))
