/*
code: HV08
title: {sv: Nytt hem efter ett nedlagt, en: New home after one that ended}
method: rule
kind: breach
concept: ownership
subject: provider
gate: P0
reads: [providers, provider_roles]
optional_columns: [providers.deregistered_on, providers.bankruptcy_on]
population: providers.provider_id
why:
  sv: När ett bolag läggs ned och ett nytt med samma personer, konto eller adress tar över kan skulder, brister och tillståndsbeslut bli kvar i det gamla.
  en: Where one company ends and a new one with the same people, account or address takes over, debts, failings and permit decisions may be left in the old one.
innocent:
  sv: Omstrukturering inom en koncern; ombildning från enskild firma till aktiebolag; samma kontorshotell eller ekonomibyrå som adress.
  en: A restructuring within a group; a sole trader turned into a limited company; the same office hotel or accounting firm as address.
blind_spots:
  sv: Bulvaner; personer som saknas i rolluppgifterna; bolag som aldrig anlitats av kommunen. Revisorer räknas inte.
  en: Straw persons; people missing in the role data; companies never used by the municipality. Auditors are not counted.
next_step:
  sv: Hämta årsredovisning och tillståndshistorik för båda bolagen och pröva om avtal och placeringar fördes över på riktiga villkor.
  en: Get the annual reports and permit history of both companies and consider whether contracts and placements were moved on proper terms.
sentence:
  sv: "registrerades {days_apart:dag|dagar} från det att {old_provider} upphörde och delar {n_shared:uppgift|uppgifter} med det ([{n_officers} företrädare / {same_account} konto / {same_address} adress])"
  en: "was registered {days_apart:day|days} from the end of {old_provider} and shares {n_shared:fact|facts} with it ([{n_officers:officer|officers} / {same_account} account / {same_address} address])"
basis: [{title: handbook HVB-8}, {title: handbook reference X-11}]
parameters:
  max_days: {value: 180, unit: days, because: handbook HVB-8}
  min_shared: {value: 2, unit: shared officers or account or address, because: one shared token proves nothing}
severity: 4
status: active
since: 2026-11-23
*/
WITH homes AS (
  SELECT provider_id, registered_on, bank_account_token, address_token, row_ref,
         least(coalesce(deregistered_on, DATE '2999-12-31'), coalesce(bankruptcy_on, DATE '2999-12-31'),
               coalesce(permit_to, DATE '2999-12-31')) AS ended_on
  FROM providers
  WHERE concat('|', services, '|') LIKE '%|hvb|%' AND org_form <> 'kommunal'
),
successions AS (
  -- few homes end: the pairing is small
  SELECT n.provider_id, o.provider_id AS old_provider, o.ended_on, n.registered_on, n.row_ref, o.row_ref AS old_ref,
         CASE WHEN n.bank_account_token = o.bank_account_token THEN 1 ELSE 0 END AS same_account,
         CASE WHEN n.address_token = o.address_token THEN 1 ELSE 0 END AS same_address
  FROM homes o
  JOIN homes n ON n.provider_id <> o.provider_id
   AND n.registered_on <= o.ended_on + INTERVAL 1 DAY * $max_days
   AND n.registered_on >= o.ended_on - INTERVAL 1 DAY * $max_days
  WHERE o.ended_on <= $as_of AND n.registered_on <= $as_of AND o.registered_on < n.registered_on
),
officers AS (
  SELECT provider_id, person_token, min(row_ref) AS row_ref FROM provider_roles
  WHERE role <> 'auditor' GROUP BY provider_id, person_token
),
shared_officers AS (
  SELECT s.provider_id, s.old_provider, count(*) AS n_officers, min(a.row_ref) AS role_ref, min(b.row_ref) AS old_role_ref
  FROM successions s
  JOIN officers a ON a.provider_id = s.provider_id
  JOIN officers b ON b.provider_id = s.old_provider AND b.person_token = a.person_token
  GROUP BY s.provider_id, s.old_provider
),
counted AS (
  SELECT s.provider_id, s.old_provider, s.ended_on, s.registered_on, s.row_ref, s.old_ref, s.same_account, s.same_address,
         coalesce(o.n_officers, 0) AS n_officers,
         coalesce(o.n_officers, 0) + s.same_account + s.same_address AS n_shared
  FROM successions s
  LEFT JOIN shared_officers o ON o.provider_id = s.provider_id AND o.old_provider = s.old_provider
),
fired AS (
  SELECT provider_id, old_provider, ended_on, registered_on, row_ref, old_ref, same_account, same_address, n_officers, n_shared
  FROM counted WHERE n_shared >= $min_shared
),
evidence_rows AS (
  SELECT provider_id, old_provider, row_ref FROM fired
  UNION
  SELECT provider_id, old_provider, old_ref FROM fired
  UNION
  SELECT f.provider_id, f.old_provider, a.row_ref
  FROM fired f
  JOIN officers a ON a.provider_id = f.provider_id
  JOIN officers b ON b.provider_id = f.old_provider AND b.person_token = a.person_token
  UNION
  SELECT f.provider_id, f.old_provider, b.row_ref
  FROM fired f
  JOIN officers a ON a.provider_id = f.provider_id
  JOIN officers b ON b.provider_id = f.old_provider AND b.person_token = a.person_token
),
references_of AS (
  SELECT provider_id, old_provider, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id, old_provider
)
SELECT f.provider_id AS subject_id, f.old_provider AS episode,
       least(f.ended_on, f.registered_on) AS period_from, greatest(f.ended_on, f.registered_on) AS period_to,
       CAST(least(1.0, 0.3 + f.n_shared / 8.0 + 0.2 * (f.same_account + f.same_address)) AS DOUBLE) AS strength,
       f.old_provider, abs(date_diff('day', f.ended_on, f.registered_on)) AS days_apart, f.n_shared, f.n_officers,
       f.same_account, f.same_address, e.evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id AND e.old_provider = f.old_provider
