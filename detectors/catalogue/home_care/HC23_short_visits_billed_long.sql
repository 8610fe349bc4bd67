/*
code: HC23
title: {sv: Korta besök fakturerade som planerade, en: Short visits billed as planned}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [home_care_visits, home_care_months, home_care_covered_months, home_care_billed, providers]
optional_reads: [providers]
optional_columns: [providers.reimbursement_model]
population: home_care_visits.provider_id
why:
  sv: Den som får betalt för utförd tid ska inte fakturera planerad tid för besök som varat mindre än hälften så länge.
  en: Those who are paid for performed time should not bill planned time for visits that lasted less than half of it.
innocent:
  sv: Minsta debitering per besök enligt avtal; tillsyn per telefon; brukare som avbröt besöket och avtal som då ersätter hela.
  en: A minimum charge a visit by contract; check-ins by phone; clients who broke off the visit and contracts that then pay in full.
blind_spots:
  sv: Uttaget har ingen fakturerad tid per besök; regeln ser månaden. Korta besök som även registrerats som långa syns inte.
  en: The export has no billed time a visit; the rule sees the month. Short visits that were also registered as long are not seen.
next_step:
  sv: Begär underlaget per besök och läs avtalets regel om minsta debitering.
  en: Ask for the basis by visit and read the contract's rule on minimum charges.
sentence:
  sv: "{n_visits} besök hos {n_clients} brukare varade mindre än hälften av planerad tid, men månaderna fakturerades som om de varit hela: {minutes:minut|minuter} för mycket"
  en: "{n_visits:visit|visits} with {n_clients:client|clients} lasted less than half of the planned time, yet the months were billed as if they had been full: {minutes:minute|minutes} too many"
basis: [{title: handbook reference HT-16}]
amount: {kind: estimate, how: {sv: "den del av de korta besökens planerade tid som fakturerats utan att vara registrerad, gånger fakturans pris per minut", en: "the part of the short visits' planned time that was billed without being registered, times the claim's price a minute"}}
parameters:
  short_share: {value: 0.5, unit: share of planned minutes, because: a visit of less than half the plan is another visit than the one ordered}
  min_visits: {value: 5, unit: short visits a client and month, because: single visits are broken off}
  billed_share: {value: 0.8, unit: share of the missing minutes that is billed, because: rounding and other visits blur the month}
severity: 3
status: active
since: 2026-11-23
*/
WITH short_visits AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', started_at) AS DATE) AS month, row_ref,
         planned_minutes - (epoch(ended_at) - epoch(started_at)) / 60.0 AS missing
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at
    AND (epoch(ended_at) - epoch(started_at)) / 60.0 < $short_share * planned_minutes
),
months AS (
  SELECT provider_id, client_token, month, count(*) AS n_visits, sum(missing) AS missing
  FROM short_visits GROUP BY provider_id, client_token, month HAVING count(*) >= $min_visits
),
fired AS (
  SELECT s.provider_id, s.client_token, s.month, s.n_visits, least(b.minutes - m.minutes, s.missing) AS excess,
         b.amount_sek * least(b.minutes - m.minutes, s.missing) / b.minutes AS excess_sek
  FROM months s
  JOIN home_care_covered_months c ON c.month = s.month
  JOIN home_care_months m
    ON m.provider_id = s.provider_id AND m.client_token = s.client_token AND m.month = s.month
  JOIN home_care_billed b
    ON b.provider_id = s.provider_id AND b.client_token = s.client_token AND b.month = s.month
  LEFT JOIN providers p ON p.provider_id = s.provider_id
  WHERE b.minutes > 0 AND b.minutes - m.minutes >= $billed_share * s.missing
    AND coalesce(p.reimbursement_model, 'performed') = 'performed'
),
references_of AS (
  SELECT f.provider_id, array_agg(v.row_ref) AS evidence
  FROM fired f JOIN short_visits v
    ON v.provider_id = f.provider_id AND v.client_token = f.client_token AND v.month = f.month
  GROUP BY f.provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(DISTINCT client_token) AS n_clients, CAST(sum(n_visits) AS BIGINT) AS n_visits,
         CAST(round(sum(excess), 0) AS BIGINT) AS minutes, sum(excess_sek) AS excess_sek
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n_visits / 200.0) AS DOUBLE) AS strength,
       CAST(s.excess_sek AS DECIMAL(14,2)) AS amount_sek, s.n_clients, s.n_visits, s.minutes, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
