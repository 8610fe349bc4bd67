"""Reads one file inside a child process with limits. Everything it hands back is coded: no cell value, ever.

`main` is the process's entry; `read` does the work and is what the limits protect the night from.
"""

from __future__ import annotations

import json
import os
import resource
from collections.abc import Iterable, Iterator
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb
import pandas  # noqa: F401 - DuckDB imports it when it first meets an Arrow table; once here, not 1 s in every child
import pyarrow  # noqa: F401 - loaded once in the fork server instead of in every child
import python_calamine  # noqa: F401

from schemas import hashed_numbers, personal_data, staging, text_files
from schemas.contract import fold_heading
from schemas.csv_rows import LONGEST_LINE, Record, of_width, records, sample_lines
from schemas.headings import Mapping, known_headings, map_headings
from schemas.problems import short_reason
from schemas.reading_faults import failed, is_no_fault_of_the_file
from schemas.reading_job import Job
from schemas.record_files import json_records, sheet_records
from schemas.refusal import Finding, Refused
from schemas.type_casts import number_style

RAGGED_SHARE = 0.20
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
JSON_SUFFIXES = (".json", ".jsonl", ".ndjson")
WRONG_KIND = {"ole": "ole_file", "zip": "zip_file", "parquet": "parquet_file"}


def main(job: Job, channel: Connection) -> None:
    """Entry of the child: sets limits, reads, sends one JSON document. Dies silently when it must die."""
    _limit(job)
    try:
        result = read(job)
    except Refused as refused:
        result = {"status": "refused", "findings": [refused.finding.as_dict()]}
    except Exception as error:
        result = failed(error, job.work)
    channel.send_bytes(json.dumps(result).encode())
    channel.close()
    # no interpreter shutdown: nothing is left to do that could fail or print
    os._exit(0)


def _limit(job: Job) -> None:
    os.umask(0o077)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, used + job.memory_mb * 1_000_000)
    _lower(resource.RLIMIT_FSIZE, 4 * job.max_bytes + 100_000_000)
    _lower(resource.RLIMIT_CPU, job.seconds * max(2, job.threads) + 5)


