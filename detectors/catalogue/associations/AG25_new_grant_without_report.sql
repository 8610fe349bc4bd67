/*
code: AG25
title: {sv: Nytt bidrag trots utebliven redovisning, en: New grant though nothing was reported}
method: rule
kind: breach
concept: grant
subject: association
gate: P0
reads: [association_grants]
population: association_grants.association_id
why:
  sv: Ett bidrag ska redovisas innan föreningen får nästa. Utan redovisning vet ingen vad pengarna gick till.
  en: A grant is to be reported before the association gets the next. Without a report nobody knows what the money went to.
innocent:
  sv: Beviljat anstånd; redovisningen kom men fördes inte in; bidrag som inte behöver redovisas (slag och år där få redovisningar är införda räknas inte); bidraget betalades tillbaka.
  en: An extension was granted; the report came but was not entered; grants that need no report (kinds and years with few reports entered are not counted); the grant was paid back.
blind_spots:
  sv: Att en redovisning kom in säger inget om vad som stod i den.
  en: That a report came in says nothing of what it said.
next_step:
  sv: Begär redovisningen och pröva om bidraget ska krävas tillbaka; se över varför nästa bidrag beviljades.
  en: Ask for the report and try whether the grant is to be claimed back; find out why the next grant was given.
sentence:
  sv: "{n_unreported:bidrag|bidrag} på sammanlagt {paid_sek} kronor var inte redovisade när {n_later:nytt bidrag|nya bidrag} beviljades mer än {deadline_days} dagar efter bidragsårets slut"
  en: "{n_unreported:grant|grants} of {paid_sek} SEK in all had not been reported when {n_later:new grant was|new grants were} given more than {deadline_days} days after the year's end"
basis: [{title: handbook reference FB-14}]
amount: {kind: cap, how: {sv: de bidrag som inte var redovisade när nästa beviljades, en: the grants that had not been reported when the next was given}}
parameters:
  deadline_days: {value: 90, unit: days after the year of the grant, because: handbook reference FB-14}
  min_recorded: {value: 0.5, unit: share of grants of the kind and year with a day of report, because: where few reports are entered a missing day says nothing}
severity: 2
status: active
since: 2026-11-23
*/
WITH given AS (
  -- one row an association, kind and year; claims back are taken off
  SELECT association_id, kind, year, sum(paid_sek) AS paid_sek, max(reported_on) AS reported_on, max(row_ref) AS row_ref
  FROM association_grants GROUP BY association_id, kind, year HAVING sum(paid_sek) > 0
),
recorded AS (
  SELECT kind, year FROM given GROUP BY kind, year HAVING count(reported_on) / count(*) >= $min_recorded
),
due AS (
  SELECT g.association_id, g.kind, g.year, g.paid_sek, g.reported_on, g.row_ref,
         CAST(CAST(concat(CAST(g.year AS VARCHAR), '-12-31') AS DATE) + INTERVAL 1 DAY * $deadline_days AS DATE) AS due_on
  FROM given g JOIN recorded r ON r.kind = g.kind AND r.year = g.year
),
later AS (
  SELECT association_id, grant_id, year, coalesce(decided_on, paid_on) AS decided_on, row_ref
  FROM association_grants
  WHERE coalesce(granted_sek, paid_sek) > 0 AND coalesce(decided_on, paid_on) >= $since
    AND coalesce(decided_on, paid_on) <= $as_of
),
pairs AS (
  SELECT d.association_id, d.kind, d.year, d.paid_sek, d.row_ref, l.grant_id, l.decided_on, l.row_ref AS later_ref
  FROM due d JOIN later l
    ON l.association_id = d.association_id AND l.year > d.year AND l.decided_on > d.due_on
   AND (d.reported_on IS NULL OR d.reported_on > l.decided_on)
),
unreported AS (
  SELECT DISTINCT association_id, kind, year, paid_sek FROM pairs
),
money AS (
  SELECT association_id, count(*) AS n_unreported, sum(paid_sek) AS paid_sek FROM unreported GROUP BY association_id
),
summed AS (
  SELECT association_id, count(DISTINCT grant_id) AS n_later, min(decided_on) AS period_from, max(decided_on) AS period_to
  FROM pairs GROUP BY association_id
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence
  FROM (SELECT association_id, row_ref FROM pairs UNION SELECT association_id, later_ref FROM pairs) e
  GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + 0.1 * m.n_unreported + m.paid_sek / 1000000.0) AS DOUBLE) AS strength,
       CAST(m.paid_sek AS DECIMAL(14,2)) AS amount_sek, m.n_unreported, s.n_later,
       CAST(round(m.paid_sek, 0) AS BIGINT) AS paid_sek, CAST($deadline_days AS BIGINT) AS deadline_days, e.evidence
FROM summed s
JOIN money m ON m.association_id = s.association_id
JOIN references_of e ON e.association_id = s.association_id
