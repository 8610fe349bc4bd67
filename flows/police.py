"""`avvik police`: an extract of one group's report for the police, re-keyed for its recipient and logged.

    <workspace>/police/
      .lock                 one extract at a time
      keys/<recipient>.json a random key a recipient: the same codes every time, and nobody else's
      extracts/<id>/        the page and the workbook (or elsewhere, with --out)
      log.jsonl             one line an extract, written before its files can be seen; only ever added to

A line of the log holds the hash of the line before it, so that a changed or removed line shows (`--log` checks).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from flows import clock
from flows.failures import UsageError
from flows.stored_state import record_of, run_folder
from schemas import protected
from schemas.workspace import FILE_MODE, FOLDER_MODE, Workspace, sync_folder, sync_tree

FOLDER, LOG = "police", "log.jsonl"
_FIRST = "0" * 64  # what the first line of the log holds as the hash of the line before
_LETTERS = {"organisation": "O", "account": "K", "address": "A", "person": "P", "invoice": "F", "venue": "L"}


def extract(run_id: str, group_id: str, recipient: str, basis: str, by: str, cases: Sequence[str],
            workspace: Path, out: Path | None) -> int:
    """Write an extract and its line in the log; 0. UsageError or PoliceError says why there is none."""
    from reports import page, police
    from reports.load import load_run

    for name, value in (("--recipient", recipient), ("--basis", basis), ("--by", by)):
        if len(value.strip()) < 3:
            raise UsageError(f"{name} must say something: an extract without it could not be answered for.")
    place = _workspace(workspace)
    folder = run_folder(place, run_id)
    record_of(folder)
    marks = protected.read(folder)
    if not marks.present:
        raise UsageError(f"run {folder.name} was made before protected persons were marked. Run a night, "
                         "and make the extract from that run.")
    run = load_run(folder)
    if group_id not in run.groups:
        raise UsageError(f"run {folder.name} has no group {group_id}. Groups: {', '.join(run.groups)}.")
    latest = place.latest_run()
    today = protected.read(latest).tokens if latest is not None else frozenset()
    with _held(place):
        key = _key(place, recipient)

        def rekey(kind: str, token: str) -> str:
            digest = hmac.new(key, f"{kind}\x1f{token}".encode(), hashlib.sha256).hexdigest()
            return f"{_LETTERS[kind]}-{digest[:12]}"

        language = str(run.meta.get("language", "sv"))
        try:
            made = police.make(run, run.groups[group_id], language, rekey, cases, today, marks.known)
        except police.PoliceError as refused:
            raise UsageError(str(refused)) from None
        now = clock.now()
        name = f"U{now:%Y%m%d}-{os.urandom(4).hex()}"
        stamp = police.Stamp(name, recipient.strip(), basis.strip(), by.strip(), f"{now:%Y-%m-%d %H:%M}")
        files = {"index.html": police.extract_page(made, stamp).encode(),
                 "extract.xlsx": police.extract_workbook(made, stamp)}
        parent = (out or place.root / FOLDER / "extracts").expanduser().resolve()
        target = _prepared(parent, name, files, page)
        try:
            _append(place, {
                "extract": name, "at": now.isoformat(timespec="seconds"), "by": stamp.by,
                "recipient": stamp.recipient, "basis": stamp.basis, "run": folder.name, "group": group_id,
                "subjects": len(made.subjects), "cases": made.cases, "left_out": made.left_out,
                "protected_known": marks.known, "folder": str(parent / name),
                "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}})
            os.replace(target, parent / name)
            sync_folder(parent)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
    print(f"extract {name}: {len(made.subjects)} subjects, {sum(made.left_out.values())} left out")
    if not marks.known:
        print("the register of persons does not say who is protected, so rows on public roles were left out")
    print(f"  {parent / name / 'index.html'}\n  {parent / name / 'extract.xlsx'}")
    return 0


def show_log(workspace: Path) -> int:
    """Print the log, oldest first; UsageError when a line was changed or removed."""
    place = _workspace(workspace)
    lines = read_log(place)
    for line in lines:
        files = " ".join(f"{name}:{digest[:12]}" for name, digest in line["files"].items())
        print(f"{line['at']}  {line['extract']}  {line['group']}  {line['subjects']} subjects  to {line['recipient']}"
              f"  basis: {line['basis']}  by {line['by']}  run {line['run']}  {files}")
    print(f"{len(lines)} extracts")
    return 0


def read_log(place: Workspace) -> list[dict[str, Any]]:
    """The lines of the log. UsageError naming the line from which it no longer fits."""
    path = place.root / FOLDER / LOG
    if not path.is_file():
        return []
    lines, before = [], None
    for at, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            held = line["before"]
        except (ValueError, KeyError, TypeError):
            raise UsageError(f"{path}: line {at} is damaged. Restore the log from the backup.") from None
        # after a purge the log begins with a line whose earlier one is gone
        if before is not None and held != before:
            raise UsageError(f"{path}: line {at} does not follow the line before it: a line was changed or removed. "
                             "Restore the log from the backup.")
        before = hashlib.sha256(text.encode()).hexdigest()
        lines.append(line)
    return lines


def _workspace(workspace: Path) -> Workspace:
    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the night was run in.")
    return Workspace(workspace)


@contextlib.contextmanager
def _held(place: Workspace) -> Iterator[None]:
    """The folder, private, and one extract at a time; files made inside are private from their first byte."""
    folder = place.root / FOLDER
    for one in (folder, folder / "keys", folder / "extracts"):
        one.mkdir(mode=FOLDER_MODE, exist_ok=True)
        one.chmod(FOLDER_MODE)
    before = os.umask(0o077)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
        os.umask(before)


def _key(place: Workspace, recipient: str) -> bytes:
    """The recipient's key, made the first time. Recipients are told apart by their words, not by capitals or blanks."""
    plain = " ".join(recipient.casefold().split())
    path = place.root / FOLDER / "keys" / f"{hashlib.sha256(plain.encode()).hexdigest()[:16]}.json"
    if path.is_file():
        return bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["key"])
    key = os.urandom(32)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps({"recipient": recipient.strip(), "key": key.hex()}), encoding="utf-8")
    partial.chmod(FILE_MODE)
    os.replace(partial, path)
    sync_folder(path.parent)
    return key


def _prepared(parent: Path, name: str, files: dict[str, bytes], page: Any) -> Path:
    """The extract under a name nobody looks at yet."""
    try:
        parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        target = parent / f".{name}.tmp"
        for path, content in files.items():
            page.write_file(target / path, content)
        sync_tree(target)
    except OSError as error:
        raise UsageError(
            f"{parent}: cannot be written to ({error.strerror}). Name another folder with --out.") from None
    return target


def _append(place: Workspace, line: dict[str, Any]) -> None:
    """Add a line to the log and wait until it is on disk. UsageError when the log has been tampered with."""
    read_log(place)
    path = place.root / FOLDER / LOG
    last = path.read_text(encoding="utf-8").splitlines()[-1:] if path.is_file() else []
    before = hashlib.sha256(last[0].encode()).hexdigest() if last else _FIRST
    text = json.dumps({**line, "before": before}, ensure_ascii=False, sort_keys=True) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.write(handle, text.encode())
        os.fsync(handle)
    finally:
        os.close(handle)
