"""The data a run was made from: the warehouse that carries its name, one of equal content, or built again.

A warehouse is named for its run when it is published; the present one and the seven before it are kept. For an older
run the typed copies in staging are loaded and checked anew in a folder outside the workspace, and the result must
account for every row and krona as the run's reconciliation did. Nothing in the workspace is changed.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows import input_hash, reviews
from flows.failures import UsageError
from flows.screen import say
from schemas import formats, hashes, quality, warehouse_about, warehouse_load
from schemas.contract import Contract, load_contracts
from schemas.groups import parse_groups
from schemas.settings import Settings, settings_of
from schemas.source_mapping import laid_over
from schemas.warehouse import Warehouse, WarehouseError
from schemas.workspace import Workspace

_COUNTS = ("received", "loaded", "replaced", "quarantined", "refused", "skipped")


def run_folder(workspace: Workspace, run_id: str) -> Path:
    """The folder of a run (`latest`: the last one). UsageError names the runs there are."""
    if run_id == "latest":
        folder = workspace.latest_run()
        if folder is None:
            raise UsageError(f"{workspace.root} holds no run yet. Run a night first.")
        return folder
    known = sorted(path.name for path in workspace.runs.glob("[0-9]*")) if workspace.runs.is_dir() else []
    if run_id not in known:
        there = f"The runs there are: {', '.join(known[-8:])}" if known else "There are none; run a night first"
        raise UsageError(f"{workspace.root} has no run {run_id}. {there}.")
    return workspace.runs / run_id


def record_of(folder: Path) -> dict[str, Any]:
    """run.json of a run; UsageError when it is missing or damaged, FormatError when a newer version wrote it."""
    try:
        return formats.read_record(folder)
    except formats.RecordError as error:
        raise UsageError(f"{error}: restore the run from the backup, or run the night again.") from None


def settings_of_run(folder: Path) -> Settings:
    """The settings a run was made with, from its folder."""
    path = folder / "settings.json"
    if not path.is_file():
        raise UsageError(f"{folder.name} was left by an earlier version without its settings; "
                         "run the night again before asking what if.")
    return settings_of(json.loads(path.read_text(encoding="utf-8")), path)


def mappings_of_run(folder: Path) -> dict[str, Any]:
    """The source mappings a run was made with; {} for runs that kept none (format 1)."""
    path = folder / "mappings.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def contracts_of_run(folder: Path) -> dict[str, Contract]:
    """The installed contracts with the mappings of the run, not those of today, laid over them."""
    return laid_over(load_contracts(), mappings_of_run(folder), folder)


@contextlib.contextmanager
def stored_state(workspace: Workspace, folder: Path, settings: Settings,
                 contracts: Mapping[str, Contract]) -> Iterator[Warehouse]:
    """The run's warehouse, open for reading. UsageError names the runs whose data can be had when it cannot."""
    record = record_of(folder)
    kept = kept_databases(workspace)
    for path in kept:
        warehouse = Warehouse.open_read_only(path, settings)
        with warehouse:
            if _belongs(warehouse, workspace, folder, record):
                yield warehouse
                return
    if record["contracts_hash"] != input_hash.contracts_hash(contracts):
        raise UsageError(_gone(workspace, folder, settings, kept, "and the contracts have changed since"
                               + ("" if (folder / "mappings.json").is_file() else
                                  " (or it had source mappings, which runs of its version did not keep)")))
    with tempfile.TemporaryDirectory(prefix="avvik-") as place:
        say("Körningens databas är inte kvar; den byggs på nytt ur de inlästa kopiorna.")
        path = _rebuilt(workspace, Workspace(Path(place)), folder, record, settings, contracts, kept)
        with Warehouse.open_read_only(path, settings) as warehouse:
            yield warehouse


def _belongs(warehouse: Warehouse, workspace: Workspace, folder: Path, record: Mapping[str, Any]) -> bool:
    """Whether this warehouse is the run's, or holds the same: same contracts, same account of every file."""
    name = warehouse.stamped()
    if name == folder.name:
        return True
    known = warehouse_about.contract_hashes(warehouse.connection)
    if known:
        same = hashes.of(known) == record["contracts_hash"]
    else:
        try:
            same = formats.read_record(workspace.runs / str(name))["contracts_hash"] == record["contracts_hash"]
        except formats.RecordError:
            return False
    return same and _account_of(warehouse) == _account_of_run(folder)


