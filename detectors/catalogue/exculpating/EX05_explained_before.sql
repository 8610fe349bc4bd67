/*
code: EX05
title: {sv: Tidigare granskad och förklarad, en: Reviewed before and explained}
method: rule
kind: exculpating
concept: mitigation
subject: provider
gate: P1
reads: [outcomes]
optional_columns: [outcomes.detector_id]
population: outcomes.subject_id
overtaken_by_new: true
why:
  sv: En utredare har granskat subjektet och funnit en förklaring. Den ska väga tills något nytt kommer, och väga mindre ju äldre den blir.
  en: An investigator has reviewed the subject and found an explanation. It should weigh until something new comes, and weigh less as it grows older.
innocent:
  sv: Räknas inte när en omöjlig eller regelstridig avvikelse sträcker sig över dagar efter granskningen, när en senare bedömning säger något annat eller när förklaringen är äldre än ett år.
  en: Not counted where an impossible deviation or a breach reaches days after the review, where a later verdict says something else or where the explanation is more than a year old.
blind_spots:
  sv: Att något ovanligt fortsätter efter granskningen tar inte bort förklaringen. En avvikelse som kommit till senare men gäller tid före granskningen märks i listan som ny och ska läsas för sig. Ett utfall som namnger ett ärende räknas på ärendets subjekt; ett ärende som ingen natt har listat läggs undan innan regeln läser.
  en: Something unusual that goes on after the review does not take the explanation away. A deviation that came later but concerns time before the review is marked as new in the list and should be read by itself. An outcome that names a case counts for the subject of the case; a case that no night has listed is put aside before the rule reads.
next_step:
  sv: Läs den tidigare granskningen och se om dagens avvikelser är samma som då.
  en: Read the earlier review and see whether today's deviations are the same as then.
sentence:
  sv: "granskades {reviewed_on} och bedömdes då vara förklarat ({days:dag|dagar} sedan, regel: {scope})"
  en: "was reviewed on {reviewed_on} and found to be explained ({days:day|days} ago, rule: {scope})"
basis: [{title: handbook section 2 Exculpating}]
parameters:
  valid_days: {value: 365, unit: days, because: circumstances change and an explanation should be tried again within a year}
  one_rule_weight: {value: 0.5, unit: factor, because: an explanation of one rule says less of the others}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "one rule for every kind of subject, instead of EX05 to EX08; no longer counted when something new has come"}
*/
WITH reviews AS (
  SELECT subject_type, subject_id, reviewed_on, outcome, detector_id, row_ref,
         row_number() OVER (PARTITION BY subject_type, subject_id ORDER BY reviewed_on DESC, coalesce(detector_id, ''), row_ref DESC) AS place,
         max(CASE WHEN outcome <> 'explained' THEN reviewed_on END) OVER (PARTITION BY subject_type, subject_id) AS other_on
  FROM outcomes
  WHERE reviewed_on <= $as_of AND subject_type IS NOT NULL
)
SELECT subject_id, subject_type, reviewed_on AS period_from, reviewed_on AS period_to,
       CAST((1.0 - date_diff('day', reviewed_on, $as_of) / ($valid_days + 1.0))
            * CASE WHEN detector_id IS NULL THEN 1.0 ELSE $one_rule_weight END AS DOUBLE) AS strength,
       CAST(reviewed_on AS VARCHAR) AS reviewed_on, date_diff('day', reviewed_on, $as_of) AS days,
       coalesce(detector_id, '–') AS scope, array_agg(row_ref) AS evidence
FROM reviews
WHERE place = 1 AND outcome = 'explained' AND (other_on IS NULL OR other_on < reviewed_on)
  AND date_diff('day', reviewed_on, $as_of) <= $valid_days
GROUP BY subject_id, subject_type, reviewed_on, detector_id
