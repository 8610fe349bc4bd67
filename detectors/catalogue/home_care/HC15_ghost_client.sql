/*
code: HC15
title: {sv: Brukare utan andra spår, en: Client without other traces}
method: rule
kind: unusual
concept: presence
subject: provider
gate: P1
reads: [home_care_visits, absences, home_care_billed, home_care_rates]
optional_reads: [absences, home_care_billed, home_care_rates]
population: home_care_visits.provider_id
why:
  sv: En brukare som bara en enda person besöker, alltid med manuell registrering och utan ett enda annat spår, kan finnas bara på papperet.
  en: A client whom a single person visits, always with manual registration and without any other trace, may exist on paper only.
innocent:
  sv: Små arbetslag i glesbygd (utförare med färre än fem i personalen räknas inte); fast omsorgskontakt; brukare som inte vill ha tagg i hemmet.
  en: Small village teams (providers with fewer than five staff are not counted); a permanent contact person; clients who do not want a tag in their home.
blind_spots:
  sv: Påhittade brukare som delas av flera i personalen eller registreras med tagg.
  en: Invented clients who are shared by several staff or registered by tag.
next_step:
  sv: Ring eller besök brukaren och låt biståndshandläggaren följa upp beslutet på plats.
  en: Call or visit the client and let the needs assessor follow up the decision on the spot.
sentence:
  sv: "{n_clients} brukare har bara besökts av en enda person, alltid med manuell registrering, och syns inte i övrigt ({n} besök, {minutes:minut|minuter})"
  en: "{n_clients:client|clients} were visited by a single person only, always with manual registration, and are not seen elsewhere ({n:visit|visits}, {minutes:minute|minutes})"
basis: [{title: handbook HC-15}]
amount: {kind: cap, how: {sv: "allt utföraren fakturerat för brukarna, annars besökens minuter gånger snittpriset", en: "all the provider billed for these clients, else minutes of the visits times the mean price"}}
parameters:
  min_visits: {value: 20, unit: visits, because: a new client may well have met one person only}
  min_days: {value: 28, unit: days from first to last visit, because: holidays and days off bring in others within a month}
  min_staff: {value: 5, unit: staff of the provider, because: in a small team one person often has a client alone}
severity: 3
status: active
since: 2026-11-23
*/
WITH clients AS (
  SELECT client_token, min(provider_id) AS provider_id, count(*) AS n,
         sum(epoch(ended_at) - epoch(started_at)) / 60.0 AS minutes,
         CAST(min(started_at) AS DATE) AS first_day, CAST(max(started_at) AS DATE) AS last_day
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at
  GROUP BY client_token
  HAVING count(*) >= $min_visits AND min(staff_token) = max(staff_token) AND min(provider_id) = max(provider_id)
     AND sum(CASE WHEN registration = 'manual' THEN 0 ELSE 1 END) = 0
     AND date_diff('day', min(started_at), max(started_at)) >= $min_days
),
teams AS (
  SELECT provider_id
  FROM (SELECT DISTINCT provider_id, staff_token FROM home_care_visits WHERE started_at >= $since) t
  GROUP BY provider_id HAVING count(staff_token) >= $min_staff
),
ghosts AS (
  SELECT c.client_token, c.provider_id, c.n, c.minutes, c.first_day, c.last_day
  FROM clients c JOIN teams t ON t.provider_id = c.provider_id
  WHERE NOT EXISTS (SELECT 1 FROM absences a WHERE a.person_token = c.client_token)
),
claims AS (
  SELECT provider_id, client_token, sum(amount_sek) AS claimed
  FROM home_care_billed WHERE month >= $since GROUP BY provider_id, client_token
),
references_of AS (
  SELECT g.provider_id, array_agg(v.row_ref) AS evidence
  FROM ghosts g JOIN home_care_visits v ON v.client_token = g.client_token
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
  GROUP BY g.provider_id
),
summed AS (
  SELECT g.provider_id, min(g.first_day) AS period_from, max(g.last_day) AS period_to, count(*) AS n_clients,
         CAST(sum(g.n) AS BIGINT) AS n, CAST(round(sum(g.minutes), 0) AS BIGINT) AS minutes,
         sum(coalesce(c.claimed, g.minutes * r.sek_per_minute)) AS amount_sek
  FROM ghosts g
  LEFT JOIN claims c ON c.provider_id = g.provider_id AND c.client_token = g.client_token
  LEFT JOIN home_care_rates r ON r.provider_id = g.provider_id
  GROUP BY g.provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n_clients / 10.0) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n_clients, s.n, s.minutes, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
