/*
name: association_membership
meaning: >
  How many members an association counts in a year: members, n_rows, source (listed = member rows, claimed = only the
  number in the grant application), row_ref of one row. Claimed numbers are used only where a year has no member rows.
reads: [association_members, association_grants]
*/
WITH listed AS (
  SELECT association_id, year, count(DISTINCT member_token) AS members, count(*) AS n_rows, min(row_ref) AS row_ref
  FROM association_members GROUP BY association_id, year
),
claimed AS (
  SELECT association_id, year, max(members_claimed) AS members, count(*) AS n_rows, min(row_ref) AS row_ref
  FROM association_grants WHERE members_claimed IS NOT NULL GROUP BY association_id, year
)
SELECT association_id, year, members, n_rows, 'listed' AS source, row_ref FROM listed
UNION ALL
SELECT c.association_id, c.year, c.members, c.n_rows, 'claimed', c.row_ref
FROM claimed c LEFT JOIN listed l ON l.association_id = c.association_id AND l.year = c.year
WHERE l.association_id IS NULL
