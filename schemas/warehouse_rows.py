"""Rows that leave the tables: failed checks, refused files, replaced and ambiguous rows.

Used by schemas/warehouse.py only, in this order: refuse files, quarantine rows, de-duplicate. So a row that was
quarantined, or whose file was refused, never replaces a good one. Every row that leaves is either written to
quarantine.<dataset> or counted in ledger.movements; reconciliation later proves that none was forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import duckdb

from schemas.contract import Contract
from schemas.problems import Problem
from schemas.warehouse_load import LINES_PER_FILE, MONEY, FileRow, quote

# Rows of a refused file are refused with it; so many of those that failed are kept per check, as an explanation.
EXPLAINING_ROWS = 1000

AMBIGUOUS_KEY = ("ambiguous_key", "Olika rader i samma fil har samma nyckel")
MISSING_KEY = ("missing_key", "En kolumn i nyckeln är tom")


class Check(Protocol):
    """What is needed of quality.CheckResult."""

    @property
    def dataset(self) -> str: ...
    @property
    def check_id(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def computed(self) -> bool: ...
    @property
    def success(self) -> bool: ...


def money_of(contract: Contract, source: str = "kept") -> str:
    """SQL of a row's SEK (0 where it has none); NULL for a dataset without a money column."""
    if contract.money_column is None:
        return f"CAST(NULL AS {MONEY})"
    return f"CAST(coalesce({source}.{quote(contract.money_column)}, 0) AS {MONEY})"


def apply_checks(
    connection: duckdb.DuckDBPyConnection,
    checks: Iterable[Check],
    contracts: Mapping[str, Contract],
    files: Sequence[FileRow],
    fresh: Collection[int],
) -> tuple[list[FileRow], list[Problem]]:
    """Carry out what failed checks mean; the files as they stand afterwards and a Problem per refused file.

    error: every file that holds a failing row is refused as a whole; when no rows are named (a table check, or one
    that could not be computed) every file of the dataset that was read tonight is. warning: the failing rows go to
    quarantine, once each, under all the rules they broke. info: nothing. A check that succeeded (`mostly`) acts on
    no row. `fresh` holds the ids of the files read tonight.
    """
    failed = [check for check in checks if not (check.computed and check.success) and check.dataset in contracts]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE acting (dataset VARCHAR, check_id VARCHAR, severity VARCHAR, reason VARCHAR)"
    )
    for check in sorted(failed, key=lambda c: (c.dataset, c.check_id)):
        if check.severity in ("error", "warning"):
            connection.execute(
                "INSERT INTO acting VALUES ($1, $2, $3, $4)",
                [check.dataset, check.check_id, check.severity, check.description],
            )
    refused = _files_to_refuse(connection, failed, files, fresh)
    after, problems = [], []
    for row in files:
        broken = refused.get(row.file_id)
        if broken is None:
            after.append(row)
            continue
        _refuse(connection, contracts[row.dataset], row)
        problem = _refusal(row, broken)
        problems.append(problem)
        after.append(replace(row, status="refused", refused_by="check", message=problem.message))
    for dataset in sorted({check.dataset for check in failed if check.severity == "warning"}):
        quarantine(
            connection, contracts[dataset],
            "SELECT row_ref, string_agg(check_id, ', ' ORDER BY check_id) AS rule, "
            "string_agg(reason, '; ' ORDER BY check_id) AS reason, 'warning' AS severity "
            "FROM (SELECT DISTINCT f.row_ref, a.check_id, a.reason FROM ledger.failed_checks AS f "
            "JOIN acting AS a USING (dataset, check_id) WHERE a.severity = 'warning' AND f.dataset = $1) "
            "GROUP BY row_ref",
            [dataset],
        )
    connection.execute("DROP TABLE acting")
    return after, problems


def _files_to_refuse(
    connection: duckdb.DuckDBPyConnection, failed: list[Check], files: Sequence[FileRow], fresh: Collection[int]
) -> dict[int, list[Check]]:
    """file id -> the error checks it is refused for."""
    standing = [row for row in files if row.status == "loaded"]
    ids = {row.file_id for row in standing}
    refused: dict[int, list[Check]] = {}
    for check in sorted(failed, key=lambda c: (c.dataset, c.check_id)):
        if check.severity != "error":
            continue
        holders = connection.execute(
            "SELECT DISTINCT CAST(row_ref // $1 AS INTEGER) FROM ledger.failed_checks "
            "WHERE dataset = $2 AND check_id = $3",
            [LINES_PER_FILE, check.dataset, check.check_id],
        ).fetchall() if check.computed else []
        guilty = {holder for (holder,) in holders} & ids
        if not guilty:
            guilty = {row.file_id for row in standing if row.dataset == check.dataset and row.file_id in fresh}
        for file_id in guilty:
            refused.setdefault(file_id, []).append(check)
    return refused


