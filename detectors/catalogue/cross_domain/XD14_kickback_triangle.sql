/*
code: XD14
title: {sv: "Brukare, personal och utförare delar konto", en: "Client, staff and provider share an account"}
method: rule
kind: breach
concept: account
subject: provider
gate: P2
reads: [work_intervals, persons, account_payees, providers, home_care_invoices, assistance_invoices]
optional_reads: [home_care_invoices, assistance_invoices]
population: [home_care_invoices.provider_id, assistance_invoices.provider_id]
why:
  sv: Den som får insatsen, den som utför den och den som får betalt för den använder samma konto. Pengarna går då i en cirkel och ingen utomstående ser om arbetet blev utfört.
  en: Those who receive the service, do the work and are paid for it use one account. The money goes in a circle and no outsider sees whether the work was done.
innocent:
  sv: En egen arbetsgivare med anhöriga som assistenter kan ha ett gemensamt hushållskonto; fel konto i registret.
  en: A client who is the employer, with relatives as assistants, may have a common household account; a wrong account in the register.
blind_spots:
  sv: Kontanta återbetalningar och konton i andra personers namn.
  en: Money paid back in cash and accounts in other people's names.
next_step:
  sv: Begär löneutbetalningar och kontoutdrag från utföraren och samtala med brukaren utan att utföraren är med.
  en: Ask the provider for pay slips and statements, and talk to the client without the provider.
sentence:
  sv: "{n_clients} brukare och {n_staff} i personalen har samma konto som utföraren; för dessa brukare har utföraren registrerat {hours:timme|timmar} och fakturerat {billed_sek} kronor"
  en: "{n_clients:client|clients} and {n_staff} staff have the provider's own account; for these clients the provider registered {hours:hour|hours} and billed {billed_sek} SEK"
basis: [{title: handbook X-14}, {title: handbook PA-10}]
amount: {kind: cap, how: {sv: allt som utföraren fakturerat för dessa brukare under perioden, en: all that the provider billed for these clients in the period}}
parameters:
  min_shifts: {value: 1, unit: visits or shifts, because: one shift with the client is enough to tie the three}
severity: 5
status: active
since: 2026-11-23
*/
WITH payees AS (
  SELECT account_token, payee_id, row_ref,
         row_number() OVER (PARTITION BY account_token, payee_id ORDER BY amount_sek DESC, month, domain, row_ref) AS place
  FROM account_payees
  WHERE payee_type = 'provider' AND account_token IS NOT NULL AND last_paid >= $since
),
held AS (
  SELECT account_token, payee_id AS provider_id, row_ref AS paid_ref FROM payees WHERE place = 1
  UNION ALL
  -- an account of the register to which nothing was paid yet
  SELECT p.bank_account_token, p.provider_id, p.row_ref
  FROM providers p
  WHERE p.bank_account_token IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM account_payees a
                    WHERE a.payee_type = 'provider' AND a.payee_id = p.provider_id AND a.last_paid >= $since
                      AND a.account_token = p.bank_account_token)
),
people AS (
  SELECT h.provider_id, h.account_token, h.paid_ref, p.person_token, p.row_ref AS person_ref
  FROM held h JOIN persons p ON p.bank_account_token = h.account_token
),
together AS (
  SELECT w.organisation_id AS provider_id, c.account_token, w.client_token, w.person_token, c.paid_ref,
         c.person_ref AS client_ref, s.person_ref AS staff_ref, w.started_at, w.row_ref,
         (epoch(w.ended_at) - epoch(w.started_at)) / 3600.0 AS hours
  FROM work_intervals w
  JOIN people c ON c.provider_id = w.organisation_id AND c.person_token = w.client_token
  JOIN people s ON s.provider_id = w.organisation_id AND s.person_token = w.person_token
               AND s.account_token = c.account_token
  WHERE w.started_at >= $since AND w.client_token <> w.person_token
),
evidence_rows AS (
  SELECT provider_id, account_token, client_ref AS row_ref FROM together
  UNION
  SELECT provider_id, account_token, staff_ref FROM together
  UNION
  SELECT provider_id, account_token, paid_ref FROM together
  UNION
  SELECT provider_id, account_token, row_ref FROM together
),
references_of AS (
  SELECT provider_id, account_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id, account_token
),
billed AS (
  -- clients are made distinct first: a client with two assistants is billed once
  SELECT c.provider_id, c.account_token, sum(i.amount_sek) AS billed_sek
  FROM (SELECT DISTINCT provider_id, account_token, client_token FROM together) c
  JOIN (SELECT provider_id, client_token, amount_sek FROM home_care_invoices WHERE month >= $since
        UNION ALL
        SELECT provider_id, client_token, amount_sek FROM assistance_invoices WHERE month >= $since) i
    ON i.provider_id = c.provider_id AND i.client_token = c.client_token
  GROUP BY c.provider_id, c.account_token
),
summed AS (
  SELECT provider_id, account_token, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(DISTINCT client_token) AS n_clients, count(DISTINCT person_token) AS n_staff, sum(hours) AS hours
  FROM together GROUP BY provider_id, account_token HAVING count(*) >= $min_shifts
)
SELECT s.provider_id AS subject_id, s.account_token AS episode, s.period_from, s.period_to,
       CAST(least(1.0, 0.6 + 0.1 * (s.n_clients + s.n_staff)) AS DOUBLE) AS strength,
       CAST(b.billed_sek AS DECIMAL(14,2)) AS amount_sek, s.n_clients, s.n_staff, round(s.hours, 1) AS hours,
       CAST(round(coalesce(b.billed_sek, 0), 0) AS BIGINT) AS billed_sek, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id AND e.account_token = s.account_token
LEFT JOIN billed b ON b.provider_id = s.provider_id AND b.account_token = s.account_token
