/*
code: AG23
title: {sv: Samma slags bidrag från två nämnder, en: Same kind of grant from two committees}
method: rule
kind: unusual
concept: grant
subject: association
gate: P0
reads: [association_grants]
optional_columns: [association_grants.purpose_code]
population: association_grants.association_id
why:
  sv: När två nämnder ger samma slags bidrag för samma år kan de ha betalat för samma sak utan att veta om varandra. Vad pengarna gäller står bara i fritext, så det är en fråga och inget fel.
  en: Where two committees give the same kind of grant for the same year they may have paid for the same thing without knowing of each other. What the money is for stands in free text only, so it is a question and not a fault.
innocent:
  sv: Två skilda projekt; medfinansiering enligt beslut; den ena nämnden fick tillbaka sitt bidrag (återkrav räknas av).
  en: Two different projects; joint funding by decision; one committee got its grant back (claims are taken off).
blind_spots:
  sv: Bidrag från staten, regionen och andra kommuner syns inte.
  en: Grants from the state, the region and other municipalities are not seen.
next_step:
  sv: Läs ändamålet i de två ansökningarna. Gäller de samma sak, jämför redovisningarna kvitto för kvitto.
  en: Read the purpose in the two applications. If they are for the same thing, compare the accounts receipt by receipt.
sentence:
  sv: "{n_pairs:gång|gånger} gav två nämnder samma slags bidrag för samma år; det lägre bidraget är sammanlagt {lower_sek} kronor och ändamålet behöver läsas"
  en: "{n_pairs:time|times} two committees gave the same kind of grant for the same year; the lower grant is {lower_sek} SEK in all and the purpose needs to be read"
basis: [{title: handbook AG-8}, {title: handbook reference FB-11}]
amount: {kind: cap, how: {sv: det lägre av de två nämndernas bidrag, en: the lower of the two committees' grants}}
parameters:
  min_sek: {value: 1000, unit: SEK, because: smaller grants are given without an application}
severity: 2
status: active
since: 2026-11-23
*/
WITH by_committee AS (
  -- grants whose purpose has a code are compared by it in AG08
  SELECT association_id, kind, year, committee, sum(paid_sek) AS paid_sek, count(*) - count(purpose_code) AS n_unknown,
         min(coalesce(paid_on, decided_on, applied_on)) AS first_on,
         max(coalesce(paid_on, decided_on, applied_on)) AS last_on
  FROM association_grants
  WHERE committee IS NOT NULL AND year >= year($since)
  GROUP BY association_id, kind, year, committee
  HAVING sum(paid_sek) >= $min_sek
),
doubled AS (
  SELECT association_id, kind, year, sum(paid_sek) - max(paid_sek) AS lower_sek, max(paid_sek) AS higher_sek,
         min(first_on) AS first_on, max(last_on) AS last_on
  FROM by_committee GROUP BY association_id, kind, year HAVING count(*) >= 2 AND sum(n_unknown) > 0
),
references_of AS (
  SELECT d.association_id, array_agg(g.row_ref) AS evidence
  FROM doubled d JOIN association_grants g ON g.association_id = d.association_id AND g.kind = d.kind AND g.year = d.year
  WHERE g.committee IS NOT NULL
  GROUP BY d.association_id
),
summed AS (
  SELECT association_id, count(*) AS n_pairs, sum(lower_sek) AS lower_sek, max(lower_sek / higher_sek) AS closeness,
         min(first_on) AS first_on, max(last_on) AS last_on
  FROM doubled GROUP BY association_id
)
SELECT s.association_id AS subject_id, coalesce(s.first_on, $since) AS period_from, coalesce(s.last_on, $as_of) AS period_to,
       CAST(least(1.0, 0.2 + 0.5 * least(1.0, s.closeness) + s.lower_sek / 500000.0) AS DOUBLE) AS strength,
       CAST(s.lower_sek AS DECIMAL(14,2)) AS amount_sek, s.n_pairs, CAST(round(s.lower_sek, 0) AS BIGINT) AS lower_sek,
       e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
