"""The figures for the overview: right sums by month, what disclosure control needs, and nobody's id."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from detectors import situation
from schemas.contract import load_contracts

NIGHT = date(2026, 11, 22)
DELIVERED = {"home_care_invoices": {"x"}, "home_care_visits": {"x"}, "income_support_payments": {"x"},
             "outcomes": {"x"}}


@pytest.fixture
def town() -> duckdb.DuckDBPyConnection:
    """Three providers: U1 all year, U2 until June, U3 (registered in May) from August; two households."""
    connection = duckdb.connect()
    for contract in load_contracts().values():
        columns = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in contract.columns)
        connection.execute(f'CREATE TABLE "{contract.dataset}" ({columns}, row_ref BIGINT)')
    connection.execute("INSERT INTO providers (provider_id, registered_on) VALUES ('U1', DATE '2015-01-01'), "
                       "('U2', DATE '2015-01-01'), ('U3', DATE '2026-05-05')")
    for at in range(1, 12):
        for provider, first, last, sek in (("U1", 1, 11, 1000), ("U2", 1, 6, 500), ("U3", 8, 11, 300)):
            if first <= at <= last:
                connection.execute(
                    "INSERT INTO home_care_invoices (provider_id, client_token, month, amount_sek) "
                    "VALUES (?, ?, ?, ?), (?, ?, ?, -50)",
                    [provider, f"c-{provider}", date(2026, at, 1), sek, provider, f"c-{provider}", date(2026, at, 1)])
    connection.execute("""
        INSERT INTO home_care_visits (provider_id, started_at, ended_at) VALUES
          ('U1', TIMESTAMP '2026-03-02 08:00', TIMESTAMP '2026-03-02 09:30'),
          ('U2', TIMESTAMP '2026-03-31 23:30', TIMESTAMP '2026-04-01 00:30'),
          ('U1', TIMESTAMP '2026-03-02 09:00', TIMESTAMP '2026-03-02 08:00');
        INSERT INTO income_support_payments (household_token, month, amount_sek, credited) VALUES
          ('h1', DATE '2026-03-01', 4000, NULL), ('h1', DATE '2026-03-01', 500, true),
          ('h2', DATE '2026-03-01', 3000, false);
        INSERT INTO outcomes (subject_type, subject_id, reviewed_on, outcome, recovered_sek, row_ref) VALUES
          ('provider', 'U1', DATE '2026-03-04', 'open', NULL, 1),
          ('provider', 'U1', DATE '2026-03-09', 'confirmed', 700, 2),
          ('provider', 'U2', DATE '2026-03-09', 'explained', NULL, 3)""")
    return connection


def _figures(folder: Path) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    rows = pq.read_table(folder / "aggregates.parquet").to_pylist()
    return {(r["measure"], r["domain"], f"{r['month']:%Y-%m}", r["part"]): r for r in rows}


def test_sums_by_month_and_what_may_be_shown_of_them(town: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    situation.write(town, tmp_path, NIGHT, DELIVERED)
    found = _figures(tmp_path)

    def get(measure: str, month: str, domain: str = "home_care", part: str = "") -> tuple[float, int, Any, Any]:
        row = found[measure, domain, month, part]
        return row["value"], row["contributors"], row["largest"], row["second"]

    assert get("paid", "2026-03") == (1400, 2, 950, 450), "credits are deducted"
    assert get("paid_new", "2026-09") == (250, 1, 250, None) and ("paid_new", "home_care", "2026-03", "") not in found
    assert get("hours", "2026-03") == (2.5, 2, 1.5, 1.0), "a visit that ends before it starts is left out"
    assert get("people", "2026-03")[0] == 2 and get("payees", "2026-09")[0] == 2
    assert get("paid", "2026-03", "income_support") == (7000, 2, 4000, 3000)
    assert get("entering", "2026-08")[0] == 1 and ("entering", "home_care", "2026-01", "") not in found
    assert get("leaving", "2026-06")[0] == 1 and sum(key[0] == "leaving" for key in found) == 1
    assert get("reviewed", "2026-03", "", "confirmed")[0] == 1 == get("reviewed", "2026-03", "", "explained")[0]
    assert ("reviewed", "", "2026-03", "open") not in found and get("recovered", "2026-03", "")[0] == 700
    assert not [key for key in found if key[2] == "2026-11" and key[0] != "reviewed"], "tonight's month is not whole"
    assert ("payees", "income_support", "2026-03", "") not in found


def test_nothing_of_a_table_that_was_not_delivered_and_nobody_in_it(
        town: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = situation.write(town, tmp_path, NIGHT, DELIVERED)
    assert {key[1] for key in _figures(tmp_path)} == {"home_care", "income_support", ""}
    body = json.dumps(pq.read_table(path).to_pylist(), default=str)
    assert "U1" not in body and "h1" not in body and path.stat().st_mode & 0o777 == 0o600
    situation.write(town, tmp_path, NIGHT, {})
    assert _figures(tmp_path) == {}


def test_the_order_of_rows_does_not_show(town: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    town.execute("UPDATE home_care_invoices SET amount_sek = amount_sek + 0.1")
    one = situation.write(town, tmp_path, NIGHT, DELIVERED).read_bytes()
    town.execute("CREATE TABLE t AS SELECT * FROM home_care_invoices ORDER BY random()")
    town.execute("DROP TABLE home_care_invoices; ALTER TABLE t RENAME TO home_care_invoices")
    assert situation.write(town, tmp_path, NIGHT, DELIVERED).read_bytes() == one
