"""The warehouse: the same final table as a plain dict would give, and nothing lost on the way."""

from __future__ import annotations

import dataclasses
import datetime
import os
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contract import load_contracts
from schemas.inbox import discover
from schemas.reader import read_file
from schemas.settings import Settings
from schemas.warehouse import Warehouse, known_files, previous_files
from schemas.warehouse_load import LINES_PER_FILE, StagingMissing, WarehouseError, quote
from schemas.workspace import Workspace
from tests.schemas.warehouse_kit import NIGHT, SETTINGS, Result, build, contract, night, payment, read, table

PAYMENTS = contract()
CONTRACTS = {"payments": PAYMENTS}


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws").lock() as held:
        yield held


def fail(
    warehouse: Warehouse, check_id: str, severity: str, *places: tuple[int, int], dataset: str = "payments"
) -> None:
    """Record rows (file_id, line) as failing, as quality does."""
    for file_id, line in places:
        warehouse.connection.execute(
            "INSERT INTO ledger.failed_checks VALUES ($1, $2, $3, $4)",
            [dataset, check_id, severity, file_id * LINES_PER_FILE + line],
        )


def standing(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.connection.execute("SELECT id, note FROM main.payments ORDER BY row_ref").fetchall()


def aside(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.connection.execute(
        "SELECT file, line, rule, severity, id FROM quarantine.payments ORDER BY row_ref"
    ).fetchall()


# A plain model: files in order of arrival into a dict -------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d", None]), st.sampled_from(["x", "y"]), st.integers(-300, 300)),
    max_size=6,
)
FILES = st.tuples(ROWS, st.integers(0, 2), st.integers(0, 2))  # rows, bad rows, skipped totals
NIGHTS = st.lists(
    st.dictionaries(st.sampled_from(["payments_1", "payments_2", "payments_3"]), FILES, max_size=3), max_size=3
)


def model(
    readings: list[list[tuple[str, str, list[dict[str, Any]]]]],
) -> tuple[dict[str, tuple[Any, ...]], dict[str, list[int]]]:
    """(key -> (note, amount, sha, line), sha -> [loaded, replaced, quarantined among good rows])."""
    held: dict[str, tuple[Any, ...]] = {}
    buckets: dict[str, list[int]] = {}
    for files in readings:
        for _, sha256, rows in sorted(files, key=lambda file: file[0]):
            if sha256 in buckets:
                continue
            buckets[sha256] = [0, 0, 0]
            by_key: dict[str | None, list[tuple[Any, ...]]] = {}
            for line, row in enumerate(rows, 2):
                by_key.setdefault(row["id"], []).append((row["note"], row["amount_sek"], sha256, line))
            for key, found in by_key.items():
                if key is None or len({row[:2] for row in found}) > 1:
                    buckets[sha256][2] += len(found)
                    continue
                if key in held:
                    buckets[held[key][2]][0] -= 1
                    buckets[held[key][2]][1] += 1
                held[key] = found[0]
                buckets[sha256][0] += 1
                buckets[sha256][1] += len(found) - 1
    return held, buckets


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NIGHTS)
def test_any_sequence_of_files_gives_what_a_dict_gives(nights: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Workspace(Path(folder)).lock() as workspace:
        told = []
        accounts: list[Any] = []
        for files in nights:
            readings = [
                read(
                    workspace,
                    PAYMENTS,
                    f"{name}.csv",
                    [payment(*row) for row in rows],
                    bad=[(100 + n, Decimal("1.50")) for n in range(bad)],
                    skipped=skipped,
                )
                for name, (rows, bad, skipped) in files.items()
            ]
            told.append(
                [(r.file_name, r.sha256, [payment(*row) for row in files[r.file_name[:-4]][0]]) for r in readings]
            )
            first, accounts = night(workspace, CONTRACTS, readings)
        if not nights:
            return
        again, _ = night(workspace, CONTRACTS, readings)
        assert again == first, "the same inbox a second time changes nothing"
        held, buckets = model(told)
        ids = {row.sha256: row.file_id for row in previous_files(workspace, SETTINGS)}
        assert set(ids) == set(buckets)
        assert {
            (identity, note, amount, ref) for identity, note, amount, ref in table(workspace, "FROM main.payments")
        } == {
            (key, note, amount, ids[sha256] * LINES_PER_FILE + line)
            for key, (note, amount, sha256, line) in held.items()
        }
        for row in accounts:  # the reconciliation itself has asserted that each row adds up
            bad = row.rows_received - row.rows_skipped - sum(buckets[row.sha256])
            assert [row.rows_loaded, row.rows_replaced, row.rows_quarantined - bad] == buckets[row.sha256]
            assert (row.rows_refused, row.status) == (0, "loaded")


def test_files_of_one_night_arrive_in_order_of_name(workspace: Workspace) -> None:
    late = read(workspace, PAYMENTS, "payments_b.csv", [payment("1", "late")])
    early = read(workspace, PAYMENTS, "payments_a.csv", [payment("1", "early")])
    night(workspace, CONTRACTS, [late, early])
    assert table(workspace, "SELECT note FROM main.payments") == [("late",)]
    assert table(workspace, "SELECT file_id, seq, file_name, first_night FROM ledger.files ORDER BY seq") == [
        (1, 1, "payments_a.csv", NIGHT),
        (2, 2, "payments_b.csv", NIGHT),
    ]


def test_an_older_file_delivered_again_does_not_win_over_its_correction(workspace: Workspace) -> None:
    old = read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "wrong")])
    night(workspace, CONTRACTS, [old])
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "right")])])
    night(workspace, CONTRACTS, [old])
    assert table(workspace, "SELECT note FROM main.payments") == [("right",)]


