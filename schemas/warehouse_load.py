"""From typed staging files to the warehouse's tables; used by schemas/warehouse.py only.

Which files stand in the warehouse is planned in Python (a small matter), their rows are moved in one statement a
dataset. A row is named for ever by row_ref = file_id * 2^32 + line, so that evidence can be traced to its source.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from schemas.contract import Contract
from schemas.disk import disk_reason
from schemas.problems import Problem

if TYPE_CHECKING:
    from schemas.reader import FileReading

LINES_PER_FILE = 1 << 32  # row_ref = file_id * this + line
MONEY = "DECIMAL(18,2)"  # SEK of one row; sums widen to DECIMAL(38,2) by themselves

# ledger.files, one row per file; counts are NULL until reconciled, and for rows nobody could count
_FILE_COLUMNS = {
    "file_id": "INTEGER",
    "dataset": "VARCHAR",
    "file_name": "VARCHAR",
    "sha256": "VARCHAR",
    "contract_hash": "VARCHAR",
    "seq": "INTEGER",
    "status": "VARCHAR",
    "refused_by": "VARCHAR",
    "was_loaded": "BOOLEAN",
    **{f"rows_{name}": "BIGINT"
       for name in ("received", "bad", "quarantined", "replaced", "loaded", "skipped", "refused", "purged")},
    **{f"sek_{name}": "DECIMAL(38,2)"
       for name in ("received", "quarantined", "replaced", "loaded", "skipped", "refused", "purged")},
    "columns_delivered": "VARCHAR[]",
    "first_night": "DATE",
    "staging": "VARCHAR",
    "bad": "VARCHAR",
    "message": "VARCHAR",
}


class WarehouseError(RuntimeError):
    """The warehouse cannot be built or opened. The text says where and what to do, and holds no cell value."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class StagingMissing(WarehouseError):
    """The staging copy of a file that the warehouse holds is gone; `problems` names each such file."""


@dataclass(frozen=True)
class FileRow:
    """A row of ledger.files: one source file that the warehouse holds, or was refused tonight.

    `seq` is the order of arrival (later replaces earlier); `staging` and `bad` are names inside the staging folder;
    `refused_by` is 'reader' or 'check'; `was_loaded`: its rows have stood in a published warehouse.
    """

    file_id: int
    dataset: str
    file_name: str
    sha256: str
    contract_hash: str
    seq: int
    status: str  # loaded | refused
    refused_by: str | None = None
    was_loaded: bool = False
    rows_received: int | None = None
    rows_bad: int | None = None
    rows_quarantined: int | None = None
    rows_replaced: int | None = None
    rows_loaded: int | None = None
    rows_skipped: int | None = None
    rows_refused: int | None = None
    sek_received: Decimal | None = None
    sek_quarantined: Decimal | None = None
    sek_replaced: Decimal | None = None
    sek_loaded: Decimal | None = None
    sek_skipped: Decimal | None = None
    sek_refused: Decimal | None = None
    rows_purged: int | None = None  # removed by `avvik purge`; they stay counted
    sek_purged: Decimal | None = None
    columns_delivered: tuple[str, ...] = ()
    first_night: datetime.date | None = None
    staging: str | None = None
    bad: str | None = None
    message: str | None = None

    @property
    def carried(self) -> bool:
        """Whether the file belongs to the next night also when the inbox no longer holds it.

        A file that was loaded once stays when a check refuses it later (a contract changed): it is tried again
        every night and reported as refused, and never just disappears.
        """
        return self.staging is not None and (self.status == "loaded" or self.was_loaded)


def quote(*names: str) -> str:
    """SQL text of an identifier, each part quoted: quote('main', 'x') is "main"."x"."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


@contextlib.contextmanager
def no_values(what: str) -> Iterator[None]:
    """Turn DuckDB's errors into WarehouseError: its texts may hold cell values, ours do not."""
    try:
        yield
    except duckdb.Error as error:
        if reason := disk_reason(error):
            raise WarehouseError(f"{what}: {reason} (the workspace's). Mend it, then run the night again.") from None
        raise _in_our_words(what, error) from None


