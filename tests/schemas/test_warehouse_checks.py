"""What a failed check does to rows and files: set aside, refused, tried again, and nothing else moved."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from schemas.warehouse import Warehouse, known_files, previous_files
from schemas.warehouse_load import LINES_PER_FILE
from schemas.workspace import Workspace
from tests.schemas.warehouse_kit import (
    CONTRACTS,
    PAYMENTS,
    SETTINGS,
    Result,
    build,
    contract,
    night,
    payment,
    read,
    table,
)


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
