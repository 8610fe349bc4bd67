/*
code: HV17
title: {sv: Tillägg utöver överenskommelsen, en: Extras beyond the agreement}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [hvb_claims, hvb_placements]
population: hvb_invoices.provider_id
why:
  sv: Tillägg utöver dygnspriset ska vara överenskomna. Det som faktureras därutöver är inte beställt.
  en: Extras beyond the day rate should be agreed. What is invoiced beyond that was not ordered.
innocent:
  sv: Överenskommelsen finns i e-post men inte i systemet; resor till domstol eller vård; kläder och fickpengar som får tas upp utan överenskommelse.
  en: The agreement is in e-mail but not in the system; travel to court or care; clothes and pocket money that may be charged without one.
blind_spots:
  sv: Vad tillägget avser syns inte; placeringar där det överenskomna inte är infört räknas inte.
  en: What the extra is for is not visible; placements whose agreed extras are not entered are not counted.
next_step:
  sv: Fråga placerande handläggare om tilläggen är beställda och begär underlag för dem som inte är det.
  en: Ask the case officer whether the extras were ordered and ask for the basis of those that were not.
sentence:
  sv: "{n:faktura|fakturor} för {n_placements:placering|placeringar} har tillägg utöver de överenskomna, sammanlagt {extras_sek} kronor"
  en: "{n:invoice|invoices} of {n_placements:placement|placements} have extras beyond those agreed, {extras_sek} SEK in all"
basis: [{title: handbook reference HB-09}]
amount: {kind: exact, how: {sv: fakturerade tillägg minus de överenskomna för fakturans dygn, en: invoiced extras less those agreed for the days of the invoice}}
parameters:
  min_share: {value: 0.02, unit: share of the invoice, because: small outlays such as travel and clothes need no agreement}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "in use where the export holds the agreed extras; before, a draft that counted all extras"}
*/
WITH fired AS (
  -- a placement has one row, so nothing multiplies
  SELECT c.provider_id, c.placement_id, c.period_from, c.period_to, c.extras_sek - p.extras_agreed_sek * c.billed_days AS extras_sek,
         c.row_ref, p.row_ref AS placement_ref
  FROM hvb_claims c JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE c.period_to >= $since AND c.period_from <= $as_of AND p.extras_agreed_sek IS NOT NULL
    AND c.extras_sek - p.extras_agreed_sek * c.billed_days > $min_share * c.amount_sek
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, placement_ref FROM fired) e
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(period_from) AS period_from, max(period_to) AS period_to, sum(extras_sek) AS extras_sek,
         count(*) AS n, count(DISTINCT placement_id) AS n_placements
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(0.9, 0.3 + s.n / 40.0 + s.extras_sek / 1000000.0) AS DOUBLE) AS strength,
       CAST(s.extras_sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_placements,
       CAST(round(s.extras_sek, 0) AS BIGINT) AS extras_sek, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
