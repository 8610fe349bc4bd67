/*
code: AG08
title: {sv: Samma ändamål betalat av två nämnder, en: Same purpose paid by two committees}
method: rule
kind: breach
concept: grant
subject: association
gate: P0
reads: [association_grants]
population: association_grants.association_id
why:
  sv: Samma kostnad ska inte ersättas två gånger. När två nämnder ger samma slags bidrag för samma ändamål och år vet de ofta inte om varandra.
  en: The same cost is not to be paid for twice. Where two committees give the same kind of grant for the same purpose and year they often do not know of each other.
innocent:
  sv: Medfinansiering enligt beslut; två skilda ändamål (räknas inte); den ena nämnden fick tillbaka sitt bidrag (återkrav räknas av).
  en: Joint funding by decision; two different purposes (not counted); one committee got its grant back (claims are taken off).
blind_spots:
  sv: Bidrag utan ändamålskod (se AG23); samma sak under två koder; bidrag från staten, regionen och andra kommuner.
  en: Grants without a code of purpose (see AG23); one thing under two codes; grants from the state, the region and other municipalities.
next_step:
  sv: Jämför ansökningarna och redovisningarna hos de två nämnderna, kvitto för kvitto.
  en: Compare the applications and the accounts at the two committees, receipt by receipt.
sentence:
  sv: "{n_pairs:gång|gånger} gav två nämnder samma slags bidrag för samma ändamål och år; det lägre bidraget är sammanlagt {lower_sek} kronor och det högre {higher_sek} kronor"
  en: "{n_pairs:time|times} two committees gave the same kind of grant for the same purpose and year; the lower grant is {lower_sek} SEK in all and the higher {higher_sek} SEK"
basis: [{title: handbook AG-8}, {title: handbook reference FB-11}]
amount: {kind: cap, how: {sv: det lägre av de två nämndernas bidrag, en: the lower of the two committees' grants}}
parameters:
  min_sek: {value: 1000, unit: SEK, because: smaller grants are given without an application}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: needs the code of the purpose; without it the same kind of grant from two committees is only unusual (AG23)}
*/
WITH by_committee AS (
  SELECT association_id, kind, year, purpose_code, committee, sum(paid_sek) AS paid_sek,
         min(coalesce(paid_on, decided_on, applied_on)) AS first_on,
         max(coalesce(paid_on, decided_on, applied_on)) AS last_on
  FROM association_grants
  WHERE committee IS NOT NULL AND purpose_code IS NOT NULL AND year >= year($since)
  GROUP BY association_id, kind, year, purpose_code, committee
  HAVING sum(paid_sek) >= $min_sek
),
doubled AS (
  SELECT association_id, kind, year, purpose_code, sum(paid_sek) - max(paid_sek) AS lower_sek, max(paid_sek) AS higher_sek,
         min(first_on) AS first_on, max(last_on) AS last_on
  FROM by_committee GROUP BY association_id, kind, year, purpose_code HAVING count(*) >= 2
),
references_of AS (
  SELECT d.association_id, array_agg(g.row_ref) AS evidence
  FROM doubled d JOIN association_grants g ON g.association_id = d.association_id AND g.kind = d.kind AND g.year = d.year
   AND g.purpose_code = d.purpose_code
  WHERE g.committee IS NOT NULL
  GROUP BY d.association_id
),
summed AS (
  SELECT association_id, count(*) AS n_pairs, sum(lower_sek) AS lower_sek, sum(higher_sek) AS higher_sek,
         max(lower_sek / higher_sek) AS closeness, min(first_on) AS first_on, max(last_on) AS last_on
  FROM doubled GROUP BY association_id
)
SELECT s.association_id AS subject_id, coalesce(s.first_on, $since) AS period_from, coalesce(s.last_on, $as_of) AS period_to,
       CAST(least(1.0, 0.3 + 0.5 * least(1.0, s.closeness) + s.lower_sek / 500000.0) AS DOUBLE) AS strength,
       CAST(s.lower_sek AS DECIMAL(14,2)) AS amount_sek, s.n_pairs, CAST(round(s.lower_sek, 0) AS BIGINT) AS lower_sek,
       CAST(round(s.higher_sek, 0) AS BIGINT) AS higher_sek, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
