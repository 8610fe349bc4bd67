/*
code: HC24
title: {sv: Tiden faller efter byte av utförare, en: Hours fall after change of provider}
method: rule
kind: unusual
concept: growth
subject: provider
gate: P1
reads: [home_care_months, home_care_covered_months, home_care_decisions, home_care_rates]
optional_reads: [home_care_rates]
population: home_care_decisions.provider_id
why:
  sv: När brukare byter utförare och tiden då faller kraftigt, utan att behovet omprövats, kan den tidigare tiden ha varit för hög.
  en: Where clients change provider and the time then falls sharply, though the need was not reassessed, the earlier time may have been too high.
innocent:
  sv: Omprövat beslut (räknas inte); bytet skedde efter sjukhusvistelse; den nya utföraren har ännu inte full bemanning.
  en: A reassessed decision (not counted); the change came after a hospital stay; the new provider is not fully staffed yet.
blind_spots:
  sv: Brukare som slutar helt med hemtjänst; månaden för själva bytet jämförs inte.
  en: Clients who leave home care altogether; the month of the change itself is not compared.
next_step:
  sv: Jämför besöken före och efter bytet för brukarna och fråga dem vad som skiljer.
  en: Compare the visits before and after the change for these clients and ask them what differs.
sentence:
  sv: "{n} brukare som lämnade utföraren fick i snitt {ratio_pct} procent av den tidigare tiden hos nästa utförare, fast beslutet var oförändrat"
  en: "{n:client|clients} who left the provider had {ratio_pct} percent of the earlier time on average at the next one, though the decision was unchanged"
basis: [{title: handbook reference HT-19}]
amount: {kind: estimate, how: {sv: minskningen av tid per månad gånger antalet månader hos utföraren (högst tolv) gånger snittpriset, en: the fall in time a month times the months with the provider (twelve at most) times the mean price}}
parameters:
  min_changes: {value: 5, unit: clients, because: single changes have their own reasons}
  max_ratio: {value: 0.6, unit: hours after by hours before, because: another way of working explains smaller differences}
  same_grant: {value: 0.1, unit: share of the grant, because: a decision changed by more is a reassessment}
severity: 3
status: active
since: 2026-11-23
*/
WITH months AS (
  SELECT m.provider_id, m.client_token, m.month, m.minutes, m.granted_minutes,
         count(*) OVER (PARTITION BY m.client_token, m.month) AS n_providers,
         count(*) OVER (PARTITION BY m.client_token, m.provider_id) AS n_months
  FROM home_care_months m JOIN home_care_covered_months c ON c.month = m.month
  WHERE m.month >= $since
),
followed AS (
  -- months with one provider only: the month of the change, with two, falls away
  SELECT provider_id, client_token, month, minutes, granted_minutes, n_months,
         lead(provider_id) OVER (PARTITION BY client_token ORDER BY month, provider_id) AS next_provider,
         lead(month) OVER (PARTITION BY client_token ORDER BY month, provider_id) AS next_month,
         lead(minutes) OVER (PARTITION BY client_token ORDER BY month, provider_id) AS next_minutes,
         lead(granted_minutes) OVER (PARTITION BY client_token ORDER BY month, provider_id) AS next_granted
  FROM months WHERE n_providers = 1
),
changes AS (
  SELECT provider_id, client_token, month, next_month, minutes, next_minutes, n_months,
         next_minutes / minutes AS ratio
  FROM followed
  WHERE next_provider <> provider_id AND next_month <= month + INTERVAL 2 MONTH AND minutes > 0
    AND abs(coalesce(next_granted, granted_minutes, 0) - coalesce(granted_minutes, next_granted, 0))
        <= $same_grant * coalesce(granted_minutes, next_granted, 0)
),
summed AS (
  SELECT provider_id, min(month) AS period_from,
         CAST(max(next_month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(DISTINCT client_token) AS n, avg(ratio) AS ratio,
         sum(greatest(0, minutes - next_minutes) * least(n_months, 12)) AS lost_minutes
  FROM changes GROUP BY provider_id
  HAVING count(DISTINCT client_token) >= $min_changes AND avg(ratio) < $max_ratio
),
references_of AS (
  SELECT c.provider_id, array_agg(d.row_ref) AS evidence
  FROM (SELECT DISTINCT provider_id, client_token FROM changes) c
  JOIN home_care_decisions d ON d.client_token = c.client_token
  GROUP BY c.provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + ($max_ratio - s.ratio) + s.n / 50.0) AS DOUBLE) AS strength,
       CAST(s.lost_minutes * r.sek_per_minute AS DECIMAL(14,2)) AS amount_sek,
       s.n, CAST(round(100 * s.ratio, 0) AS BIGINT) AS ratio_pct, e.evidence
FROM summed s
LEFT JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN home_care_rates r ON r.provider_id = s.provider_id
