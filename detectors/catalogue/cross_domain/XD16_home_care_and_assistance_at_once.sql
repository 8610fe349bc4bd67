/*
code: XD16
title: {sv: Hemtjänst och assistans på samma tid, en: Home care and assistance at once}
method: rule
kind: breach
concept: presence
subject: provider
gate: P1
reads: [home_care_visits, assistance_shifts, home_care_rates, calendar]
optional_reads: [home_care_rates]
population: [home_care_visits.provider_id, assistance_shifts.provider_id]
why:
  sv: Den som har en assistent hos sig får sin hjälp av assistenten. Ett hemtjänstbesök på samma tid betyder att kommunen betalar två gånger för samma stund, om inte beslutet ger båda.
  en: Somebody with an assistant is helped by the assistant. A home-care visit at the same time means the municipality pays twice for the same hour, unless the decision grants both.
innocent:
  sv: Delegerad sjukvård; beslut som uttryckligen ger båda insatserna samtidigt; överlämning mellan dem.
  en: Delegated nursing; a decision that expressly grants both at once; handover between them.
blind_spots:
  sv: Brukare vars kodvärde skiljer sig mellan exporterna.
  en: Clients whose token differs between exports.
next_step:
  sv: Läs båda besluten och jämför tidredovisningarna för de aktuella dagarna.
  en: Read both decisions and compare the time records of those days.
sentence:
  sv: "{n:gång|gånger} är hemtjänst och assistans registrerade hos samma person på samma tid, sammanlagt {minutes:minut|minuter} ({n_clients:person|personer})"
  en: "{n:time|times} home care and assistance are registered with the same person at once, {minutes:minute|minutes} in all ({n_clients:person|persons})"
basis: [{title: handbook reference X-09}]
amount: {kind: estimate, how: {sv: överlappande minuter gånger hemtjänstens snittpris (visas på hemtjänstutföraren), en: overlapping minutes times home care's mean price (shown on the home-care provider)}}
parameters:
  min_overlap_minutes: {value: 15, unit: minutes, because: shorter ones are handovers}
  min_times: {value: 3, unit: times, because: one or two may be a wrong time}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH both_services AS (
  SELECT DISTINCT v.client_token FROM home_care_visits v
  WHERE v.started_at >= $since AND v.client_token IN (SELECT s.client_token FROM assistance_shifts s WHERE s.started_at >= $since)
),
visits AS (
  SELECT provider_id, client_token, started_at, ended_at, row_ref, CAST(started_at AS DATE) AS day FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at AND client_token IN (SELECT b.client_token FROM both_services b)
),
shifts AS (
  SELECT provider_id, client_token, started_at, ended_at, row_ref FROM assistance_shifts
  WHERE started_at >= $since AND ended_at > started_at AND kind <> 'home_standby'
    AND client_token IN (SELECT b.client_token FROM both_services b)
),
shift_days AS (
  -- a shift may pass midnight: it is looked up by the day it begins and the day it ends
  SELECT provider_id, client_token, started_at, ended_at, row_ref, CAST(started_at AS DATE) AS day FROM shifts
  UNION
  SELECT provider_id, client_token, started_at, ended_at, row_ref, CAST(ended_at AS DATE) FROM shifts
),
pairs AS (
  SELECT DISTINCT v.provider_id AS care_id, s.provider_id AS assistance_id, v.client_token, v.started_at, v.row_ref AS visit_ref,
         s.row_ref AS shift_ref,
         (least(epoch(v.ended_at), epoch(s.ended_at)) - greatest(epoch(v.started_at), epoch(s.started_at))
          - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
             least(epoch(v.ended_at), epoch(s.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
             - greatest(epoch(v.started_at), epoch(s.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END) / 60.0 AS minutes
  FROM visits v JOIN shift_days s ON s.client_token = v.client_token AND s.day = v.day
   AND s.started_at < v.ended_at AND v.started_at < s.ended_at
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(greatest(v.started_at, s.started_at) AS DATE) AND odd.day_hours <> 24
),
counted AS (
  -- two assistants at once are still one visit paid twice: the longest overlap of a visit counts
  SELECT care_id, assistance_id, client_token, started_at, visit_ref, min(shift_ref) AS shift_ref, max(minutes) AS minutes
  FROM pairs GROUP BY care_id, assistance_id, client_token, started_at, visit_ref HAVING max(minutes) >= $min_overlap_minutes
),
priced AS (
  SELECT c.care_id, c.assistance_id, c.client_token, c.started_at, c.visit_ref, c.shift_ref, c.minutes,
         c.minutes * r.sek_per_minute AS sek
  FROM counted c LEFT JOIN home_care_rates r ON r.provider_id = c.care_id
),
by_provider AS (
  SELECT care_id AS provider_id, client_token, started_at, visit_ref, shift_ref, minutes, sek FROM priced
  UNION ALL
  SELECT assistance_id, client_token, started_at, visit_ref, shift_ref, minutes, CAST(NULL AS DOUBLE) FROM priced
  WHERE assistance_id <> care_id
),
evidence_rows AS (
  SELECT provider_id, visit_ref AS row_ref FROM by_provider
  UNION SELECT provider_id, shift_ref FROM by_provider
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to, count(*) AS n,
         CAST(round(sum(minutes), 0) AS BIGINT) AS minutes, count(DISTINCT client_token) AS n_clients, sum(sek) AS sek
  FROM by_provider GROUP BY provider_id HAVING count(*) >= $min_times
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to, CAST(least(1.0, 0.3 + s.n / 100.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.minutes, s.n_clients, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
