/*
code: IS01
title: {sv: Arbetad tid utan redovisad inkomst, en: Hours worked without declared income}
method: rule
kind: breach
concept: income
subject: household
gate: P2
reads: [work_intervals, income_support_members, income_support_applications, support_payments]
population: income_support_members.household_token
why:
  sv: Den som har registrerad arbetstid i hemtjänst eller assistans får normalt lön, och lönen ska räknas av från biståndet. Saknas den i ansökan kan biståndet ha blivit för högt, eller arbetet vara obetalt.
  en: Those with registered hours in home care or assistance are normally paid, and pay is deducted from support. If it is missing from the application the support may be too high, or the work may be unpaid.
innocent:
  sv: Första arbetsmånaden (räknas inte); lön som kommer och redovisas månaden efter (räknas inte); tid som registrerats i fel persons namn; obetald eller utebliven lön.
  en: The first month of work (not counted); pay that arrives and is declared the month after (not counted); time registered in the wrong person's name; unpaid wages.
blind_spots:
  sv: Arbete utanför kommunens egna system; hushåll som slutat med bistånd månaden efter den första; lön som redovisats på någon annan rad än inkomst.
  en: Work outside the municipality's own systems; households that left support the month after the first; pay declared elsewhere than as income.
next_step:
  sv: Jämför med arbetsgivardeklarationen per månad och med SSBTEK. Fråga först om personen har fått betalt för tiden; den som arbetar obetalt kan behöva stöd.
  en: Compare with the employer's monthly declaration and with SSBTEK. Ask first whether the person has been paid; someone who works unpaid may need support.
sentence:
  sv: "{n_months:månad|månader} med bistånd hade hushållet registrerad arbetstid på sammanlagt {hours:timme|timmar}, motsvarande omkring {implied_sek} kronor i lön efter skatt, men högst {declared_sek} kronor redovisades"
  en: "in {n_months:month|months} with support the household had {hours} registered hours of work, about {implied_sek} SEK in pay after tax, but {declared_sek} SEK at most were declared"
basis: [{title: handbook IS-1}, {title: handbook reference EB-01}, {title: handbook reference X-05}, {title: socialtjänstlag (2025:400) 12 kap.}]
amount: {kind: estimate, how: {sv: per månad det lägre av utbetalt bistånd och beräknad nettolön, en: for each month the lower of support paid and implied net pay}}
parameters:
  min_hours: {value: 40, unit: hours a month, because: fewer hours may be single shifts whose pay comes much later}
  max_declared_share: {value: 0.10, unit: share of implied pay, because: anything above shows that the work is known and is a matter of amounts}
  net_pay_per_hour: {value: 115, unit: SEK, because: "assumed: lowest collective pay of about 145 SEK an hour less a fifth in tax; the municipality sets its own"}
severity: 4
status: active
since: 2026-11-23
*/
WITH grown AS (
  SELECT household_token, person_token, month FROM income_support_members
  WHERE role <> 'child' AND month >= $since AND month <= $as_of
),
supported_people AS (
  SELECT DISTINCT person_token FROM grown
),
worked AS (
  -- led activities are mostly unpaid and standby at home is paid by a fraction: neither counts
  SELECT w.person_token, CAST(date_trunc('month', w.started_at) AS DATE) AS month,
         (epoch(w.ended_at) - epoch(w.started_at)) / 3600.0 AS hours, w.row_ref
  FROM work_intervals w JOIN supported_people s ON s.person_token = w.person_token
  WHERE w.domain <> 'associations' AND w.kind <> 'home_standby' AND w.started_at >= $since - INTERVAL 1 MONTH
),
monthly AS (
  SELECT person_token, month, sum(hours) AS hours FROM worked GROUP BY person_token, month
),
declared AS (
  SELECT household_token, month, max(declared_income_sek) AS declared_sek
  FROM income_support_applications GROUP BY household_token, month
),
busy AS (
  -- counted once pay has had time to come: work the month before, and either that was a full month's work too
  -- or the next month's declaration is in
  SELECT g.household_token, g.person_token, g.month, m.hours
  FROM grown g
  JOIN monthly m ON m.person_token = g.person_token AND m.month = g.month
  JOIN monthly b ON b.person_token = g.person_token AND b.month = CAST(g.month - INTERVAL 1 MONTH AS DATE)
  LEFT JOIN declared n ON n.household_token = g.household_token AND n.month = CAST(g.month + INTERVAL 1 MONTH AS DATE)
  WHERE m.hours > $min_hours AND (b.hours > $min_hours OR n.declared_sek IS NOT NULL)
),
household_months AS (
  SELECT household_token, month, sum(hours) AS hours, sum(hours) * $net_pay_per_hour AS implied_sek
  FROM busy GROUP BY household_token, month
),
support AS (
  SELECT household_token, month, sum(amount_sek) AS paid_sek
  FROM support_payments GROUP BY household_token, month HAVING sum(amount_sek) > 0
),
fired AS (
  SELECT h.household_token, h.month, h.hours, h.implied_sek, s.paid_sek,
         greatest(coalesce(d.declared_sek, 0), coalesce(n.declared_sek, 0)) AS declared_sek
  FROM household_months h
  JOIN support s ON s.household_token = h.household_token AND s.month = h.month
  JOIN declared d ON d.household_token = h.household_token AND d.month = h.month
  LEFT JOIN declared n ON n.household_token = h.household_token AND n.month = CAST(h.month + INTERVAL 1 MONTH AS DATE)
  WHERE greatest(coalesce(d.declared_sek, 0), coalesce(n.declared_sek, 0)) < $max_declared_share * h.implied_sek
),
evidence_rows AS (
  SELECT f.household_token, a.row_ref
  FROM fired f JOIN income_support_applications a ON a.household_token = f.household_token AND a.month = f.month
  UNION ALL
  SELECT f.household_token, w.row_ref
  FROM fired f
  JOIN busy b ON b.household_token = f.household_token AND b.month = f.month
  JOIN worked w ON w.person_token = b.person_token AND w.month = b.month
),
references_of AS (
  SELECT household_token, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM evidence_rows GROUP BY household_token
),
summed AS (
  SELECT household_token, min(month) AS period_from, max(month) AS last_month, count(*) AS n_months, sum(hours) AS hours,
         sum(implied_sek) AS implied_sek, max(declared_sek) AS declared_sek, sum(least(implied_sek, paid_sek)) AS sek
  FROM fired GROUP BY household_token
)
SELECT s.household_token AS subject_id, s.period_from,
       CAST(s.last_month + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.4 + 0.08 * s.n_months + s.hours / 2000.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       s.n_months, CAST(round(s.hours, 0) AS BIGINT) AS hours, CAST(round(s.implied_sek, 0) AS BIGINT) AS implied_sek,
       CAST(round(s.declared_sek, 0) AS BIGINT) AS declared_sek, e.evidence, e.n_evidence
FROM summed s JOIN references_of e ON e.household_token = s.household_token
