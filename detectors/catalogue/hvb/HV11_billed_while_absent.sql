/*
code: HV11
title: {sv: Fullt pris medan barnet var borta, en: Full price while the child was away}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P1
reads: [hvb_claims, hvb_placements, absences]
population: hvb_invoices.provider_id
why:
  sv: Ett barn som är frihetsberövat, inlagt på sjukhus i mer än tre nätter eller avlidet får inte vård på hemmet. Fullt dygnspris för de nätterna kräver stöd i avtalet.
  en: A child in custody, in hospital for more than three nights or dead does not receive care at the home. The full day rate for those nights needs support in the agreement.
innocent:
  sv: Plats som hålls enligt avtal (fakturor under 95 procent av avtalat pris räknas inte); personal som följde med till sjukhuset enligt överenskommelse; frånvaro med fel datum eller som aldrig avslutats.
  en: A place kept by agreement (invoices below 95 percent of the agreed price are not counted); staff who came along to the hospital by agreement; an absence with a wrong date or never ended.
blind_spots:
  sv: Avvikningar och hemresor finns inte i uttaget; en frånvaro utan slutdatum räknas bara de första trettio nätterna (dödsfall utan gräns).
  en: Runaways and visits home are not in the export; an absence without an end counts for its first thirty nights only (death without limit).
next_step:
  sv: Läs avtalets villkor om frånvaro och platshållning och begär hemmets närvarolista för de nätterna.
  en: Read the agreement's terms on absence and kept places and ask for the home's attendance list of those nights.
sentence:
  sv: "{nights:natt|nätter} fakturerades till fullt pris medan barnet var frihetsberövat, på sjukhus eller avlidet ({n_children} barn, {n:faktura|fakturor})"
  en: "{nights:night|nights} were invoiced at full price while the child was in custody, in hospital or dead ({n_children:child|children}, {n:invoice|invoices})"
basis: [{title: handbook HVB-11}, {title: handbook reference HB-04}]
amount: {kind: exact, how: {sv: fakturerade nätter under frånvaron gånger fakturans dygnspris utan tillägg, en: nights invoiced during the absence times the invoice's day rate without extras}}
parameters:
  hospital_nights: {value: 3, unit: nights (more than), because: handbook HVB-11; short stays are part of ordinary care}
  full_share: {value: 0.95, unit: share of the agreed rate, because: a kept place is paid at a reduced rate}
  open_spell_nights: {value: 30, unit: nights, because: the end of an absence is often never registered so an open row proves little after a month}
severity: 4
status: active
since: 2026-11-23
*/
WITH spells AS (
  -- nights away: from the evening of the first day up to the evening before the last
  SELECT person_token, kind, CAST(absent_from AS DATE) AS first_night,
         CASE WHEN kind = 'deceased' THEN DATE '2999-12-31'
              ELSE CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * $open_spell_nights) AS DATE) END AS back_on,
         row_ref
  FROM absences
  WHERE kind IN ('hospital', 'custody', 'deceased')
),
long_spells AS (
  SELECT person_token, first_night, back_on, row_ref FROM spells
  WHERE kind <> 'hospital' OR date_diff('day', first_night, back_on) > $hospital_nights
),
claimed AS (
  -- a placement's nights on the invoice: its period cut to the stay, the day of leaving is no night
  SELECT c.invoice_id, c.provider_id, c.placement_id, c.billed_days, c.period_days, c.day_rate, c.row_ref, p.client_token,
         greatest(c.period_from, p.placed_on) AS first_night,
         least(c.period_to + INTERVAL 1 DAY, coalesce(p.left_on, c.period_to + INTERVAL 1 DAY)) AS last_before
  FROM hvb_claims c JOIN hvb_placements p ON p.placement_id = c.placement_id
  WHERE c.period_to >= $since AND c.period_from <= $as_of AND c.billed_days > 0
    AND c.day_rate >= $full_share * CAST(p.agreed_rate_sek AS DOUBLE)
),
hits AS (
  -- overlapping absences of one child: the longest overlap with the invoice counts
  SELECT c.invoice_id, c.provider_id, c.client_token, c.row_ref, c.day_rate, s.row_ref AS absence_ref,
         CAST(greatest(c.first_night, s.first_night) AS DATE) AS away_from,
         CAST(least(c.last_before, s.back_on) AS DATE) AS away_to,
         least(date_diff('day', greatest(c.first_night, s.first_night), least(c.last_before, s.back_on)),
               c.billed_days - (c.period_days
                                - date_diff('day', greatest(c.first_night, s.first_night), least(c.last_before, s.back_on))))
           AS nights
  FROM claimed c JOIN long_spells s
    ON s.person_token = c.client_token AND s.first_night < c.last_before AND s.back_on > c.first_night
),
placed AS (
  SELECT invoice_id, provider_id, client_token, row_ref, day_rate, absence_ref, away_from, away_to, nights,
         row_number() OVER (PARTITION BY invoice_id, away_from ORDER BY nights DESC, absence_ref, invoice_id) AS place
  FROM hits WHERE nights > 0
),
fired AS (
  SELECT invoice_id, provider_id, client_token, row_ref, day_rate, absence_ref, away_from, away_to, nights
  FROM placed WHERE place = 1
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence
  FROM (SELECT provider_id, row_ref FROM fired UNION SELECT provider_id, absence_ref FROM fired) r
  GROUP BY provider_id
),
summed AS (
  SELECT provider_id, min(away_from) AS period_from, max(away_to) AS period_to, count(DISTINCT invoice_id) AS n,
         count(DISTINCT client_token) AS n_children, sum(nights) AS nights, sum(nights * day_rate) AS sek
  FROM fired GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.nights / 60.0 + s.n_children / 20.0) AS DOUBLE) AS strength,
       CAST(s.sek AS DECIMAL(14,2)) AS amount_sek, s.n, s.n_children, CAST(s.nights AS BIGINT) AS nights, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
