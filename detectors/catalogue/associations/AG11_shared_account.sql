/*
code: AG11
title: {sv: Bidragskonto delas med någon annan, en: Grant account shared with somebody else}
method: rule
kind: breach
concept: account
subject: association
gate: P1
reads: [associations, association_grants, association_roles, persons, account_payees]
optional_reads: [association_roles, persons]
population: association_grants.association_id
why:
  sv: Bidrag ska betalas till föreningens eget konto. På ett privat eller delat konto går det inte att följa att pengarna gått till verksamheten.
  en: Grants are paid to the association's own account. On a private or shared one nobody can follow that the money went to its activities.
innocent:
  sv: Ett paraplyorgan eller en moderförening som tar emot bidrag åt sina sektioner; en nybildad förening som ännu inte fått konto; fel konto i registret.
  en: An umbrella body or parent association that takes grants for its sections; a new association without an account yet; a wrong account in the register.
blind_spots:
  sv: Privatpersoner utan roll i någon förening jämförs inte här; det kräver uppgifter från andra nämnder.
  en: Private persons without a role in any association are not compared here; that takes data of other committees.
next_step:
  sv: Begär bankens intyg på vem som äger kontot och styrelsens beslut om firmateckning.
  en: Ask for the bank's statement on who owns the account and the board's decision on who may sign.
sentence:
  sv: "Föreningens bidrag går till ett konto som också hör till {n_associations} andra föreningar och {n_persons:privatperson|privatpersoner} med roll i en förening; {paid_sek} kronor har betalats dit"
  en: "The association's grants go to an account that also belongs to {n_associations} other associations and {n_persons} private persons with a role in an association; {paid_sek} SEK were paid there"
basis: [{title: handbook AG-11}, {title: handbook reference FB-17}]
amount: {kind: cap, how: {sv: föreningens bidrag som betalats till det delade kontot, en: the association's grants paid to the shared account}}
parameters:
  max_associations: {value: 10, unit: associations, because: an account of more associations is that of an umbrella body}
severity: 4
status: active
since: 2026-11-23
*/
WITH paid AS (
  SELECT payee_id AS association_id, account_token, sum(amount_sek) AS paid_sek, min(first_paid) AS first_on,
         max(last_paid) AS last_on
  FROM account_payees
  WHERE payee_type = 'association' AND account_token IS NOT NULL AND last_paid >= $since
  GROUP BY payee_id, account_token
),
held AS (
  SELECT account_token, association_id FROM paid
  UNION
  SELECT bank_account_token, association_id FROM associations WHERE bank_account_token IS NOT NULL
),
associations_of AS (
  SELECT account_token, count(*) AS n_associations FROM held GROUP BY account_token
),
persons_of AS (
  SELECT bank_account_token AS account_token, count(DISTINCT person_token) AS n_persons, min(row_ref) AS row_ref
  FROM persons
  WHERE bank_account_token IS NOT NULL AND person_token IN (SELECT r.person_token FROM association_roles r)
  GROUP BY bank_account_token
),
fired AS (
  SELECT p.association_id, p.account_token, p.paid_sek, p.first_on, p.last_on,
         a.n_associations - 1 AS n_associations, coalesce(q.n_persons, 0) AS n_persons, q.row_ref AS person_ref
  FROM paid p
  JOIN associations_of a ON a.account_token = p.account_token
  LEFT JOIN persons_of q ON q.account_token = p.account_token
  WHERE (a.n_associations >= 2 OR q.n_persons >= 1) AND a.n_associations <= $max_associations
),
evidence_rows AS (
  SELECT f.association_id, f.account_token, g.row_ref
  FROM fired f JOIN association_grants g ON g.association_id = f.association_id
   AND coalesce(g.bank_account_token, f.account_token) = f.account_token
  WHERE g.year >= year($since)
  UNION
  SELECT f.association_id, f.account_token, a.row_ref
  FROM fired f JOIN associations a ON a.bank_account_token = f.account_token
  UNION
  SELECT association_id, account_token, person_ref FROM fired WHERE person_ref IS NOT NULL
),
references_of AS (
  SELECT association_id, account_token, array_agg(row_ref) AS evidence FROM evidence_rows
  GROUP BY association_id, account_token
)
SELECT f.association_id AS subject_id, f.account_token AS episode, greatest(CAST(f.first_on AS DATE), $since) AS period_from,
       CAST(f.last_on AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + CASE WHEN f.n_persons > 0 THEN 0.3 ELSE 0.0 END + f.paid_sek / 500000.0) AS DOUBLE) AS strength,
       CAST(f.paid_sek AS DECIMAL(14,2)) AS amount_sek, f.n_associations, f.n_persons,
       CAST(round(f.paid_sek, 0) AS BIGINT) AS paid_sek, e.evidence
FROM fired f JOIN references_of e ON e.association_id = f.association_id AND e.account_token = f.account_token
