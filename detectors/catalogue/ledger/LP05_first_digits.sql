/*
code: LP05
title: {sv: Beloppens inledande siffror avviker, en: First digits of amounts deviate}
method: rule
kind: unusual
concept: digits
subject: provider
gate: P0
reads: [supplier_payments]
population: supplier_payments.supplier_id
why:
  sv: Belopp som uppstått fritt följer Benfords lag. Ett stort överskott av vissa inledande siffror kan betyda påhittade eller anpassade belopp.
  en: Amounts that arise freely follow Benford's law. A large excess of some first digits may mean invented or adjusted amounts.
innocent:
  sv: Fasta priser, abonnemang och taxor ger alltid avvikande siffror; det är det vanligaste skälet. Därför jämförs leverantörerna också med varandra.
  en: Fixed prices, subscriptions and tariffs always give deviating digits; that is the most common reason. This is why suppliers are also compared with each other.
blind_spots:
  sv: Leverantörer med färre än 500 rader på två år, och anpassningar som är små. Hos en leverantör med 600 rader syns inte en tredjedel påhittade belopp säkert, hos en med 5000 gör den det.
  en: Suppliers with fewer than 500 lines in two years, and small adjustments. With 600 lines a third of invented amounts is not surely seen, with 5000 it is.
next_step:
  sv: Se vilka belopp som börjar på siffrorna och om de följer en prislista.
  en: See which amounts begin with those digits and whether they follow a price list.
sentence:
  sv: "Av {n:rad|rader} börjar {top_lines} på {top_digits}, väntat {top_expected}; medelavvikelsen är {times_chance:gång|gånger} den slumpen ger"
  en: "Of {n:line|lines} {top_lines} begin with {top_digits}, expected {top_expected}; the mean deviation is {times_chance:time|times} what chance gives"
basis:
  - {title: handbook LP-5}
  - {title: "Nigrini, Benford's Law (2012), first-two digits test"}
  - {title: "Barney and Schulzke 2016, expected mean absolute deviation 1/sqrt(158.8 n)"}
parameters:
  min_lines: {value: 500, unit: lines, because: the test of 90 digit pairs says nothing about fewer}
  earlier_months: {value: 12, unit: months before the look-back, because: a supplier with too few lines in the look-back is tested on the year before as well}
  min_amount: {value: 10, unit: SEK, because: amounts below ten lack a second digit}
  times_chance: {value: 3, unit: times, because: three times what chance gives leaves fixed prices and inventions}
  min_peers: {value: 30, unit: suppliers, because: below this there are too few to say what is usual among suppliers}
  fence_step: {value: 1.5, unit: interquartile ranges, because: "Tukey's fence; in published ledgers more than half of the large suppliers pass three times chance, so that alone says nothing"}
  max_share_of_one_amount: {value: 0.2, unit: share, because: where one amount makes up a fifth it is a price list}
severity: 1
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "suppliers with fewer than 500 lines in the look-back are tested on the year before as well; with thirty suppliers or more the deviation must also lie above their fence"}
*/
WITH lines AS (
  SELECT supplier_id, amount_sek, booked_on, row_ref,
         CAST(floor(CAST(amount_sek AS DOUBLE) * 10.0
              / power(10.0, floor(ln(CAST(amount_sek AS DOUBLE)) / ln(10.0) + 0.000000001)) + 0.000000001) AS INTEGER)
           AS digits
  FROM supplier_payments
  WHERE booked_on >= CAST($since - INTERVAL 1 MONTH * $earlier_months AS DATE) AND booked_on <= $as_of
    AND amount_sek >= $min_amount
),
recent AS (
  SELECT supplier_id, count(*) AS n FROM lines WHERE booked_on >= $since GROUP BY supplier_id
),
amounts AS (
  -- a supplier must have been paid in the look-back; the year before is added only where the look-back has too few lines
  SELECT l.supplier_id, l.amount_sek, l.booked_on, l.row_ref, l.digits
  FROM lines l JOIN recent r ON r.supplier_id = l.supplier_id
  WHERE l.booked_on >= $since OR r.n < $min_lines
),
sizes AS (
  SELECT supplier_id, count(*) AS n, min(booked_on) AS period_from, max(booked_on) AS period_to
  FROM amounts GROUP BY supplier_id HAVING count(*) >= $min_lines
),
commonest AS (
  SELECT supplier_id, max(copies) AS most FROM (
    SELECT supplier_id, amount_sek, count(*) AS copies FROM amounts GROUP BY supplier_id, amount_sek) AS counted
  GROUP BY supplier_id
),
units AS (
  SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
),
pairs AS (
  SELECT 10 * t.d + u.d AS digits FROM units t CROSS JOIN units u WHERE t.d > 0
),
counted AS (
  SELECT supplier_id, digits, count(*) AS lines FROM amounts GROUP BY supplier_id, digits
),
compared AS (
  SELECT s.supplier_id, p.digits, coalesce(c.lines, 0) AS lines, s.n * ln(1.0 + 1.0 / p.digits) / ln(10.0) AS expected,
         s.n
  FROM sizes s CROSS JOIN pairs p
  LEFT JOIN counted c ON c.supplier_id = s.supplier_id AND c.digits = p.digits
),
deviating AS (
  SELECT supplier_id, sum(abs(lines - expected)) / (90.0 * max(n)) * sqrt(158.8 * max(n)) AS times_chance
  FROM compared GROUP BY supplier_id
),
ordered AS (
  SELECT d.supplier_id, d.times_chance, row_number() OVER (ORDER BY d.times_chance, d.supplier_id) AS place,
         count(*) OVER () AS n
  FROM deviating d
  JOIN sizes s ON s.supplier_id = d.supplier_id
  JOIN commonest m ON m.supplier_id = d.supplier_id
  WHERE m.most <= $max_share_of_one_amount * s.n
),
fence AS (
  SELECT max(n) AS n_peers, max(CASE WHEN place = ceil(n * 0.25) THEN times_chance END) AS q1,
         max(CASE WHEN place = ceil(n * 0.75) THEN times_chance END) AS q3
  FROM ordered
),
top AS (
  SELECT supplier_id, digits, lines, expected,
         rank() OVER (PARTITION BY supplier_id ORDER BY lines - expected DESC, digits) AS place
  FROM compared
),
shown AS (
  SELECT a.supplier_id, a.row_ref,
         row_number() OVER (PARTITION BY a.supplier_id ORDER BY a.amount_sek DESC, a.booked_on, a.row_ref) AS place
  FROM amounts a JOIN top t ON t.supplier_id = a.supplier_id AND t.digits = a.digits AND t.place = 1
),
evidence_of AS (
  SELECT supplier_id, array_agg(row_ref) AS evidence FROM shown WHERE place <= 50 GROUP BY supplier_id
)
SELECT s.supplier_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.2 + d.times_chance / 30.0) AS DOUBLE) AS strength,
       s.n, t.digits AS top_digits, t.lines AS top_lines, CAST(round(t.expected, 0) AS BIGINT) AS top_expected,
       round(d.times_chance, 1) AS times_chance, e.evidence
FROM sizes s
JOIN ordered d ON d.supplier_id = s.supplier_id
CROSS JOIN fence f
JOIN top t ON t.supplier_id = s.supplier_id AND t.place = 1
JOIN evidence_of e ON e.supplier_id = s.supplier_id
WHERE d.times_chance >= $times_chance
  AND (f.n_peers < $min_peers OR d.times_chance > f.q3 + $fence_step * (f.q3 - f.q1))
