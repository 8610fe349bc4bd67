"""Rows past their date leave the typed copies and the warehouse: written beside without them and swapped.

A row is past its date by the last day it speaks of: the end where the dataset has one (an interval without end is
still going on and stays), else its time, else its year, else the night its file was first loaded. Rows that a later
delivery replaced, and rows in quarantine, are past their date by that night. What goes is counted for its file as
`purged`, so that received still equals the sum of what became of the rows.

Order of work, so that a kill anywhere leaves a whole state: new typed copies beside the old, a new warehouse that
names them, one swap of the warehouse; then the old copies and the kept states, which hold the same rows, go.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb

from schemas import warehouse_load
from schemas.contract import Contract
from schemas.retention import Retention
from schemas.settings import Settings
from schemas.warehouse import Warehouse
from schemas.warehouse_load import LINES_PER_FILE, MONEY, FileRow, no_values, one_commit, quote
from schemas.workspace import FILE_MODE, Workspace, sync_file

# The last day of a row, for datasets that are about spells; the first of these that the dataset has.
ENDS = ("ended_at", "valid_to", "left_on", "absent_to", "role_to", "booked_to", "period_to", "registered_to")
_GENERATION = re.compile(r"(.*?)(?:-u(\d+))?\Z")


@dataclass(frozen=True)
class Outgoing:
    """Rows of one file that are past their date: how many by the setting that says so, and their SEK.

    `sek` is None without a money column; `bad`: the rows that could not be read go too.
    """

    file: FileRow
    reasons: Mapping[str, int]
    sek: Decimal | None
    bad: bool

    @property
    def total(self) -> int:
        return sum(self.reasons.values())


def cutoff(day: datetime.date, days: int) -> datetime.date:
    """What lies before this day is past its date."""
    return day - datetime.timedelta(days=days)


def past_sql(contract: Contract, columns: set[str], first_night: datetime.date | None, before: datetime.date) -> str:
    """SQL: whether a typed row `r` is past its date. `columns`: those that the file has."""
    delivered = "true" if first_night is not None and first_night < before else "false"
    day = f"DATE '{before.isoformat()}'"
    end = next((name for name in ENDS if name in columns), None)
    if end is not None:
        open_ended = "false" if contract.time_column else delivered
        return f"CASE WHEN r.{quote(end)} IS NULL THEN {open_ended} ELSE CAST(r.{quote(end)} AS DATE) < {day} END"
    if contract.time_column and contract.time_column in columns:
        time = quote(contract.time_column)
        return f"CASE WHEN r.{time} IS NULL THEN {delivered} ELSE CAST(r.{time} AS DATE) < {day} END"
    if "year" in columns and contract.column("year").logical_type == "integer":
        return f'CASE WHEN r."year" IS NULL THEN {delivered} ELSE r."year" < {before.year} END'
    return delivered


class _Plan:
    """What goes, found by one connection that sees the warehouse's tables under `prefix` ('' or 'old.')."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract], staging: Path,
                 keep: Retention, day: datetime.date, prefix: str = "") -> None:
        self.connection, self.contracts, self.staging = connection, contracts, staging
        self.keep, self.day, self.prefix = keep, day, prefix

    def condition(self, row: FileRow) -> str:
        """SQL of the rows `r` of the file's typed copy that go; `ref` is their row_ref."""
        return " OR ".join(self._conditions(row).values())

    def _conditions(self, row: FileRow) -> dict[str, str]:
        contract = self.contracts[row.dataset]
        columns = self._columns(row)
        gone = {"events_days": past_sql(contract, columns, row.first_night, cutoff(self.day, self.keep.events_days))}
        if row.status == "loaded":
            span = f"row_ref BETWEEN {row.file_id * LINES_PER_FILE} AND {(row.file_id + 1) * LINES_PER_FILE - 1}"
            loaded = f"(SELECT row_ref FROM {self._table('main', row.dataset)} WHERE {span})"
            aside = f"(SELECT row_ref FROM {self._table('quarantine', row.dataset)} WHERE {span})"
            if self._older(row, self.keep.replaced_days):
                gone["replaced_days"] = f"(ref NOT IN {loaded} AND ref NOT IN {aside})"
            if self._older(row, self.keep.quarantine_days):
                gone["quarantine_days"] = f"ref IN {aside}"
        return gone

    def outgoing(self, row: FileRow) -> Outgoing | None:
        """What goes of one file; None when nothing does."""
        contract = self.contracts[row.dataset]
        money = contract.money_column
        amount = f"CAST(sum(r.{quote(money)}) AS {MONEY})" if money and money in self._columns(row) else "NULL"
        conditions = self._conditions(row)
        first = " ".join(f"WHEN {sql} THEN '{days}'" for days, sql in conditions.items())
        found = self.connection.execute(
            f"SELECT CASE {first} END, count(*), {amount} FROM {self.source(row)} WHERE {self.condition(row)} "
            "GROUP BY 1 ORDER BY 1").fetchall()
        reasons = {days: rows for days, rows, _ in found}
        sek = sum((part for _, _, part in found if part is not None), Decimal(0))
        bad = row.bad is not None and self._older(row, self.keep.quarantine_days)
        if bad:
            more = self.connection.execute(
                "SELECT count(*), sum(sek) FROM read_parquet($1)", [str(self.staging / str(row.bad))]).fetchall()[0]
            reasons["quarantine_days"] = reasons.get("quarantine_days", 0) + more[0]
            sek += more[1] or Decimal(0)
        return Outgoing(row, reasons, None if money is None else sek, bad) if reasons else None

    def source(self, row: FileRow) -> str:
        """SQL of the file's typed rows as `r`, with their row_ref as `ref`."""
        path = str(self.staging / str(row.staging)).replace("'", "''")
        return f"(SELECT *, {row.file_id} * {LINES_PER_FILE} + line AS ref FROM read_parquet('{path}')) AS r"

    def _older(self, row: FileRow, days: int) -> bool:
        return row.first_night is not None and row.first_night < cutoff(self.day, days)

    def _columns(self, row: FileRow) -> set[str]:
        found = self.connection.execute("DESCRIBE SELECT * FROM read_parquet($1)",
                                        [str(self.staging / str(row.staging))]).fetchall()
        return {str(name) for name, *_ in found}

    def _table(self, schema: str, dataset: str) -> str:
        return f"{self.prefix}{quote(schema, dataset)}"


