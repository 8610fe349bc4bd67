/*
code: HV20
title: {sv: Samma företrädare i flera hem, en: Same officers in several homes}
method: rule
kind: unusual
concept: network
subject: provider
gate: P0
reads: [provider_roles, providers]
population: provider_roles.provider_id
why:
  sv: Hem som drivs av samma personer kan flytta barn, personal och kostnader mellan sig. Det är lagligt men behöver vara känt när fakturor och beläggning granskas.
  en: Homes run by the same people can move children, staff and costs between them. It is lawful but needs to be known when invoices and occupancy are examined.
innocent:
  sv: Koncern med flera hem; yrkesverksam styrelseledamot (personer med många uppdrag räknas inte); stiftelse med gemensam ledning.
  en: A group with several homes; a professional board member (people of many posts are not counted); a foundation with joint management.
blind_spots:
  sv: Bulvaner; personer som saknas i rolluppgifterna; tidigare uppdrag. Revisorer räknas inte.
  en: Straw persons; people missing in the role data; former posts. Auditors are not counted.
next_step:
  sv: Ta reda på hur hemmen hänger ihop innan andra avvikelser hos dem bedöms.
  en: Find out how the homes are connected before other deviations of theirs are judged.
sentence:
  sv: "delar {n_officers} företrädare med {n_homes:annat hem|andra hem}"
  en: "shares {n_officers:officer|officers} with {n_homes:other home|other homes}"
basis: [{title: handbook reference HB-13}]
parameters:
  max_posts: {value: 5, unit: homes a person, because: people of many posts are professional board members and link everybody}
severity: 2
status: active
since: 2026-11-23
*/
WITH posts AS (
  -- one row a person and home, posts held today
  SELECT r.provider_id, r.person_token, min(r.row_ref) AS row_ref, min(r.role_from) AS role_from
  FROM provider_roles r JOIN providers p ON p.provider_id = r.provider_id
  WHERE r.role <> 'auditor' AND r.role_from <= $as_of AND (r.role_to IS NULL OR r.role_to >= $as_of)
    AND concat('|', p.services, '|') LIKE '%|hvb|%' AND p.org_form <> 'kommunal'
  GROUP BY r.provider_id, r.person_token
),
counted AS (
  SELECT provider_id, person_token, row_ref, role_from, count(*) OVER (PARTITION BY person_token) AS n_posts FROM posts
),
linked AS (
  SELECT a.provider_id, a.person_token, a.row_ref, b.provider_id AS other_home, b.row_ref AS other_ref,
         greatest(a.role_from, b.role_from) AS shared_from
  FROM counted a JOIN counted b ON b.person_token = a.person_token AND b.provider_id <> a.provider_id
  WHERE a.n_posts > 1 AND a.n_posts <= $max_posts
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM linked UNION SELECT provider_id, other_ref FROM linked) r GROUP BY provider_id
)
SELECT l.provider_id AS subject_id, min(l.shared_from) AS period_from, $as_of AS period_to,
       CAST(least(0.6, 0.1 + count(DISTINCT l.other_home) / 10.0 + count(DISTINCT l.person_token) / 20.0) AS DOUBLE) AS strength,
       count(DISTINCT l.person_token) AS n_officers, count(DISTINCT l.other_home) AS n_homes, max(e.evidence) AS evidence
FROM linked l JOIN references_of e ON e.provider_id = l.provider_id
GROUP BY l.provider_id
