/*
code: PA25
title: {sv: Assistans fakturerad utan beslut, en: Assistance billed without a decision}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_invoices, assistance_decisions]
population: assistance_invoices.provider_id
why:
  sv: Assistans betalas bara när ett beslut gäller. En räkning för en månad utan något gällande beslut saknar grund.
  en: Assistance is paid only while a decision holds. An invoice for a month without any decision in force has no ground.
innocent:
  sv: Beslut som kommer i efterhand (trettio dagar räknas inte); uppsägningstid efter dödsfall; statligt beslut som inte finns i kommunens uttag; byte av anordnare mitt i månaden.
  en: A decision that comes afterwards (thirty days are not counted); a notice period after a death; a state decision missing in the municipality's export; a change of provider within the month.
blind_spots:
  sv: Månader där beslutet bara gäller en del; beslut som borde ha avslutats men står öppna.
  en: Months of which the decision covers only a part; decisions that should have been ended but stand open.
next_step:
  sv: Leta efter beslutet i verksamhetssystemet och hos Försäkringskassan innan ersättning ifrågasätts.
  en: Look for the decision in the case system and at the social insurance agency before questioning the payment.
sentence:
  sv: "{n:räkning|räkningar} ({n_clients} brukare) avser månader då inget beslut gällde för brukaren"
  en: "{n:invoice|invoices} ({n_clients:client|clients}) concern months in which no decision held for the client"
basis: [{title: handbook HC-9 applied to assistance}, {title: LSS (1993:387) 9 § 2}]
amount: {kind: exact, how: {sv: räkningarnas belopp för de månaderna med avdrag för krediter, en: amounts of the invoices of those months with credits taken off}}
parameters:
  late_days: {value: 30, unit: days, because: decisions are often taken for the time back to the application; handbook HC-9}
severity: 4
status: active
since: 2026-11-23
*/
WITH billed AS (
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month, sum(amount_sek) AS amount_sek
  FROM assistance_invoices
  WHERE month >= $since AND month <= $as_of
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
  HAVING sum(amount_sek) > 0
),
fired AS (
  -- a decision may still come while the month is less than thirty days old
  SELECT b.provider_id, b.client_token, b.month, b.amount_sek
  FROM billed b
  WHERE b.month + INTERVAL 1 MONTH + INTERVAL 1 DAY * $late_days <= $as_of
    AND NOT EXISTS (SELECT 1 FROM assistance_decisions d
                    WHERE d.client_token = b.client_token
                      AND d.valid_from <= b.month + INTERVAL 1 MONTH - INTERVAL 1 DAY
                      AND (d.valid_to IS NULL OR d.valid_to >= b.month))
),
references_of AS (
  SELECT f.provider_id, array_agg(i.row_ref) AS evidence
  FROM fired f JOIN assistance_invoices i
    ON i.provider_id = f.provider_id AND i.client_token = f.client_token
   AND CAST(date_trunc('month', i.month) AS DATE) = f.month
  GROUP BY f.provider_id
)
SELECT f.provider_id AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.35 + count(*) / 20.0) AS DOUBLE) AS strength,
       CAST(sum(f.amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT f.client_token) AS n_clients, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
GROUP BY f.provider_id