def plan(workspace: Workspace, settings: Settings, contracts: Mapping[str, Contract],
         day: datetime.date) -> list[Outgoing]:
    """What of the present warehouse's files is past its date; changes nothing. [] before the first night."""
    if not workspace.database.is_file():
        return []
    with Warehouse.open_read_only(workspace.database, settings) as warehouse, no_values("finding rows past their date"):
        files = warehouse_load.read_files(warehouse.connection)
        look = _Plan(warehouse.connection, contracts, workspace.staging, settings.retention, day)
        return [out for row in _judged(files, contracts, workspace) if (out := look.outgoing(row)) is not None]


def _judged(files: Sequence[FileRow], contracts: Mapping[str, Contract], workspace: Workspace) -> list[FileRow]:
    """Files with a typed copy that a contract describes; what is missing is the next night's business to tell."""
    return [row for row in files if row.staging is not None and row.dataset in contracts
            and all((workspace.staging / name).is_file() for name in (row.staging, row.bad) if name)]


def carry_out(workspace: Workspace, settings: Settings, contracts: Mapping[str, Contract], day: datetime.date,
              outgoing: Sequence[Outgoing]) -> None:
    """Remove the rows from typed copies and warehouse. Call under the workspace's lock, with what `plan` gave."""
    with Warehouse.building(workspace, settings) as building:
        connection = building.connection
        with no_values("leaving out rows past their date"):
            connection.execute(f"ATTACH '{str(workspace.database).replace(chr(39), chr(39) * 2)}' AS old (READ_ONLY)")
            files = warehouse_load.read_files(connection, "old")
            look = _Plan(connection, contracts, workspace.staging, settings.retention, day, "old.")
            connection.execute("CREATE TEMP TABLE leaving (dataset VARCHAR, row_ref BIGINT)")
            changed = {out.file.file_id: _rewritten(connection, look, out) for out in outgoing}
            _copy_tables(connection)
            after = _settled(connection, [changed.get(row.file_id, row) for row in files], contracts)
            with one_commit(connection):
                warehouse_load.write_files(connection, after)
                connection.execute("DELETE FROM ledger.about WHERE name = 'purged'")
                connection.execute("INSERT INTO ledger.about VALUES ('purged', $1)", [day.isoformat()])
            connection.execute("DETACH old")
            connection.execute("CHECKPOINT")
        connection.close()
        workspace.publish_database()
    for state in workspace.kept_states():
        state.unlink()


