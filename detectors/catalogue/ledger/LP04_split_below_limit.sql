/*
code: LP04
title: {sv: Uppdelat under attestgränsen, en: Split below the approval limit}
method: rule
kind: unusual
concept: splitting
subject: provider
gate: P0
reads: [supplier_payments]
optional_columns: [supplier_payments.unit]
population: supplier_payments.supplier_id
why:
  sv: Flera fakturor strax under attestgränsen samma vecka, som tillsammans ligger över den, kan vara ett köp som delats upp.
  en: Several invoices just below the approval limit in one week, together above it, may be one purchase split up.
innocent:
  sv: Avtal med fast styckpris nära gränsen; veckofakturor för olika enheter.
  en: Agreements with a fixed unit price near the limit; weekly invoices for different units.
blind_spots:
  sv: Köp som delats mellan leverantörer eller över längre tid, och kommuner med andra gränser (sätt approval_limit).
  en: Purchases split between suppliers or over a longer time, and municipalities with other limits (set approval_limit).
next_step:
  sv: Se om fakturorna avser samma beställning och vem som attesterat dem.
  en: See whether the invoices concern one order and who approved them.
sentence:
  sv: "{n:rad|rader} strax under {approval_limit} kr inom {days:dag|dagar} hos samma enhet, sammanlagt {amount_sek} kr"
  en: "{n:line|lines} just below {approval_limit} SEK within {days:day|days} for one unit, {amount_sek} SEK in all"
basis: [{title: handbook LP-4}, {title: lagen om offentlig upphandling 2016:1145}]
amount: {kind: cap, how: {sv: summan av raderna i de veckor som träffas, en: the lines of the weeks that fired}}
parameters:
  approval_limit: {value: 100000, unit: SEK, because: a usual approval limit; each municipality sets its own}
  share_of_limit: {value: 0.85, unit: share, because: just below means within the last fifteen per cent}
  days: {value: 7, unit: days, because: one purchase is invoiced within a week or so}
  min_lines: {value: 3, unit: lines, because: two are common by chance}
severity: 2
status: active
since: 2026-11-23
*/
WITH below AS (
  SELECT supplier_id, coalesce(unit, '') AS unit, booked_on, amount_sek, row_ref
  FROM supplier_payments
  WHERE booked_on >= $since AND booked_on <= $as_of
    AND amount_sek >= $approval_limit * $share_of_limit AND amount_sek < $approval_limit
),
amounts AS (
  -- the same amount again and again is a unit price, not a split purchase
  SELECT supplier_id, unit, amount_sek, count(*) AS copies FROM below GROUP BY supplier_id, unit, amount_sek
),
varied AS (
  SELECT b.supplier_id, b.unit, b.booked_on, b.amount_sek, b.row_ref
  FROM below b JOIN amounts a
    ON a.supplier_id = b.supplier_id AND a.unit = b.unit AND a.amount_sek = b.amount_sek
  WHERE a.copies < $min_lines
),
chained AS (
  SELECT supplier_id, unit, booked_on, amount_sek, row_ref,
         lag(booked_on) OVER (PARTITION BY supplier_id, unit ORDER BY booked_on, row_ref) AS before_booked
  FROM varied
),
episodes AS (
  SELECT supplier_id, unit, booked_on, amount_sek, row_ref,
         sum(CASE WHEN before_booked IS NULL OR date_diff('day', before_booked, booked_on) > $days THEN 1 ELSE 0 END)
           OVER (PARTITION BY supplier_id, unit ORDER BY booked_on, row_ref
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS episode_no
  FROM chained
),
split AS (
  SELECT supplier_id, min(booked_on) AS period_from, max(booked_on) AS period_to, count(*) AS n,
         sum(amount_sek) AS amount_sek, array_agg(row_ref) AS evidence
  FROM episodes GROUP BY supplier_id, unit, episode_no
  HAVING count(*) >= $min_lines AND date_diff('day', min(booked_on), max(booked_on)) <= $days
),
numbered AS (
  SELECT supplier_id, period_from, period_to, n, amount_sek, evidence,
         rank() OVER (PARTITION BY supplier_id ORDER BY amount_sek DESC, period_from) AS place
  FROM split
)
SELECT supplier_id AS subject_id, max(period_from) AS period_from, max(period_to) AS period_to,
       CAST(least(1.0, 0.2 + max(n) / 10.0) AS DOUBLE) AS strength,
       CAST(max(amount_sek) AS DECIMAL(14,2)) AS amount_sek, max(n) AS n, CAST($days AS INTEGER) AS days,
       CAST($approval_limit AS BIGINT) AS approval_limit, max(evidence) AS evidence
FROM numbered WHERE place = 1
GROUP BY supplier_id
