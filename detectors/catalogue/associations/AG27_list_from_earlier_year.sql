/*
code: AG27
title: {sv: Samma närvarolista under flera år, en: The same attendance list over years}
method: rule
kind: unusual
concept: attendance
subject: association
gate: P1
reads: [association_activities, association_lists]
population: association_activities.association_id
why:
  sv: Barn börjar, slutar och är sjuka. En lista med exakt samma deltagare som kommer igen gång på gång under mer än ett år kan ha kopierats.
  en: Children begin, leave and fall ill. A list with exactly the same participants that returns time and again over more than a year may have been copied.
innocent:
  sv: Ett litet lag med trogna medlemmar som nästan alltid är fulltaligt.
  en: A small team of faithful members that is nearly always complete.
blind_spots:
  sv: Listor där någon lagts till eller tagits bort; föreningar vars uttag bara gäller ett år.
  en: Lists to which somebody was added or from which somebody was dropped; associations whose export covers one year only.
next_step:
  sv: Jämför med gruppens andra tillfällen. Fråga hur närvaron förs och gör ett oanmält besök.
  en: Compare with the group's other sessions. Ask how attendance is kept and make an unannounced visit.
sentence:
  sv: "{n_lists:närvarolista|närvarolistor} med exakt samma deltagare användes {n:gång|gånger} under som längst {days:dag|dagar}"
  en: "{n_lists:attendance list|attendance lists} with exactly the same participants were used {n:time|times} over {days:day|days} at most"
basis: [{title: handbook reference FB-08}]
parameters:
  min_uses: {value: 20, unit: activities with one list, because: handbook reference FB-08}
  min_days: {value: 400, unit: days from the first to the last, because: handbook reference FB-08 asks for two years; within one AG07 judges how often a list comes}
  min_group: {value: 6, unit: participants, because: in a small group everybody usually comes}
severity: 2
status: active
since: 2026-11-23
*/
WITH listed AS (
  SELECT k.association_id, k.activity_id, k.started_at, k.row_ref, l.n, l.sum1, l.sum2, l.sum3
  FROM association_activities k JOIN association_lists l ON l.activity_id = k.activity_id
),
used AS (
  SELECT association_id, n, sum1, sum2, sum3, count(*) AS n_uses, min(started_at) AS first_at, max(started_at) AS last_at
  FROM listed WHERE n >= $min_group
  GROUP BY association_id, n, sum1, sum2, sum3
  HAVING count(*) >= $min_uses AND max(started_at) >= $since
     AND date_diff('day', CAST(min(started_at) AS DATE), CAST(max(started_at) AS DATE)) >= $min_days
),
evidence_rows AS (
  SELECT l.association_id, l.row_ref
  FROM used u JOIN listed l ON l.association_id = u.association_id AND l.n = u.n AND l.sum1 = u.sum1 AND l.sum2 = u.sum2
   AND l.sum3 = u.sum3
),
references_of AS (
  SELECT association_id, array_agg(row_ref) AS evidence FROM evidence_rows
  GROUP BY association_id
),
summed AS (
  SELECT association_id, CAST(min(first_at) AS DATE) AS period_from, CAST(max(last_at) AS DATE) AS period_to,
         count(*) AS n_lists, sum(n_uses) AS n,
         max(date_diff('day', CAST(first_at AS DATE), CAST(last_at AS DATE))) AS days
  FROM used GROUP BY association_id
)
SELECT s.association_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.n / 200.0) AS DOUBLE) AS strength, s.n_lists, CAST(s.n AS BIGINT) AS n, s.days,
       CAST(s.n AS BIGINT) AS n_evidence, e.evidence
FROM summed s JOIN references_of e ON e.association_id = s.association_id
