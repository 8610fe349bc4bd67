/*
code: PA06
title: {sv: Beviljade timmar exakt fulla varje månad, en: Granted hours exactly full every month}
method: rule
kind: unusual
concept: pattern
subject: provider
gate: P1
reads: [assistance_months, assistance_granted_months, assistance_decisions]
population: assistance_shifts.provider_id
why:
  sv: Sjukdom, semester och ändrade behov gör att få brukare använder exakt de beviljade timmarna varje månad. När nästan alla gör det kan tiden ha skrivits efter beslutet.
  en: Illness, holidays and changing needs mean that few clients use exactly the granted hours every month. Where nearly all do, time may have been written by the decision.
innocent:
  sv: Brukare med assistans dygnet runt (räknas inte); schema som läggs på beslutets timmar och följs; sparade timmar som tas ut i slutet av månaden.
  en: Clients with assistance round the clock (not counted); a rota laid by the hours of the decision and followed; saved hours used at the end of the month.
blind_spots:
  sv: Anordnare som ligger några procent under beslutet; anordnare med kortare historik än sex hela månader. Med färre än trettio anordnare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Providers who stay a few percent below the decision; providers with a history shorter than six whole months. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Jämför schema, tidredovisning och brukarens frånvaro för några månader och fråga hur tiden förs in.
  en: Compare rota, time sheets and the client's absences of some months and ask how time is entered.
sentence:
  sv: "{share_pct} procent av {n_clients} brukare har minst sex månader i rad med 99,5 till 100 procent av beviljade timmar (median bland {peer_n} anordnare {peer_median_pct} procent)"
  en: "{share_pct} percent of {n_clients:client|clients} have six months or more in a row at 99.5 to 100 percent of the granted hours (median of {peer_n:provider|providers} {peer_median_pct} percent)"
basis: [{title: handbook PA-6}, {title: handbook reference PA-06}]
parameters:
  lowest_share: {value: 0.995, unit: share of granted hours, because: handbook PA-6}
  min_months: {value: 6, unit: months in a row, because: handbook PA-6; shorter runs happen by chance}
  round_the_clock_hours: {value: 160, unit: granted hours a week, because: assistance round the clock fills the decision by itself}
  min_clients: {value: 2, unit: clients, because: one client who uses every hour is no pattern of the provider}
  min_share: {value: 0.5, unit: share of clients (more than), because: handbook PA-6 asks for most clients}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 2
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT g.provider_id, g.client_token, g.month, (year(g.month) * 12 + month(g.month)) AS month_no,
         CASE WHEN m.counted_hours >= $lowest_share * g.granted_hours - 0.001
               AND m.counted_hours <= g.granted_hours + 0.001 THEN 1 ELSE 0 END AS is_full
  FROM assistance_granted_months g
  LEFT JOIN assistance_months m
    ON m.provider_id = g.provider_id AND m.client_token = g.client_token AND m.month = g.month
  WHERE g.month >= $since AND g.whole_month AND g.granted_hours > 0
    AND g.granted_hours * 7 / g.n_days < $round_the_clock_hours
),
full_runs AS (
  -- full months in a row share the difference between the month and their number
  SELECT provider_id, client_token, month,
         month_no - row_number() OVER (PARTITION BY provider_id, client_token ORDER BY month_no, provider_id) AS run
  FROM months WHERE is_full = 1
),
longest AS (
  SELECT provider_id, client_token, max(n) AS n
  FROM (SELECT provider_id, client_token, run, count(*) AS n FROM full_runs GROUP BY provider_id, client_token, run) r
  GROUP BY provider_id, client_token
),
clients AS (
  SELECT m.provider_id, m.client_token, min(m.month) AS first_month, max(m.month) AS last_month,
         CASE WHEN max(coalesce(l.n, 0)) >= $min_months THEN 1.0 ELSE 0.0 END AS is_always_full
  FROM months m LEFT JOIN longest l ON l.provider_id = m.provider_id AND l.client_token = m.client_token
  GROUP BY m.provider_id, m.client_token
  HAVING count(*) >= $min_months
),
shares AS (
  SELECT provider_id, min(first_month) AS first_month, max(last_month) AS last_month, count(*) AS n_clients,
         avg(is_always_full) AS share
  FROM clients GROUP BY provider_id HAVING count(*) >= $min_clients
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
  SELECT s.provider_id, s.first_month, s.last_month, s.n_clients, s.share, p.peer_n, p.peer_median
  FROM shares s CROSS JOIN peers p
  WHERE s.share > $min_share AND (p.peer_n < 30 OR s.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
decisions_shown AS (
  SELECT c.provider_id, d.row_ref
  FROM clients c
  JOIN assistance_decisions d
    ON d.client_token = c.client_token AND (d.provider_id IS NULL OR d.provider_id = c.provider_id)
  WHERE c.is_always_full = 1
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM decisions_shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, f.first_month AS period_from,
       CAST(f.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + f.share * f.n_clients / 10.0) AS DOUBLE) AS strength,
       round(100 * f.share, 1) AS share_pct, f.n_clients, round(100 * f.peer_median, 1) AS peer_median_pct,
       CAST(f.peer_n AS BIGINT) AS peer_n, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
