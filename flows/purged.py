"""What purges took out of a run that still stands, so that it is not taken for changed afterwards.

The mark `purged.json` lies in the run's folder: by part (quarantine, cases) the day of the last purge that took of it
and the day before which things were past their date. It is written before anything goes. It excuses what a purge does
and nothing else: `avvik rebuild` compares all that is left.
"""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows import outputs
from schemas.workspace import FILE_MODE, sync_file, sync_folder

QUARANTINE, CASES = "quarantine", "cases"
OVER = ("gone", "explained")  # states of a case that only memory holds


def read(folder: Path) -> dict[str, dict[str, str]]:
    """The mark of a run: part -> {on, before}, both ISO days; {} when no purge took anything of it."""
    path = folder / outputs.PURGED
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def mark(folder: Path, part: str, day: datetime.date, before: datetime.date) -> None:
    """Write down that a purge of `day` takes from `part` what is dated before `before`."""
    said: dict[str, Any] = {**read(folder), part: {"on": day.isoformat(), "before": before.isoformat()}}
    partial = folder / f".{outputs.PURGED}.partial"
    partial.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    partial.chmod(FILE_MODE)
    sync_file(partial)
    os.replace(partial, folder / outputs.PURGED)
    sync_folder(folder)


def past_cases(table: pa.Table, before: datetime.date) -> pa.ChunkedArray | None:
    """Which rows of cases.parquet are about subjects gone or explained and last seen before the day.

    None for a memory of another layout, of which nothing is known to be past its date.
    """
    if not {"state", "last_seen"} <= set(table.column_names):
        return None
    old = pc.and_(pc.is_in(table["state"], value_set=pa.array(OVER)),
                  pc.less(table["last_seen"], pa.scalar(before, pa.date32())))
    return pc.fill_null(old, False)


def without_past_cases(table: pa.Table, before: datetime.date) -> pa.Table:
    """cases.parquet as a purge leaves it."""
    old = past_cases(table, before)
    return table if old is None else table.filter(pc.invert(old))
