"""`avvik purge`: remove what is past its date by the settings' `retention`, say what and why, and write it down.

What goes: rows of the exports in typed copies and warehouse, typed copies nobody names, earlier warehouses, run
folders with their reports, quarantined rows kept with runs, memory of subjects that are gone, copies of police
extracts and lines of their log. What never goes: the latest run, the present warehouse, the memory of live cases.
"""

from __future__ import annotations

import contextlib
import datetime
import getpass
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from flows import clock, police, purged
from flows.failures import UsageError
from schemas import forgetting, formats
from schemas.forgetting import cutoff
from schemas.retention import REASONS, Retention
from schemas.settings import Settings, load_settings
from schemas.source_mapping import contracts_for
from schemas.warehouse import Warehouse
from schemas.warehouse_load import WarehouseError
from schemas.warehouse_upgrade import upgrade
from schemas.workspace import FILE_MODE, Workspace, sync_file, sync_folder

LOG = "purge.jsonl"


@dataclass(frozen=True)
class Item:
    """One thing past its date. `days`: the setting that says so, '' for what nobody needs any more."""

    what: str
    name: str
    count: int
    unit: str
    size: int
    days: str
    remove: Callable[[], None] | None


def purge(workspace: Path, settings_path: Path | None, as_of: datetime.date | None, dry_run: bool) -> int:
    """Print what is past its date and, unless `dry_run`, remove it; 0."""
    settings = load_settings(settings_path)
    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the nights are run in.")
    day = as_of or clock.now().date()
    place = Workspace(workspace)
    with place.lock():
        contracts = contracts_for(settings)
        _must_be_ours(place)
        if not dry_run:
            upgrade(place, settings, contracts)
        outgoing = forgetting.plan(place, settings, contracts, day)
        items = [_rows(out, days, rows) for out in outgoing for days, rows in out.reasons.items()]
        items += _others(place, settings, day, states_go=bool(outgoing))
        for line in told(items, settings.retention, day, dry_run):
            print(line)
        if dry_run or not items:
            return 0
        if outgoing:
            forgetting.carry_out(place, settings, contracts, day, outgoing)
        for item in items:
            if item.remove is not None:
                item.remove()
        # typed copies that were rewritten, or that only a removed warehouse named, are named by nobody now
        for item in _orphans(place, settings):
            items.append(item)
            if item.remove is not None:
                item.remove()
        _write_down(place, items, day)
    return 0


def _must_be_ours(place: Workspace) -> None:
    """FormatError when a run is of a newer version: nobody here knows what in it is past its date."""
    for folder in _run_folders(place):
        with contextlib.suppress(formats.RecordError):
            formats.read_record(folder)


def told(items: list[Item], keep: Retention, day: datetime.date, dry_run: bool) -> Iterator[str]:
    """What goes, one line a thing under its reason, and the sums last."""
    yield f"counting back from {day}{', nothing is removed (dry run)' if dry_run else ''}"
    for days in sorted({item.days for item in items}):
        why = f"{days} = {getattr(keep, days)}: {REASONS[days]}" if days else "named by nobody any more"
        yield f"\n{why}"
        for item in items:
            if item.days == days:
                yield f"  {item.what} {item.name}: {item.count} {item.unit}, {_size(item.size)}"
    total = sum(item.size for item in items)
    yield (f"\n{len(items)} things{' would go' if dry_run else ' gone'}, {_size(total)}" if items
           else "nothing is past its date")


def _rows(out: forgetting.Outgoing, days: str, rows: int) -> Item:
    return Item("rows of", f"{out.file.dataset} {out.file.file_name}", rows, "rows", 0, days, None)


def _others(place: Workspace, settings: Settings, day: datetime.date, states_go: bool) -> list[Item]:
    keep = settings.retention
    items = _states(place, settings, cutoff(day, keep.states_days), states_go)
    items += _runs(place, cutoff(day, keep.runs_days))
    gone = {item.name for item in items}
    left = [folder for folder in _run_folders(place) if folder.name not in gone]
    items += _quarantines(left, day, cutoff(day, keep.quarantine_days))
    items += _cases(left, day, cutoff(day, keep.cases_days))
    items += _police(place, cutoff(day, keep.police_days), cutoff(day, keep.police_log_days))
    return items + _orphans(place, settings)


def _run_folders(place: Workspace) -> list[Path]:
    return sorted(path for path in place.runs.glob("[0-9]*") if path.is_dir())


def _runs(place: Workspace, before: datetime.date) -> list[Item]:
    latest = place.latest_run()
    return [_tree("run", path, "runs_days") for path in _run_folders(place)
            if _day_of(path.name) < before and (latest is None or path.name != latest.name)]


def _quarantines(runs: list[Path], day: datetime.date, before: datetime.date) -> list[Item]:
    return [_marked(_tree("quarantined rows of run", path / "quarantine", "quarantine_days", path.name),
                    path, purged.QUARANTINE, day, before)
            for path in runs if _day_of(path.name) < before and any((path / "quarantine").glob("*"))]


