/*
code: AG12
title: {sv: Flera föreningar med samma styrelse, en: Several associations with one board}
method: rule
kind: unusual
concept: board
subject: association
gate: P0
reads: [organisation_officers, associations, account_payees, listed_tokens]
population: association_roles.association_id
why:
  sv: Flera föreningar som drivs av samma personer från samma adress eller konto kan i praktiken vara en förening som söker bidrag flera gånger.
  en: Several associations run by the same people from one address or account may in practice be one that applies for grants several times.
innocent:
  sv: Förbund med lokalavdelningar; sektioner som blivit egna föreningar; ett föreningshus där många har sin adress (räknas inte).
  en: Federations with local branches; sections that became associations; a house of associations where many have their address (not counted).
blind_spots:
  sv: Styrelser med anhöriga i stället för samma personer.
  en: Boards of relatives rather than of the same people.
next_step:
  sv: Jämför ansökningarna, medlemslistorna och redovisningarna för föreningarna sida vid sida.
  en: Compare applications, member lists and accounts of the associations side by side.
sentence:
  sv: "Föreningen delar minst {least_persons:styrelseledamot|styrelseledamöter} samt konto eller adress med {n_others:annan förening|andra föreningar}; föreningens bidrag under perioden är {paid_sek} kronor"
  en: "The association shares at least {least_persons:member|members} of the board, and an account or address, with {n_others:other association|other associations}; its grants in the period are {paid_sek} SEK"
basis: [{title: handbook AG-12}]
amount: {kind: cap, how: {sv: föreningens bidrag under perioden, en: the association's grants in the period}}
parameters:
  min_persons: {value: 2, unit: persons, because: handbook AG-12}
  min_associations: {value: 3, unit: associations with itself, because: handbook AG-12}
  max_at_token: {value: 15, unit: associations, because: an address or account of more is a house of associations or an umbrella body}
severity: 3
status: active
since: 2026-11-23
*/
WITH officers AS (
  SELECT org_id AS association_id, person_token, row_ref FROM organisation_officers
  WHERE org_type = 'association' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $since)
),
people AS (
  SELECT a.association_id, b.association_id AS other_id, count(*) AS n_persons
  FROM officers a JOIN officers b ON b.person_token = a.person_token AND b.association_id <> a.association_id
  GROUP BY a.association_id, b.association_id HAVING count(*) >= $min_persons
),
tokens AS (
  SELECT association_id, bank_account_token AS token FROM associations WHERE bank_account_token IS NOT NULL
  UNION
  SELECT association_id, address_token FROM associations
  WHERE address_token IS NOT NULL
    AND address_token NOT IN (SELECT l.token FROM listed_tokens l WHERE l.list = 'accountant_addresses')
  UNION
  SELECT payee_id, account_token FROM account_payees
  WHERE payee_type = 'association' AND account_token IS NOT NULL AND last_paid >= $since
),
few AS (SELECT token FROM tokens GROUP BY token HAVING count(*) BETWEEN 2 AND $max_at_token),
places AS (
  SELECT DISTINCT a.association_id, b.association_id AS other_id
  FROM tokens a JOIN few f ON f.token = a.token JOIN tokens b ON b.token = a.token AND b.association_id <> a.association_id
),
ties AS (
  SELECT p.association_id, p.other_id, p.n_persons
  FROM people p JOIN places q ON q.association_id = p.association_id AND q.other_id = p.other_id
),
fired AS (
  SELECT association_id, count(*) AS n_others, min(n_persons) AS least_persons FROM ties
  GROUP BY association_id HAVING count(*) >= $min_associations - 1
),
evidence_rows AS (
  SELECT t.association_id, a.row_ref
  FROM ties t JOIN fired f ON f.association_id = t.association_id
  JOIN officers a ON a.association_id = t.association_id JOIN officers b ON b.association_id = t.other_id AND b.person_token = a.person_token
  UNION
  SELECT t.association_id, b.row_ref
  FROM ties t JOIN fired f ON f.association_id = t.association_id
  JOIN officers a ON a.association_id = t.association_id JOIN officers b ON b.association_id = t.other_id AND b.person_token = a.person_token
  UNION
  SELECT t.association_id, r.row_ref FROM ties t JOIN associations r ON r.association_id = t.other_id OR r.association_id = t.association_id
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id),
paid AS (
  SELECT payee_id AS association_id, sum(amount_sek) AS paid_sek, min(first_paid) AS first_on, max(last_paid) AS last_on
  FROM account_payees WHERE payee_type = 'association' AND last_paid >= $since GROUP BY payee_id
)
SELECT f.association_id AS subject_id, greatest(coalesce(CAST(p.first_on AS DATE), $since), $since) AS period_from,
       coalesce(CAST(p.last_on AS DATE), $as_of) AS period_to,
       CAST(least(1.0, 0.3 + 0.1 * f.n_others + 0.05 * f.least_persons) AS DOUBLE) AS strength,
       CAST(p.paid_sek AS DECIMAL(14,2)) AS amount_sek, f.n_others, f.least_persons,
       CAST(round(coalesce(p.paid_sek, 0), 0) AS BIGINT) AS paid_sek, e.evidence
FROM fired f
JOIN references_of e ON e.association_id = f.association_id
LEFT JOIN paid p ON p.association_id = f.association_id
