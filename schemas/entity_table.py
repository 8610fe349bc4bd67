"""A table of entities from outside, one row each, read without a contract of its own: every numeric column a feature.

The reading itself is the inbox's (schemas/reader.py): a child process with limits, the same encodings and forms, and
the guard against personal identity numbers. The contract is made from the header, with every column a text; a column
is numeric when nearly all of its filled cells are numbers in one of the written forms.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import tempfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from schemas import text_files
from schemas.contract import Column, Contract, fold_heading
from schemas.reader import read_file
from schemas.refusal import Refused
from schemas.settings import Settings
from schemas.type_casts import number_style
from schemas.yaml_files import nearest

if TYPE_CHECKING:
    import pyarrow as pa

NUMERIC_SHARE = 0.95  # of the filled cells
HEAD = 1 << 20  # bytes
MISSING = {"na", "n/a", "nan", "null", "none", "-", "--", ".", "saknas", "uppgift saknas"}
YES, NO = {"1", "yes", "y", "true", "ja", "j", "sant"}, {"0", "no", "n", "false", "nej", "falskt"}
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": None, "\u202f": None, "\u2009": None, " ": None})


class TableError(ValueError):
    """The table cannot be used as asked; the text names the file, the column and the remedy, never a cell's value."""


class TableRefused(TableError):
    """The file itself cannot be read, or must not be (personal identity numbers)."""


@dataclass
class EntityTable:
    """`texts` holds the columns asked for as they stand, `numbers` every other numeric column (float, NaN missing)."""

    texts: pd.DataFrame
    numbers: pd.DataFrame
    not_numeric: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    names_something: list[str] = field(default_factory=list)  # numbers that look like row or organisation numbers
    unread: dict[str, int] = field(default_factory=dict)  # numeric column -> filled cells that are no number
    bad_rows: int = 0


def read_entity_table(path: Path, texts: list[str], settings: Settings) -> EntityTable:
    """Read CSV (also .tsv, .txt, .gz) or Parquet. `texts`: headings to keep as text. TableError when not possible."""
    try:
        headings = _headings(path, texts)
    except Refused as refused:
        raise TableRefused(f"{path.name} cannot be read ({refused.finding.rule})") from None
    by_fold = {fold_heading(heading): heading for heading in headings}
    for wanted in texts:
        if fold_heading(wanted) not in by_fold:
            raise TableError(f"{path.name} has no column {wanted!r}{nearest(wanted, headings)}")
    names = {heading: f"c{place}" for place, heading in enumerate(headings)}
    contract = _contract(names)
    with tempfile.TemporaryDirectory(prefix="avvik-score-") as folder:
        reading = read_file(path, contract, Path(folder), settings)
        if reading.refusal is not None:
            told = reading.refusal
            headed = {name: heading for heading, name in names.items()}
            where = f" (column {headed[told.column]!r})" if told.column in headed else ""
            message = re.sub(r"\bc\d+\b", lambda name: repr(headed.get(name[0], name[0])), told.message_en)
            raise TableRefused(f"{path.name}{where}: {message} {told.remedy_en}")
        return _table(path.name, reading.staging, names, [by_fold[fold_heading(name)] for name in texts],
                      reading.rows_bad)


def _table(file: str, staging: Path | None, names: dict[str, str], texts: list[str], bad_rows: int) -> EntityTable:
    import pyarrow.parquet as pq

    found = EntityTable(pd.DataFrame(), pd.DataFrame(), bad_rows=bad_rows)
    kept, numbers = {}, {}
    for heading, name in names.items():
        cells = pq.read_table(staging, columns=[name]).column(0)
        if heading in texts:
            kept[heading] = cells.to_pandas()
            continue
        if cells.null_count == len(cells):
            found.empty.append(heading)
            continue
        values, unread, filled = numbers_of(cells)
        if not filled:
            found.empty.append(heading)
        elif unread > (1 - NUMERIC_SHARE) * filled:
            if unread < filled / 2:
                raise TableError(f"{file}, column {heading!r}: {unread} of {filled} filled cells are no number, the "
                                 f"first in data row {_first_unread(cells, values)}. Mend them, or --leave-out the "
                                 "column")
            found.not_numeric.append(heading)
        elif np.nanmin(values) == np.nanmax(values) and not np.isnan(values).any():
            found.constant.append(heading)
        else:
            numbers[heading] = values
            if names_something(values):
                found.names_something.append(heading)
            if unread:
                found.unread[heading] = unread
    found.texts, found.numbers = pd.DataFrame(kept), pd.DataFrame(numbers)
    return found


def _first_unread(cells: pa.ChunkedArray, values: np.ndarray) -> int:
    plain = cells.to_pandas().astype("string").str.strip().str.lower()
    return int(np.flatnonzero((plain.notna() & ~plain.isin(MISSING)).to_numpy() & np.isnan(values))[0]) + 1


