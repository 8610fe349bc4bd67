/*
code: XD13
title: {sv: Samma personer i flera organisationer, en: Same people in several organisations}
method: rule
kind: unusual
concept: board
subject: provider
gate: P0
reads: [organisation_officers]
population: [provider_roles.provider_id, association_roles.association_id]
why:
  sv: Samma krets som styr flera organisationer kan flytta pengar, personal och brukare mellan dem utan att någon enskild handläggare ser helheten.
  en: A circle that runs several organisations can move money, staff and clients between them without any single officer seeing the whole.
innocent:
  sv: Koncerner; förbund med lokalavdelningar; en bygd där samma eldsjälar bär flera föreningar.
  en: Groups of companies; federations with branches; a village where the same volunteers carry several associations.
blind_spots:
  sv: Kretsar som byter plats med anhöriga.
  en: Circles that swap places with relatives.
next_step:
  sv: Rita upp vilka personer som sitter var och jämför organisationernas ansökningar, fakturor och konton.
  en: Draw who sits where and compare the organisations' applications, invoices and accounts.
sentence:
  sv: "Organisationen har minst {n_persons} företrädare gemensamt med var och en av {n_others:annan organisation|andra organisationer} ([{n_providers} utförare / {n_associations:förening|föreningar}])"
  en: "The organisation has at least {n_persons:officer|officers} in common with each of {n_others:other organisation|other organisations} ([{n_providers:provider|providers} / {n_associations:association|associations}])"
basis: [{title: handbook X-13}]
parameters:
  min_persons: {value: 3, unit: persons, because: handbook X-13}
  min_organisations: {value: 3, unit: organisations with itself, because: handbook X-13}
  max_organisations: {value: 20, unit: organisations a person, because: people in more are professional officers of groups and federations}
severity: 2
status: active
since: 2026-11-23
*/
WITH officers AS (
  SELECT concat(org_type, ':', org_id) AS org_key, org_type, org_id, person_token, row_ref,
         count(*) OVER (PARTITION BY person_token) AS n_orgs
  FROM organisation_officers WHERE role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
),
few AS (SELECT org_key, org_type, org_id, person_token, row_ref FROM officers WHERE n_orgs BETWEEN 2 AND $max_organisations),
-- organisations that share enough people
pairs AS (
  SELECT a.org_key, b.org_key AS other_key, count(*) AS n_persons
  FROM few a JOIN few b ON b.person_token = a.person_token AND b.org_key <> a.org_key
  GROUP BY a.org_key, b.org_key HAVING count(*) >= $min_persons
),
recurring AS (
  -- how many of the other organisations each person recurs in: the set must be the same people, not ever new ones
  SELECT a.org_key, a.person_token, count(*) AS n_others
  FROM few a JOIN pairs p ON p.org_key = a.org_key
  JOIN few b ON b.org_key = p.other_key AND b.person_token = a.person_token
  GROUP BY a.org_key, a.person_token HAVING count(*) >= $min_organisations - 1
),
sets AS (SELECT org_key, count(*) AS n_persons FROM recurring GROUP BY org_key HAVING count(*) >= $min_persons),
fired AS (
  SELECT s.org_key, s.n_persons, count(*) AS n_others,
         sum(CASE WHEN o.org_type = 'provider' THEN 1 ELSE 0 END) AS n_providers,
         sum(CASE WHEN o.org_type = 'association' THEN 1 ELSE 0 END) AS n_associations
  FROM sets s JOIN pairs p ON p.org_key = s.org_key
  JOIN (SELECT DISTINCT org_key, org_type FROM few) o ON o.org_key = p.other_key
  GROUP BY s.org_key, s.n_persons
),
evidence_rows AS (
  SELECT r.org_key, f.row_ref FROM recurring r JOIN few f ON f.person_token = r.person_token
),
references_of AS (SELECT org_key, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY org_key),
names AS (SELECT DISTINCT org_key, org_type, org_id FROM few)
SELECT n.org_id AS subject_id, n.org_type AS subject_type, $since AS period_from, $as_of AS period_to,
       CAST(least(1.0, 0.2 + 0.1 * f.n_others + 0.05 * f.n_persons) AS DOUBLE) AS strength, f.n_persons, f.n_others,
       CAST(f.n_providers AS BIGINT) AS n_providers, CAST(f.n_associations AS BIGINT) AS n_associations, e.evidence
FROM fired f JOIN names n ON n.org_key = f.org_key JOIN references_of e ON e.org_key = f.org_key
