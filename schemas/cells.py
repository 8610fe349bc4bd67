"""The places of cells in a source file, so that a message can point at one: `M14`, or row and column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq

METADATA = "places"  # key in a staging file's own metadata: contract column -> position in the source, from 0
SHEETS = (".xlsx", ".xlsm")


def places_of(staged: Path) -> dict[str, int]:
    """Contract column -> position (from 0) in the source of a staging file; empty where that was not kept."""
    kept = (pq.read_schema(staged).metadata or {}).get(METADATA.encode())
    return json.loads(kept) if kept else {}


def letters(position: int) -> str:
    """A sheet's column from its position (from 0): A, B, ... Z, AA, AB."""
    text, rest = "", position + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        text = chr(65 + digit) + text
    return text


def cell(file_name: str, line: int, column: str | None, places: Mapping[str, int]) -> str | None:
    """`M14` for a cell of a workbook; None for other files and for columns the file does not have."""
    if column is None or column not in places or not file_name.lower().endswith(SHEETS):
        return None
    return f"{letters(places[column])}{line}"
