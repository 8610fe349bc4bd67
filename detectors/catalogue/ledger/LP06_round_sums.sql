/*
code: LP06
title: {sv: Hög andel jämna belopp, en: High share of round sums}
method: peer
unit: percent
kind: unusual
concept: digits
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
peers:
  levels: [[size_band], []]
  size_bands: 3
why:
  sv: Arbete och varor ger sällan jämna tusental. En leverantör med betydligt fler jämna belopp än andra kan fakturera efter uppskattning.
  en: Work and goods seldom come to whole thousands. A supplier with far more round sums than others may invoice by estimate.
innocent:
  sv: Fasta arvoden, bidrag, hyror och förskott är jämna av naturen.
  en: Fixed fees, grants, rents and advances are round by nature.
blind_spots:
  sv: Jämna belopp som fått moms eller avdrag pålagda.
  en: Round sums with tax or deductions added.
next_step:
  sv: Be om underlag (timmar, kvitton) till några av de jämna fakturorna.
  en: Ask for the basis (hours, receipts) of some of the round invoices.
sentence:
  sv: "{own_value} % av {n:rad|rader} är jämna tusental ({round_lines:rad|rader}); för andra leverantörer är medianen {peer_median} % och 95 av 100 ligger under {peer_p95} % ({peer_n:leverantör|leverantörer})"
  en: "{own_value} % of {n:line|lines} are whole thousands ({round_lines:line|lines}); the median of other suppliers is {peer_median} %, 95 of 100 lie below {peer_p95} % ({peer_n:supplier|suppliers})"
basis: [{title: handbook LP-6}]
amount: {kind: cap, how: {sv: summan av de jämna raderna, en: the sum of the round lines}}
parameters:
  min_volume: {value: 30, unit: lines, because: a share of a few lines is chance}
  min_value: {value: 0.3, unit: share, because: below a third there is nothing to explain}
  round_to: {value: 1000, unit: SEK, because: whole thousands are where estimates end}
severity: 1
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT supplier_id, booked_on, amount_sek, row_ref,
         CASE WHEN amount_sek % $round_to = 0 THEN 1 ELSE 0 END AS is_round,
         row_number() OVER (PARTITION BY supplier_id, CASE WHEN amount_sek % $round_to = 0 THEN 1 ELSE 0 END
                            ORDER BY amount_sek DESC, booked_on, row_ref) AS place
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND amount_sek >= $round_to
)
SELECT supplier_id AS subject_id, min(booked_on) AS period_from, max(booked_on) AS period_to,
       CAST(avg(is_round) AS DOUBLE) AS value, count(*) AS volume, count(*) AS n, sum(is_round) AS round_lines,
       CAST(sum(CASE WHEN is_round = 1 THEN amount_sek ELSE 0 END) AS DECIMAL(14,2)) AS amount_sek,
       array_agg(row_ref) FILTER (WHERE is_round = 1 AND place <= 50) AS evidence
FROM lines GROUP BY supplier_id
