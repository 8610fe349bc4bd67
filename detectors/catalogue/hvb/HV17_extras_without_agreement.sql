/*
code: HV17
title: {sv: Tillägg utan överenskommelse, en: Extras without an agreement}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [hvb_claims]
population: hvb_invoices.provider_id
why:
  sv: Tillägg utöver dygnspriset ska vara överenskomna. En placering utan någon överenskommelse om tillägg ska inte heller ge några på fakturan.
  en: Extras beyond the day rate should be agreed. A placement without any agreement on extras should not give any on the invoice either.
innocent:
  sv: Överenskommelsen finns i e-post men inte i systemet; resor till domstol eller vård; kläder och fickpengar som får tas upp utan överenskommelse.
  en: The agreement is in e-mail but not in the system; travel to court or care; clothes and pocket money that may be charged without one.
blind_spots:
  sv: Tillägg som är överenskomna men större än avtalat; vad tillägget avser syns inte.
  en: Extras that are agreed but larger than agreed; what the extra is for is not visible.
next_step:
  sv: Fråga placerande handläggare om tilläggen är beställda och begär underlag för dem som inte är det.
  en: Ask the case officer whether the extras were ordered and ask for the basis of those that were not.
sentence:
  sv: "{n:faktura|fakturor} för {n_placements:placering|placeringar} har tillägg som behöver en överenskommelse, sammanlagt {extras_sek} kronor"
  en: "{n:invoice|invoices} of {n_placements:placement|placements} have extras that need an agreement, {extras_sek} SEK in all"
basis: [{title: handbook reference HB-09}]
amount: {kind: cap, how: {sv: alla tillägg på fakturorna, en: all extras on the invoices}}
parameters:
  min_share: {value: 0.02, unit: share of the invoice, because: small outlays such as travel and clothes need no agreement}
severity: 3
status: draft
why_not:
  sv: Vilka tillägg som är överenskomna står bara i placeringens fritext, som ingen regel får läsa. Regeln kan därför inte skilja överenskomna tillägg från andra.
  en: Which extras are agreed stands only in the free text of the placement, which no detector may read. So the rule cannot tell agreed extras from others.
since: 2026-11-23
*/
WITH fired AS (
  SELECT provider_id, placement_id, period_from, period_to, extras_sek, row_ref
  FROM hvb_claims
  WHERE period_to >= $since AND period_from <= $as_of AND extras_sek > $min_share * amount_sek
)
SELECT provider_id AS subject_id, min(period_from) AS period_from, max(period_to) AS period_to,
       CAST(least(0.9, 0.3 + count(*) / 40.0 + sum(extras_sek) / 1000000.0) AS DOUBLE) AS strength,
       CAST(sum(extras_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n,
       count(DISTINCT placement_id) AS n_placements, CAST(round(sum(extras_sek), 0) AS BIGINT) AS extras_sek,
       array_agg(row_ref) AS evidence
FROM fired
GROUP BY provider_id
