/*
code: LP90
title: {sv: Ovanlig helhet hos leverantör, en: Unusual profile of a supplier}
method: isolation_forest
kind: unusual
concept: peers
subject: provider
gate: P0
reads: [supplier_payments, calendar]
population: supplier_payments.supplier_id
peers:
  levels: [[size_band], []]
  size_bands: 3
why:
  sv: Flera små avvikelser på en gång kan synas som en ovanlig helhet fast ingen enskild regel slår till. Jämförelsen säger var det är värt att titta, inte att något är fel.
  en: Several small deviations at once may show as an unusual whole though no single rule fires. The comparison says where a look is worthwhile, not that anything is wrong.
innocent:
  sv: Hyror, prenumerationer och abonnemang har lika och jämna belopp; säsongsarbete samlas på få månader; ett enda stort uppdrag.
  en: Rents and subscriptions have equal and round sums; seasonal work gathers in few months; a single large assignment.
blind_spots:
  sv: Leverantörer med få rader; det som görs lika hos många leverantörer.
  en: Suppliers with few lines; what is done alike at many suppliers.
next_step:
  sv: Börja med de drag som skiljer mest, ta fram de största raderna och jämför dem med beställning och avtal.
  en: Begin with the features that differ most, take out the largest lines and compare them with order and contract.
sentence:
  sv: "ovanlig helhet i {n:rad|rader} jämfört med {peer_n:leverantör|leverantörer}: {differences_sv}"
  en: "unusual whole in {n:line|lines} against {peer_n:supplier|suppliers}: {differences_en}"
basis: [{title: "Liu, Ting and Zhou 2008, Isolation Forest"}, {title: handbook section 5}]
features:
  round_share: {sv: andel rader på hela tusental, en: lines of whole thousands, unit: percent}
  repeated_share: {sv: andel rader med samma belopp som en annan, en: lines of the same amount as another, unit: percent}
  off_share: {sv: andel rader bokförda på helg, en: lines booked on days off, unit: percent}
  credit_share: {sv: krediterat av beloppet, en: credited of the amount, unit: percent}
  peak_share: {sv: andel av beloppet i största månaden, en: share of the amount in the largest month, unit: percent}
  largest_share: {sv: andel av beloppet i största raden, en: share of the amount in the largest line, unit: percent}
  same_day_share: {sv: andel rader bokförda samma dag som en annan, en: lines booked on the day of another, unit: percent}
  late_share: {sv: andel av beloppet i de tre sista månaderna, en: share of the amount in the last three months, unit: percent}
  units: {sv: enheter som betalar, en: units that pay, unit: units}
parameters:
  min_volume: {value: 30, unit: lines, because: shares of few lines are chance}
  percentile: {value: 0.98, unit: share of suppliers, because: a ledger has many suppliers and few can be looked at}
severity: 1
status: active
since: 2026-11-23
*/
WITH lines AS (
  SELECT p.supplier_id, p.booked_on, p.amount_sek, p.unit, p.row_ref,
         CAST(date_trunc('month', p.booked_on) AS DATE) AS month,
         CASE WHEN c.weekday >= 6 OR c.is_holiday THEN 1.0 ELSE 0.0 END AS is_off,
         CASE WHEN mod(CAST(round(p.amount_sek * 100, 0) AS BIGINT), 100000) = 0 THEN 1.0 ELSE 0.0 END AS is_round,
         count(*) OVER (PARTITION BY p.supplier_id, p.amount_sek) AS n_same,
         count(*) OVER (PARTITION BY p.supplier_id, p.booked_on) AS n_day,
         row_number() OVER (PARTITION BY p.supplier_id ORDER BY p.amount_sek DESC, p.booked_on, p.row_ref) AS place
  FROM supplier_payments p JOIN calendar c ON c.day = p.booked_on
  WHERE p.booked_on >= $since AND p.booked_on <= $as_of AND p.amount_sek <> 0
),
profile AS (
  SELECT supplier_id, min(booked_on) AS first_on, max(booked_on) AS last_on,
         count(CASE WHEN amount_sek > 0 THEN 1 END) AS n,
         sum(CASE WHEN amount_sek > 0 THEN amount_sek ELSE 0 END) AS paid_sek,
         sum(CASE WHEN amount_sek < 0 THEN -amount_sek ELSE 0 END) AS credited_sek, max(amount_sek) AS largest_sek,
         avg(CASE WHEN amount_sek > 0 THEN is_round END) AS round_share,
         avg(CASE WHEN amount_sek > 0 THEN CASE WHEN n_same > 1 THEN 1.0 ELSE 0.0 END END) AS repeated_share,
         avg(CASE WHEN amount_sek > 0 THEN is_off END) AS off_share,
         avg(CASE WHEN amount_sek > 0 THEN CASE WHEN n_day > 1 THEN 1.0 ELSE 0.0 END END) AS same_day_share,
         sum(CASE WHEN amount_sek > 0 AND booked_on > $as_of - INTERVAL 92 DAY THEN amount_sek ELSE 0 END) AS late_sek,
         count(DISTINCT unit) AS units,
         array_agg(row_ref) FILTER (WHERE place <= 50) AS evidence
  FROM lines GROUP BY supplier_id
),
monthly AS (
  SELECT supplier_id, month, sum(amount_sek) AS month_sek FROM lines WHERE amount_sek > 0 GROUP BY supplier_id, month
),
peaks AS (SELECT supplier_id, max(month_sek) AS peak_sek FROM monthly GROUP BY supplier_id)
SELECT p.supplier_id AS subject_id, p.first_on AS period_from, p.last_on AS period_to, p.n AS volume, p.n,
       p.n AS n_evidence, CAST(p.round_share AS DOUBLE) AS round_share, CAST(p.repeated_share AS DOUBLE) AS repeated_share,
       CAST(p.off_share AS DOUBLE) AS off_share, CAST(p.credited_sek / nullif(p.paid_sek, 0) AS DOUBLE) AS credit_share,
       CAST(k.peak_sek / nullif(p.paid_sek, 0) AS DOUBLE) AS peak_share,
       CAST(p.largest_sek / nullif(p.paid_sek, 0) AS DOUBLE) AS largest_share,
       CAST(p.same_day_share AS DOUBLE) AS same_day_share,
       CAST(p.late_sek / nullif(p.paid_sek, 0) AS DOUBLE) AS late_share,
       CAST(CASE WHEN p.units > 0 THEN p.units END AS DOUBLE) AS units, p.evidence
FROM profile p JOIN peaks k ON k.supplier_id = p.supplier_id
