/*
code: AG13
title: {sv: Styrelsen utbytt och bidragen växte, en: Board replaced while grants grew}
method: rule
kind: unusual
concept: board
subject: association
gate: P0
reads: [organisation_officers, association_grants]
population: association_roles.association_id
why:
  sv: När nästan hela styrelsen byts ut samtidigt som bidragen växer kan föreningen ha tagits över för bidragens skull.
  en: Where almost the whole board is replaced while the grants grow the association may have been taken over for their sake.
innocent:
  sv: Ett ordinarie årsmöte med generationsskifte; en sammanslagning; registret uppdateras först när ansökan görs.
  en: An ordinary annual meeting with a change of generation; a merger; a register updated only when applying.
blind_spots:
  sv: Övertaganden som sker steg för steg under flera år.
  en: Takeovers step by step over several years.
next_step:
  sv: Begär årsmötesprotokollet och tala med någon i den tidigare styrelsen.
  en: Ask for the minutes of the annual meeting and talk to somebody of the former board.
sentence:
  sv: "{n_new} av {n_board} i styrelsen tillträdde under det senaste året, och bidragen växte från {grant_before} till {grant_sek} kronor"
  en: "{n_new} of {n_board} on the board took office in the last year, and the grants grew from {grant_before} to {grant_sek} SEK"
basis: [{title: handbook AG-13}, {title: handbook reference FB-13}]
parameters:
  min_share: {value: 0.75, unit: share of the board, because: handbook AG-13}
  min_board: {value: 3, unit: persons, because: shares of one or two say nothing}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "grants of the kinds paid in both years may have grown, not only the sum of all"}
*/
WITH board AS (
  SELECT org_id AS association_id, person_token, role_from, row_ref FROM organisation_officers
  WHERE org_type = 'association' AND role_from <= $as_of AND (role_to IS NULL OR role_to >= $as_of)
),
changed AS (
  SELECT association_id, count(*) AS n_board, sum(CASE WHEN role_from >= $since THEN 1 ELSE 0 END) AS n_new,
         min(CASE WHEN role_from >= $since THEN role_from END) AS changed_on
  FROM board GROUP BY association_id HAVING count(*) >= $min_board
),
by_kind AS (
  SELECT association_id, year, kind, sum(paid_sek) AS paid_sek FROM association_grants
  GROUP BY association_id, year, kind
),
totals AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek FROM by_kind GROUP BY association_id, year
),
compared AS (
  -- all grants of a year against the year before, and the kinds paid in both: a hall hired once hides no growth
  SELECT g.association_id, g.year, g.paid_sek, b.paid_sek AS paid_before, 1 AS preferred
  FROM totals g JOIN totals b ON b.association_id = g.association_id AND b.year = g.year - 1
  WHERE g.year >= year($since) AND g.year <= year($as_of)
  UNION ALL
  SELECT g.association_id, g.year, sum(g.paid_sek), sum(b.paid_sek), 2
  FROM by_kind g JOIN by_kind b ON b.association_id = g.association_id AND b.year = g.year - 1 AND b.kind = g.kind
  WHERE g.year >= year($since) AND g.year <= year($as_of)
  GROUP BY g.association_id, g.year
),
latest AS (
  SELECT association_id, max(year) AS year FROM totals WHERE year >= year($since) AND year <= year($as_of)
  GROUP BY association_id
),
grown AS (
  SELECT c.association_id, c.year, c.paid_sek, c.paid_before,
         row_number() OVER (PARTITION BY c.association_id ORDER BY c.preferred, c.association_id) AS place
  FROM compared c JOIN latest l ON l.association_id = c.association_id AND l.year = c.year
  WHERE c.paid_before > 0 AND c.paid_sek > c.paid_before
),
fired AS (
  SELECT c.association_id, c.n_board, c.n_new, c.changed_on, g.year, g.paid_sek, g.paid_before
  FROM changed c JOIN grown g ON g.association_id = c.association_id AND g.place = 1
  WHERE c.n_new / c.n_board > $min_share
),
evidence_rows AS (
  SELECT f.association_id, b.row_ref FROM fired f JOIN board b ON b.association_id = f.association_id
  UNION
  SELECT f.association_id, g.row_ref
  FROM fired f JOIN association_grants g ON g.association_id = f.association_id AND (g.year = f.year OR g.year = f.year - 1)
),
references_of AS (SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id)
SELECT f.association_id AS subject_id, f.changed_on AS period_from, $as_of AS period_to,
       CAST(least(1.0, 0.3 + 0.4 * least(1.0, (f.paid_sek - f.paid_before) / f.paid_before) + f.n_new / f.n_board / 10.0) AS DOUBLE) AS strength,
       CAST(f.n_new AS BIGINT) AS n_new, f.n_board, CAST(round(f.paid_sek, 0) AS BIGINT) AS grant_sek,
       CAST(round(f.paid_before, 0) AS BIGINT) AS grant_before, e.evidence
FROM fired f JOIN references_of e ON e.association_id = f.association_id
