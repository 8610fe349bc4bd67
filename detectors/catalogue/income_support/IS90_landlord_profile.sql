/*
code: IS90
title: {sv: Ovanlig helhet hos hyresvärd, en: Unusual profile of a landlord}
method: isolation_forest
kind: unusual
concept: landlord
subject: landlord
gate: P1
reads: [income_support_applications, support_payments, listed_tokens]
optional_reads: [support_payments]
population: income_support_applications.landlord_token
peers:
  levels: [[]]
why:
  sv: Hyror, byten och utbetalningssätt hos en hyresvärd bildar ett mönster. Ett som skiljer sig i flera drag kan bero på att hyrorna satts efter biståndet och inte efter bostaden.
  en: Rents, moves and ways of payment at a landlord make a pattern. One that differs in several features may come from rents set by the support and not by the dwelling.
innocent:
  sv: Nybyggda eller renoverade hus; ett hus med lika stora lägenheter; boende som kommunen själv har ordnat; studentbostäder med täta byten.
  en: New or renovated houses; a house with equal flats; housing the municipality itself arranged; student housing with frequent moves.
blind_spots:
  sv: Hyresvärdar med under fyra hushåll på bistånd; hyresvärdar som uppträder under flera beteckningar; bostädernas storlek och skick syns inte.
  en: Landlords with fewer than four households on support; landlords under several tokens; size and state of the dwellings do not show.
next_step:
  sv: Begär in hyresavtalen för de hushåll som raderna gäller och jämför hyrorna med bruksvärdet.
  en: Ask for the leases of the households the rows concern and compare the rents with the utility value.
sentence:
  sv: "ovanlig helhet bland {n_households:hushåll|hushåll} på bistånd jämfört med {peer_n} privata hyresvärdar: {differences_sv}"
  en: "unusual whole among {n_households:household|households} on support against {peer_n} private landlords: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  rent_level: {sv: hyra mot medianen hos privata hyresvärdar, en: rent against the median of private landlords, unit: percent}
  equal_share: {sv: andel hushåll med samma hyra som ett annat, en: households at the rent of another, unit: percent}
  round_share: {sv: andel hyror i hela hundratal, en: rents of whole hundreds, unit: percent}
  new_share: {sv: andel hushåll som kom de tre sista månaderna, en: households that came in the last three months, unit: percent}
  households_per_dwelling: {sv: hushåll per bostad, en: households a dwelling, unit: households}
  rent_change: {sv: ändring av hyran under perioden, en: change of the rent over the period, unit: percent}
  direct_share: {sv: andel av hyran som betalas direkt till hyresvärden, en: rent paid straight to the landlord, unit: percent}
  months_per_household: {sv: månader på bistånd per hushåll, en: months on support a household, unit: months}
parameters:
  min_volume: {value: 4, unit: households, because: shares of fewer households are chance}
  percentile: {value: 0.97, unit: share of landlords, because: a few percent is what can be looked at}
severity: 2
status: active
since: 2026-11-23
*/
WITH rents AS (
  SELECT a.landlord_token, a.household_token, a.dwelling_token, CAST(date_trunc('month', a.month) AS DATE) AS month,
         CAST(a.declared_rent_sek AS DOUBLE) AS rent_sek, a.row_ref,
         row_number() OVER (PARTITION BY a.landlord_token, a.household_token ORDER BY a.month, a.application_id) AS first_place,
         row_number() OVER (PARTITION BY a.landlord_token, a.household_token ORDER BY a.month DESC, a.application_id) AS last_place
  FROM income_support_applications a
  WHERE a.month >= $since AND a.month <= $as_of AND a.landlord_token IS NOT NULL AND a.declared_rent_sek > 0
    AND NOT EXISTS (SELECT 1 FROM listed_tokens t WHERE t.list = 'municipal_landlords' AND t.token = a.landlord_token)
),
tenants AS (
  SELECT landlord_token, household_token, min(month) AS first_month, max(month) AS last_month, count(*) AS n_months,
         max(CASE WHEN first_place = 1 THEN rent_sek END) AS first_rent,
         max(CASE WHEN last_place = 1 THEN rent_sek END) AS rent_sek,
         max(CASE WHEN last_place = 1 THEN dwelling_token END) AS dwelling_token,
         max(CASE WHEN last_place = 1 THEN row_ref END) AS row_ref
  FROM rents GROUP BY landlord_token, household_token
),
placed AS (
  SELECT landlord_token, household_token, first_month, last_month, n_months, first_rent, rent_sek, dwelling_token, row_ref,
         count(*) OVER (PARTITION BY landlord_token, rent_sek) AS n_same,
         row_number() OVER (PARTITION BY landlord_token ORDER BY rent_sek DESC, household_token, row_ref) AS place
  FROM tenants
),
usual AS (SELECT median(rent_sek) AS rent_sek FROM tenants),
begun AS (SELECT min(month) AS first_month FROM rents),
paid AS (
  -- households' rents by who received them, landlord by landlord
  SELECT t.landlord_token, sum(CASE WHEN p.payee = 'landlord' THEN p.amount_sek ELSE 0 END) AS direct_sek,
         sum(p.amount_sek) AS paid_sek
  FROM support_payments p
  JOIN rents t ON t.household_token = p.household_token AND t.month = CAST(date_trunc('month', p.month) AS DATE)
  WHERE p.purpose = 'rent' AND p.amount_sek > 0
  GROUP BY t.landlord_token
)
SELECT t.landlord_token AS subject_id, min(t.first_month) AS period_from,
       CAST(max(t.last_month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, count(*) AS volume,
       count(*) AS n_households, CAST(median(t.rent_sek) / max(u.rent_sek) - 1 AS DOUBLE) AS rent_level,
       CAST(avg(CASE WHEN t.n_same > 1 THEN 1.0 ELSE 0.0 END) AS DOUBLE) AS equal_share,
       CAST(avg(CASE WHEN mod(CAST(round(t.rent_sek, 0) AS BIGINT), 100) = 0 THEN 1.0 ELSE 0.0 END) AS DOUBLE) AS round_share,
       CAST(avg(CASE WHEN t.first_month = b.first_month THEN 0.0
                     WHEN t.first_month > $as_of - INTERVAL 92 DAY THEN 1.0 ELSE 0.0 END) AS DOUBLE) AS new_share,
       CAST(count(*) / nullif(count(DISTINCT t.dwelling_token), 0) AS DOUBLE) AS households_per_dwelling,
       CAST(sum(t.rent_sek) / sum(t.first_rent) - 1 AS DOUBLE) AS rent_change,
       CAST(max(p.direct_sek) / nullif(max(p.paid_sek), 0) AS DOUBLE) AS direct_share,
       CAST(avg(t.n_months) AS DOUBLE) AS months_per_household,
       array_agg(t.row_ref) FILTER (WHERE t.place <= 50) AS evidence
FROM placed t CROSS JOIN usual u CROSS JOIN begun b LEFT JOIN paid p ON p.landlord_token = t.landlord_token
GROUP BY t.landlord_token
