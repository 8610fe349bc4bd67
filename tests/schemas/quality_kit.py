"""A small table and rules of contracts on it, for the tests of the checks."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import duckdb

from schemas.contract import Column, Contract, QualityRule
from schemas.quality import CheckResult, validate

CANARY = "KANARIE7f3a"
FILE_1, FILE_2 = 1 << 32, 2 << 32
TYPES = {"id": "VARCHAR", "code": "VARCHAR", "low": "INTEGER", "high": "INTEGER", "day": "DATE",
         "at": "TIMESTAMP", "sek": "DECIMAL(14,2)"}  # fmt: skip

# line, id, code, low, high, day, at, sek
ROWS: list[tuple[Any, ...]] = [
    (2, "a", "A1", 1, 2, "2026-01-01", "2026-01-01 08:00", 10),
    (3, "b", "A2", 2, 3, "2026-01-02", "2026-01-02 08:00", 20),
    (4, "c", "B3", 5, 4, "2026-01-03", "2026-01-03 08:00", 30),
    (5, "d", CANARY, 6, 6, "2026-01-04", "2026-01-04 08:00", 40),
    (6, "e", None, None, 9, None, None, None),
]


def column(name: str, kind: str, **changes: Any) -> Column:
    plain = Column(
        name=name, logical_type="string", duckdb_type=kind, required=False, primary_key=name == "id", unique=False,
        options={}, aliases=(), allowed_values=(), value_aliases={}, audit_only=False, free_text=False, month=False,
        description="", quality=(),
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def rule(expectation: str, severity: str = "warning", number: int = 1, **kwargs: Any) -> QualityRule:
    place = kwargs.get("column")
    identity = f"things.{place or 'table'}.{expectation}.{number}"
    return QualityRule(identity, severity, expectation, kwargs, f"beskrivning {number}", place)


def contract(*rules: QualityRule, **changed: dict[str, Any]) -> Contract:
    columns = tuple(column(name, kind, **changed.get(name, {})) for name, kind in TYPES.items())
    return Contract(
        dataset="things", domain="ledger", version="1", columns=columns, key=("id",), money_column=None,
        time_column=None, quality=rules, description={}, path=Path("things.odcs.yaml"), content_hash="0" * 64,
        _by_name={one.name: one for one in columns},
    )  # fmt: skip


def fill(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]] = ROWS, file: int = FILE_1) -> None:
    connection.executemany(
        "INSERT INTO things VALUES ($2, $3, $4, $5, $6, $7, $8, $9 + $1)",
        [[file, *row[1:], row[0]] for row in rows],
    )


def run(
    connection: duckdb.DuckDBPyConnection, *rules: QualityRule, run_dir: Path | None = None, **changed: dict[str, Any]
) -> list[CheckResult]:
    return validate(connection, None, {"things": contract(*rules, **changed)}, run_dir)


def lines(connection: duckdb.DuckDBPyConnection, check_id: str) -> list[int]:
    found = connection.execute(
        "SELECT row_ref % 4294967296 FROM ledger.failed_checks WHERE dataset = 'things' AND check_id = $1 ORDER BY 1",
        [check_id],
    ).fetchall()
    return [line for (line,) in found]
