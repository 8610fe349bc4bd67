/*
code: PA09
title: {sv: Fler fakturerade timmar än redovisade, en: Billed more hours than reported}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [assistance_invoices, assistance_months, assistance_covered_months]
population: assistance_invoices.provider_id
why:
  sv: Assistans betalas för de timmar som har utförts och redovisats. Skillnaden är timmar som ingen assistent har redovisat.
  en: Assistance is paid for hours that were performed and reported. The difference is hours that no assistant has reported.
innocent:
  sv: Avrundning (upp till en procent räknas inte); tidredovisning som saknas i uttaget eller kom sent; sjuklönekostnad eller slutavräkning på samma räkning; avtal som ersätter väntetid fullt ut.
  en: Rounding (up to one percent is not counted); time sheets missing in the export or late; sick pay or a final settlement on the same invoice; an agreement that pays waiting time in full.
blind_spots:
  sv: Påhittade pass som också är redovisade; anordnare utan ett enda redovisat pass; månader som anordnarens pass inte täcker helt. Om minst hälften av räkningarna för månader med väntetid eller beredskap i hela kommunen överstiger omräknad tid antas avtalet ersätta sådan tid fullt ut, och då jämförs med oomräknad tid.
  en: Invented shifts that are reported too; providers without any reported shift; months the provider's shifts do not cover fully. Where at least half of the municipality's invoices for months with waiting time or standby exceed converted time, the agreement is taken to pay such time in full, and unconverted time is compared.
next_step:
  sv: Begär undertecknad tidredovisning för de brukare och månader som skiljer mest och stäm av den mot räkningen.
  en: Ask for the signed time sheets of the clients and months that differ most and reconcile them with the invoice.
sentence:
  sv: "{n:räkning|räkningar} per brukare och månad ({n_clients} brukare) tar upp fler timmar än vad som redovisats, sammanlagt {hours:timme|timmar}, {share_pct} procent av de fakturerade timmarna"
  en: "{n:claim|claims} by client and month ({n_clients:client|clients}) list more hours than were reported, {hours:hour|hours} in all, {share_pct} percent of the billed hours"
basis: [{title: handbook PA-9}, {title: socialförsäkringsbalk (2010:110) 51 kap. 14 och 24 §§}]
amount: {kind: exact, how: {sv: skillnaden i timmar gånger räkningens eget timbelopp, en: the difference in hours times the claim's own price an hour}}
parameters:
  max_excess_share: {value: 0.01, unit: share of reported hours, because: time sheets and invoices are rounded differently}
  max_excess_hours: {value: 0.5, unit: hours a client and month, because: a month's hours are often rounded to a half or whole hour}
  full_pay_share: {value: 0.5, unit: share of claims with standby, because: where most claims exceed converted time it is the agreement and not the provider that differs}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "work in the hour that comes twice in October may be billed as two hours"}
*/
WITH billed AS (
  -- hours on a credit count as negative even where the sign is missing
  SELECT provider_id, client_token, CAST(date_trunc('month', month) AS DATE) AS month,
         sum(CASE WHEN amount_sek < 0 THEN -abs(billed_hours) ELSE billed_hours END) AS hours,
         sum(amount_sek) AS amount_sek
  FROM assistance_invoices
  WHERE month >= $since AND month <= $as_of
  GROUP BY provider_id, client_token, CAST(date_trunc('month', month) AS DATE)
),
matched AS (
  SELECT b.provider_id, b.client_token, b.month, b.hours AS billed_hours, b.amount_sek,
         coalesce(m.hours + m.repeated_hours, 0) AS full_hours,
         coalesce(m.counted_hours + m.repeated_counted, 0) AS counted_hours,
         coalesce(m.standby_hours, 0) AS standby_hours
  FROM billed b
  JOIN assistance_covered_months c ON c.provider_id = b.provider_id AND c.month = b.month
  LEFT JOIN assistance_months m
    ON m.provider_id = b.provider_id AND m.client_token = b.client_token AND m.month = b.month
  WHERE b.hours > 0
),
agreement AS (
  -- does this municipality pay waiting time and standby in full? judged by all providers' claims together
  SELECT coalesce(avg(CASE WHEN billed_hours > counted_hours * (1 + $max_excess_share) + $max_excess_hours
                           THEN 1.0 ELSE 0.0 END), 0) >= $full_pay_share AS pays_in_full
  FROM matched WHERE standby_hours > 0 AND full_hours > counted_hours * (1 + 2 * $max_excess_share)
),
compared AS (
  SELECT m.provider_id, m.client_token, m.month, m.billed_hours, m.amount_sek,
         CASE WHEN a.pays_in_full THEN m.full_hours ELSE m.counted_hours END AS reported
  FROM matched m CROSS JOIN agreement a
),
fired AS (
  SELECT provider_id, client_token, month, billed_hours - reported AS excess,
         amount_sek * (billed_hours - reported) / billed_hours AS excess_sek
  FROM compared
  WHERE billed_hours - reported > $max_excess_share * reported AND billed_hours - reported > $max_excess_hours
),
totals AS (
  SELECT provider_id, sum(billed_hours) AS all_hours FROM compared GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(month) AS period_from, CAST(max(month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, sum(excess) AS hours, sum(excess_sek) AS excess_sek
  FROM fired GROUP BY provider_id
),
references_of AS (
  SELECT f.provider_id, array_agg(i.row_ref) AS evidence
  FROM fired f JOIN assistance_invoices i
    ON i.provider_id = f.provider_id AND i.client_token = f.client_token
   AND CAST(date_trunc('month', i.month) AS DATE) = f.month
  GROUP BY f.provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 40.0 + 2.0 * s.hours / t.all_hours) AS DOUBLE) AS strength,
       CAST(s.excess_sek AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, round(s.hours, 1) AS hours, round(100.0 * s.hours / t.all_hours, 1) AS share_pct, e.evidence
FROM summed s
JOIN totals t ON t.provider_id = s.provider_id
JOIN references_of e ON e.provider_id = s.provider_id