def _account_of(warehouse: Warehouse) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = warehouse_load.read_files(warehouse.connection)
    return {(row.dataset, row.sha256): (row.status, *(getattr(row, f"rows_{name}") for name in _COUNTS))
            for row in rows if row.refused_by != "reader"}


def _account_of_run(folder: Path) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = pq.read_table(folder / "reconciliation.parquet").to_pylist()
    return {(row["dataset"], row["sha256"]): (row["status"], *(row[f"rows_{name}"] for name in _COUNTS))
            for row in rows if row["rows_received"] is not None}


def kept_databases(workspace: Workspace) -> list[Path]:
    """The warehouses that are kept, the newest first."""
    return [path for path in [workspace.database, *reversed(workspace.kept_states())] if path.is_file()]


def files_of_run(workspace: Workspace, folder: Path, settings: Settings) -> list[warehouse_load.FileRow]:
    """The files a run was made from, in the order they came, as the newest warehouse that has them knows them."""
    known: dict[tuple[str, str], warehouse_load.FileRow] = {}
    for path in kept_databases(workspace):  # the newest first: its names of staging files are those that stand
        with Warehouse.open_read_only(path, settings) as warehouse:
            for row in warehouse_load.read_files(warehouse.connection):
                known.setdefault((row.dataset, row.sha256), row)
    wanted = _account_of_run(folder)
    files = [known[content] for content in wanted if content in known and known[content].carried]
    return sorted(files, key=lambda row: row.seq)


def lend_files(workspace: Workspace, place: Workspace, files: Sequence[warehouse_load.FileRow]) -> None:
    """Link the typed copies of files into `place`."""
    place.prepare()
    for name in [name for row in files for name in (row.staging, row.bad) if name]:
        lend(workspace.staging / name, place.staging / name)


def _rebuilt(workspace: Workspace, place: Workspace, folder: Path, record: Mapping[str, Any], settings: Settings,
             contracts: Mapping[str, Contract], kept: list[Path]) -> Path:
    """Load, check and reconcile the run's files into a database outside the workspace; its path."""
    wanted = _account_of_run(folder)
    files = files_of_run(workspace, folder, settings)
    lend_files(workspace, place, files)
    night = datetime.date.fromisoformat(record["as_of"])
    try:
        with Warehouse.building(place, settings) as warehouse:
            warehouse.load([], files, contracts, night)
            checks = quality.validate(warehouse.connection, place.building, contracts, place.root)
            warehouse.apply_checks(checks)
            _settle_outcomes(warehouse, workspace, place, folder, record, contracts, night)
            warehouse.deduplicate()
            warehouse.reconcile()
            same = _account_of(warehouse) == wanted
            warehouse.publish()
    except warehouse_load.StagingMissing:
        raise UsageError(_gone(workspace, folder, settings, kept, "and typed copies of its files are gone")) from None
    if not same:
        raise UsageError(_gone(workspace, folder, settings, kept, "and building it again gave other rows"))
    return place.database


def _settle_outcomes(warehouse: Warehouse, workspace: Workspace, place: Workspace, folder: Path,
                     record: Mapping[str, Any], contracts: Mapping[str, Contract], night: datetime.date) -> None:
    """Settle the outcomes as the run did: against the cases of the run before it, its groups and its rules."""
    before = workspace.runs / record["previous_run"] / "cases.parquet" if record["previous_run"] else None
    groups, rules = (json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
                     for name in ("groups", "detectors"))
    reviews.settle(warehouse, contracts[reviews.DATASET], before, parse_groups(groups), rules, night, place.staging)


def lend(source: Path, target: Path) -> None:
    """Link a file, or copy it where the two folders are on different disks; a missing one is reported by the load."""
    with contextlib.suppress(FileNotFoundError):
        try:
            os.link(source, target)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, target)


def _gone(workspace: Workspace, folder: Path, settings: Settings, kept: list[Path], why: str) -> str:
    """Why a run cannot be replayed, and which can."""
    names = set()
    for path in kept:
        with contextlib.suppress(WarehouseError), Warehouse.open_read_only(path, settings) as warehouse:
            names.add(warehouse.stamped())
    there = sorted(str(name) for name in names if name and (workspace.runs / str(name)).is_dir())
    return (f"the data of run {folder.name} is no longer kept, {why}. "
            f"Runs that can be replayed: {', '.join(there) or 'none'}.")
