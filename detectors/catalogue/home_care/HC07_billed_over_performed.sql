/*
code: HC07
title: {sv: Mer fakturerat än utfört, en: Billed more than performed}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [home_care_invoices, home_care_months, home_care_covered_months, providers]
optional_reads: [providers]
optional_columns: [providers.reimbursement_model]
population: home_care_invoices.provider_id
why:
  sv: När utföraren får betalt för utförd tid ska fakturan motsvara de registrerade besöken. Skillnaden är tid som ingen har registrerat.
  en: Where the provider is paid for performed time the invoice should match the registered visits. The difference is time nobody registered.
innocent:
  sv: Avtalad ersättning för sena återbud; avrundning per besök enligt avtal; besök som förts över sent eller saknas i uttaget; rättelse av en tidigare månad på samma faktura.
  en: Agreed payment for late cancellations; rounding per visit by contract; visits transferred late or missing in the export; a correction of an earlier month on the same invoice.
blind_spots:
  sv: Påhittade besök som också är registrerade; utförare som ersätts för beviljad tid, nivå eller anslag; utförare utan ett enda registrerat besök; månader som uttaget av besök inte täcker helt. Samma faktura två gånger räknas i regeln om dubbletter, inte här.
  en: Invented visits that are registered too; providers paid by granted time, level or appropriation; providers without any registered visit; months the delivered visits do not cover fully. The same invoice twice is counted by the rule on duplicates, not here.
next_step:
  sv: Begär underlaget till fakturan per besök och stäm av mot tidssystemet för de brukare och månader som skiljer mest.
  en: Ask for the invoice's basis by visit and reconcile it with the time system for the clients and months that differ most.
sentence:
  sv: "{n:faktura|fakturor} per brukare och månad ({n_clients} brukare) är högre än den registrerade tiden, sammanlagt {minutes:minut|minuter}, {share_pct} procent av den tid utföraren fakturerat"
  en: "{n:claim|claims} by client and month ({n_clients:client|clients}) exceed the registered time, by {minutes:minute|minutes} in all, {share_pct} percent of the time the provider billed"
basis: [{title: handbook HC-7}, {title: handbook reference HT-18}]
amount: {kind: exact, how: {sv: skillnaden i minuter gånger fakturans eget pris per minut, en: the difference in minutes times the claim's own price a minute}}
parameters:
  max_excess_share: {value: 0.05, unit: share of registered minutes, because: rounding and late cancellations explain a few percent}
  max_excess_minutes: {value: 60, unit: minutes a client and month, because: below an hour the difference is not worth an investigation}
severity: 4
status: active
since: 2026-11-23
*/
WITH claims AS (
  -- one row an amount: a credit of the same amount takes one claim away, a repeated claim counts once
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month, abs(amount_sek) AS amount,
         max(abs(billed_minutes)) AS claimed_minutes,
         sum(CASE WHEN amount_sek < 0 OR billed_minutes < 0 THEN -1 ELSE 1 END) AS net
  FROM home_care_invoices
  WHERE month >= $since AND month <= $as_of
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE), abs(amount_sek)
),
distinct_claims AS (
  -- the same time at another price is the same time again: it counts once too
  SELECT provider_id, client_token, month, claimed_minutes, max(amount) AS amount, sum(least(net, 1)) AS net
  FROM claims GROUP BY provider_id, client_token, month, claimed_minutes
),
billed AS (
  SELECT provider_id, client_token, month,
         sum(claimed_minutes * least(net, 1)) AS minutes, sum(amount * least(net, 1)) AS amount_sek
  FROM distinct_claims GROUP BY provider_id, client_token, month
),
compared AS (
  SELECT b.provider_id, b.client_token, b.month, b.minutes AS billed_minutes, b.amount_sek,
         b.minutes - coalesce(m.minutes, 0) AS excess,
         coalesce(m.minutes, 0) AS registered
  FROM billed b
  JOIN home_care_covered_months c ON c.month = b.month
  LEFT JOIN home_care_months m
    ON m.provider_id = b.provider_id AND m.client_token = b.client_token AND m.month = b.month
  LEFT JOIN providers p ON p.provider_id = b.provider_id
  WHERE coalesce(p.reimbursement_model, 'performed') = 'performed' AND b.minutes > 0
    AND EXISTS (SELECT 1 FROM home_care_months s WHERE s.provider_id = b.provider_id)
),
fired AS (
  SELECT provider_id, client_token, month, excess, amount_sek * excess / billed_minutes AS excess_sek
  FROM compared WHERE excess > greatest($max_excess_share * registered, $max_excess_minutes)
),
totals AS (
  SELECT provider_id, sum(billed_minutes) AS all_minutes FROM compared GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, CAST(round(sum(excess), 0) AS BIGINT) AS minutes,
         sum(excess_sek) AS excess_sek
  FROM fired GROUP BY provider_id
),
references_of AS (
  SELECT f.provider_id, array_agg(i.row_ref) AS evidence
  FROM fired f JOIN home_care_invoices i
    ON i.provider_id = f.provider_id AND i.client_token = f.client_token
   AND CAST(date_trunc('month', i.month) AS DATE) = f.month
  GROUP BY f.provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 100.0 + 2.0 * s.minutes / t.all_minutes) AS DOUBLE) AS strength,
       CAST(s.excess_sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, s.minutes, round(100.0 * s.minutes / t.all_minutes, 1) AS share_pct, e.evidence
FROM summed s
JOIN totals t ON t.provider_id = s.provider_id
JOIN references_of e ON e.provider_id = s.provider_id
