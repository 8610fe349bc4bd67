/*
name: work_intervals
meaning: >
  Every registered interval of work by a person, over home care, assistance and association activities: person_token,
  domain, organisation_id, client_token (none for activities), started_at, ended_at, kind (active, awake_standby,
  home_standby), row_ref. One row a visit, shift or led activity.
reads: [home_care_visits, assistance_shifts, association_activities]
*/
SELECT staff_token AS person_token, 'home_care' AS domain, provider_id AS organisation_id, client_token,
       started_at, ended_at, 'active' AS kind, row_ref
FROM home_care_visits
WHERE ended_at > started_at
UNION ALL
SELECT assistant_token, 'assistance', provider_id, client_token, started_at, ended_at, kind, row_ref
FROM assistance_shifts
WHERE ended_at > started_at
UNION ALL
SELECT leader_token, 'associations', association_id, CAST(NULL AS VARCHAR), started_at, ended_at, 'active', row_ref
FROM association_activities
WHERE ended_at > started_at AND leader_token IS NOT NULL