def superseded(workspace: Workspace, settings: Settings) -> list[Path]:
    """Kept states from before a purge that removed rows: they hold what it removed (left by one that was killed)."""
    states = workspace.kept_states()
    for at in range(len(states), -1, -1):
        path = states[at] if at < len(states) else workspace.database
        if path.is_file() and _was_purged(path, settings):
            return states[:at]
    return []


def _was_purged(path: Path, settings: Settings) -> bool:
    try:
        with Warehouse.open_read_only(path, settings) as warehouse, no_values("reading ledger.about"):
            return bool(warehouse.connection.execute(
                "SELECT count(*) FROM ledger.about WHERE name = 'purged'").fetchall()[0][0])
    except warehouse_load.WarehouseError:
        return False


def _rewritten(connection: duckdb.DuckDBPyConnection, look: _Plan, out: Outgoing) -> FileRow:
    """The file with a typed copy that lacks what goes; its refs are added to `leaving`."""
    row, staging = out.file, look.staging
    connection.execute(f"INSERT INTO leaving SELECT $1, ref FROM {look.source(row)} WHERE {look.condition(row)}",
                       [row.dataset])
    name = next_name(str(row.staging))
    partial = staging / f".{name}.partial"
    connection.execute(
        f"COPY (SELECT * EXCLUDE (ref) FROM {look.source(row)} WHERE NOT coalesce({look.condition(row)}, false) "
        f"ORDER BY line) TO '{str(partial).replace(chr(39), chr(39) * 2)}' "
        "(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2)")
    partial.chmod(FILE_MODE)
    sync_file(partial)
    os.replace(partial, staging / name)
    bad = row.bad
    if out.bad:
        connection.execute(
            "INSERT INTO leaving SELECT $1, $2 + line FROM read_parquet($3)",
            [row.dataset, row.file_id * LINES_PER_FILE, str(staging / str(row.bad))])
        bad = None
    else:
        told = staging / f"{Path(str(row.staging)).stem}.problems.json"
        if told.is_file():
            _copied(told, staging / f"{Path(name).stem}.problems.json")
        if row.bad is not None:
            bad = f"{Path(name).stem}.bad.parquet"
            _copied(staging / row.bad, staging / bad)
    sek = row.sek_purged if out.sek is None else (row.sek_purged or Decimal(0)) + out.sek
    return replace(row, staging=name, bad=bad, rows_bad=row.rows_bad if bad else 0,
                   rows_purged=(row.rows_purged or 0) + out.total, sek_purged=sek)


def next_name(name: str) -> str:
    """The name of the typed copy after one more purge: never a name that was used for other rows."""
    stem = Path(name).stem
    found = _GENERATION.match(stem)
    number = int(found[2]) + 1 if found and found[2] else 1
    return f"{found[1] if found else stem}-u{number}.parquet"


def _copied(source: Path, target: Path) -> None:
    partial = target.with_name(f".{target.name}.partial")
    partial.write_bytes(source.read_bytes())
    partial.chmod(FILE_MODE)
    sync_file(partial)
    os.replace(partial, target)


