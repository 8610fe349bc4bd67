/*
code: HV14
title: {sv: Fakturerat utan placering hos hemmet, en: Billed without a placement at home}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [hvb_claims, hvb_placements]
population: hvb_invoices.provider_id
why:
  sv: Vård betalas bara för en placering som finns, hos det hem där barnet är placerat och från den dag det flyttade in.
  en: Care is paid only for a placement that exists, at the home where the child is placed and from the day it moved in.
innocent:
  sv: Placeringen har ännu inte registrerats eller har bytt nummer; hemmet har bytt bolag; plats som hölls före inflyttningen enligt avtal.
  en: The placement is not yet registered or has a new number; the home has changed company; a place kept before moving in by agreement.
blind_spots:
  sv: Placeringar som registrerats i efterhand för att passa fakturan. Ett uttag som bara omfattar en del av placeringarna ger för många träffar.
  en: Placements registered afterwards to fit the invoice. An export of only a part of the placements gives too many hits.
next_step:
  sv: Leta efter beslutet om placering i akten och kontrollera inflyttningsdagen; begär kredit om placeringen inte finns.
  en: Look for the decision on the placement in the file and check the day of moving in; ask for a credit if there is no placement.
sentence:
  sv: "{n:faktura|fakturor} saknar stöd i en placering: [{n_unknown} utan känd placering / {n_other_home} för ett barn placerat hos någon annan / {n_before} med dygn före inflyttningen] ({days} dygn)"
  en: "{n:invoice|invoices} lack a placement behind them: [{n_unknown} without a known placement / {n_other_home} for a child placed elsewhere / {n_before} with days before moving in] ({days:day|days})"
basis: [{title: handbook reference HB-01}]
amount: {kind: exact, how: {sv: 'hela fakturan utan känd placering hos hemmet, annars dygnen före inflyttning gånger fakturans dygnspris', en: 'the whole invoice where there is no placement at the home, else the days before moving in times the day rate of the invoice'}}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the placement is among the evidence"}
*/
WITH compared AS (
  -- placement_id is unique in the placements: one row an invoice
  SELECT c.provider_id, c.period_from, c.period_to, c.billed_days, c.period_days, c.day_rate, c.amount_sek, c.row_ref,
         p.row_ref AS placement_ref,
         CASE WHEN p.placement_id IS NULL THEN 'unknown' WHEN p.provider_id <> c.provider_id THEN 'other_home' ELSE 'before' END
           AS reason,
         CASE WHEN p.placement_id IS NULL OR p.provider_id <> c.provider_id THEN c.billed_days
              ELSE least(c.billed_days, c.period_days)
                   - greatest(0, date_diff('day', greatest(p.placed_on, c.period_from), c.period_to) + 1) END AS days
  FROM hvb_claims c LEFT JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE c.period_to >= $since AND c.period_from <= $as_of AND c.billed_days > 0
),
fired AS (
  SELECT provider_id, period_from, period_to, row_ref, placement_ref, reason, days,
         CASE WHEN reason = 'before' THEN days * day_rate ELSE CAST(amount_sek AS DOUBLE) END AS sek
  FROM compared WHERE days > 0
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM fired
  UNION
  SELECT provider_id, placement_ref FROM fired WHERE placement_ref IS NOT NULL
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id)
SELECT f.provider_id AS subject_id, min(f.period_from) AS period_from, max(f.period_to) AS period_to,
       CAST(least(1.0, 0.35 + count(*) / 20.0 + sum(days) / 200.0) AS DOUBLE) AS strength,
       CAST(sum(sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n, CAST(sum(days) AS BIGINT) AS days,
       count(CASE WHEN reason = 'unknown' THEN 1 END) AS n_unknown,
       count(CASE WHEN reason = 'other_home' THEN 1 END) AS n_other_home,
       count(CASE WHEN reason = 'before' THEN 1 END) AS n_before, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
GROUP BY f.provider_id
