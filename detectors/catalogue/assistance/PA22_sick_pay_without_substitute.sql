/*
code: PA22
title: {sv: Sjuklönekostnad utan vikarie, en: Sick pay without a substitute}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [assistance_invoices]
population: assistance_invoices.provider_id
why:
  sv: Kommunen ersätter merkostnaden när en assistent är sjuk och en vikarie arbetar. Utan vikarie finns ingen merkostnad.
  en: The municipality pays the extra cost when an assistant is ill and a substitute works. Without a substitute there is no extra cost.
innocent:
  sv: Vikarien redovisas på annan beteckning; beloppet är en slutavräkning och inte sjuklön.
  en: The substitute is reported under another token; the amount is a final settlement and not sick pay.
blind_spots:
  sv: Vad beloppet utöver timmar gånger timbelopp avser syns inte.
  en: What the amount beyond hours times rate is for is not visible.
next_step:
  sv: Begär underlag för beloppet, sjukintyg och vikariens tidredovisning.
  en: Ask for the basis of the amount, the sick note and the substitute's time sheets.
sentence:
  sv: "{n:räkning|räkningar} har ett belopp utöver timmar gånger timbelopp, sammanlagt {extra_sek} kronor"
  en: "{n:invoice|invoices} have an amount beyond hours times rate, {extra_sek} SEK in all"
basis: [{title: handbook reference PA-14}]
amount: {kind: cap, how: {sv: beloppet utöver timmar gånger timbelopp, en: the amount beyond hours times rate}}
parameters:
  min_extra_sek: {value: 100, unit: SEK an invoice, because: rounding of the rate}
severity: 3
status: draft
why_not:
  sv: Sjuklönekrav, sjuka assistenters frånvaro och vikarier finns inte i något uttag. Beloppet utöver timmar gånger timbelopp kan lika gärna vara en slutavräkning.
  en: Sick-pay claims, absences of ill assistants and substitutes are in no export. The amount beyond hours times rate may as well be a final settlement.
since: 2026-11-23
*/
SELECT provider_id AS subject_id, min(month) AS period_from,
       CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(0.8, 0.2 + count(*) / 50.0) AS DOUBLE) AS strength,
       CAST(sum(amount_sek - billed_hours * rate_sek) AS DECIMAL(14,2)) AS amount_sek, count(*) AS n,
       CAST(round(sum(amount_sek - billed_hours * rate_sek), 0) AS BIGINT) AS extra_sek, array_agg(row_ref) AS evidence
FROM assistance_invoices
WHERE month >= $since AND month <= $as_of AND billed_hours > 0 AND rate_sek > 0
  AND amount_sek - billed_hours * rate_sek > $min_extra_sek
GROUP BY provider_id
