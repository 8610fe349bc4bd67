/*
code: XD05
title: {sv: Utförares företrädare även i andra roller, en: Provider's officer also in other roles}
method: rule
kind: unusual
concept: network
subject: provider
gate: P2
reads: [organisation_officers, income_support_members, work_intervals]
optional_reads: [income_support_members, work_intervals]
population: provider_roles.provider_id
why:
  sv: En företrädare för en utförare som också sitter i en förenings styrelse, får bistånd eller är personal eller brukare hos någon annan binder ihop verksamheter som annars prövas var för sig.
  en: An officer of a provider who also sits on an association's board, receives support, or is staff or client elsewhere ties together services that are otherwise judged one by one.
innocent:
  sv: Föreningsliv är vanligt bland företagare; extraarbete är tillåtet; en företrädare kan själv ha hemtjänst. Ett enstaka samband betyder lite.
  en: Life in associations is common among people in business; extra work is allowed; an officer may have home care. A single tie means little.
blind_spots:
  sv: Samband genom anhöriga och genom bolag i andra kommuner.
  en: Ties through relatives and through companies in other municipalities.
next_step:
  sv: Använd uppgiften som bakgrund till andra avvikelser hos utföraren. Kontrollera jäv om personen också deltar i beslut.
  en: Use it as background to other deviations of the provider. Check conflicts of interest where the person takes part in decisions.
sentence:
  sv: "Av utförarens företrädare [sitter {n_boards} i föreningsstyrelser / finns {n_support} i hushåll med bistånd / arbetar {n_staff} hos andra utförare / är {n_clients} brukare hos andra utförare]"
  en: "Of the provider's officers [{n_boards} sit on boards of associations / {n_support} are in households on support / {n_staff} work for other providers / {n_clients} are clients of other providers]"
basis: [{title: handbook X-5}, {title: handbook reference X-10}]
parameters:
  min_kinds: {value: 2, unit: kinds of role, because: a single tie such as a seat on one board is everyday civic engagement}
  min_registrations: {value: 5, unit: visits or shifts, because: a few may be mixed-up tokens}
severity: 1
status: active
since: 2026-11-23
*/
WITH officers AS (
  SELECT org_id AS provider_id, person_token, row_ref FROM organisation_officers
  WHERE org_type = 'provider' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
),
boards AS (
  SELECT DISTINCT o.provider_id, o.person_token, 'board' AS kind, a.row_ref
  FROM officers o JOIN organisation_officers a ON a.org_type = 'association' AND a.person_token = o.person_token
  WHERE a.role_from <= $as_of AND (a.role_to IS NULL OR a.role_to >= $since)
),
support AS (
  SELECT o.provider_id, o.person_token, 'support' AS kind, m.row_ref
  FROM officers o JOIN income_support_members m ON m.person_token = o.person_token
  WHERE m.month >= $since AND m.role <> 'child'
),
staff AS (
  SELECT o.provider_id, o.person_token, 'staff' AS kind, w.row_ref,
         count(*) OVER (PARTITION BY o.provider_id, o.person_token) AS n
  FROM officers o JOIN work_intervals w ON w.person_token = o.person_token AND w.organisation_id <> o.provider_id
  WHERE w.started_at >= $since AND w.domain <> 'associations'
),
clients AS (
  SELECT o.provider_id, o.person_token, 'client' AS kind, w.row_ref,
         count(*) OVER (PARTITION BY o.provider_id, o.person_token) AS n
  FROM officers o JOIN work_intervals w ON w.client_token = o.person_token AND w.organisation_id <> o.provider_id
  WHERE w.started_at >= $since
),
ties AS (
  SELECT provider_id, person_token, kind, row_ref FROM boards
  UNION ALL SELECT provider_id, person_token, kind, row_ref FROM support
  UNION ALL SELECT provider_id, person_token, kind, row_ref FROM staff WHERE n >= $min_registrations
  UNION ALL SELECT provider_id, person_token, kind, row_ref FROM clients WHERE n >= $min_registrations
),
summed AS (
  SELECT provider_id, count(DISTINCT kind) AS n_kinds,
         count(DISTINCT CASE WHEN kind = 'board' THEN person_token END) AS n_boards,
         count(DISTINCT CASE WHEN kind = 'support' THEN person_token END) AS n_support,
         count(DISTINCT CASE WHEN kind = 'staff' THEN person_token END) AS n_staff,
         count(DISTINCT CASE WHEN kind = 'client' THEN person_token END) AS n_clients
  FROM ties GROUP BY provider_id HAVING count(DISTINCT kind) >= $min_kinds
),
evidence_rows AS (
  SELECT t.provider_id, t.row_ref FROM ties t
  UNION
  SELECT t.provider_id, o.row_ref FROM ties t JOIN officers o ON o.provider_id = t.provider_id AND o.person_token = t.person_token
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id)
SELECT s.provider_id AS subject_id, $since AS period_from, $as_of AS period_to,
       CAST(least(1.0, 0.2 + 0.2 * s.n_kinds) AS DOUBLE) AS strength, s.n_boards, s.n_support, s.n_staff, s.n_clients, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
