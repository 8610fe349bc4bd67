"""What a night is a function of, as hashes: input files, contracts, settings, detectors, code, libraries, the day.

The run id carries the first eight hex digits. Two nights with the same run id in one workspace are the same night.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from schemas.hashes import of as of

ROOT = Path(__file__).resolve().parent.parent
CODE_PACKAGES = ("schemas", "detectors", "reports", "flows")
CODE_SUFFIXES = (".py", ".sql", ".yaml", ".html", ".j2", ".css", ".js", ".svg")
# Libraries whose arithmetic or file layout is part of the result.
LIBRARIES = ("duckdb", "pyarrow", "numpy", "scikit-learn", "great-expectations", "jinja2", "xlsxwriter")


def versions() -> dict[str, str]:
    """Version of avvik, of Python (major.minor) and of the libraries that shape the result."""
    import sys

    found = {"avvik": version("avvik"), "python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    return found | {name: version(name) for name in LIBRARIES}


def code_hash(root: Path = ROOT) -> str:
    """64 hex over the names and bytes of our own code, rules, texts and templates, in order of path."""
    digest = hashlib.sha256()
    for package in CODE_PACKAGES:
        for path in sorted((root / package).rglob("*")):
            if path.suffix in CODE_SUFFIXES and path.is_file():
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def contracts_hash(contracts: Mapping[str, Any]) -> str:
    """64 hex over all contracts, by dataset."""
    return of({name: contract.content_hash for name, contract in contracts.items()})


def input_hash(
    as_of: datetime.date,
    files: Iterable[tuple[str, str, str]],
    unopened: Iterable[tuple[str, str]],
    parts: Mapping[str, str],
    previous_run: str | None,
) -> str:
    """64 hex over everything the night is a function of.

    files: (dataset, sha256, status) of every file of the warehouse and every refused one, in order of arrival.
    unopened: (file, rule) of what was not opened tonight, in any order. parts: hashes by name. previous_run: the run
    that "new" and "gone" are told against.
    """
    return of({
        "as_of": as_of.isoformat(), "files": list(files), "unopened": sorted(unopened), "parts": dict(parts),
        "previous_run": previous_run, "versions": versions(),
    })


def run_id(as_of: datetime.date, full_hash: str) -> str:
    """<as-of date>-<8 hex>."""
    return f"{as_of.isoformat()}-{full_hash[:8]}"
