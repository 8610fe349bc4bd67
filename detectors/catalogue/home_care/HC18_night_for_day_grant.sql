/*
code: HC18
title: {sv: Nattbesök utan beslut om natt, en: Night visits without night decision}
method: peer
kind: unusual
concept: timing
subject: provider
gate: P1
reads: [home_care_visits, home_care_decisions]
optional_columns: [home_care_decisions.night_granted]
population: home_care_visits.provider_id
why:
  sv: Besök mellan klockan 22 och 06 kräver oftast ett särskilt beslut och ersätts högre. En stor andel utan sådant beslut behöver en förklaring.
  en: Visits between 22 and 06 mostly need a decision of their own and are paid more. A large share without one needs an explanation.
innocent:
  sv: Nattpatrull på uppdrag av kommunen; beslut om natt som bara står i fritext eller saknas i uttaget.
  en: A night patrol on commission of the municipality; night decisions that stand in free text only or are missing in the export.
blind_spots:
  sv: Dagbesök som flyttats till kvällen före klockan 22. Där uttaget inte säger om natt är beviljad jämförs alla nattbesök.
  en: Day visits moved to the evening before 22. Where the export does not tell whether night is granted all night visits are compared.
next_step:
  sv: Jämför nattbesöken med brukarnas beslut och fråga utföraren varför de läggs på natten.
  en: Compare the night visits with the clients' decisions and ask the provider why they are made at night.
sentence:
  sv: "{own_value} procent av {n} besök görs mellan klockan 22 och 06 utan beslut om natt (median bland {peer_n} utförare {peer_median} procent, gräns {peer_fence} procent)"
  en: "{own_value} percent of {n} visits are made between 22 and 06 without a night decision (median of {peer_n} providers {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook HC-18}]
unit: percent
parameters:
  min_volume: {value: 100, unit: visits, because: shares of few visits are chance}
  min_value: {value: 0.05, unit: share of visits, because: single night visits are part of any care}
severity: 2
status: active
since: 2026-11-23
*/
WITH visits AS (
  SELECT provider_id, client_token, started_at, row_ref,
         hour(started_at) >= 22 OR hour(started_at) < 6 AS is_night
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at
),
nights AS (
  SELECT v.provider_id, v.row_ref
  FROM visits v
  WHERE v.is_night AND NOT EXISTS (
    SELECT 1 FROM home_care_decisions d
    WHERE d.client_token = v.client_token AND d.night_granted
      AND d.valid_from <= CAST(v.started_at AS DATE)
      AND (d.valid_to IS NULL OR d.valid_to >= CAST(v.started_at AS DATE)))
),
shown AS (
  SELECT provider_id, row_ref, row_number() OVER (PARTITION BY provider_id ORDER BY row_ref) AS place FROM nights
),
references_of AS (
  SELECT provider_id, count(*) AS n_night, array_agg(row_ref) FILTER (WHERE place <= 200) AS evidence
  FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         count(*) AS n
  FROM visits GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(coalesce(r.n_night, 0) / s.n AS DOUBLE) AS value, s.n AS volume, s.n,
       coalesce(r.n_night, 0) AS n_evidence, r.evidence
FROM summed s LEFT JOIN references_of r ON r.provider_id = s.provider_id
