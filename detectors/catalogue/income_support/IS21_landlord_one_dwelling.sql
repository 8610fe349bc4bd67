/*
code: IS21
title: {sv: Hyresvärd med flera hushåll per bostad, en: Landlord with several households per dwelling}
method: rule
kind: unusual
concept: landlord
subject: landlord
gate: P1
reads: [income_support_applications, listed_tokens]
population: income_support_applications.landlord_token
why:
  sv: En hyresvärd som tar hyra av tre eller fler hushåll för samma bostad kan få långt mer än vad bostaden kostar, och de boende kan vara utnyttjade.
  en: A landlord who takes rent from three or more households for one dwelling may get far more than the dwelling costs, and the residents may be exploited.
innocent:
  sv: Rum med varsitt kontrakt till rimlig hyra (räknas inte under gränsen); kommunens bolag (kommunens lista över kända hyresvärdar); kollektivboende och stödboende; bostadskod utan lägenhetsnummer.
  en: Rooms with a contract each at a reasonable rent (not counted under the limit); the municipal company (the list municipal_landlords); shared and supported housing; a dwelling token without flat number.
blind_spots:
  sv: Hyresvärdar med flera beteckningar; bostäder där bara några av hushållen har bistånd.
  en: Landlords with several tokens; dwellings where only some of the households are on support.
next_step:
  sv: Se vem som äger fastigheten och vilka som är folkbokförda där. Tala med de boende om deras villkor innan hyresvärden kontaktas.
  en: See who owns the property and who is registered there. Talk with the residents about their terms before the landlord is contacted.
sentence:
  sv: "{n_dwellings:bostad|bostäder} hyrdes ut till minst tre hushåll med bistånd samma månad, som mest {most} hushåll, {beyond_sek} kronor utöver den högsta hyran"
  en: "{n_dwellings:dwelling|dwellings} were let to at least three households on support in a month, {most:household|households} at most, {beyond_sek} SEK beyond the highest rent"
basis: [{title: handbook reference EB-14}]
amount: {kind: estimate, how: {sv: begärda hyror utöver den högsta för varje bostad och månad, en: rents claimed beyond the highest for each dwelling and month}}
parameters:
  min_households: {value: 3, unit: households in a month, because: two households sharing a flat is common}
  max_shared_rent_sek: {value: 10000, unit: SEK a month, because: "assumed: about the rent of a flat of four rooms; parts that add up to less look like a shared flat"}
severity: 3
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT landlord_token, dwelling_token, household_token, month, max(declared_rent_sek) AS rent_sek
  FROM income_support_applications a
  WHERE month >= $since AND month <= $as_of AND landlord_token IS NOT NULL AND dwelling_token IS NOT NULL
    AND declared_rent_sek > 0
    AND NOT EXISTS (SELECT 1 FROM listed_tokens t WHERE t.list = 'municipal_landlords' AND t.token = a.landlord_token)
  GROUP BY landlord_token, dwelling_token, household_token, month
),
months AS (
  SELECT landlord_token, dwelling_token, month, count(*) AS n_households, sum(rent_sek) - max(rent_sek) AS beyond_sek
  FROM claims GROUP BY landlord_token, dwelling_token, month
  HAVING count(*) >= $min_households AND sum(rent_sek) > $max_shared_rent_sek
),
references_of AS (
  SELECT m.landlord_token, array_agg(a.row_ref) AS evidence
  FROM months m JOIN income_support_applications a
    ON a.landlord_token = m.landlord_token AND a.dwelling_token = m.dwelling_token AND a.month = m.month
   AND a.declared_rent_sek > 0
  GROUP BY m.landlord_token
)
SELECT m.landlord_token AS subject_id, min(m.month) AS period_from,
       CAST(max(m.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.08 * (max(m.n_households) - $min_households) + 0.1 * (count(DISTINCT m.dwelling_token) - 1)
                       + 0.03 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(m.beyond_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(DISTINCT m.dwelling_token) AS n_dwellings, max(m.n_households) AS most,
       CAST(round(sum(m.beyond_sek), 0) AS BIGINT) AS beyond_sek, max(e.evidence) AS evidence
FROM months m JOIN references_of e ON e.landlord_token = m.landlord_token
GROUP BY m.landlord_token
