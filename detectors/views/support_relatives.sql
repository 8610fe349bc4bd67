/*
name: support_relatives
meaning: >
  Households on income support that have had a member in common at any time (a couple that parted, a child with two
  homes, a young person who moved out): household_token, other_token; both directions, one row a pair.
reads: [income_support_members]
materialise: true
*/
WITH belonging AS (
  SELECT DISTINCT household_token, person_token FROM income_support_members
)
SELECT DISTINCT a.household_token, b.household_token AS other_token
FROM belonging a JOIN belonging b ON b.person_token = a.person_token AND b.household_token <> a.household_token
