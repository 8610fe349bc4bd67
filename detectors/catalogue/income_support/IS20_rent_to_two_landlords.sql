/*
code: IS20
title: {sv: Hyra till två hyresvärdar samtidigt, en: Rent to two landlords at once}
method: rule
kind: breach
concept: billing
subject: household
gate: P1
reads: [support_payments]
population: income_support_payments.household_token
why:
  sv: Ett hushåll har normalt en bostad. Betalas hyra till två hyresvärdars konton flera månader kan den gamla hyran ha fortsatt efter en flytt.
  en: A household normally has one dwelling. If rent is paid to two landlords' accounts for several months, the old rent may have continued after a move.
innocent:
  sv: Dubbel hyra under en flyttmånad (räknas inte); parkering eller förråd hos ett annat bolag (räknas inte när beloppet är mindre än hälften); hyresvärd som bytt konto mitt i en månad.
  en: Two rents in a month of moving (not counted); parking or storage with another company (not counted when the sum is less than half); a landlord who changed account in the middle of a month.
blind_spots:
  sv: Hyra som går till hushållets eget konto; hyresavtalets slutdatum finns inte i uttagen.
  en: Rent paid to the household's own account; the end of the lease is not in the exports.
next_step:
  sv: Fråga när det gamla avtalet upphörde och begär tillbaka hyra som betalats efter det.
  en: Ask when the old lease ended and reclaim rent paid after that.
sentence:
  sv: "{n_months:månad|månader} betalades hyra till två hyresvärdars konton, {sek} kronor till den som fick minst"
  en: "for {n_months:month|months} rent was paid to two landlords' accounts, {sek} SEK to the one who got less"
basis: [{title: handbook reference EB-05 and EB-16}]
amount: {kind: cap, how: {sv: hyran till alla konton utom det största varje månad, en: the rent to all accounts but the largest each month}}
parameters:
  min_months: {value: 2, unit: months, because: one month is a move}
  min_share: {value: 0.5, unit: share of the larger rent, because: less is parking or storage}
severity: 3
status: active
since: 2026-11-23
*/
WITH rents AS (
  SELECT household_token, month, bank_account_token, sum(amount_sek) AS sek
  FROM support_payments
  WHERE purpose = 'rent' AND payee = 'landlord' AND month >= $since
  GROUP BY household_token, month, bank_account_token HAVING sum(amount_sek) > 0
),
largest AS (
  SELECT household_token, month, bank_account_token, sek,
         max(sek) OVER (PARTITION BY household_token, month) AS largest_sek
  FROM rents
),
months AS (
  SELECT household_token, month, sum(sek) - max(sek) AS beyond_sek
  FROM largest WHERE sek >= $min_share * largest_sek
  GROUP BY household_token, month HAVING count(*) >= 2
),
references_of AS (
  SELECT m.household_token, array_agg(p.row_ref) AS evidence
  FROM months m JOIN support_payments p ON p.household_token = m.household_token AND p.month = m.month
   AND p.purpose = 'rent' AND p.payee = 'landlord'
  GROUP BY m.household_token
)
SELECT m.household_token AS subject_id, min(m.month) AS period_from,
       CAST(max(m.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.06 * count(*)) AS DOUBLE) AS strength,
       CAST(sum(m.beyond_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n_months, CAST(round(sum(m.beyond_sek), 0) AS BIGINT) AS sek, max(e.evidence) AS evidence
FROM months m JOIN references_of e ON e.household_token = m.household_token
GROUP BY m.household_token
HAVING count(*) >= $min_months
