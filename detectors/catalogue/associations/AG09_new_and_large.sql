/*
code: AG09
title: {sv: Ny förening med stort bidrag, en: New association with a large grant}
method: rule
kind: unusual
concept: grant
subject: association
gate: P0
reads: [associations, association_grants, association_membership]
population: association_grants.association_id
why:
  sv: En förening som nyss bildats har ingen historia att pröva mot. När den genast får mest per medlem av alla är det värt att titta på.
  en: An association just founded has no history to judge by. Where it at once receives the most per member of all it is worth a look.
innocent:
  sv: Startbidrag ska gå till nya föreningar; en sammanslagning har fått nytt organisationsnummer; dyr utrustning första året.
  en: Start-up grants are for new associations; a merger took a new number; costly equipment in the first year.
blind_spots:
  sv: Gamla föreningar som tagits över av andra; föreningar utan registreringsdatum.
  en: Old associations taken over by others; associations without a date of registration.
next_step:
  sv: Begär stadgar, protokoll från bildandet och kvitton på det bidraget använts till, och besök verksamheten.
  en: Ask for statutes, minutes of the founding and receipts for what the grant was used for, and visit the activities.
sentence:
  sv: "Föreningen var {age_days:dag|dagar} gammal när den sökte och fick {paid_sek} kronor för {members:medlem|medlemmar}, {per_member} kronor per medlem (plats {place} av {peer_n})"
  en: "The association was {age_days:day|days} old when it applied and received {paid_sek} SEK for {members:member|members}, {per_member} SEK a member (place {place} of {peer_n})"
basis: [{title: handbook AG-9}, {title: handbook reference FB-13}]
amount: {kind: cap, how: {sv: årets utbetalda bidrag, en: the grants paid for the year}}
parameters:
  max_age_days: {value: 365, unit: days, because: handbook AG-9}
  top_share: {value: 0.1, unit: share of associations, because: handbook AG-9 says the top decile}
  min_peers: {value: 30, unit: associations, because: a decile of few is one association}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the register row with the day of registration is among the evidence"}
*/
WITH paid AS (
  SELECT association_id, year, sum(paid_sek) AS paid_sek, min(coalesce(applied_on, decided_on, paid_on)) AS applied_on,
         max(coalesce(paid_on, decided_on, applied_on)) AS last_on
  FROM association_grants WHERE year >= year($since) AND year <= year($as_of)
  GROUP BY association_id, year HAVING sum(paid_sek) > 0
),
compared AS (
  SELECT p.association_id, p.year, p.paid_sek, p.applied_on, p.last_on, m.members, p.paid_sek / m.members AS per_member,
         rank() OVER (PARTITION BY p.year ORDER BY p.paid_sek / m.members DESC) AS place,
         count(*) OVER (PARTITION BY p.year) AS peer_n
  FROM paid p JOIN association_membership m ON m.association_id = p.association_id AND m.year = p.year
  WHERE m.members > 0
),
evidence_rows AS (
  SELECT association_id, year, row_ref FROM association_grants
  UNION ALL
  SELECT p.association_id, p.year, a.row_ref FROM paid p JOIN associations a ON a.association_id = p.association_id
),
references_of AS (SELECT association_id, year, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY association_id, year)
SELECT c.association_id AS subject_id, CAST(c.year AS VARCHAR) AS episode, a.registered_on AS period_from,
       coalesce(c.last_on, $as_of) AS period_to,
       CAST(least(1.0, 0.3 + 0.4 * (1 - c.place / (c.peer_n * $top_share)) + c.paid_sek / 1000000.0) AS DOUBLE) AS strength,
       CAST(c.paid_sek AS DECIMAL(14,2)) AS amount_sek, date_diff('day', a.registered_on, c.applied_on) AS age_days,
       CAST(round(c.paid_sek, 0) AS BIGINT) AS paid_sek, c.members, CAST(round(c.per_member, 0) AS BIGINT) AS per_member,
       c.place, c.peer_n, e.evidence
FROM compared c JOIN associations a ON a.association_id = c.association_id
JOIN references_of e ON e.association_id = c.association_id AND e.year = c.year
WHERE c.peer_n >= $min_peers AND c.place <= $top_share * c.peer_n
  AND date_diff('day', a.registered_on, c.applied_on) < $max_age_days
