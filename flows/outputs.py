"""The bytes a run leaves, as hashes: what was published, and whether two runs of one night are the same.

The clock stands in four places and nowhere else: `seconds` and `finished_at` of run.json, the column `seconds` of
ledger.parquet and checks.parquet, and the table of stages on the analyst's index. `content_hash` leaves those out.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

RECORD = "run.json"
PURGED = "purged.json"  # what purges took since: flows/purged.py
TIMED = ("ledger.parquet", "checks.parquet")
INDEX = "reports/index.html"


def digests(folder: Path) -> dict[str, str]:
    """sha256 of every file of a run by its path within the run, but for run.json, which holds these, and PURGED."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _files(folder)}


def content_hash(folder: Path) -> str:
    """64 hex over all files of a run without what the clock wrote: the same inputs give the same."""
    digest = hashlib.sha256()
    for name, path in _files(folder):
        if name == INDEX:
            continue
        digest.update(name.encode() + b"\0" + hashlib.sha256(_untimed(name, path)).digest())
    return digest.hexdigest()


def _files(folder: Path) -> list[tuple[str, Path]]:
    found = ((path.relative_to(folder).as_posix(), path) for path in folder.rglob("*") if path.is_file())
    return sorted((name, path) for name, path in found if name not in (RECORD, PURGED))


def _untimed(name: str, path: Path) -> bytes:
    if name not in TIMED:
        return path.read_bytes()
    table = pq.read_table(path).drop_columns(["seconds"])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return sink.getvalue().to_pybytes()
