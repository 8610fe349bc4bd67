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

from flows import input_hash, outputs, run_record
from flows.failures import UsageError
from flows.replay import settings_of_run
from flows.screen import say
from flows.stored_state import lend, lend_files, run_folder
from flows.tonight import Tonight
from schemas.groups import parse_groups
from schemas.quality import CheckResult
from schemas.warehouse import Warehouse
from schemas.warehouse_load import StagingMissing
from schemas.workspace import Workspace

SAME, OTHER = 0, 1
SHOWN = 20


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
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="avvik-") as beside:
        umask = os.umask(0o077)
        try:
            made = _made_again(place, Workspace(Path(beside)), folder, record)
        finally:
            os.umask(umask)
        differing = _differences(folder, made)
        if out is not None:
            out.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in made.iterdir():
                shutil.move(path, out / path.name)
    return _tell(folder, record, differing)


def _made_again(place: Workspace, work: Workspace, folder: Path, record: Mapping[str, Any]) -> Path:
    from flows import steps

    tonight = Tonight(place.root, work.root, datetime.date.fromisoformat(record["as_of"]), settings_of_run(folder))
    _must_be_the_same(tonight, record)
    tonight.groups = parse_groups(json.loads((folder / "groups.json").read_text(encoding="utf-8")))
    tonight.run_id = record["run_id"]
    files = lend_files(place, work, folder, tonight.settings)
    tonight.previous = _lend_earlier(place, work, folder, record["previous_run"])
    run_dir = work.begin_run(folder.name)
    try:
        with Warehouse.building(work, tonight.settings) as warehouse:
            tonight.warehouse = warehouse
            warehouse.load([], files, tonight.contracts, tonight.as_of)
            warehouse.stamp(folder.name)
            run_record.write_json(run_record.settings_document(tonight.settings), run_dir / "settings.json")
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
    except StagingMissing:
        raise UsageError(f"typed copies of files of run {folder.name} are gone from {place.staging}.") from None
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


def _must_be_the_same(tonight: Tonight, record: Mapping[str, Any]) -> None:
    """The code, rules, contracts and libraries of the run; another version would make another run."""
    now = {"contracts_hash": input_hash.contracts_hash(tonight.contracts), "code_hash": input_hash.code_hash(),
           "catalogue_hash": tonight.catalogue.content_hash}
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


def _differences(folder: Path, made: Path) -> list[str]:
    kept, again = outputs.digests(folder), outputs.digests(made)
    return [*(f"{name}: not made" for name in sorted(kept.keys() - again.keys())),
            *(f"{name}: not in the run" for name in sorted(again.keys() - kept.keys())),
            *(f"{name}: other bytes" for name in sorted(kept.keys() & again.keys()) if kept[name] != again[name])]


def _tell(folder: Path, record: Mapping[str, Any], differing: list[str]) -> int:
    published = record.get("outputs", {})
    changed = [name for name, digest in outputs.digests(folder).items() if published.get(name, digest) != digest]
    for name in changed:
        say(f"  {name}: ändrad efter att körningen publicerades")
    for line in differing[:SHOWN]:
        say(f"  {line}")
    if len(differing) > SHOWN:
        say(f"  ... och {len(differing) - SHOWN} till")
    whole = len(outputs.digests(folder))
    say(f"Körning {folder.name}: {whole} filer, {len(differing)} skiljer sig, {len(changed)} ändrade i efterhand")
    return OTHER if differing or changed else SAME

