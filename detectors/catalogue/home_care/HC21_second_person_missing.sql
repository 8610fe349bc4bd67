/*
code: HC21
title: {sv: Dubbelbemanning där andra personen saknas, en: Double staffing without the second person}
method: rule
kind: unusual
concept: presence
subject: provider
gate: P1
reads: [home_care_visits, home_care_decisions]
population: home_care_visits.provider_id
why:
  sv: Dubbelbemanning beviljas för att förflyttningar ska vara säkra. Kommer aldrig en andra person är brukare och personal utsatta för risk, och den beviljade tiden används inte.
  en: Double staffing is granted for safe lifting. Where a second person never comes, client and staff are at risk and the granted time is not used.
innocent:
  sv: Behovet har upphört men beslutet står kvar; en närstående är den andra; den andra personen kommer från nattpatrull eller en annan utförare (räknas som två).
  en: The need has ended but the decision stands; a relative is the second; the second person comes from a night patrol or another provider (counted as two).
blind_spots:
  sv: Uttaget säger inte vilka besök som kräver två, så bara brukare som aldrig får två i personalen under en hel månad räknas.
  en: The export does not tell which visits need two, so only clients who never get two staff during a whole month are counted.
next_step:
  sv: Fråga brukaren och utföraren hur förflyttningar går till och om beslutet ska omprövas.
  en: Ask the client and the provider how lifting is done and whether the decision should be reviewed.
sentence:
  sv: "{n_clients} brukare med beslut om dubbelbemanning har under {n} hela månader aldrig fått två i personalen samtidigt ({n_visits} besök)"
  en: "{n_clients:client|clients} with a decision on double staffing never had two staff at once in {n} whole client-months ({n_visits:visit|visits})"
basis: [{title: handbook reference HT-12}]
parameters:
  min_visits: {value: 30, unit: visits a month, because: with fewer visits the ones that need two may have been cancelled}
  min_overlap_minutes: {value: 5, unit: minutes, because: two who meet in the door are not two at work}
severity: 2
status: active
since: 2026-11-23
*/
WITH double_clients AS (
  SELECT DISTINCT client_token FROM home_care_decisions WHERE double_staffed
),
visits AS (
  -- all providers' visits, so that a second person from elsewhere is seen
  SELECT v.provider_id, v.client_token, v.staff_token, v.started_at, v.ended_at, v.row_ref,
         CAST(date_trunc('month', v.started_at) AS DATE) AS month
  FROM home_care_visits v JOIN double_clients d ON d.client_token = v.client_token
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
doubled AS (
  SELECT DISTINCT a.client_token, a.month
  FROM visits a JOIN visits b
    ON a.client_token = b.client_token AND CAST(a.started_at AS DATE) = CAST(b.started_at AS DATE)
   AND a.staff_token <> b.staff_token AND a.started_at < b.ended_at AND b.started_at < a.ended_at
  WHERE least(epoch(a.ended_at), epoch(b.ended_at)) - greatest(epoch(a.started_at), epoch(b.started_at))
        >= $min_overlap_minutes * 60
),
months AS (
  SELECT provider_id, client_token, month, count(*) AS n_visits
  FROM visits GROUP BY provider_id, client_token, month HAVING count(*) >= $min_visits
),
fired AS (
  SELECT m.provider_id, m.client_token, m.month, m.n_visits
  FROM months m
  WHERE NOT EXISTS (SELECT 1 FROM doubled x WHERE x.client_token = m.client_token AND x.month = m.month)
    AND EXISTS (
      SELECT 1 FROM home_care_decisions d
      WHERE d.client_token = m.client_token AND d.double_staffed
        AND (d.provider_id IS NULL OR d.provider_id = m.provider_id)
        AND d.valid_from <= m.month
        AND (d.valid_to IS NULL OR d.valid_to >= CAST(m.month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE)))
),
evidence_rows AS (
  SELECT f.provider_id, d.row_ref
  FROM fired f JOIN home_care_decisions d ON d.client_token = f.client_token AND d.double_staffed
  UNION
  SELECT f.provider_id, v.row_ref
  FROM fired f JOIN visits v
    ON v.provider_id = f.provider_id AND v.client_token = f.client_token AND v.month = f.month
),
placed AS (
  SELECT provider_id, row_ref
  FROM evidence_rows
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM placed GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, CAST(sum(n_visits) AS BIGINT) AS n_visits
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 30.0) AS DOUBLE) AS strength, s.n, s.n_clients, s.n_visits, e.n_evidence, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
