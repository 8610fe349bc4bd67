"""What a night costs for its own safety: waits for the disk, copies of state, and child processes that read files.

    python benchmarks/safety_cost.py [--inbox FOLDER] [--scale 0.1] [--repeat 1] [--json FILE]

Every night begins with yesterday's warehouse in place (a night on one row), so that there is a state to keep. Three
kinds of night are run on the same inbox:

- as it is, with every fsync, rename, link and copy counted and timed over all its processes (waits.c);
- without fsync: the calls return at once;
- without child processes: files are read in the night's own process, without its limits on memory and time.

What a kind saves against the night as it is, and the seconds inside the calls, are the cost. CPU seconds hold on a
busy machine; seconds inside calls and wall seconds follow the load, so the load is told. Needs Linux and a C compiler.
"""

from __future__ import annotations

import argparse
import json
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import measuring
from municipality_year import AS_OF, ONE_PROVIDER, ROOT

YESTERDAY = "2026-11-21"
AIM = 0.10  # of the night
_CONTROL = struct.Struct("5q")  # struct control of waits.c
AS_IT_IS, NO_WAITS, NO_CHILDREN = "as it is", "without fsync", "without child processes"


@dataclass(frozen=True)
class Night:
    """Seconds; waits and moves are calls, and the seconds spent in them added up over threads and processes."""

    wall: float
    cpu: float
    waits: int
    wait_seconds: float
    moves: int
    move_seconds: float


def main() -> int:
    if sys.argv[1:2] == ["--read-here"]:
        return _night_that_reads_itself(sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inbox", type=Path, help="folder of the exports, filled when empty")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--repeat", type=int, default=1, help="nights of each kind; the quickest by CPU is shown")
    parser.add_argument("--json", type=Path, help="also write everything that was measured here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avvik-safety-") as name:
        temporary = Path(name)
        inbox = options.inbox or temporary / "inbox"
        settings = inbox.with_name(inbox.name + "-truth") / "settings.yaml"
        if not inbox.is_dir() or not any(inbox.iterdir()):
            from data_samples import generate

            generate(inbox, options.scale, 1, date.fromisoformat(AS_OF), mess=False, truth=settings.parent)
        measuring.warm(temporary / "prefect")
        library = _library(temporary)
        more = ["--settings", str(settings)] if settings.is_file() else []
        nights = {kind: min((_night(temporary, library, inbox, more, kind) for _ in range(options.repeat)),
                            key=lambda night: night.cpu) for kind in (AS_IT_IS, NO_WAITS, NO_CHILDREN)}
        sizes = [path.stat().st_size for path in inbox.iterdir()]
        measured = {"date": date.today().isoformat(), "machine": measuring.machine(), "files": len(sizes),
                    "csv_mb": sum(sizes) / 1e6,
                    "nights": {kind: asdict(night) for kind, night in nights.items()}}
    print(told(measured, nights))
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    return 0


def _library(temporary: Path) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        raise SystemExit("no C compiler: install gcc to measure this")
    made = temporary / "waits.so"
    source = Path(__file__).with_name("waits.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def _night(temporary: Path, library: Path, inbox: Path, more: list[str], kind: str) -> Night:
    """A night after a night on one row, in a new workspace."""
    workspace, before = temporary / "workspace", temporary / "before"
    shutil.rmtree(workspace, ignore_errors=True)
    before.mkdir(exist_ok=True)
    (before / f"providers_{YESTERDAY}.csv").write_text(ONE_PROVIDER, encoding="utf-8")
    _ran([sys.executable, "-m", "flows.cli"], before, workspace, YESTERDAY, [], {})
    control = temporary / "control"
    control.write_bytes(_CONTROL.pack(kind == NO_WAITS, 0, 0, 0, 0))
    start = [sys.executable, str(Path(__file__).resolve()), "--read-here"] if kind == NO_CHILDREN \
        else [sys.executable, "-m", "flows.cli"]
    cost = _ran(start, inbox, workspace, AS_OF, more, {"LD_PRELOAD": str(library), "AVVIK_WAITS": str(control)})
    _, waits, wait_ns, moves, move_ns = _CONTROL.unpack(control.read_bytes())
    if kind != NO_WAITS and not (waits and moves):
        raise SystemExit("no fsync was seen: waits.c was not loaded")
    return Night(cost.wall, cost.cpu, waits, wait_ns / 1e9, moves, move_ns / 1e9)


def _ran(start: list[str], inbox: Path, workspace: Path, day: str, more: list[str],
         environment: dict[str, str]) -> measuring.Cost:
    command = [*start, "night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day, *more]
    cost = measuring.run(command, {"PYTHONPATH": str(ROOT), **environment})
    if cost.exit_code > 1:
        raise SystemExit(f"the night failed:\n{cost.output}")
    return cost


def _night_that_reads_itself(words: list[str]) -> int:
    """`avvik` with the reading of files put back into its own process; nothing but a yardstick."""
    sys.path.remove(str(Path(__file__).resolve().parent))  # benchmarks/detectors.py is not the package
    from flows import cli
    from schemas import reader, reading_child
    from schemas.reading_job import Job

    def here(path: Path, contract: Any, work: Path, settings: Any) -> Any:
        limits = settings.limits
        job = Job(path=path.absolute(), contract=contract, work=work, threads=settings.threads,
                  memory_limit=f"{limits.memory_mb * 6 // 10}MB", memory_mb=limits.memory_mb, seconds=limits.seconds,
                  max_bytes=limits.max_file_mb * 1_000_000, archive_ratio=limits.archive_ratio, seed=settings.seed)
        return reader._Answer(content=json.loads(json.dumps(reading_child.read(job))))

    reader._run_child = here
    sys.argv = ["avvik", *words]
    return cli.main()


def told(measured: dict[str, Any], nights: dict[str, Night]) -> str:
    """Everything measured as markdown."""
    whole = nights[AS_IT_IS]
    children = max(0.0, whole.cpu - nights[NO_CHILDREN].cpu)
    waits, moves = whole.wait_seconds, whole.move_seconds
    total = (waits + moves) / whole.wall + children / whole.cpu
    rows = [(kind, n.wall, n.cpu, n.waits, n.wait_seconds, n.moves, n.move_seconds) for kind, n in nights.items()]
    shares = [("waits for the disk (fsync)", waits, f"{100 * waits / whole.wall:.1f} % of its wall time"),
              ("renames, links and copies", moves, f"{100 * moves / whole.wall:.1f} % of its wall time"),
              ("child processes for reading", children, f"{100 * children / whole.cpu:.1f} % of its CPU time")]
    return "\n".join([
        measuring.said_of(measured["date"], measured["machine"]),
        f"{measured['files']} files, {measured['csv_mb']:,.0f} MB of CSV, yesterday's warehouse in place.", "",
        measuring.table(["night", "wall s", "CPU s", "fsync calls", "s in them", "moves", "s in them"], rows), "",
        measuring.table(["cost of safety", "s", "share of the night"], shares), "",
        f"Together {100 * total:.1f} % of the night (aim: at most {100 * AIM:.0f} %): "
        f"{'kept' if total <= AIM else 'missed'}."])


if __name__ == "__main__":
    sys.exit(main())
