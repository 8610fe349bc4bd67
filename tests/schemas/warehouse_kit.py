"""Small contracts and staged files for the tests of the warehouse, written as the reader would write them."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.contract import Column, Contract
from schemas.problems import Problem
from schemas.reader import FileReading
from schemas.settings import Settings
from schemas.warehouse import Warehouse, known_files, previous_files
from schemas.workspace import Workspace

NIGHT = datetime.date(2026, 11, 23)
SETTINGS = Settings(threads=1, memory_limit="500MB")
REFUSAL = Problem("f", None, None, "no_header", "Filen saknar rubriker.", "", "No header.", "")
_ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32(), "DECIMAL(14,2)": pa.decimal128(14, 2)}


@dataclass(frozen=True)
class Result:
    """A check's outcome, as quality.CheckResult has it."""

    dataset: str
    check_id: str
    severity: str
    description: str = "beskrivning"
    computed: bool = True
    success: bool = False


def contract(
    dataset: str = "payments",
    columns: Sequence[tuple[str, str]] = (("id", "VARCHAR"), ("note", "VARCHAR"), ("amount_sek", "DECIMAL(14,2)")),
    key: Sequence[str] = ("id",),
    money: str | None = "amount_sek",
    version: str = "1",
) -> Contract:
    built = tuple(
        Column(
            name=name,
            logical_type="string",
            duckdb_type=kind,
            required=name in key,
            primary_key=name in key,
            unique=False,
            options={},
            aliases=(),
            allowed_values=(),
            value_aliases={},
            audit_only=False,
            free_text=False,
            month=False,
            description="",
            quality=(),
        )
        for name, kind in columns
    )
    text = json.dumps([dataset, list(columns), list(key), money, version])
    return Contract(
        dataset=dataset,
        domain="ledger",
        version=version,
        columns=built,
        key=tuple(key),
        money_column=money,
        time_column=None,
        quality=(),
        description={},
        path=Path(f"{dataset}.odcs.yaml"),
        content_hash=hashlib.sha256(text.encode()).hexdigest(),
        _by_name={column.name: column for column in built},
    )


PAYMENTS = contract()
CONTRACTS = {"payments": PAYMENTS}


def read(
    workspace: Workspace,
    contract: Contract,
    file_name: str,
    rows: Sequence[Mapping[str, Any]],
    bad: Sequence[tuple[int, Decimal | None]] = (),
    skipped: int = 0,
    status: str = "read",
) -> FileReading:
    """Stage `rows` (missing columns = not delivered) as lines 2, 3, ... and `bad` as (line, SEK), as the reader does.

    The content hash covers rows and bad rows, not the name: equal content is the same file.
    """
    identity = json.dumps([[dict(row) for row in rows], bad, skipped], default=str)
    sha256 = hashlib.sha256(identity.encode()).hexdigest()
    stem = f"{contract.dataset}-{sha256[:16]}-{contract.content_hash[:8]}"
    delivered = [name for name in contract.column_names if any(name in row for row in rows)]
    kinds = {column.name: _ARROW[column.duckdb_type] for column in contract.columns}
    staged = pa.table(
        {name: pa.array([row.get(name) for row in rows], kinds[name]) for name in delivered}
        | {"line": pa.array(range(2, 2 + len(rows)), pa.int64())}
    )
    staging, aside = workspace.staging / f"{stem}.parquet", None
    if status == "read":
        pq.write_table(staged, staging)
    if bad:
        aside = workspace.staging / f"{stem}.bad.parquet"
        texts = {name: pa.array(["?"] * len(bad), pa.string()) for name in contract.column_names}
        pq.write_table(
            pa.table(
                {
                    "line": pa.array([line for line, _ in bad], pa.int64()),
                    "rule": ["unparsable"] * len(bad),
                    "reason": ["värdet kan inte tolkas"] * len(bad),
                    "column_name": ["amount_sek"] * len(bad),
                    "sek": pa.array([sek for _, sek in bad], pa.decimal128(14, 2)),
                    **texts,
                }
            ),
            aside,
        )
    sek_bad = sum((sek for _, sek in bad if sek is not None), Decimal("0.00"))
    sek = None
    if contract.money_column is not None:
        sek = sek_bad + sum((row.get(contract.money_column) or Decimal(0) for row in rows), Decimal("0.00"))
    return FileReading(
        dataset=contract.dataset,
        file_name=file_name,
        sha256=sha256,
        size_bytes=len(identity),
        status=status,
        encoding="utf-8",
        delimiter=";",
        rows_received=len(rows) + len(bad) + skipped,
        rows_bad=len(bad),
        rows_skipped=skipped,
        sek_received=sek,
        sek_bad=sek_bad,
        columns_delivered=delivered,
        columns_unknown=[],
        columns_absent=[],
        problems=[] if status == "read" else [REFUSAL],
        staging=staging if status == "read" else None,
        bad=aside,
        seconds=0.0,
    )


def payment(identity: str | None, note: str = "", amount: int | str = 100) -> dict[str, Any]:
    return {"id": identity, "note": note, "amount_sek": Decimal(str(amount)).quantize(Decimal("0.01"))}


def build(workspace: Workspace, contracts: Mapping[str, Contract], readings: Sequence[FileReading]) -> Warehouse:
    """A loaded warehouse in the making, on top of what the workspace holds."""
    warehouse = Warehouse.building(workspace, SETTINGS)
    warehouse.load(readings, previous_files(workspace, SETTINGS), contracts, NIGHT)
    return warehouse


def night(
    workspace: Workspace, contracts: Mapping[str, Contract], readings: Sequence[FileReading]
) -> tuple[str, list[Any]]:
    """A whole night without checks, published: (content hash, reconciliation). Known files are left out first."""
    known = known_files(previous_files(workspace, SETTINGS), workspace)
    news = [r for r in readings if (r.dataset, r.sha256, contracts[r.dataset].content_hash) not in known]
    with build(workspace, contracts, news) as warehouse:
        warehouse.deduplicate()
        rows = warehouse.reconcile()
        digest = warehouse.content_hash()
        warehouse.publish()
    return digest, rows


def table(workspace: Workspace, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT on the published warehouse."""
    with Warehouse.open_read_only(workspace.database, SETTINGS) as warehouse:
        return warehouse.connection.execute(sql).fetchall()
