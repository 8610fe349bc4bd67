/*
code: EX03
title: {sv: Driftstopp som drabbade alla utförare, en: An outage that hit all providers}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [home_care_visits, home_care_outage_days]
population: home_care_visits.provider_id
why:
  sv: De dagar då två av tre utförare registrerar för hand har tekniken slutat fungera. Det som avviker då säger inget om den enskilda utföraren.
  en: On days when two of three providers register by hand the technology has failed. What deviates then says nothing of a single provider.
innocent:
  sv: Manuella besök på andra dagar räknas inte hit, och några enstaka besök på en sådan dag räcker inte.
  en: Manual visits on other days are not counted here, and a few visits on such a day are not enough.
blind_spots:
  sv: Driftstopp som bara gäller en leverantörs utrustning eller ett område.
  en: Outages of one vendor's equipment or one area only.
next_step:
  sv: Bekräfta driftstoppet med systemförvaltaren.
  en: Confirm the outage with the administrator of the system.
sentence:
  sv: "{n} av utförarens {n_manual} manuella besök gjordes {n_days:dag|dagar} då registreringen inte fungerade för någon"
  en: "{n} of the provider's {n_manual} manual visits were made on {n_days:day|days} when registration failed for everybody"
basis: [{title: handbook section 2 Exculpating}]
parameters:
  min_visits: {value: 10, unit: manual visits on outage days, because: a few visits explain nothing}
  min_share: {value: 0.25, unit: share of manual visits, because: below a quarter the outage is not the explanation}
severity: 2
status: active
since: 2026-11-23
*/
WITH manual AS (
  SELECT v.provider_id, v.started_at, v.row_ref, o.day
  FROM home_care_visits v LEFT JOIN home_care_outage_days o ON o.day = CAST(v.started_at AS DATE)
  WHERE v.started_at >= $since AND v.registration = 'manual'
),
summed AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to, count(*) AS n_manual, count(day) AS n,
         count(DISTINCT day) AS n_days,
         array_agg(CASE WHEN day IS NOT NULL THEN row_ref END) AS evidence
  FROM manual GROUP BY provider_id
)
SELECT provider_id AS subject_id, period_from, period_to, CAST(n / n_manual AS DOUBLE) AS strength,
       n, n_manual, n_days, n AS n_evidence, evidence
FROM summed
WHERE n >= $min_visits AND n / n_manual >= $min_share