def _refuse(connection: duckdb.DuckDBPyConnection, contract: Contract, row: FileRow) -> None:
    """Take all rows of a file out of the tables; the failing ones stay in quarantine with severity error."""
    table, aside = quote("main", contract.dataset), quote("quarantine", contract.dataset)
    first, last = row.file_id * LINES_PER_FILE, (row.file_id + 1) * LINES_PER_FILE - 1
    span = [first, last]
    connection.execute(
        f"INSERT INTO ledger.movements SELECT $3, 'refused', count(*), sum(sek) FROM ("
        f"SELECT {money_of(contract)} AS sek FROM {table} AS kept WHERE row_ref BETWEEN $1 AND $2 UNION ALL "
        f"SELECT sek FROM {aside} WHERE row_ref BETWEEN $1 AND $2)",
        [*span, row.file_id],
    )
    connection.execute(f"UPDATE {aside} SET severity = 'error' WHERE row_ref BETWEEN $1 AND $2", span)
    _copy_aside(
        connection, contract,
        "SELECT row_ref, string_agg(check_id, ', ' ORDER BY check_id) AS rule, "
        "string_agg(reason, '; ' ORDER BY check_id) AS reason, 'error' AS severity FROM ("
        "SELECT DISTINCT f.row_ref, a.check_id, a.reason, "
        "dense_rank() OVER (PARTITION BY a.check_id ORDER BY f.row_ref) AS nth "
        "FROM ledger.failed_checks AS f JOIN acting AS a USING (dataset, check_id) "
        "WHERE a.severity = 'error' AND f.dataset = $1 AND f.row_ref BETWEEN $2 AND $3"
        f") WHERE nth <= {EXPLAINING_ROWS} GROUP BY row_ref",
        [contract.dataset, *span],
    )
    connection.execute(f"DELETE FROM {table} WHERE row_ref BETWEEN $1 AND $2", span)


def _refusal(row: FileRow, broken: list[Check]) -> Problem:
    rules = ", ".join(check.check_id for check in broken)
    swedish = "; ".join(
        check.description if check.computed else f"{check.description} (kontrollen kunde inte beräknas)"
        for check in broken
    )
    computed = all(check.computed for check in broken)
    return Problem(
        file=row.file_name, row=None, column=None, rule=rules,
        message=f"{row.file_name} ({row.dataset}) har underkänts: {swedish}.",
        remedy="Rätta exporten och leverera filen igen; raderna som föll på kontrollen finns i karantänen.",
        message_en=f"{row.file_name} ({row.dataset}) was refused by {rules}"
        + ("." if computed else " (could not be computed)."),
        remedy_en="Correct the export and deliver the file again; the rows that failed the check are in quarantine.",
    )


def quarantine(
    connection: duckdb.DuckDBPyConnection, contract: Contract, failing: str, parameters: Sequence[object] = ()
) -> int:
    """Move rows to quarantine.<dataset>; how many were moved.

    `failing` is a SELECT of row_ref, rule, reason, severity with one row per row_ref. Rows that have left the
    table already are passed over.
    """
    table = quote("main", contract.dataset)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE leaving AS SELECT f.* FROM ({failing}) AS f SEMI JOIN {table} USING (row_ref)",
        list(parameters),
    )
    moved = _count(connection, "leaving")
    if moved:
        _copy_aside(connection, contract, "SELECT * FROM leaving")
        connection.execute(f"DELETE FROM {table} WHERE row_ref IN (SELECT row_ref FROM leaving)")
    connection.execute("DROP TABLE leaving")
    return moved


def set_aside(connection: duckdb.DuckDBPyConnection, contract: Contract, rows: Sequence[tuple[int, str, str]]) -> int:
    """Move rows given as (row_ref, rule, reason) to quarantine.<dataset>; how many were moved."""
    if not rows:
        return 0
    refs, rules, reasons = (list(column) for column in zip(*rows, strict=True))
    return quarantine(
        connection, contract,
        "SELECT unnest($1::BIGINT[]) AS row_ref, unnest($2::VARCHAR[]) AS rule, unnest($3::VARCHAR[]) AS reason, "
        "'warning' AS severity", [refs, rules, reasons],
    )


def replace_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, row_refs: Sequence[int]) -> None:
    """Take rows out whose place another row has taken, counted as replaced."""
    if row_refs:
        listed = ", ".join(str(int(ref)) for ref in row_refs)
        _replace_rows(connection, contract, f"SELECT unnest([{listed}]::BIGINT[]) AS row_ref")


