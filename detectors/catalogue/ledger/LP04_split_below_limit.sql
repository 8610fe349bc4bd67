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
  sv: Flera fakturor strax under en attestgräns eller gränsen för direktupphandling samma vecka, som tillsammans ligger över den, kan vara ett köp som delats upp.
  en: Several invoices just below an approval limit or the limit of direct awards in one week, together above it, may be one purchase split up.
innocent:
  sv: Avtal med fast styckpris nära gränsen; veckofakturor för olika enheter.
  en: Agreements with a fixed unit price near the limit; weekly invoices for different units.
blind_spots:
  sv: Köp som delats mellan leverantörer eller över längre tid, och kommuner med andra gränser (sätt dem i inställningarna).
  en: Purchases split between suppliers or over a longer time, and municipalities with other limits (set them in the settings).
next_step:
  sv: Se om fakturorna avser samma beställning och vem som attesterat dem.
  en: See whether the invoices concern one order and who approved them.
sentence:
  sv: "{n:rad|rader} strax under {approval_limit} kr inom {days:dag|dagar} hos samma enhet, sammanlagt {amount_sek} kr"
  en: "{n:line|lines} just below {approval_limit} SEK within {days:day|days} for one unit, {amount_sek} SEK in all"
basis: [{title: handbook LP-4}, {title: lagen om offentlig upphandling 2016:1145}]
amount: {kind: cap, how: {sv: summan av raderna i de veckor som träffas, en: the lines of the weeks that fired}}
parameters:
  approval_limit_1: {value: 50000, unit: SEK, because: a usual level of approval; each municipality sets its own}
  approval_limit_2: {value: 100000, unit: SEK, because: a usual level of approval and the limit above which a direct award must be documented}
  approval_limit_3: {value: 250000, unit: SEK, because: a usual level of approval; each municipality sets its own}
  approval_limit_4: {value: 500000, unit: SEK, because: a usual level of approval; each municipality sets its own}
  direct_award_limit: {law: direct_award_limit, unit: SEK, because: above it a purchase must be advertised}
  share_of_limit: {value: 0.85, unit: share, because: just below means within the last fifteen per cent}
  days: {value: 7, unit: days, because: one purchase is invoiced within a week or so}
  min_lines: {value: 3, unit: lines, because: two are common by chance}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "four levels of approval and the limit of direct awards instead of 100 000 SEK alone; on 22 000 supplier-years of two published ledgers each level from 50 000 up fires for three at most"}
*/
WITH limits AS (
  SELECT $approval_limit_1 AS approval_limit UNION SELECT $approval_limit_2 UNION SELECT $approval_limit_3
  UNION SELECT $approval_limit_4 UNION SELECT $direct_award_limit
),
below AS (
  SELECT p.supplier_id, coalesce(p.unit, '') AS unit, l.approval_limit, p.booked_on, p.amount_sek, p.row_ref
  FROM supplier_payments p
  JOIN limits l ON p.amount_sek >= l.approval_limit * $share_of_limit AND p.amount_sek < l.approval_limit
  WHERE p.booked_on >= $since AND p.booked_on <= $as_of
),
amounts AS (
  -- the same amount again and again is a unit price, not a split purchase
  SELECT supplier_id, unit, approval_limit, amount_sek, count(*) AS copies
  FROM below GROUP BY supplier_id, unit, approval_limit, amount_sek
),
varied AS (
  SELECT b.supplier_id, b.unit, b.approval_limit, b.booked_on, b.amount_sek, b.row_ref
  FROM below b JOIN amounts a
    ON a.supplier_id = b.supplier_id AND a.unit = b.unit AND a.approval_limit = b.approval_limit
   AND a.amount_sek = b.amount_sek
  WHERE a.copies < $min_lines
),
chained AS (
  SELECT supplier_id, unit, approval_limit, booked_on, amount_sek, row_ref,
         lag(booked_on) OVER (PARTITION BY supplier_id, unit, approval_limit ORDER BY booked_on, row_ref) AS before_booked
  FROM varied
),
episodes AS (
  SELECT supplier_id, unit, approval_limit, booked_on, amount_sek, row_ref,
         sum(CASE WHEN before_booked IS NULL OR date_diff('day', before_booked, booked_on) > $days THEN 1 ELSE 0 END)
           OVER (PARTITION BY supplier_id, unit, approval_limit ORDER BY booked_on, row_ref
                 ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS episode_no
  FROM chained
),
split AS (
  SELECT supplier_id, approval_limit, min(booked_on) AS period_from, max(booked_on) AS period_to, count(*) AS n,
         sum(amount_sek) AS amount_sek, array_agg(row_ref) AS evidence, min(row_ref) AS row_ref
  FROM episodes GROUP BY supplier_id, unit, approval_limit, episode_no
  HAVING count(*) >= $min_lines AND date_diff('day', min(booked_on), max(booked_on)) <= $days
),
numbered AS (
  SELECT supplier_id, approval_limit, period_from, period_to, n, amount_sek, evidence,
         row_number() OVER (PARTITION BY supplier_id ORDER BY amount_sek DESC, period_from, approval_limit, row_ref) AS place
  FROM split
)
SELECT supplier_id AS subject_id, period_from, period_to,
       CAST(least(1.0, 0.2 + n / 10.0) AS DOUBLE) AS strength,
       CAST(amount_sek AS DECIMAL(14,2)) AS amount_sek, n, CAST($days AS INTEGER) AS days,
       CAST(round(approval_limit, 0) AS BIGINT) AS approval_limit, evidence
FROM numbered WHERE place = 1
