"""Money is never multiplied: every rule on a generated town, its amounts against the money that the tables hold.

Three ways to notice a join that multiplies: an amount above all the money of its subject; an amount, count or sum that
changes when a table that is only looked up gets a second, repeated row; evidence that names a row twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from detectors import ranking
from tests.detectors.cases import Bench, all_cases
from tests.detectors.loaded_town import LoadedTown, catalogue, contracts, load_town, run_rules

# Money by subject and dataset: every krona that the dataset holds about the subject, credits not taken off.
MONEY = """
CREATE OR REPLACE TEMP TABLE subject_money AS
WITH money AS (
  SELECT 'home_care_invoices' AS dataset, provider_id, NULL AS association_id, client_token AS person,
         NULL AS household, NULL AS landlord, bank_account_token AS account, abs(amount_sek) AS sek
  FROM home_care_invoices
  UNION ALL SELECT 'assistance_invoices', provider_id, NULL, client_token, NULL, NULL, bank_account_token,
         abs(amount_sek) FROM assistance_invoices
  UNION ALL SELECT 'hvb_invoices', i.provider_id, NULL, p.client_token, NULL, NULL, i.bank_account_token,
         abs(i.amount_sek) + abs(coalesce(i.extras_sek, 0))
  FROM hvb_invoices i LEFT JOIN hvb_placements p USING (placement_id)
  UNION ALL SELECT 'supplier_payments', supplier_id, NULL, NULL, NULL, NULL, bank_account_token, abs(amount_sek)
  FROM supplier_payments
  UNION ALL SELECT 'association_grants', NULL, association_id, NULL, NULL, NULL, bank_account_token,
         greatest(coalesce(paid_sek, 0), coalesce(granted_sek, 0), coalesce(applied_sek, 0)) FROM association_grants
  UNION ALL SELECT 'income_support_payments', NULL, NULL, NULL, p.household_token, a.landlord_token,
         p.bank_account_token, abs(p.amount_sek)
  FROM income_support_payments p LEFT JOIN (
    SELECT household_token, month, min(landlord_token) AS landlord_token FROM income_support_applications
    GROUP BY household_token, month) a USING (household_token, month)
),
lived AS (SELECT DISTINCT household_token AS household, dwelling_token AS address FROM income_support_applications
          WHERE dwelling_token IS NOT NULL),