def test_row_order_and_content_are_the_same_for_every_number_of_threads(tmp_path: Path) -> None:
    seen = []
    for threads in (1, 2, 4):
        with Workspace(tmp_path / str(threads)).lock() as workspace:
            readings = [
                read(workspace, PAYMENTS, f"payments_{n}.csv", [payment(str(n * 997 + i)) for i in range(3000)])
                for n in range(3)
            ]
            with Warehouse.building(workspace, Settings(threads=threads)) as warehouse:
                warehouse.load(readings, [], CONTRACTS, NIGHT)
                warehouse.deduplicate()
                warehouse.reconcile()
                seen.append((warehouse.content_hash(), warehouse.connection.execute("FROM main.payments").fetchall()))
    assert seen[0] == seen[1] == seen[2]
    refs = [row[-1] for row in seen[0][1]]
    assert refs == sorted(refs)


def test_datasets_never_delivered_have_empty_tables_with_their_types(workspace: Workspace) -> None:
    night(workspace, {**CONTRACTS, "visits": contract("visits", [("id", "VARCHAR"), ("n", "INTEGER")], money=None)}, [])
    assert table(workspace, "SELECT column_name, column_type FROM (DESCRIBE main.visits)") == [
        ("id", "VARCHAR"),
        ("n", "INTEGER"),
        ("row_ref", "BIGINT"),
    ]
    assert table(workspace, "SELECT count(*) FROM quarantine.visits") == [(0,)]


def test_columns_not_delivered_are_null_and_columns_come_in_contract_order(workspace: Workspace) -> None:
    night(
        workspace,
        CONTRACTS,
        [
            read(workspace, PAYMENTS, "payments_1.csv", [{"amount_sek": Decimal("1.00"), "id": "1"}]),
            read(workspace, PAYMENTS, "payments_2.csv", [{"note": "n", "id": "2"}]),
        ],
    )
    assert table(workspace, "FROM main.payments ORDER BY id") == [
        ("1", None, Decimal("1.00"), LINES_PER_FILE + 2),
        ("2", "n", None, 2 * LINES_PER_FILE + 2),
    ]


