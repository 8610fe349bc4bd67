"""One night on the committed sample, and what its reports show: islands of the pages, sheets of the workbooks."""

from __future__ import annotations

import csv
import fcntl
import gzip
import io
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq

from reports.html import unpack

ROOT = Path(__file__).resolve().parents[2]
INBOX = ROOT / "data_samples" / "inbox"
DAY = "2026-11-22"
_ISLAND = re.compile(r'<script type="text/plain" id="island-([a-z0-9]+)">([A-Za-z0-9+/=]+)</script>')


@dataclass(frozen=True)
class SampleNight:
    """The run of the sample. A `page` is a group's folder below reports/."""

    run: Path

    def table(self, name: str) -> list[dict[str, Any]]:
        return _table(self.run / f"{name}.parquet")

    @cached_property
    def record(self) -> dict[str, Any]:
        return json.loads((self.run / "run.json").read_text(encoding="utf-8"))

    @cached_property
    def groups(self) -> list[str]:
        return sorted(path.parent.name for path in self.run.glob("reports/*/deviations.xlsx"))

    def html(self, group: str) -> str:
        return (self.run / "reports" / group / "index.html").read_text(encoding="utf-8")

    def islands(self, group: str) -> dict[str, Any]:
        """The page's packed data by name: `list`, and c0, c1.. with the case views."""
        return {name: json.loads(unpack(packed)) for name, packed in _ISLAND.findall(self.html(group))}

    def details(self, group: str) -> list[Any]:
        """All case views of a page, in the order of its list."""
        islands = self.islands(group)
        return [case for at in range(len(islands) - 1) for case in islands[f"c{at}"]]

    def sheets(self, group: str) -> dict[str, list[dict[str, Any]]]:
        book = openpyxl.load_workbook(self.run / "reports" / group / "deviations.xlsx", read_only=True)
        out = {}
        for sheet in book:
            head, *rows = sheet.iter_rows(values_only=True)
            out[sheet.title] = [dict(zip(head, row, strict=False)) for row in rows]
        return out


@lru_cache(maxsize=16)
def _table(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


def built(folder: Path) -> SampleNight:
    """The sample's night in `folder`; built by the first who asks, the others wait."""
    from flows.cli import main

    folder.mkdir(parents=True, exist_ok=True)
    workspace = folder / "workspace"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "done").is_file():
            code = main(["night", "--inbox", str(INBOX), "--workspace", str(workspace), "--as-of", DAY, "--settings",
                         str(ROOT / "data_samples" / "settings.yaml")])
            assert code in (0, 1), code
            (folder / "done").touch()
    return SampleNight((workspace / "latest").resolve())


def shared_folder(base: Path, name: str) -> Path:
    """A folder that all processes of one test session find."""
    together = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return base.parent / f"{name}-{together}" if together else base / name


class Source:
    """A source file read without any code of ours but the standard library's: the cells that stand on a line."""

    def __init__(self, path: Path) -> None:
        self.lines: dict[int, list[str]] = dict(_cells(path))

    def holds(self, line: int, value: str) -> bool:
        """True when a cell of the line says this value."""
        return any(_same(cell, value) for cell in self.lines.get(line, []))


def _same(cell: str, value: str) -> bool:
    return " ".join(cell.split()).casefold() == " ".join(value.split()).casefold()


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    name = path.name
    if name.endswith(".xlsx"):
        book = openpyxl.load_workbook(path, read_only=True)
        for number, row in enumerate(book.worksheets[0].iter_rows(values_only=True), start=1):
            yield number, [_text(cell) for cell in row]
    elif name.endswith(".parquet"):
        for number, record in enumerate(pq.read_table(path).to_pylist(), start=1):
            yield number, [_text(cell) for cell in record.values()]
    elif name.endswith(".json"):
        document = json.loads(path.read_text(encoding="utf-8-sig"))
        records = document if isinstance(document, list) else next(v for v in document.values() if isinstance(v, list))
        for number, record in enumerate(records, start=1):
            yield number, [_text(cell) for cell in record.values()]
    else:
        yield from _csv_cells(gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path.read_bytes())


def _csv_cells(data: bytes) -> Iterator[tuple[int, list[str]]]:
    text = _decoded(data)
    head = next(line for line in text.splitlines() if line.strip() and not line.lower().startswith("sep="))
    separator = max(";,\t|", key=head.count)
    started, reader = 1, csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for row in reader:
        yield started, row
        started = reader.line_num + 1


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)
