/*
name: organisation_officers
meaning: >
  People who speak for an organisation, one row an organisation and person: org_type (provider, association), org_id,
  person_token, role_from (first day in any role), role_to (last day; null while some role goes on), row_ref of the earliest role.
  Board, chair, managing director, owner, treasurer and signatory; auditors and activity leaders decide nothing and are out.
reads: [provider_roles, association_roles]
materialise: true
*/
WITH roles AS (
  SELECT 'provider' AS org_type, provider_id AS org_id, person_token, role, role_from, role_to, row_ref
  FROM provider_roles WHERE role <> 'auditor'
  UNION ALL
  SELECT 'association', association_id, person_token, role, role_from, role_to, row_ref
  FROM association_roles WHERE role <> 'auditor' AND role <> 'leader'
),
placed AS (
  SELECT org_type, org_id, person_token, role_from, role_to, row_ref,
         row_number() OVER (PARTITION BY org_type, org_id, person_token ORDER BY role_from, role, role_to, row_ref) AS place
  FROM roles
)
SELECT org_type, org_id, person_token, min(role_from) AS role_from,
       CASE WHEN count(*) = count(role_to) THEN max(role_to) END AS role_to,
       max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
FROM placed
GROUP BY org_type, org_id, person_token
