/*
name: organisation_officers
meaning: >
  People who speak for an organisation, one row an organisation and person: org_type (provider, association), org_id,
  person_token, role_from (first day in any role), role_to (last day; null while some role goes on), row_ref of one role.
  Board, chair, managing director, owner, treasurer and signatory; auditors and activity leaders decide nothing and are out.
reads: [provider_roles, association_roles]
*/
SELECT 'provider' AS org_type, provider_id AS org_id, person_token, min(role_from) AS role_from,
       CASE WHEN count(*) = count(role_to) THEN max(role_to) END AS role_to, min(row_ref) AS row_ref
FROM provider_roles WHERE role <> 'auditor'
GROUP BY provider_id, person_token
UNION ALL
SELECT 'association', association_id, person_token, min(role_from),
       CASE WHEN count(*) = count(role_to) THEN max(role_to) END, min(row_ref)
FROM association_roles WHERE role <> 'auditor' AND role <> 'leader'
GROUP BY association_id, person_token
