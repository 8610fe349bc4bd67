/*
code: HV13
title: {sv: Hjälp i hemmet medan barnet är placerat, en: Help at home while child is placed}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P2
reads: [hvb_placements, home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
optional_reads: [home_care_visits, assistance_shifts, home_care_rates, assistance_rates]
population: hvb_placements.provider_id
why:
  sv: Ett barn som bor på ett hem för vård eller boende får normalt inte hemtjänst eller personlig assistans i hemmet samma dagar.
  en: A child who lives in residential care does not normally receive home care or personal assistance at home on the same days.
innocent:
  sv: Permission eller planerad hemvistelse; in- och utflyttningsdagen (räknas inte); placering som upphört men inte avslutats i systemet.
  en: Leave or a planned stay at home; the days of moving in and out (not counted); a placement that has ended but stands open in the system.
blind_spots:
  sv: Barn med olika beteckning i de två verksamheternas uttag; hemvistelser syns inte i uttaget.
  en: Children with different tokens in the exports of the two services; stays at home are not visible.
next_step:
  sv: Fråga placerande handläggare om hemvistelser och jämför datumen med besöken och med HVB-fakturan.
  en: Ask the case officer about stays at home and compare the dates with the visits and with the invoice of the home.
sentence:
  sv: "{n} besök eller pass i hemmet på {n_days:dag|dagar} medan barnet var placerat ({n_children} barn, {hours:timme|timmar})"
  en: "{n:visit|visits} or shifts at home on {n_days:day|days} while the child was placed ({n_children:child|children}, {hours:hour|hours})"
basis: [{title: handbook HVB-13}]
amount: {kind: cap, how: {sv: 'besökens tid gånger utförarens snittpris, hos den som gjorde besöken; okänt för det hem där barnet är placerat', en: 'time of the visits times the provider''s mean price, at the one who made the visits; unknown for the home where the child is placed'}}
severity: 4
status: active
since: 2026-11-23
*/
WITH services AS (
  SELECT provider_id, client_token, started_at, row_ref, (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours, 'home_care' AS service
  FROM home_care_visits WHERE started_at >= $since AND ended_at > started_at
  UNION ALL
  SELECT provider_id, client_token, started_at, row_ref, (epoch(ended_at) - epoch(started_at)) / 3600.0, 'assistance'
  FROM assistance_shifts WHERE started_at >= $since AND ended_at > started_at AND kind = 'active'
),
hits AS (
  -- the days between moving in and out
  SELECT p.provider_id AS home_id, p.row_ref AS placement_ref, p.client_token, s.provider_id, s.started_at, s.hours, s.service,
         s.row_ref
  FROM hvb_placements p JOIN services s
    ON s.client_token = p.client_token AND CAST(s.started_at AS DATE) > p.placed_on
   AND (p.left_on IS NULL OR CAST(s.started_at AS DATE) < p.left_on)
),
sides AS (
  -- one row a visit and provider: the one who made it and the home where the child was placed
  SELECT provider_id, client_token, started_at, row_ref, max(hours) AS hours, max(service) AS service, 1 AS made_it
  FROM hits GROUP BY provider_id, client_token, started_at, row_ref
  UNION ALL
  SELECT home_id, client_token, started_at, row_ref, max(hours), max(service), 0
  FROM hits WHERE home_id <> provider_id GROUP BY home_id, client_token, started_at, row_ref
),
priced AS (
  SELECT s.provider_id, s.client_token, s.started_at, s.row_ref, s.hours,
         CASE WHEN s.made_it = 1
              THEN s.hours * CASE WHEN s.service = 'home_care' THEN h.sek_per_minute * 60 ELSE a.sek_per_hour END END AS sek
  FROM sides s
  LEFT JOIN home_care_rates h ON h.provider_id = s.provider_id
  LEFT JOIN assistance_rates a ON a.provider_id = s.provider_id
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM hits
  UNION SELECT home_id, row_ref FROM hits
  UNION SELECT provider_id, placement_ref FROM hits
  UNION SELECT home_id, placement_ref FROM hits
),
references_of AS (
  SELECT provider_id, count(*) AS n_evidence, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref
        FROM evidence_rows) e
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT concat(client_token, '/', CAST(CAST(started_at AS DATE) AS VARCHAR))) AS n_days,
         count(DISTINCT client_token) AS n_children, sum(hours) AS hours, sum(sek) AS sek
  FROM priced GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n_days / 60.0 + s.n_children / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek,
       CASE WHEN s.sek IS NULL THEN 'unknown' ELSE 'cap' END AS amount_kind,
       s.n, s.n_days, s.n_children, round(s.hours, 1) AS hours, e.n_evidence, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