def _in_our_words(what: str, error: duckdb.Error) -> WarehouseError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return WarehouseError(
            f"{what}: the memory limit or the disk for spill files is used up. "
            "Raise memory_limit in the settings, or free space on the workspace's disk."
        )
    if isinstance(error, (duckdb.IOException, duckdb.FatalException)):
        return WarehouseError(
            f"{what}: reading from or writing to the workspace failed. Check the disk's free space and permissions."
        )
    return WarehouseError(f"{what}: DuckDB refused ({type(error).__name__}).")


@contextlib.contextmanager
def one_commit(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Everything in the body in one transaction: a commit waits for the disk, and small statements are many."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # a failed disk has ended the transaction already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def plan_files(
    readings: Sequence[FileReading],
    previous: Sequence[FileRow],
    contracts: Mapping[str, Contract],
    night: datetime.date,
) -> tuple[list[FileRow], frozenset[int]]:
    """The files of tonight's warehouse in order of arrival, and the ids of those that were read tonight.

    A file is known by dataset and content, whatever it is called: read again (the contract changed, or it was
    refused before) it keeps its id and place. New ones follow in order of file name.
    """
    by_content = {_content(row): row for row in previous}
    next_id = max((row.file_id for row in previous), default=0) + 1
    next_seq = max((row.seq for row in previous), default=0) + 1
    # what a check refused last night is tried anew
    planned = {
        _content(row): replace(row, status="loaded", refused_by=None, message=None)
        for row in previous if row.carried
    }
    fresh: set[int] = set()
    seen: set[tuple[str, str]] = set()
    for reading in sorted(readings, key=lambda r: (r.file_name, r.dataset)):
        content = _content(reading)
        if content in seen:  # the same bytes twice tonight change nothing
            continue
        seen.add(content)
        before = by_content.get(content)
        if before is None:
            before = FileRow(next_id, reading.dataset, reading.file_name, reading.sha256, "", next_seq, "",
                             first_night=night)
            next_id, next_seq = next_id + 1, next_seq + 1
        planned[content] = _from_reading(reading, before, contracts[reading.dataset])
        fresh.add(before.file_id)
    files = sorted(planned.values(), key=lambda row: row.seq)
    if [row.file_id for row in files] != sorted(row.file_id for row in files):
        raise WarehouseError("ledger.files: order of arrival and file ids disagree. Restore a file from states/.")
    unknown = sorted({row.dataset for row in files} - set(contracts))
    if unknown:
        raise WarehouseError(
            f"the warehouse holds files of {', '.join(unknown)}, which no contract describes. "
            "Install the contract again, or purge the dataset."
        )
    return files, frozenset(fresh)


def _content(file: FileRow | FileReading) -> tuple[str, str]:
    """What makes a file the same file. One that broke its reader has no hash: then its name."""
    return file.dataset, file.sha256 or f"?{file.file_name}"


def _from_reading(reading: FileReading, before: FileRow, contract: Contract) -> FileRow:
    refused = reading.status == "refused"
    money = None if contract.money_column is None else Decimal("0.00")

    def sek(amount: Decimal | None) -> Decimal | None:
        return amount if amount is not None or refused else money

    return FileRow(
        file_id=before.file_id, dataset=reading.dataset, sha256=reading.sha256,
        # findings of earlier nights name the file as it was called when it was loaded first
        file_name=before.file_name if before.was_loaded else reading.file_name,
        contract_hash=contract.content_hash, seq=before.seq, status="refused" if refused else "loaded",
        refused_by="reader" if refused else None, was_loaded=before.was_loaded,
        rows_received=reading.rows_received, rows_bad=reading.rows_bad,
        rows_skipped=reading.rows_skipped if not refused else 0,
        sek_received=sek(reading.sek_received) if money is not None else None,
        sek_skipped=sek(reading.sek_skipped) if money is not None else None,
        columns_delivered=tuple(reading.columns_delivered), first_night=before.first_night,
        staging=None if refused or reading.staging is None else Path(reading.staging).name,
        bad=None if refused or reading.bad is None else Path(reading.bad).name,
        message=reading.refusal.message if reading.refusal else None,
    )


