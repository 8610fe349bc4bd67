/*
code: PA18
title: {sv: Assistent bosatt utanför EES, en: Assistant living outside the EEA}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_shifts, persons]
population: assistance_shifts.provider_id
why:
  sv: Assistans som utförs av någon som är bosatt utanför EES ersätts bara om det finns särskilda skäl.
  en: Assistance performed by someone living outside the EEA is paid for only where there are special reasons.
innocent:
  sv: Särskilda skäl finns; gränspendlare från ett grannland; registret är inte uppdaterat.
  en: There are special reasons; a commuter from a neighbouring country; the register is not up to date.
blind_spots:
  sv: Registreringens slut säger inte vart personen flyttat eller om den flyttat alls.
  en: The end of the registration does not say where the person moved, or whether the person moved at all.
next_step:
  sv: Kontrollera assistentens bosättning hos anordnaren, som ska uppge den i sin redovisning.
  en: Check the assistant's residence with the provider, who must state it in the report.
sentence:
  sv: "{n} pass utfördes av {n_assistants:assistent|assistenter} efter att deras registrering upphört"
  en: "{n:shift|shifts} were performed by {n_assistants:assistant|assistants} after their registration had ended"
basis: [{title: handbook reference PA-07}, {title: socialförsäkringsbalk (2010:110) 51 kap. 16 §}]
severity: 3
status: draft
why_not:
  sv: Bosättningsland finns inte i något uttag. Registreringens sista dag kan betyda flytt inom landet eller ett nytt kodvärde och räcker inte. Utlandsvistelser som är anmälda prövas i PA08.
  en: The country of residence is in no export. The last day of the registration may mean a move within the country or a new token and is not enough. Stays abroad that were reported are tested by PA08.
since: 2026-11-23
*/
WITH left_register AS (
  SELECT person_token, max(registered_to) AS registered_to FROM persons
  GROUP BY person_token HAVING count(registered_to) = count(*)
),
fired AS (
  SELECT s.provider_id, s.assistant_token, s.started_at, s.row_ref
  FROM assistance_shifts s JOIN left_register p ON p.person_token = s.assistant_token
  WHERE s.started_at >= $since AND CAST(s.started_at AS DATE) > p.registered_to
)
SELECT provider_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(least(0.8, 0.3 + count(*) / 100.0) AS DOUBLE) AS strength, count(*) AS n,
       count(DISTINCT assistant_token) AS n_assistants, count(*) AS n_evidence,
       array_agg(row_ref) AS evidence
FROM fired
GROUP BY provider_id
