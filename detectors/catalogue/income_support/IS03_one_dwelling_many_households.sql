/*
code: IS03
title: {sv: "Flera hushåll, hyra för samma bostad", en: Several households claim one dwelling's rent}
method: rule
kind: unusual
concept: address
subject: address
gate: P1
reads: [income_support_applications]
population: income_support_applications.dwelling_token
why:
  sv: En bostad har en hyra. Begär tre eller fler hushåll hyra för samma bostad samma månad, och summan är högre än vad en stor bostad kostar, kan hyran betalas flera gånger eller människor bo mycket trångt mot hög betalning.
  en: A dwelling has one rent. If three or more households claim rent for one dwelling in a month, and the sum is above what a large dwelling costs, the rent may be paid several times or people may live very crowded at a high price.
innocent:
  sv: Delad lägenhet med kontrakt på varsitt rum, där delarna tillsammans blir en rimlig hyra (räknas inte under gränsen); stödboende och studentkorridor; bostadskod utan lägenhetsnummer.
  en: A shared flat with a contract for each room, where the parts add up to a reasonable rent (not counted under the limit); supported housing and student corridors; a dwelling token without flat number.
blind_spots:
  sv: Bostäder som kodats olika i olika ärenden; hushåll som bor där utan att begära hyra.
  en: Dwellings coded differently in different cases; households that live there without claiming rent.
next_step:
  sv: Begär hyreskontrakten, jämför dem med fastighetsägarens uppgift och gör hembesök efter samtycke. Trångboddhet ska också föras vidare till den som kan hjälpa.
  en: Ask for the leases, compare them with the property owner's record and visit with consent. Crowding should also reach those who can help.
sentence:
  sv: "{n_households} hushåll begärde hyra för samma bostad under {n_months:månad|månader}, som mest {most} hushåll och {month_sek} kronor på en månad"
  en: "{n_households:household|households} claimed rent for one dwelling in {n_months:month|months}, at most {most:household|households} and {month_sek} SEK in one month"
basis: [{title: handbook IS-3}, {title: handbook reference EB-06 and EB-14}]
amount: {kind: estimate, how: {sv: begärda hyror utöver den högsta varje månad, en: rents claimed beyond the highest each month}}
parameters:
  min_households: {value: 3, unit: households in a month, because: two households sharing a flat is common}
  max_shared_rent_sek: {value: 10000, unit: SEK a month, because: "assumed: about the rent of a flat of four rooms; parts that add up to less look like a shared flat; the municipality sets its own"}
severity: 3
status: active
since: 2026-11-23
*/
WITH claims AS (
  -- a household may apply more than once for a month; its rent counts once
  SELECT dwelling_token, household_token, month, max(declared_rent_sek) AS rent_sek
  FROM income_support_applications
  WHERE month >= $since AND month <= $as_of AND dwelling_token IS NOT NULL AND declared_rent_sek > 0
  GROUP BY dwelling_token, household_token, month
),
months AS (
  SELECT dwelling_token, month, count(*) AS n_households, sum(rent_sek) AS month_sek,
         sum(rent_sek) - max(rent_sek) AS beyond_sek
  FROM claims GROUP BY dwelling_token, month
  HAVING count(*) >= $min_households AND sum(rent_sek) > $max_shared_rent_sek
),
references_of AS (
  SELECT m.dwelling_token, array_agg(a.row_ref) AS evidence, count(DISTINCT a.household_token) AS n_households
  FROM months m JOIN income_support_applications a
    ON a.dwelling_token = m.dwelling_token AND a.month = m.month AND a.declared_rent_sek > 0
  GROUP BY m.dwelling_token
)
SELECT m.dwelling_token AS subject_id, min(m.month) AS period_from,
       CAST(max(m.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.08 * (max(m.n_households) - $min_households) + 0.04 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(m.beyond_sek) AS DECIMAL(14,2)) AS amount_sek,
       max(e.n_households) AS n_households, count(*) AS n_months, max(m.n_households) AS most,
       CAST(round(max(m.month_sek), 0) AS BIGINT) AS month_sek, max(e.evidence) AS evidence
FROM months m JOIN references_of e ON e.dwelling_token = m.dwelling_token
GROUP BY m.dwelling_token