def test_names_are_quoted_and_never_clash_with_our_own(workspace: Workspace) -> None:
    evil = 'x"; DROP TABLE ledger.files; --'
    names = ["id", "kept", "leaving", "f", "s", "d", "v", "file_id", "h", "content", "select", "c0", evil]
    odd = contract("odd", [(name, "VARCHAR") for name in names], key=("file_id", "h", evil), money=None)
    row = dict.fromkeys(names, "1")
    night(
        workspace,
        {"odd": odd},
        [
            read(workspace, odd, "odd_1.csv", [row, row, {**row, "h": "2"}, {**row, "h": "2", "kept": "other"}]),
            read(workspace, odd, "odd_2.csv", [{**row, "kept": "newer"}]),
        ],
    )
    assert table(workspace, "SELECT kept, row_ref FROM main.odd") == [("newer", 2 * LINES_PER_FILE + 2)]
    assert table(workspace, "SELECT line, rule, sek FROM quarantine.odd ORDER BY line") == [
        (4, "ambiguous_key", None),
        (5, "ambiguous_key", None),
    ]
    assert table(workspace, f"SELECT {quote(evil)} FROM main.odd") == [("1",)]


# Checks -----------------------------------------------------------------------------------------------------------


def test_a_row_that_fails_never_replaces_a_good_one(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "good"), payment("2")])])
    with build(
        workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "bad", 7)])]
    ) as warehouse:
        fail(warehouse, "payments.b.check.1", "warning", (2, 2))
        fail(warehouse, "payments.a.check.1", "warning", (2, 2))
        assert (
            warehouse.apply_checks(
                [
                    Result("payments", "payments.b.check.1", "warning", "andra"),
                    Result("payments", "payments.a.check.1", "warning", "första"),
                ]
            )
            == []
        )
        warehouse.deduplicate()
        assert standing(warehouse) == [("1", "good"), ("2", "")]
        assert warehouse.connection.execute(
            "SELECT * EXCLUDE (note, amount_sek) FROM quarantine.payments"
        ).fetchall() == [
            (
                "payments_2.csv",
                2,
                "payments.a.check.1, payments.b.check.1",
                "första; andra",
                "warning",
                2 * LINES_PER_FILE + 2,
                Decimal("7.00"),
                "1",
            ),
        ]
        first, second = warehouse.reconcile()
        assert (first.rows_loaded, first.rows_replaced) == (2, 0)
        assert (second.rows_quarantined, second.sek_quarantined, second.sek_loaded) == (
            1,
            Decimal("7.00"),
            Decimal("0.00"),
        )


def test_an_error_refuses_the_files_that_hold_failing_rows_and_no_other(workspace: Workspace) -> None:
    night(
        workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "old"), payment("2", "old")])]
    )
    readings = [
        read(
            workspace,
            PAYMENTS,
            "payments_2.csv",
            [payment("1", "refused", 5), payment("3", "refused", 6)],
            bad=[(9, Decimal("2.00"))],
            skipped=1,
        ),
        read(workspace, PAYMENTS, "payments_3.csv", [payment("2", "new")]),
    ]
    with build(workspace, CONTRACTS, readings) as warehouse:
        fail(warehouse, "payments.e.1", "error", (2, 3))
        fail(warehouse, "payments.w.1", "warning", (2, 2))
        problems = warehouse.apply_checks(
            [Result("payments", "payments.e.1", "error", "får inte"), Result("payments", "payments.w.1", "warning")]
        )
        warehouse.deduplicate()
        assert standing(warehouse) == [("1", "old"), ("2", "new")]
        assert [(p.file, p.rule) for p in problems] == [("payments_2.csv", "payments.e.1")]
        assert "får inte" in problems[0].message
        # the failing rows stay as an explanation, counted as refused
        assert aside(warehouse) == [
            ("payments_2.csv", 3, "payments.e.1", "error", "3"),
            ("payments_2.csv", 9, "unparsable", "error", "?"),
        ]
        row = {account.file: account for account in warehouse.reconcile()}["payments_2.csv"]
        assert (row.status, row.rows_received, row.rows_refused, row.rows_skipped, row.rows_quarantined) == (
            "refused",
            4,
            3,
            1,
            0,
        )
        assert (row.sek_received, row.sek_refused, row.message) == (
            Decimal("13.00"),
            Decimal("13.00"),
            problems[0].message,
        )
        warehouse.publish()
    assert [(f.file_name, f.status, f.refused_by) for f in previous_files(workspace, SETTINGS)] == [
        ("payments_1.csv", "loaded", None),
        ("payments_2.csv", "refused", "check"),
        ("payments_3.csv", "loaded", None),
    ]


