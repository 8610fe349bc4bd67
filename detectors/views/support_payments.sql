/*
name: support_payments
meaning: >
  Income-support payments that stand: without rows marked as taken back, and without a payment and its reversal (same
  household, month and purpose, the same amount with the opposite sign). A reversal takes the latest equal payment off.
  Other negative rows stay, so that sums are net. One row a payment.
reads: [income_support_payments]
materialise: true
*/
WITH kept AS (
  SELECT payment_id, household_token, month, paid_on, purpose, amount_sek, payee, bank_account_token, row_ref,
         abs(amount_sek) AS size, amount_sek > 0 AS is_paid
  FROM income_support_payments
  WHERE NOT coalesce(credited, false) AND amount_sek <> 0
),
placed AS (
  SELECT payment_id, household_token, month, paid_on, purpose, amount_sek, payee, bank_account_token, row_ref, is_paid,
         row_number() OVER (PARTITION BY household_token, month, purpose, size, is_paid
                            ORDER BY paid_on DESC, payment_id) AS place,
         sum(CASE WHEN is_paid THEN 1 ELSE 0 END) OVER (PARTITION BY household_token, month, purpose, size) AS n_paid,
         sum(CASE WHEN is_paid THEN 0 ELSE 1 END) OVER (PARTITION BY household_token, month, purpose, size) AS n_back
  FROM kept
)
SELECT payment_id, household_token, month, paid_on, purpose, amount_sek, payee, bank_account_token, row_ref
FROM placed
WHERE place > CASE WHEN is_paid THEN n_back ELSE n_paid END
