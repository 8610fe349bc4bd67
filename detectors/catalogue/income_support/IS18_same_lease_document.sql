/*
code: IS18
title: {sv: Samma hyresunderlag i flera hushåll, en: One lease document in several households}
method: rule
kind: breach
concept: billing
subject: household
gate: P1
reads: [support_payments, income_support_payments, support_relatives]
optional_reads: [support_relatives]
population: income_support_payments.household_token
why:
  sv: Ett hyreskontrakt eller en hyresavi gäller en bostad. Ligger samma underlag bakom hyran i flera hushåll utan samband kan hyran för en bostad ha betalats flera gånger.
  en: A lease or rent invoice is for one dwelling. If the same document is behind the rent of several unrelated households, one dwelling's rent may have been paid several times.
innocent:
  sv: Inneboende eller andrahandsgäster som delar på en hyra (räknas inte under gränsen); hushåll med gemensam medlem (räknas inte); månader i följd efter ett byte av hyresgäst (räknas inte).
  en: Lodgers or subtenants who share one rent (not counted under the limit); households with a member in common (not counted); months in sequence after a change of tenant (not counted).
blind_spots:
  sv: Underlag som skannats på nytt och fått ny beteckning; hyror utan underlag i uttaget.
  en: Documents scanned anew with a new token; rents without a document in the export.
next_step:
  sv: Läs underlaget och fråga hyresvärden vem som har kontraktet och vad hyran är.
  en: Read the document and ask the landlord who holds the lease and what the rent is.
sentence:
  sv: "hyran byggde på samma underlag som i {n_others:annat hushåll|andra hushåll} under {n_months:månad|månader}, {sek} kronor"
  en: "the rent rested on the same document as in {n_others:other household|other households} for {n_months:month|months}, {sek} SEK"
basis: [{title: handbook reference EB-06}]
amount: {kind: cap, how: {sv: hushållets hyra de månader underlaget också användes av ett tidigare hushåll, en: the household's rent in months when an earlier household used the document too}}
parameters:
  max_shared_rent_sek: {value: 10000, unit: SEK a month, because: "assumed: about the rent of a flat of four rooms; parts that add up to less look like a shared flat"}
  max_households: {value: 20, unit: households, because: a token on more households than this stands for a missing document}
severity: 3
status: active
since: 2026-11-23
*/
WITH rents AS (
  SELECT r.receipt_token, p.household_token, p.month, sum(p.amount_sek) AS sek, min(p.paid_on) AS paid_on,
         min(p.row_ref) AS row_ref
  FROM support_payments p JOIN income_support_payments r ON r.row_ref = p.row_ref
  WHERE p.purpose = 'rent' AND r.receipt_token IS NOT NULL AND p.month >= $since
  GROUP BY r.receipt_token, p.household_token, p.month HAVING sum(p.amount_sek) > 0
),
users AS (
  SELECT receipt_token, household_token, min(paid_on) AS first_on FROM rents GROUP BY receipt_token, household_token
),
shared AS (
  SELECT receipt_token FROM users GROUP BY receipt_token
  HAVING count(*) >= 2 AND count(*) <= $max_households
),
totals AS (
  SELECT r.receipt_token, r.month, sum(r.sek) AS total_sek
  FROM rents r JOIN shared s ON s.receipt_token = r.receipt_token
  GROUP BY r.receipt_token, r.month HAVING count(*) >= 2 AND sum(r.sek) > $max_shared_rent_sek
),
pairs AS (
  -- the later user of the document is asked, the first one may be its holder
  SELECT b.household_token, a.household_token AS other_token, b.receipt_token, b.month, b.sek, b.row_ref,
         a.row_ref AS other_ref
  FROM totals t
  JOIN rents a ON a.receipt_token = t.receipt_token AND a.month = t.month
  JOIN rents b ON b.receipt_token = t.receipt_token AND b.month = t.month AND b.household_token <> a.household_token
  JOIN users ua ON ua.receipt_token = a.receipt_token AND ua.household_token = a.household_token
  JOIN users ub ON ub.receipt_token = b.receipt_token AND ub.household_token = b.household_token
  WHERE (ua.first_on < ub.first_on OR (ua.first_on = ub.first_on AND a.household_token < b.household_token))
    AND NOT EXISTS (SELECT 1 FROM support_relatives k
                    WHERE k.household_token = b.household_token AND k.other_token = a.household_token)
),
own AS (
  SELECT household_token, receipt_token, month, max(sek) AS sek FROM pairs GROUP BY household_token, receipt_token, month
),
evidence_rows AS (
  SELECT household_token, row_ref FROM pairs
  UNION
  SELECT household_token, other_ref FROM pairs
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY household_token
),
others AS (
  SELECT household_token, count(DISTINCT other_token) AS n_others FROM pairs GROUP BY household_token
)
SELECT o.household_token AS subject_id, min(o.month) AS period_from,
       CAST(max(o.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + 0.05 * count(*)) AS DOUBLE) AS strength, CAST(sum(o.sek) AS DECIMAL(14,2)) AS amount_sek,
       max(t.n_others) AS n_others, count(DISTINCT o.month) AS n_months, CAST(round(sum(o.sek), 0) AS BIGINT) AS sek,
       max(e.evidence) AS evidence
FROM own o
JOIN others t ON t.household_token = o.household_token
JOIN references_of e ON e.household_token = o.household_token
GROUP BY o.household_token
