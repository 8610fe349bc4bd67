/*
code: LP09
title: {sv: Betalt till annat konto än registrets, en: Paid to another account than registered}
method: rule
kind: breach
concept: account
subject: provider
gate: P0
reads: [supplier_payments, providers]
population: supplier_payments.supplier_id
why:
  sv: Betalningar ska gå till det konto som är kontrollerat i registret. Ett annat konto kan betyda att någon annan fått pengarna.
  en: Payments should go to the account checked in the register. Another account may mean that somebody else got the money.
innocent:
  sv: Leverantören har bytt konto och registret är inte uppdaterat; fakturor sålda till factoringbolag.
  en: The supplier changed account and the register is not up to date; invoices sold to a factoring company.
blind_spots:
  sv: Leverantörer som saknas i registret eller saknar konto där.
  en: Suppliers missing from the register or without an account there.
next_step:
  sv: Kontrollera kontots innehavare hos bank- eller plusgirot och när kontot ändrades, av vem.
  en: Check who holds the account and when it was changed, by whom.
sentence:
  sv: "{n:betalning|betalningar} på {amount_sek} kr gick till {n_accounts:konto|konton} som inte är det registrerade"
  en: "{n:payment|payments} of {amount_sek} SEK went to {n_accounts:account|accounts} other than the registered one"
basis: [{title: handbook LP-9}]
amount: {kind: exact, how: {sv: betalningarna till andra konton, en: the payments to other accounts}}
parameters:
  min_amount: {value: 1000, unit: SEK, because: a few hundred is less than the check costs}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the register row with the other account is among the evidence"}
*/
WITH other AS (
  SELECT p.supplier_id, p.booked_on, p.amount_sek, p.bank_account_token, p.row_ref, r.row_ref AS register_ref,
         row_number() OVER (PARTITION BY p.supplier_id ORDER BY p.booked_on, p.amount_sek DESC, p.row_ref) AS place
  FROM supplier_payments p JOIN providers r ON r.provider_id = p.supplier_id
  WHERE p.booked_on >= $since AND p.booked_on <= $as_of AND p.bank_account_token IS NOT NULL
    AND r.bank_account_token IS NOT NULL AND p.bank_account_token <> r.bank_account_token
),
evidence_rows AS (
  SELECT supplier_id, register_ref AS row_ref FROM other
  UNION
  SELECT supplier_id, row_ref FROM other WHERE place <= 199
),
references_of AS (SELECT supplier_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY supplier_id)
SELECT o.supplier_id AS subject_id, min(booked_on) AS period_from, max(booked_on) AS period_to,
       CAST(least(1.0, 0.5 + CAST(sum(amount_sek) AS DOUBLE) / 400000.0) AS DOUBLE) AS strength,
       CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n,
       count(DISTINCT bank_account_token) AS n_accounts, max(e.evidence) AS evidence
FROM other o JOIN references_of e ON e.supplier_id = o.supplier_id
GROUP BY o.supplier_id
HAVING sum(amount_sek) >= $min_amount
