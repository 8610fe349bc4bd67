/*
code: HC18
title: {sv: Nattbesök utan beslut om natt, en: Night visits without night decision}
method: rule
kind: unusual
concept: timing
subject: provider
gate: P1
reads: [home_care_visits, home_care_decisions]
optional_columns: [home_care_decisions.night_granted]
population: home_care_visits.provider_id
why:
  sv: Besök mellan klockan 22 och 06 kräver oftast ett särskilt beslut och ersätts högre. En stor andel utan sådant beslut behöver en förklaring.
  en: Visits between 22 and 06 mostly need a decision of their own and are paid more. A large share without one needs an explanation.
innocent:
  sv: Nattpatrull på uppdrag av kommunen; beslut om natt som bara står i fritext eller saknas i uttaget.
  en: A night patrol on commission of the municipality; night decisions that stand in free text only or are missing in the export.
blind_spots:
  sv: Dagbesök som flyttats till kvällen före klockan 22. Där uttaget inte säger om natt är beviljad jämförs alla nattbesök. Med färre än trettio utförare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Day visits moved to the evening before 22. Where the export does not tell whether night is granted all night visits are compared. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Jämför nattbesöken med brukarnas beslut och fråga utföraren varför de läggs på natten.
  en: Compare the night visits with the clients' decisions and ask the provider why they are made at night.
sentence:
  sv: "{n_night} av {n} besök görs mellan klockan 22 och 06 utan beslut om natt ({share_pct} procent, medianen bland {peer_n} utförare är {peer_median_pct} procent)"
  en: "{n_night} of {n:visit|visits} are made between 22 and 06 without a night decision ({share_pct} percent, the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook HC-18}]
parameters:
  min_visits: {value: 100, unit: visits, because: shares of few visits are chance}
  min_share: {value: 0.05, unit: share of visits, because: single night visits are part of any care}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 2
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT provider_id, client_token, started_at, row_ref,
         hour(started_at) >= 22 OR hour(started_at) < 6 AS is_night
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at
),
nights AS (
  SELECT v.provider_id, v.row_ref, CAST(v.started_at AS DATE) AS day
  FROM visits v
  WHERE v.is_night AND NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = v.client_token AND d.night_granted
      AND d.valid_from <= CAST(v.started_at AS DATE)
      AND (d.valid_to IS NULL OR d.valid_to >= CAST(v.started_at AS DATE)))
),
shown AS (
  SELECT provider_id, row_ref, day FROM nights
),
counted AS (
  SELECT v.provider_id, v.n, coalesce(t.n_night, 0) AS n_night, coalesce(t.n_night, 0) / v.n AS share
  FROM (SELECT provider_id, count(*) AS n FROM visits GROUP BY provider_id HAVING count(*) >= $min_visits) v
  LEFT JOIN (SELECT provider_id, count(*) AS n_night FROM nights GROUP BY provider_id) t
    ON t.provider_id = v.provider_id
),
ordered AS (
  SELECT provider_id, share, row_number() OVER (ORDER BY share, provider_id) AS place, count(*) OVER () AS n_peers
  FROM counted
),
peers AS (
  SELECT max(n_peers) AS peer_n, median(share) AS peer_median,
         max(CASE WHEN place = ceil(n_peers * 0.25) THEN share END) AS q1,
         max(CASE WHEN place = ceil(n_peers * 0.75) THEN share END) AS q3
  FROM ordered
),
fired AS (
  SELECT c.provider_id, c.n, c.n_night, c.share, p.peer_n, p.peer_median
  FROM counted c CROSS JOIN peers p
  WHERE c.share >= $min_share AND (p.peer_n < 30 OR c.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
references_of AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to,
         array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share) AS DOUBLE) AS strength,
       f.n, f.n_night, round(100 * f.share, 1) AS share_pct, round(100 * f.peer_median, 1) AS peer_median_pct,
       CAST(f.peer_n AS BIGINT) AS peer_n, f.n_night AS n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
