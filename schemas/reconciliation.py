"""Rows and kronor accounted for: received = loaded + replaced + quarantined + refused + skipped + purged, by file.

Received and skipped come from the reader, loaded and quarantined are counted in the tables, replaced and refused
were counted when rows left, purged when `avvik purge` took them: six sources that agree only if no row was lost or
doubled on the way. All SEK are DECIMAL sums, never floats.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from schemas.contract import Contract
from schemas.warehouse_load import LINES_PER_FILE, FileRow, quote
from schemas.warehouse_rows import money_of
from schemas.workspace import FILE_MODE, sync_file

_NOTHING = Decimal("0.00")
_BUCKETS = ("loaded", "replaced", "quarantined", "refused", "skipped", "purged")

SCHEMA = pa.schema(
    [("dataset", pa.string()), ("file", pa.string()), ("sha256", pa.string()), ("status", pa.string())]
    + [(f"rows_{name}", pa.int64()) for name in ("received", *_BUCKETS[:-1])]
    + [(f"sek_{name}", pa.decimal128(38, 2)) for name in ("received", *_BUCKETS[:-1])]
    + [("message", pa.string()), ("rows_purged", pa.int64()), ("sek_purged", pa.decimal128(38, 2))]
)


class ReconciliationError(AssertionError):
    """Rows or SEK of a file do not add up; the text names the file and the difference."""


@dataclass(frozen=True)
class ReconciliationRow:
    """One file of the warehouse or refused tonight. rows_* are counts, sek_* SEK (None without a money column).

    None in received and refused: the file was refused before anybody could count its rows.
    """

    dataset: str
    file: str
    sha256: str
    status: str  # loaded | refused
    rows_received: int | None
    rows_loaded: int
    rows_replaced: int
    rows_quarantined: int
    rows_refused: int | None
    rows_skipped: int
    sek_received: Decimal | None
    sek_loaded: Decimal | None
    sek_replaced: Decimal | None
    sek_quarantined: Decimal | None
    sek_refused: Decimal | None
    sek_skipped: Decimal | None
    message: str | None = None
    rows_purged: int = 0
    sek_purged: Decimal | None = None


def settle(
    connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], files: Sequence[FileRow]
) -> list[FileRow]:
    """The files with what became of their rows; ReconciliationError for the first that does not add up."""
    counted: dict[tuple[int, str], tuple[int, Decimal]] = {}
    for dataset in sorted({row.dataset for row in files}):
        money = money_of(contracts[dataset])
        for bucket, query in (
            ("loaded", f"SELECT row_ref, {money} AS sek FROM {quote('main', dataset)} AS kept"),
            # severity error: rows of a refused file, counted as refused
            ("quarantined", f"SELECT row_ref, sek FROM {quote('quarantine', dataset)} WHERE severity <> 'error'"),
        ):
            for file_id, rows, sek in connection.execute(
                f"SELECT row_ref // {LINES_PER_FILE} AS id, count(*), sum(sek) FROM ({query}) GROUP BY id"
            ).fetchall():
                counted[file_id, bucket] = (rows, sek or _NOTHING)
    for file_id, bucket, rows, sek in connection.execute(
        "SELECT file_id, bucket, sum(rows), sum(sek) FROM ledger.movements GROUP BY ALL"
    ).fetchall():
        counted[file_id, bucket] = (int(rows), sek or _NOTHING)
    known = {row.file_id for row in files}
    strangers = sorted({file_id for file_id, _ in counted} - known)
    if strangers:
        raise ReconciliationError(f"the tables hold rows of {len(strangers)} files that ledger.files does not know")
    return [_settled(row, contracts[row.dataset].money_column is not None, counted) for row in files]


def _settled(row: FileRow, has_money: bool, counted: Mapping[tuple[int, str], tuple[int, Decimal]]) -> FileRow:
    def part(bucket: str) -> tuple[int, Decimal | None]:
        rows, sek = counted.get((row.file_id, bucket), (0, _NOTHING))
        return rows, sek if has_money else None

    unread = row.status == "refused" and row.refused_by == "reader"
    loaded, replaced, quarantined = part("loaded"), part("replaced"), part("quarantined")
    refused: tuple[int | None, Decimal | None] = part("refused")
    if unread:
        refused = (row.rows_received, row.sek_received)
    settled = replace(
        row,
        rows_loaded=loaded[0], rows_replaced=replaced[0], rows_quarantined=quarantined[0], rows_refused=refused[0],
        rows_skipped=row.rows_skipped or 0, rows_purged=row.rows_purged or 0,
        sek_loaded=loaded[1], sek_replaced=replaced[1], sek_quarantined=quarantined[1], sek_refused=refused[1],
        sek_skipped=(row.sek_skipped or _NOTHING) if has_money else None,
        sek_purged=(row.sek_purged or _NOTHING) if has_money else None,
        was_loaded=row.was_loaded or row.status == "loaded",
    )
    _assert_balance(settled, has_money)
    return settled


def _assert_balance(row: FileRow, has_money: bool) -> None:
    name = f"{row.dataset}: {row.file_name}"
    for label, unit, asserted in (("rows", "rows", True), ("sek", "SEK", has_money)):
        if not asserted:
            continue
        received = getattr(row, f"{label}_received")
        parts = [getattr(row, f"{label}_{bucket}") for bucket in _BUCKETS]
        if received is None and row.status == "refused":
            parts = [part for part in parts if part is not None]
            received = 0 * sum(parts)
        difference = (received or 0) - sum(part for part in parts if part is not None)
        if received is None or difference != 0:
            raise ReconciliationError(
                f"{name} does not add up: received minus loaded, replaced, quarantined, refused, skipped and purged is "
                f"{difference} {unit}. Nothing was published; report this as a fault of Avvik."
            )
    if row.status == "refused" and (row.rows_loaded or row.rows_replaced or row.rows_quarantined):
        raise ReconciliationError(f"{name} was refused, yet rows of it stand in the tables")


def rows_of(files: Sequence[FileRow]) -> list[ReconciliationRow]:
    """The settled files as rows of reconciliation.parquet, in order of dataset and arrival."""
    rows = []
    for row in sorted(files, key=lambda r: (r.dataset, r.seq)):
        amounts = {
            f"{label}_{bucket}": getattr(row, f"{label}_{bucket}")
            for label in ("rows", "sek") for bucket in ("received", *_BUCKETS)
        }
        rows.append(ReconciliationRow(dataset=row.dataset, file=row.file_name, sha256=row.sha256, status=row.status,
                                      message=row.message, **amounts))
    return rows


def write_parquet(rows: Sequence[ReconciliationRow], path: Path) -> None:
    """Write reconciliation.parquet, 0600, whole or not at all."""
    table = pa.Table.from_pylist([asdict(row) for row in rows], schema=SCHEMA)
    partial = path.with_name(f".{path.name}.partial")
    pq.write_table(table, partial, compression="zstd")
    partial.chmod(FILE_MODE)
    sync_file(partial)
    os.replace(partial, path)
