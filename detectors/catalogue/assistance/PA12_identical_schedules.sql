/*
code: PA12
title: {sv: Identiska scheman vecka efter vecka, en: Identical schedules week after week}
method: rule
kind: unusual
concept: pattern
subject: provider
gate: P1
reads: [assistance_shifts]
population: assistance_shifts.provider_id
why:
  sv: Verkliga veckor skiljer sig åt med några minuter, en sjukdag eller ett byte. När hela veckor upprepas på minuten, eller är lika för flera brukare, kan tidredovisningen ha kopierats.
  en: Real weeks differ by some minutes, a sick day or a swap. Where whole weeks repeat to the minute, or are equal for several clients, time sheets may have been copied.
innocent:
  sv: Fast schema som hålls; system som skriver planerad tid som utförd; avtal om ersättning efter schema.
  en: A fixed rota that is kept; systems that write planned time as performed; an agreement to pay by the rota.
blind_spots:
  sv: Tidredovisning som kopierats med små ändringar; brukare med färre än fem pass i veckan. Med färre än trettio anordnare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Time sheets copied with small changes; clients with fewer than five shifts a week. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Jämför några av veckorna med lönespecifikationer, sjukfrånvaro och semester för assistenterna och fråga hur tiden förs in.
  en: Compare some of the weeks with the assistants' payslips, sick leave and holidays and ask how time is entered.
sentence:
  sv: "{n} av {n_weeks:brukarvecka|brukarveckor} har exakt samma pass som minst tre andra veckor eller som en annan brukare ({share_pct} procent, medianen bland {peer_n} anordnare är {peer_median_pct} procent)"
  en: "{n} of {n_weeks:client-week|client-weeks} have exactly the same shifts as three other weeks or more, or as another client ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook PA-12}, {title: handbook reference PA-17}]
parameters:
  min_shifts: {value: 5, unit: shifts a week, because: weeks of a few shifts are equal by chance}
  min_repeats: {value: 4, unit: weeks, because: a rota of a few weeks may come back once or twice}
  min_weeks: {value: 12, unit: client-weeks, because: shares of few weeks are chance}
  min_share: {value: 0.3, unit: share of client-weeks, because: below a third a kept rota explains it}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 3
status: active
since: 2026-11-23
*/
WITH coded AS (
  -- a shift's place in the week and its length as one whole number; the assistant as a number within the client
  SELECT provider_id, client_token, CAST(date_trunc('week', started_at) AS DATE) AS monday, row_ref,
         CAST(floor((epoch(started_at) - epoch(date_trunc('week', started_at))) / 60) AS BIGINT) * 4000
           + CAST(floor(least(3999, (epoch(ended_at) - epoch(started_at)) / 60)) AS BIGINT) AS slot,
         dense_rank() OVER (PARTITION BY client_token ORDER BY assistant_token) AS who
  FROM assistance_shifts
  WHERE started_at >= $since AND started_at < $as_of AND ended_at > started_at
),
weeks AS (
  -- sums of the numbers and of their squares tell whole weeks apart without comparing shift by shift
  SELECT provider_id, client_token, monday, count(*) AS n_shifts, sum(slot) AS slot_sum,
         sum(mod(slot, 1000003) * mod(slot, 1000003)) AS slot_squares,
         sum(mod(slot * 64 + who, 1000003) * mod(slot * 64 + who, 1000003)) AS who_squares, max(row_ref) AS row_ref
  FROM coded GROUP BY provider_id, client_token, monday HAVING count(*) >= $min_shifts
),
compared AS (
  SELECT provider_id, client_token, monday, row_ref,
         count(*) OVER (PARTITION BY provider_id, client_token, n_shifts, slot_sum, slot_squares, who_squares) AS n_same_weeks,
         count(*) OVER (PARTITION BY provider_id, monday, n_shifts, slot_sum, slot_squares) AS n_same_clients
  FROM weeks
),
twins AS (
  SELECT provider_id, client_token, monday, row_ref, n_same_weeks,
         sum(CASE WHEN n_same_clients > 1 THEN 1 ELSE 0 END) OVER (PARTITION BY provider_id, client_token) AS n_twin_weeks,
         n_same_clients
  FROM compared
),
flagged AS (
  SELECT provider_id, client_token, monday, row_ref,
         CASE WHEN n_same_weeks >= $min_repeats OR (n_same_clients > 1 AND n_twin_weeks >= $min_repeats)
              THEN 1 ELSE 0 END AS is_copied
  FROM twins
),
shares AS (
  SELECT provider_id, count(*) AS n_weeks, sum(is_copied) AS n, avg(CAST(is_copied AS DOUBLE)) AS share
  FROM flagged GROUP BY provider_id HAVING count(*) >= $min_weeks
),
ordered AS (
  SELECT share, row_number() OVER (ORDER BY share, provider_id) AS place, count(*) OVER () AS n_peers FROM shares
),
peers AS (
  SELECT max(n_peers) AS peer_n, median(share) AS peer_median,
         max(CASE WHEN place = ceil(n_peers * 0.25) THEN share END) AS q1,
         max(CASE WHEN place = ceil(n_peers * 0.75) THEN share END) AS q3
  FROM ordered
),
fired AS (
  SELECT s.provider_id, s.n_weeks, s.n, s.share, p.peer_n, p.peer_median
  FROM shares s CROSS JOIN peers p
  WHERE s.share >= $min_share AND (p.peer_n < 30 OR s.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
shown AS (
  SELECT w.provider_id, c.row_ref, w.monday,
         row_number() OVER (PARTITION BY w.provider_id ORDER BY c.row_ref) AS place
  FROM flagged w
  JOIN fired f ON f.provider_id = w.provider_id
  JOIN coded c ON c.provider_id = w.provider_id AND c.client_token = w.client_token AND c.monday = w.monday
  WHERE w.is_copied = 1
),
references_of AS (
  SELECT provider_id, min(monday) AS period_from, least($as_of, CAST(max(monday) + INTERVAL 6 DAY AS DATE)) AS period_to,
         count(*) AS n_evidence, array_agg(row_ref) FILTER (WHERE place <= 200) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share * 0.6) AS DOUBLE) AS strength,
       CAST(f.n AS BIGINT) AS n, f.n_weeks, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
