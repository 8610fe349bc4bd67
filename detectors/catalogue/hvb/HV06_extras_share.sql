/*
code: HV06
title: {sv: Stor andel tilläggskostnader, en: Large share of extra charges}
method: peer
kind: unusual
concept: peers
subject: provider
gate: P0
reads: [hvb_claims]
population: hvb_invoices.provider_id
peers:
  levels: [[size_band], []]
  size_bands: 2
why:
  sv: Tillägg utöver dygnspriset avtalas från fall till fall och följs sällan upp. Ett hem där tilläggen är en mycket större del av kostnaden än hos andra bör kunna visa vad de gav.
  en: Charges beyond the day rate are agreed case by case and seldom followed up. A home where they are a far larger part of the cost than elsewhere should be able to show what they gave.
innocent:
  sv: Barn med särskilda behov, förstärkt bemanning eller ensamplacering enligt överenskommelse; behandling och skola som faktureras för sig; lågt grundpris i avtalet.
  en: Children with special needs, reinforced staffing or single placement by agreement; treatment and school invoiced apart; a low basic price in the contract.
blind_spots:
  sv: Tillägg som bakats in i dygnspriset; hem med få fakturor.
  en: Extras baked into the day rate; homes with few invoices.
next_step:
  sv: Gå igenom de största tilläggen mot beslut och överenskommelse och fråga hur insatsen har utförts.
  en: Go through the largest extras against decision and agreement and ask how the service was given.
sentence:
  sv: "tillägg är {own_value} procent av det fakturerade beloppet, {extras_sek} kronor på {n_invoices:faktura|fakturor} (median bland {peer_n} hem {peer_median} procent, gräns {peer_fence} procent)"
  en: "extras are {own_value} percent of the invoiced amount, {extras_sek} SEK on {n_invoices:invoice|invoices} (median of {peer_n:home|homes} {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook HVB-6}, {title: handbook reference HB-09}]
amount: {kind: cap, how: {sv: alla fakturerade tillägg under perioden, en: all invoiced extras of the period}}
unit: percent
parameters:
  min_volume: {value: 6, unit: invoices, because: a share of a few invoices may come from one child}
  min_value: {value: 0.10, unit: share of the amount, because: "below a tenth travel, clothes and single services explain it"}
severity: 3
status: active
since: 2026-11-23
*/
WITH claims AS (
  SELECT provider_id, period_from, period_to, amount_sek, extras_sek, row_ref,
         row_number() OVER (PARTITION BY provider_id ORDER BY extras_sek DESC, invoice_id) AS place
  FROM hvb_claims
  WHERE period_to >= $since AND period_from <= $as_of
)
SELECT provider_id AS subject_id, min(period_from) AS period_from, max(period_to) AS period_to,
       CAST(sum(extras_sek) / sum(amount_sek) AS DOUBLE) AS value, count(*) AS volume,
       CAST(sum(extras_sek) AS DECIMAL(14,2)) AS amount_sek,
       CAST(round(sum(extras_sek), 0) AS BIGINT) AS extras_sek, count(*) AS n_invoices,
       count(CASE WHEN extras_sek > 0 THEN 1 END) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 200 AND extras_sek > 0) AS evidence
FROM claims
GROUP BY provider_id
