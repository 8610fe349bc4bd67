/*
code: IS17
title: {sv: Folkbokförd på annan adress, en: Registered at another address}
method: rule
kind: unusual
concept: address
subject: household
gate: P1
reads: [income_support_applications, income_support_members, persons]
optional_columns: [persons.protected, persons.registered_from]
population: income_support_applications.household_token
why:
  sv: Hushållet begär hyra för en bostad där ingen av dess vuxna är folkbokförd. Det kan betyda att någon annan bor där, eller bara att en flytt inte har anmälts.
  en: The household claims rent for a dwelling where none of its adults is registered. Someone else may live there, or a move was simply not reported.
innocent:
  sv: Andrahandskontrakt utan folkbokföring; c/o-adress; studier; hemlöshet med tillfälligt boende; nyligen anmäld flytt (sextio dagar räknas inte); skyddade personuppgifter (räknas aldrig).
  en: A sublet without registration; a c/o address; studies; homelessness with temporary housing; a move reported lately (sixty days are not counted); protected identity (never counted).
blind_spots:
  sv: Bostäder där ingen i registret är folkbokförd prövas inte, eftersom bostadens och adressens koder då inte går att jämföra. Registret visar bara dagens adress.
  en: Dwellings where nobody in the register is registered are not examined, since the tokens of dwelling and address cannot then be compared. The register shows today's address only.
next_step:
  sv: Fråga hushållet var det bor och hjälp till med flyttanmälan om den saknas.
  en: Ask the household where it lives and help with the change of address if it is missing.
sentence:
  sv: "hyra begärdes för en bostad där ingen av hushållets vuxna är folkbokförd, {n_months:månad|månader} med {rent_sek} kronor i hyra sammanlagt"
  en: "rent was claimed for a dwelling where none of the household's adults is registered, {n_months:month|months} with {rent_sek} SEK of rent in all"
basis: [{title: handbook reference EB-02}]
parameters:
  min_months: {value: 3, unit: applications in a row, because: a reported move takes some weeks to show}
  grace_days: {value: 60, unit: days, because: registration follows a move with delay}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the adults' register rows are among the evidence"}
*/
WITH recent AS (
  SELECT household_token, month, max(dwelling_token) AS dwelling_token, min(dwelling_token) AS least_dwelling,
         max(declared_rent_sek) AS rent_sek, min(row_ref) AS row_ref
  FROM income_support_applications
  WHERE month > $as_of - INTERVAL 6 MONTH AND month <= $as_of AND dwelling_token IS NOT NULL AND declared_rent_sek > 0
  GROUP BY household_token, month
),
latest AS (
  SELECT household_token, month, dwelling_token, least_dwelling, rent_sek, row_ref,
         first_value(dwelling_token) OVER (PARTITION BY household_token ORDER BY month DESC, row_ref) AS now_token,
         row_number() OVER (PARTITION BY household_token ORDER BY month DESC, row_ref) AS place
  FROM recent
),
steady AS (
  -- the latest applications, all for one dwelling
  SELECT household_token, max(now_token) AS dwelling_token, max(month) AS last_month, min(month) AS first_month,
         sum(rent_sek) AS rent_sek, count(*) AS n_months
  FROM latest WHERE place <= $min_months
  GROUP BY household_token
  HAVING count(*) = $min_months AND min(least_dwelling) = max(now_token) AND max(dwelling_token) = max(now_token)
),
known_addresses AS (
  SELECT DISTINCT address_token FROM persons WHERE address_token IS NOT NULL
),
adults AS (
  SELECT DISTINCT s.household_token, i.person_token
  FROM steady s JOIN income_support_members i
    ON i.household_token = s.household_token AND i.month = s.last_month AND i.role <> 'child'
),
homes AS (
  SELECT a.household_token, s.dwelling_token,
         sum(CASE WHEN p.address_token IS NULL OR p.address_token = s.dwelling_token OR coalesce(p.protected, false)
                    OR coalesce(p.registered_from > $as_of - INTERVAL ($grace_days) DAY, false)
                  THEN 1 ELSE 0 END) AS n_explained
  FROM adults a
  JOIN steady s ON s.household_token = a.household_token
  LEFT JOIN persons p ON p.person_token = a.person_token
  GROUP BY a.household_token, s.dwelling_token
),
evidence_rows AS (
  SELECT household_token, row_ref FROM latest WHERE place <= $min_months
  UNION
  -- where the adults are registered
  SELECT a.household_token, p.row_ref FROM adults a JOIN persons p ON p.person_token = a.person_token
),
references_of AS (SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token)
SELECT s.household_token AS subject_id, s.first_month AS period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(0.3 AS DOUBLE) AS strength,
       s.n_months, CAST(round(s.rent_sek, 0) AS BIGINT) AS rent_sek, e.evidence
FROM steady s
JOIN references_of e ON e.household_token = s.household_token
JOIN homes h ON h.household_token = s.household_token
JOIN known_addresses k ON k.address_token = s.dwelling_token
WHERE h.n_explained = 0
