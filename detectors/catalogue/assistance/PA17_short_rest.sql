/*
code: PA17
title: {sv: Kort dygnsvila gång på gång, en: Short daily rest again and again}
method: rule
kind: unusual
concept: working_time
subject: provider
gate: P1
reads: [assistance_shifts, calendar]
population: assistance_shifts.provider_id
why:
  sv: Arbetstidslagen ger elva timmars sammanhängande vila per dygn. Bryts den vecka efter vecka orkar ingen i längden, eller så har passen inte arbetats som de står.
  en: The law on working time gives eleven hours of rest in a row each day. Where it is broken week after week nobody can keep it up, or the shifts were not worked as written.
innocent:
  sv: Kollektivavtal som tillåter dygnspass och kortare vila; arbete i den egna familjens hushåll; delat pass hos samma brukare samma dag (räknas inte).
  en: A collective agreement that allows day-long shifts and shorter rest; work in one's own family's household; a split shift with one client the same day (not counted).
blind_spots:
  sv: Vila som bryts av annat arbete; beredskap i hemmet räknas som vila.
  en: Rest broken by other work; standby at home counts as rest.
next_step:
  sv: Se efter vilket kollektivavtal som gäller och jämför passen med schema och lönespecifikationer.
  en: See which collective agreement applies and compare the shifts with rota and payslips.
sentence:
  sv: "{n_assistants:assistent|assistenter} hade minst {min_n:gång|gånger} under en månad kortare vila än {rest_hours:timme|timmar} mellan två dagars arbete ({n:gång|gånger} sammanlagt)"
  en: "{n_assistants:assistant|assistants} had a rest shorter than {rest_hours:hour|hours} between the work of two days at least {min_n:time|times} in a month ({n:time|times} in all)"
basis: [{title: handbook reference PA-04}, {title: arbetstidslag (1982:673) 13 §}]
parameters:
  min_rest_hours: {value: 11, unit: hours, because: daily rest by law}
  min_times: {value: 8, unit: times a month, because: handbook reference PA-04; single short nights come with every swap}
severity: 2
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the rest of a night when clocks change has the length it had"}
*/
WITH shifts AS (
  SELECT assistant_token, provider_id, started_at, row_ref,
         max(ended_at) OVER (PARTITION BY assistant_token ORDER BY started_at, row_ref
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS free_from
  FROM assistance_shifts
  WHERE started_at >= $since AND ended_at > started_at AND kind <> 'home_standby'
),
short AS (
  -- a night between the work of two days that is shorter than the rest; a break within a day is none
  SELECT s.assistant_token, s.provider_id, s.started_at, s.row_ref, CAST(date_trunc('month', s.started_at) AS DATE) AS month
  FROM shifts s LEFT JOIN calendar odd ON odd.day = CAST(s.started_at AS DATE) AND odd.day_hours <> 24
  WHERE s.started_at > s.free_from AND CAST(s.started_at AS DATE) > CAST(s.free_from AS DATE)
    -- a rest over the night when clocks change is an hour longer or shorter than they say
    AND epoch(s.started_at) - epoch(s.free_from)
        + CASE WHEN hour(s.started_at) >= 3 THEN 3600 * (coalesce(odd.day_hours, 24) - 24) ELSE 0 END < 3600 * $min_rest_hours
),
counted AS (
  SELECT assistant_token, provider_id, started_at, row_ref,
         count(*) OVER (PARTITION BY assistant_token, month) AS times
  FROM short
)
SELECT provider_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(least(1.0, 0.2 + count(*) / 200.0) AS DOUBLE) AS strength,
       count(DISTINCT assistant_token) AS n_assistants, count(*) AS n, CAST($min_rest_hours AS BIGINT) AS rest_hours,
       CAST($min_times AS BIGINT) AS min_n, array_agg(row_ref) AS evidence
FROM counted WHERE times >= $min_times
GROUP BY provider_id
