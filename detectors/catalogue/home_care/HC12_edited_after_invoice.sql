/*
code: HC12
title: {sv: Besök ändrade efter fakturering, en: Visits changed after invoicing}
method: rule
kind: breach
concept: registration
subject: provider
gate: P1
reads: [home_care_visits, home_care_months, home_care_invoices, home_care_rates, providers]
optional_reads: [home_care_rates, providers]
optional_columns: [providers.reimbursement_model]
population: home_care_visits.provider_id
why:
  sv: När månaden är fakturerad ska underlaget ligga fast. Ändringar därefter som inte sänker tiden kan vara gjorda för att den registrerade tiden ska stämma med fakturan.
  en: Once a month is invoiced its basis should stand. Later changes that do not lower the time may have been made to let the registered time agree with the invoice.
innocent:
  sv: Rättelser nedåt (räknas inte, de syns som att fakturan är högre än tiden); sen attest; en samordnare som varit sjuk.
  en: Corrections downwards (not counted, they show as an invoice above the time); late approval; a coordinator who was ill.
blind_spots:
  sv: Hur lång tiden var före ändringen framgår inte av uttaget; ändringar före fakturadatum; system som inte lämnar ändringsdag.
  en: The export does not tell how long the time was before the change; changes before the invoice date; systems that do not give the day of change.
next_step:
  sv: Begär ändringsloggen för besöken och se vem som ändrade, från vilken tid och varför.
  en: Ask for the change log of the visits and see who changed, from what time and why.
sentence:
  sv: "{n} besök ({minutes:minut|minuter}) ändrades efter att månaden hade fakturerats, hos {n_clients} brukare, som längst {max_days:dag|dagar} efteråt"
  en: "{n:visit|visits} ({minutes:minute|minutes}) were changed after their month had been invoiced, with {n_clients:client|clients}, {max_days:day|days} afterwards at most"
basis: [{title: handbook HC-12}, {title: handbook reference HT-07}]
amount: {kind: cap, how: {sv: alla minuter i de ändrade besöken gånger utförarens snittpris per minut, en: all minutes of the changed visits times the provider's mean price a minute}}
parameters:
  min_visits: {value: 3, unit: visits, because: single late corrections are everyday work}
severity: 3
status: active
since: 2026-11-23
*/
WITH billed AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
         sum(CASE WHEN amount_sek < 0 THEN -abs(billed_minutes) ELSE billed_minutes END) AS minutes,
         min(CASE WHEN amount_sek >= 0 THEN invoiced_on END) AS first_invoiced_on
  FROM home_care_invoices
  WHERE month >= $since
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
),
changed AS (
  SELECT v.provider_id, v.client_token, v.row_ref, v.started_at,
         (epoch(v.ended_at) - epoch(v.started_at)) / 60.0 AS minutes,
         date_diff('day', b.first_invoiced_on, CAST(v.edited_at AS DATE)) AS days_after
  FROM home_care_visits v
  JOIN billed b ON b.provider_id = v.provider_id AND b.client_token = v.client_token
   AND b.month = CAST(date_trunc('month', v.started_at) AS DATE)
  JOIN home_care_months m
    ON m.provider_id = b.provider_id AND m.client_token = b.client_token AND m.month = b.month
  LEFT JOIN providers p ON p.provider_id = v.provider_id
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
    AND CAST(v.edited_at AS DATE) > b.first_invoiced_on
    -- less registered than invoiced after the change: the change went downwards (tells nothing where the
    -- invoice does not follow performed time)
    AND (m.minutes >= b.minutes OR p.reimbursement_model IN ('granted', 'level', 'appropriation'))
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, CAST(round(sum(minutes), 0) AS BIGINT) AS minutes,
         max(days_after) AS max_days, array_agg(row_ref) AS evidence
  FROM changed GROUP BY provider_id HAVING count(*) >= $min_visits
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 100.0) AS DOUBLE) AS strength,
       CAST(s.minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, s.minutes, s.max_days, s.evidence
FROM summed s LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
