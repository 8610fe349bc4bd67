/*
code: PA05
title: {sv: Fler timmar än beslutet, en: More hours than granted}
method: rule
kind: breach
concept: decision
subject: provider
gate: P1
reads: [assistance_months, assistance_granted_months, assistance_decisions, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Beslutet anger hur många timmar brukaren får. Timmar får flyttas inom avräkningsperioden, men summan för perioden får inte bli högre än vad som beviljats.
  en: The decision says how many hours the client gets. Hours may be moved within the settlement period, but its total may not exceed what was granted.
innocent:
  sv: Sparade timmar inom avräkningsperioden (räknas mot perioden som helhet); tillfällig utökning som ännu inte registrerats; överlämningar där två assistenter skrivit samma kvart.
  en: Saved hours within the settlement period (counted against the period as a whole); a temporary increase not yet registered; handovers where two assistants wrote the same quarter.
blind_spots:
  sv: Avräkningsperiodens gränser finns inte i uttaget, så sexmånadersperioder räknas från beslutets första månad; timmar sparade före uttagets början; äldre beslut som aldrig avslutats höjer det beviljade. Dubbel assistans läggs till de beviljade timmarna. Väntetid och beredskap räknas om.
  en: The limits of the settlement period are not in the export, so periods of six months are counted from the decision's first month; hours saved before the export begins; older decisions never ended raise the grant. Double assistance is added to the granted hours. Waiting time and standby are converted.
next_step:
  sv: Ta fram avräkningsperioden i beslutet och stäm av redovisade timmar för hela perioden med anordnaren.
  en: Get the settlement period of the decision and reconcile the reported hours of the whole period with the provider.
sentence:
  sv: "{n_clients} brukare har fler redovisade timmar än beviljat under {n:avräkningsperiod|avräkningsperioder}, sammanlagt {hours:timme|timmar} för mycket (som mest {max_pct} procent över)"
  en: "{n_clients:client|clients} have more reported hours than granted in {n} settlement periods, {hours:hour|hours} too many in all ({max_pct} percent over at most)"
basis: [{title: handbook PA-5}, {title: handbook reference PA-05}, {title: socialförsäkringsbalk (2010:110) 51 kap. 9 och 15 §§}]
amount: {kind: estimate, how: {sv: timmarna över beslutet gånger anordnarens snittpris per timme, en: hours above the decision times the provider's mean price an hour}}
parameters:
  max_excess_share: {value: 0.02, unit: share of granted hours, because: handovers and rounding explain a couple of percent}
  settlement_months: {value: 6, unit: months, because: hours are granted for six months at most and settled within them}
  min_days: {value: 28, unit: days, because: a few weeks say nothing as hours may be moved to later weeks}
severity: 4
status: active
since: 2026-11-23
*/
WITH monthly AS (
  SELECT g.provider_id, g.client_token, g.month, g.granted_hours, g.n_days, g.decided_from,
         coalesce(m.counted_hours, 0) AS hours,
         floor(((year(g.month) - year(g.decided_from)) * 12 + month(g.month) - month(g.decided_from))
               / $settlement_months) AS settlement
  FROM assistance_granted_months g
  LEFT JOIN assistance_months m
    ON m.provider_id = g.provider_id AND m.client_token = g.client_token AND m.month = g.month
  WHERE g.month >= $since AND g.month <= $as_of
),
periods AS (
  SELECT provider_id, client_token, min(month) AS first_month, max(month) AS last_month,
         sum(hours) AS hours, sum(granted_hours) AS granted
  FROM monthly
  GROUP BY provider_id, client_token, decided_from, settlement
  HAVING sum(n_days) >= $min_days
),
fired AS (
  SELECT provider_id, client_token, first_month, last_month, hours, granted, hours - granted AS excess
  FROM periods WHERE hours > granted * (1 + $max_excess_share)
),
summed AS (
  SELECT provider_id, min(first_month) AS period_from,
         least($as_of, CAST(max(last_month) + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE)) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, sum(excess) AS hours,
         max(100 * excess / nullif(granted, 0)) AS max_pct
  FROM fired GROUP BY provider_id
),
decisions_shown AS (
  -- the decisions that the hours are held against
  SELECT f.provider_id, d.row_ref
  FROM fired f JOIN assistance_decisions d
    ON d.client_token = f.client_token AND (d.provider_id IS NULL OR d.provider_id = f.provider_id)
   AND d.valid_from <= f.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY
   AND (d.valid_to IS NULL OR d.valid_to >= f.first_month)
  GROUP BY f.provider_id, d.row_ref
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM decisions_shown GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n_clients / 20.0 + coalesce(s.max_pct, 100) / 100.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, round(s.hours, 1) AS hours, round(s.max_pct, 1) AS max_pct, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
