/*
code: HV10
title: {sv: Två fakturor för samma vårddygn, en: Two invoices for the same care days}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P1
reads: [hvb_claims]
population: hvb_invoices.provider_id
why:
  sv: Varje vårddygn betalas en gång. Två fakturor vars dygn överlappar för samma placering betyder att något dygn debiteras dubbelt.
  en: Each care day is paid once. Two invoices whose days overlap for one placement mean that some day is charged twice.
innocent:
  sv: En kredit har kommit eller är på väg (krediterade fakturor räknas inte); rättelse med ny faktura innan den gamla krediterats; dygnspris och tillägg på var sin faktura (fakturor utan dygn räknas inte).
  en: A credit has come or is on its way (credited invoices are not counted); a corrected invoice before the old one is credited; day rate and extras on separate invoices (invoices without days are not counted).
blind_spots:
  sv: Samma barn med två placeringsnummer; det prövas i regeln om två hem samma natt.
  en: The same child with two placement numbers; that is tested by the rule on two homes the same night.
next_step:
  sv: Se efter i ekonomisystemet om båda fakturorna är betalda och om en kredit är bokad, begär annars kredit.
  en: See in the ledger whether both invoices were paid and a credit is booked, else ask for a credit.
sentence:
  sv: "{n:faktura|fakturor} tar upp dygn som redan fakturerats för samma placering, sammanlagt {days} dygn ({n_placements:placering|placeringar})"
  en: "{n:invoice|invoices} list days already invoiced for the same placement, {days:day|days} in all ({n_placements:placement|placements})"
basis: [{title: handbook HVB-10}, {title: handbook reference HB-02}]
amount: {kind: exact, how: {sv: de dubbelt fakturerade dygnen gånger det lägre av de två fakturornas dygnspriser, en: the days invoiced twice times the lower of the two invoices' day rates}}
severity: 4
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT invoice_id, placement_id, provider_id, period_from, period_to, least(billed_days, period_days) AS days, day_rate,
         row_ref
  FROM hvb_claims
  WHERE period_to >= $since AND period_from <= $as_of AND billed_days > 0
),
pairs AS (
  -- days that cannot be told apart: what both bill beyond the days their periods hold together
  SELECT b.invoice_id, b.placement_id, b.provider_id, b.row_ref, a.row_ref AS earlier_ref, a.invoice_id AS earlier_id,
         greatest(a.period_from, b.period_from) AS overlap_from, least(a.period_to, b.period_to) AS overlap_to,
         least(date_diff('day', greatest(a.period_from, b.period_from), least(a.period_to, b.period_to)) + 1,
               a.days + b.days - (date_diff('day', least(a.period_from, b.period_from), greatest(a.period_to, b.period_to)) + 1))
           AS days,
         least(a.day_rate, b.day_rate) AS lower_rate
  FROM claims a JOIN claims b
    ON b.placement_id = a.placement_id AND a.period_from <= b.period_to AND b.period_from <= a.period_to
   AND (a.period_from < b.period_from OR (a.period_from = b.period_from AND a.invoice_id < b.invoice_id))
),
overlapping AS (
  -- an invoice that overlaps several earlier ones counts once, by the one it shares most days with
  SELECT invoice_id, placement_id, provider_id, row_ref, earlier_ref, overlap_from, overlap_to, days, lower_rate,
         row_number() OVER (PARTITION BY invoice_id ORDER BY days DESC, earlier_id) AS place
  FROM pairs WHERE days > 0
),
fired AS (
  SELECT placement_id, provider_id, row_ref, earlier_ref, overlap_from, overlap_to, days, lower_rate
  FROM overlapping WHERE place = 1
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, earlier_ref FROM fired) r
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(overlap_from) AS period_from, max(overlap_to) AS period_to, count(*) AS n,
         count(DISTINCT placement_id) AS n_placements, sum(days) AS days, sum(days * lower_rate) AS sek
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 15.0 + s.days / 120.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_placements, CAST(s.days AS BIGINT) AS days, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
