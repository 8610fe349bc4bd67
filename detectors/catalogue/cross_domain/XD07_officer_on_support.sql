/*
code: XD07
title: {sv: Företrädare i hushåll med ekonomiskt bistånd, en: Officer in a household on support}
method: rule
kind: breach
concept: income
subject: provider
gate: P2
reads: [income_support_members, income_support_payments, organisation_officers, account_payees]
population: [home_care_invoices.provider_id, assistance_invoices.provider_id, hvb_invoices.provider_id, income_support_members.household_token]
why:
  sv: Den som företräder eller äger ett bolag med intäkter från kommunen kan ha lön, utdelning eller tillgångar som ska räknas av från biståndet.
  en: Whoever speaks for or owns a company with income from the municipality may have pay, dividends or assets that reduce the support.
innocent:
  sv: Styrelseuppdrag utan arvode; företag i avveckling eller utan vinst; personen lämnade rollen eller hushållet under månaden; registret är inte uppdaterat.
  en: An unpaid seat on a board; a company being wound up or without profit; the person left the role or the household within the month; a register not up to date.
blind_spots:
  sv: Ägande genom andra personer och verkliga huvudmän som inte är anmälda.
  en: Ownership through others and beneficial owners who are not registered.
next_step:
  sv: Kontrollera om uppdraget och inkomsten redovisats i ansökan och begär bolagets löneuppgifter och senaste bokslut.
  en: Check whether role and income were declared in the application and ask for the company's pay records and latest accounts.
sentence:
  sv: "{n_persons} företrädare för en utförare finns i {n_households} hushåll med ekonomiskt bistånd i {n_months:månad|månader}; hushållet fick {support_sek} kronor, utföraren {provider_sek} kronor"
  en: "{n_persons:officer|officers} of a provider are in {n_households:household|households} on support in {n_months:month|months}; the household received {support_sek} SEK, the provider {provider_sek} SEK"
basis: [{title: handbook X-7}]
amount: {kind: cap, how: {sv: allt bistånd till hushållet i de månader då rollen gällde (visas på hushållet), en: all support to the household in the months in which the role was held (shown on the household)}}
parameters:
  min_provider_sek: {value: 1, unit: SEK, because: a company that the municipality does not pay is no concern of this rule}
severity: 4
status: active
since: 2026-11-23
changes:
  - {date: 2026-11-23, what: "the support is money of the household and no longer shown as money of the provider too"}
*/
WITH paid_providers AS (
  SELECT payee_id AS provider_id, sum(amount_sek) AS provider_sek
  FROM account_payees WHERE payee_type = 'provider' AND month >= $since
  GROUP BY payee_id HAVING sum(amount_sek) >= $min_provider_sek
),
member_months AS (
  SELECT DISTINCT o.org_id AS provider_id, m.household_token, m.person_token,
         CAST(date_trunc('month', m.month) AS DATE) AS month, m.row_ref AS member_ref, o.row_ref AS role_ref,
         p.provider_sek
  FROM income_support_members m
  JOIN organisation_officers o ON o.org_type = 'provider' AND o.person_token = m.person_token
   AND o.role_from <= m.month AND (o.role_to IS NULL OR o.role_to >= m.month)
  JOIN paid_providers p ON p.provider_id = o.org_id
  WHERE m.month >= $since AND m.role <> 'child'
),
support AS (
  -- one row a household and month before it is joined
  SELECT household_token, CAST(date_trunc('month', month) AS DATE) AS month, sum(amount_sek) AS amount_sek
  FROM income_support_payments WHERE month >= $since
  GROUP BY household_token, CAST(date_trunc('month', month) AS DATE)
),
months AS (
  SELECT provider_id, household_token, month, max(provider_sek) AS provider_sek
  FROM member_months GROUP BY provider_id, household_token, month
),
pairs AS (
  SELECT m.provider_id, m.household_token, m.month, m.provider_sek, s.amount_sek
  FROM months m JOIN support s ON s.household_token = m.household_token AND s.month = m.month
  WHERE s.amount_sek > 0
),
persons_of AS (
  SELECT provider_id, household_token, count(DISTINCT person_token) AS n_persons
  FROM member_months GROUP BY provider_id, household_token
),
people AS (
  SELECT provider_id, count(DISTINCT person_token) AS n_persons FROM member_months GROUP BY provider_id
),
subjects AS (
  SELECT 'provider' AS subject_type, p.provider_id AS subject_id, '' AS episode, p.household_token, p.month,
         p.amount_sek, p.provider_sek, p.provider_id, n.n_persons
  FROM pairs p JOIN people n ON n.provider_id = p.provider_id
  UNION ALL
  SELECT 'household', p.household_token, p.provider_id, p.household_token, p.month, p.amount_sek, p.provider_sek,
         p.provider_id, n.n_persons
  FROM pairs p JOIN persons_of n ON n.provider_id = p.provider_id AND n.household_token = p.household_token
),
evidence_rows AS (
  SELECT s.subject_type, s.subject_id, s.episode, m.member_ref AS row_ref
  FROM subjects s JOIN member_months m
    ON m.provider_id = s.provider_id AND m.household_token = s.household_token AND m.month = s.month
  UNION
  SELECT s.subject_type, s.subject_id, s.episode, m.role_ref
  FROM subjects s JOIN member_months m
    ON m.provider_id = s.provider_id AND m.household_token = s.household_token AND m.month = s.month
  UNION
  SELECT s.subject_type, s.subject_id, s.episode, p.row_ref
  FROM subjects s JOIN income_support_payments p
    ON p.household_token = s.household_token AND CAST(date_trunc('month', p.month) AS DATE) = s.month
),
references_of AS (
  SELECT subject_type, subject_id, episode, array_agg(row_ref) AS evidence
  FROM evidence_rows GROUP BY subject_type, subject_id, episode
),
summed AS (
  SELECT subject_type, subject_id, episode, min(month) AS period_from, max(month) AS period_to,
         max(n_persons) AS n_persons, count(DISTINCT household_token) AS n_households, count(DISTINCT month) AS n_months,
         sum(amount_sek) AS support_sek, max(provider_sek) AS provider_sek
  FROM subjects GROUP BY subject_type, subject_id, episode
)
SELECT s.subject_id, s.subject_type, s.episode, s.period_from,
       CAST(s.period_to + INTERVAL 1 MONTH - INTERVAL 1 DAY AS DATE) AS period_to,
       CAST(least(1.0, 0.5 + s.n_months / 24.0) AS DOUBLE) AS strength,
       CAST(CASE WHEN s.subject_type = 'household' THEN s.support_sek END AS DECIMAL(14,2)) AS amount_sek,
       s.n_persons, s.n_households, s.n_months, CAST(round(s.support_sek, 0) AS BIGINT) AS support_sek,
       CAST(round(s.provider_sek, 0) AS BIGINT) AS provider_sek, e.evidence
FROM summed s
JOIN references_of e ON e.subject_type = s.subject_type AND e.subject_id = s.subject_id AND e.episode = s.episode
