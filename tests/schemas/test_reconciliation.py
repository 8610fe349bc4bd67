"""Every row and krona is accounted for, and a fault in the accounts stops the night."""

from __future__ import annotations

import stat
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from schemas.reconciliation import SCHEMA, ReconciliationError, write_parquet
from schemas.workspace import Workspace
from tests.schemas.warehouse_kit import PAYMENTS, Result, build, contract, night, payment, read

CONTRACTS = {"payments": PAYMENTS, "visits": contract("visits", [("id", "VARCHAR")], money=None)}
BUCKETS = ("loaded", "replaced", "quarantined", "refused", "skipped")


def test_every_bucket_in_rows_and_kronor(workspace: Workspace) -> None:
    rows = [
        payment("1", amount="10.10"),
        payment("2", amount="0.20"),
        payment("2", amount="0.20"),
        payment("3", "x", "0.03"),
        payment("3", "y", "-0.04"),
        payment(None, amount="5"),
    ]
    reading = read(workspace, PAYMENTS, "payments_1.csv", rows, bad=[(8, Decimal("7.77")), (9, None)], skipped=1)
    later = read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "later", "11")])
    with build(workspace, CONTRACTS, [reading, later]) as warehouse:
        warehouse.apply_checks([])
        warehouse.deduplicate()
        first, second = warehouse.reconcile()
    assert (first.dataset, first.file, first.sha256, first.status) == (
        "payments",
        "payments_1.csv",
        reading.sha256,
        "loaded",
    )
    assert [getattr(first, f"rows_{bucket}") for bucket in BUCKETS] == [1, 2, 5, 0, 1]
    assert [getattr(first, f"sek_{bucket}") for bucket in BUCKETS] == [
        Decimal(text) for text in ("0.20", "10.30", "12.76", "0.00", "0.00")
    ]
    assert (first.rows_received, first.sek_received) == (9, Decimal("23.26"))
    assert (second.rows_loaded, second.sek_loaded) == (1, Decimal("11.00"))


def test_kronor_are_exact_where_floats_would_not_be(workspace: Workspace) -> None:
    rows = [payment(str(n), amount="0.10") for n in range(1000)] + [payment("big", amount="999999999999.99")]
    _, (row,) = night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", rows)])
    assert row.sek_loaded == row.sek_received == Decimal("1000000000099.99")


def test_datasets_without_money_have_no_kronor(workspace: Workspace) -> None:
    _, (row,) = night(workspace, CONTRACTS, [read(workspace, CONTRACTS["visits"], "visits_1.csv", [{"id": "1"}])])
    assert row.rows_loaded == 1
    assert [getattr(row, f"sek_{bucket}") for bucket in ("received", *BUCKETS)] == [None] * 6


def test_carried_files_are_accounted_for_every_night(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1"), payment("2")], skipped=2)])
    _, rows = night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "new")])])
    assert [(r.file, r.rows_received, r.rows_loaded, r.rows_replaced, r.rows_skipped) for r in rows] == [
        ("payments_1.csv", 4, 1, 1, 2),
        ("payments_2.csv", 1, 1, 0, 0),
    ]


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("DELETE FROM main.payments WHERE id = '1'", "1 rows"),
        ("INSERT INTO main.payments SELECT * FROM main.payments WHERE id = '1'", "-1 rows"),
        ("UPDATE main.payments SET amount_sek = 99.99 WHERE id = '1'", "0.01 SEK"),
        ("DELETE FROM quarantine.payments", "2 rows"),
        ("UPDATE quarantine.payments SET sek = 0", "200.00 SEK"),
        ("DELETE FROM ledger.movements", "1 rows"),
    ],
)
def test_a_lost_doubled_or_changed_row_is_found(workspace: Workspace, harm: str, told: str) -> None:
    rows = [payment("1"), payment("2"), payment("2"), payment("3", "x"), payment("3", "y")]
    with build(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", rows)]) as warehouse:
        warehouse.deduplicate()
        warehouse.reconcile()
        warehouse.connection.execute(harm)
        with pytest.raises(ReconciliationError, match=rf"payments_1\.csv does not add up.* {told}"):
            warehouse.reconcile()


def test_a_reader_that_miscounts_is_found(workspace: Workspace) -> None:
    reading = read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])
    reading.rows_received = 2
    with build(workspace, CONTRACTS, [reading]) as warehouse, pytest.raises(ReconciliationError, match="is 1 rows"):
        warehouse.reconcile()


def test_rows_of_a_refused_file_may_not_stand_in_the_tables(workspace: Workspace) -> None:
    with build(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])]) as warehouse:
        warehouse.apply_checks([Result("payments", "payments.table.1", "error")])
        warehouse.connection.execute("UPDATE ledger.movements SET rows = 0, sek = 0")
        warehouse.connection.execute("INSERT INTO main.payments VALUES ('1', '', 100, 4294967298)")
        with pytest.raises(ReconciliationError, match="was refused, yet rows of it stand"):
            warehouse.reconcile()


def test_rows_of_no_known_file_are_found(workspace: Workspace) -> None:
    with build(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])]) as warehouse:
        warehouse.connection.execute("INSERT INTO main.payments VALUES ('9', '', 1, 99 * 4294967296 + 2)")
        with pytest.raises(ReconciliationError, match="1 files that ledger.files does not know"):
            warehouse.reconcile()


def test_parquet_has_the_agreed_columns_and_is_private(workspace: Workspace) -> None:
    _, rows = night(
        workspace,
        CONTRACTS,
        [
            read(workspace, PAYMENTS, "payments_1.csv", [payment("1", amount="12.30")]),
            read(workspace, CONTRACTS["visits"], "visits_1.csv", [{"id": "1"}]),
        ],
    )
    path = workspace.root / "reconciliation.parquet"
    write_parquet(rows, path)
    found = pq.read_table(path)
    assert (
        found.schema.names
        == SCHEMA.names
        == [
            "dataset",
            "file",
            "sha256",
            "status",
            "rows_received",
            "rows_loaded",
            "rows_replaced",
            "rows_quarantined",
            "rows_refused",
            "rows_skipped",
            "sek_received",
            "sek_loaded",
            "sek_replaced",
            "sek_quarantined",
            "sek_refused",
            "sek_skipped",
            "message",
            "rows_purged",
            "sek_purged",
        ]
    )
    assert [(r["dataset"], r["rows_loaded"], r["sek_loaded"]) for r in found.to_pylist()] == [
        ("payments", 1, Decimal("12.30")),
        ("visits", 1, None),
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.glob("*reconciliation*")] == ["reconciliation.parquet"]
    first = path.read_bytes()
    write_parquet(rows, path)
    assert path.read_bytes() == first
