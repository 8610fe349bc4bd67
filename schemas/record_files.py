"""XLSX and JSON sources as rows of text, in the written forms that the casts of type_casts read."""

from __future__ import annotations

import datetime
import json
import zipfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from schemas.csv_rows import Record
from schemas.refusal import Refused
from schemas.text_files import CHUNK, iterate_lines

JSON_LINE = 16 * CHUNK
_HEADING_WITHIN = 1_000  # rows of a sheet; a heading further down is no heading


def cell_text(value: Any) -> str | None:
    """A cell as text. A float never ends in exactly three decimals, which could be read as thousands."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        shown = repr(value)
        return shown + "0" if "e" not in shown and len(shown) - shown.find(".") == 4 else shown
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def sheet_records(
    path: str, stream: BinaryIO, known: set[str], fold: Any, max_bytes: int, ratio: int
) -> Iterator[Record]:
    """Header and rows of a workbook's sheet: the one whose first filled row holds most known headings."""
    try:
        with zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            packed = max(1, sum(member.compress_size for member in members))
            names = {member.filename for member in members}
            encrypted = any(member.flag_bits & 1 for member in members)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Refused("broken_workbook") from None
    if unpacked > max_bytes or (unpacked > 10_000_000 and unpacked > packed * ratio):
        raise Refused("archive_bomb", limit=max_bytes // 1_000_000, ratio=ratio)
    if encrypted:
        raise Refused("encrypted_workbook")
    if not any(name.lower().endswith(("xl/workbook.xml", "xl/workbook.bin")) for name in names):
        raise Refused("zip_file")
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        best: tuple[int, Any, int] | None = None
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            rows = sheet.to_python(skip_empty_area=False, nrows=_HEADING_WITHIN)
            first = next((i for i, row in enumerate(rows) if any(cell != "" for cell in row)), None)
            if first is None:
                continue
            hits = sum(1 for cell in rows[first] if fold(str(cell)) in known)
            if best is None or hits > best[0]:
                best = (hits, sheet, first)
        # only now a whole sheet: another one may hold hundreds of thousands of rows that nobody asked for
        rows = best[1].to_python(skip_empty_area=False) if best is not None else []
    except (python_calamine.CalamineError, OSError, ValueError, zipfile.BadZipFile):
        raise Refused("broken_workbook") from None
    if best is None:
        raise Refused("empty")
    for index in range(best[2], len(rows)):
        cells = [cell_text(cell) or "" for cell in rows[index]]
        rows[index] = []
        if any(cell.strip() for cell in cells):
            yield index + 1, cells, None


def json_records(stream: BinaryIO, one_a_line: bool) -> Iterator[Record]:
    """Header (all keys in order of first use) and records of a UTF-8 JSON file.

    Takes a list of records, an object that holds exactly one list of records, a single record a line (JSON
    lines), and a byte order mark where it does not belong. The row is the number of the record, from 1.
    """
    head = b""
    stream.seek(0)
    while len(head) < CHUNK and (chunk := stream.read(CHUNK)):
        head = (head + chunk).lstrip(b"\xef\xbb\xbf \r\n\t")
    if not head:
        raise Refused("empty")
    by_line = one_a_line or (head[:1] == b"{" and _first_line_is_record(head))
    found = _json_lines(stream) if by_line else _json_document(stream)
    headings: dict[str, int] = {}
    for record, _ in found:
        if isinstance(record, dict):
            for key in record:
                headings.setdefault(key, len(headings))
    if not headings:
        raise Refused("no_records")
    yield 0, list(headings), None
    for number, (record, line) in enumerate(found, start=1):
        where = line or number
        if not isinstance(record, dict):
            yield where, [], "not_a_record"
            continue
        cells = [""] * len(headings)
        for key, value in record.items():
            cells[headings[key]] = cell_text(value) or ""
        if any(cell.strip() for cell in cells):
            yield where, cells, None


def _first_line_is_record(head: bytes) -> bool:
    first, _, rest = head.partition(b"\n")
    try:
        return isinstance(json.loads(first), dict) and rest.lstrip()[:1] == b"{"
    except (ValueError, RecursionError):
        return False


def _json_lines(stream: BinaryIO) -> list[tuple[Any, int]]:
    found: list[tuple[Any, int]] = []
    for number, line in enumerate(iterate_lines(stream, JSON_LINE), start=1):
        if line is None:
            found.append((None, number))
        elif stripped := line.strip("\ufeff \r\n\t"):
            try:
                found.append((json.loads(stripped), number))
            except (ValueError, RecursionError):
                found.append((None, number))
    return found


def _json_document(stream: BinaryIO) -> list[tuple[Any, int]]:
    stream.seek(0)
    try:
        document = json.loads(stream.read().decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Refused("broken_json") from None
    if isinstance(document, dict):
        lists = [value for value in document.values() if _is_records(value)]
        if len(lists) != 1:
            raise Refused("several_lists" if lists else "no_records", n=len(lists))
        document = lists[0]
    if not isinstance(document, list):
        raise Refused("no_records")
    return [(record, 0) for record in document]


def _is_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
