/*
code: PA07
title: {sv: Assistans under brukarens frånvaro, en: Assistance while the client was away}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P1
reads: [assistance_shifts, absences, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Den som är inlagd på sjukhus, på korttidsboende eller HVB, frihetsberövad eller avliden får normalt inte personlig assistans. På sjukhus krävs särskilda skäl.
  en: Someone in hospital, in short-term or residential care, in custody or dead does not normally receive personal assistance. In hospital it takes special reasons.
innocent:
  sv: Beslut om assistans under sjukhusvistelse; besök hemma från sjukhuset; uppsägningslön efter dödsfall som skrivits som arbetade pass; felaktig eller aldrig avslutad frånvaro. In- och utskrivningsdagen räknas inte.
  en: A decision on assistance in hospital; leave from the ward; notice pay after a death written as worked shifts; an absence that is wrong or was never ended. Days of admission and discharge are not counted.
blind_spots:
  sv: Frånvaro som ingen har anmält; skola och daglig verksamhet; väntetid och beredskap. En frånvaro utan slutdatum räknas bara de första trettio dagarna (dödsfall utan gräns). Utlandsvistelse prövas i en egen regel, eftersom assistenter får resa med.
  en: Absences nobody reported; school and daily activity; waiting time and standby. An absence without an end counts for its first thirty days only (death without limit). Stays abroad have a rule of their own, as assistants may travel along.
next_step:
  sv: Hämta vårdtidens in- och utskrivning, se efter om beslutet medger assistans under tiden och begär undertecknad tidredovisning för passen.
  en: Get admission and discharge of the stay, see whether the decision allows assistance meanwhile and ask for the signed time sheets of the shifts.
sentence:
  sv: "{n} aktiva pass hos {n_clients} brukare redovisades medan brukaren var frånvarande, sammanlagt {hours:timme|timmar}[ (varav {n_deceased} pass efter dödsfall)]"
  en: "{n:active shift|active shifts} with {n_clients:client|clients} were reported while the client was away, {hours:hour|hours} in all[ ({n_deceased} of the shifts after death)]"
basis: [{title: handbook PA-7}, {title: handbook reference PA-09 and PA-10}, {title: socialförsäkringsbalk (2010:110) 106 kap. 24-25 §§}]
amount: {kind: cap, how: {sv: passens timmar gånger anordnarens snittpris per timme, en: hours of the shifts times the provider's mean price an hour}}
parameters:
  hospital_grace_days: {value: 0, unit: further days, because: a municipality whose decisions allow the first days in hospital sets their number here}
  death_grace_days: {value: 0, unit: days, because: no assistance can be given after the day of death; notice pay is not worked time}
  open_spell_days: {value: 30, unit: days, because: the end of an absence is often never registered so an open row proves little after a month}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the absence is among the evidence"}
*/
WITH spells AS (
  -- the whole days between admission and discharge: both these days are left out
  SELECT person_token, kind, row_ref,
         CAST(CAST(absent_from AS DATE)
              + INTERVAL 1 DAY * (CASE kind WHEN 'deceased' THEN $death_grace_days
                                            WHEN 'hospital' THEN $hospital_grace_days ELSE 0 END) AS DATE) AS day_before,
         CASE WHEN kind = 'deceased' THEN CAST(NULL AS DATE)
              ELSE CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * ($open_spell_days + 1)) AS DATE)
              END AS day_after
  FROM absences
  WHERE kind IN ('hospital', 'short_term_care', 'hvb', 'custody', 'deceased')
),
touched AS (
  SELECT a.row_ref, a.provider_id, a.client_token, a.started_at, a.ended_at, s.kind, s.row_ref AS spell_ref
  FROM assistance_shifts a
  JOIN spells s ON s.person_token = a.client_token
   AND CAST(a.started_at AS DATE) > s.day_before
   AND (s.day_after IS NULL OR CAST(a.ended_at AS DATE) < s.day_after)
  WHERE a.started_at >= $since AND a.ended_at > a.started_at AND a.kind = 'active'
),
hits AS (
  -- one row a shift even where two absences of a person overlap
  SELECT row_ref, provider_id, client_token, started_at, (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours,
         max(CASE WHEN kind = 'deceased' THEN 1 ELSE 0 END) AS after_death
  FROM touched GROUP BY row_ref, provider_id, client_token, started_at, ended_at
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM touched UNION SELECT provider_id, spell_ref FROM touched
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT client_token) AS n_clients, sum(hours) AS hours,
         sum(after_death) AS n_deceased
  FROM hits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 60.0 + s.n_clients / 20.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, round(s.hours, 1) AS hours, CAST(s.n_deceased AS BIGINT) AS n_deceased, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
