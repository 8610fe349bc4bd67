"""R5: twelve ways an export can change its columns, on every dataset: told by column, and never silently NULL."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from schemas.contract import Column, Contract, load_contracts
from schemas.headings import known_headings, map_headings
from schemas.reader import FileReading, read_file
from schemas.refusal import Refused
from schemas.settings import load_settings

CONTRACTS = load_contracts()
TYPED = ("INTEGER", "DOUBLE", "DATE", "TIMESTAMP")  # also DECIMAL(p,s) and BOOLEAN
ROWS = 12
WORD = "saknas helt"  # what stands where a number or a date should
Table = tuple[list[str], list[list[str]]]


def value(column: Column, row: int) -> str:
    """A good cell. A fraction where the type has one, so that its form can change."""
    kind = column.duckdb_type
    day = datetime.date(2026, 1 + row % 9, 1 if column.month else 2 + row % 20)
    if kind.startswith("DECIMAL") or kind == "DOUBLE":
        return f"{100 + row}.25"
    other = {"INTEGER": str(2000 + row), "DATE": day.isoformat(), "TIMESTAMP": f"{day} 08:{10 + row}:00",
             "BOOLEAN": "true" if row % 2 else "false"}
    return other.get(kind) or (column.allowed_values[0] if column.allowed_values else f"x{row}y")


def whole(contract: Contract) -> Table:
    columns = contract.columns
    return [c.name for c in columns], [[value(c, row) for c in columns] for row in range(ROWS)]


def read(folder: Path, contract: Contract, table: Table, drift: str) -> FileReading:
    path = folder / f"{contract.dataset}_{drift}.csv"
    path.write_text("\n".join(";".join(line) for line in [table[0], *table[1]]) + "\n", encoding="utf-8")
    return read_file(path, contract, folder / "out", load_settings(None))


def rows(reading: FileReading) -> list[dict[str, Any]]:
    """The typed rows; the key that the reader makes from the file's hash left out."""
    assert reading.status == "read" and reading.staging, reading.problems
    return pq.read_table(reading.staging).to_pylist()


def needed(contract: Contract) -> list[Column]:
    made = contract.key[0] if contract.generate_key else None
    return [column for column in contract.columns if column.required and column.name != made]


def optional(contract: Contract) -> Column | None:
    free = [c for c in contract.columns if not c.required and c.name not in contract.key]
    return free[0] if free else None


def typed(contract: Contract) -> Column | None:
    """A column whose cells can be of a wrong type, a required one first."""
    found = [c for c in contract.columns if c.duckdb_type != "VARCHAR" and c.name not in contract.key]
    found += [c for c in contract.columns if c.duckdb_type != "VARCHAR" and c.name in contract.key]
    return next((c for c in sorted(found, key=lambda c: not c.required)), None)


def without(table: Table, name: str) -> Table:
    at = table[0].index(name)
    return [h for i, h in enumerate(table[0]) if i != at], [[c for i, c in enumerate(r) if i != at] for r in table[1]]


def with_cells(table: Table, name: str, cells: dict[int, str]) -> Table:
    at = table[0].index(name)
    return table[0], [[cells.get(n, c) if i == at else c for i, c in enumerate(r)] for n, r in enumerate(table[1])]


def renamed(table: Table, names: dict[str, str]) -> Table:
    return [names.get(head, head) for head in table[0]], table[1]


def told(reading: FileReading, rule: str, column: str | None) -> None:
    """The problem is there, with its column in the text and a remedy, and no cell of the file is repeated."""
    found = [problem for problem in reading.problems if problem.rule == rule]
    assert found and any(p.column == column for p in found), reading.problems
    for problem in found:
        assert problem.remedy and problem.remedy_en and WORD not in str(problem)
        if column is not None and problem.column == column:
            assert column in problem.message and column in problem.message_en


def refused(reading: FileReading, rule: str, column: str | None) -> None:
    assert reading.status == "refused" and reading.staging is None and reading.bad is None, reading
    told(reading, rule, column)


def other_form(column: Column, row: int) -> str:
    """The same value as another program writes it: decimal comma and thousands, a date without hyphens."""
    said = value(column, row)
    if column.duckdb_type.startswith("DECIMAL") or column.duckdb_type == "DOUBLE":
        return said.replace(".", ",")
    if column.duckdb_type == "DATE":
        return said.replace("-", "")
    return said.replace(" ", "T") if column.duckdb_type == "TIMESTAMP" else said


