/*
code: HV18
title: {sv: Direktplaceringar över upphandlingsgränsen, en: Direct placements above the procurement limit}
method: rule
kind: breach
concept: payment
subject: provider
gate: P0
reads: [hvb_claims, hvb_placements]
population: hvb_invoices.provider_id
why:
  sv: Köp utanför ramavtal från ett och samma hem får inte överstiga gränsen för direktupphandling. Att ett hem gång på gång anlitas vid sidan av avtalen är också värt en förklaring.
  en: Purchases outside the framework agreement from one home may not exceed the limit for direct award. That one home is used again and again beside the agreements also deserves an explanation.
innocent:
  sv: Synnerlig brådska vid akuta placeringar; placering där barnets behov bara kan mötas av detta hem; ramavtal som inte registrerats på placeringen.
  en: Extreme urgency of emergency placements; a placement where only this home meets the child's needs; a framework agreement not registered on the placement.
blind_spots:
  sv: Gränsen gäller köp av samma slag och bestäms av kommunens upphandlingsenhet; beloppet här är ett antagande.
  en: The limit concerns purchases of one kind and is decided by the municipality's procurement unit; the amount here is an assumption.
next_step:
  sv: Fråga upphandlingsenheten vilken gräns som gäller och om placeringarna har dokumenterade skäl.
  en: Ask the procurement unit which limit holds and whether the placements have documented reasons.
sentence:
  sv: "{n_placements:placering|placeringar} utanför ramavtal har fakturerats med {sum_sek} kronor under {year}, mer än gränsen {limit_sek} kronor"
  en: "{n_placements:placement|placements} outside the framework agreement were invoiced with {sum_sek} SEK in {year}, more than the limit of {limit_sek} SEK"
basis: [{title: handbook reference HB-11}, {title: lag (2016:1145) om offentlig upphandling 19 kap.}]
amount: {kind: cap, how: {sv: allt fakturerat utanför ramavtal under året, en: everything invoiced outside the framework agreement in the year}}
parameters:
  direct_limit_sek: {value: 8000000, unit: SEK a calendar year, because: assumed limit for social services of about 750 000 euro; the procurement unit sets it}
severity: 2
status: trial
since: 2026-11-23
*/
WITH bought AS (
  -- placement_id is unique in the placements: one row an invoice
  SELECT c.provider_id, c.placement_id, c.period_from, c.period_to, year(c.period_to) AS year_no, c.amount_sek, c.row_ref,
         row_number() OVER (PARTITION BY c.provider_id, year(c.period_to) ORDER BY c.row_ref) AS place
  FROM hvb_claims c JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE p.framework_agreement = false AND year(c.period_to) >= year($since) AND c.period_from <= $as_of
)
SELECT provider_id AS subject_id, CAST(year_no AS VARCHAR) AS episode, min(period_from) AS period_from,
       max(period_to) AS period_to,
       CAST(least(0.8, 0.3 + 0.2 * (sum(amount_sek) / $direct_limit_sek - 1)) AS DOUBLE) AS strength,
       CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(DISTINCT placement_id) AS n_placements,
       CAST(round(sum(amount_sek), 0) AS BIGINT) AS sum_sek, CAST(year_no AS VARCHAR) AS year,
       CAST($direct_limit_sek AS BIGINT) AS limit_sek, count(*) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 200) AS evidence
FROM bought
GROUP BY provider_id, year_no
HAVING sum(amount_sek) > $direct_limit_sek
