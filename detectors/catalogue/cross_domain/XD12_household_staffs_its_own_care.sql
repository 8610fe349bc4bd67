/*
code: XD12
title: {sv: Hushållet utför all assistans själv, en: Household does all its own assistance}
method: rule
kind: unusual
concept: relatives
subject: provider
gate: P1
reads: [assistance_shifts, persons, assistance_rates]
optional_reads: [assistance_rates]
population: assistance_shifts.provider_id
why:
  sv: Anhöriga får vara assistenter. När alla assistenter bor hos brukaren och tillsammans redovisar mer tid än arbetstidsreglerna medger kan de inte ha arbetat allt som redovisats.
  en: Relatives may be assistants. Where all assistants live with the client and together report more time than working-time rules allow, they cannot have worked all that is reported.
innocent:
  sv: Lagligt i sig; enstaka veckor med sjukdom eller semester hos andra assistenter; avtal med undantag från arbetstidsregler för hushållsgemenskap.
  en: Lawful in itself; single weeks of illness or holidays of other assistants; agreements with exceptions for those who share a household.
blind_spots:
  sv: Anhöriga som är folkbokförda på annan adress.
  en: Relatives registered at another address.
next_step:
  sv: Jämför tidredovisning, anställningsavtal och löner för de anhöriga och fråga hur natt och ledighet täcks.
  en: Compare time reports, contracts and pay of the relatives and ask how nights and leave are covered.
sentence:
  sv: "Hos {n_clients} brukare utförs assistansen av {n_assistants:assistent|assistenter} som bor i brukarens hushåll och som redovisar {hours_week:timme|timmar} i veckan tillsammans under {n_periods:period|perioder} om fyra veckor, mer än de {lawful_week:timme|timmar} som arbetstidsreglerna medger"
  en: "With {n_clients:client|clients} the assistance is done by {n_assistants:assistant|assistants} who live in the client's household and report {hours_week:hour|hours} a week together in {n_periods:period|periods} of four weeks, more than the {lawful_week:hour|hours} working-time rules allow"
basis: [{title: handbook X-12}, {title: "arbetstidslag 1982:673, 10 b §"}]
amount: {kind: estimate, how: {sv: timmarna utöver vad arbetstidsreglerna medger gånger utförarens snittpris, en: the hours above what working-time rules allow times the provider's mean price}}
parameters:
  week_hours: {law: working_week_hours, unit: hours, because: average weekly working time at most}
  min_home_share: {value: 0.95, unit: share of the client's hours, because: a substitute for a day does not change who carries the care}
  min_blocks: {value: 2, unit: periods of four weeks, because: a single one may be cover for illness or holidays}
severity: 3
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "a substitute from outside for a twentieth of the hours or less no longer hides that the household does it all; only the household's hours are counted"}
*/
WITH shifts AS (
  SELECT s.provider_id, s.client_token, s.assistant_token, s.started_at, s.row_ref,
         (epoch(s.ended_at) - epoch(s.started_at)) / 3600.0 AS hours,
         coalesce(c.address_token = a.address_token, false) AS is_home
  FROM assistance_shifts s
  LEFT JOIN persons c ON c.person_token = s.client_token
  LEFT JOIN persons a ON a.person_token = s.assistant_token
  WHERE s.started_at >= $since AND s.ended_at > s.started_at AND s.kind <> 'home_standby'
),
clients AS (
  SELECT provider_id, client_token FROM shifts
  GROUP BY provider_id, client_token
  HAVING sum(CASE WHEN is_home THEN hours ELSE 0.0 END) >= $min_home_share * sum(hours)
),
blocks AS (
  -- the average is taken over blocks of four weeks; one that the look-back cuts short is never too long
  SELECT s.provider_id, s.client_token, floor(date_diff('day', $since, CAST(s.started_at AS DATE)) / 28.0) AS block,
         count(DISTINCT s.assistant_token) AS n_assistants, sum(s.hours) AS hours, min(s.started_at) AS first_at,
         max(s.started_at) AS last_at
  FROM shifts s JOIN clients c ON c.provider_id = s.provider_id AND c.client_token = s.client_token
  WHERE s.is_home
  GROUP BY s.provider_id, s.client_token, floor(date_diff('day', $since, CAST(s.started_at AS DATE)) / 28.0)
),
over AS (
  SELECT provider_id, client_token, max(n_assistants) AS n_assistants, sum(hours) / (4.0 * count(*)) AS hours_week,
         sum(hours - 4 * $week_hours * n_assistants) AS excess_hours, min(first_at) AS first_at, max(last_at) AS last_at, count(*) AS n_periods
  FROM blocks WHERE hours > 4 * $week_hours * n_assistants
  GROUP BY provider_id, client_token HAVING count(*) >= $min_blocks
),
shown AS (
  SELECT s.provider_id, s.row_ref
  FROM shifts s JOIN over o ON o.provider_id = s.provider_id AND o.client_token = s.client_token
  WHERE s.is_home
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence, count(*) AS n_evidence
  FROM shown GROUP BY provider_id
),
summed AS (
  SELECT provider_id, count(*) AS n_clients, sum(n_assistants) AS n_assistants, sum(hours_week) AS hours_week,
         sum(n_assistants) * $week_hours AS lawful_week, sum(excess_hours) AS excess_hours, sum(n_periods) AS n_periods,
         CAST(min(first_at) AS DATE) AS period_from, CAST(max(last_at) AS DATE) AS period_to
  FROM over GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to,
       CAST(least(1.0, 0.3 + s.excess_hours / 500.0) AS DOUBLE) AS strength,
       CAST(s.excess_hours * r.sek_per_hour AS DECIMAL(14,2)) AS amount_sek, s.n_clients,
       CAST(s.n_assistants AS BIGINT) AS n_assistants, round(s.hours_week, 1) AS hours_week,
       round(s.lawful_week, 0) AS lawful_week, CAST(s.n_periods AS BIGINT) AS n_periods, e.n_evidence, e.evidence
FROM summed s
JOIN references_of e ON e.provider_id = s.provider_id
LEFT JOIN assistance_rates r ON r.provider_id = s.provider_id
