/*
code: PA13
title: {sv: Mycket aktiv tid på natten, en: Much active time at night}
method: peer
kind: unusual
concept: peers
subject: provider
gate: P1
reads: [assistance_shifts]
population: assistance_shifts.provider_id
why:
  sv: Nätter är oftast väntetid eller beredskap, som ersätts med en del av timmen. En anordnare som redovisar mycket mer aktiv tid på natten än andra får betalt för fler hela timmar.
  en: Nights are mostly waiting time or standby, which are paid by a part of the hour. A provider reporting far more active time at night than others is paid for more whole hours.
innocent:
  sv: Brukare med stort omvårdnadsbehov på natten, till exempel andningshjälp; inriktning på sådana brukare; beslut om aktiv tid hela dygnet.
  en: Clients with great need of care at night, such as help with breathing; a provider specialised in them; decisions on active time round the clock.
blind_spots:
  sv: Anordnare med få timmar; aktiv tid på dagen som egentligen är väntetid.
  en: Providers with few hours; active time by day that is really waiting time.
next_step:
  sv: Se efter i besluten vad nattens behov är och jämför med tidredovisningens moment och med brukarens egen beskrivning.
  en: See in the decisions what the need at night is and compare with the tasks of the time sheets and the client's own account.
sentence:
  sv: "{own_value} procent av de aktiva timmarna ligger mellan klockan 22 och 6, {night_hours:timme|timmar} (median bland {peer_n} anordnare {peer_median} procent, gräns {peer_fence} procent)"
  en: "{own_value} percent of the active hours are between 22 and 6, {night_hours:hour|hours} (median of {peer_n:provider|providers} {peer_median} percent, fence {peer_fence} percent)"
basis: [{title: handbook PA-13}]
unit: percent
parameters:
  night_from_hour: {value: 22, unit: o'clock, because: night by collective agreements and the handbook}
  night_to_hour: {value: 6, unit: o'clock, because: night by collective agreements and the handbook}
  min_volume: {value: 100, unit: active hours, because: shares of few hours are chance}
  min_value: {value: 0.10, unit: share of active hours, because: below a tenth late evenings explain it}
severity: 2
status: active
since: 2026-11-23
*/
WITH nights AS (
  -- a shift may touch the night before, the night after its day and the next
  SELECT -1 AS k UNION ALL SELECT 0 UNION ALL SELECT 1
),
active AS (
  SELECT provider_id, client_token, started_at, ended_at, row_ref, (epoch(ended_at) - epoch(started_at)) / 3600.0 AS hours
  FROM assistance_shifts
  WHERE started_at >= $since AND ended_at > started_at AND kind = 'active'
),
at_night AS (
  SELECT a.provider_id, a.row_ref,
         sum(greatest(0, least(epoch(a.ended_at), epoch(date_trunc('day', a.started_at)) + 86400 * (n.k + 1) + 3600 * $night_to_hour)
                         - greatest(epoch(a.started_at), epoch(date_trunc('day', a.started_at)) + 86400 * n.k + 3600 * $night_from_hour)))
           / 3600.0 AS night_hours
  FROM active a CROSS JOIN nights n
  GROUP BY a.provider_id, a.row_ref
),
placed AS (
  SELECT a.provider_id, a.started_at, a.hours, n.night_hours, a.row_ref,
         row_number() OVER (PARTITION BY a.provider_id ORDER BY n.night_hours DESC, a.row_ref) AS place
  FROM active a JOIN at_night n ON n.row_ref = a.row_ref
)
SELECT provider_id AS subject_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
       CAST(sum(night_hours) / sum(hours) AS DOUBLE) AS value, sum(hours) AS volume,
       round(sum(night_hours), 0) AS night_hours,
       count(CASE WHEN night_hours > 0 THEN 1 END) AS n_evidence,
       array_agg(row_ref) FILTER (WHERE place <= 200 AND night_hours > 0) AS evidence
FROM placed
GROUP BY provider_id
