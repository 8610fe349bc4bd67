/*
code: HV19
title: {sv: Placeringar utan uppföljning, en: Placements without follow-up}
method: rule
kind: unusual
concept: decision
subject: provider
gate: P1
reads: [hvb_placements]
population: hvb_placements.provider_id
why:
  sv: Vården ska övervägas eller omprövas minst var sjätte månad. Placeringar som ingen följer upp är också de där en felaktig faktura lättast går igenom.
  en: Care is to be reconsidered at least every six months. Placements nobody follows up are also where a wrong invoice passes most easily.
innocent:
  sv: Uppföljningen är gjord men inte införd; placeringen är avslutad men står öppen.
  en: The follow-up was made but not entered; the placement has ended but stands open.
blind_spots:
  sv: Uppföljningens innehåll; placeringar yngre än sex månader.
  en: What the follow-up contains; placements younger than six months.
next_step:
  sv: Boka uppföljning av placeringarna. Bristen är kommunens egen och säger inget om hemmet i sig.
  en: Book a follow-up of the placements. The fault is the municipality's own and says nothing of the home itself.
sentence:
  sv: "{n:pågående placering|pågående placeringar} har inte följts upp på {limit_days:dag|dagar}[ ({n_never} har aldrig följts upp)]"
  en: "{n:ongoing placement has|ongoing placements have} not been followed up in {limit_days:day|days}[ ({n_never} never)]"
basis: [{title: handbook reference HB-12}, {title: LVU (1990:52) 13 §}]
parameters:
  max_days: {value: 182, unit: days, because: reconsideration every six months; to be confirmed by the municipality's lawyer}
severity: 1
status: active
since: 2026-11-23
*/
WITH fired AS (
  SELECT provider_id, placed_on, last_followup_on, row_ref
  FROM hvb_placements
  WHERE placed_on <= $as_of AND (left_on IS NULL OR left_on > $as_of)
    AND date_diff('day', coalesce(last_followup_on, placed_on), $as_of) > $max_days
)
SELECT provider_id AS subject_id, min(coalesce(last_followup_on, placed_on)) AS period_from, $as_of AS period_to,
       CAST(least(0.6, 0.2 + count(*) / 20.0) AS DOUBLE) AS strength, count(*) AS n,
       count(CASE WHEN last_followup_on IS NULL THEN 1 END) AS n_never, CAST($max_days AS BIGINT) AS limit_days,
       array_agg(row_ref) AS evidence
FROM fired
GROUP BY provider_id
