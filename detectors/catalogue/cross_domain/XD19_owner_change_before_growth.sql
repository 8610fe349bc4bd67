/*
code: XD19
title: {sv: Nya företrädare strax före stor ökning, en: New officers shortly before large growth}
method: rule
kind: unusual
concept: ownership
subject: provider
gate: P0
reads: [organisation_officers, account_payees]
population: provider_roles.provider_id
why:
  sv: Bolag med tillstånd och avtal säljs färdiga. Om betalningarna växer kraftigt strax efter att nya personer tagit över bör avtalet prövas på nytt.
  en: Companies with permit and contract are sold ready-made. Where payments grow sharply soon after new people took over the contract should be judged again.
innocent:
  sv: Generationsskifte; köp av en stor koncern; ett nytt avtal som föranledde en större ledning.
  en: A change of generation; purchase by a large group; a new contract that called for a larger management.
blind_spots:
  sv: Ägarbyten som inte anmälts; bolag som köps innan de fått någon betalning.
  en: Changes of owner not reported; companies bought before they were paid anything.
next_step:
  sv: Kontrollera att IVO fått anmälan om ändrad ledning och pröva lämpligheten enligt avtalet.
  en: Check that IVO was notified of the change and judge suitability under the contract.
sentence:
  sv: "{n_new} nya företrädare sedan {changed_on}; betalningarna växte från {before_sek} kronor tre månader före till {after_sek} kronor tre månader efter"
  en: "{n_new} new officers since {changed_on}; payments grew from {before_sek} SEK in the three months before to {after_sek} SEK in the three months after"
basis: [{title: handbook reference X-12}, {title: handbook HVB-9}]
amount: {kind: cap, how: {sv: betalningar under de tre månaderna efter bytet, en: payments in the three months after the change}}
parameters:
  growth: {value: 1.5, unit: times, because: reference X-12}
  min_sek: {value: 500000, unit: SEK, because: reference X-12; smaller providers double easily}
severity: 2
status: active
since: 2026-11-23
*/
WITH changes AS (
  SELECT org_id AS provider_id, CAST(date_trunc('month', role_from) AS DATE) AS month, min(role_from) AS changed_on,
         count(*) AS n_new
  FROM organisation_officers
  WHERE org_type = 'provider' AND role_from >= $since AND role_from <= $as_of
  GROUP BY org_id, CAST(date_trunc('month', role_from) AS DATE)
),
paid AS (
  SELECT payee_id AS provider_id, month, sum(amount_sek) AS sek, min(row_ref) AS row_ref
  FROM account_payees WHERE payee_type = 'provider' GROUP BY payee_id, month
),
compared AS (
  SELECT c.provider_id, c.month, c.changed_on, c.n_new,
         sum(CASE WHEN p.month >= c.month - INTERVAL 3 MONTH AND p.month < c.month THEN p.sek ELSE 0 END) AS before_sek,
         sum(CASE WHEN p.month > c.month AND p.month <= c.month + INTERVAL 3 MONTH THEN p.sek ELSE 0 END) AS after_sek,
         count(DISTINCT CASE WHEN p.month >= c.month - INTERVAL 3 MONTH AND p.month < c.month THEN p.month END) AS n_before,
         count(DISTINCT CASE WHEN p.month > c.month AND p.month <= c.month + INTERVAL 3 MONTH THEN p.month END) AS n_after
  FROM changes c JOIN paid p ON p.provider_id = c.provider_id
  GROUP BY c.provider_id, c.month, c.changed_on, c.n_new
),
fired AS (
  -- whole months on both sides, or growth would only be a gap in the data
  SELECT provider_id, month, changed_on, n_new, before_sek, after_sek,
         row_number() OVER (PARTITION BY provider_id ORDER BY after_sek - before_sek DESC, month, provider_id) AS place
  FROM compared
  WHERE n_before = 3 AND n_after = 3 AND before_sek > 0 AND after_sek > $growth * before_sek AND after_sek > $min_sek
),
evidence_rows AS (
  SELECT f.provider_id, o.row_ref FROM fired f
  JOIN organisation_officers o ON o.org_type = 'provider' AND o.org_id = f.provider_id
   AND CAST(date_trunc('month', o.role_from) AS DATE) = f.month
  WHERE f.place = 1
  UNION
  SELECT f.provider_id, p.row_ref FROM fired f JOIN paid p ON p.provider_id = f.provider_id
   AND p.month >= f.month - INTERVAL 3 MONTH AND p.month <= f.month + INTERVAL 3 MONTH
  WHERE f.place = 1
),
references_of AS (SELECT provider_id, array_agg(row_ref) AS evidence FROM evidence_rows GROUP BY provider_id)
SELECT f.provider_id AS subject_id, CAST(f.month - INTERVAL 3 MONTH AS DATE) AS period_from,
       CAST(f.month + INTERVAL 4 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.3 + (f.after_sek / f.before_sek - $growth) / 5.0) AS DOUBLE) AS strength,
       CAST(f.after_sek AS DECIMAL(14,2)) AS amount_sek, f.n_new, f.changed_on,
       CAST(round(f.before_sek, 0) AS BIGINT) AS before_sek, CAST(round(f.after_sek, 0) AS BIGINT) AS after_sek, e.evidence
FROM fired f JOIN references_of e ON e.provider_id = f.provider_id
WHERE f.place = 1
