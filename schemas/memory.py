"""How much memory the night may use, found out before it starts.

Native code (Arrow, NumPy, DuckDB) that gets no memory may end the whole process without a word, so a place that is
too small is told at once, and DuckDB is given no more than what is left beside the rest. What the kernel allows is
the smallest of the process's own limits (RLIMIT_AS, RLIMIT_DATA), its control group's, as containers set it, and the
machine's memory.
"""

from __future__ import annotations

import os
import re
import resource
from collections.abc import Iterator
from pathlib import Path

MB = 1_000_000
LEAST_MB = 1200  # what a night takes on few rows, with some air: docs/operations.md
BESIDE_MB = 1000  # of it beside DuckDB: the libraries, forests, checks and reports
UNUSED_MB = 1300  # address space beyond memory: code of libraries, stacks and arenas that are only reserved
_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}


class MemoryShort(RuntimeError):
    """The night would not fit into the memory it is allowed; the text says how much that is and what sets it."""


def allowed(process: Path = Path("/proc/self/cgroup"), groups: Path = Path("/sys/fs/cgroup")) -> tuple[int, str]:
    """The bytes this process may use, and what sets them (in words)."""
    limits = [(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "the machine's memory")]
    for kind, unused, words in ((resource.RLIMIT_AS, UNUSED_MB * MB, "the limit on address space, ulimit -v"),
                                (resource.RLIMIT_DATA, 0, "the limit on data, ulimit -d")):
        soft = resource.getrlimit(kind)[0]
        if soft != resource.RLIM_INFINITY:
            limits.append((max(soft - unused, 0), words))
    limits += [(size, "the control group's limit") for size in _of_groups(process, groups)]
    return min(limits)


def _of_groups(process: Path, groups: Path) -> Iterator[int]:
    """Limits of the control groups the process is in, both versions, and of those they lie in."""
    try:
        lines = process.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, kinds, name = line.split(":", 2)
        if kinds == "":
            base, file = groups, "memory.max"
        elif "memory" in kinds.split(","):
            base, file = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        folder = base / name.strip("/")
        for place in [folder, *folder.parents]:
            if not place.is_relative_to(base):
                break
            try:
                text = (place / file).read_text().strip()
            except OSError:
                continue
            if text.isdigit():
                yield int(text)


def require(least_mb: int = LEAST_MB) -> None:
    """MemoryShort when a night cannot run in the memory that is allowed."""
    size, why = allowed()
    if size < least_mb * MB:
        raise MemoryShort(
            f"The night may use {size // MB} MB ({why}); it needs at least {least_mb} MB. Nothing was changed. "
            "Raise that limit, or run it where there is more memory."
        )


def for_database(wanted: str) -> str:
    """DuckDB's memory limit: the setting `memory_limit`, or what is left beside the rest of the night when less."""
    number, unit = re.fullmatch(r"([\d.]+)\s*(\w+)", wanted.strip()).groups()  # type: ignore[union-attr]
    left = max(allowed()[0] - BESIDE_MB * MB, (LEAST_MB - BESIDE_MB) * MB)
    return wanted if float(number) * _UNITS[unit.upper()] <= left else f"{left // MB}MB"
