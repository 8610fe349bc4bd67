/*
code: XD01
title: {sv: Samma person i två verksamheter samtidigt, en: One person in two domains at once}
method: rule
kind: impossible
concept: presence
subject: provider
gate: P2
reads: [work_intervals, home_care_rates, assistance_rates, calendar]
optional_reads: [home_care_rates, assistance_rates]
population: [home_care_visits.provider_id, assistance_shifts.provider_id, association_activities.association_id]
why:
  sv: Den som är hos en brukare i hemtjänsten kan inte samtidigt arbeta som assistent eller leda en förenings aktivitet. Minst en av uppgifterna är fel.
  en: Somebody who is with a home-care client cannot at the same time work as an assistant or lead an association's activity. At least one of the entries is wrong.
innocent:
  sv: Sen utloggning vid byte mellan två arbeten; beredskap i hemmet (räknas inte); samma person som ger hemtjänst och assistans hos en brukare enligt överenskommelse; delad inloggning.
  en: A late logout when changing between two jobs; standby at home (not counted); one person who gives a client both services by agreement; a shared login.
blind_spots:
  sv: Arbete utanför kommunens verksamheter; personal vars beteckning skiljer sig mellan exporterna.
  en: Work outside the municipality's services; staff whose token differs between exports.
next_step:
  sv: Jämför de två tidsregistreringarna med rålogg och schema, och fråga båda arbetsgivarna om personen har fler arbeten.
  en: Compare the two time records with raw log and rota, and ask both employers whether the person has other work.
sentence:
  sv: "{n:gång|gånger} var samma person registrerad i två verksamheter samtidigt, sammanlagt {minutes:minut|minuter} ({n_persons:person|personer})"
  en: "{n:time|times} the same person was registered in two domains at once, {minutes:minute|minutes} in all ({n_persons:person|persons})"
basis: [{title: handbook X-1}, {title: handbook reference X-03}]
amount: {kind: cap, how: {sv: "överlappande minuter gånger det lägre av de två priserna; delat lika när båda är utförare, eftersom bara den ena tiden kan vara fel betald", en: "overlapping minutes times the lower of the two prices; half on each where both are providers, since only one of the two times can be paid wrongly"}}
parameters:
  min_overlap_minutes: {value: 15, unit: minutes, because: logout is often late when people change between jobs}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the money of an overlap is shared by the two providers, so that a run counts it once"}
  - {date: 2026-11-23, what: "an overlap inside the hour that comes twice in October, or the one left out in March, is not counted"}
*/
WITH two_domains AS (
  SELECT person_token
  FROM (SELECT DISTINCT person_token, domain FROM work_intervals WHERE started_at >= $since AND kind <> 'home_standby') d
  GROUP BY person_token HAVING count(*) >= 2
),
worked AS (
  SELECT w.person_token, w.domain, w.organisation_id, w.client_token, w.started_at, w.ended_at, w.row_ref,
         max(w.ended_at) OVER (PARTITION BY w.person_token ORDER BY w.started_at, w.row_ref
                               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest_end_before,
         min(w.started_at) OVER (PARTITION BY w.person_token ORDER BY w.started_at, w.row_ref
                                 ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS next_start
  FROM work_intervals w JOIN two_domains t ON t.person_token = w.person_token
  WHERE w.started_at >= $since AND w.kind <> 'home_standby'
),
touching AS (
  SELECT person_token, domain, organisation_id, client_token, started_at, ended_at, row_ref
  FROM worked WHERE latest_end_before > started_at OR next_start < ended_at
),
rates AS (
  SELECT 'home_care' AS domain, provider_id, sek_per_minute FROM home_care_rates
  UNION ALL
  SELECT 'assistance', provider_id, sek_per_hour / 60.0 FROM assistance_rates
),
pairs AS (
  SELECT a.person_token, a.domain AS first_domain, a.organisation_id AS first_org, b.domain AS second_domain,
         b.organisation_id AS second_org, greatest(a.started_at, b.started_at) AS started_at,
         a.row_ref AS first_ref, b.row_ref AS second_ref,
         (least(epoch(a.ended_at), epoch(b.ended_at)) - greatest(epoch(a.started_at), epoch(b.started_at))
          - CASE WHEN odd.day IS NULL THEN 0.0 ELSE greatest(0.0,
             least(epoch(a.ended_at), epoch(b.ended_at), epoch(CAST(odd.day AS TIMESTAMP)) + 10800)
             - greatest(epoch(a.started_at), epoch(b.started_at), epoch(CAST(odd.day AS TIMESTAMP)) + 7200)) END)
         / 60.0 AS minutes
  FROM touching a JOIN touching b
    ON a.person_token = b.person_token AND a.domain < b.domain
   AND a.started_at < b.ended_at AND b.started_at < a.ended_at
  -- clock times do not say which of the two hours in October they mean, and in March there is none: an overlap
  -- inside the hour from two to three proves nothing then
  LEFT JOIN calendar odd ON odd.day = CAST(greatest(a.started_at, b.started_at) AS DATE) AND odd.day_hours <> 24
),
priced AS (
  -- an activity has no price; a care provider's own price is then the lower one known
  SELECT p.person_token, p.first_domain, p.first_org, p.second_domain, p.second_org, p.started_at, p.first_ref,
         p.second_ref, p.minutes,
         CASE WHEN p.first_domain = 'associations' OR p.second_domain = 'associations' OR p.first_org = p.second_org
              THEN 1.0 ELSE 0.5 END AS share,
         p.minutes * least(coalesce(x.sek_per_minute, y.sek_per_minute), coalesce(y.sek_per_minute, x.sek_per_minute)) AS sek
  FROM pairs p
  LEFT JOIN rates x ON x.domain = p.first_domain AND x.provider_id = p.first_org
  LEFT JOIN rates y ON y.domain = p.second_domain AND y.provider_id = p.second_org
  WHERE p.minutes > $min_overlap_minutes
),
by_organisation AS (
  SELECT CASE WHEN first_domain = 'associations' THEN 'association' ELSE 'provider' END AS subject_type,
         first_org AS subject_id, person_token, started_at, minutes, first_ref, second_ref,
         CASE WHEN first_domain <> 'associations' THEN share * sek END AS sek
  FROM priced
  UNION ALL
  -- a provider of both services is told of its own overlap once
  SELECT CASE WHEN second_domain = 'associations' THEN 'association' ELSE 'provider' END, second_org, person_token,
         started_at, minutes, first_ref, second_ref, CASE WHEN second_domain <> 'associations' THEN share * sek END
  FROM priced WHERE second_org <> first_org
),
evidence_rows AS (
  SELECT subject_type, subject_id, first_ref AS row_ref FROM by_organisation
  UNION
  SELECT subject_type, subject_id, second_ref FROM by_organisation
),
references_of AS (
  SELECT subject_type, subject_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY subject_type, subject_id
),
summed AS (
  SELECT subject_type, subject_id, CAST(min(started_at) AS DATE) AS period_from,
         CAST(max(started_at) AS DATE) AS period_to, count(*) AS n, CAST(round(sum(minutes), 0) AS BIGINT) AS minutes,
         count(DISTINCT person_token) AS n_persons, sum(sek) AS sek
  FROM by_organisation GROUP BY subject_type, subject_id
)
SELECT s.subject_id, s.subject_type, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 30.0) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.minutes, s.n_persons, e.evidence
FROM summed s JOIN references_of e ON e.subject_type = s.subject_type AND e.subject_id = s.subject_id
