/*
code: IS24
title: {sv: Annan person folkbokförd på adressen, en: Another person registered at the address}
method: rule
kind: unusual
concept: household
subject: household
gate: P2
reads: [income_support_members, persons]
optional_columns: [persons.protected]
population: income_support_members.household_token
why:
  sv: Ett hushåll som får norm för ensamstående men delar folkbokföringsadress med någon utanför hushållet kan ha gemensam ekonomi med den personen.
  en: A household paid as single that shares its registered address with someone outside the household may share its economy with that person.
innocent:
  sv: Inneboende, vuxet barn, syskon, förälder, tidigare partner som inte flyttat i registret, skyddade personuppgifter, adress utan lägenhetsnummer.
  en: A lodger, grown child, sibling, parent, a former partner not yet moved in the register, protected identity, an address without flat number.
blind_spots:
  sv: Bara personer som förekommer i något annat uttag finns i registret.
  en: Only people who occur in some other export are in the register.
next_step:
  sv: Fråga hushållet hur bostaden delas.
  en: Ask the household how the dwelling is shared.
sentence:
  sv: "{n_others:person|personer} utanför hushållet är folkbokförda på samma adress som den sökande"
  en: "{n_others} people outside the household are registered at the applicant's address"
basis: [{title: handbook reference EB-03}]
parameters:
  max_registered: {value: 6, unit: people at the address, because: more is a shelter or a house without flat numbers}
severity: 2
status: draft
why_not:
  sv: Registret innehåller bara personer som förekommer i andra uttag, så regeln skulle främst träffa dem vars anhöriga har hemtjänst, assistans eller arbete där. Det är ett skevt urval av enskilda, och de flesta träffar (inneboende, vuxna barn, syskon) är oskyldiga. Att någon är vuxen kan inte heller prövas utan ålder, som här saknar stöd i en åldersgräns. Ett par som delat på sig fångas av IS13.
  en: The register holds only people who occur in other exports, so the rule would mainly find those whose relatives have home care, assistance or work there. That is a skewed selection of persons, and most hits (lodgers, grown children, siblings) are innocent. Nor can adulthood be tested without age, for which no legal age limit speaks here. A couple that was split is caught by IS13.
since: 2026-11-23
*/
WITH applicants AS (
  SELECT i.household_token, max(i.month) AS month, max(p.address_token) AS address_token, min(i.row_ref) AS row_ref
  FROM income_support_members i JOIN persons p ON p.person_token = i.person_token
  WHERE i.role = 'applicant' AND i.month >= $since AND p.address_token IS NOT NULL AND NOT coalesce(p.protected, false)
  GROUP BY i.household_token
),
addresses AS (
  SELECT address_token, count(*) AS n_registered FROM persons GROUP BY address_token
),
others AS (
  SELECT a.household_token, a.month, a.row_ref, p.row_ref AS other_ref
  FROM applicants a
  JOIN addresses d ON d.address_token = a.address_token AND d.n_registered <= $max_registered
  JOIN persons p ON p.address_token = a.address_token AND NOT coalesce(p.protected, false)
  WHERE NOT EXISTS (SELECT 1 FROM income_support_members m
                    WHERE m.household_token = a.household_token AND m.person_token = p.person_token)
)
SELECT household_token AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(0.3 AS DOUBLE) AS strength,
       count(*) AS n_others, array_agg(other_ref) AS evidence
FROM others GROUP BY household_token
