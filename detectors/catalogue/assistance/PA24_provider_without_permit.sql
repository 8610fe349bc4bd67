/*
code: PA24
title: {sv: Assistans utan gällande tillstånd, en: Assistance without a valid permit}
method: rule
kind: breach
concept: permit
subject: provider
gate: P0
reads: [assistance_invoices, providers]
population: assistance_invoices.provider_id
why:
  sv: Den som bedriver personlig assistans yrkesmässigt måste ha tillstånd från IVO. Utan det betalas ingen ersättning, med två veckors frist.
  en: Whoever provides personal assistance as a business must have a permit from the inspectorate. Without it nothing is paid, with two weeks' grace.
innocent:
  sv: Brukaren är egen arbetsgivare; tillståndet står på ett annat organisationsnummer i samma koncern; registret har inte uppdaterats.
  en: The client is the employer; the permit is on another company number of the same group; the register has not been updated.
blind_spots:
  sv: Anordnare utan någon uppgift om tillstånd prövas inte, inte heller kommunens egen regi och enskilda firmor.
  en: Providers without any permit data are not tested, nor the municipality's own services and sole traders.
next_step:
  sv: Slå upp tillståndet hos IVO och pröva om betalningarna ska stoppas.
  en: Look the permit up at the inspectorate and consider whether payments should stop.
sentence:
  sv: "{n:räkning|räkningar} ({n_clients} brukare) avser månader som helt ligger utanför tillståndets tid"
  en: "{n:invoice|invoices} ({n_clients:client|clients}) concern months wholly outside the time of the permit"
basis: [{title: handbook reference PA-16}, {title: 'socialförsäkringsbalk (2010:110) 51 kap. 16 b §'}, {title: LSS (1993:387) 23 §}]
amount: {kind: exact, how: {sv: räkningarnas belopp för de månaderna med avdrag för krediter, en: amounts of the invoices of those months with credits taken off}}
parameters:
  grace_days: {value: 14, unit: days, because: the law gives two weeks after a permit has ended}
severity: 5
status: active
since: 2026-11-23
*/
WITH permits AS (
  SELECT provider_id, permit_from, permit_to, row_ref
  FROM providers
  WHERE org_form NOT IN ('kommunal', 'ef') AND (permit_from IS NOT NULL OR permit_to IS NOT NULL)
),
fired AS (
  SELECT i.provider_id, i.client_token, i.month, i.amount_sek, i.row_ref, p.row_ref AS provider_ref
  FROM assistance_invoices i JOIN permits p ON p.provider_id = i.provider_id
  WHERE i.month >= $since AND i.month <= $as_of
    AND ((p.permit_to IS NOT NULL
          AND CAST(date_trunc('month', i.month) AS DATE) > p.permit_to + INTERVAL 1 DAY * $grace_days)
         OR (p.permit_from IS NOT NULL
             AND CAST(date_trunc('month', i.month) AS DATE) + INTERVAL 1 MONTH - INTERVAL 1 DAY < p.permit_from))
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, provider_ref FROM fired) r GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, min(f.month) AS period_from,
       CAST(max(f.month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.5 + count(*) / 40.0) AS DOUBLE) AS strength,
       CAST(sum(f.amount_sek) AS DECIMAL(14,2)) AS amount_sek,
       count(*) AS n, count(DISTINCT f.client_token) AS n_clients, max(e.evidence) AS evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
GROUP BY f.provider_id
HAVING sum(f.amount_sek) > 0
