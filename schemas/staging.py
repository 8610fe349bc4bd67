"""Typing a source inside the child's own DuckDB, and writing what was read to Parquet.

The source is one relation with columns c0, c1, ... as text in file order; its rows stand in file order. One
statement types them into the table `typed`; nothing in it can fail on a value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from schemas import cells, type_casts
from schemas.contract import Contract
from schemas.csv_rows import LONGEST_LINE, Record
from schemas.headings import Mapping
from schemas.personal_data import PREFILTER, SAMPLE_ROWS
from schemas.type_casts import NumberStyle, quoted, text

BATCH = 20_000
GOOD, BAD, SKIPPED, BLANK = 0, 1, 2, 3
MONEY = "DECIMAL(14,2)"


def connect(work: Path, source: str | None, threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """A private in-memory database that can open `source` and write below `work`, and nothing else."""
    connection = duckdb.connect(config={"threads": threads, "memory_limit": memory_limit})
    if source is not None:
        connection.execute(f"SET allowed_paths = [{text(source)}]")
    connection.execute(f"SET allowed_directories = [{text(str(work))}]")
    connection.execute(f"SET temp_directory = {text(str(work / 'spill'))}")
    connection.execute("SET autoinstall_known_extensions = false")
    connection.execute("SET autoload_known_extensions = false")
    connection.execute("SET enable_progress_bar = false")
    # A row's line is its place in the file. DuckDB turns long IN lists into joins, and a join read by several threads
    # gives the rows of a large file in another order, in spite of preserve_insertion_order.
    connection.execute("SET disabled_optimizers = 'in_clause,build_side_probe_side,join_order'")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    for macro in type_casts.MACROS:
        connection.execute(macro)
    return connection


def csv_relation(path: str, separator: str, width: int, skip: int, crlf: bool = False) -> str:
    """SQL for a strict parallel read of a UTF-8 CSV file with LF or CRLF, all columns as text.

    For CRLF new_line stays unsaid: told of it, as CRLF or as LF, DuckDB 2.0 finds no rows in strict mode.
    """
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(width))
    ends = "" if crlf else "new_line='\\n', "
    return (
        f"read_csv({text(path)}, auto_detect=false, all_varchar=true, header=false, skip={skip}, "
        f"delim={text(separator)}, quote='\"', escape='\"', {ends}strict_mode=true, "
        f"null_padding=false, ignore_errors=false, compression='none', "
        f"max_line_size={LONGEST_LINE}, columns={{{columns}}})"
    )


def fill_raw(
    connection: duckdb.DuckDBPyConnection, rows: Iterator[Record], width: int, most_bad: int = 200_000
) -> tuple[int, int, list[Record]]:
    """Table raw(line, c0..) from `rows`; returns (rows, broken rows, the broken ones up to `most_bad`)."""
    import pyarrow as pa

    columns = ", ".join(f"c{i} VARCHAR" for i in range(width))
    connection.execute(f"CREATE TABLE raw (line BIGINT, {columns})")
    names = ["line", *(f"c{i}" for i in range(width))]
    broken: list[Record] = []
    total = bad = 0
    while batch := list(islice(rows, BATCH)):
        total += len(batch)
        good = []
        for record in batch:
            if record[2] is None:
                good.append(record)
            else:
                bad += 1
                if len(broken) < most_bad:
                    broken.append(record)
        if good:
            arrays: list[Any] = [pa.array([record[0] for record in good], pa.int64())]
            arrays += [pa.array(column, pa.string()) for column in zip(*(r[1] for r in good), strict=True)]
            connection.register("batch", pa.table(arrays, names=names))
            connection.execute("INSERT INTO raw SELECT * FROM batch")
            connection.unregister("batch")
    return total, bad, broken


def type_rows(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    contract: Contract,
    mapping: Mapping,
    width: int,
    styles: dict[str, NumberStyle],
    odd: bool,
    line: str | None,
    watched: Sequence[int],
) -> None:
    """Creates `typed`: kind, line (when `line` is given), t_<column>, r_<column> of bad rows, g<position>.

    g<position> holds the texts of the watched positions that need a closer look by the personal-data guard.
    """
    layers: list[list[str]] = [[], [], []]
    raws, bads = [], []
    for name, position in mapping.columns.items():
        column = contract.column(name)
        raw = f"c{position}"
        alias = quoted("t_" + name)
        cast = type_casts.cast_of(column, raw, styles.get(name), odd)
        for layer, sql, letter in zip(layers, (cast.prepared, cast.found, cast.typed), "pft", strict=True):
            layer.append(f"{sql} AS {quoted(f'{letter}_{name}')}")
        raws.append(f"CASE WHEN kind = {BAD} THEN {raw} END AS {quoted('r_' + name)}")
        if column.logical_type != "string" or column.allowed_values:
            filled = f"avvik_clean({raw})" if odd else f"nullif(trim({raw}), '')"
            bads.append(f"CASE WHEN {alias} IS NULL THEN {filled} IS NOT NULL ELSE false END")
    positions = [*mapping.columns.values(), *mapping.unknown, *mapping.unnamed]
    # most rows are settled by their first cell, so the others are not even looked at
    empty = "coalesce(" + ", ".join(f"nullif(trim(c{p}), '')" for p in positions) + ") IS NULL"
    blank = f"CASE WHEN c{positions[0]} >= '!' THEN false ELSE {empty} END"
    skip = "false"
    if contract.ignore_rows and contract.ignore_rows.column in mapping.columns:
        cell = f"coalesce(trim(c{mapping.columns[contract.ignore_rows.column]}), '')"
        skip = f"regexp_matches({cell}, {text(contract.ignore_rows.matches)})"
        others = [mapping.columns[name] for name in contract.ignore_rows.unless_filled if name in mapping.columns]
        skip = " AND ".join([skip, *(f"nullif(trim(c{position}), '') IS NULL" for position in others)])
    kind = (
        f"CASE WHEN {blank} THEN {BLANK} WHEN {skip} THEN {SKIPPED} "
        f"WHEN {' OR '.join(bads) or 'false'} THEN {BAD} ELSE {GOOD} END"
    )
    guards = [f"CASE WHEN regexp_matches(c{p}, {text(PREFILTER)}) THEN c{p} END AS g{p}" for p in watched]
    kept = [quoted("t_" + name) for name in mapping.columns]
    cells = [*([f"{line} AS line"] if line else []), *(f"c{p}" for p in range(width))]
    rows = f"(SELECT {', '.join(cells)} FROM {relation})"
    for layer in layers:
        rows = f"(SELECT *, {', '.join(layer)} FROM {rows})"
    chosen = ["kind", *(["line"] if line else []), *kept, *raws, *guards]
    connection.execute(
        f"CREATE TABLE typed AS SELECT {', '.join(chosen)} FROM (SELECT *, CAST({kind} AS TINYINT) AS kind FROM {rows})"
    )


def sample_rows(connection: duckdb.DuckDBPyConnection, relation: str, width: int, rows: int) -> list[list[Any]]:
    """Cells by position, of about SAMPLE_ROWS rows spread over the relation (which must have a rowid)."""
    step = max(1, rows // SAMPLE_ROWS)
    cells = ", ".join(f"c{i}" for i in range(width))
    found = connection.execute(f"SELECT {cells} FROM {relation} WHERE rowid % {step} = 0").fetchall()
    return [list(column) for column in zip(*found, strict=True)] if found else [[] for _ in range(width)]


def write_staging(
    connection: duckdb.DuckDBPyConnection, contract: Contract, mapping: Mapping, line: str, sha256: str, target: Path
) -> list[str]:
    """The good rows, typed, with their line; returns the columns written (a generated key comes first)."""
    columns = [f"{quoted('t_' + name)} AS {quoted(name)}" for name in mapping.columns]
    names = list(mapping.columns)
    for column in contract.columns:
        if column.constant is not None and column.name not in mapping.columns:
            columns.append(f"TRY_CAST({text(column.constant)} AS {column.duckdb_type}) AS {quoted(column.name)}")
            names.append(column.name)
    places = ""
    if contract.hand_written:  # so that a wrong cell can be named later
        places = f", KV_METADATA {{{cells.METADATA}: {text(json.dumps(mapping.columns))}}}"
    key = contract.key[0]
    if contract.generate_key and key not in mapping.columns:
        columns.insert(0, f"{text(sha256[:16] + '-')} || CAST({line} AS VARCHAR) AS {quoted(key)}")
        names.insert(0, key)
    connection.execute(
        f"COPY (SELECT {', '.join(columns)}, {line} AS line FROM typed WHERE kind = {GOOD}) "
        f"TO {text(str(target))} (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2{places})"
    )
    return names


def write_bad(
    connection: duckdb.DuckDBPyConnection,
    contract: Contract,
    mapping: Mapping,
    line: str,
    broken: list[Record],
    reasons: Any,
    target: Path,
) -> None:
    """The bad rows: line, rule, reason, column_name, sek, then every contract column as it was written.

    `reasons(rule, column)` gives the sentence that stands beside the row.
    """
    import pyarrow as pa

    connection.execute(
        "CREATE TABLE bad (line BIGINT, rule VARCHAR, reason VARCHAR, column_name VARCHAR, sek "
        + MONEY
        + "".join(f", {quoted(column.name)} VARCHAR" for column in contract.columns)
        + ")"
    )
    checked = [
        column
        for column in contract.columns
        if column.name in mapping.columns and (column.logical_type != "string" or column.allowed_values)
    ]
    if checked:
        failed = [
            (column, f"{quoted('t_' + column.name)} IS NULL AND avvik_clean({quoted('r_' + column.name)}) IS NOT NULL")
            for column in checked
        ]
        rule = " ".join(
            f"WHEN {test} THEN {type_casts.reason_sql(column, quoted('r_' + column.name))}" for column, test in failed
        )
        name = " ".join(f"WHEN {test} THEN {text(column.name)}" for column, test in failed)
        cells = "".join(
            f", {quoted('r_' + column.name) if column.name in mapping.columns else 'NULL'} AS {quoted(column.name)}"
            for column in contract.columns
        )
        connection.execute(
            f"INSERT INTO bad SELECT line, rule, NULL, column_name, sek, "
            f"{', '.join(quoted(column.name) for column in contract.columns)} FROM "
            f"(SELECT {line} AS line, CASE {rule} END AS rule, CASE {name} END AS column_name, "
            f"{money_sql(contract, mapping)} AS sek{cells} FROM typed WHERE kind = {BAD})"
        )
    if broken:
        arrays: list[Any] = [
            pa.array([record[0] for record in broken], pa.int64()),
            pa.array([record[2] for record in broken], pa.string()),
        ]
        for column in contract.columns:
            at = mapping.columns.get(column.name)
            cell = [r[1][at] if at is not None and at < len(r[1]) else None for r in broken]
            arrays.append(pa.array(cell, pa.string()))
        names = ["line", "rule", *contract.column_names]
        connection.register("broken", pa.table(arrays, names=names))
        connection.execute(
            f"INSERT INTO bad SELECT line, rule, NULL, NULL, NULL, {', '.join(map(quoted, contract.column_names))} "
            "FROM broken"
        )
        connection.unregister("broken")
    for rule_name, column_name in connection.execute("SELECT DISTINCT rule, column_name FROM bad").fetchall():
        connection.execute(
            "UPDATE bad SET reason = ? WHERE rule = ? AND column_name IS NOT DISTINCT FROM ?",
            [reasons(rule_name, column_name), rule_name, column_name],
        )
    connection.execute(f"COPY (SELECT * FROM bad ORDER BY line) TO {text(str(target))} (FORMAT parquet)")


def money_sql(contract: Contract, mapping: Mapping) -> str:
    """The row's money in SEK, NULL when the file has no money column or the amount is unreadable."""
    if contract.money_column in mapping.columns:
        return f"TRY_CAST({quoted('t_' + contract.money_column)} AS {MONEY})"
    return f"CAST(NULL AS {MONEY})"
