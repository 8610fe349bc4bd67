/*
code: IS26
title: {sv: Hyra till tidigare hyresvärd, en: Rent to a former landlord}
method: rule
kind: breach
concept: billing
subject: household
gate: P1
reads: [support_payments, income_support_applications]
population: income_support_payments.household_token
why:
  sv: När hushållet har bytt hyresvärd ska hyran till den gamla sluta. Fortsätter den till samma konto kan den betalas för en bostad som hushållet lämnat.
  en: When the household has changed landlord the rent to the old one should end. If it goes on to the same account it may be paid for a dwelling the household has left.
innocent:
  sv: Fastigheten har sålts men avin går via samma förvaltare; hyresvärdens beteckning har ändrats; uppsägningstid.
  en: The property was sold but the invoice goes through the same manager; the landlord's token changed; a period of notice.
blind_spots:
  sv: Hushåll som flyttat utan att ändra sin ansökan.
  en: Households that moved without changing their application.
next_step:
  sv: Fråga den tidigare hyresvärden när avtalet upphörde.
  en: Ask the former landlord when the lease ended.
sentence:
  sv: "{n_payments:hyra|hyror} på {sek} kronor gick till det tidigare hyreskontot mer än två månader efter att ansökan bytt hyresvärd"
  en: "{n_payments:rent|rents} of {sek} SEK went to the former rent account more than two months after the application changed landlord"
basis: [{title: handbook reference EB-16}]
amount: {kind: exact, how: {sv: hyrorna till det tidigare kontot, en: the rents to the former account}}
parameters:
  notice_months: {value: 2, unit: months, because: a period of notice may have to be paid}
severity: 3
status: draft
why_not:
  sv: Hyresavtalens slutdatum finns inte i uttagen. Ett byte av hyresvärdens beteckning kan lika gärna vara en såld fastighet med samma förvaltarkonto. Två hyror samtidigt fångas av IS20, för hög hyra av IS12.
  en: The end dates of leases are not in the exports. A change of the landlord's token may as well be a property sold with the same manager's account. Two rents at once are caught by IS20, too high a rent by IS12.
since: 2026-11-23
*/
WITH landlords AS (
  SELECT household_token, landlord_token, min(month) AS first_month, max(month) AS last_month
  FROM income_support_applications WHERE landlord_token IS NOT NULL GROUP BY household_token, landlord_token
),
changed AS (
  SELECT n.household_token, o.last_month, n.first_month
  FROM landlords o JOIN landlords n
    ON n.household_token = o.household_token AND n.landlord_token <> o.landlord_token AND n.first_month > o.last_month
),
rents AS (
  SELECT household_token, bank_account_token, month, amount_sek, row_ref FROM support_payments
  WHERE purpose = 'rent' AND payee = 'landlord' AND amount_sek > 0
),
former AS (
  SELECT DISTINCT c.household_token, c.first_month, r.bank_account_token
  FROM changed c JOIN rents r ON r.household_token = c.household_token AND r.month <= c.last_month
),
fired AS (
  SELECT r.household_token, r.month, r.amount_sek, r.row_ref
  FROM rents r
  WHERE r.month >= $since
    AND EXISTS (SELECT 1 FROM former f WHERE f.household_token = r.household_token
                AND f.bank_account_token = r.bank_account_token
                AND r.month > CAST(f.first_month + INTERVAL ($notice_months) MONTH AS DATE))
)
SELECT household_token AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to, CAST(0.4 AS DOUBLE) AS strength,
       CAST(sum(amount_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n_payments,
       CAST(round(sum(amount_sek), 0) AS BIGINT) AS sek, array_agg(row_ref) AS evidence
FROM fired GROUP BY household_token
