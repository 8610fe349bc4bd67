"""`avvik rebuild RUN`: make a run again from what was kept of its inputs, and compare every file byte by byte.

The typed copies of the files, the settings, groups and contracts of the run and the run before it are its inputs. Two
things are taken from the record because they are no results: what was delivered and refused, and how long things took.
Nothing in the workspace is changed.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows import input_hash, outputs, purged, run_record
from flows.failures import UsageError
from flows.screen import say
from flows.stored_state import files_of_run, lend, lend_files, mappings_of_run, record_of, run_folder, settings_of_run
from flows.tonight import Tonight
from schemas import warehouse_about
from schemas.groups import parse_groups
from schemas.quality import CheckResult
from schemas.settings import Settings
from schemas.warehouse import Warehouse
from schemas.warehouse_load import FileRow, StagingMissing, check_staging
from schemas.workspace import Workspace

SAME, OTHER = 0, 1
SHOWN = 20
CASES_FILE = "cases.parquet"


def rebuild(run_id: str, workspace: Path, out: Path | None) -> int:
    """Rebuild a run, say which files differ, return 0 when none does, else 1. out: an empty folder to keep it in.

    UsageError when the run is unknown, or what it was made from is no longer kept or has another version.
    """
    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the night was run in.")
    place = Workspace(workspace)
    folder = run_folder(place, run_id)
    if out is not None and (out.resolve().is_relative_to(place.root) or (out.exists() and any(out.iterdir()))):
        raise UsageError(f"{out}: name an empty folder outside the workspace.")
    record = record_of(folder)
    with tempfile.TemporaryDirectory(prefix="avvik-") as beside:
        umask = os.umask(0o077)
        try:
            made = _made_again(place, Workspace(Path(beside)), folder, record)
        finally:
            os.umask(umask)
        differing, purges = _differences(folder, made)
        if out is not None:
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in made.iterdir():
                shutil.move(path, out / path.name)
    return _tell(folder, record, differing, purges)


def _made_again(place: Workspace, work: Workspace, folder: Path, record: Mapping[str, Any]) -> Path:
    from flows import steps

    # what can be told without the rules is told before they are loaded
    _must_be_the_same(record, {"code_hash": input_hash.code_hash()})
    settings = settings_of_run(folder)
    files = files_of_run(place, folder, settings)
    _must_not_be_purged(place, folder, record, settings, files)
    try:
        check_staging(files, place.staging)
    except StagingMissing:
        raise UsageError(f"typed copies of files of run {folder.name} are gone from {place.staging}.") from None
    tonight = Tonight(place.root, work.root, datetime.date.fromisoformat(record["as_of"]), settings,
                      mappings_of_run(folder))
    _must_be_the_same(record, {"contracts_hash": input_hash.contracts_hash(tonight.contracts),
                               "catalogue_hash": tonight.catalogue.content_hash})
    tonight.groups = parse_groups(json.loads((folder / "groups.json").read_text(encoding="utf-8")))
    tonight.run_id = record["run_id"]
    lend_files(place, work, files)
    tonight.previous = _lend_earlier(place, work, folder, record["previous_run"])
    run_dir = work.begin_run(folder.name)
    with Warehouse.building(work, tonight.settings) as warehouse:
        tonight.warehouse = warehouse
        warehouse.load([], files, tonight.contracts, tonight.as_of)
        warehouse.stamp(folder.name)
        run_record.write_inputs(tonight, run_dir)
        checks = _checks_as_timed(folder, steps.validate.fn(tonight, run_dir))
        run_record.write_checks(checks, run_dir)
        steps.balance.fn(tonight, run_dir, checks)
        _with_the_refused(folder, run_dir)
        detection = steps.detect.fn(tonight, run_dir)
        took = {row["detector_id"]: row["seconds"] for row in pq.read_table(
            folder / "ledger.parquet", columns=["detector_id", "seconds"]).to_pylist()}
        for row in detection.ledger:
            row.seconds = took.get(row.detector_id, row.seconds)
        steps.rank.fn(tonight, run_dir, detection)
        _write_reports(tonight, run_dir, record)
    return run_dir


def _lend_earlier(place: Workspace, work: Workspace, folder: Path, previous: str | None) -> Path | None:
    """The runs before this one, for what is new and for the memory of cases; returns the one before it.

    DuckDB reads of that one and follows no link out of the folders it may read, so its files are linked one by one.
    """
    for run in place.runs.glob("[0-9]*"):
        if run.name not in (folder.name, previous):
            (work.runs / run.name).symlink_to(run)
    if previous is None:
        return None
    if not (place.runs / previous).is_dir():
        raise UsageError(f"the run before {folder.name}, {previous}, is no longer kept, "
                         "so what was new in it cannot be told again.")
    for path in (place.runs / previous).rglob("*"):
        if path.is_file():
            target = work.runs / previous / path.relative_to(place.runs / previous)
            target.parent.mkdir(parents=True, exist_ok=True)
            lend(path, target)
    return work.runs / previous


def _must_be_the_same(record: Mapping[str, Any], now: Mapping[str, str]) -> None:
    """The code, rules, contracts and libraries of the run; another version would make another run."""
    other = [name for name, value in now.items() if record.get(name) != value]
    other += [name for name, value in input_hash.versions().items() if record["versions"].get(name) != value]
    if other:
        raise UsageError(f"run {record['run_id']} was made with another version ({', '.join(other)}). "
                         f"Rebuild it with Avvik {record['versions'].get('avvik')} of code {record['code_hash'][:12]}.")


def _checks_as_timed(folder: Path, checks: list[CheckResult]) -> list[CheckResult]:
    took = {row["check_id"]: row["seconds"] for row in pq.read_table(
        folder / "checks.parquet", columns=["check_id", "seconds"]).to_pylist()}
    return [dataclasses.replace(check, seconds=took.get(check.check_id, check.seconds)) for check in checks]


def _with_the_refused(folder: Path, run_dir: Path) -> None:
    """Files refused unread left no copy: where all others are accounted for alike, the record stands."""
    kept, made = (pq.read_table(place / "reconciliation.parquet").to_pylist() for place in (folder, run_dir))
    if [row for row in kept if row["rows_received"] is not None and row in made] == made:
        (run_dir / "reconciliation.parquet").write_bytes((folder / "reconciliation.parquet").read_bytes())


def _write_reports(tonight: Tonight, run_dir: Path, record: Mapping[str, Any]) -> None:
    """The reports are written before the night knows how long they took."""
    from flows.tonight import earlier_runs
    from reports import write_reports

    stages = list(record["seconds"])
    known = stages[: stages.index("report")] if "report" in stages else stages
    run_record.write_groups(tonight, run_dir)
    run_record.write_json(
        {key: ({name: value[name] for name in known} if key == "seconds" else value)
         for key, value in record.items() if key not in run_record.FINISHED}, run_dir / "run.json")
    with tonight.part("reports", "Rapporterna", "The reports"):
        write_reports(run_dir, tonight.settings.language, earlier_runs(tonight.previous), tonight.part)


def _differences(folder: Path, made: Path) -> tuple[list[str], list[str]]:
    """What differs, and in words what purges took; what they left is compared like all else."""
    kept, again, marks = outputs.digests(folder), outputs.digests(made), purged.read(folder)
    gone, missing, other = (sorted(names) for names in (
        kept.keys() - again.keys(), again.keys() - kept.keys(),
        [name for name in kept.keys() & again.keys() if kept[name] != again[name]]))
    told = []
    if purged.QUARANTINE in marks:
        taken = [name for name in missing if name.startswith(f"{purged.QUARANTINE}/")]
        missing = [name for name in missing if name not in taken]
        told.append(f"{purged.QUARANTINE}: gallrad {marks[purged.QUARANTINE]['on']} ({len(taken)} filer)")
    if purged.CASES in marks and CASES_FILE in other:
        before = datetime.date.fromisoformat(marks[purged.CASES]["before"])
        one, two = (purged.without_past_cases(pq.read_table(place / CASES_FILE), before) for place in (folder, made))
        if one.equals(two):
            other.remove(CASES_FILE)
            told.append(f"{CASES_FILE}: gallrad {marks[purged.CASES]['on']}, de {one.num_rows} ärenden som är kvar är "
                        "desamma")
    return [*(f"{name}: not made" for name in gone), *(f"{name}: not in the run" for name in missing),
            *(f"{name}: other bytes" for name in other)], told


def _must_not_be_purged(place: Workspace, folder: Path, record: Mapping[str, Any], settings: Settings,
                        files: list[FileRow]) -> None:
    """UsageError when a purge has taken rows of the run's files since: without them it would be another run."""
    then = {(row["dataset"], row["sha256"]): row.get("rows_purged") or 0
            for row in pq.read_table(folder / "reconciliation.parquet").to_pylist()}
    less = [row for row in files if (row.rows_purged or 0) > then.get((row.dataset, row.sha256), 0)]
    if not less:
        return
    with Warehouse.open_read_only(place.database, settings) as warehouse:
        day = warehouse_about.about(warehouse.connection).get("purged", "a day that is not known")
    changed = _changed(folder, record)
    raise UsageError(
        f"rows of {len(less)} files of run {folder.name} are past their date and were purged (last on {day}), so it "
        f"cannot be made again. Of what stands in its folder "
        + (f"{len(changed)} files were changed after it was published: {', '.join(changed[:SHOWN])}." if changed else
           "nothing was changed after it was published, but for what a purge took."))


def _changed(folder: Path, record: Mapping[str, Any]) -> list[str]:
    """Files with other bytes than were published; memory that was purged is told by the comparison."""
    published, marks = record["outputs"], purged.read(folder)
    return [name for name, digest in outputs.digests(folder).items() if published.get(name, digest) != digest
            and not (name == CASES_FILE and purged.CASES in marks)]


def _tell(folder: Path, record: Mapping[str, Any], differing: list[str], purges: list[str]) -> int:
    changed = _changed(folder, record)
    for name in changed:
        say(f"  {name}: ändrad efter att körningen publicerades")
    for line in purges:
        say(f"  {line}")
    for line in differing[:SHOWN]:
        say(f"  {line}")
    if len(differing) > SHOWN:
        say(f"  ... och {len(differing) - SHOWN} till")
    whole = len(outputs.digests(folder))
    say(f"Körning {folder.name}: {whole} filer, {len(differing)} skiljer sig, {len(changed)} ändrade i efterhand")
    return OTHER if differing or changed else SAME
