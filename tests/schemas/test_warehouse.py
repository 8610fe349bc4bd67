"""The warehouse: the same final table as a plain dict would give, and nothing lost on the way."""

from __future__ import annotations

import dataclasses
import datetime
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.contract import load_contracts
from schemas.inbox import discover
from schemas.reader import read_file
from schemas.settings import Settings
from schemas.warehouse import Warehouse, known_files, previous_files
from schemas.warehouse_load import LINES_PER_FILE, WarehouseError, quote
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
