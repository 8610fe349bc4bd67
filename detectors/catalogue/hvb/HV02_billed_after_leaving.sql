/*
code: HV02
title: {sv: Dygn fakturerade efter utskrivning, en: Days billed after the child left}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [hvb_claims, hvb_placements]
population: hvb_invoices.provider_id
why:
  sv: När vistelsen är slut ska dygnen inte längre debiteras, om inte avtalet ger uppsägningstid.
  en: Once the stay has ended days should no longer be billed, unless the agreement gives a notice period.
innocent:
  sv: Uppsägningstid i avtalet; utskrivningsdagen debiteras (en dag räknas inte); flytten registrerades för tidigt; en kredit har kommit (krediterade dygn räknas inte).
  en: A notice period in the agreement; the day of leaving is billed (one day is not counted); the move was registered too early; a credit has come (credited days are not counted).
blind_spots:
  sv: Placeringar som borde ha avslutats men står öppna; fakturor utan känd placering prövas i en egen regel.
  en: Placements that should have been ended but stand open; invoices without a known placement have a rule of their own.
next_step:
  sv: Se efter uppsägningstid i avtalet, kontrollera utskrivningsdagen i journalen och begär kredit för dygnen om avtalet inte ger rätt till dem.
  en: Look for a notice period in the agreement, check the day of leaving in the file and ask for a credit if the agreement does not allow the days.
sentence:
  sv: "{n:faktura|fakturor} omfattar {days} dygn efter att barnet skrevs ut ({n_placements:placering|placeringar}, som mest {max_days} dygn)"
  en: "{n:invoice|invoices} cover {days:day|days} after the child left ({n_placements:placement|placements}, {max_days:day|days} at most)"
basis: [{title: handbook HVB-2}, {title: handbook reference HB-01}]
amount: {kind: exact, how: {sv: dygnen efter utskrivning gånger fakturans eget dygnspris utan tillägg, en: days after leaving times the invoice's own day rate without extras}}
parameters:
  grace_days: {value: 1, unit: days, because: the day of leaving is often billed; a municipality with a notice period sets its length here}
severity: 4
status: active
since: 2026-11-23
*/
WITH claimed AS (
  -- placement_id is unique in the placements: one row an invoice
  SELECT c.provider_id, c.placement_id, c.row_ref, c.billed_days, c.period_days, c.day_rate, c.period_to, p.left_on,
         p.row_ref AS placement_ref,
         least(c.billed_days, c.period_days)
           - greatest(0, date_diff('day', c.period_from, least(c.period_to, p.left_on + INTERVAL 1 DAY * $grace_days)) + 1)
           AS days_after
  FROM hvb_claims c JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE c.period_to >= $since AND p.left_on IS NOT NULL
    AND c.period_to > p.left_on + INTERVAL 1 DAY * $grace_days
),
fired AS (
  SELECT provider_id, placement_id, row_ref, placement_ref, left_on, period_to, days_after, day_rate
  FROM claimed WHERE days_after > 0
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, placement_ref FROM fired) r
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(left_on) AS period_from, max(period_to) AS period_to, count(*) AS n,
         count(DISTINCT placement_id) AS n_placements, sum(days_after) AS days, max(days_after) AS max_days,
         sum(days_after * day_rate) AS sek
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.days / 60.0 + s.n_placements / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_placements, CAST(s.days AS BIGINT) AS days, CAST(s.max_days AS BIGINT) AS max_days, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
