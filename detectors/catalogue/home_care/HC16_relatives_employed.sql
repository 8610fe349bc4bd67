/*
code: HC16
title: {sv: Personal som bor hos brukaren, en: Staff who live with the client}
method: rule
kind: unusual
concept: relatives
subject: provider
gate: P1
reads: [home_care_visits, persons]
population: home_care_visits.provider_id
why:
  sv: Att anställa den som bor med brukaren är lagligt men gör tiden svår att kontrollera, och många avtal begränsar det. En stor andel hos en utförare är en vikt bland andra skäl.
  en: To employ someone who lives with the client is lawful but makes the time hard to check, and many contracts limit it. A large share at one provider is a weight among other reasons.
innocent:
  sv: Anställning av närstående som kommunen godkänt (en enda räknas inte); boende med många hushåll på samma adress (räknas inte).
  en: Employment of relatives that the municipality has approved (a single one is not counted); housing with many households at one address (not counted).
blind_spots:
  sv: Närstående som bor på annan adress; personer utan adress i uttaget. Med färre än trettio utförare, eller utan spridning bland dem, avgör lägsta andelen ensam.
  en: Relatives who live elsewhere; people without an address in the export. With fewer than thirty providers, or no spread among them, the lowest share decides alone.
next_step:
  sv: Läs vad avtalet säger om anställning av närstående och om kommunen har godkänt det.
  en: Read what the contract says on employing relatives and whether the municipality approved it.
sentence:
  sv: "{share_pct} procent av tiden ({hours:timme|timmar}, {n_clients} brukare) utförs av personal på brukarens egen adress (medianen bland {peer_n} utförare är {peer_median_pct} procent)"
  en: "{share_pct} percent of the time ({hours:hour|hours}, {n_clients:client|clients}) is performed by staff registered at the client's own address (the median of {peer_n:provider|providers} is {peer_median_pct} percent)"
basis: [{title: handbook HC-16}, {title: handbook reference HT-15}]
parameters:
  min_share: {value: 0.03, unit: share of minutes, because: a few approved employments are ordinary}
  min_clients: {value: 2, unit: clients, because: a single employment of a relative is lawful and no pattern}
  min_hours: {value: 10, unit: hours, because: little time proves little}
  min_visits: {value: 100, unit: visits, because: shares of few visits are chance}
  max_at_address: {value: 10, unit: persons at the address, because: where many live at one address it says nothing of a household}
  fence_step: {value: 1.5, unit: interquartile ranges above the third quartile, because: the usual upper fence for outliers}
severity: 2
status: active
since: 2026-11-23
*/
WITH dwellings AS (
  SELECT address_token FROM persons WHERE address_token IS NOT NULL
  GROUP BY address_token HAVING count(*) <= $max_at_address
),
homes AS (
  SELECT p.person_token, p.address_token
  FROM persons p JOIN dwellings d ON d.address_token = p.address_token
),
pairs AS (
  -- one row a provider, client and member of staff: few enough to join with addresses
  SELECT provider_id, client_token, staff_token, sum(epoch(ended_at) - epoch(started_at)) / 60.0 AS minutes,
         count(*) AS n_visits
  FROM home_care_visits
  WHERE started_at >= $since AND ended_at > started_at
  GROUP BY provider_id, client_token, staff_token
),
together AS (
  SELECT p.provider_id, p.client_token, p.staff_token, p.minutes
  FROM pairs p
  JOIN homes c ON c.person_token = p.client_token
  JOIN homes s ON s.person_token = p.staff_token AND s.address_token = c.address_token
),
shares AS (
  SELECT a.provider_id, coalesce(t.minutes, 0) / 60.0 AS hours, coalesce(t.n_clients, 0) AS n_clients,
         coalesce(t.minutes, 0) / a.minutes AS share
  FROM (SELECT provider_id, sum(minutes) AS minutes FROM pairs GROUP BY provider_id
        HAVING sum(n_visits) >= $min_visits) a
  LEFT JOIN (SELECT provider_id, sum(minutes) AS minutes, count(DISTINCT client_token) AS n_clients
             FROM together GROUP BY provider_id) t ON t.provider_id = a.provider_id
),
ordered AS (
  SELECT provider_id, share, row_number() OVER (ORDER BY share, provider_id) AS place, count(*) OVER () AS n_peers
  FROM shares
),
peers AS (
  SELECT max(n_peers) AS peer_n, median(share) AS peer_median,
         max(CASE WHEN place = ceil(n_peers * 0.25) THEN share END) AS q1,
         max(CASE WHEN place = ceil(n_peers * 0.75) THEN share END) AS q3
  FROM ordered
),
fired AS (
  SELECT s.provider_id, s.hours, s.n_clients, s.share, p.peer_n, p.peer_median
  FROM shares s CROSS JOIN peers p
  WHERE s.share >= $min_share AND s.hours >= $min_hours AND s.n_clients >= $min_clients
    AND (p.peer_n < 30 OR s.share > p.q3 + $fence_step * (p.q3 - p.q1))
),
shown AS (
  SELECT v.provider_id, v.row_ref, CAST(v.started_at AS DATE) AS day
  FROM together t
  JOIN fired f ON f.provider_id = t.provider_id
  JOIN home_care_visits v
    ON v.provider_id = t.provider_id AND v.client_token = t.client_token AND v.staff_token = t.staff_token
  WHERE v.started_at >= $since AND v.ended_at > v.started_at
),
references_of AS (
  SELECT provider_id, min(day) AS period_from, max(day) AS period_to, count(*) AS n_evidence,
         array_agg(row_ref) AS evidence
  FROM shown GROUP BY provider_id
)
SELECT f.provider_id AS subject_id, r.period_from, r.period_to,
       CAST(least(1.0, 0.3 + f.share) AS DOUBLE) AS strength,
       round(f.hours, 1) AS hours, f.n_clients, round(100 * f.share, 1) AS share_pct,
       round(100 * f.peer_median, 1) AS peer_median_pct, CAST(f.peer_n AS BIGINT) AS peer_n, r.n_evidence, r.evidence
FROM fired f JOIN references_of r ON r.provider_id = f.provider_id
