"""A night that can be broken anywhere: warm processes, counted faults, and what must hold afterwards."""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import shutil
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from schemas.settings import load_settings
from schemas.warehouse import Warehouse
from schemas.workspace import FILE_MODE, FOLDER_MODE, Workspace
from tests.flows.conftest import PROVIDERS, payments

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
EVENING, TONIGHT = "2026-11-21", "2026-11-22"
STEPS, WRITES = 1, 2
COUNT, KILL_BEFORE, KILL_AFTER, FAIL, COPY = 0, 1, 2, 3, 4
HALF_DONE = (".tmp", ".old", ".partial", ".building", ".wal")
_CONTROL = struct.Struct("6q4096s4096s")  # struct control of faults.c
ONE_GROUP = """sg-tvar:
  title: {sv: Tvärgående, en: Across}
  domains: [cross_domain]
  ledger_services: [all]
  subject_types: [provider, association, account, address, landlord]
  persons_visible: false
  police: legal_persons
  contact: Samordnare
  meeting_dates: []
"""


def compiler() -> str:
    """A C compiler, '' where there is none."""
    return shutil.which("cc") or shutil.which("gcc") or ""


class Faults:
    """The shared control of faults.c: what to break in the next night, and how far the last one counted."""

    def __init__(self, folder: Path) -> None:
        self.library, self.control = folder / "faults.so", folder / "control"
        subprocess.run([compiler(), "-O1", "-shared", "-fPIC", "-o", str(self.library), str(HERE / "faults.c"), "-ldl"],
                       check=True)
        self.control.write_bytes(bytes(_CONTROL.size))
        with self.control.open("r+b") as handle:
            self._map = mmap.mmap(handle.fileno(), _CONTROL.size)

    def arm(self, root: Path, family: int, what: int = COUNT, at: int = 0, error: int = 0,
            copies: Path | None = None) -> None:
        """Count `family` below `root` from now on; at the `at`-th call (COPY: after every one) do `what`."""
        self._map[:] = _CONTROL.pack(family, what, at, error, 0, 0, str(root).encode(), str(copies or "").encode())

    def disarm(self) -> tuple[int, bool]:
        """Stop; how many calls were counted, and whether the fault was reached."""
        _, _, _, _, count, fired, _, _ = _CONTROL.unpack(self._map[:])
        self._map[:] = bytes(_CONTROL.size)
        return count, bool(fired)


class Nights:
    """Runs nights in forked processes and says how they ended."""

    def __init__(self, folder: Path, faults: Faults | None = None) -> None:
        self.log, self.faults = folder / "nights.log", faults
        environment = {**os.environ, "AVVIK_WARM_HOME": str(folder / "home"), "PYTHONPATH": str(REPOSITORY)}
        if faults is not None:
            environment |= {"LD_PRELOAD": str(faults.library), "AVVIK_FAULTS": str(faults.control)}
        self._server = subprocess.Popen([sys.executable, "-m", "tests.gates.warm_nights"], cwd=REPOSITORY, text=True,
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log.open("ab"))
        threads = self._answer()["threads"]
        assert threads == 1, "a process with threads must not be forked from"

    def _answer(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        line = self._server.stdout.readline()
        assert line, f"the warm process ended: {self.log.read_text()[-2000:]}"
        return json.loads(line)

    def run(self, arguments: list[str], kill_after: float | None = None) -> tuple[int, str]:
        """One command of avvik: its exit code (minus the signal when killed) and what it said."""
        said = self.log.stat().st_size
        assert self._server.stdin is not None
        job = {"arguments": arguments, "log": str(self.log), "kill_after": kill_after}
        self._server.stdin.write(json.dumps(job) + "\n")
        self._server.stdin.flush()
        code = self._answer()["code"]
        return code, self.log.read_bytes()[said:].decode(errors="replace")

    def close(self) -> None:
        assert self._server.stdin is not None
        self._server.stdin.close()
        try:
            self._server.wait(60)
        except subprocess.TimeoutExpired:  # nothing hangs on how it ends
            self._server.kill()
            self._server.wait()


class Scene:
    """A workspace with yesterday's night in it, an inbox for tonight, and what an undisturbed night makes of them."""

    def __init__(self, folder: Path, nights: Nights) -> None:
        self.folder, self.nights, self.inbox = folder, nights, folder / "inbox"
        self.inbox.mkdir()
        groups = folder / "groups.yaml"
        groups.write_text(ONE_GROUP, encoding="utf-8")
        self.settings = folder / "settings.yaml"
        self.settings.write_text(f"groups: {groups}\n", encoding="utf-8")
        self._deliver(EVENING, payments(30))
        self.before = folder / "before"
        assert self.night(self.before, EVENING)[0] == 0
        self._deliver(TONIGHT, payments(60))  # corrects and adds: rows are replaced, and some are new
        self.whole = self.copy("whole")
        started = time.monotonic()
        assert self.night(self.whole)[0] == 0
        self.seconds = time.monotonic() - started
        self.content_before, self.content_after = content(self.before), content(self.whole)
        assert self.content_before != self.content_after

    def _deliver(self, day: str, rows: str) -> None:
        (self.inbox / f"providers_{day}.csv").write_text(PROVIDERS, encoding="utf-8")
        (self.inbox / f"supplier_payments_{day}.csv").write_text(rows, encoding="utf-8")

    def copy(self, name: str) -> Path:
        """A fresh copy of yesterday's workspace."""
        target = self.folder / name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.before, target, symlinks=True)
        return target

    def night(self, workspace: Path, day: str = TONIGHT, kill_after: float | None = None) -> tuple[int, str]:
        return self.nights.run(["night", "--inbox", str(self.inbox), "--workspace", str(workspace), "--as-of", day,
                                "--settings", str(self.settings)], kill_after)

    def must_be_whole(self, workspace: Path) -> str:
        """After any end of a night readers find yesterday's run or tonight's, nothing between; says which."""
        found = content(workspace)
        if found["run"] == self.content_before["run"]:
            return "yesterday"
        assert found["run"] == self.content_after["run"], "what `latest` shows is neither night, whole"
        return "tonight"

    def must_recover(self, workspace: Path) -> None:
        """The same command again, and all is as if nothing had happened."""
        code, said = self.night(workspace)
        assert code == 0, said
        found = differences(content(workspace), self.content_after)
        assert not found, found
        assert not [path.name for path in workspace.rglob("*") if path.name.endswith(HALF_DONE)]


