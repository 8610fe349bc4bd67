/*
code: AG11
title: {sv: Bidragskonto delas med någon annan, en: Grant account shared with somebody else}
method: rule
kind: breach
concept: account
subject: association
gate: P1
reads: [associations, association_grants, association_roles, persons, account_payees, listed_tokens]
optional_reads: [association_roles, persons]
optional_columns: [associations.parent_association_id]
population: association_grants.association_id
why:
  sv: Bidrag ska betalas till föreningens eget konto. På ett privat eller delat konto går det inte att följa att pengarna gått till verksamheten.
  en: Grants are paid to the association's own account. On a private or shared one nobody can follow that the money went to its activities.
innocent:
  sv: Ett paraplyorgan eller en huvudförening som tar emot bidrag åt sina sektioner (räknas inte när registret säger vem som är huvudförening eller kontot står i kommunens lista över paraplykonton); en nybildad förening som ännu inte fått konto; fel konto i registret.
  en: An umbrella body or parent association that takes grants for its sections (not counted where the register names the parent or the account is in the list umbrella_accounts); a new association without an account yet; a wrong account in the register.
blind_spots:
  sv: Privatpersoner utan roll i någon förening jämförs inte här; det kräver uppgifter från andra nämnder.
  en: Private persons without a role in any association are not compared here; that takes data of other committees.
next_step:
  sv: Begär bankens intyg på vem som äger kontot och styrelsens beslut om firmateckning.
  en: Ask for the bank's statement on who owns the account and the board's decision on who may sign.
sentence:
  sv: "Föreningens bidrag går till ett konto som också hör till [{n_associations:annan förening|andra föreningar} / {n_persons:privatperson|privatpersoner} med roll i en förening]; {paid_sek} kronor har betalats dit"
  en: "The association's grants go to an account that also belongs to [{n_associations:other association|other associations} / {n_persons:private person|private persons} with a role in an association]; {paid_sek} SEK were paid there"
basis: [{title: handbook AG-11}, {title: handbook reference FB-17}]
amount: {kind: cap, how: {sv: föreningens bidrag som betalats till det delade kontot, en: the association's grants paid to the shared account}}
parameters:
  max_associations: {value: 10, unit: associations, because: an account of more associations is that of an umbrella body}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: sections of one parent association and accounts in the list umbrella_accounts are no longer counted as shared between associations}
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
bodies AS (
  -- a parent association and its sections are one body, which may have one account
  SELECT h.account_token, h.association_id, coalesce(a.parent_association_id, h.association_id) AS body_id
  FROM held h LEFT JOIN associations a ON a.association_id = h.association_id
),
associations_of AS (
  SELECT account_token, count(DISTINCT association_id) AS n_associations, count(DISTINCT body_id) AS n_bodies
  FROM bodies GROUP BY account_token
),
own_body AS (
  SELECT account_token, body_id, count(DISTINCT association_id) AS n_own FROM bodies GROUP BY account_token, body_id
),
umbrellas AS (
  SELECT token FROM listed_tokens WHERE list = 'umbrella_accounts' GROUP BY token
),
persons_of AS (
  SELECT bank_account_token AS account_token, count(DISTINCT person_token) AS n_persons, min(row_ref) AS row_ref
  FROM persons
  WHERE bank_account_token IS NOT NULL AND person_token IN (SELECT r.person_token FROM association_roles r)
  GROUP BY bank_account_token
),
fired AS (
  SELECT p.association_id, p.account_token, p.paid_sek, p.first_on, p.last_on,
         CASE WHEN u.token IS NULL THEN a.n_associations - o.n_own ELSE 0 END AS n_associations,
         coalesce(q.n_persons, 0) AS n_persons, q.row_ref AS person_ref
  FROM paid p
  JOIN associations_of a ON a.account_token = p.account_token
  JOIN bodies b ON b.account_token = p.account_token AND b.association_id = p.association_id
  JOIN own_body o ON o.account_token = b.account_token AND o.body_id = b.body_id
  LEFT JOIN umbrellas u ON u.token = p.account_token
  LEFT JOIN persons_of q ON q.account_token = p.account_token
  WHERE ((a.n_bodies >= 2 AND u.token IS NULL) OR q.n_persons >= 1) AND a.n_associations <= $max_associations
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
