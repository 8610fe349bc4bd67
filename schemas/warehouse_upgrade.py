"""An older warehouse is brought to this version's format: built anew beside it, compared, and swapped in.

The older file is only read. It stays among the kept states (states/), so that a version that knows nothing of the new
format can be gone back to. A kill before the swap leaves the older warehouse in its place and a leftover that the next
lock clears; the upgrade is then simply done again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb

from schemas import formats, hashes, warehouse_load
from schemas.contract import Contract
from schemas.settings import Settings
from schemas.warehouse import Warehouse, connect
from schemas.warehouse_about import CONTRACTS, about, write_contracts
from schemas.warehouse_load import WarehouseError, no_values, one_commit, quote
from schemas.workspace import FILE_MODE, Workspace


@dataclass(frozen=True)
class _Known:
    """What the workspace itself says of the warehouse that is upgraded: who wrote it, and the contracts it followed."""

    writer: str | None
    contracts: Mapping[str, Contract]


def upgrade(workspace: Workspace, settings: Settings, contracts: Mapping[str, Contract]) -> int | None:
    """Bring the present warehouse to formats.WAREHOUSE; the format it had, None when there was nothing to do.

    Call under the workspace's lock. WarehouseError (and the earlier file in its place) when it is newer, damaged, or
    the copy does not hold the same rows.
    """
    said = present(workspace, settings)
    found = int(said.get("format", formats.WAREHOUSE))
    if found == formats.WAREHOUSE:
        return None
    known = _known(workspace, said.get("run_id"), contracts)
    connection = connect(workspace.building, settings, workspace.tmp, [workspace.root], read_only=False)
    try:
        workspace.building.chmod(FILE_MODE)
        with no_values("upgrading the warehouse"):
            connection.execute(f"ATTACH '{str(workspace.database).replace(chr(39), chr(39) * 2)}' AS old (READ_ONLY)")
            for schema, table in _tables(connection):
                with one_commit(connection):
                    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote(schema)}")
                    name = quote(schema, table)
                    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM old.{name}")
            for number in range(found, formats.WAREHOUSE):
                with one_commit(connection):
                    STEPS[number](connection, known)
                    connection.execute("DELETE FROM ledger.about WHERE name IN ('format', 'upgraded_from')")
                    connection.execute("INSERT INTO ledger.about VALUES ('format', $1), ('upgraded_from', $2)",
                                       [str(number + 1), str(found)])
            _must_hold_the_same(connection)
            connection.execute("DETACH old")
            connection.execute("CHECKPOINT")
    finally:
        connection.close()
    workspace.publish_database()
    return found


def present(workspace: Workspace, settings: Settings) -> dict[str, str]:
    """What the present warehouse says of itself, {} without one; WarehouseError when it cannot be read here."""
    if not workspace.database.is_file():
        return {}
    with Warehouse.open_read_only(workspace.database, settings) as warehouse:
        return about(warehouse.connection)


def _known(workspace: Workspace, run_id: str | None, contracts: Mapping[str, Contract]) -> _Known:
    """The writer from the run that the warehouse is named for; the present contracts, if that run had the same."""
    record = {}
    if run_id:
        with contextlib.suppress(formats.RecordError):  # the run may have been purged
            record = formats.read_record(workspace.runs / run_id)
    same = record.get("contracts_hash") == hashes.of({name: one.content_hash for name, one in contracts.items()})
    return _Known(record.get("versions", {}).get("avvik"), contracts if same else {})


def _writer_and_contracts(connection: duckdb.DuckDBPyConnection, known: _Known) -> None:
    """1 to 2: who wrote it, the contracts of its tables (none when they are not known), and what purges took."""
    connection.execute(f"CREATE TABLE {CONTRACTS}")
    if known.contracts:
        write_contracts(connection, known.contracts)
    if known.writer:
        connection.execute("INSERT INTO ledger.about VALUES ('avvik', $1)", [known.writer])
    files = warehouse_load.read_files(connection)  # the first warehouses had no columns for what was purged
    connection.execute("DROP TABLE ledger.files")
    warehouse_load.create_files(connection)
    warehouse_load.write_files(connection, files)


# format -> what brings a copy of that format to the next one
STEPS: Mapping[int, Callable[[duckdb.DuckDBPyConnection, _Known], None]] = {1: _writer_and_contracts}


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    found = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old' "
                               "ORDER BY ALL").fetchall()
    return [(str(schema), str(table)) for schema, table in found]


def _must_hold_the_same(connection: duckdb.DuckDBPyConnection) -> None:
    """Every row of every dataset, loaded or set aside, and every file is in the copy."""
    for schema, table in _tables(connection):
        if schema not in ("main", "quarantine") and (schema, table) != ("ledger", "files"):
            continue
        # a step may give ledger.files more columns: its rows are compared by what names and counts them
        what = "row(f.file_id, f.dataset, f.sha256, f.rows_received, f.rows_loaded, f.sek_loaded)" \
            if schema == "ledger" else "f"
        old, new = (connection.execute(f"SELECT count(*), sum(hash({what})), bit_xor(hash({what})) "
                                       f"FROM {place}{quote(schema, table)} AS f").fetchall()[0]
                    for place in ("old.", ""))
        if old != new:
            raise WarehouseError(f"upgrading the warehouse: {schema}.{table} is not the same in the copy. Nothing was "
                                 "changed; report this as a fault of Avvik.")
