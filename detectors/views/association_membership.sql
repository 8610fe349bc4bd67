/*
name: association_membership
meaning: >
  How many members an association counts in a year: members, n_rows, source (listed = member rows, claimed = only the
  number in the grant application), row_ref of one row (the first
  member by token, the largest claim). Claimed numbers are used only where a year has no member rows.
reads: [association_members, association_grants]
materialise: true
*/
WITH member_rows AS (
  SELECT association_id, year, member_token, row_ref,
         row_number() OVER (PARTITION BY association_id, year ORDER BY member_token, row_ref) AS place
  FROM association_members
),
listed AS (
  SELECT association_id, year, count(DISTINCT member_token) AS members, count(*) AS n_rows,
         max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
  FROM member_rows GROUP BY association_id, year
),
claims AS (
  SELECT association_id, year, members_claimed, row_ref,
         row_number() OVER (PARTITION BY association_id, year ORDER BY members_claimed DESC, grant_id) AS place
  FROM association_grants WHERE members_claimed IS NOT NULL
),
claimed AS (
  SELECT association_id, year, max(members_claimed) AS members, count(*) AS n_rows,
         max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
  FROM claims GROUP BY association_id, year
)
SELECT association_id, year, members, n_rows, 'listed' AS source, row_ref FROM listed
UNION ALL
SELECT c.association_id, c.year, c.members, c.n_rows, 'claimed', c.row_ref
FROM claimed c LEFT JOIN listed l ON l.association_id = c.association_id AND l.year = c.year
WHERE l.association_id IS NULL
