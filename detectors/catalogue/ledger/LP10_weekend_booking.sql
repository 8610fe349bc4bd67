/*
code: LP10
title: {sv: Bokfört på helger, en: Booked on weekends and holidays}
method: peer
unit: percent
kind: unusual
concept: timing
subject: provider
gate: P0
reads: [supplier_payments, calendar]
population: supplier_payments.supplier_id
peers:
  levels: [[size_band], []]
  size_bands: 3
why:
  sv: Reskontran bokförs på arbetsdagar. En leverantör vars fakturor oftare än andras bokförs på helger kan ha någon som bokför utanför rutinen.
  en: The ledger is booked on working days. A supplier whose invoices are booked on weekends more than others' may have somebody booking outside the routine.
innocent:
  sv: Automatiska körningar på natten och månadens sista dag; årsskiftet.
  en: Automatic runs at night and on the last day of a month; the turn of the year.
blind_spots:
  sv: Reskontra som bara innehåller betaldag, inte den dag någon registrerade fakturan.
  en: Ledgers that hold only the day of payment, not the day somebody entered the invoice.
next_step:
  sv: Se i loggen vem som bokfört raderna och om det gjorts maskinellt.
  en: See in the log who booked the lines and whether a machine did it.
sentence:
  sv: "{own_value} % av {n:rad|rader} bokfördes på helg ({off_lines:rad|rader}); medianen för andra är {peer_median} % och 95 av 100 ligger under {peer_p95} % ({peer_n:leverantör|leverantörer})"
  en: "{own_value} % of {n:line|lines} were booked on days off ({off_lines:line|lines}); the median of others is {peer_median} %, 95 of 100 lie below {peer_p95} % ({peer_n:supplier|suppliers})"
basis: [{title: handbook LP-10}, {title: lag 1989:253 om allmänna helgdagar}]
amount: {kind: cap, how: {sv: raderna som bokförts på helg, en: the lines booked on days off}}
parameters:
  min_volume: {value: 50, unit: lines, because: a share of few lines is chance}
  min_value: {value: 0.1, unit: share, because: a tenth is more than the turn of the month explains}
severity: 1
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT p.supplier_id, p.booked_on, p.amount_sek, p.row_ref,
         CASE WHEN c.weekday >= 6 OR c.is_holiday THEN 1 ELSE 0 END AS is_off,
         row_number() OVER (PARTITION BY p.supplier_id, CASE WHEN c.weekday >= 6 OR c.is_holiday THEN 1 ELSE 0 END
                            ORDER BY p.booked_on, p.amount_sek DESC, p.row_ref) AS place
  FROM supplier_payments p JOIN calendar c ON c.day = p.booked_on
  WHERE p.booked_on >= $since AND p.booked_on <= $as_of AND p.amount_sek > 0
)
SELECT supplier_id AS subject_id, min(booked_on) AS period_from, max(booked_on) AS period_to,
       CAST(avg(is_off) AS DOUBLE) AS value, count(*) AS volume, count(*) AS n, sum(is_off) AS off_lines,
       CAST(sum(CASE WHEN is_off = 1 THEN amount_sek ELSE 0 END) AS DECIMAL(14,2)) AS amount_sek,
       array_agg(row_ref) FILTER (WHERE is_off = 1 AND place <= 50) AS evidence
FROM lines GROUP BY supplier_id
