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
  sv: "Fasta arvoden, bidrag, hyror och förskott är jämna av naturen; ett belopp som återkommer minst fem gånger och ensamt är mer än hälften av de jämna raderna räknas inte."
  en: "Fixed fees, grants, rents and advances are round by nature; an amount that comes five times or more and alone makes up more than half of the round lines is not counted."
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
  max_share_of_one_amount: {value: 0.5, unit: share of the round lines, because: "one amount again and again is a fee, a rent or a price, not an estimate"}
  min_fee_lines: {value: 5, unit: lines, because: a fee comes back; two or three equal lines are chance}
  min_round_lines: {value: 10, unit: lines, because: a share of the few lines beside a fee is chance}
  round_to: {value: 1000, unit: SEK, because: whole thousands are where estimates end}
severity: 1
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "one amount that is more than half of the round lines is a fee and is left out"}
*/
WITH large AS (
  SELECT supplier_id, booked_on, amount_sek, row_ref, CASE WHEN amount_sek % $round_to = 0 THEN 1 ELSE 0 END AS is_round
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of AND amount_sek >= $round_to
),
amounts AS (
  SELECT supplier_id, amount_sek, count(*) AS n, sum(count(*)) OVER (PARTITION BY supplier_id) AS n_round
  FROM large WHERE is_round = 1 GROUP BY supplier_id, amount_sek
),
lines AS (
  -- amounts has one row an amount: no line is doubled
  SELECT l.supplier_id, l.booked_on, l.amount_sek, l.row_ref,
         CASE WHEN a.n >= $min_fee_lines AND a.n > $max_share_of_one_amount * a.n_round THEN 1 ELSE 0 END AS is_fee,
         CASE WHEN a.n >= $min_fee_lines AND a.n > $max_share_of_one_amount * a.n_round THEN 0 ELSE l.is_round END AS is_round
  FROM large l
  LEFT JOIN amounts a ON a.supplier_id = l.supplier_id AND a.amount_sek = l.amount_sek
),
placed AS (
  SELECT supplier_id, row_ref, row_number() OVER (PARTITION BY supplier_id ORDER BY amount_sek DESC, booked_on, row_ref) AS place
  FROM lines WHERE is_round = 1
),
references_of AS (SELECT supplier_id, array_agg(row_ref) AS evidence FROM placed WHERE place <= 50 GROUP BY supplier_id),
summed AS (
  SELECT supplier_id, min(booked_on) AS period_from, max(booked_on) AS period_to, count(*) AS n_lines,
         sum(is_fee) AS n_fee, sum(is_round) AS round_lines,
         sum(CASE WHEN is_round = 1 THEN amount_sek ELSE 0 END) AS round_sek
  FROM lines GROUP BY supplier_id
),
counted AS (
  -- beside a fee the other lines are judged by themselves, where they are many enough to be judged
  SELECT supplier_id, period_from, period_to, n_lines, round_lines, round_sek,
         CASE WHEN round_lines >= $min_round_lines THEN n_lines - n_fee ELSE n_lines END AS n
  FROM summed
)
SELECT c.supplier_id AS subject_id, c.period_from, c.period_to, CAST(c.round_lines / c.n AS DOUBLE) AS value,
       c.n_lines AS volume, CAST(c.n AS BIGINT) AS n, CAST(c.round_lines AS BIGINT) AS round_lines,
       CAST(c.round_sek AS DECIMAL(14,2)) AS amount_sek, e.evidence
FROM counted c LEFT JOIN references_of e ON e.supplier_id = c.supplier_id
