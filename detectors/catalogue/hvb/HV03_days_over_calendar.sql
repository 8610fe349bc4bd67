/*
code: HV03
title: {sv: Fler vårddygn än perioden rymmer, en: More care days than the period holds}
method: rule
kind: impossible
concept: billing
subject: provider
gate: P1
reads: [hvb_claims]
population: hvb_invoices.provider_id
why:
  sv: En faktura kan inte ta upp fler vårddygn än det finns dagar i fakturans period.
  en: An invoice cannot list more care days than there are days in its period.
innocent:
  sv: Rättelse av en tidigare period på samma faktura; dygn för två barn på samma rad; en kredit har kommit (krediterade dygn räknas inte); felskriven period.
  en: A correction of an earlier period on the same invoice; days of two children on one row; a credit has come (credited days are not counted); a mistyped period.
blind_spots:
  sv: Dygn som delas på flera fakturor för samma period; det prövas i regeln om överlappande fakturor.
  en: Days split over several invoices of the same period; that is tested by the rule on overlapping invoices.
next_step:
  sv: Begär underlag per dygn för fakturorna och kredit för de dygn som inte finns i kalendern.
  en: Ask for the basis of the invoices by day and for a credit of the days that are not in the calendar.
sentence:
  sv: "{n:faktura|fakturor} tar upp fler vårddygn än perioden har dagar, sammanlagt {days} dygn för mycket (som mest {max_days} på en faktura)"
  en: "{n:invoice|invoices} list more care days than the period has days, {days:day|days} too many in all ({max_days} on one invoice at most)"
basis: [{title: handbook HVB-3}, {title: handbook reference HB-02}]
amount: {kind: exact, how: {sv: dygnen utöver perioden gånger fakturans eget dygnspris utan tillägg, en: days beyond the period times the invoice's own day rate without extras}}
severity: 5
status: active
since: 2026-11-23
*/
WITH fired AS (
  SELECT provider_id, row_ref, period_from, period_to, billed_days - period_days AS days, day_rate
  FROM hvb_claims
  WHERE period_to >= $since AND period_from <= $as_of AND billed_days > period_days
),
summed AS (
  SELECT provider_id, min(period_from) AS period_from, max(period_to) AS period_to, count(*) AS n, sum(days) AS days,
         max(days) AS max_days, sum(days * day_rate) AS sek, array_agg(row_ref) AS evidence
  FROM fired GROUP BY provider_id
)
SELECT provider_id AS subject_id, period_from, period_to,
       CAST(least(1.0, 0.4 + days / 40.0 + n / 20.0) AS DOUBLE) AS strength,
       CAST(sek AS DECIMAL(14,2)) AS amount_sek,
       n, CAST(days AS BIGINT) AS days, CAST(max_days AS BIGINT) AS max_days, evidence
FROM summed
