/*
code: HC17
title: {sv: Ny utförare växer mycket snabbt, en: New provider grows very fast}
method: rule
kind: unusual
concept: growth
subject: provider
gate: P1
reads: [home_care_visits, providers, home_care_covered_months]
optional_reads: [providers]
optional_columns: [providers.registered_on]
population: home_care_visits.provider_id
why:
  sv: En utförare som tredubblar tiden på tre månader under sitt första år behöver personal, ledning och kontroll som sällan hinner byggas upp. Det är läge att följa upp tidigt.
  en: A provider that triples its time in three months within its first year needs staff, management and checks that are seldom built that fast. It is a moment for an early follow-up.
innocent:
  sv: Övertagande av en annan utförares brukare (räknas inte när hälften av de nya kommer från samma utförare); nytt område i valfrihetssystemet.
  en: Taking over another provider's clients (not counted where half of the new ones come from one provider); a new area in the free-choice system.
blind_spots:
  sv: Utförare vars start ligger före uttaget och som saknar registreringsdatum; tillväxt som sprids på flera bolag.
  en: Providers whose start lies before the export and that lack a registration date; growth spread over several companies.
next_step:
  sv: Gör en tidig avtalsuppföljning med bemanning, anställningsavtal och stickprov hos nya brukare.
  en: Make an early contract review of staffing, employment contracts and samples with new clients.
sentence:
  sv: "utföraren gick från {hours_before} till {hours:timme|timmar} i månaden på tre månader ({growth_pct} procents ökning) under sitt första år, med {n_new} nya brukare"
  en: "the provider went from {hours_before} to {hours:hour|hours} a month in three months (growth of {growth_pct} percent) within its first year, with {n_new} new clients"
basis: [{title: handbook HC-17}, {title: handbook reference HT-17}]
parameters:
  min_growth: {value: 2.0, unit: growth over three months, because: "200 percent is three times as much"}
  min_hours: {value: 200, unit: hours a month, because: growth from a few clients is how every provider begins}
  first_months: {value: 12, unit: months from the start, because: the risk lies in the first year}
  takeover_share: {value: 0.5, unit: share of new clients, because: a takeover brings clients from one provider together}
severity: 2
status: active
since: 2026-11-23
*/
WITH clients AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', started_at) AS DATE) AS month,
         sum(epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours, min(row_ref) AS first_ref
  FROM home_care_visits
  WHERE ended_at > started_at
  GROUP BY provider_id, client_token, CAST(date_trunc('month', started_at) AS DATE)
),
months AS (
  SELECT c.provider_id, c.month, sum(c.hours) AS hours
  FROM clients c JOIN home_care_covered_months k ON k.month = c.month
  GROUP BY c.provider_id, c.month
),
begun AS (SELECT min(month) AS first_month FROM clients),
starts AS (
  -- the first visit where it is seen to be the first, else the day the company was registered
  SELECT f.provider_id, CASE WHEN f.first_month > b.first_month THEN f.first_month ELSE p.registered_on END AS started_on,
         f.first_month
  FROM (SELECT provider_id, min(month) AS first_month FROM clients GROUP BY provider_id) f
  CROSS JOIN begun b
  LEFT JOIN providers p ON p.provider_id = f.provider_id
),
growth AS (
  -- the first month of all is seldom a whole one and no base to grow from
  SELECT m.provider_id, m.month, b.month AS base_month, m.hours, b.hours AS hours_before,
         m.hours / b.hours - 1 AS growth
  FROM months m
  JOIN months b ON b.provider_id = m.provider_id AND b.month = CAST(m.month - INTERVAL 3 MONTH AS DATE)
  JOIN starts s ON s.provider_id = m.provider_id
  WHERE m.month >= $since AND b.month > s.first_month AND m.hours >= $min_hours
    AND m.hours > b.hours * (1 + $min_growth)
    AND m.month < s.started_on + INTERVAL 1 MONTH * $first_months
),
steepest AS (
  SELECT provider_id, month, base_month, hours, hours_before, growth,
         row_number() OVER (PARTITION BY provider_id ORDER BY growth DESC, month, provider_id) AS place
  FROM growth
),
newcomers AS (
  SELECT g.provider_id, g.base_month, c.client_token, c.first_ref
  FROM steepest g JOIN clients c ON c.provider_id = g.provider_id AND c.month = g.month
  WHERE g.place = 1 AND NOT EXISTS (
    SELECT 1 FROM clients o
    WHERE o.provider_id = g.provider_id AND o.client_token = c.client_token AND o.month <= g.base_month)
),
earlier AS (
  SELECT n.provider_id, o.provider_id AS other_id, count(DISTINCT n.client_token) AS n_from
  FROM newcomers n JOIN clients o
    ON o.client_token = n.client_token AND o.provider_id <> n.provider_id
   AND o.month <= n.base_month + INTERVAL 2 MONTH
  GROUP BY n.provider_id, o.provider_id
),
taken AS (SELECT provider_id, max(n_from) AS n_from FROM earlier GROUP BY provider_id),
fresh AS (
  SELECT provider_id, count(*) AS n_new, array_agg(first_ref) AS evidence FROM newcomers GROUP BY provider_id
)
SELECT g.provider_id AS subject_id, g.base_month AS period_from,
       CAST(g.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + (g.growth - $min_growth) / 10.0 + g.hours / 5000.0) AS DOUBLE) AS strength,
       round(g.hours, 0) AS hours, round(g.hours_before, 0) AS hours_before,
       CAST(round(100 * g.growth, 0) AS BIGINT) AS growth_pct, coalesce(f.n_new, 0) AS n_new, f.evidence
FROM steepest g
LEFT JOIN fresh f ON f.provider_id = g.provider_id
LEFT JOIN taken t ON t.provider_id = g.provider_id
WHERE g.place = 1 AND coalesce(t.n_from, 0) < $takeover_share * greatest(coalesce(f.n_new, 0), 1)
