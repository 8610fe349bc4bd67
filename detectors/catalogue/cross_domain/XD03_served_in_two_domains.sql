/*
code: XD03
title: {sv: Insats hemma under placering på HVB, en: Service at home during residential care}
method: rule
kind: impossible
concept: presence
subject: provider
gate: P2
reads: [hvb_placements, home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
optional_reads: [home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
population: [home_care_visits.provider_id, assistance_shifts.provider_id]
why:
  sv: Den som bor på ett hem för vård eller boende kan inte samtidigt få hemtjänst eller assistans hemma. Kommunen betalar då två gånger för samma dygn.
  en: Somebody who lives in residential care cannot get home care or assistance at home at the same time. The municipality then pays twice for the same day.
innocent:
  sv: In- och utflyttningsdagen (räknas inte); hemresa under helg eller lov; beslut om assistans även under vistelsen; placeringen avslutades utan att datumet fördes in.
  en: The day of moving in or out (not counted); a weekend or holiday at home; a decision on assistance during the stay; a placement that ended without its date being entered.
blind_spots:
  sv: Vistelser i familjehem och på institution utanför socialtjänsten.
  en: Stays in foster homes and institutions outside the social services.
next_step:
  sv: Fråga hemmet om närvaron de aktuella dygnen och jämför med tidredovisningen.
  en: Ask the home about presence on those days and compare with the time reports.
sentence:
  sv: "{n} besök eller pass, {hours:timme|timmar}, är registrerade hos {n_clients:person|personer} under dygn med placering på hem för vård eller boende"
  en: "{n:visit|visits} or shifts, {hours:hour|hours}, are registered with {n_clients:person|persons} on days of a placement in residential care"
basis: [{title: handbook X-3}, {title: handbook reference X-08}]
amount: {kind: estimate, how: {sv: registrerad tid gånger utförarens snittpris, en: registered time times the provider's mean price}}
parameters:
  edge_days: {value: 1, unit: days, because: on the day of moving in or out service at home is to be expected}
severity: 5
status: active
since: 2026-11-23
*/
WITH placed AS (
  SELECT client_token, placed_on, coalesce(left_on, $as_of) AS last_day, left_on IS NULL AS is_open, row_ref
  FROM hvb_placements
  WHERE coalesce(left_on, $as_of) >= $since
),
-- only people with a placement go on, so that the event tables are read once and stay small
served AS (
  SELECT v.provider_id, v.client_token, v.started_at, v.ended_at, 'home_care' AS domain, v.row_ref
  FROM home_care_visits v
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
    AND v.client_token IN (SELECT p.client_token FROM placed p)
  UNION ALL
  SELECT s.provider_id, s.client_token, s.started_at, s.ended_at, 'assistance', s.row_ref
  FROM assistance_shifts s
  WHERE s.started_at >= $since AND s.ended_at > s.started_at
    AND s.client_token IN (SELECT p.client_token FROM placed p)
),
hits AS (
  -- two placements of one child over the same night must not double a visit: one row a visit
  SELECT s.provider_id, s.client_token, s.domain, s.started_at, s.row_ref,
         max(epoch(s.ended_at) - epoch(s.started_at)) / 60.0 AS minutes, min(p.row_ref) AS placement_ref
  FROM served s JOIN placed p ON p.client_token = s.client_token
   AND date_diff('day', p.placed_on, CAST(s.started_at AS DATE)) >= $edge_days
   AND (date_diff('day', CAST(s.started_at AS DATE), p.last_day) >= $edge_days
        OR (p.is_open AND CAST(s.started_at AS DATE) <= p.last_day))
  GROUP BY s.provider_id, s.client_token, s.domain, s.started_at, s.row_ref
),
priced AS (
  SELECT h.provider_id, h.client_token, h.started_at, h.row_ref, h.placement_ref, h.minutes,
         h.minutes * CASE WHEN h.domain = 'home_care' THEN r.sek_per_minute ELSE a.sek_per_hour / 60.0 END AS sek
  FROM hits h
  LEFT JOIN home_care_rates r ON r.provider_id = h.provider_id
  LEFT JOIN assistance_rates a ON a.provider_id = h.provider_id
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM priced
  UNION
  SELECT provider_id, placement_ref FROM priced
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, sum(minutes) AS minutes, sum(sek) AS sek
  FROM priced GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.minutes / 6000.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_clients, round(s.minutes / 60.0, 1) AS hours, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