@pytest.mark.parametrize("name", CONTRACTS)
def test_r5_drifts_of_columns(name: str, tmp_path: Path) -> None:
    """Seven drifts that only move or add headings, and the loss of an optional column."""
    contract = CONTRACTS[name]
    table = whole(contract)
    base = rows(read(tmp_path, contract, table, "as_it_was"))
    assert len(base) == ROWS and all(base[0][c.name] is not None for c in contract.columns)

    extra = read(tmp_path, contract, (["Helt ny kolumn", *table[0]], [["n", *row] for row in table[1]]), "extra")
    assert rows(extra) == base and extra.columns_unknown == ["Helt ny kolumn"]
    by_name = any("Helt ny kolumn" in p.message for p in extra.problems if p.rule == "unknown_columns")
    assert by_name or contract.hand_written  # a reviewer's workbook is our own list, whose other columns are known

    back = read(tmp_path, contract, (table[0][::-1], [row[::-1] for row in table[1]]), "reordered")
    assert rows(back) == base

    shouted = read(tmp_path, contract, renamed(table, {head: f"  {head.upper()}\u00a0 " for head in table[0]}), "case")
    assert rows(shouted) == base

    swedish = {c.name: c.aliases[0] for c in contract.columns if c.aliases}
    assert rows(read(tmp_path, contract, renamed(table, swedish), "swedish")) == base and swedish

    formed = [[other_form(c, n) for c in contract.columns] for n in range(ROWS)]
    assert rows(read(tmp_path, contract, (table[0], formed), "other_form")) == base

    gone = optional(contract)
    assert gone or name in ("assistance_shifts", "association_attendance", "income_support_members")
    if gone:
        less = read(tmp_path, contract, without(table, gone.name), "optional_gone")
        assert less.columns_absent == [gone.name] and gone.name not in rows(less)[0]
        by_name = any(gone.name in problem.message for problem in less.problems if problem.rule == "absent_columns")
        assert by_name or contract.hand_written


@pytest.mark.parametrize("name", CONTRACTS)
def test_r5_drifts_that_stop_a_source(name: str, tmp_path: Path) -> None:
    contract = CONTRACTS[name]
    table, column = whole(contract), needed(contract)[0]
    refused(read(tmp_path, contract, without(table, column.name), "gone"), "missing_column", column.name)

    stranger = f"{column.name}_gammal"
    lost = read(tmp_path, contract, renamed(table, {column.name: stranger}), "renamed")
    refused(lost, "missing_column", column.name)
    assert lost.refusal and stranger in lost.refusal.remedy, "the heading that took its place is named"

    twice = ([*table[0], column.name.upper()], [[*row, "x"] for row in table[1]])
    refused(read(tmp_path, contract, twice, "doubled"), "double_heading", column.name)
    refused(read(tmp_path, contract, (table[1][0], table[1][1:]), "no_headings"), "no_header", None)


@pytest.mark.parametrize("name", CONTRACTS)
def test_r5_drifts_of_types(name: str, tmp_path: Path) -> None:
    contract = CONTRACTS[name]
    table, column = whole(contract), typed(contract)
    if column is None:
        assert name == "association_attendance", "only this dataset is all texts, so that no type can change"
        return
    one = read(tmp_path, contract, with_cells(table, column.name, {5: WORD}), "one_row")
    assert len(rows(one)) == ROWS - 1 and one.rows_bad == 1 and one.bad
    assert [(row["line"], row["column_name"]) for row in pq.read_table(one.bad).to_pylist()] == [(7, column.name)]
    problem = next(p for p in one.problems if p.column == column.name)
    assert problem.row == 7 and WORD not in str(problem)

    every = read(tmp_path, contract, with_cells(table, column.name, dict.fromkeys(range(ROWS), WORD)), "all_rows")
    if contract.hand_written:  # every wrong cell is told by itself; no row of it is taken
        assert every.rows_bad == ROWS and not (every.staging and rows(every))
    else:
        assert every.status == "refused" and every.staging is None
    assert any(p.column == column.name for p in every.problems), every.problems

    # a form that is read nowhere: the day before the month and dots between
    dated = next((c for c in contract.columns if c.duckdb_type == "DATE"), None)
    if dated:
        cells = dict.fromkeys(range(ROWS), "22.11.26")
        foreign = read(tmp_path, contract, with_cells(table, dated.name, cells), "foreign_date")
        assert foreign.rows_bad == ROWS or foreign.status == "refused"
        assert any(p.column == dated.name for p in foreign.problems), foreign.problems


@pytest.mark.parametrize("name", CONTRACTS)
def test_r5_each_required_column_is_missed(name: str) -> None:
    """Every required column of every dataset, by itself and by every name it goes by."""
    contract = CONTRACTS[name]
    assert needed(contract)
    for column in needed(contract):
        heads = [c.name for c in contract.columns if c.name != column.name]
        with pytest.raises(Refused) as raised:
            map_headings(heads, contract, 1)
        assert raised.value.finding.rule == "missing_column" and raised.value.finding.column == column.name
        for heading in (column.name, *column.aliases):
            assert map_headings([*heads, heading], contract, 1).columns[column.name] == len(heads)
    assert len(known_headings(contract)) >= len(contract.columns)


def test_r5_control_a_reader_that_fills_in_nulls_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the requirement taken out of a contract the loss of the column passes, and `refused` says so."""
    import dataclasses

    contract = CONTRACTS["home_care_visits"]
    column = needed(contract)[0]
    loose = dataclasses.replace(contract, columns=tuple(
        dataclasses.replace(c, required=False) if c.name == column.name else c for c in contract.columns))
    reading = read(tmp_path, loose, without(whole(contract), column.name), "gone")
    with pytest.raises(AssertionError):
        refused(reading, "missing_column", column.name)
