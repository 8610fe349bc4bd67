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
peers:
  levels: [[size_band], []]
  size_bands: 2
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
WITH active AS (
  SELECT provider_id, started_at, shift_id, row_ref, CAST(round(epoch(started_at), 0) AS BIGINT) AS begins,
         CAST(round(epoch(ended_at), 0) AS BIGINT) AS ends,
         CAST(round(epoch(date_trunc('day', started_at)), 0) AS BIGINT) AS midnight,
         CAST($night_from_hour * 3600 AS BIGINT) AS night_from, CAST($night_to_hour * 3600 AS BIGINT) AS night_to
  FROM assistance_shifts
  WHERE started_at >= $since AND ended_at > started_at AND kind = 'active'
),
at_night AS (
  -- a shift may touch the night before, the night after its day and the next: seconds in each, added
  SELECT provider_id, started_at, shift_id, row_ref, ends - begins AS seconds,
         greatest(0, least(ends, midnight + night_to) - greatest(begins, midnight - 86400 + night_from))
         + greatest(0, least(ends, midnight + 86400 + night_to) - greatest(begins, midnight + night_from))
         + greatest(0, least(ends, midnight + 172800 + night_to) - greatest(begins, midnight + 86400 + night_from))
           AS night_seconds
  FROM active
),
placed AS (
  SELECT provider_id, row_ref, row_number() OVER (PARTITION BY provider_id ORDER BY night_seconds DESC, shift_id) AS place
  FROM at_night WHERE night_seconds > 0
),
references_of AS (
  SELECT provider_id, array_agg(row_ref) AS evidence FROM placed WHERE place <= 200 GROUP BY provider_id
),
summed AS (
  SELECT provider_id, CAST(min(started_at) AS DATE) AS period_from, CAST(max(started_at) AS DATE) AS period_to,
         sum(night_seconds) AS night_seconds, sum(seconds) AS seconds,
         count(CASE WHEN night_seconds > 0 THEN 1 END) AS n_evidence
  FROM at_night GROUP BY provider_id
)
SELECT s.provider_id AS subject_id, s.period_from, s.period_to, CAST(s.night_seconds / s.seconds AS DOUBLE) AS value,
       s.seconds / 3600.0 AS volume, round(s.night_seconds / 3600.0, 0) AS night_hours, s.n_evidence, r.evidence
FROM summed s LEFT JOIN references_of r ON r.provider_id = s.provider_id
