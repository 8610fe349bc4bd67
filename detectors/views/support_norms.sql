/*
name: support_norms
meaning: >
  What the household is and may get at most in norm, by household and month: adults, children (the larger of the
  application and the member list), norm_limit_sek = national norm of that composition in that month (NULL where the
  year's norm is not in parameters.yaml or no adult is known), declared_income_sek and declared_rent_sek (largest of the
  month's applications, NULL without application), n_applications, n_ages_unknown. A child's birthday is not known, so
  the higher of the two rows a birth year allows is used, and the highest row of all where the birth year is missing.
reads: [income_support_applications, income_support_members, persons, law_values]
required: [income_support_applications, income_support_members, persons]
materialise: true
*/
WITH applied AS (
  SELECT household_token, month, max(adults) AS adults, max(children) AS children, count(*) AS n_applications,
         max(declared_income_sek) AS declared_income_sek, max(declared_rent_sek) AS declared_rent_sek
  FROM income_support_applications GROUP BY household_token, month
),
months AS (
  SELECT month FROM income_support_applications UNION SELECT month FROM income_support_members
),
law AS (
  -- one row a month: the national norm's rows of that year
  SELECT m.month,
         max(CASE WHEN l.name = 'riksnorm_single' THEN l.value END) AS single,
         max(CASE WHEN l.name = 'riksnorm_couple' THEN l.value END) AS couple,
         max(CASE WHEN l.name = 'riksnorm_child_0' THEN l.value END) AS child_0,
         max(CASE WHEN l.name = 'riksnorm_child_1_2' THEN l.value END) AS child_1_2,
         max(CASE WHEN l.name = 'riksnorm_child_3' THEN l.value END) AS child_3,
         max(CASE WHEN l.name = 'riksnorm_child_4_6' THEN l.value END) AS child_4_6,
         max(CASE WHEN l.name = 'riksnorm_child_7_10' THEN l.value END) AS child_7_10,
         max(CASE WHEN l.name = 'riksnorm_child_11_14' THEN l.value END) AS child_11_14,
         max(CASE WHEN l.name = 'riksnorm_child_15_18' THEN l.value END) AS child_15_18,
         max(CASE WHEN l.name = 'riksnorm_child_19_20' THEN l.value END) AS child_19_20,
         max(CASE WHEN l.name = 'riksnorm_common_1' THEN l.value END) AS common_1,
         max(CASE WHEN l.name = 'riksnorm_common_2' THEN l.value END) AS common_2,
         max(CASE WHEN l.name = 'riksnorm_common_3' THEN l.value END) AS common_3,
         max(CASE WHEN l.name = 'riksnorm_common_4' THEN l.value END) AS common_4,
         max(CASE WHEN l.name = 'riksnorm_common_5' THEN l.value END) AS common_5,
         max(CASE WHEN l.name = 'riksnorm_common_6' THEN l.value END) AS common_6,
         max(CASE WHEN l.name = 'riksnorm_common_7' THEN l.value END) AS common_7
  FROM months m JOIN law_values l
    ON l.valid_from <= m.month AND (l.valid_to IS NULL OR l.valid_to >= m.month)
  GROUP BY m.month
),
people AS (
  SELECT i.household_token, i.month, i.role, year(i.month) - p.birth_year AS turns
  FROM income_support_members i LEFT JOIN persons p ON p.person_token = i.person_token
),
listed AS (
  SELECT p.household_token, p.month,
         sum(CASE WHEN p.role = 'child' THEN 0 ELSE 1 END) AS adults,
         sum(CASE WHEN p.role = 'child' THEN 1 ELSE 0 END) AS children,
         sum(CASE WHEN p.role = 'child' AND p.turns IS NOT NULL THEN 1 ELSE 0 END) AS children_with_age,
         -- the age a child turns this year or the year before it, whichever row is higher; the rows rise with age
         -- but for the child of three
         sum(CASE WHEN p.role <> 'child' OR p.turns IS NULL THEN 0
                  WHEN p.turns <= 0 THEN l.child_0
                  WHEN p.turns = 1 THEN greatest(l.child_0, l.child_1_2)
                  WHEN p.turns = 2 THEN l.child_1_2
                  WHEN p.turns = 3 THEN greatest(l.child_1_2, l.child_3)
                  WHEN p.turns = 4 THEN greatest(l.child_3, l.child_4_6)
                  WHEN p.turns <= 6 THEN l.child_4_6
                  WHEN p.turns <= 10 THEN l.child_7_10
                  WHEN p.turns <= 14 THEN l.child_11_14
                  WHEN p.turns <= 18 THEN l.child_15_18
                  ELSE l.child_19_20 END) AS children_sek
  FROM people p LEFT JOIN law l ON l.month = p.month
  GROUP BY p.household_token, p.month
),
composed AS (
  SELECT coalesce(a.household_token, m.household_token) AS household_token, coalesce(a.month, m.month) AS month,
         greatest(coalesce(a.adults, 0), coalesce(m.adults, 0)) AS adults,
         greatest(coalesce(a.children, 0), coalesce(m.children, 0)) AS children,
         coalesce(m.children_with_age, 0) AS children_with_age, coalesce(m.children_sek, 0) AS children_sek,
         a.declared_income_sek, a.declared_rent_sek, coalesce(a.n_applications, 0) AS n_applications
  FROM applied a FULL JOIN listed m ON m.household_token = a.household_token AND m.month = a.month
)
SELECT c.household_token, c.month, c.adults, c.children, c.children - c.children_with_age AS n_ages_unknown,
       c.declared_income_sek, c.declared_rent_sek, c.n_applications,
       CASE WHEN c.adults = 1 THEN l.single
            WHEN c.adults >= 2 THEN l.couple + (c.adults - 2) * l.single END
       + c.children_sek + (c.children - c.children_with_age) * l.child_19_20
       + CASE WHEN c.adults + c.children = 1 THEN l.common_1
              WHEN c.adults + c.children = 2 THEN l.common_2
              WHEN c.adults + c.children = 3 THEN l.common_3
              WHEN c.adults + c.children = 4 THEN l.common_4
              WHEN c.adults + c.children = 5 THEN l.common_5
              WHEN c.adults + c.children = 6 THEN l.common_6
              ELSE l.common_7 + (c.adults + c.children - 7) * (l.common_7 - l.common_6) END AS norm_limit_sek
FROM composed c LEFT JOIN law l ON l.month = c.month
