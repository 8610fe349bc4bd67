/*
code: PA19
title: {sv: Hushållet utför nästan all assistans, en: The household performs nearly all assistance}
method: rule
kind: unusual
concept: relatives
subject: provider
gate: P1
reads: [assistance_shifts, persons]
population: assistance_shifts.provider_id
why:
  sv: Att anhöriga är assistenter är lagligt och vanligt. Men när nästan alla timmar utförs inom hushållet finns ingen utomstående som har sett om de blev utförda.
  en: Relatives as assistants are lawful and common. But where nearly all hours are performed within the household no outsider has seen whether they were.
innocent:
  sv: Brukaren väljer själv sina assistenter och föredrar anhöriga; det finns ingen annan att tillgå. Uppgiften är bara en bakgrund till andra avvikelser.
  en: Clients choose their own assistants and prefer relatives; nobody else is available. This is only a background to other deviations.
blind_spots:
  sv: Anhöriga på annan adress; personer som är folkbokförda där utan att vara anhöriga; personer utan adress i registret.
  en: Relatives at another address; people registered there who are no relatives; people without an address in the register.
next_step:
  sv: Gör inget av enbart detta. Följ upp tillsammans med andra avvikelser, till exempel långa arbetsveckor.
  en: Do nothing of this alone. Follow it up together with other deviations, such as long working weeks.
sentence:
  sv: "hos {n_clients} av {all_clients} brukare utförs minst {share_limit} procent av de aktiva timmarna av personer på brukarens adress ({hours:timme|timmar})"
  en: "with {n_clients} of {all_clients:client|clients} at least {share_limit} percent of the active hours are performed by people at the client's address ({hours:hour|hours})"
basis: [{title: handbook reference PA-11}, {title: socialförsäkringsbalk (2010:110) 51 kap. 16 a §}]
parameters:
  min_hours_month: {value: 40, unit: active hours a month on average, because: handbook reference PA-11}
  min_share: {value: 0.9, unit: share of active hours, because: handbook reference PA-11}
  min_clients: {value: 2, unit: clients, because: one family says nothing of a provider}
severity: 1
status: active
since: 2026-11-23
*/
WITH homes AS (
  SELECT person_token, max(address_token) AS address_token FROM persons WHERE address_token IS NOT NULL GROUP BY person_token
),
shifts AS (
  SELECT s.provider_id, s.client_token, s.started_at, s.row_ref, (epoch(s.ended_at) - epoch(s.started_at)) / 3600.0 AS hours,
         CASE WHEN c.address_token = a.address_token THEN 1 ELSE 0 END AS same_home
  FROM assistance_shifts s
  JOIN homes c ON c.person_token = s.client_token
  LEFT JOIN homes a ON a.person_token = s.assistant_token
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND s.kind = 'active'
),
clients AS (
  SELECT provider_id, client_token, sum(hours) AS hours, sum(hours * same_home) AS home_hours,
         count(DISTINCT CAST(date_trunc('month', started_at) AS DATE)) AS n_months,
         min(started_at) AS first_at, max(started_at) AS last_at
  FROM shifts GROUP BY provider_id, client_token
),
fired AS (
  SELECT provider_id, client_token, home_hours, first_at, last_at FROM clients
  WHERE hours >= $min_hours_month * n_months AND home_hours >= $min_share * hours
),
totals AS (
  SELECT provider_id, count(*) AS all_clients FROM clients GROUP BY provider_id
),
shown AS (
  SELECT s.provider_id, s.row_ref
  FROM shifts s JOIN fired f ON f.provider_id = s.provider_id AND f.client_token = s.client_token
  WHERE s.same_home = 1
),
references_of AS (
  SELECT provider_id, count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(first_at) AS DATE) AS period_from, CAST(max(last_at) AS DATE) AS period_to,
         count(*) AS n_clients, sum(home_hours) AS hours
  FROM fired GROUP BY provider_id HAVING count(*) >= $min_clients
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(0.5, 0.1 + 0.3 * s.n_clients / t.all_clients) AS DOUBLE) AS strength,
       s.n_clients, t.all_clients, CAST(100 * $min_share AS BIGINT) AS share_limit, CAST(round(s.hours, 0) AS BIGINT) AS hours,
       e.n_evidence, e.evidence
FROM summed s
JOIN totals t ON t.provider_id = s.provider_id
JOIN references_of e ON e.provider_id = s.provider_id
