"""Who counts as protected, and what stands for them; small tables, one decision each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from detectors import protected
from schemas.contract import load_contracts
from schemas.protected import FINDINGS, FOLDER, ROWS, TOKENS, read
from schemas.warehouse_load import LINES_PER_FILE, create_dataset, create_ledger

CONTRACTS = load_contracts()
FILE_IDS = {name: at for at, name in enumerate(sorted(CONTRACTS), start=1)}


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    """An empty warehouse with what a night's detection leaves beside it."""
    connection = duckdb.connect()
    create_ledger(connection)
    for name, contract in sorted(CONTRACTS.items()):
        create_dataset(connection, contract)
        connection.execute("INSERT INTO ledger.files (file_id, dataset, file_name) VALUES ($1, $2, $2)",
                           [FILE_IDS[name], name])
    connection.execute("CREATE TEMP TABLE listed_tokens (list VARCHAR, token VARCHAR)")
    connection.execute("CREATE TEMP TABLE findings (finding_id VARCHAR, subject_type VARCHAR, subject_id VARCHAR, "
                       "facts VARCHAR, evidence BIGINT[])")
    connection.execute("CREATE TEMP TABLE evidence_refs (finding_id VARCHAR, ord INTEGER, row_ref BIGINT)")
    return connection


def put(connection: duckdb.DuckDBPyConnection, table: str, line: int = 2, schema: str = "main", **values: Any) -> int:
    ref = FILE_IDS[table] * LINES_PER_FILE + line
    columns = ", ".join([*values, "row_ref"])
    marks = ", ".join(f"${at}" for at in range(1, len(values) + 2))
    connection.execute(f"INSERT INTO {schema}.{table} ({columns}) VALUES ({marks})", [*values.values(), ref])
    return ref


def finding(connection: duckdb.DuckDBPyConnection, name: str, subject: str, refs: list[int], facts: str = "{}") -> None:
    connection.execute("INSERT INTO findings VALUES ($1, 'provider', $2, $3, $4)", [name, subject, facts, refs])
    for at, ref in enumerate(refs, start=1):
        connection.execute("INSERT INTO evidence_refs VALUES ($1, $2, $3)", [name, at, ref])


def write(connection: duckdb.DuckDBPyConnection, folder: Path, previous: Path | None = None,
          columns: set[str] | None = None) -> dict[str, set[str]]:
    folder.mkdir(exist_ok=True)
    protected.write(connection, CONTRACTS, folder, {"protected"} if columns is None else columns, "Chef", previous)
    found: dict[str, set[str]] = {}
    for row in pq.read_table(folder / FOLDER / TOKENS).to_pylist():
        found.setdefault(row["kind"], set()).add(row["token"])
    return found


def test_person_household_address_and_account(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True, address_token="home", bank_account_token="acc")
    put(tables, "persons", 3, person_token="p2", protected=False, address_token="other", bank_account_token="acc2")
    put(tables, "persons", 4, person_token="p3", address_token="third")
    for line, (home, person) in enumerate((("h1", "p1"), ("h1", "p2"), ("h2", "p2")), start=2):
        put(tables, "income_support_members", line, household_token=home, person_token=person)
    assert write(tables, tmp_path / "run") == {
        "person": {"p1"}, "household": {"h1"}, "address": {"home"}, "account": {"acc"}}


def test_what_is_a_companys_or_a_trustees_is_not_theirs(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True, address_token="office", bank_account_token="trust")
    put(tables, "providers", provider_id="U1", org_form="ab", address_token="office", bank_account_token="x")
    tables.execute("INSERT INTO listed_tokens VALUES ('trustee_accounts', 'trust')")
    assert write(tables, tmp_path / "run") == {"person": {"p1"}}


def test_a_sole_trader_is_a_person(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True)
    for line, (name, form) in enumerate((("U1", "ef"), ("U2", "ab")), start=2):
        put(tables, "providers", line, provider_id=name, org_form=form)
        put(tables, "provider_roles", line, provider_id=name, person_token="p1", role="owner")
    assert write(tables, tmp_path / "run") == {"person": {"p1"}, "provider": {"U1"}}


def test_an_account_that_others_use_too_is_not_theirs(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True)
    put(tables, "income_support_members", household_token="h1", person_token="p1")
    for line, (home, account) in enumerate((("h1", "own"), ("h1", "shared"), ("h2", "shared")), start=2):
        put(tables, "income_support_payments", line, household_token=home, bank_account_token=account,
            payee="household")
    assert write(tables, tmp_path / "run")["account"] == {"own"}


@pytest.mark.parametrize("said, counts", [("ja", True), ("kanske", True), ("true", True), ("nej", False),
                                          ("False", False), ("", False), (None, False)])
def test_a_quarantined_row_counts_unless_it_says_no(
    tables: duckdb.DuckDBPyConnection, tmp_path: Path, said: str | None, counts: bool
) -> None:
    put(tables, "persons", schema="quarantine", person_token="p1", protected=said)
    assert write(tables, tmp_path / "run") == ({"person": {"p1"}} if counts else {})


def test_a_mark_stays_until_a_delivery_takes_it_back(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True, address_token="home")
    put(tables, "persons", 3, person_token="p2", protected=True, address_token="second")
    first = write(tables, tmp_path / "first")
    tables.execute("DELETE FROM persons")  # the register was refused tonight
    assert write(tables, tmp_path / "second", tmp_path / "first") == first
    put(tables, "persons", person_token="p1", address_token="home")  # delivered without the mark
    put(tables, "persons", 3, person_token="p2", protected=False, address_token="second")
    assert write(tables, tmp_path / "third", tmp_path / "second") == {"person": {"p1"}, "address": {"home"}}


def test_rows_facts_and_subjects(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    put(tables, "persons", person_token="p1", protected=True)
    hers = put(tables, "home_care_visits", 7, visit_id="v1", client_token="p1", staff_token="s")
    his = put(tables, "home_care_visits", 8, visit_id="v2", client_token="c", staff_token="p1")
    nobodys = put(tables, "home_care_visits", 9, visit_id="v3", client_token="c", staff_token="s")
    placed = put(tables, "hvb_placements", placement_id="b1", client_token="p1")
    billed = put(tables, "hvb_invoices", invoice_id="f1", placement_id="b1")
    finding(tables, "rows", "U1", [nobodys, hers, his])
    finding(tables, "none", "U1", [nobodys])
    finding(tables, "bill", "U2", [placed, billed])
    finding(tables, "fact", "U3", [nobodys], '{"who": "p1", "n": 3}')
    finding(tables, "list", "U4", [nobodys], '{"who_tokens": ["x", "p1"]}')
    finding(tables, "self", "p1", [nobodys])
    write(tables, tmp_path / "run")
    marks = read(tmp_path / "run")
    assert marks.rows == {("rows", 2), ("rows", 3), ("bill", 1), ("bill", 2)}
    assert marks.findings == {"rows", "bill", "fact", "list", "self"}
    assert marks.known and marks.present and marks.officer == "Chef"
    assert pq.read_table(tmp_path / "run" / FOLDER / ROWS).num_rows == 4
    counted = {row["finding_id"]: row["n_rows"] for row in
               pq.read_table(tmp_path / "run" / FOLDER / FINDINGS).to_pylist()}
    assert counted == {"rows": 2, "bill": 2, "fact": 0, "list": 0, "self": 0}


def test_a_register_that_does_not_say(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert write(tables, tmp_path / "run", columns={"person_token"}) == {}
    assert not read(tmp_path / "run").known
