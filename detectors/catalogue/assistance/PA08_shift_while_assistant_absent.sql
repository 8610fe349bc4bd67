/*
code: PA08
title: {sv: Pass under assistentens frånvaro, en: Shifts while the assistant was away}
method: rule
kind: impossible
concept: absence
subject: provider
gate: P1
reads: [assistance_shifts, absences, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Den som är inlagd på sjukhus, frihetsberövad, utomlands eller avliden kan inte ha arbetat hos brukaren.
  en: Someone in hospital, in custody, abroad or dead cannot have worked with the client.
innocent:
  sv: Brukaren var själv utomlands samtidigt, så assistenten kan ha rest med (räknas inte); fel datum på passet eller frånvaron; hemresa mitt under en utlandsvistelse. Första och sista dagen räknas inte.
  en: The client was abroad at the same time, so the assistant may have travelled along (not counted); a wrong date of the shift or the absence; a trip home during a stay abroad. The first and last day are not counted.
blind_spots:
  sv: Frånvaro som ingen har anmält; en frånvaro utan slutdatum räknas bara de första trettio dagarna (dödsfall utan gräns).
  en: Absences nobody reported; an absence without an end counts for its first thirty days only (death without limit).
next_step:
  sv: Kontrollera frånvarons datum och begär undertecknad tidredovisning, lönespecifikation och uppgift om vem som vikarierade.
  en: Check the dates of the absence and ask for signed time sheets, the payslip and who stood in.
sentence:
  sv: "{n} pass redovisades för {n_assistants:assistent|assistenter} medan assistenten var frånvarande, sammanlagt {hours:timme|timmar}[ (varav {n_abroad} pass under utlandsvistelse)]"
  en: "{n:shift|shifts} were reported for {n_assistants:assistant|assistants} while the assistant was away, {hours:hour|hours} in all[ ({n_abroad} of the shifts during a stay abroad)]"
basis: [{title: handbook PA-8}, {title: handbook reference PA-07}, {title: socialförsäkringsbalk (2010:110) 51 kap. 16 §}]
amount: {kind: estimate, how: {sv: passens omräknade timmar gånger anordnarens snittpris per timme, en: converted hours of the shifts times the provider's mean price an hour}}
parameters:
  waiting_factor: {law: assistance_waiting_factor, unit: assistance hours per hour, because: waiting time is paid by a quarter}
  standby_factor: {law: assistance_standby_factor, unit: assistance hours per hour, because: standby is paid by a seventh}
  open_spell_days: {value: 30, unit: days, because: the end of an absence is often never registered so an open row proves little after a month}
severity: 5
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the absence is among the evidence"}
*/
WITH spells AS (
  -- the whole days between the first and the last, both left out
  SELECT person_token, kind, row_ref, CAST(absent_from AS DATE) AS day_before,
         CASE WHEN kind = 'deceased' THEN CAST(NULL AS DATE)
              ELSE CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * ($open_spell_days + 1)) AS DATE)
              END AS day_after
  FROM absences
  WHERE kind IN ('hospital', 'custody', 'abroad', 'deceased')
),
touched AS (
  SELECT a.row_ref, a.provider_id, a.client_token, a.assistant_token, a.started_at, a.ended_at, a.kind AS shift_kind,
         s.kind, s.row_ref AS spell_ref
  FROM assistance_shifts a
  JOIN spells s ON s.person_token = a.assistant_token
   AND CAST(a.started_at AS DATE) > s.day_before
   AND (s.day_after IS NULL OR CAST(a.ended_at AS DATE) < s.day_after)
  WHERE a.started_at >= $since AND a.ended_at > a.started_at
),
hits AS (
  -- one row a shift even where two absences of a person overlap
  SELECT row_ref, provider_id, client_token, assistant_token, started_at,
         (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours,
         CASE shift_kind WHEN 'awake_standby' THEN $waiting_factor WHEN 'home_standby' THEN $standby_factor ELSE 1.0 END AS factor,
         max(CASE WHEN kind = 'abroad' THEN 1 ELSE 0 END) AS is_abroad,
         max(CASE WHEN kind <> 'abroad' THEN 1 ELSE 0 END) AS is_elsewhere
  FROM touched GROUP BY row_ref, provider_id, client_token, assistant_token, started_at, ended_at, shift_kind
),
alone AS (
  -- a client who is abroad too may have the assistant along
  SELECT h.row_ref, h.provider_id, h.assistant_token, h.started_at, h.hours, h.factor, h.is_abroad
  FROM hits h
  WHERE h.is_elsewhere = 1
     OR NOT EXISTS (SELECT 1 FROM absences t WHERE t.person_token = h.client_token AND t.kind = 'abroad'
                    AND t.absent_from <= h.started_at AND (t.absent_to IS NULL OR t.absent_to >= h.started_at))
),
evidence_rows AS (
  SELECT provider_id, row_ref FROM alone
  UNION
  SELECT a.provider_id, t.spell_ref FROM alone a JOIN touched t ON t.row_ref = a.row_ref
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT assistant_token) AS n_assistants, sum(hours) AS hours,
         sum(hours * factor) AS counted_hours, CAST(sum(is_abroad) AS BIGINT) AS n_abroad
  FROM alone GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.35 + s.n / 40.0 + s.n_assistants / 15.0) AS DOUBLE) AS strength,
       CAST(s.counted_hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_assistants, round(s.hours, 1) AS hours, s.n_abroad, e.evidence
FROM summed s JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