def names_something(values: np.ndarray) -> bool:
    """Whether a column looks like row numbers (1 2 3 ..) or ten digits each (organisation numbers): no measure."""
    if len(values) < 2 or np.isnan(values).any() or (values != np.round(values)).any():
        return False
    return bool((np.diff(values) == 1).all() or ((values >= 1e9) & (values < 1e10)).all())


def numbers_of(cells: object) -> tuple[np.ndarray, int, int]:
    """(values, filled cells that are no number, filled cells) of a text column of Arrow.

    Plain numbers are cast at once; the other written forms (thousands by blank, dot or comma, decimal comma, minus
    signs) are read value by value, each distinct one once.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = pc.cast(cells, pa.float64()).to_numpy()
        filled = int(np.isfinite(values).sum())
        return np.where(np.isfinite(values), values, np.nan), 0, filled
    except pa.ArrowInvalid:
        series = cells.to_pandas()  # type: ignore[attr-defined]
    distinct = series.dropna().unique()
    style = number_style(_column("x", "x", "number", "DOUBLE"), (str(cell) for cell in distinct[:20_000]))
    read: dict[str, float] = {}
    missing = set()
    for cell in distinct:
        plain = str(cell).translate(_SIGNS)
        if plain.lower() in MISSING:
            missing.add(cell)
            continue
        if "," in plain and "." in plain:
            plain = plain.replace("." if plain.rfind(",") > plain.rfind(".") else ",", "")
        for sign, thousands in ((".", style.three_dot), (",", style.three_comma)):
            if plain.count(sign) > 1 or (thousands and sign in plain and len(plain) - plain.rfind(sign) == 4):
                plain = plain.replace(sign, "")
        try:
            value = float(plain.replace(",", ".").replace("_", "x"))
        except ValueError:
            continue
        if np.isfinite(value):
            read[cell] = value
    values = series.map(read).to_numpy(dtype=np.float64, na_value=np.nan)
    filled = int((series.notna() & ~series.isin(missing)).sum())
    return values, filled - int(np.isfinite(values).sum()), filled


def yes_or_no(cells: pd.Series, heading: str, file: str) -> tuple[np.ndarray, np.ndarray]:
    """(labels, known): a label column as booleans, and where it is filled. TableError when a cell is no label."""
    folded = cells.astype("string").str.strip().str.lower().str.replace(r"^([01])\.0+$", r"\1", regex=True)
    yes, no = folded.isin(YES).fillna(False).to_numpy(), folded.isin(NO).fillna(False).to_numpy()
    known = (folded.notna() & (folded != "")).to_numpy(dtype=bool)
    if (known & ~(yes | no)).any():
        row = int(np.flatnonzero(known & ~(yes | no))[0]) + 1
        raise TableError(f"{file}, column {heading!r}, data row {row}: a label must be 1/0, yes/no, ja/nej or "
                         "true/false, or empty where the outcome is not known. Make a column of two values")
    if not yes.any() or not no.any():
        raise TableError(f"{file}, column {heading!r}: every label is the same, so no order can be judged by it. "
                         "Take a column with both, or leave --label out")
    return np.asarray(yes), known


def _headings(path: Path, wanted: list[str]) -> list[str]:
    """The header, from the first megabyte of a text file or the schema of a Parquet file."""
    source = text_files.open_source(path, 1 << 40)
    with source.stream as stream:
        head = os.pread(stream.fileno(), HEAD, 0)
    kind = text_files.kind_of(head)
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.read_schema(path).names)
        except (pa.ArrowException, OSError):
            raise Refused("broken_parquet") from None
    if kind == "gzip":
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD)
        except zlib.error:
            raise Refused("broken_gzip") from None
    elif kind != "text":
        raise TableRefused(f"{path.name} is neither CSV nor Parquet; save it as CSV")
    encoding = text_files.detect_wide(head)
    if encoding is None:
        cut = head[:head.rfind(b"\n") + 1] or head
        try:
            cut.decode()
            encoding = "utf-8"
        except UnicodeDecodeError:
            encoding = "cp1252"
    text = head.decode(encoding, "replace").removeprefix("\ufeff")
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:50] if line.strip(" \t;,|")]
    if lines and lines[0].lower().startswith("sep="):
        lines = lines[1:]
    separator = text_files.find_separator(lines, {fold_heading(name) for name in wanted}, fold_heading)
    header = next(csv.reader(lines[:1], delimiter=separator))
    return [" ".join(heading.split()) for heading in header if heading.strip()]


def _column(name: str, heading: str, logical: str, physical: str) -> Column:
    return Column(name, logical, physical, False, False, False, {}, (heading,), (), {}, False, False, False, "", ())


def _contract(names: dict[str, str]) -> Contract:
    columns = tuple(_column(name, heading, "string", "VARCHAR") for heading, name in names.items())
    digest = hashlib.sha256("\x00".join(names).encode()).hexdigest()
    return Contract("table", "outside", "1", columns, (columns[0].name,), None, None, (), {}, Path("table"), digest,
                    _by_name={column.name: column for column in columns})