def check_staging(files: Sequence[FileRow], staging: Path) -> None:
    """StagingMissing naming every file of the plan whose staging copy is gone: its rows must not just vanish."""
    problems = []
    for row in files:
        if row.status == "refused" and row.refused_by == "reader":
            continue
        if row.staging is None or any(not (staging / name).is_file() for name in (row.staging, row.bad) if name):
            problems.append(Problem(
                file=row.file_name, row=None, column=None, rule="staging_missing",
                message=f"Den inlästa kopian av {row.file_name} ({row.dataset}) saknas i arbetsytan.",
                remedy="Lägg filen i inkorgen igen, återställ mappen staging ur säkerhetskopian, eller gallra filen.",
                message_en=f"The typed copy of {row.file_name} ({row.dataset}) is missing in the workspace.",
                remedy_en="Put the file into the inbox again, restore the staging folder from backup, or purge it.",
            ))
    if problems:
        raise StagingMissing(" ".join(f"{p.message_en} {p.remedy_en}" for p in problems), problems)


def create_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    """The tables that account for the load: files, movements of rows, failed checks."""
    connection.execute("CREATE SCHEMA ledger")
    connection.execute("CREATE SCHEMA quarantine")
    create_files(connection)
    # bucket: replaced (a later or identical row took its place) | refused (its file was)
    connection.execute(
        "CREATE TABLE ledger.movements (file_id INTEGER, bucket VARCHAR, rows BIGINT, sek DECIMAL(38,2))"
    )
    connection.execute(
        "CREATE TABLE ledger.failed_checks (dataset VARCHAR, check_id VARCHAR, severity VARCHAR, row_ref BIGINT)"
    )


def create_files(connection: duckdb.DuckDBPyConnection) -> None:
    """ledger.files, empty."""
    columns = ", ".join(f"{quote(name)} {kind}" for name, kind in _FILE_COLUMNS.items())
    connection.execute(f"CREATE TABLE ledger.files ({columns})")


def write_files(connection: duckdb.DuckDBPyConnection, files: Sequence[FileRow]) -> None:
    """Fill ledger.files anew."""
    # one list a column: handing over an Arrow table would import pandas, which costs a second
    columns = [[_listed(getattr(row, name)) for row in files] for name in _FILE_COLUMNS]
    lists = ", ".join(f"unnest(CAST(${n} AS {kind}[]))" for n, kind in enumerate(_FILE_COLUMNS.values(), 1))
    connection.execute("DELETE FROM ledger.files")
    connection.execute(f"INSERT INTO ledger.files SELECT {lists}", columns)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def read_files(connection: duckdb.DuckDBPyConnection, database: str | None = None) -> list[FileRow]:
    """ledger.files in order of arrival, of an attached database if named; a column it does not have yet is empty."""
    table = quote(database, "ledger", "files") if database else "ledger.files"
    there = {row[0] for row in connection.execute(f"DESCRIBE {table}").fetchall()}
    names = [field.name for field in fields(FileRow) if field.name in there]
    cursor = connection.execute(f"SELECT {', '.join(map(quote, names))} FROM {table} ORDER BY seq")
    rows = [FileRow(**dict(zip(names, values, strict=True))) for values in cursor.fetchall()]
    return [replace(row, columns_delivered=tuple(row.columns_delivered or ())) for row in rows]


