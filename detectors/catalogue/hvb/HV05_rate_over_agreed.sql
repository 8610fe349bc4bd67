/*
code: HV05
title: {sv: Dygnspris över det avtalade, en: Day rate above the agreed one}
method: rule
kind: breach
concept: rate
subject: provider
gate: P1
reads: [hvb_claims, hvb_placements]
population: hvb_invoices.provider_id
why:
  sv: Priset per dygn avtalas när barnet placeras. Fakturan utan tillägg ska inte ge ett högre pris per dygn.
  en: The price a day is agreed when the child is placed. The invoice without extras should not give a higher price a day.
innocent:
  sv: Indexklausul i avtalet (upp till en procent räknas inte); ny överenskommelse om förstärkt vård som inte förts in; tillägg som inte redovisats för sig.
  en: An index clause in the agreement (up to one percent is not counted); a new agreement on reinforced care not yet entered; extras that were not stated apart.
blind_spots:
  sv: Ett avtalat pris som i sig är högt; fakturor med noll dygn; placeringar som saknas i uttaget.
  en: An agreed price that is itself high; invoices of no days; placements missing in the export.
next_step:
  sv: Ta fram överenskommelsen och eventuell indexklausul och begär kredit för skillnaden om den saknar stöd.
  en: Get the agreement and any index clause and ask for a credit of the difference where it has no support.
sentence:
  sv: "{n:faktura|fakturor} ({n_placements:placering|placeringar}) har ett dygnspris över det avtalade, i snitt {mean_pct} procent över, för {days} dygn"
  en: "{n:invoice|invoices} ({n_placements:placement|placements}) have a day rate above the agreed one, {mean_pct} percent over on average, for {days:day|days}"
basis: [{title: handbook HVB-5}, {title: handbook reference HB-10}]
amount: {kind: exact, how: {sv: skillnaden per dygn mot avtalat pris gånger fakturans dygn, en: the difference a day to the agreed price times the days of the invoice}}
parameters:
  max_excess_share: {value: 0.01, unit: share of the agreed rate, because: index clauses and rounding explain about a percent}
severity: 4
status: active
since: 2026-11-23
*/
WITH compared AS (
  -- placement_id is unique in the placements: one row an invoice
  SELECT c.provider_id, c.placement_id, c.period_from, c.period_to, c.billed_days, c.row_ref, p.row_ref AS placement_ref,
         CAST(c.amount_sek - c.extras_sek AS DOUBLE) / c.billed_days AS day_rate,
         CAST(p.agreed_rate_sek AS DOUBLE) AS agreed
  FROM hvb_claims c JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE c.period_to >= $since AND c.period_from <= $as_of AND c.billed_days > 0 AND p.agreed_rate_sek > 0
),
fired AS (
  -- a tenth of an öre is allowed for the division
  SELECT provider_id, placement_id, period_from, period_to, billed_days, row_ref, placement_ref, day_rate, agreed
  FROM compared WHERE day_rate > agreed * (1 + $max_excess_share) + 0.001
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, placement_ref FROM fired) r
  GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, min(f.period_from) AS period_from, max(f.period_to) AS period_to,
       CAST(least(1.0, 0.3 + count(*) / 40.0 + 2.0 * avg(f.day_rate / f.agreed - 1)) AS DOUBLE) AS strength,
       CAST(sum((f.day_rate - f.agreed) * f.billed_days) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT f.placement_id) AS n_placements,
       round(100 * avg(f.day_rate / f.agreed - 1), 1) AS mean_pct, CAST(sum(f.billed_days) AS BIGINT) AS days,
       max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
GROUP BY f.provider_id
