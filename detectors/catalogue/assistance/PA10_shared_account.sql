/*
code: PA10
title: {sv: Gemensamt konto med brukare eller assistent, en: Account shared with client or assistant}
method: rule
kind: breach
concept: account
subject: provider
gate: P1
reads: [assistance_shifts, assistance_invoices, persons, providers, provider_roles, listed_tokens]
optional_reads: [provider_roles, assistance_shifts, assistance_invoices]
population: assistance_invoices.provider_id
why:
  sv: Ersättningen ska gå till anordnaren och lönen till assistenten. Ett konto som delas av anordnare och brukare eller assistent, eller av brukare och assistent, väcker frågan vart pengarna tar vägen.
  en: The payment should go to the provider and the wage to the assistant. An account shared by provider and client or assistant, or by client and assistant, raises the question where the money goes.
innocent:
  sv: Par eller familj med gemensamt konto på samma adress (räknas inte); enskild firma vars ägare själv är assistent eller brukaren är egen arbetsgivare (räknas inte); förvaltares eller god mans konto som kommunen har listat.
  en: A couple or family with one account at one address (not counted); a sole trader who is the assistant, or a client who is the employer (not counted); a trustee's account that the municipality has listed.
blind_spots:
  sv: Konton som inte finns i personregistret; pengar som förs vidare efter utbetalningen.
  en: Accounts missing in the register of persons; money moved on after the payment.
next_step:
  sv: Begär bekräftelse från banken på vem som äger kontot och se till vilket konto assistentens lön betalas.
  en: Ask the bank to confirm who holds the account and see to which account the assistant's wage is paid.
sentence:
  sv: "{n_persons:person|personer} delar konto med anordnaren eller mellan brukare och assistent ([{n_clients} brukare med anordnarens konto / {n_assistants:assistent|assistenter} med anordnarens konto / {n_pairs} par som delar konto utan att bo ihop])"
  en: "{n_persons:person|persons} share an account with the provider or between client and assistant ([{n_clients:client|clients} with the provider's account / {n_assistants:assistant|assistants} with the provider's account / {n_pairs:pair|pairs} that share one without living together])"
basis: [{title: handbook PA-10}]
amount: {kind: cap, how: {sv: 'anordnarens alla fakturor under perioden för de brukare som delar kontot eller vars assistent gör det', en: 'all invoices of the provider in the period for the clients who share the account or whose assistant does'}}
severity: 4
status: active
since: 2026-11-23
*/
WITH together AS (
  -- who works with whom at which provider
  SELECT provider_id, client_token, assistant_token, min(started_at) AS first_at, max(started_at) AS last_at
  FROM assistance_shifts
  WHERE started_at >= $since AND ended_at > started_at
  GROUP BY provider_id, client_token, assistant_token
),
people AS (
  SELECT DISTINCT provider_id, client_token AS person_token, 'client' AS part FROM together
  UNION
  SELECT DISTINCT provider_id, client_token, 'client' FROM assistance_invoices WHERE month >= $since
  UNION
  SELECT DISTINCT provider_id, assistant_token, 'assistant' FROM together
),
trusted AS (
  SELECT token FROM listed_tokens WHERE list = 'trustee_accounts'
),
known AS (
  -- one row a person: the register may hold one for each period
  SELECT person_token, max(bank_account_token) AS account, max(address_token) AS address_token, min(row_ref) AS row_ref
  FROM persons
  WHERE bank_account_token IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM trusted t WHERE t.token = persons.bank_account_token)
  GROUP BY person_token
),
accounts AS (
  SELECT provider_id, bank_account_token AS account FROM providers WHERE bank_account_token IS NOT NULL
  UNION
  SELECT provider_id, bank_account_token FROM assistance_invoices
  WHERE month >= $since AND bank_account_token IS NOT NULL
),
own_account AS (
  SELECT DISTINCT e.provider_id, e.person_token, e.part, a.account, k.row_ref
  FROM people e
  JOIN known k ON k.person_token = e.person_token
  JOIN accounts a ON a.provider_id = e.provider_id AND a.account = k.account
  LEFT JOIN providers p ON p.provider_id = e.provider_id
  WHERE coalesce(p.org_form, 'ab') <> 'ef'
     OR (EXISTS (SELECT 1 FROM provider_roles r WHERE r.provider_id = e.provider_id)
         AND NOT EXISTS (SELECT 1 FROM provider_roles r
                         WHERE r.provider_id = e.provider_id AND r.person_token = e.person_token))
),
pairs AS (
  SELECT t.provider_id, t.client_token, t.assistant_token, c.account, c.row_ref AS client_ref, s.row_ref AS assistant_ref
  FROM together t
  JOIN known c ON c.person_token = t.client_token
  JOIN known s ON s.person_token = t.assistant_token AND s.account = c.account
  WHERE t.client_token <> t.assistant_token
    AND (c.address_token IS NULL OR s.address_token IS NULL OR c.address_token <> s.address_token)
),
fired AS (
  SELECT provider_id, person_token, part, row_ref FROM own_account
  UNION
  SELECT provider_id, client_token, 'pair', client_ref FROM pairs
  UNION
  SELECT provider_id, assistant_token, 'pair', assistant_ref FROM pairs
),
concerned AS (
  -- the clients whose money the account has to do with
  SELECT provider_id, person_token AS client_token FROM own_account WHERE part = 'client'
  UNION
  SELECT t.provider_id, t.client_token
  FROM together t
  JOIN own_account o ON o.provider_id = t.provider_id AND o.person_token = t.assistant_token AND o.part = 'assistant'
  UNION
  SELECT provider_id, client_token FROM pairs
),
money AS (
  SELECT i.provider_id, sum(i.amount_sek) AS amount_sek
  FROM assistance_invoices i
  JOIN concerned c ON c.provider_id = i.provider_id AND c.client_token = i.client_token
  WHERE i.month >= $since AND i.month <= $as_of
  GROUP BY i.provider_id
),
pair_counts AS (
  SELECT provider_id, count(*) AS n_pairs FROM pairs GROUP BY provider_id
),
spans AS (
  SELECT provider_id, CAST(min(first_at) AS DATE) AS period_from, CAST(max(last_at) AS DATE) AS period_to
  FROM together GROUP BY provider_id
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM fired
  UNION
  SELECT p.provider_id, p.row_ref FROM providers p JOIN own_account o ON o.provider_id = p.provider_id
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id
),
summed AS (
  SELECT provider_id, count(DISTINCT person_token) AS n_persons,
         count(DISTINCT CASE WHEN part = 'client' THEN person_token END) AS n_clients,
         count(DISTINCT CASE WHEN part = 'assistant' THEN person_token END) AS n_assistants
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, coalesce(t.period_from, $since) AS period_from, coalesce(t.period_to, $as_of) AS period_to,
       CAST(least(1.0, 0.4 + (s.n_clients + s.n_assistants) / 5.0 + coalesce(c.n_pairs, 0) / 20.0) AS DOUBLE) AS strength,
       CAST(m.amount_sek AS DECIMAL(14,2)) AS amount_sek,
       s.n_persons, s.n_clients, s.n_assistants, coalesce(c.n_pairs, 0) AS n_pairs, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN spans t ON t.provider_id = s.provider_id
LEFT JOIN money m ON m.provider_id = s.provider_id
LEFT JOIN pair_counts c ON c.provider_id = s.provider_id
