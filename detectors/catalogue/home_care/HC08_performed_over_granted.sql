/*
code: HC08
title: {sv: Mer utfört än beviljat, en: More performed than granted}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [home_care_months, home_care_visits, home_care_decisions, home_care_rates]
optional_reads: [home_care_rates]
population: home_care_visits.provider_id
why:
  sv: Registrerad tid som månad efter månad ligger över den beviljade har inget beslut bakom sig.
  en: Registered time that lies above the granted time month after month has no decision behind it.
innocent:
  sv: Tillfälligt ökat behov i väntan på nytt beslut; längre besök när en make också får hjälp; dubbelbemanning som inte räknats in i den beviljade tiden.
  en: A need that has grown for a time while a new decision is awaited; longer visits where a spouse is helped as well; double staffing not counted in the granted time.
blind_spots:
  sv: Överskridande en enstaka månad; månader då beslutet inte gäller alla dagar; beslut i antal tillfällen i stället för minuter.
  en: Exceeding in a single month; months on which the decision does not cover every day; decisions in occasions rather than minutes.
next_step:
  sv: Fråga biståndshandläggaren om behovet har ökat och utföraren varför tiden inte har anmälts som ändrad.
  en: Ask the needs assessor whether the need has grown and the provider why the change was not reported.
sentence:
  sv: "{n_clients} brukare fick minst två månader i följd mer än {limit_pct} procent av beviljad tid, sammanlagt {minutes:minut|minuter} över beslutet under {n:månad|månader}"
  en: "{n_clients:client|clients} had more than {limit_pct} percent of the granted time two months running or longer, {minutes:minute|minutes} above the decision in {n:client-month|client-months}"
basis: [{title: handbook HC-8}, {title: handbook reference HT-11}]
amount: {kind: estimate, how: {sv: minuterna över beviljad tid gånger utförarens snittpris per minut, en: minutes above the grant times the provider's mean price a minute}}
parameters:
  max_ratio: {value: 1.10, unit: registered minutes by granted, because: months differ in length and visits run over by a little}
severity: 3
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT provider_id, client_token, month, minutes - granted_minutes AS excess
  FROM home_care_months
  WHERE month >= $since AND granted_minutes > 0 AND whole_month AND minutes > granted_minutes * $max_ratio
),
beside AS (
  -- only months over the limit are left, so a neighbour one month away means two running
  SELECT provider_id, client_token, month, excess,
         lag(month) OVER (PARTITION BY provider_id, client_token ORDER BY month, provider_id) AS month_before,
         lead(month) OVER (PARTITION BY provider_id, client_token ORDER BY month, provider_id) AS month_after
  FROM months
),
fired AS (
  SELECT provider_id, client_token, month, excess
  FROM beside
  WHERE month_before = CAST(month - INTERVAL 1 MONTH AS DATE) OR month_after = CAST(month + INTERVAL 1 MONTH AS DATE)
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, CAST(round(sum(excess), 0) AS BIGINT) AS minutes
  FROM fired GROUP BY provider_id
),
evidence_rows AS (
  SELECT f.provider_id, v.row_ref
  FROM fired f JOIN home_care_visits v
    ON v.provider_id = f.provider_id AND v.client_token = f.client_token
   AND CAST(date_trunc('month', v.started_at) AS DATE) = f.month
  UNION
  SELECT f.provider_id, d.row_ref
  FROM fired f JOIN home_care_decisions d
    ON d.client_token = f.client_token AND (d.provider_id IS NULL OR d.provider_id = f.provider_id)
   AND d.valid_from < f.month + INTERVAL 1 MONTH AND (d.valid_to IS NULL OR d.valid_to >= f.month)
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
       CAST(least(1.0, 0.3 + s.n / 100.0 + s.n_clients / 50.0) AS DOUBLE) AS strength,
       CAST(s.minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, s.minutes, CAST(round($max_ratio * 100, 0) AS BIGINT) AS limit_pct, e.evidence, e.n_evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