def _marked(item: Item, run: Path, part: str, day: datetime.date, before: datetime.date) -> Item:
    """The same, written down in the run before it is done."""
    def remove() -> None:
        purged.mark(run, part, day, before)
        if item.remove is not None:
            item.remove()
    return replace(item, remove=remove)


def _cases(runs: list[Path], day: datetime.date, before: datetime.date) -> list[Item]:
    """Rows of cases.parquet about subjects that are gone and were last seen before the day."""
    items = []
    for folder in runs:
        path = folder / "cases.parquet"
        if not path.is_file():
            continue
        table = pq.read_table(path)
        rest = purged.without_past_cases(table, before)
        count = table.num_rows - rest.num_rows
        if count:
            items.append(_marked(Item("memory of cases in run", folder.name, count, "cases", 0, "cases_days",
                                      _rewrite(path, rest)), folder, purged.CASES, day, before))
    return items


def _rewrite(path: Path, rest: pa.Table) -> Callable[[], None]:
    def remove() -> None:
        partial = path.with_name(f".{path.name}.partial")
        pq.write_table(rest, partial, compression="zstd")
        partial.chmod(FILE_MODE)
        sync_file(partial)
        os.replace(partial, path)
    return remove


def _states(place: Workspace, settings: Settings, before: datetime.date, all_of_them: bool) -> list[Item]:
    """Earlier warehouses; those that hold rows which go, or went in a purge that was killed, whatever their age."""
    items = []
    holding = set(forgetting.superseded(place, settings))
    for path in place.kept_states():
        if all_of_them or path in holding:
            items.append(_file("earlier warehouse", path, "events_days"))
        elif _state_day(path, settings) < before:
            items.append(_file("earlier warehouse", path, "states_days"))
    return items


def _state_day(path: Path, settings: Settings) -> datetime.date:
    """The night a warehouse was built for; of one that cannot be opened the day it was written."""
    try:
        with Warehouse.open_read_only(path, settings) as warehouse:
            name = warehouse.stamped()
    except WarehouseError:
        name = None
    if name:
        return _day_of(name)
    return datetime.datetime.fromtimestamp(path.stat().st_mtime, clock.SWEDISH_TIME).date()


def _police(place: Workspace, before: datetime.date, log_before: datetime.date) -> list[Item]:
    folder = place.root / police.FOLDER
    items = [_tree("police extract", path, "police_days") for path in sorted((folder / "extracts").glob("U*"))
             if datetime.datetime.strptime(path.name[1:9], "%Y%m%d").date() < before]
    log = folder / police.LOG
    if log.is_file():
        lines = police.read_log(place)
        old = [line for line in lines if _day_of(line["at"]) < log_before]
        if old:
            items.append(Item("lines of", f"{police.FOLDER}/{police.LOG}", len(old), "lines", 0, "police_log_days",
                              lambda: _shorten(log, len(old))))
    return items


def _shorten(log: Path, lines: int) -> None:
    """The log without its first lines; the rest stays as it was written, so its hashes still hold."""
    rest = log.read_text(encoding="utf-8").splitlines(keepends=True)[lines:]
    partial = log.with_name(f".{log.name}.partial")
    partial.write_text("".join(rest), encoding="utf-8")
    partial.chmod(FILE_MODE)
    sync_file(partial)
    os.replace(partial, log)


def _orphans(place: Workspace, settings: Settings) -> list[Item]:
    return [_file("typed copy", path, "") if path.is_file() else _tree("folder", path, "")
            for path in forgetting.orphans(place, settings)]


def _day_of(name: str) -> datetime.date:
    return datetime.date.fromisoformat(name[:10])


def _file(what: str, path: Path, days: str) -> Item:
    return Item(what, path.name, 1, "file", path.stat().st_size, days, lambda: path.unlink(missing_ok=True))


def _tree(what: str, path: Path, days: str, name: str = "") -> Item:
    files = [one for one in path.rglob("*") if one.is_file() and not one.is_symlink()]

    def remove() -> None:
        """Out of sight in one step: a folder that is half removed must not pass for a run."""
        aside = path.with_name(f".{path.name}.tmp")
        shutil.rmtree(aside, ignore_errors=True)
        os.replace(path, aside)
        sync_folder(path.parent)
        shutil.rmtree(aside)

    return Item(what, name or path.name, len(files), "files", sum(one.stat().st_size for one in files), days, remove)


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


def _write_down(place: Workspace, items: list[Item], day: datetime.date) -> None:
    """A line in purge.jsonl: who, when, what kind of thing, how many; no name of a subject is in it."""
    sums: dict[str, list[int]] = {}
    for item in items:
        entry = sums.setdefault(f"{item.what} ({item.days or 'unnamed'})", [0, 0])
        entry[0] += item.count
        entry[1] += item.size
    line = {"at": clock.now().isoformat(), "by": getpass.getuser(),
            "as_of": day.isoformat(), "gone": {what: {"count": n, "bytes": size} for what, (n, size) in sums.items()}}
    path = place.root / LOG
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
    try:
        os.write(handle, (json.dumps(line, ensure_ascii=False) + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)