def _copy_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Every table of the old warehouse without the rows in `leaving`; ledger.files is written anew afterwards."""
    made = {(schema, table) for schema, table in connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()").fetchall()}
    tables = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY ALL").fetchall()
    for schema, table in tables:
        if (schema, table) == ("ledger", "files"):
            continue
        source, name = f"old.{quote(schema, table)}", quote(schema, table)
        without = ""
        if schema in ("main", "quarantine"):
            without = f"WHERE row_ref NOT IN (SELECT row_ref FROM leaving WHERE dataset = '{table}')"
        elif (schema, table) == ("ledger", "failed_checks"):
            without = "WHERE row_ref NOT IN (SELECT row_ref FROM leaving)"
        if (schema, table) == ("ledger", "about"):  # the format and the version are those of who writes it now
            without = "WHERE name NOT IN ('format', 'avvik')"
        if (schema, table) in made:
            connection.execute(f"INSERT INTO {name} SELECT * FROM {source} {without}")
        else:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM {source} {without}")


def _settled(connection: duckdb.DuckDBPyConnection, files: Sequence[FileRow],
             contracts: Mapping[str, Contract]) -> list[FileRow]:
    """The files with loaded, quarantined and replaced counted anew; WarehouseError when a file does not add up."""
    return [_account(connection, row, contracts.get(row.dataset)) if row.rows_purged else row for row in files]


def _account(connection: duckdb.DuckDBPyConnection, row: FileRow, contract: Contract | None) -> FileRow:
    span = [row.file_id * LINES_PER_FILE, (row.file_id + 1) * LINES_PER_FILE - 1]
    money = contract.money_column if contract else None
    amount = f"CAST(coalesce(sum({quote(money)}), 0) AS {MONEY})" if money else "NULL"
    loaded, loaded_sek = connection.execute(
        f"SELECT count(*), {amount} FROM {quote('main', row.dataset)} WHERE row_ref BETWEEN $1 AND $2", span
    ).fetchall()[0]
    aside, aside_sek = connection.execute(
        f"SELECT count(*), CAST(coalesce(sum(sek), 0) AS {MONEY}) FROM {quote('quarantine', row.dataset)} "
        "WHERE row_ref BETWEEN $1 AND $2 AND severity <> 'error'", span).fetchall()[0]
    rest = (row.rows_received or 0) - loaded - aside - (row.rows_skipped or 0) - (row.rows_purged or 0)
    sek: Decimal | None = None
    if money and row.sek_received is not None:
        sek = (row.sek_received - loaded_sek - aside_sek - (row.sek_skipped or Decimal(0))
               - (row.sek_purged or Decimal(0)))
    if rest < 0:
        raise warehouse_load.WarehouseError(
            f"{row.dataset}: {row.file_name} does not add up after the purge. Nothing was changed; report this as a "
            "fault of Avvik.")
    part = "refused" if row.status == "refused" else "replaced"
    return replace(row, rows_loaded=loaded, rows_quarantined=aside, sek_loaded=loaded_sek if money else None,
                   sek_quarantined=aside_sek if money else None, **{f"rows_{part}": rest, f"sek_{part}": sek})


def orphans(workspace: Workspace, settings: Settings) -> list[Path]:
    """Files in staging/ that neither the present warehouse nor a kept state names."""
    if not workspace.staging.is_dir():
        return []
    named: set[str] = set()
    for path in [workspace.database, *workspace.kept_states()]:
        if path.is_file():
            with Warehouse.open_read_only(path, settings) as warehouse, no_values("reading ledger.files"):
                for row in warehouse_load.read_files(warehouse.connection):
                    named.update(name for name in (row.staging, row.bad) if name)
                    if row.staging:
                        named.add(f"{Path(row.staging).stem}.problems.json")
    return sorted(path for path in workspace.staging.iterdir() if path.name not in named)
