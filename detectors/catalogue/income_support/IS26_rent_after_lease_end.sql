/*
code: IS26
title: {sv: Hyra efter hyresavtalets slut, en: Rent after the lease ended}
method: rule
kind: breach
concept: billing
subject: household
gate: P1
reads: [support_payments, income_support_applications]
population: income_support_payments.household_token
why:
  sv: När hyresavtalet har upphört ska hyran sluta. Betalas den vidare kan den gå till en bostad som hushållet lämnat.
  en: When the lease has ended the rent should end. If it goes on it may be paid for a dwelling the household has left.
innocent:
  sv: Avtalet förlängdes och den nya dagen är inte införd; besittningsskydd medan en tvist pågår; uppsägningstid; en ny bostad i samma ansökan.
  en: The lease was renewed and the new day is not entered; protected tenure during a dispute; a period of notice; a new dwelling in the same application.
blind_spots:
  sv: Avtal som löper tills vidare och hushåll som flyttat utan att ändra sin ansökan.
  en: Open-ended leases and households that moved without changing their application.
next_step:
  sv: Fråga hyresvärden om avtalet gäller; se till att hushållet inte blir utan bostad om det gör det.
  en: Ask the landlord whether the lease holds; make sure the household does not lose its home if it does.
sentence:
  sv: "{n_payments:hyra|hyror} på {sek} kronor betalades för månader mer än {notice_months:månad|månader} efter att hyresavtalet upphört"
  en: "{n_payments:rent|rents} of {sek} SEK were paid for months more than {notice_months:month|months} after the lease had ended"
basis: [{title: handbook reference EB-16}]
amount: {kind: exact, how: {sv: hyrorna efter avtalets slut, en: the rents after the lease ended}}
parameters:
  notice_months: {value: 2, unit: months, because: a period of notice may have to be paid}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "in use where the export holds the last day of the lease; before, a draft that looked for a change of landlord"}
*/
WITH leases AS (
  -- one row a household and month: the latest last day that any of its applications names, none if one runs on
  SELECT household_token, CAST(date_trunc('month', month) AS DATE) AS month,
         CASE WHEN count(*) = count(lease_ends_on) THEN max(lease_ends_on) END AS lease_ends_on, min(row_ref) AS row_ref
  FROM income_support_applications
  WHERE month >= $since AND month <= $as_of
  GROUP BY household_token, CAST(date_trunc('month', month) AS DATE)
),
fired AS (
  SELECT p.household_token, p.month, p.amount_sek, p.row_ref, l.row_ref AS lease_ref
  FROM support_payments p
  JOIN leases l ON l.household_token = p.household_token AND l.month = CAST(date_trunc('month', p.month) AS DATE)
  WHERE p.purpose = 'rent' AND p.amount_sek > 0 AND l.lease_ends_on IS NOT NULL
    AND p.month > CAST(l.lease_ends_on + INTERVAL 1 MONTH * $notice_months AS DATE)
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence
  FROM (SELECT household_token, row_ref FROM fired UNION SELECT household_token, lease_ref FROM fired) e
  GROUP BY household_token
),
summed AS (
  SELECT household_token, min(month) AS period_from, max(month) AS last_month, count(*) AS n_payments,
         sum(amount_sek) AS sek
  FROM fired GROUP BY household_token
)
SELECT s.household_token AS subject_id, s.period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.1 * s.n_payments) AS DOUBLE) AS strength, CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n_payments, CAST(round(s.sek, 0) AS BIGINT) AS sek, CAST($notice_months AS BIGINT) AS notice_months, e.evidence
FROM summed s JOIN references_of e ON e.household_token = s.household_token