Stage = tuple[Scene, Faults]
_looked: dict[str, dict[str, Any]] = {}


def content(workspace: Path) -> dict[str, Any]:
    """As `_content`; the same bytes and modes in all that readers see are not read a second time."""
    place, seen = Workspace(workspace), hashlib.sha256()
    latest = place.latest_run()
    assert latest is not None
    for path in [*sorted(place.root.glob("avvik.duckdb*")), latest, *sorted(latest.rglob("*"))]:
        seen.update(f"{path.relative_to(place.root)} {path.stat().st_mode}\n".encode())
        if path.is_file():
            seen.update(hashlib.sha256(path.read_bytes()).digest())
    if seen.hexdigest() not in _looked:
        if len(_looked) > 8:
            _looked.pop(next(iter(_looked)))
        _looked[seen.hexdigest()] = _content(workspace)
    return _looked[seen.hexdigest()]


def _content(workspace: Path) -> dict[str, Any]:
    """All that a night leaves, without clocks: the warehouse's rows (hash), and the run's files."""
    place = Workspace(workspace)
    with Warehouse.open_read_only(place.database, load_settings(None)) as warehouse:
        rows = warehouse.content_hash()
    folder = place.latest_run()
    assert folder is not None
    run: dict[str, Any] = {"id": folder.name}
    for path in sorted(folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (FOLDER_MODE if path.is_dir() else FILE_MODE), path
        name = path.relative_to(folder).as_posix()
        if name in ("ledger.parquet", "checks.parquet"):
            run[name] = pq.read_table(path).drop_columns(["seconds"]).to_pylist()
        elif name == "run.json":
            kept = json.loads(path.read_text(encoding="utf-8"))
            run[name] = {key: value for key, value in kept.items() if key not in ("seconds", "finished_at", "outputs")}
        elif name == "reports/index.html":  # the analyst's page shows the clock: how long each stage took
            run[name] = "written"
        elif path.is_file():
            run[name] = path.read_bytes()
    return {"rows": rows, "run": run}


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What two contents do not have in common: file names, of run.json its keys."""
    found = [] if one["rows"] == other["rows"] else ["rows of the warehouse"]
    for name in sorted({*one["run"], *other["run"]}):
        mine, its = one["run"].get(name), other["run"].get(name)
        if mine != its and isinstance(mine, dict) and isinstance(its, dict):
            found += [f"{name}: {key}" for key in sorted({*mine, *its}) if mine.get(key) != its.get(key)]
        elif mine != its:
            found.append(name)
    return found