def _copy_aside(
    connection: duckdb.DuckDBPyConnection, contract: Contract, failing: str, parameters: Sequence[object] = ()
) -> None:
    texts = ", ".join(f"CAST(kept.{quote(name)} AS VARCHAR)" for name in contract.column_names)
    connection.execute(
        f"INSERT INTO {quote('quarantine', contract.dataset)} "
        f"SELECT files.file_name, kept.row_ref % {LINES_PER_FILE}, f.rule, f.reason, f.severity, kept.row_ref, "
        f"{money_of(contract)}, {texts} FROM ({failing}) AS f "
        f"JOIN {quote('main', contract.dataset)} AS kept USING (row_ref) "
        f"JOIN ledger.files AS files ON files.file_id = kept.row_ref // {LINES_PER_FILE} ORDER BY kept.row_ref",
        list(parameters),
    )


def deduplicate(connection: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Leave one row per key: the one of the file that arrived last.

    Within a file, identical rows of a key collapse to the first line; different ones all go to quarantine, since
    nobody can say which holds. Costs one grouping of key hashes when no key is repeated.
    """
    table = quote("main", contract.dataset)
    keys = ", ".join(quote(name) for name in contract.key)
    empty = " OR ".join(f"{quote(name)} IS NULL" for name in contract.key)
    if connection.execute(f"SELECT count(*) FROM {table} WHERE {empty}").fetchall()[0][0]:
        _quarantine_as(connection, contract, f"SELECT row_ref FROM {table} WHERE {empty}", MISSING_KEY)
    # Two keys of one hash only cost a look at rows that turn out to be single: nothing is decided by a hash.
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE repeated AS SELECT hash({keys}) AS _hash FROM {table} "
        "GROUP BY 1 HAVING count(*) > 1"
    )
    if _count(connection, "repeated"):
        _settle(connection, contract, table, keys)
    connection.execute("DROP TABLE repeated")


def _settle(connection: duckdb.DuckDBPyConnection, contract: Contract, table: str, keys: str) -> None:
    # our own columns begin with _, which no contract's column can
    same_key = " AND ".join(f"d.{quote(name)} = s.{quote(name)}" for name in contract.key)
    whole = ", ".join(f"c{n} := kept.{quote(name)}" for n, name in enumerate(contract.column_names))
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT {keys}, row_ref, row_ref // {LINES_PER_FILE} AS _file "
        f"FROM {table} WHERE hash({keys}) IN (SELECT _hash FROM repeated)"
    )
    # within a file
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE doubled AS SELECT {keys}, _file, min(row_ref) AS _first "
        f"FROM suspects GROUP BY {keys}, _file HAVING count(*) > 1"
    )
    if _count(connection, "doubled"):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE twins AS SELECT s.row_ref, d._first FROM suspects AS s "
            f"JOIN doubled AS d ON d._file = s._file AND {same_key}"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE differing AS SELECT t._first FROM twins AS t "
            f"JOIN {table} AS kept USING (row_ref) GROUP BY t._first HAVING count(DISTINCT struct_pack({whole})) > 1"
        )
        _quarantine_as(
            connection, contract, "SELECT row_ref FROM twins WHERE _first IN (SELECT _first FROM differing)",
            AMBIGUOUS_KEY,
        )
        _replace_rows(
            connection, contract,
            "SELECT row_ref FROM twins WHERE row_ref <> _first AND _first NOT IN (SELECT _first FROM differing)",
        )
        connection.execute(f"DELETE FROM suspects WHERE row_ref NOT IN (SELECT row_ref FROM {table})")
        connection.execute("DROP TABLE twins")
        connection.execute("DROP TABLE differing")
    # across files: file ids follow the order of arrival, so the highest row_ref is of the latest file
    _replace_rows(
        connection, contract,
        f"SELECT row_ref FROM suspects WHERE row_ref NOT IN (SELECT max(row_ref) FROM suspects GROUP BY {keys})",
    )
    connection.execute("DROP TABLE doubled")
    connection.execute("DROP TABLE suspects")


def _quarantine_as(
    connection: duckdb.DuckDBPyConnection, contract: Contract, refs: str, rule: tuple[str, str]
) -> None:
    quarantine(
        connection, contract,
        f"SELECT row_ref, $1 AS rule, $2 AS reason, 'warning' AS severity FROM ({refs})", list(rule),
    )


def _replace_rows(connection: duckdb.DuckDBPyConnection, contract: Contract, refs: str) -> None:
    """Delete rows whose place another row has taken, counted for the file they came from."""
    table = quote("main", contract.dataset)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE leaving AS {refs}")
    if _count(connection, "leaving"):
        connection.execute(
            f"INSERT INTO ledger.movements SELECT row_ref // {LINES_PER_FILE}, 'replaced', count(*), "
            f"sum({money_of(contract)}) FROM {table} AS kept WHERE row_ref IN (SELECT row_ref FROM leaving) "
            "GROUP BY 1 ORDER BY 1"
        )
        connection.execute(f"DELETE FROM {table} WHERE row_ref IN (SELECT row_ref FROM leaving)")
    connection.execute("DROP TABLE leaving")


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])