def _lower(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def read(job: Job) -> dict[str, Any]:
    """Reads the job's file and writes `staging.parquet` and, if needed, `bad.parquet` into its work folder."""
    source = text_files.open_source(job.path, job.max_bytes)
    hashing = text_files.hash_in_background(source)
    reading = _Reading(job, source)
    try:
        result = reading.run()
    except Refused as refused:
        hashing.join()
        result = {"status": "refused", "findings": [refused.finding.as_dict()], **reading.told()}
    hashing.join()
    try:
        source.check_unchanged()
    except Refused as refused:
        result = {"status": "refused", "findings": [refused.finding.as_dict()]}
    return {**result, "sha256": source.sha256, "size_bytes": source.size}


class _Reading:
    """The steps for one file, from bytes to staging."""

    def __init__(self, job: Job, source: text_files.Source) -> None:
        self.job, self.source, self.contract = job, source, job.contract
        self.findings: list[Finding] = []
        self.encoding: str | None = None
        self.separator: str | None = None
        self.known = set(known_headings(job.contract))

    def told(self) -> dict[str, Any]:
        return {"encoding": self.encoding, "delimiter": self.separator}

    def run(self) -> dict[str, Any]:
        name = self.job.path.name.lower()
        packed = name.endswith(".gz")
        name = name.removesuffix(".gz")
        head = os.pread(self.source.stream.fileno(), 4096, 0)
        kind = text_files.kind_of(head)
        stream: Any = self.source.stream
        if packed and kind != "gzip":
            raise Refused("broken_gzip")
        if kind == "gzip":
            target = self.job.work / "unpacked"
            text_files.unpack_gzip(stream, target, self.job.max_bytes, self.job.archive_ratio)
            stream = target.open("rb")
            head = os.pread(stream.fileno(), 4096, 0)
            kind = text_files.kind_of(head)
            if not head:
                raise Refused("empty")
        path = f"/proc/self/fd/{stream.fileno()}"
        if name.endswith((".xlsx", ".xlsm")):
            if kind != "zip":
                raise Refused("encrypted_workbook" if kind == "ole" else "broken_workbook")
            rows = sheet_records(path, stream, self.known, fold_heading, self.job.max_bytes, self.job.archive_ratio)
            self.encoding = "xlsx"
            return self._rows(rows)
        if name.endswith(".parquet"):
            if kind != "parquet":
                raise Refused("broken_parquet")
            self.encoding = "parquet"
            return self._parquet(path)
        if not name.endswith(TEXT_SUFFIXES + JSON_SUFFIXES):
            raise Refused("unknown_form")
        if kind != "text":
            raise Refused(WRONG_KIND.get(kind, "binary_file"))
        stream, scan = self._utf8(stream, head)
        if name.endswith(JSON_SUFFIXES):
            return self._rows(json_records(stream, one_a_line=not name.endswith(".json")))
        return self._csv(stream, scan)

    def _utf8(self, stream: Any, head: bytes) -> tuple[Any, text_files.Scan]:
        """A stream of UTF-8 without byte order mark, transcoded to the work folder when needed."""
        wide = text_files.detect_wide(head)
        scan = text_files.scan_text(stream) if wide is None else None
        self.encoding = wide or "utf-8"
        if scan is None or not scan.utf8:
            target = self.job.work / "utf8"
            self.encoding = text_files.transcode(stream, target, wide)
            stream = target.open("rb")
            scan = text_files.scan_text(stream)
            if not scan.utf8:
                raise Refused("broken_encoding", encoding=self.encoding)
        if self.encoding == "mixed":
            self.findings.append(Finding("mixed_encoding"))
        if scan.mojibake:
            self.findings.append(Finding("mojibake"))
        if scan.blank_end >= scan.size:
            raise Refused("empty")
        return stream, scan

    def _csv(self, stream: Any, scan: text_files.Scan) -> dict[str, Any]:
        lines = text_files.head_lines(stream)
        if lines[0].lower().startswith("sep=") and len(lines[0]) <= 5:
            lines = lines[1:]
        while lines and not lines[0].strip(" \t;,|"):
            lines = lines[1:]
        self.separator = text_files.find_separator(lines, self.known, fold_heading)
        scan.odd = scan.odd or (scan.tab and self.separator != "\t")
        rows = records(stream, self.separator)
        header = next(rows, None)
        if header is not None and header[1][0].lower().startswith("sep="):
            rows = records(stream, self.separator, width=LONGEST_LINE)  # no width known yet: all of them short
            next(rows)
            header = next(rows, None)
            header = header and (header[0], header[1], None)
        if header is None:
            raise Refused("empty")
        line, headings, rule = header
        if rule is not None:
            raise Refused("broken_header", row=line)
        mapping = map_headings(headings, self.contract, line)
        if not scan.nul and scan.simple_lines and "\r" not in "".join(lines[:1]):
            done = self._csv_fast(stream, scan, headings, mapping, line)
            if done is not None:
                return done
        # from the start again: whoever read in between has moved the stream's position
        again = (record for record in records(stream, self.separator, len(headings)) if record[0] > line)
        return self._load(again, headings, mapping, cut=not text_files.ends_with_newline(stream, scan.size))

    def _csv_fast(
        self, stream: Any, scan: text_files.Scan, headings: list[str], mapping: Mapping, header_line: int
    ) -> dict[str, Any] | None:
        """DuckDB reads the file in parallel; None when a row is not exactly one line or a row is ragged."""
        path = f"/proc/self/fd/{stream.fileno()}"
        separator, width = self.separator or ";", len(headings)
        sample, complete = sample_lines(stream, scan.size, separator, width, self.job.seed)
        relation = staging.csv_relation(path, separator, width, header_line, crlf=scan.crlf > 0)
        connection = self._connect(path)
        # the last line may lack its end; blank lines after it are no rows
        stream.seek(max(0, scan.size - scan.blank_end - 1))
        blank_tail = stream.read().count(b"\n")
        expected = scan.lf - header_line + (1 - blank_tail)
        try:
            watched = self._type(connection, relation, mapping, headings, sample, complete, scan.odd, None)
        except duckdb.Error as error:
            if is_no_fault_of_the_file(error, self.job.work):
                raise
            connection.close()
            return None
        received = connection.execute("SELECT count(*) FROM typed").fetchone()
        if received is None or received[0] != expected:
            connection.close()
            return None
        self._guard(connection, mapping, headings, sample, complete, watched)
        return self._finish(connection, mapping, f"rowid + {header_line + 1}", 0, [])

    def _parquet(self, path: str) -> dict[str, Any]:
        connection = self._connect(path)
        try:
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')").fetchall()
        except duckdb.Error as error:
            if is_no_fault_of_the_file(error, self.job.work):
                raise
            raise Refused("broken_parquet") from None
        headings = [row[0] for row in described]
        mapping = map_headings(headings, self.contract, None)
        numeric = {i for i, row in enumerate(described) if row[1].startswith(("DOUBLE", "FLOAT", "DECIMAL"))}
        cells = ", ".join(
            # a number never ends in exactly three decimals, which could be read as thousands
            f"CASE WHEN regexp_matches(CAST({q} AS VARCHAR), '[.][0-9]{{3}}$') THEN CAST({q} AS VARCHAR) || '0' "
            f"ELSE CAST({q} AS VARCHAR) END AS c{i}"
            if i in numeric
            else f"CAST({q} AS VARCHAR) AS c{i}"
            for i, q in ((i, staging.quoted(h)) for i, h in enumerate(headings))
        )
        try:
            connection.execute(f"CREATE TABLE raw AS SELECT {cells} FROM read_parquet('{path}')")
        except duckdb.Error as error:
            if is_no_fault_of_the_file(error, self.job.work):
                raise
            raise Refused("broken_parquet") from None
        connection.execute("ALTER TABLE raw ADD COLUMN line BIGINT")
        connection.execute("UPDATE raw SET line = rowid + 1")
        return self._raw(connection, headings, mapping, [], 0)

    def _rows(self, rows: Iterator[Record]) -> dict[str, Any]:
        header = next(rows, None)
        if header is None:
            raise Refused("empty")
        line, headings, _ = header
        mapping = map_headings(headings, self.contract, line or None)
        return self._load(of_width(rows, len(headings)), headings, mapping)

    def _load(self, rows: Iterator[Record], headings: list[str], mapping: Mapping, cut: bool = False) -> dict[str, Any]:
        """`cut`: the last line has no end; where that row is short too, the rest of the file is missing."""
        connection = self._connect(None)
        last: list[Record] = []

        def watched() -> Iterator[Record]:
            for record in rows:
                last[:] = [record]
                yield record

        total, bad, broken = staging.fill_raw(connection, watched(), len(headings))
        if cut and last and last[0][2] in ("ragged", "quote") and len(last[0][1]) < len(headings):
            raise Refused("truncated", row=last[0][0])
        ragged = sum(1 for record in broken if record[2] != "nul_byte")
        if total and ragged > RAGGED_SHARE * total:
            raise Refused("ragged_file", row=broken[0][0], n=bad, of=total)
        return self._raw(connection, headings, mapping, broken, bad)

    def _raw(
        self, connection: Any, headings: list[str], mapping: Mapping, broken: list[Record], bad: int
    ) -> dict[str, Any]:
        rows = connection.execute("SELECT count(*) FROM raw").fetchone()[0]
        sample = staging.sample_rows(connection, "raw", len(headings), rows)
        complete = rows < 2 * personal_data.SAMPLE_ROWS
        for _, cells, _ in broken:
            for column, cell in zip(sample, cells, strict=False):
                column.append(cell)
        watched = self._type(connection, "raw", mapping, headings, sample, complete, True, "line")
        self._guard(connection, mapping, headings, sample, complete, watched)
        return self._finish(connection, mapping, "line", bad, broken)

    def _connect(self, path: str | None) -> Any:
        return staging.connect(self.job.work, path, self.job.threads, self.job.memory_limit)

    def _type(
        self,
        connection: Any,
        relation: str,
        mapping: Mapping,
        headings: list[str],
        sample: list[list[Any]],
        complete: bool,
        odd: bool,
        line: str | None,
    ) -> list[int]:
        """Creates `typed`; returns the positions whose texts are watched in full."""
        styles = {}
        for name, position in mapping.columns.items():
            column = self.contract.column(name)
            if column.logical_type in ("integer", "number"):
                styles[name] = number_style(column, (cell for cell in sample[position] if cell))
        watched = [] if complete else [p for p in range(len(headings)) if self._is_text(mapping, p, sample[p])]
        staging.type_rows(connection, relation, self.contract, mapping, len(headings), styles, odd, line, watched)
        return watched

    def _is_text(self, mapping: Mapping, position: int, sample: Iterable[Any]) -> bool:
        name = next((name for name, at in mapping.columns.items() if at == position), None)
        if name is not None:
            column = self.contract.column(name)
            if column.logical_type != "string" or column.allowed_values:
                return False
            if column.free_text:
                return True
        return personal_data.reads_as_text(sample)

    def _guard(
        self,
        connection: Any,
        mapping: Mapping,
        headings: list[str],
        sample: list[list[Any]],
        complete: bool,
        watched: list[int],
    ) -> None:
        """Refused when a column holds personal numbers: texts in full, codes by sample."""
        shown = {at: name for name, at in mapping.columns.items()} | mapping.unknown
        for position in range(len(headings)):
            free = self._is_text(mapping, position, sample[position])
            values: Iterable[Any] = sample[position]
            if position in watched:
                found = connection.execute(
                    f"SELECT DISTINCT g{position} FROM typed WHERE g{position} IS NOT NULL LIMIT 200000"
                ).fetchall()
                values = chain(values, (row[0] for row in found))
            if personal_data.holds_personal_numbers(values, free, sampled=not complete):
                raise Refused("personal_number", column=shown.get(position, f"kolumn {position + 1}"))
        hashed_numbers.refuse(dict(enumerate(sample)), shown, self.job.seed)
        for position in mapping.unnamed:
            if any(cell and cell.strip() for cell in sample[position]):
                mapping.unknown[position] = f"kolumn {position + 1}"

    def _refuse_without_good_rows(self, rows: int) -> None:
        """A column that no row has right is an export of another form: the file's fault, not its rows'."""
        columns = [finding for finding in self.findings if finding.column is not None and "n" in finding.facts]
        if columns:
            worst = max(columns, key=lambda finding: finding.facts["n"])
            raise Refused("no_good_row", row=worst.row, column=worst.column, n=rows, kind=worst.rule)

    def _finish(
        self, connection: Any, mapping: Mapping, line: str, broken_rows: int, broken: list[Record]
    ) -> dict[str, Any]:
        """Writes the outputs and counts: rows and SEK by fate, and bad rows by column and rule."""
        contract, work = self.contract, self.job.work
        money = staging.money_sql(contract, mapping)
        counts = {
            kind: (rows, amount)
            for kind, rows, amount in connection.execute(
                f"SELECT kind, count(*), CAST(sum({money}) AS VARCHAR) FROM typed GROUP BY kind"
            ).fetchall()
        }
        sha256 = self.source.sha256 or text_files.hash_source(self.source)
        columns = staging.write_staging(connection, contract, mapping, line, sha256, work / "staging.parquet")
        bad_rows = counts.get(staging.BAD, (0, None))[0] + broken_rows
        if bad_rows:
            staging.write_bad(connection, contract, mapping, line, broken, short_reason, work / "bad.parquet")
            self.findings += [
                Finding(rule, row, column, {"n": n})
                for rule, column, n, row in connection.execute(
                    "SELECT rule, column_name, count(*), min(line) FROM bad GROUP BY ALL ORDER BY min(line), rule"
                ).fetchall()
            ]
            if not contract.hand_written and not counts.get(staging.GOOD, (0, None))[0]:
                self._refuse_without_good_rows(bad_rows)
        if mapping.unknown and not contract.hand_written:
            self.findings.append(Finding("unknown_columns", facts={"columns": list(mapping.unknown.values())}))
        if mapping.absent and not contract.hand_written:
            self.findings.append(Finding("absent_columns", facts={"columns": mapping.absent}))
        good, skipped = counts.get(staging.GOOD, (0, None)), counts.get(staging.SKIPPED, (0, None))
        return {
            "status": "read",
            "findings": [finding.as_dict() for finding in self.findings],
            **self.told(),
            "rows_received": good[0] + skipped[0] + bad_rows,
            "rows_bad": bad_rows,
            "rows_skipped": skipped[0],
            "has_money": contract.money_column in mapping.columns,
            "sek_good": good[1],
            "sek_bad": counts.get(staging.BAD, (0, None))[1],
            "sek_skipped": skipped[1],
            "columns_delivered": columns,
            "columns_unknown": list(mapping.unknown.values()),
            "columns_absent": mapping.absent,
        }
