"""The exact way through a CSV file: every record with its physical line, broken ones set apart.

Used when DuckDB's parser cannot give the line of a row (line breaks inside quotes, blank lines, ragged rows,
NUL bytes) and for samples. Slower by about five times, but it never gives up: after an unbalanced quote it goes
on with the next physical line.
"""

from __future__ import annotations

import csv
import io
import os
import random
from collections.abc import Iterator
from typing import Any, BinaryIO

from schemas.text_files import iterate_lines

LONGEST_LINE = 1 << 20  # characters
LONGEST_RECORD = 500  # physical lines; a longer one is an opened quote that was never closed
csv.field_size_limit(LONGEST_LINE * 4)

Record = tuple[int, list[str], str | None]  # line, cells, broken rule


class _Lines:
    """Lines for csv.reader that remember what the current record took and can take lines back."""

    def __init__(self, lines: Iterator[str | None]) -> None:
        self._lines = lines
        self._back: list[str | None] = []
        self.number = 0  # of the last line given
        self.taken: list[str | None] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return "\n" if line is None else line.replace("\x00", "") if "\x00" in line else line

    def keep_first(self) -> None:
        """Gives back all lines of the current record but its first."""
        rest = self.taken[1:]
        self._back.extend(reversed(rest))
        self.number -= len(rest)
        del self.taken[1:]


def records(stream: BinaryIO, separator: str, width: int | None = None) -> Iterator[Record]:
    """Every record that is not blank, from the first line on, in order.

    `width` is the number of columns; without it the first record sets it. Cells beyond the width are dropped
    when they are empty. Rules: ragged, quote, nul_byte, huge_line. Cells of a broken record are as found.
    """
    lines = _Lines(iterate_lines(stream, LONGEST_LINE))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.taken = []
        start = lines.number + 1
        rule = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            rule, cells = "quote", []
        if len(lines.taken) > 1 and rule is None:
            several = len(lines.taken) > LONGEST_RECORD or (width is not None and not _fits(cells, width))
            rule = "quote" if several else None
        if rule == "quote":
            lines.keep_first()
            cells = (lines.taken[0] or "").rstrip("\r\n").replace("\x00", "").split(separator)
            reader = csv.reader(lines, delimiter=separator, strict=True)
        elif any(line is None for line in lines.taken):
            rule = "huge_line"
        elif any("\x00" in line for line in lines.taken if line):
            rule = "nul_byte"
        if rule is None and not any(cell and not cell.isspace() for cell in cells):
            continue
        if width is None:
            width = len(cells)
        elif rule is None and len(cells) != width:
            if _fits(cells, width):
                cells = cells[:width]
            else:
                rule = "ragged"
        yield start, cells, rule


def _fits(cells: list[str], width: int) -> bool:
    return len(cells) == width or (len(cells) > width and not any(cell.strip() for cell in cells[width:]))


def of_width(rows: Iterator[Record], width: int) -> Iterator[Record]:
    """Sheet rows cut or filled to the header's width; cells beyond it break the row only when filled."""
    for line, cells, rule in rows:
        if rule is None and len(cells) != width:
            if any(cell.strip() for cell in cells[width:]):
                rule = "ragged"
            else:
                cells = (cells + [""] * width)[:width]
        yield line, cells, rule


def sample_lines(stream: Any, size: int, separator: str, width: int, seed: int) -> tuple[list[list[Any]], bool]:
    """Cells by position from whole lines at places spread over the file, and whether that was the whole file."""
    blocks, block = 400, 16_384
    descriptor = stream.fileno()
    complete = size <= blocks * block
    pieces = []
    if complete:
        pieces.append(os.pread(descriptor, size, 0))
    else:
        chance = random.Random(seed)
        stride = size // blocks
        for i in range(blocks):
            data = os.pread(descriptor, block, i * stride + chance.randrange(max(1, stride - block)))
            pieces.append(data[data.find(b"\n") + 1 : data.rfind(b"\n") + 1])
    columns: list[list[Any]] = [[] for _ in range(width)]
    for piece in pieces:
        lines = io.StringIO(piece.decode("utf-8", "replace"), newline="")
        try:
            for row in csv.reader((line[:LONGEST_LINE] for line in lines), delimiter=separator):
                if len(row) >= width:
                    for column, cell in zip(columns, row, strict=False):
                        column.append(cell)
        except csv.Error:
            continue
    return columns, complete
