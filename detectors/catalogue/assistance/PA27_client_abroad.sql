/*
code: PA27
title: {sv: Mycket assistans under utlandsvistelse, en: Much assistance during stays abroad}
method: rule
kind: unusual
concept: absence
subject: provider
gate: P1
reads: [assistance_shifts, absences, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Assistenter får följa med på resa, men assistans utomlands är begränsad i tid och svår att kontrollera. Tidredovisning från långa utlandsvistelser har visat sig sakna grund i kända fall.
  en: Assistants may come along on a trip, but assistance abroad is limited in time and hard to check. Time sheets of long stays abroad have proved unfounded in known cases.
innocent:
  sv: Semesterresa med assistenter enligt beslut eller riktlinje; vård utomlands; vistelsen är kortare än uppgiften säger.
  en: A holiday with assistants by decision or guideline; care abroad; the stay is shorter than recorded.
blind_spots:
  sv: Resor som ingen har anmält; utlandsvistelser utan slutdatum räknas bara de första trettio dagarna.
  en: Trips nobody reported; stays abroad without an end count for their first thirty days only.
next_step:
  sv: Se efter om beslutet medger assistans utomlands, begär resehandlingar för assistenterna och jämför med passens tider.
  en: See whether the decision allows assistance abroad, ask for the assistants' travel documents and compare with the times of the shifts.
sentence:
  sv: "{hours} aktiva timmar redovisades under {n_days} dygn då brukaren var utomlands ({n_clients} brukare, {n} pass)"
  en: "{hours} active hours were reported on {n_days:day|days} when the client was abroad ({n_clients:client|clients}, {n:shift|shifts})"
basis: [{title: "handbook PA-7, stays abroad"}, {title: handbook reference PA-07}]
amount: {kind: cap, how: {sv: passens timmar gånger anordnarens snittpris per timme, en: hours of the shifts times the provider's mean price an hour}}
parameters:
  min_days: {value: 3, unit: days with assistance abroad for a client, because: a day's trip across a border is ordinary}
  open_spell_days: {value: 30, unit: days, because: the end of an absence is often never registered so an open row proves little after a month}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the absence is among the evidence"}
*/
WITH spells AS (
  SELECT person_token, row_ref, CAST(absent_from AS DATE) AS day_before,
         CAST(coalesce(absent_to, absent_from + INTERVAL 1 DAY * ($open_spell_days + 1)) AS DATE) AS day_after
  FROM absences WHERE kind = 'abroad'
),
touched AS (
  SELECT a.row_ref, a.provider_id, a.client_token, a.started_at, a.ended_at, s.row_ref AS spell_ref
  FROM assistance_shifts a
  JOIN spells s ON s.person_token = a.client_token
   AND CAST(a.started_at AS DATE) > s.day_before AND CAST(a.ended_at AS DATE) < s.day_after
  WHERE a.started_at >= $since AND a.ended_at > a.started_at AND a.kind = 'active'
),
hits AS (
  -- one row a shift even where two absences of a person overlap
  SELECT row_ref, provider_id, client_token, started_at, (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours
  FROM touched GROUP BY row_ref, provider_id, client_token, started_at, ended_at
),
clients AS (
  SELECT provider_id, client_token, count(DISTINCT CAST(started_at AS DATE)) AS n_days
  FROM hits GROUP BY provider_id, client_token HAVING count(DISTINCT CAST(started_at AS DATE)) >= $min_days
),
evidence_rows AS (
  SELECT t.provider_id, t.row_ref FROM touched t JOIN clients c ON c.provider_id = t.provider_id AND c.client_token = t.client_token
  UNION
  SELECT t.provider_id, t.spell_ref FROM touched t JOIN clients c ON c.provider_id = t.provider_id AND c.client_token = t.client_token
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id),
summed AS (
  SELECT h.provider_id, CAST(min(h.started_at) AS DATE) AS period_from, CAST(max(h.started_at) AS DATE) AS period_to,
         count(*) AS n, count(DISTINCT h.client_token) AS n_clients, sum(h.hours) AS hours
  FROM hits h JOIN clients c ON c.provider_id = h.provider_id AND c.client_token = h.client_token
  GROUP BY h.provider_id
),
days AS (
  SELECT provider_id, CAST(sum(n_days) AS BIGINT) AS n_days FROM clients GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(0.9, 0.3 + d.n_days / 90.0) AS DOUBLE) AS strength,
       CAST(s.hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek,
       s.n, s.n_clients, d.n_days, round(s.hours, 1) AS hours, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
JOIN days d ON d.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