@pytest.mark.parametrize("computed", [True, False])
def test_an_error_without_rows_refuses_what_was_read_tonight(workspace: Workspace, computed: bool) -> None:
    other = contract("others")
    both = {**CONTRACTS, "others": other}
    night(workspace, both, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])])
    readings = [
        read(workspace, PAYMENTS, "payments_2.csv", [payment("2")]),
        read(workspace, other, "others.csv", [payment("9")]),
    ]
    with build(workspace, both, readings) as warehouse:
        if not computed:  # rows of a check that broke half way name nobody
            fail(warehouse, "payments.table.1", "error", (1, 2))
        problems = warehouse.apply_checks([Result("payments", "payments.table.1", "error", computed=computed)])
        warehouse.deduplicate()
        warehouse.reconcile()
        assert [problem.file for problem in problems] == ["payments_2.csv"]
        assert standing(warehouse) == [("1", "")]
        assert warehouse.connection.execute("SELECT count(*) FROM main.others").fetchall() == [(1,)]


def test_info_success_and_uncomputed_warnings_move_nothing(workspace: Workspace) -> None:
    with build(
        workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1"), payment("2")])]
    ) as warehouse:
        fail(warehouse, "payments.i.1", "info", (1, 2))
        fail(warehouse, "payments.mostly.1", "error", (1, 3))
        assert (
            warehouse.apply_checks(
                [
                    Result("payments", "payments.i.1", "info"),
                    Result("payments", "payments.mostly.1", "error", success=True),
                    Result("payments", "payments.w.1", "warning", computed=False),
                    Result("elsewhere", "elsewhere.x.1", "error"),
                ]
            )
            == []
        )
        assert standing(warehouse) == [("1", ""), ("2", "")]
        assert aside(warehouse) == []


def test_a_loaded_file_refused_by_a_changed_check_is_tried_again_and_comes_back(workspace: Workspace) -> None:
    night(workspace, CONTRACTS, [read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])])
    before = table(workspace, "FROM main.payments")
    for _ in range(2):
        with build(workspace, CONTRACTS, []) as warehouse:
            fail(warehouse, "payments.e.1", "error", (1, 2))
            assert len(warehouse.apply_checks([Result("payments", "payments.e.1", "error")])) == 1
            assert standing(warehouse) == []
            warehouse.deduplicate()
            assert [row.status for row in warehouse.reconcile()] == ["refused"]
            warehouse.publish()
    night(workspace, CONTRACTS, [])
    assert table(workspace, "FROM main.payments") == before


def test_a_new_file_that_was_refused_is_not_carried_over_and_keeps_its_place_when_it_returns(
    workspace: Workspace,
) -> None:
    readings = [
        read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "first")]),
        read(workspace, PAYMENTS, "payments_2.csv", [payment("1", "second")]),
    ]
    with build(workspace, CONTRACTS, readings) as warehouse:
        fail(warehouse, "payments.e.1", "error", (1, 2))
        warehouse.apply_checks([Result("payments", "payments.e.1", "error")])
        warehouse.reconcile()
        warehouse.publish()
    assert {sha for _, sha, _ in known_files(previous_files(workspace, SETTINGS), workspace)} == {readings[1].sha256}
    night(workspace, CONTRACTS, readings)
    assert table(workspace, "SELECT file_id, seq, file_name, status FROM ledger.files ORDER BY seq") == [
        (1, 1, "payments_1.csv", "loaded"),
        (2, 2, "payments_2.csv", "loaded"),
    ]
    assert table(workspace, "SELECT note FROM main.payments") == [("second",)]


