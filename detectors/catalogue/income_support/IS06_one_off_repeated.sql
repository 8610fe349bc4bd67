/*
code: IS06
title: {sv: Samma engångsbehov om och om igen, en: The same one-off need again}
method: rule
kind: unusual
concept: pattern
subject: household
gate: P1
reads: [support_payments, income_support_payments]
optional_columns: [income_support_payments.receipt_token]
population: income_support_payments.household_token
why:
  sv: Möbler, flytt och skulder är behov som sällan återkommer. Betalas samma sak tre gånger på ett år kan underlagen behöva läsas tillsammans.
  en: Furniture, moving and debts are needs that seldom return. If the same is paid three times in a year, the documents may need to be read together.
innocent:
  sv: Tandvård enligt behandlingsplan, med samma underlag, samma belopp eller betald direkt till kliniken (räknas som ett behov); hemutrustning som köps i omgångar efter ett beslut; flytt från skyddat boende.
  en: Dental care under a plan, with the same document, the same amount or paid straight to the clinic (counted as one need); home equipment bought in rounds after one decision; a move from a shelter.
blind_spots:
  sv: El, läkarvård och övrigt återkommer av naturliga skäl och prövas inte; ändamål som blandats ihop.
  en: Electricity, medical care and other needs recur naturally and are not examined; purposes that were mixed up.
next_step:
  sv: Läs besluten och kvittona i följd. Hör de till samma beslut är det förklarat.
  en: Read decisions and receipts in sequence. If they belong to one decision it is explained.
sentence:
  sv: "{n:utbetalning|utbetalningar} på ett år för samma engångsbehov ({n_purposes} slag av behov), {beyond_sek} kronor utöver de två första"
  en: "{n:payment|payments} in a year for the same one-off need ({n_purposes:kind|kinds} of need), {beyond_sek} SEK beyond the first two"
basis: [{title: handbook IS-6}]
amount: {kind: cap, how: {sv: utbetalningarna efter den andra för varje ändamål, en: the payments after the second for each purpose}}
parameters:
  min_times: {value: 3, unit: times in 12 months, because: two needs in a year happen after a move}
severity: 2
status: active
since: 2026-11-23
*/
WITH single AS (
  SELECT p.household_token, p.purpose, p.paid_on, p.amount_sek, p.row_ref,
         -- one document is one need however often it is paid; so is the equal instalment of a dental plan
         coalesce(r.receipt_token, CASE WHEN p.purpose = 'dental' THEN CAST(p.amount_sek AS VARCHAR)
                                        ELSE CAST(p.paid_on AS VARCHAR) END) AS need
  FROM support_payments p JOIN income_support_payments r ON r.row_ref = p.row_ref
  WHERE p.purpose IN ('furniture', 'moving', 'debt', 'dental') AND p.amount_sek > 0
    AND p.paid_on > $as_of - INTERVAL 12 MONTH AND p.paid_on <= $as_of
    AND NOT (p.purpose = 'dental' AND p.payee = 'third_party')
),
needs AS (
  SELECT household_token, purpose, need, min(paid_on) AS paid_on, sum(amount_sek) AS sek, min(row_ref) AS row_ref
  FROM single GROUP BY household_token, purpose, need
),
ordered AS (
  SELECT household_token, purpose, need, paid_on, sek,
         row_number() OVER (PARTITION BY household_token, purpose ORDER BY paid_on, need, row_ref) AS place,
         count(*) OVER (PARTITION BY household_token, purpose) AS n_needs
  FROM needs
),
fired AS (
  SELECT household_token, purpose, need, paid_on, sek, place FROM ordered WHERE n_needs >= $min_times
),
references_of AS (
  SELECT f.household_token, array_agg(s.row_ref) AS evidence
  FROM fired f JOIN single s
    ON s.household_token = f.household_token AND s.purpose = f.purpose AND s.need = f.need
  GROUP BY f.household_token
)
SELECT f.household_token AS subject_id, min(f.paid_on) AS period_from, max(f.paid_on) AS period_to,
       CAST(least(1.0, 0.3 + 0.08 * (count(*) - $min_times)) AS DOUBLE) AS strength,
       CAST(sum(CASE WHEN f.place > 2 THEN f.sek ELSE 0 END) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT f.purpose) AS n_purposes,
       CAST(round(sum(CASE WHEN f.place > 2 THEN f.sek ELSE 0 END), 0) AS BIGINT) AS beyond_sek,
       max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.household_token = f.household_token
GROUP BY f.household_token