def create_dataset(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """main.<dataset> and quarantine.<dataset>, empty."""
    name = contract.dataset
    typed = ", ".join(f"{quote(column.name)} {column.duckdb_type}" for column in contract.columns)
    texts = ", ".join(f"{quote(column.name)} VARCHAR" for column in contract.columns)
    connection.execute(f"CREATE TABLE {quote('main', name)} ({typed}, row_ref BIGINT)")
    connection.execute(
        f'CREATE TABLE {quote("quarantine", name)} ("file" VARCHAR, line BIGINT, rule VARCHAR, reason VARCHAR, '
        f"severity VARCHAR, row_ref BIGINT, sek {MONEY}, {texts})"
    )


def load_dataset(
    connection: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[FileRow], staging: Path
) -> None:
    """Fill main.<dataset> and quarantine.<dataset> from the files, in order of seq and line.

    The order is part of the result: the same files give the same table, row group by row group.
    """
    loaded = [row for row in files if row.staging is not None]
    if not loaded:
        return
    try:
        _insert(connection, contract, loaded, staging)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        culprit = next((row for row in loaded if not _fits(connection, contract, row, staging)), None)
        if culprit is None:
            raise
        raise WarehouseError(
            f"{contract.dataset}: the typed copy of {culprit.file_name} is damaged, or does not fit its contract, "
            "which has changed. "
            f"Delete {culprit.staging} from {staging} and put the source file into the inbox again."
        ) from None


def _insert(
    connection: duckdb.DuckDBPyConnection, contract: Contract, files: Sequence[FileRow], staging: Path
) -> None:
    paths = [str(staging / row.staging) for row in files if row.staging]
    connection.execute(
        f"INSERT INTO {quote('main', contract.dataset)} "
        f"SELECT {_typed_columns(connection, contract, paths)}, {_ref('staged')} FROM {_PARQUET} AS staged",
        [[row.file_id for row in files], paths],
    )
    bad = [row for row in files if row.bad is not None]
    if not bad:
        return
    paths = [str(staging / row.bad) for row in bad if row.bad]
    present = _columns_of(connection, paths)
    raw = ", ".join(
        f"CAST(staged.{quote(name)} AS VARCHAR)" if name in present else "NULL" for name in contract.column_names
    )
    connection.execute(
        f"INSERT INTO {quote('quarantine', contract.dataset)} "
        "SELECT CAST($3 AS VARCHAR[])[CAST(staged.file_index AS BIGINT) + 1], staged.line, staged.rule, "
        f"staged.reason, 'warning', {_ref('staged')}, CAST(staged.sek AS {MONEY}), {raw} FROM {_PARQUET} AS staged",
        [[row.file_id for row in bad], paths, [row.file_name for row in bad]],
    )


# $1 = the file ids, $2 = the paths, in the same order; file_index is the place in that list
_PARQUET = "read_parquet($2, union_by_name = true, hive_partitioning = false)"


def _ref(source: str) -> str:
    place = f"CAST({source}.file_index AS BIGINT) + 1"
    return f"CAST($1 AS BIGINT[])[{place}] * {LINES_PER_FILE} + {source}.line"


def _typed_columns(connection: duckdb.DuckDBPyConnection, contract: Contract, paths: list[str]) -> str:
    present = _columns_of(connection, paths)
    made = contract.key[0] if contract.generate_key else None
    columns = []
    for column in contract.columns:
        value = f"CAST(staged.{quote(column.name)} AS {column.duckdb_type})" if column.name in present else "NULL"
        if column.name == made:  # a copy typed before the contract made its keys has none
            value = f"coalesce({value}, CAST(CAST(staged.file_index AS BIGINT) AS VARCHAR) || '-' || staged.line)"
        columns.append(value)
    return ", ".join(columns)


def _columns_of(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> set[str]:
    described: list[tuple[Any, ...]] = connection.execute(
        "DESCRIBE SELECT * FROM read_parquet($1, union_by_name = true, hive_partitioning = false)", [paths]
    ).fetchall()
    return {row[0] for row in described}


def _fits(connection: duckdb.DuckDBPyConnection, contract: Contract, row: FileRow, staging: Path) -> bool:
    paths = [str(staging / (row.staging or ""))]
    try:
        columns = _typed_columns(connection, contract, paths)
        connection.execute(
            "SELECT bit_xor(hash(typed)) FROM (SELECT " + columns +
            " FROM read_parquet($1, union_by_name = true, hive_partitioning = false) AS staged) AS typed", [paths]
        ).fetchall()
    except duckdb.Error:
        return False
    return True