def test_a_file_refused_by_the_reader_is_accounted_for_and_forgotten_when_it_leaves(workspace: Workspace) -> None:
    refused = read(workspace, PAYMENTS, "payments_1.csv", [payment("1", amount=3)], status="refused")
    unread = read(workspace, PAYMENTS, "payments_2.csv", [], status="refused")
    dead = read(workspace, PAYMENTS, "payments_3.csv", [], status="refused")
    for reading in (unread, dead):  # what a child that died leaves: no hash, nothing counted
        reading.sha256, reading.rows_received, reading.sek_received = "", None, None  # type: ignore[assignment]
    _, rows = night(workspace, CONTRACTS, [refused, unread, dead])
    assert [(r.file, r.status, r.rows_received, r.rows_refused, r.sek_refused) for r in rows] == [
        ("payments_1.csv", "refused", 1, 1, Decimal("3.00")),
        ("payments_2.csv", "refused", None, None, None),
        ("payments_3.csv", "refused", None, None, None),
    ]
    assert [row.message for row in rows] == ["Filen saknar rubriker."] * 3
    night(workspace, CONTRACTS, [refused, unread, dead])
    assert [row.file_id for row in previous_files(workspace, SETTINGS)] == [1, 2, 3]
    _, rows = night(workspace, CONTRACTS, [])
    assert rows == []


# Across nights ----------------------------------------------------------------------------------------------------


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


# Opening ----------------------------------------------------------------------------------------------------------


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


def test_quarantine_is_exported_for_datasets_that_have_some(workspace: Workspace) -> None:
    other = contract("others")
    with build(
        workspace,
        {**CONTRACTS, "others": other},
        [
            read(workspace, PAYMENTS, "payments_1.csv", [payment("1", "x"), payment("1", "y")], bad=[(9, None)]),
            read(workspace, other, "others_1.csv", [payment("1")]),
        ],
    ) as warehouse:
        warehouse.deduplicate()
        run_dir = workspace.begin_run("2026-11-23-0123abcd")
        assert warehouse.export_quarantine(run_dir) == {"payments": 3}
        assert [path.name for path in (run_dir / "quarantine").iterdir()] == ["payments.parquet"]
        exported = pq.read_table(run_dir / "quarantine" / "payments.parquet")
    assert exported.column_names == [
        "file",
        "line",
        "rule",
        "reason",
        "severity",
        "row_ref",
        "sek",
        "id",
        "note",
        "amount_sek",
    ]
    assert [(r["line"], r["rule"], r["note"], r["amount_sek"]) for r in exported.to_pylist()] == [
        (2, "ambiguous_key", "x", "100.00"),
        (3, "ambiguous_key", "y", "100.00"),
        (9, "unparsable", "?", "?"),
    ]


def test_first_night_is_remembered(workspace: Workspace) -> None:
    reading = read(workspace, PAYMENTS, "payments_1.csv", [payment("1")])
    night(workspace, CONTRACTS, [reading])
    with Warehouse.building(workspace, SETTINGS) as warehouse:
        later = NIGHT + datetime.timedelta(days=5)
        files = warehouse.load(
            [read(workspace, PAYMENTS, "payments_2.csv", [payment("2")])],
            previous_files(workspace, SETTINGS),
            CONTRACTS,
            later,
        )
    assert [(row.file_name, row.first_night) for row in files] == [("payments_1.csv", NIGHT), ("payments_2.csv", later)]


