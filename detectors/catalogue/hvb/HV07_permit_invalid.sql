/*
code: HV07
title: {sv: Placeringar utan gällande tillstånd, en: Placements without a valid permit}
method: rule
kind: breach
concept: permit
subject: provider
gate: P1
reads: [hvb_nights, providers]
population: hvb_placements.provider_id
why:
  sv: Ett enskilt hem måste ha tillstånd varje natt det vårdar barn. Nätter före tillståndets början eller efter dess slut saknar laglig grund.
  en: A private home must have a permit every night it cares for children. Nights before the permit begins or after it ends lack legal ground.
innocent:
  sv: Ansökan om förlängning som IVO ännu inte har beslutat om; tillstånd som inte hunnit in i registret; nytt tillstånd i samma bolag som ersatt det gamla.
  en: An application to renew on which the inspectorate has not yet decided; a permit not yet in the register; a new permit of the same company that replaced the old one.
blind_spots:
  sv: Hem utan någon uppgift om tillstånd prövas inte, inte heller kommunens egna hem som bara anmäls; villkor om målgrupp och ålder.
  en: Homes without any permit data are not tested, nor the municipality's own that are only notified; terms on target group and age.
next_step:
  sv: Slå upp tillståndet hos IVO samma dag. Har det upphört får kommunen pröva var barnen ska bo och om betalningarna ska stoppas.
  en: Look the permit up at the inspectorate the same day. If it has ended, consider where the children should stay and whether payments should stop.
sentence:
  sv: "{nights} vårddygn för {n_children} barn ligger utanför tillståndets tid ([{nights_after} efter att tillståndet upphörde / {nights_before} innan det började])"
  en: "{nights} child nights of {n_children:child|children} lie outside the time of the permit ([{nights_after} after it ended / {nights_before} before it began])"
basis: [{title: handbook HVB-7}, {title: handbook reference HB-07}, {title: 'socialtjänstförordning (2025:468) 15 kap. 6-7 §§'}]
amount: {kind: cap, how: {sv: vårddygnen utanför tillståndet gånger avtalat dygnspris, en: child nights outside the permit times the agreed day rate}}
severity: 5
status: active
since: 2026-11-23
*/
WITH fired AS (
  SELECT n.provider_id, n.night, n.placement_id, n.client_token, n.agreed_rate_sek, n.row_ref, p.row_ref AS provider_ref,
         CASE WHEN p.permit_to IS NOT NULL AND n.night > p.permit_to THEN 1 ELSE 0 END AS is_after,
         CASE WHEN p.permit_from IS NOT NULL AND n.night < p.permit_from THEN 1 ELSE 0 END AS is_before
  FROM hvb_nights n JOIN providers p ON p.provider_id = n.provider_id
  WHERE n.night >= $since AND n.night < $as_of AND p.org_form <> 'kommunal'
    AND ((p.permit_to IS NOT NULL AND n.night > p.permit_to) OR (p.permit_from IS NOT NULL AND n.night < p.permit_from))
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, provider_ref FROM fired) r GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(night) AS period_from, max(night) AS period_to, count(*) AS nights,
         count(DISTINCT client_token) AS n_children, CAST(sum(is_after) AS BIGINT) AS nights_after,
         CAST(sum(is_before) AS BIGINT) AS nights_before, sum(agreed_rate_sek) AS sek
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.45 + s.nights / 200.0 + s.n_children / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.nights, s.n_children, s.nights_after, s.nights_before, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
