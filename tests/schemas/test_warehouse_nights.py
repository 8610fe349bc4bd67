"""The warehouse from night to night: what stops a night before it publishes, and who may open the file."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest

from schemas.warehouse import Warehouse, known_files, previous_files
from schemas.warehouse_load import StagingMissing, WarehouseError
from schemas.workspace import Workspace
from tests.schemas.warehouse_kit import (
    CONTRACTS,
    NIGHT,
    PAYMENTS,
    SETTINGS,
    build,
    contract,
    night,
    payment,
    read,
    table,
)


def test_staging_that_is_gone_stops_the_night_and_says_which_file(workspace: Workspace) -> None:
    reading = read(workspace, PAYMENTS, "payments_1.csv", [payment("1")], bad=[(5, None)])
    night(workspace, CONTRACTS, [reading])
    before = workspace.database.read_bytes()
    assert reading.bad is not None
    os.rename(reading.bad, workspace.root / "elsewhere")
    previous = previous_files(workspace, SETTINGS)
    assert known_files(previous, workspace) == frozenset(), "so that it is read again when the inbox has it"
    with Warehouse.building(workspace, SETTINGS) as warehouse:
        with pytest.raises(StagingMissing, match=r"payments_1\.csv") as caught:
            warehouse.load([], previous, CONTRACTS, NIGHT)
        assert [(p.file, p.rule) for p in caught.value.problems] == [("payments_1.csv", "staging_missing")]
        with pytest.raises(WarehouseError, match="not reconciled"):
            warehouse.publish()
    assert workspace.database.read_bytes() == before
    with Warehouse.building(workspace, SETTINGS) as warehouse:  # purged: left out by the caller
        assert warehouse.load([], [], CONTRACTS, NIGHT) == []
    os.rename(workspace.root / "elsewhere", reading.bad)
    night(workspace, CONTRACTS, [])
    assert table(workspace, "SELECT count(*) FROM main.payments") == [(1,)]


def test_a_changed_contract_reads_the_file_again_in_its_old_place(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "first")])])
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "second")])])
    wider = contract(columns=[(c.name, c.duckdb_type) for c in PAYMENTS.columns] + [("extra", "INTEGER")], version="2")
    again = read(workspace, wider, "payments_1.csv", [payment("1", "first")])
    night(workspace, {"payments": wider}, [again])
    assert table(workspace, "SELECT id, note, extra FROM main.payments") == [("1", "second", None)]
    assert table(workspace, "SELECT file_id, contract_hash FROM ledger.files ORDER BY seq") == [
        (1, wider.content_hash),
        (2, PAYMENTS.content_hash),
    ]


def test_old_staging_that_does_not_fit_a_new_type_names_the_file_and_no_value(workspace: Workspace) -> None:
    night(
        workspace,
        CONTRACTS,
        [
            read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "17")]),
            read(workspace, PAYMENTS, "payments_2.csv", [payment("2", "CANARY-4711")]),
        ],
    )
    numeric = contract(columns=[("id", "VARCHAR"), ("note", "INTEGER"), ("amount_sek", "DECIMAL(14,2)")])
    with Warehouse.building(workspace, SETTINGS) as warehouse:
        with pytest.raises(
            WarehouseError, match=r"payments_2\.csv .*does not fit.*put the source file into the inbox"
        ) as caught:
            warehouse.load([], previous_files(workspace, SETTINGS), {"payments": numeric}, NIGHT)
        assert "CANARY" not in str(caught.value) and caught.value.__suppress_context__


def test_damaged_staging_is_an_error_without_values(workspace: Workspace) -> None:
    reading = read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])
    assert reading.staging is not None
    reading.staging.write_bytes(b"PAR1 CANARY PAR1")
    damaged = pytest.raises(WarehouseError, match=r"payments_1\.csv is damaged")
    with Warehouse.building(workspace, SETTINGS) as warehouse, damaged as caught:
        warehouse.load([reading], [], CONTRACTS, NIGHT)
    assert "CANARY" not in str(caught.value)


def test_a_dataset_without_contract_is_never_dropped_in_silence(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])])
    with (
        Warehouse.building(workspace, SETTINGS) as warehouse,
        pytest.raises(WarehouseError, match="payments, which no contract"),
    ):
        warehouse.load([], previous_files(workspace, SETTINGS), {"others": contract("others")}, NIGHT)


def test_a_night_that_fails_leaves_yesterday_and_one_that_succeeds_keeps_it(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])])
    yesterday = workspace.database.read_bytes()
    warehouse = build(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("2")])])
    warehouse.close()
    assert workspace.building.exists() and workspace.database.read_bytes() == yesterday
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("2")])])
    assert table(workspace, "SELECT count(*) FROM main.payments") == [(2,)]
    assert [state.read_bytes() for state in workspace.kept_states()] == [yesterday]
    assert sorted(path.name for path in workspace.root.glob("avvik*")) == ["avvik.duckdb"]


def test_publishing_while_another_connection_is_open_swaps_nothing_half_done(workspace: Workspace) -> None:
    with build(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])]) as warehouse:
        warehouse.reconcile()
        with warehouse.connection.cursor() as other:
            other.execute("BEGIN")
            other.execute("CREATE TABLE main.pending AS SELECT 1 AS x")
            with pytest.raises(WarehouseError):
                warehouse.publish()
    assert not workspace.database.exists()


def test_duckdb_touches_only_the_workspace_and_cannot_be_told_otherwise(workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    with Warehouse.building(workspace, SETTINGS) as warehouse:
        cursor = warehouse.connection.cursor()  # as quality opens it
        for sql in (
            f"SELECT * FROM read_csv('{outside}')",
            f"COPY (SELECT 1) TO '{tmp_path}/x.parquet'",
            f"ATTACH '{tmp_path}/x.duckdb' AS x",
            "INSTALL httpfs",
            "SET enable_external_access = true",
            "SET threads = 1",
            "SET allowed_directories = ['/']",
        ):
            with pytest.raises(duckdb.Error):
                cursor.execute(sql)
        cursor.execute("COPY (SELECT 1 AS a) TO $1 (FORMAT parquet)", [str(workspace.runs / "x.parquet")])
        assert cursor.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]


@pytest.mark.parametrize("content", [b"", b"no database" * 1000])
def test_a_damaged_warehouse_is_named_with_a_remedy(workspace: Workspace, content: bytes) -> None:
    workspace.database.write_bytes(content)
    with pytest.raises(WarehouseError, match=r"avvik\.duckdb.*states/"):
        previous_files(workspace, SETTINGS)


def test_a_warehouse_of_a_newer_version_is_refused_and_a_missing_one_told(workspace: Workspace) -> None:
    with pytest.raises(WarehouseError, match="Run a night first"):
        Warehouse.open_read_only(workspace.database, SETTINGS)
    assert previous_files(workspace, SETTINGS) == []
    night(workspace, CONTRACTS, [])
    with duckdb.connect(str(workspace.database)) as connection:
        connection.execute("UPDATE ledger.about SET value = '99'")
    with pytest.raises(WarehouseError, match="newer version.*format 99"):
        previous_files(workspace, SETTINGS)
