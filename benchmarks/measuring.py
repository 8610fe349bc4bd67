"""Run a command and say what it cost: wall and CPU seconds, and memory over the whole tree of its processes.

Linux only (reads /proc). Memory is PSS, so that pages shared by a fork server and its children count once.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.25  # seconds between two looks at the memory
ROOT = Path(__file__).resolve().parents[1]
_PR_SET_CHILD_SUBREAPER = 36
_BYTECODE = tempfile.TemporaryDirectory(prefix="avvik-bytecode-")


@dataclass(frozen=True)
class Cost:
    """`wall` and `cpu` (user + system) in seconds, `peak_mb` of the tree in MB (PSS), `output` what it printed."""

    wall: float
    cpu: float
    peak_mb: float
    exit_code: int
    output: str


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Cost:
    """Run `command` to its end and the end of every process it left; its output is kept, not shown.

    While it runs this process adopts orphans (a fork server outlives its parent), so that their CPU time is known.
    """
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    process = subprocess.Popen(command, env=_environment(environment or {}), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace")
    peak = [0.0]
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(os.getpid(), ended, peak), daemon=True)
    watcher.start()
    output = process.stdout.read() if process.stdout else ""
    code = process.wait()
    wall = time.perf_counter() - began
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    ended.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, cpu, peak[0], code, output)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    """The environment with compiled bytecode, as an installation by pip has it.

    Without it Great Expectations and Prefect are compiled anew every night, which costs 6 s and measures nothing of
    ours. It goes to a folder of its own.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": _BYTECODE.name} | dict(more)


def warm(home: Path) -> None:
    """Import everything once, so that bytecode and the disk cache are as on any night but the first."""
    script = ("from pathlib import Path; from flows.local_engine import quiet_environment; "
              f"quiet_environment(Path({str(home)!r})); import flows.night, schemas.quality_gx, schemas.quality_docs, "
              "schemas.reading_child, detectors.run, detectors.isolation_forest, sklearn.ensemble, reports.write, "
              "reports.xlsx, xlsxwriter")
    cost = run([sys.executable, "-c", script], {"PYTHONPATH": str(ROOT)})
    if cost.exit_code:
        raise SystemExit(f"importing Avvik failed:\n{cost.output}")


def _watch(root: int, ended: threading.Event, peak: list[float]) -> None:
    while not ended.wait(EVERY):
        peak[0] = max(peak[0], sum(_pss(pid) for pid in _descendants(root)) / 1000)


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has ended since the listing
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = list(children.get(root, []))
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def _pss(pid: int) -> int:
    """Proportional share of memory in kB; 0 for a process that has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def machine() -> dict[str, object]:
    """The machine by what matters for seconds, without its name."""
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) for line in Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("MemTotal"))
    return {"processor": cpu, "cores": len(os.sched_getaffinity(0)), "memory_gib": round(memory / 2**20, 1),
            "system": platform.system() + " " + platform.release().partition("-")[0],
            "python": platform.python_version(), "load_at_start": [round(value, 2) for value in os.getloadavg()]}


def said_of(day: str, found: Mapping[str, object]) -> str:
    """A sentence on when and where."""
    return (f"Measured {day} on {found['processor']}, {found['cores']} cores, {found['memory_gib']} GiB, "
            f"Python {found['python']}; load at the start {found['load_at_start']}.")


def table(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A markdown table; numbers to the right."""
    def shown(value: object) -> str:
        if isinstance(value, float):
            return f"{value:,.1f}" if abs(value) < 10_000 else f"{value:,.0f}"
        return f"{value:,}" if isinstance(value, int) else str(value)

    right = [all(isinstance(row[at], (int, float)) for row in rows) for at in range(len(heading))]
    lines = ["| " + " | ".join(heading) + " |", "|" + "|".join("--:" if flag else "---" for flag in right) + "|"]
    lines += ["| " + " | ".join(shown(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)