def test_real_files_from_inbox_to_tables(workspace: Workspace, tmp_path: Path) -> None:
    contracts = {"supplier_payments": load_contracts()["supplier_payments"]}
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    heading = "payment_id;supplier_id;booked_on;amount_sek\n"
    first = inbox / "supplier_payments_1.csv"
    first.write_text(
        heading + "1;s;2026-11-01;1 000,10\n2;s;2026-11-02;-5,05\n3;s;2026-11-03;abc\n2;s;2026-11-02;-5,05\n"
    )
    (inbox / "supplier_payments_2.csv").write_text(heading + "1;s;2026-11-01;900,00\n")
    (inbox / "supplier_payments_2_copy.csv").write_bytes((inbox / "supplier_payments_2.csv").read_bytes())

    def one_night() -> tuple[str, list[Any], Any]:
        previous = previous_files(workspace, SETTINGS)
        found = discover(inbox, contracts, known_files(previous, workspace))
        readings = [read_file(f.path, contracts[f.dataset], workspace.staging, SETTINGS) for f in found.files]
        with Warehouse.building(workspace, SETTINGS) as warehouse:
            warehouse.load(readings, previous, contracts, NIGHT)
            warehouse.apply_checks([])
            warehouse.deduplicate()
            rows = warehouse.reconcile()
            digest = warehouse.content_hash()
            warehouse.publish()
        return digest, rows, found

    digest, rows, found = one_night()
    assert [twin.file.path.name for twin in found.duplicates] == ["supplier_payments_2_copy.csv"]
    assert [
        (r.file, r.rows_received, r.rows_loaded, r.rows_replaced, r.rows_quarantined, r.sek_received) for r in rows
    ] == [
        ("supplier_payments_1.csv", 4, 1, 2, 1, Decimal("990.00")),
        ("supplier_payments_2.csv", 1, 1, 0, 0, Decimal("900.00")),
    ]
    assert table(workspace, "SELECT payment_id, amount_sek, row_ref FROM main.supplier_payments ORDER BY ALL") == [
        ("1", Decimal("900.00"), 2 * LINES_PER_FILE + 2),
        ("2", Decimal("-5.05"), LINES_PER_FILE + 3),
    ]
    assert table(workspace, "SELECT file, line FROM quarantine.supplier_payments") == [("supplier_payments_1.csv", 4)]
    again, _, found = one_night()
    assert (again, found.files, len(found.known)) == (digest, [], 3)
    first.unlink()  # the warehouse does not need the inbox any more
    assert one_night()[0] == digest


def test_a_lost_warehouse_stops_the_night_instead_of_dropping_files(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "w")
    with workspace.lock():
        workspace.publish_run(workspace.begin_run("2026-11-22-00000000"), "2026-11-22-00000000")
    with pytest.raises(WarehouseError, match="restore it from the backup"):
        previous_files(workspace, SETTINGS)


def test_a_copy_typed_before_keys_were_made_keeps_its_rows(workspace: Workspace) -> None:
    """A state from before a contract made its keys opens with every row, each under a key of its own."""
    made = dataclasses.replace(contract(), generate_key=True)
    old = [{"note": "a", "amount_sek": Decimal(100)}, {"note": "a", "amount_sek": Decimal(100)}]
    readings = [read(workspace, made, "payments_1.csv", old), read(workspace, made, "payments_2.csv", [payment("p1")])]
    with build(workspace, {"payments": made}, readings) as warehouse:
        keys = warehouse.connection.execute("SELECT id FROM main.payments ORDER BY row_ref").fetchall()
        assert len(set(keys)) == 3 and keys[2] == ("p1",) and None not in {key for (key,) in keys}
        assert [row.rows_loaded for row in warehouse.reconcile()] == [2, 1]


def test_rows_set_aside_and_rows_replaced_are_accounted_for(workspace: Workspace) -> None:
    rows = [payment(f"p{n}", amount=10 * n) for n in range(1, 5)]
    with build(workspace, {"payments": contract()}, [read(workspace, contract(), "payments_1.csv", rows)]) as warehouse:
        found = warehouse.connection.execute("SELECT row_ref FROM main.payments ORDER BY 1").fetchall()
        refs = [ref for (ref,) in found]
        assert warehouse.set_aside("payments", [(refs[0], "wrong", "fel"), (12345, "wrong", "fel")]) == 1
        assert warehouse.set_aside("payments", []) == 0
        warehouse.replace_rows("payments", [refs[1], refs[2]])
        (row,) = warehouse.reconcile()
        assert (row.rows_loaded, row.rows_quarantined, row.rows_replaced) == (1, 1, 2)
        assert (row.sek_loaded, row.sek_quarantined, row.sek_replaced) == (Decimal(40), Decimal(10), Decimal(50))
