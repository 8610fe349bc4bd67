"""From a file in the inbox to typed staging, with every file read in a child process of its own.

The child (schemas/reading_child.py) has limits on memory, file size, processor time and wall time. Whatever
happens to it, `read_file` returns a FileReading: a child that dies is a refused file with a Problem.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import tempfile
import threading
import time
import types
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from multiprocessing.context import ForkServerContext
from pathlib import Path
from shutil import rmtree
from typing import Any

from schemas.contract import Contract
from schemas.problems import NOTICES as NOTICES
from schemas.problems import Problem as Problem
from schemas.problems import tell
from schemas.reading_job import Job, enter
from schemas.settings import Settings
from schemas.workspace import WorkspaceError, sync_file, sync_folder

LARGEST_ANSWER = 16_000_000  # bytes of JSON; a child that sends more is not ours any more


@dataclass
class FileReading:
    """The outcome for one file. Amounts are SEK, None when the file has no money column.

    rows_received = rows in staging + rows_bad + rows_skipped; the same holds for the SEK.
    `staging` and `bad` are files in the out_dir, or None.
    """

    dataset: str
    file_name: str
    sha256: str
    size_bytes: int
    status: str  # read | refused
    encoding: str | None
    delimiter: str | None
    rows_received: int
    rows_bad: int
    rows_skipped: int
    sek_received: Decimal | None
    sek_bad: Decimal | None
    columns_delivered: list[str]
    columns_unknown: list[str]
    columns_absent: list[str]
    problems: list[Problem]
    staging: Path | None
    bad: Path | None
    seconds: float
    sek_skipped: Decimal | None = None
    contract_hash: str = ""

    @property
    def refusal(self) -> Problem | None:
        """Why the file was refused; None for a file that was read."""
        return self.problems[0] if self.status == "refused" else None


@dataclass
class _Answer:
    """What came back from the child: its JSON, or the rule and facts of its end."""

    content: dict[str, Any] = field(default_factory=dict)
    rule: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def read_file(path: Path, contract: Contract, out_dir: Path, settings: Settings) -> FileReading:
    """Reads `path` by `contract`, leaves typed rows and bad rows as Parquet in `out_dir`.

    The names of the outputs hold the file's content hash and the contract's, so that the same content is staged
    once. Raises nothing about the file; OSError only when `out_dir` cannot be written, here or by the child.
    """
    started = time.monotonic()
    path, out_dir = Path(path), Path(out_dir)
    out_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".reading-", dir=out_dir)).resolve()
    try:
        answer = _run_child(path, contract, work, settings)
        if reason := answer.content.get("disk"):
            raise WorkspaceError(f"{out_dir}: {reason}. Mend it, then run the night again.")
        reading = _reading(path, contract, answer)
        if reading.status == "read":
            stem = f"{contract.dataset}-{reading.sha256[:16]}-{contract.content_hash[:8]}"
            reading.staging = _keep(work / "staging.parquet", out_dir / f"{stem}.parquet")
            reading.bad = _keep(work / "bad.parquet", out_dir / f"{stem}.bad.parquet")
            sync_folder(out_dir)
    finally:
        rmtree(work, ignore_errors=True)
    reading.seconds = time.monotonic() - started
    return reading


def _keep(made: Path, kept: Path) -> Path | None:
    if not made.exists():
        kept.unlink(missing_ok=True)
        return None
    made.chmod(0o600)
    sync_file(made)  # the warehouse is published on the strength of it
    os.replace(made, kept)
    return kept


def _reading(path: Path, contract: Contract, answer: _Answer) -> FileReading:
    content = answer.content
    findings = content.get("findings", [])
    if answer.rule is not None:
        findings = [{"rule": answer.rule, "row": None, "column": None, "facts": answer.facts}]
    problems = [tell(path.name, f["rule"], f["row"], f["column"], f["facts"]) for f in findings]
    read = content.get("status") == "read"
    money = {name: _sek(content.get(f"sek_{name}")) for name in ("good", "bad", "skipped")}
    has_money = read and content["has_money"]
    return FileReading(
        dataset=contract.dataset, file_name=path.name, sha256=content.get("sha256", ""),
        size_bytes=content.get("size_bytes", 0), status="read" if read else "refused",
        encoding=content.get("encoding"), delimiter=content.get("delimiter"),
        rows_received=content.get("rows_received", 0), rows_bad=content.get("rows_bad", 0),
        rows_skipped=content.get("rows_skipped", 0),
        sek_received=sum(money.values(), Decimal(0)) if has_money else None,
        sek_bad=money["bad"] if has_money else None,
        columns_delivered=content.get("columns_delivered", []),
        columns_unknown=content.get("columns_unknown", []), columns_absent=content.get("columns_absent", []),
        problems=problems, staging=None, bad=None, seconds=0.0,
        sek_skipped=money["skipped"] if has_money else None, contract_hash=contract.content_hash,
    )  # fmt: skip


def _sek(text: str | None) -> Decimal:
    return Decimal(text) if text is not None else Decimal(0)


def _run_child(path: Path, contract: Contract, work: Path, settings: Settings) -> _Answer:
    """Starts the child, waits for its answer or its end; a child that takes too long is killed."""
    limits = settings.limits
    with _fork_server() as context:
        job = Job(
            path=path.absolute(), contract=contract, work=work, threads=settings.threads,
            memory_limit=f"{limits.memory_mb * 6 // 10}MB", memory_mb=limits.memory_mb, seconds=limits.seconds,
            max_bytes=limits.max_file_mb * 1_000_000, archive_ratio=limits.archive_ratio, seed=settings.seed,
        )  # fmt: skip
        receiving, sending = context.Pipe(duplex=False)
        child = context.Process(target=enter, args=(job, sending), daemon=True)
        child.start()
    sending.close()
    try:
        if not receiving.poll(limits.seconds):
            return _Answer(rule="timeout", facts={"seconds": limits.seconds})
        return _Answer(content=json.loads(receiving.recv_bytes(LARGEST_ANSWER)))
    except (EOFError, OSError, ValueError):
        child.join(5)
        return _died(child.exitcode, limits.seconds)
    finally:
        receiving.close()
        if child.is_alive():
            child.join(1)
            child.kill()
        child.join()
        child.close()


def _died(exit_code: int | None, seconds: int) -> _Answer:
    if exit_code == -signal.SIGXCPU:
        return _Answer(rule="timeout", facts={"seconds": seconds})
    if exit_code is not None and exit_code < 0:
        return _Answer(rule="child_died", facts={"how": signal.Signals(-exit_code).name})
    return _Answer(rule="child_died", facts={"how": f"kod {exit_code}"})


_start_lock = threading.Lock()
_context: ForkServerContext | None = None


@contextmanager
def _fork_server() -> Iterator[ForkServerContext]:
    """The fork server's context, with this program's main module out of sight while a child is started.

    multiprocessing would import the main module again in every child. That may be a whole flow engine, which the
    child needs as little as the memory it would take.
    """
    global _context
    with _start_lock:
        if _context is None:
            _context = multiprocessing.get_context("forkserver")
            _context.set_forkserver_preload(["schemas.reading_child"])
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield _context
        finally:
            sys.modules["__main__"] = main
