/*
code: PA26
title: {sv: Samma assistansmånad fakturerad två gånger, en: Same assistance month invoiced twice}
method: rule
kind: breach
concept: duplicate
subject: provider
gate: P1
reads: [assistance_invoices]
population: assistance_invoices.provider_id
why:
  sv: En brukares månad ska betalas en gång. Två räkningar med samma brukare, månad, timmar och belopp tyder på att samma sak har debiterats två gånger.
  en: A client's month should be paid once. Two invoices of the same client, month, hours and amount suggest that one thing was charged twice.
innocent:
  sv: En kredit har kommit eller är på väg (krediterade räkningar räknas inte); två halva månader med samma timmar.
  en: A credit has come or is on its way (credited invoices are not counted); two half months of the same hours.
blind_spots:
  sv: Dubbletter med ändrat belopp; samma tid fakturerad av två anordnare med olika belopp.
  en: Duplicates of a changed amount; the same time invoiced by two providers with different amounts.
next_step:
  sv: Se efter i ekonomisystemet om båda räkningarna är betalda och begär kredit om ingen är bokad.
  en: See in the ledger whether both invoices were paid and ask for a credit if none is booked.
sentence:
  sv: "{n:räkning|räkningar} upprepar en tidigare räkning för samma brukare, månad och belopp ({n_clients} brukare[, {n_across} av dem från en annan anordnare])"
  en: "{n:invoice|invoices} repeat an earlier one for the same client, month and amount ({n_clients:client|clients}[, {n_across} of them from another provider])"
basis: [{title: handbook HC-19 applied to assistance}]
amount: {kind: exact, how: {sv: de upprepade räkningarnas belopp med avdrag för krediter, en: amounts of the repeated invoices with credits taken off}}
severity: 4
status: active
since: 2026-11-23
*/
WITH credits AS (
  SELECT client_token, CAST(date_trunc('month', month) AS DATE) AS month, -amount_sek AS amount_sek, count(*) AS n
  FROM assistance_invoices WHERE amount_sek < 0
  GROUP BY client_token, CAST(date_trunc('month', month) AS DATE), -amount_sek
),
claims AS (
  SELECT invoice_id, provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month, billed_hours, amount_sek,
         row_ref,
         row_number() OVER (PARTITION BY client_token, CAST(date_trunc('month', month) AS DATE), amount_sek
                            ORDER BY invoiced_on, invoice_id) AS place,
         min(provider_id) OVER (PARTITION BY client_token, CAST(date_trunc('month', month) AS DATE), amount_sek) AS first_provider,
         max(provider_id) OVER (PARTITION BY client_token, CAST(date_trunc('month', month) AS DATE), amount_sek) AS last_provider,
         count(*) OVER (PARTITION BY client_token, CAST(date_trunc('month', month) AS DATE), amount_sek) AS copies
  FROM assistance_invoices
  WHERE amount_sek > 0 AND month >= $since AND month <= $as_of
),
repeated AS (
  -- each credit of the amount takes away one of the copies, the last first
  SELECT c.provider_id, c.client_token, c.month, c.amount_sek, c.row_ref, c.first_provider, c.last_provider
  FROM claims c
  LEFT JOIN credits k ON k.client_token = c.client_token AND k.month = c.month AND k.amount_sek = c.amount_sek
  WHERE c.place > 1 AND c.place <= c.copies - coalesce(k.n, 0)
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients,
         CAST(sum(CASE WHEN first_provider <> last_provider THEN 1 ELSE 0 END) AS BIGINT) AS n_across,
         sum(amount_sek) AS amount_sek
  FROM repeated GROUP BY provider_id
),
references_of AS (
  SELECT r.provider_id, array_agg(r.row_ref) AS evidence
  FROM (SELECT DISTINCT x.provider_id, c.row_ref
        FROM repeated x JOIN claims c
          ON c.client_token = x.client_token AND c.month = x.month AND c.amount_sek = x.amount_sek) r
  GROUP BY r.provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.4 + s.n / 10.0) AS DOUBLE) AS strength,
       CAST(s.amount_sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_clients, s.n_across, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
