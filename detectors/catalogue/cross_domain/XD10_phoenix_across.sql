/*
code: XD10
title: {sv: Ny utförare efter nedlagd med samma personer, en: New provider after a closed one}
method: rule
kind: breach
concept: ownership
subject: provider
gate: P0
reads: [providers, provider_roles, account_payees, listed_tokens]
optional_columns: [providers.deregistered_on, providers.bankruptcy_on]
population: providers.provider_id
why:
  sv: En utförare upphör och en ny börjar strax därefter med samma personer, konto eller adress. Skulder, återkrav och anmärkningar stannar då i det gamla bolaget.
  en: One provider ends and a new one begins soon after with the same people, account or address. Debts, claims and remarks then stay in the old company.
innocent:
  sv: Ombildning från enskild firma till bolag; laglig övertagelse från ett konkursbo; kontorshotell (adresser med många bolag räknas inte).
  en: A sole trader turned into a company; a lawful takeover from a bankrupt estate; an office hotel (addresses of many companies are not counted).
blind_spots:
  sv: Nya företrädare som är bulvaner; bolag i andra kommuner.
  en: New officers who stand in for others; companies in other municipalities.
next_step:
  sv: Ta fram skälet till att den första utföraren upphörde, öppna återkrav och om brukare och personal följde med.
  en: Find out why the first provider ended, what claims are open, and whether clients and staff moved along.
sentence:
  sv: "En utförare upphörde {ended_on} och en annan började {began_on} med [{n_officers:gemensam företrädare|gemensamma företrädare} / {n_accounts:gemensamt konto|gemensamma konton} / {n_addresses:gemensam adress|gemensamma adresser}]"
  en: "One provider ended on {ended_on} and another began on {began_on} with [{n_officers:officer|officers} / {n_accounts:account|accounts} / {n_addresses:address|addresses}] in common"
basis: [{title: handbook X-10}, {title: handbook HVB-8}, {title: handbook reference X-11}]
amount: {kind: cap, how: {sv: allt som betalats till den nya utföraren under perioden (visas på den nya), en: all that was paid to the new provider in the period (shown on the new one)}}
parameters:
  window_days: {value: 180, unit: days, because: handbook HVB-8}
  min_shared: {value: 2, unit: shared persons accounts or addresses, because: one alone is often chance}
  silent_days: {value: 90, unit: days, because: an invoice may be two months late; a provider without any for longer has ended}
  max_at_address: {value: 10, unit: providers, because: an address of more is an office hotel or an accountant}
severity: 4
status: active
since: 2026-11-23
*/
WITH payees AS (
  SELECT payee_id, month, amount_sek, row_ref,
         row_number() OVER (PARTITION BY payee_id ORDER BY month, amount_sek DESC, domain, account_token, row_ref) AS place
  FROM account_payees WHERE payee_type = 'provider' AND month >= $since
),
paid AS (
  SELECT payee_id AS provider_id, sum(amount_sek) AS paid_sek, min(month) AS first_month, max(month) AS last_month,
         max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
  FROM payees GROUP BY payee_id
),
dated AS (
  SELECT p.provider_id, p.row_ref, p.address_token, p.bank_account_token, d.paid_sek, d.row_ref AS paid_ref,
         least(coalesce(p.deregistered_on, p.bankruptcy_on), coalesce(p.bankruptcy_on, p.deregistered_on)) AS closed_on,
         CASE WHEN p.permit_to < $as_of THEN p.permit_to END AS permit_ended_on,
         CASE WHEN d.last_month + INTERVAL 1 MONTH < $as_of - $silent_days * INTERVAL 1 DAY
              THEN CAST(d.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) END AS silent_from,
         -- a first payment in the first month of the look-back says nothing of when the provider began
         CASE WHEN d.first_month > $since + INTERVAL 31 DAY THEN d.first_month END AS first_paid_on,
         coalesce(p.registered_on, p.permit_from) AS registered_on
  FROM providers p LEFT JOIN paid d ON d.provider_id = p.provider_id
),
ended AS (
  SELECT provider_id, row_ref, coalesce(closed_on, permit_ended_on, silent_from) AS ended_on, registered_on
  FROM dated
  WHERE coalesce(closed_on, permit_ended_on, silent_from) >= $since - INTERVAL 365 DAY
    AND coalesce(closed_on, permit_ended_on, silent_from) <= $as_of
),
started AS (
  SELECT provider_id, row_ref, registered_on AS began_on, paid_sek, paid_ref FROM dated WHERE registered_on IS NOT NULL
  UNION
  SELECT provider_id, row_ref, first_paid_on, paid_sek, paid_ref FROM dated WHERE first_paid_on IS NOT NULL
),
couples AS (
  SELECT e.provider_id AS old_id, s.provider_id AS new_id, e.ended_on, min(s.began_on) AS began_on,
         min(e.row_ref) AS old_ref, min(s.row_ref) AS new_ref, max(s.paid_sek) AS paid_sek, min(s.paid_ref) AS paid_ref
  FROM ended e JOIN started s ON s.provider_id <> e.provider_id
   AND abs(date_diff('day', e.ended_on, s.began_on)) <= $window_days
   AND (e.registered_on IS NULL OR s.began_on > e.registered_on)
  GROUP BY e.provider_id, s.provider_id, e.ended_on
),
roles AS (
  SELECT provider_id, person_token, min(row_ref) AS row_ref FROM provider_roles
  WHERE role <> 'auditor' GROUP BY provider_id, person_token
),
busy_addresses AS (
  SELECT address_token FROM providers WHERE address_token IS NOT NULL
  GROUP BY address_token HAVING count(*) > $max_at_address
),
shared_rows AS (
  SELECT c.old_id, c.new_id, 'officer' AS via, a.person_token AS token, b.row_ref
  FROM couples c JOIN roles a ON a.provider_id = c.old_id
  JOIN roles b ON b.provider_id = c.new_id AND b.person_token = a.person_token
  UNION ALL
  SELECT c.old_id, c.new_id, 'account', a.bank_account_token, b.row_ref
  FROM couples c JOIN providers a ON a.provider_id = c.old_id
  JOIN providers b ON b.provider_id = c.new_id AND b.bank_account_token = a.bank_account_token
  UNION ALL
  SELECT c.old_id, c.new_id, 'address', a.address_token, b.row_ref
  FROM couples c JOIN providers a ON a.provider_id = c.old_id
  JOIN providers b ON b.provider_id = c.new_id AND b.address_token = a.address_token
  WHERE a.address_token NOT IN (SELECT x.address_token FROM busy_addresses x)
    AND a.address_token NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'accountant_addresses')
),
shared AS (
  SELECT old_id, new_id, count(DISTINCT CASE WHEN via = 'officer' THEN token END) AS n_officers,
         count(DISTINCT CASE WHEN via = 'account' THEN token END) AS n_accounts,
         count(DISTINCT CASE WHEN via = 'address' THEN token END) AS n_addresses
  FROM shared_rows GROUP BY old_id, new_id
),
fired AS (
  SELECT c.old_id, c.new_id, c.ended_on, c.began_on, c.old_ref, c.new_ref, c.paid_sek, c.paid_ref, s.n_officers,
         s.n_accounts, s.n_addresses, s.n_officers + s.n_accounts + s.n_addresses AS n_shared
  FROM couples c JOIN shared s ON s.old_id = c.old_id AND s.new_id = c.new_id
  WHERE s.n_officers + s.n_accounts + s.n_addresses >= $min_shared
),
evidence_rows AS (
  SELECT old_id, new_id, old_ref AS row_ref FROM fired
  UNION
  SELECT old_id, new_id, new_ref FROM fired
  UNION
  SELECT old_id, new_id, paid_ref FROM fired WHERE paid_ref IS NOT NULL
  UNION
  SELECT f.old_id, f.new_id, r.row_ref FROM fired f JOIN shared_rows r ON r.old_id = f.old_id AND r.new_id = f.new_id
),
references_of AS (SELECT old_id, new_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY old_id, new_id),
subjects AS (
  SELECT new_id AS subject_id, old_id AS episode, old_id, new_id, paid_sek AS amount_sek FROM fired
  UNION ALL
  SELECT old_id, new_id, old_id, new_id, CAST(NULL AS DECIMAL(14,2)) FROM fired
)
SELECT s.subject_id, s.episode, least(f.ended_on, f.began_on) AS period_from, $as_of AS period_to,
       CAST(least(1.0, 0.3 + 0.15 * f.n_shared) AS DOUBLE) AS strength, CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek,
       f.ended_on, f.began_on, f.n_officers, f.n_accounts, f.n_addresses, e.evidence
FROM subjects s
JOIN fired f ON f.old_id = s.old_id AND f.new_id = s.new_id
JOIN references_of e ON e.old_id = s.old_id AND e.new_id = s.new_id
