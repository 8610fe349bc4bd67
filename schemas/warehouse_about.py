"""What a warehouse says of itself: the format and version that wrote it, its run, and the contracts of its tables.

    ledger.about      name, value: format, avvik (the version that wrote it), run_id, purged, upgraded_from
    ledger.contracts  dataset, version, content_hash: the contract of each table, a sender's mapping laid over it
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from schemas import formats
from schemas.contract import Contract

CONTRACTS = "ledger.contracts (dataset VARCHAR, version VARCHAR, content_hash VARCHAR)"


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Both tables, with the format and version of this code."""
    connection.execute("CREATE TABLE ledger.about (name VARCHAR, value VARCHAR)")
    connection.execute("INSERT INTO ledger.about VALUES ('format', $1), ('avvik', $2)",
                       [str(formats.WAREHOUSE), formats.avvik()])
    connection.execute(f"CREATE TABLE {CONTRACTS}")


def about(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """ledger.about by name; of a name that was written twice the value written last."""
    return {str(name): str(value)
            for name, value in connection.execute("SELECT name, value FROM ledger.about ORDER BY rowid").fetchall()}


def write_contracts(connection: duckdb.DuckDBPyConnection, contracts: Mapping[str, Contract]) -> None:
    """Fill ledger.contracts."""
    rows = [(name, contract.version, contract.content_hash) for name, contract in sorted(contracts.items())]
    columns = [[row[at] for row in rows] for at in range(3)]
    connection.execute("INSERT INTO ledger.contracts SELECT unnest($1::VARCHAR[]), unnest($2::VARCHAR[]), "
                       "unnest($3::VARCHAR[])", columns)


def contract_hashes(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The content hash of the contract behind each table; {} when nobody wrote it down (format 1)."""
    there = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'ledger' "
                               "AND table_name = 'contracts'").fetchall()[0][0]
    if not there:
        return {}
    return dict(connection.execute("SELECT dataset, content_hash FROM ledger.contracts ORDER BY 1").fetchall())
