/*
code: XD22
title: {sv: God mans alla brukare hos en utförare, en: All clients of a guardian together}
method: rule
kind: unusual
concept: network
subject: provider
gate: P2
reads: [persons, home_care_decisions, assistance_decisions]
optional_reads: [home_care_decisions, assistance_decisions]
population: [home_care_decisions.provider_id, assistance_decisions.provider_id]
why:
  sv: Den som har god man väljer ofta inte själv utförare. När samma gode man har många brukare och alla finns hos en enda utförare behöver valet kunna förklaras.
  en: Whoever has a guardian often does not choose the provider. Where one guardian has many clients and all are with one single provider the choice needs an explanation.
innocent:
  sv: Kommunens förvaltarenhet; bara en utförare i området eller för den sortens insats; en förening för gode män med gemensamt underlag.
  en: The municipality's own unit of guardians; one provider only in the area or for that kind of help; an association of guardians with common advice.
blind_spots:
  sv: Gode män i andra kommuner; val som en anhörig gjort åt den gode mannen.
  en: Guardians in other municipalities; choices a relative made for the guardian.
next_step:
  sv: Lämna uppgiften till överförmyndaren, som prövar hur valen gjordes. Kontakta varken den gode mannen eller brukarna.
  en: Give the information to the chief guardian, who tries how the choices were made. Contact neither the guardian nor the clients.
sentence:
  sv: "{n_guardians:god man|gode män} har tillsammans {n_clients} brukare med insatser, och alla har samma utförare"
  en: "{n_guardians:guardian|guardians} have {n_clients:client|clients} with help in all, and all of them have the same provider"
basis: [{title: handbook reference X-18}]
parameters:
  min_clients: {value: 5, unit: clients of one guardian, because: handbook reference X-18}
severity: 2
status: active
since: 2026-11-23
*/
WITH wards AS (
  SELECT person_token, guardian_token, row_ref FROM persons WHERE guardian_token IS NOT NULL
),
decided AS (
  SELECT client_token, provider_id, min(row_ref) AS row_ref, min(valid_from) AS first_on, max(coalesce(valid_to, $as_of)) AS last_on
  FROM home_care_decisions
  WHERE provider_id IS NOT NULL AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to >= $since)
  GROUP BY client_token, provider_id
  UNION ALL
  SELECT client_token, provider_id, min(row_ref), min(valid_from), max(coalesce(valid_to, $as_of))
  FROM assistance_decisions
  WHERE provider_id IS NOT NULL AND valid_from <= $as_of AND (valid_to IS NULL OR valid_to >= $since)
  GROUP BY client_token, provider_id
),
chosen AS (
  SELECT w.guardian_token, w.person_token, w.row_ref AS person_ref, d.provider_id, d.row_ref AS decision_ref, d.first_on, d.last_on
  FROM wards w JOIN decided d ON d.client_token = w.person_token
),
fired AS (
  SELECT guardian_token FROM chosen GROUP BY guardian_token
  HAVING count(DISTINCT person_token) >= $min_clients AND count(DISTINCT provider_id) = 1
),
involved AS (
  SELECT c.guardian_token, c.person_token, c.person_ref, c.provider_id, c.decision_ref, c.first_on, c.last_on
  FROM chosen c JOIN fired f ON f.guardian_token = c.guardian_token
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, person_ref AS row_ref FROM involved UNION SELECT provider_id, decision_ref FROM involved) e
  GROUP BY provider_id
)
SELECT i.provider_id AS subject_id, greatest(min(i.first_on), $since) AS period_from, least(max(i.last_on), $as_of) AS period_to,
       CAST(least(1.0, 0.3 + count(DISTINCT i.person_token) / 50.0) AS DOUBLE) AS strength,
       count(DISTINCT i.guardian_token) AS n_guardians, count(DISTINCT i.person_token) AS n_clients, max(e.evidence) AS evidence
FROM involved i JOIN references_of e ON e.provider_id = i.provider_id
GROUP BY i.provider_id
