"""The warehouse: one DuckDB file with every dataset's clean rows, rebuilt each night from typed staging files.

    main.<dataset>         the contract's columns + row_ref BIGINT (= file_id * 2^32 + line in the source)
    quarantine.<dataset>   rows that failed: file, line, rule, reason, severity, row_ref, sek + columns as text
    ledger.files           every file and what became of its rows; ledger.movements, ledger.failed_checks
    ledger.about           format, version and run that wrote it; ledger.contracts: the contract of every table

A night never changes yesterday's file: it builds `avvik.duckdb.building` beside it and swaps at the end, so it may
be killed anywhere and run again. There are no indexes, keys or ALTER, around which DuckDB's known faults gather.

    with Warehouse.building(workspace, settings) as warehouse:
        warehouse.load(readings, previous_files(workspace, settings), contracts, night)
        results = validate(warehouse.connection, ...)          # schemas/quality.py
        problems = warehouse.apply_checks(results)
        warehouse.deduplicate()
        rows = warehouse.reconcile()
        warehouse.export_quarantine(run_dir)
        ...                                                    # detectors
        warehouse.publish()
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import duckdb

from schemas import formats, warehouse_about, warehouse_load, warehouse_rows
from schemas.contract import Contract
from schemas.disk import disk_reason
from schemas.memory import for_database
from schemas.problems import Problem
from schemas.reconciliation import ReconciliationRow, rows_of, settle
from schemas.settings import Settings
from schemas.warehouse_load import (
    FileRow,
    WarehouseError,
    no_values,
    one_commit,
    quote,
)
from schemas.workspace import FILE_MODE, Workspace, sync_file

if TYPE_CHECKING:
    from schemas.reader import FileReading


class Warehouse:
    """An open warehouse. `connection` is for SELECTs of the other rooms and for quality's failed rows."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, path: Path | None, workspace: Workspace | None = None
    ) -> None:
        self.connection = connection
        self.path = path
        self.files: list[FileRow] = []
        self._workspace = workspace
        self._contracts: Mapping[str, Contract] = {}
        self._fresh: frozenset[int] = frozenset()
        self._reconciled = False

    @classmethod
    def building(cls, workspace: Workspace, settings: Settings) -> Self:
        """A new, empty warehouse beside the present one. Call under the workspace's lock."""
        for path in (workspace.building, workspace.building.with_name(workspace.building.name + ".wal")):
            path.unlink(missing_ok=True)
        connection = connect(workspace.building, settings, workspace.tmp, [workspace.root], read_only=False)
        workspace.building.chmod(FILE_MODE)
        with no_values("creating the warehouse"), one_commit(connection):
            warehouse_load.create_ledger(connection)
            warehouse_about.create(connection)
        return cls(connection, workspace.building, workspace)

    @classmethod
    def open_read_only(cls, path: Path, settings: Settings, folders: Sequence[Path] = ()) -> Self:
        """A published warehouse (or a kept state) for reading; SQL may touch files in its folder and in `folders`.

        Older formats are read as they are. WarehouseError when it is missing, damaged, or written by a newer Avvik.
        """
        path = Path(path).resolve()
        if not path.is_file():
            raise WarehouseError(f"{path}: there is no warehouse here yet. Run a night first.")
        spill = path.parent / "tmp"
        connection = connect(path, settings, spill, [path.parent, *folders], read_only=True)
        try:
            _check_format(connection, path)
        except BaseException:
            connection.close()
            raise
        return cls(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. An unpublished warehouse stays as a leftover that the next night removes."""
        self.connection.close()

    def stamp(self, run_id: str) -> None:
        """Write down whose warehouse this is, so that a kept state can be told to belong to its run."""
        with no_values("naming the run"), one_commit(self.connection):
            self.connection.execute("INSERT INTO ledger.about VALUES ('run_id', $1)", [run_id])

    def stamped(self) -> str | None:
        """The run this warehouse was built for; None when it was never named."""
        return warehouse_about.about(self.connection).get("run_id")

    def load(
        self,
        readings: Sequence[FileReading],
        previous: Sequence[FileRow],
        contracts: Mapping[str, Contract],
        night: datetime.date,
    ) -> list[FileRow]:
        """Build every dataset's table from the carried-over files and tonight's readings; the files as planned.

        `previous` is previous_files() (leave a row out to purge that file); `night` is the as-of date, remembered
        as first_night of new files. StagingMissing when the staging copy of a file is gone: then nothing is built.
        """
        workspace = self._own()
        self._contracts = contracts
        self.files, self._fresh = warehouse_load.plan_files(readings, previous, contracts, night)
        warehouse_load.check_staging(self.files, workspace.staging)
        with no_values("creating the tables"), one_commit(self.connection):
            for _, contract in sorted(contracts.items()):
                warehouse_load.create_dataset(self.connection, contract)
            warehouse_about.write_contracts(self.connection, contracts)
        for dataset, contract in sorted(contracts.items()):
            mine = [row for row in self.files if row.dataset == dataset]
            with no_values(f"loading {dataset}"):
                warehouse_load.load_dataset(self.connection, contract, mine, workspace.staging)
        with no_values("writing ledger.files"), one_commit(self.connection):
            warehouse_load.write_files(self.connection, self.files)
        return self.files

    def apply_checks(self, results: Iterable[warehouse_rows.Check]) -> list[Problem]:
        """Refuse files and quarantine rows as the failed checks say; a Problem per refused file.

        Reads the failing rows from ledger.failed_checks. See warehouse_rows.apply_checks for what acts on what.
        """
        with no_values("applying the checks"), one_commit(self.connection):
            self.files, problems = warehouse_rows.apply_checks(
                self.connection, results, self._contracts, self.files, self._fresh
            )
            warehouse_load.write_files(self.connection, self.files)
        return problems

    def deduplicate(self) -> None:
        """Leave one row per key in every table; call after apply_checks, so that bad rows replace nothing."""
        for dataset in sorted({row.dataset for row in self.files}):
            with no_values(f"removing repeated keys of {dataset}"), one_commit(self.connection):
                warehouse_rows.deduplicate(self.connection, self._contracts[dataset])

    def set_aside(self, dataset: str, rows: Sequence[tuple[int, str, str]]) -> int:
        """Move single rows of `dataset` to quarantine: (row_ref, rule, reason in Swedish); how many were moved."""
        with no_values(f"setting rows of {dataset} aside"), one_commit(self.connection):
            return warehouse_rows.set_aside(self.connection, self._contracts[dataset], rows)

    def replace_rows(self, dataset: str, row_refs: Sequence[int]) -> None:
        """Take rows out whose place a later one has taken; they are counted as replaced."""
        with no_values(f"replacing rows of {dataset}"), one_commit(self.connection):
            warehouse_rows.replace_rows(self.connection, self._contracts[dataset], row_refs)

    def reconcile(self) -> list[ReconciliationRow]:
        """Account for every row and krona of every file. ReconciliationError when something does not add up."""
        with no_values("reconciling"), one_commit(self.connection):
            self.files = settle(self.connection, self._contracts, self.files)
            warehouse_load.write_files(self.connection, self.files)
        self._reconciled = True
        return rows_of(self.files)

    def export_quarantine(self, run_dir: Path) -> dict[str, int]:
        """Write run_dir/quarantine/<dataset>.parquet for datasets with quarantined rows; rows by dataset."""
        folder = Path(run_dir).resolve() / "quarantine"
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        exported: dict[str, int] = {}
        for dataset in sorted(self._contracts):
            table = quote("quarantine", dataset)
            with no_values(f"writing the quarantine of {dataset}"):
                rows = int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
                if rows:
                    path = folder / f"{dataset}.parquet"
                    self.connection.execute(
                        f"COPY (SELECT * FROM {table} ORDER BY row_ref, rule) TO $1 (FORMAT parquet, COMPRESSION zstd)",
                        [str(path)],
                    )
                    path.chmod(FILE_MODE)
                    sync_file(path)
                    exported[dataset] = rows
        return exported

    def content_hash(self) -> str:
        """64 hex over the rows of main and quarantine and over the files: equal content, equal hash, in any order.

        Rows are compared by their values and where they came from, not by their physical place.
        """
        digest = hashlib.sha256()
        with no_values("hashing the warehouse"):
            tables = self.connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('main', 'quarantine') "
                "AND NOT temporary AND NOT internal ORDER BY ALL"
            ).fetchall()
            for schema, table in [*tables, ("ledger", "files")]:
                content = self.connection.execute(
                    "SELECT count(*), sum(hash(_content)), bit_xor(hash(_content)) "
                    f"FROM {quote(schema, table)} AS _content"
                ).fetchall()[0]
                digest.update(f"{schema}.{table}:{content}\n".encode())
        return digest.hexdigest()

    def publish(self) -> None:
        """Close the finished warehouse and swap it in; the earlier one is kept under states/.

        Only after reconcile(). Any error before the swap leaves the earlier warehouse in place.
        """
        workspace = self._own()
        if not self._reconciled:
            raise WarehouseError("the warehouse was not reconciled, so it is not published")
        with no_values("finishing the warehouse"):
            self.connection.execute("CHECKPOINT")
        self.connection.close()
        log = workspace.building.with_name(workspace.building.name + ".wal")
        if log.exists():
            raise WarehouseError(f"{log.name} is left: another connection is still open, so nothing was published")
        workspace.publish_database()

    def _own(self) -> Workspace:
        if self._workspace is None:
            raise WarehouseError("this warehouse was opened for reading only")
        return self._workspace


def previous_files(workspace: Workspace, settings: Settings) -> list[FileRow]:
    """ledger.files of the present warehouse in order of arrival; empty before the first night.

    A warehouse that is gone while earlier runs stand is an error: without it nobody knows which of the files read
    so far belong to the state, and a night would drop them in silence.
    """
    if not workspace.database.exists():
        if workspace.latest_run() is not None:
            kept = workspace.kept_states()
            copy = f"copy states/{kept[-1].name} to {workspace.database.name} and deliver what came since again, " \
                if kept else ""
            raise WarehouseError(
                f"{workspace.database.name} is missing, but earlier runs are here: restore it from the backup, {copy}"
                "or use an empty workspace and deliver everything again")
        return []
    with Warehouse.open_read_only(workspace.database, settings) as warehouse, no_values("reading ledger.files"):
        return warehouse_load.read_files(warehouse.connection)


def delivered_columns(files: Iterable[FileRow], contracts: Mapping[str, Contract]) -> dict[str, set[str]]:
    """For every dataset the columns that at least one loaded file brought; empty: no data."""
    columns: dict[str, set[str]] = {name: set() for name in contracts}
    for row in files:
        if row.status == "loaded":
            columns.setdefault(row.dataset, set()).update(row.columns_delivered)
    return columns


def known_files(previous: Iterable[FileRow], workspace: Workspace) -> frozenset[tuple[str, str, str]]:
    """(dataset, sha256, contract hash) of the loaded files whose staging copies stand: no need to read them again.

    A file whose copy is gone is not known, so that it is read again if the inbox still holds it.
    """
    return frozenset(
        (row.dataset, row.sha256, row.contract_hash)
        for row in previous
        if row.status == "loaded" and row.staging is not None
        and all((workspace.staging / name).is_file() for name in (row.staging, row.bad) if name)
    )


def connect(
    path: Path, settings: Settings, spill: Path, folders: Sequence[Path], *, read_only: bool
) -> duckdb.DuckDBPyConnection:
    """Open DuckDB so that it fetches nothing, touches only `folders`, and cannot be told otherwise afterwards.

    Everything in this process that needs the same file uses connection.cursor(): a second connect() would have to
    repeat the configuration to the letter.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": settings.threads,
        "memory_limit": for_database(settings.memory_limit),
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
        "allow_persistent_secrets": False,
        "preserve_insertion_order": True,
    }
    try:
        connection = duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.Error as error:
        if reason := disk_reason(error):
            raise WarehouseError(f"{path}: {reason}. Mend it, then run the night again.") from None
        raise WarehouseError(
            f"{path}: cannot be opened as a warehouse ({type(error).__name__}). If it is damaged, "
            "copy the newest file of states/ to its place."
        ) from None
    allowed = ", ".join("'" + str(Path(folder).resolve()).rstrip("/").replace("'", "''") + "/'" for folder in folders)
    for statement in (
        "SET GLOBAL TimeZone = 'UTC'",
        f"SET allowed_directories = [{allowed}]",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection


def _check_format(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        said = warehouse_about.about(connection)
    except duckdb.Error:
        said = {}
    if not said.get("format", "").isdigit():
        raise WarehouseError(f"{path}: is no warehouse of Avvik. Copy the newest file of states/ to its place.")
    fault = formats.outside(int(said["format"]), formats.OLDEST_WAREHOUSE, formats.WAREHOUSE, said.get("avvik"))
    if fault is not None:
        raise WarehouseError(f"{path}: {fault}. Nothing was changed. Use that version or a later one, or restore an "
                             "earlier file from states/ (docs/operations.md).")
