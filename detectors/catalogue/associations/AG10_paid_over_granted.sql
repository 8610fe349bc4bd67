/*
code: AG10
title: {sv: Mer utbetalt än beviljat, en: More paid than granted}
method: rule
kind: breach
concept: grant
subject: association
gate: P0
reads: [association_grants]
population: association_grants.association_id
why:
  sv: Utbetalningen ska följa beslutet. Det som betalats därutöver saknar beslut.
  en: What is paid follows the decision. Anything above it was never decided.
innocent:
  sv: Uppräkning med index; ett tilläggsbeslut som förts in utan belopp; överskottet är redan återkrävt (räknas av).
  en: An index clause; an additional decision entered without its sum; the excess has already been claimed back (it is taken off).
blind_spots:
  sv: Bidrag där det beviljade beloppet inte finns i exporten.
  en: Grants whose granted sum is not in the export.
next_step:
  sv: Jämför utbetalningen med beslutet och bokföringen, och rätta eller kräv tillbaka det överskjutande.
  en: Compare the payment with the decision and the books, and correct or claim back the excess.
sentence:
  sv: "{n} bidrag är utbetalda med mer än vad som beviljats, sammanlagt {excess_sek} kronor för mycket"
  en: "{n:grant|grants} are paid with more than was granted, {excess_sek} SEK too much in all"
basis: [{title: handbook AG-10}]
amount: {kind: exact, how: {sv: "utbetalt minus beviljat, minus det som återkrävts för samma bidragsslag och år", en: "paid less granted, less what was claimed back for the same kind and year"}}
parameters:
  tolerance_sek: {value: 1, unit: SEK, because: sums are rounded to whole kronor}
severity: 3
status: active
since: 2026-11-23
*/
WITH excess AS (
  SELECT association_id, kind, year, sum(paid_sek - granted_sek) AS excess_sek, count(*) AS n,
         min(coalesce(paid_on, decided_on, applied_on)) AS first_on, max(coalesce(paid_on, decided_on, applied_on)) AS last_on
  FROM association_grants
  WHERE year >= year($since) AND granted_sek IS NOT NULL AND paid_sek - granted_sek > $tolerance_sek
  GROUP BY association_id, kind, year
),
recovered AS (
  SELECT association_id, kind, year, -sum(paid_sek) AS recovered_sek
  FROM association_grants WHERE paid_sek < 0 GROUP BY association_id, kind, year
),
net AS (
  SELECT e.association_id, e.kind, e.year, e.n, e.first_on, e.last_on,
         e.excess_sek - coalesce(r.recovered_sek, 0) AS excess_sek
  FROM excess e
  LEFT JOIN recovered r ON r.association_id = e.association_id AND r.kind = e.kind AND r.year = e.year
  WHERE e.excess_sek - coalesce(r.recovered_sek, 0) > $tolerance_sek
),
references_of AS (
  SELECT n.association_id, array_agg(g.row_ref) AS evidence
  FROM net n JOIN association_grants g ON g.association_id = n.association_id AND g.kind = n.kind AND g.year = n.year
  WHERE g.paid_sek - g.granted_sek > $tolerance_sek OR g.paid_sek < 0
  GROUP BY n.association_id
),
summed AS (
  SELECT association_id, min(first_on) AS first_on, max(last_on) AS last_on, sum(n) AS n,
         sum(excess_sek) AS excess_sek
  FROM net GROUP BY association_id
)
SELECT s.association_id AS subject_id, coalesce(s.first_on, $since) AS period_from, coalesce(s.last_on, $as_of) AS period_to,
       CAST(least(1.0, 0.4 + s.excess_sek / 50000.0) AS DOUBLE) AS strength,
       CAST(s.excess_sek AS DECIMAL(14,2)) AS amount_sek, CAST(s.n AS BIGINT) AS n,
       CAST(round(s.excess_sek, 0) AS BIGINT) AS excess_sek, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
