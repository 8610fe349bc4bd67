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
  sv: Verkliga veckor skiljer sig åt med några minuter, en sjukdag eller ett byte. När vecka efter vecka upprepas på minuten med samma assistenter, så när som på någon dag, eller är lika för flera brukare, kan tidredovisningen ha kopierats.
  en: Real weeks differ by some minutes, a sick day or a swap. Where week after week repeats to the minute with the same assistants, all but a day of it, or is equal for several clients, time sheets may have been copied.
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
  sv: "{n} av {n_weeks:brukarvecka|brukarveckor} har alla dagar eller alla utom en exakt lika med minst tre andra veckor, eller är lika med en annan brukares ({share_pct} procent, medianen bland {peer_n} anordnare är {peer_median_pct} procent)"
  en: "{n} of {n_weeks:client-week|client-weeks} have every day, or all days but one, exactly as in three other weeks or more, or equal another client's week ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook PA-12}, {title: handbook reference PA-17}]
parameters:
  min_shifts: {value: 5, unit: shifts a week, because: weeks of a few shifts are equal by chance}
  min_repeats: {value: 4, unit: weeks, because: a rota of a few weeks may come back once or twice}
  min_equal_days: {value: 4, unit: days, because: one day may differ for sickness or a swap and must not hide that the others were copied; fewer than four equal days say little}
  min_weeks: {value: 12, unit: client-weeks, because: shares of few weeks are chance}
  min_share: {value: 0.3, unit: share of client-weeks, because: below a third a kept rota explains it}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 3
status: active
since: 2026-11-23
*/
WITH teams AS (
  -- the assistants of a client as numbers
  SELECT client_token, assistant_id, row_number() OVER (PARTITION BY client_token ORDER BY assistant_id) AS who
  FROM (SELECT DISTINCT client_token, assistant_token AS assistant_id FROM assistance_shifts
        WHERE started_at >= $since AND started_at < $as_of) t
),
coded AS (
  -- a shift's place in the week and its length as one whole number
  SELECT s.provider_id, s.client_token, CAST(date_trunc('week', s.started_at) AS DATE) AS monday,
         CAST(s.started_at AS DATE) AS day, s.row_ref, t.who,
         CAST(floor((epoch(s.started_at) - epoch(date_trunc('week', s.started_at))) / 60) AS BIGINT) * 4000
           + CAST(floor(least(3999, (epoch(s.ended_at) - epoch(s.started_at)) / 60)) AS BIGINT) AS slot
  FROM assistance_shifts s
  JOIN teams t ON t.client_token = s.client_token AND t.assistant_id = s.assistant_token
  WHERE s.started_at >= $since AND s.started_at < $as_of AND s.ended_at > s.started_at
),
days AS (
  -- sums of the numbers and of their squares tell whole days apart without comparing shift by shift
  SELECT provider_id, client_token, monday, date_diff('day', monday, day) AS weekday, count(*) AS n_shifts,
         CAST(sum(slot) AS BIGINT) AS slot_sum,
         CAST(sum(mod(slot, 1000003) * mod(slot, 1000003)) AS BIGINT) AS slot_squares,
         CAST(sum(mod(slot * 64 + who, 1000003) * mod(slot * 64 + who, 1000003)) AS BIGINT) AS who_squares
  FROM coded GROUP BY provider_id, client_token, monday, date_diff('day', monday, day)
),
weeks AS (
  SELECT provider_id, client_token, monday, count(*) AS n_days, CAST(sum(n_shifts) AS BIGINT) AS n_shifts,
         CAST(sum(slot_sum) AS BIGINT) AS slot_sum, CAST(sum(slot_squares) AS BIGINT) AS slot_squares,
         CAST(sum(who_squares) AS BIGINT) AS who_squares
  FROM days GROUP BY provider_id, client_token, monday HAVING sum(n_shifts) >= $min_shifts
),
weekdays AS (
  SELECT 0 AS weekday UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
  UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6
),
parts AS (
  -- the whole week, and the week without each of its days: equal numbers are equal shifts on all days compared
  SELECT provider_id, client_token, monday, -1 AS left_out, n_shifts, slot_sum, slot_squares, who_squares FROM weeks
  UNION ALL
  SELECT w.provider_id, w.client_token, w.monday, k.weekday, w.n_shifts - coalesce(d.n_shifts, 0),
         w.slot_sum - coalesce(d.slot_sum, 0), w.slot_squares - coalesce(d.slot_squares, 0),
         w.who_squares - coalesce(d.who_squares, 0)
  FROM weeks w CROSS JOIN weekdays k
  LEFT JOIN days d ON d.provider_id = w.provider_id AND d.client_token = w.client_token AND d.monday = w.monday
                  AND d.weekday = k.weekday
  WHERE w.n_days - CASE WHEN d.weekday IS NULL THEN 0 ELSE 1 END >= $min_equal_days
),
repeated AS (
  SELECT provider_id, client_token, left_out, n_shifts, slot_sum, slot_squares, who_squares
  FROM parts GROUP BY provider_id, client_token, left_out, n_shifts, slot_sum, slot_squares, who_squares
  HAVING count(*) >= $min_repeats
),
shared AS (
  SELECT provider_id, monday, n_shifts, slot_sum, slot_squares
  FROM weeks GROUP BY provider_id, monday, n_shifts, slot_sum, slot_squares HAVING count(*) > 1
),
twins AS (
  SELECT w.provider_id, w.client_token, w.monday
  FROM shared s JOIN weeks w
    ON w.provider_id = s.provider_id AND w.monday = s.monday AND w.n_shifts = s.n_shifts
   AND w.slot_sum = s.slot_sum AND w.slot_squares = s.slot_squares
),
copied AS (
  SELECT p.provider_id, p.client_token, p.monday
  FROM repeated r JOIN parts p
    ON p.provider_id = r.provider_id AND p.client_token = r.client_token AND p.left_out = r.left_out
   AND p.n_shifts = r.n_shifts AND p.slot_sum = r.slot_sum AND p.slot_squares = r.slot_squares
   AND p.who_squares = r.who_squares
  UNION
  SELECT t.provider_id, t.client_token, t.monday
  FROM twins t
  JOIN (SELECT provider_id, client_token FROM twins GROUP BY provider_id, client_token
        HAVING count(*) >= $min_repeats) c ON c.provider_id = t.provider_id AND c.client_token = t.client_token
),
flagged AS (
  SELECT w.provider_id, w.client_token, w.monday, CASE WHEN c.monday IS NULL THEN 0 ELSE 1 END AS is_copied
  FROM weeks w
  LEFT JOIN copied c ON c.provider_id = w.provider_id AND c.client_token = w.client_token AND c.monday = w.monday
),
shares AS (
  SELECT provider_id, count(*) AS n_weeks, sum(is_copied) AS n, avg(CASE WHEN is_copied = 1 THEN 1.0 ELSE 0.0 END) AS share
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
  SELECT w.provider_id, c.row_ref, w.monday
  FROM flagged w
  JOIN fired f ON f.provider_id = w.provider_id
  JOIN coded c ON c.provider_id = w.provider_id AND c.client_token = w.client_token AND c.monday = w.monday
  WHERE w.is_copied = 1
),
references_of AS (
  SELECT provider_id, min(monday) AS period_from, least($as_of, CAST(max(monday) + INTERVAL 6 DAY AS DATE)) AS period_to,
         count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share * 0.6) AS DOUBLE) AS strength,
       CAST(f.n AS BIGINT) AS n, f.n_weeks, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
