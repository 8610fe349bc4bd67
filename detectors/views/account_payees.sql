/*
name: account_payees
meaning: >
  What the municipality paid, by account, payee, domain and month: payee_type (provider, association, household,
  landlord, third_party) and payee_id, domain (home_care, assistance, hvb, associations, income_support), amount_sek with
  credits taken off, n_payments, first_paid and last_paid, row_ref of the largest payment (of equal ones the first). An invoice without an account
  counts on the account of the provider's register row; account_token is null where none is known. A landlord is known by
  the household's application of the month, else by the account itself; so is a third party.
reads: [home_care_invoices, assistance_invoices, hvb_invoices, association_grants, income_support_payments,
        income_support_applications, providers, associations]
materialise: true
*/
WITH invoices AS (
  SELECT provider_id, 'home_care' AS domain, bank_account_token, amount_sek,
         CAST(date_trunc('month', month) AS DATE) AS month, coalesce(invoiced_on, month) AS paid_on,
         invoice_id AS paid_id, row_ref
  FROM home_care_invoices
  UNION ALL
  SELECT provider_id, 'assistance', bank_account_token, amount_sek,
         CAST(date_trunc('month', month) AS DATE), coalesce(invoiced_on, month), invoice_id, row_ref
  FROM assistance_invoices
  UNION ALL
  SELECT provider_id, 'hvb', bank_account_token, amount_sek,
         CAST(date_trunc('month', period_to) AS DATE), coalesce(invoiced_on, period_to), invoice_id, row_ref
  FROM hvb_invoices
),
landlords AS (
  -- one landlord a household and month, so that a payment never multiplies
  SELECT household_token, CAST(date_trunc('month', month) AS DATE) AS month, min(landlord_token) AS landlord_token
  FROM income_support_applications GROUP BY household_token, CAST(date_trunc('month', month) AS DATE)
),
paid AS (
  SELECT coalesce(i.bank_account_token, p.bank_account_token) AS account_token, 'provider' AS payee_type,
         i.provider_id AS payee_id, i.domain, i.month, i.amount_sek, i.paid_on, i.paid_id, i.row_ref
  FROM invoices i LEFT JOIN providers p ON p.provider_id = i.provider_id
  UNION ALL
  SELECT coalesce(g.bank_account_token, a.bank_account_token), 'association', g.association_id, 'associations',
         CAST(date_trunc('month', coalesce(g.paid_on, g.decided_on, g.applied_on)) AS DATE), g.paid_sek,
         coalesce(g.paid_on, g.decided_on, g.applied_on), g.grant_id, g.row_ref
  FROM association_grants g LEFT JOIN associations a ON a.association_id = g.association_id
  UNION ALL
  SELECT s.bank_account_token,
         CASE WHEN s.payee = 'household' THEN 'household' WHEN s.payee = 'landlord' THEN 'landlord' ELSE 'third_party' END,
         CASE WHEN s.payee = 'household' THEN s.household_token
              WHEN s.payee = 'landlord' THEN coalesce(l.landlord_token, s.bank_account_token)
              ELSE s.bank_account_token END,
         'income_support', CAST(date_trunc('month', s.month) AS DATE), s.amount_sek, s.paid_on, s.payment_id, s.row_ref
  FROM income_support_payments s
  LEFT JOIN landlords l ON l.household_token = s.household_token
                       AND l.month = CAST(date_trunc('month', s.month) AS DATE)
),
placed AS (
  SELECT account_token, payee_type, payee_id, domain, month, amount_sek, paid_on, row_ref,
         row_number() OVER (PARTITION BY account_token, payee_type, payee_id, domain, month
                            ORDER BY amount_sek DESC, paid_on, paid_id) AS place
  FROM paid
)
SELECT account_token, payee_type, payee_id, domain, month, sum(amount_sek) AS amount_sek, count(*) AS n_payments,
       min(paid_on) AS first_paid, max(paid_on) AS last_paid,
       max(CASE WHEN place = 1 THEN row_ref END) AS row_ref
FROM placed
GROUP BY account_token, payee_type, payee_id, domain, month
