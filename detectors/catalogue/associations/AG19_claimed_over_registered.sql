/*
code: AG19
title: {sv: Fler aktiviteter sökta än registrerade, en: More activities claimed than registered}
method: rule
kind: breach
concept: grant
subject: association
gate: P0
reads: [association_grants, association_activities]
population: association_grants.association_id
why:
  sv: Bidraget räknas på det antal aktiviteter som föreningen uppgett. Är färre registrerade saknas underlag för resten.
  en: The grant is counted on the number of activities the association states. Where fewer are registered there is nothing behind the rest.
innocent:
  sv: Listor på papper som inte förts in; föreningen använder ett annat system; ansökan gäller även planerade aktiviteter.
  en: Paper lists not entered; another system in use; an application that includes planned activities.
blind_spots:
  sv: Registrerade aktiviteter som inte ägt rum.
  en: Registered activities that never took place.
next_step:
  sv: Begär närvarolistor för de aktiviteter som saknas.
  en: Ask for attendance lists of the activities that are missing.
sentence:
  sv: "Föreningen uppgav {claimed:aktivitet|aktiviteter} för {year} men {registered} är registrerade; {paid_sek} kronor betalades"
  en: "The association stated {claimed:activity|activities} for {year} but {registered} are registered; {paid_sek} SEK were paid"
basis: [{title: handbook reference FB-15}]
amount: {kind: estimate, how: {sv: utbetalt aktivitetsbidrag gånger andelen aktiviteter som saknas, en: activity grant paid times the share of activities that are missing}}
parameters:
  tolerance: {value: 0.02, unit: share of activities, because: reference FB-15}
severity: 3
status: active
since: 2026-11-23
*/
WITH span AS (SELECT min(started_at) AS first_at, max(started_at) AS last_at FROM association_activities),
claims AS (
  SELECT g.association_id, g.year, sum(g.activities_claimed) AS claimed, sum(g.paid_sek) AS paid_sek,
         array_agg(g.row_ref) AS evidence
  FROM association_grants g
  WHERE g.kind = 'activity' AND g.activities_claimed IS NOT NULL
  GROUP BY g.association_id, g.year
),
whole_years AS (
  -- only a year that the activities cover from its first month to its last says what is missing
  SELECT c.association_id, c.year, c.claimed, c.paid_sek, c.evidence
  FROM claims c CROSS JOIN span s
  WHERE c.year >= year($since) - 1
    AND s.first_at < CAST(concat(CAST(c.year AS VARCHAR), '-02-01') AS DATE)
    AND s.last_at >= CAST(concat(CAST(c.year AS VARCHAR), '-12-01') AS DATE)
),
registered AS (
  SELECT association_id, year(started_at) AS year, count(*) AS n FROM association_activities
  GROUP BY association_id, year(started_at)
)
SELECT w.association_id AS subject_id, CAST(w.year AS VARCHAR) AS episode,
       CAST(concat(CAST(w.year AS VARCHAR), '-01-01') AS DATE) AS period_from,
       CAST(concat(CAST(w.year AS VARCHAR), '-12-31') AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 1.0 - coalesce(r.n, 0) / w.claimed) AS DOUBLE) AS strength,
       CAST(w.paid_sek * (1 - coalesce(r.n, 0) / w.claimed) AS DECIMAL(14,2)) AS amount_sek,
       CAST(w.claimed AS BIGINT) AS claimed, coalesce(r.n, 0) AS registered, w.year,
       CAST(round(w.paid_sek, 0) AS BIGINT) AS paid_sek, w.evidence
FROM whole_years w LEFT JOIN registered r ON r.association_id = w.association_id AND r.year = w.year
WHERE w.claimed > coalesce(r.n, 0) * (1 + $tolerance)
