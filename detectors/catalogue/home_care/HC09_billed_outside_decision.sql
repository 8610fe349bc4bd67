/*
code: HC09
title: {sv: Insats utan gällande beslut, en: Help without a decision}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [home_care_visits, home_care_months, home_care_decisions, home_care_invoices, home_care_billed, home_care_rates]
optional_reads: [home_care_invoices, home_care_billed, home_care_rates]
population: home_care_visits.provider_id
why:
  sv: Hemtjänst betalas för den som har ett beslut. Besök eller fakturor före, efter eller helt utan beslut saknar grund.
  en: Home care is paid for those who have a decision. Visits or invoices before, after or without any decision have no ground.
innocent:
  sv: Beslut som kommer i efterhand (inom trettio dagar räknas det som gällande); akut start; insats utan individuell behovsprövning enligt socialtjänstlagen; uttag som bara innehåller beslut som gäller i dag.
  en: A decision that comes afterwards (within thirty days it counts as in force); an urgent start; services without individual assessment under the Social Services Act; an export that holds today's decisions only.
blind_spots:
  sv: Beslut om annan insats än den som utfördes; beslut som gäller en annan utförare.
  en: A decision about another service than the one given; a decision that names another provider.
next_step:
  sv: Fråga biståndshandläggaren om beslut finns och om utföraren fick besked när det upphörde.
  en: Ask the needs assessor whether a decision exists and whether the provider was told when it ended.
sentence:
  sv: "[{n} besök / {n_months:fakturerad månad|fakturerade månader}] hos {n_clients} brukare ligger utanför varje gällande beslut[ ({n_never} av brukarna har inget beslut alls)]"
  en: "[{n:visit|visits} / {n_months:billed month|billed months}] with {n_clients:client|clients} lie outside every decision in force[ ({n_never} of the clients have no decision at all)]"
basis: [{title: handbook HC-9}, {title: handbook reference HT-09 and HT-10}, {title: socialtjänstlagen (2025:400)}]
amount: {kind: estimate, how: {sv: "hela fakturan för månader helt utan beslut, annars besökens minuter gånger utförarens snittpris per minut", en: "the whole claim for months entirely without a decision, else minutes of the visits times the provider's mean price a minute"}}
parameters:
  retroactive_days: {value: 30, unit: days, because: a decision taken within a month of an urgent start is ordinary practice}
severity: 4
status: active
since: 2026-11-23
*/
WITH open_months AS (
  -- a month that one decision covers whole holds no day without: only the other months are looked at day by day
  SELECT m.provider_id, m.client_token, m.month
  FROM home_care_months m
  WHERE m.month >= $since AND NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = m.client_token
      AND d.valid_from <= m.month + INTERVAL 1 DAY * $retroactive_days
      AND (d.valid_to IS NULL OR d.valid_to >= m.month + INTERVAL 1 MONTH - INTERVAL 1 DAY))
),
days AS (
  SELECT v.provider_id, v.client_token, CAST(v.started_at AS DATE) AS day, o.month,
         sum(epoch(v.ended_at) - epoch(v.started_at)) / 60.0 AS minutes, count(*) AS n_visits
  FROM home_care_visits v
  JOIN open_months o ON o.client_token = v.client_token AND o.provider_id = v.provider_id
                    AND o.month = CAST(date_trunc('month', v.started_at) AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
  GROUP BY v.provider_id, v.client_token, CAST(v.started_at AS DATE), o.month
),
outside_days AS (
  SELECT v.provider_id, v.client_token, v.day, v.month, v.minutes, v.n_visits
  FROM days v
  WHERE NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = v.client_token
      AND d.valid_from <= v.day + INTERVAL 1 DAY * $retroactive_days
      AND (d.valid_to IS NULL OR d.valid_to >= v.day))
),
outside_months AS (
  -- claims for a month in which no decision covers any day
  SELECT b.provider_id, b.client_token, b.month, b.amount_sek
  FROM home_care_billed b
  WHERE b.month >= $since AND b.month <= $as_of AND b.amount_sek > 0
    AND NOT EXISTS (
      SELECT 1 FROM home_care_decisions d
      WHERE d.client_token = b.client_token
        AND d.valid_from < b.month + INTERVAL 1 MONTH + INTERVAL 1 DAY * $retroactive_days
        AND (d.valid_to IS NULL OR d.valid_to >= b.month))
),
by_client AS (
  SELECT coalesce(v.provider_id, b.provider_id) AS provider_id, coalesce(v.client_token, b.client_token) AS client_token,
         coalesce(v.month, b.month) AS month, coalesce(v.n_visits, 0) AS n_visits, b.amount_sek AS claimed,
         CASE WHEN b.amount_sek IS NULL THEN v.minutes ELSE 0 END AS unclaimed_minutes
  FROM (SELECT provider_id, client_token, month, sum(minutes) AS minutes, sum(n_visits) AS n_visits
        FROM outside_days GROUP BY provider_id, client_token, month) v
  FULL JOIN outside_months b
    ON b.provider_id = v.provider_id AND b.client_token = v.client_token AND b.month = v.month
),
decided AS (SELECT DISTINCT client_token FROM home_care_decisions),
summed AS (
  SELECT c.provider_id, min(c.month) AS period_from,
         CAST(max(c.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         CAST(sum(c.n_visits) AS BIGINT) AS n, count(c.claimed) AS n_months,
         count(DISTINCT c.client_token) AS n_clients,
         count(DISTINCT CASE WHEN d.client_token IS NULL THEN c.client_token END) AS n_never,
         sum(c.claimed) AS claimed, sum(c.unclaimed_minutes) AS unclaimed_minutes
  FROM by_client c LEFT JOIN decided d ON d.client_token = c.client_token
  GROUP BY c.provider_id
),
evidence_rows AS (
  SELECT v.provider_id, v.row_ref
  FROM home_care_visits v
  JOIN outside_days o ON o.provider_id = v.provider_id AND o.client_token = v.client_token
   AND o.day = CAST(v.started_at AS DATE)
  UNION ALL
  SELECT i.provider_id, i.row_ref
  FROM home_care_invoices i
  JOIN outside_months o ON o.provider_id = i.provider_id AND o.client_token = i.client_token
   AND o.month = CAST(date_trunc('month', i.month) AS DATE)
),
placed AS (
  SELECT provider_id, row_ref
  FROM evidence_rows
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM placed GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 300.0 + s.n_clients / 30.0) AS DOUBLE) AS strength,
       CAST(CASE WHEN s.claimed IS NULL THEN s.unclaimed_minutes * r.sek_per_minute
                 ELSE s.claimed + coalesce(s.unclaimed_minutes * r.sek_per_minute, 0) END AS DECIMAL(14,2)) AS amount_sek,
       CASE WHEN s.unclaimed_minutes > 0 THEN 'estimate' ELSE 'exact' END AS amount_kind,
       s.n, s.n_months, s.n_clients, s.n_never, coalesce(e.n_evidence, 0) AS n_evidence, e.evidence
FROM summed s
LEFT JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