members AS (SELECT DISTINCT household_token AS household, person_token AS person FROM income_support_members)
SELECT 'provider' AS subject_type, provider_id AS subject_id, dataset, sum(sek) AS sek FROM money GROUP BY ALL
UNION ALL SELECT 'association', association_id, dataset, sum(sek) FROM money GROUP BY ALL
UNION ALL SELECT 'household', household, dataset, sum(sek) FROM money GROUP BY ALL
UNION ALL SELECT 'landlord', landlord, dataset, sum(sek) FROM money GROUP BY ALL
UNION ALL SELECT 'account', account, dataset, sum(sek) FROM money GROUP BY ALL
UNION ALL SELECT 'person', person, dataset, sum(sek) FROM money GROUP BY ALL
UNION ALL SELECT 'person', m.person, dataset, sum(sek) FROM money JOIN members m USING (household) GROUP BY ALL
UNION ALL SELECT 'address', l.address, dataset, sum(sek) FROM money JOIN lived l USING (household) GROUP BY ALL
"""

PAID = {"home_care_invoices", "assistance_invoices", "hvb_invoices", "supplier_payments", "association_grants",
        "income_support_payments"}

# What is repeated, with the reason why no rule may say more because of it. providers, persons and associations have
# one row a key when they leave the warehouse, so they cannot repeat.
REPEATS = {
    "provider_roles": "INSERT INTO provider_roles SELECT * REPLACE ('signatory' AS role, row_ref + 1000000 AS row_ref) "
                      "FROM provider_roles WHERE role <> 'auditor'",
    "association_roles": "INSERT INTO association_roles SELECT * REPLACE ('signatory' AS role, "
                         "row_ref + 1000000 AS row_ref) FROM association_roles WHERE role <> 'auditor'",
    "absences": "INSERT INTO absences SELECT * REPLACE (absent_from + INTERVAL 1 MINUTE AS absent_from, "
                "row_ref + 1000000 AS row_ref) FROM absences",
    "home_care_decisions": "INSERT INTO home_care_decisions SELECT * REPLACE (decision_id || 'x' AS decision_id, "
                           "row_ref + 1000000 AS row_ref) FROM home_care_decisions",
    "assistance_decisions": "INSERT INTO assistance_decisions SELECT * REPLACE (decision_id || 'x' AS decision_id, "
                            "row_ref + 1000000 AS row_ref) FROM assistance_decisions",
}
# Rules whose answer rightly changes with a repeated row, with the reason.
MAY_CHANGE = {"HC08": "two decisions grant the time twice, so less is beyond them",
              "PA05": "two decisions grant the hours twice, so less is beyond them",
              "HC90": "two decisions grant the time twice, so performed time fits its grant less",
              "PA90": "two decisions grant the hours twice, so fewer clients end at their limit"}
GROUPS = {"registers": ("provider_roles", "association_roles", "absences"),
          "decisions": ("home_care_decisions", "assistance_decisions")}


@pytest.fixture(scope="module")
def town() -> Iterator[LoadedTown]:
    made = load_town(0.05, 5, threads=2)
    yield made
    made.connection.close()


@pytest.fixture(scope="module")
def findings(town: LoadedTown) -> list[dict[str, Any]]:
    found, ledger = run_rules(town)
    assert not [code for code, row in ledger.items() if row.outcome == "failed"]
    assert len(found) > 60 and len({f["detector_id"] for f in found}) > 40
    return found


def datasets_read(code: str) -> set[str]:
    whole = catalogue()
    reads = whole.detectors[code].reads
    return set(reads) | {table for view in reads if view in whole.views for table in whole.views[view].reads}


def test_an_amount_is_never_more_than_the_money_there_is(town: LoadedTown, findings: list[dict[str, Any]]) -> None:
    town.connection.execute(MONEY)
    held: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    for subject_type, subject_id, dataset, sek in town.connection.execute("SELECT * FROM subject_money").fetchall():
        held[subject_type, subject_id][dataset] = held[subject_type, subject_id].get(dataset, Decimal(0)) + sek
    too_much, priced = [], 0
    for finding in findings:
        if finding["amount_sek"] is None:
            continue
        priced += 1
        money = held[finding["subject_type"], finding["subject_id"]]
        # an estimate from a norm or rate reads no money itself: then all that the subject was paid bounds it
        reads = datasets_read(finding["detector_id"]) & PAID or PAID
        most = sum((sek for dataset, sek in money.items() if dataset in reads), Decimal(0))
        if finding["amount_sek"] > most or finding["amount_sek"] < 0:
            too_much.append(f"{finding['detector_id']} {finding['subject_type']} {finding['subject_id']}: "
                            f"{finding['amount_sek']} of {most}")
    assert priced > 30
    assert too_much == []


def test_evidence_names_each_row_once_and_only_rows_that_were_read(
    town: LoadedTown, findings: list[dict[str, Any]]
) -> None:
    tables = dict(town.connection.execute("SELECT file_id, dataset FROM ledger.files").fetchall())
    sizes = {name: town.connection.execute(f'SELECT count(*) FROM "{name}"').fetchall()[0][0]
             for name in tables.values()}
    wrong = []
    for finding in findings:
        refs, reads = finding["evidence"], datasets_read(finding["detector_id"])
        if len(set(refs)) != len(refs) or {tables[ref >> 32] for ref in refs} - reads:
            wrong.append((finding["detector_id"], finding["subject_id"], "rows"))
        most = sum(sizes[table] for table in reads if table in sizes)
        if not len(refs) <= finding["n_evidence"] <= most:
            wrong.append((finding["detector_id"], finding["subject_id"], "count"))
    assert wrong == []


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_repeated_rows_of_a_looked_up_table_add_nothing(
    town: LoadedTown, findings: list[dict[str, Any]], group: str
) -> None:
    codes = sorted(d.code for d in catalogue().detectors.values()
                   if datasets_read(d.code) & set(GROUPS[group]) and d.code not in MAY_CHANGE)
    town.connection.execute("BEGIN")
    try:
        for table in GROUPS[group]:
            town.connection.execute(REPEATS[table])
        repeated, _ = run_rules(town, codes)
    finally:
        town.connection.execute("ROLLBACK")
    before = {key(f): said(f) for f in findings if f["detector_id"] in codes}
    after = {key(f): said(f) for f in repeated}
    assert len(before) > 5
    assert {k: (before.get(k), after.get(k)) for k in before | after if not same(before.get(k), after.get(k))} == {}


def key(finding: dict[str, Any]) -> tuple[str, ...]:
    return tuple(finding[name] for name in ("detector_id", "subject_type", "subject_id", "episode"))


def said(finding: dict[str, Any]) -> tuple[Any, ...]:
    """What a finding claims: its amount and facts. The rows cited may be more, because there are more."""
    return (finding["amount_sek"], round(finding["strength"], 9), *(v for _, v in sorted(finding["facts"].items())))


def same(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    """Equal but for the last digit shown: threads add fractions in no fixed order, so a sum may round either way."""
    if one is None or other is None or len(one) != len(other):
        return False
    return all(abs(float(a) - float(b)) <= 0.005 * abs(float(a)) + 1e-9
               if isinstance(a, (int, float, Decimal)) and isinstance(b, (int, float, Decimal)) else a == b
               for a, b in zip(one, other, strict=True))


def test_money_counts_once_a_subject_and_concept(findings: list[dict[str, Any]]) -> None:
    ranked = ranking.order_of((f["subject_type"], f["subject_id"], ranking.Finding(
        f["detector_id"], f["kind"], f["concept"], f["domain"], f["severity"], f["strength"], f["amount_sek"]))
        for f in findings)
    connection = duckdb.connect()
    connection.execute("CREATE TABLE f (t VARCHAR, s VARCHAR, concept VARCHAR, sek DECIMAL(14,2))")
    connection.executemany("INSERT INTO f VALUES (?, ?, ?, ?)", [
        (f["subject_type"], f["subject_id"], f["concept"], f["amount_sek"]) for f in findings
        if f["kind"] != "exculpating" and f["amount_sek"] is not None])
    rows = connection.execute("SELECT t, s, sum(sek) FROM (SELECT t, s, concept, max(sek) AS sek FROM f GROUP BY ALL) "
                              "GROUP BY ALL").fetchall()
    connection.close()
    wanted = {(t, s): sek for t, s, sek in rows}
    assert {(r.subject_type, r.subject_id): r.amount_sek for r in ranked if r.amount_sek is not None} == wanted
    added = sum(f["amount_sek"] for f in findings if f["amount_sek"] is not None and f["kind"] != "exculpating")
    assert sum(wanted.values()) < added  # the town has subjects with the same fact told twice



# Rules that show one overlap or one payment on several subjects: rule, its case, and the money there is to check.
SHARED = [
    ("XD01", "one person in home care and assistance at once", "174.00"),
    ("XD07", "the managing director of a paid provider is the applicant in a household on support", "17000.00"),
    ("HV04", "a child placed in two homes for ten nights", "40000.00"),
]


@pytest.mark.parametrize(("code", "name", "total"), SHARED, ids=[code for code, _, _ in SHARED])
def test_money_shown_on_several_subjects_is_counted_once(code: str, name: str, total: str) -> None:
    case = next(case for case in all_cases() if case.code == code and case.name == name)
    found = Bench(contracts()).run(case)
    assert len(found) > 1
    assert sum((f["amount_sek"] or Decimal(0) for f in found), Decimal(0)) == Decimal(total)
