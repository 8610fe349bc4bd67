/*
code: EX04
title: {sv: Beslutet kom i efterhand, en: The decision came afterwards}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [home_care_visits, home_care_months, home_care_decisions]
population: home_care_visits.provider_id
why:
  sv: Insatser startar ibland innan beslutet är skrivet. Kommer beslutet inom en månad var insatsen avsedd, och det är kommunens handläggning som dröjde.
  en: Help sometimes starts before the decision is written. Where it comes within a month the help was intended, and it was the municipality that was late.
innocent:
  sv: Räknas bara där utföraren också har besök som saknar beslut, så att förklaringen har något att förklara.
  en: Counted only where the provider also has visits without a decision, so that there is something to explain.
blind_spots:
  sv: Att beslutet kom visar inte att det gällde samma insats.
  en: That a decision came does not show that it was for the same help.
next_step:
  sv: Fråga biståndshandläggaren om de återstående besöken också väntar på beslut.
  en: Ask the needs assessor whether the remaining visits await a decision too.
sentence:
  sv: "för {n:besöksdag|besöksdagar} hos {n_clients} brukare kom beslutet i efterhand inom trettio dagar; {n_open:besöksdag|besöksdagar} saknar fortfarande beslut"
  en: "for {n:day|days} of visits with {n_clients:client|clients} the decision came within thirty days afterwards; {n_open:day|days} of visits still lack one"
basis: [{title: handbook section 2 Exculpating}, {title: handbook HC-9}]
parameters:
  retroactive_days: {value: 30, unit: days, because: the same limit as the rule on help without a decision}
severity: 2
status: active
since: 2026-11-23
*/
WITH open_months AS (
  -- a month that one decision covers whole holds no day without: only the other months are looked at day by day
  SELECT m.provider_id, m.client_token, m.month
  FROM home_care_months m
  WHERE m.month >= $since AND NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = m.client_token AND d.valid_from <= m.month
      AND (d.valid_to IS NULL OR d.valid_to >= m.month + INTERVAL 1 MONTH - INTERVAL 1 DAY))
),
days AS (
  SELECT v.provider_id, v.client_token, CAST(v.started_at AS DATE) AS day, min(v.row_ref) AS first_ref
  FROM home_care_visits v
  JOIN open_months o ON o.client_token = v.client_token AND o.provider_id = v.provider_id
                    AND o.month = CAST(date_trunc('month', v.started_at) AS DATE)
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
  GROUP BY v.provider_id, v.client_token, CAST(v.started_at AS DATE)
),
undecided AS (
  SELECT v.provider_id, v.client_token, v.day, v.first_ref
  FROM days v
  WHERE NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = v.client_token AND d.valid_from <= v.day AND (d.valid_to IS NULL OR d.valid_to >= v.day))
),
answered AS (
  -- one row a day of visits; decision_ref is a decision that began within the time after it
  SELECT u.provider_id, u.client_token, u.day, u.first_ref, min(d.row_ref) AS decision_ref
  FROM undecided u LEFT JOIN home_care_decisions d
    ON d.client_token = u.client_token AND d.valid_from > u.day
   AND date_diff('day', u.day, d.valid_from) <= $retroactive_days
  GROUP BY u.provider_id, u.client_token, u.day, u.first_ref
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, first_ref AS row_ref FROM answered WHERE decision_ref IS NOT NULL
        UNION SELECT provider_id, decision_ref FROM answered WHERE decision_ref IS NOT NULL) e
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(CASE WHEN decision_ref IS NOT NULL THEN day END) AS period_from,
         max(CASE WHEN decision_ref IS NOT NULL THEN day END) AS period_to, count(*) AS n_all,
         count(decision_ref) AS n, count(DISTINCT CASE WHEN decision_ref IS NOT NULL THEN client_token END) AS n_clients
  FROM answered GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to, CAST(s.n / s.n_all AS DOUBLE) AS strength,
       s.n, s.n_clients, s.n_all - s.n AS n_open, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
WHERE s.n > 0 AND s.n < s.n_all
