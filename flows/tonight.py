"""What is fixed for one night from its first line: folders, settings, contracts, catalogue, the day, the clock.

A plain class on purpose: Prefect walks through dataclasses and containers that tasks are given, and leaves others
alone.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows import clock, reviews
from flows.failures import NightFailed, is_ours, withheld
from flows.screen import Progress, say
from schemas import formats, memory
from schemas.contract import load_contracts
from schemas.disk import disk_reason
from schemas.groups import load_groups
from schemas.problems import Problem
from schemas.reconciliation import ReconciliationRow
from schemas.settings import Settings, load_settings
from schemas.source_mapping import documents_in, laid_over
from schemas.warehouse import delivered_columns
from schemas.warehouse_load import FileRow
from schemas.warehouse_upgrade import upgrade
from schemas.workspace import Workspace


class Tonight:
    """One night. Made by `opened`; the stages read it and leave their open warehouse in it."""

    def __init__(self, inbox: Path, workspace: Path, as_of: datetime.date | None,
                 settings: Path | Settings | None, mappings: dict[str, Any] | None = None) -> None:
        from detectors.own_values import check_settings
        from detectors.run import catalogue_for

        self.inbox = inbox
        self.workspace = Workspace(workspace)
        self.started = clock.now()
        self.as_of = as_of or self.started.date()
        self.settings = settings if isinstance(settings, Settings) else load_settings(settings)
        # a run that is made again brings the mappings it was made with
        self.mappings = documents_in(self.settings.mappings) if mappings is None else mappings
        self.contracts = laid_over(load_contracts(), self.mappings, self.settings.mappings or Path("mappings.json"))
        self.groups = load_groups(self.settings.groups)
        self.catalogue = catalogue_for(self.contracts)
        check_settings(self.settings, self.catalogue)
        self.progress = Progress()
        self.resources = contextlib.ExitStack()
        self.previous: Path | None = None  # the run that "new" and "gone" are told against
        # filled in by the stages, in this order
        self.known: list[FileRow] = []
        self.warehouse: Any = None
        self.problems: list[Problem] = []
        self.unopened = 0  # entries of the inbox that were refused without being opened
        self.hashes: dict[str, str] = {}
        self.run_id = ""
        self.reconciled: list[ReconciliationRow] = []
        self.failed_parts: list[str] = []
        self.reviewed = reviews.Reviewed()

    def of_previous(self, name: str) -> Path | None:
        """The file `name` of the run before, when there is one."""
        path = self.previous / name if self.previous else None
        return path if path is not None and path.is_file() else None

    def of_day(self, day: datetime.date, name: str) -> Path | None:
        """The file `name` of the last run that was judged from `day` or earlier, among those before this night."""
        folder = self.previous
        while folder is not None and folder.name[:10] > day.isoformat():
            folder = run_before(self.workspace, folder)
        path = folder / name if folder else None
        return path if path is not None and path.is_file() else None

    def delivered(self) -> dict[str, set[str]]:
        """For every dataset the columns that at least one loaded file brought; empty: no data."""
        columns = delivered_columns(self.warehouse.files, self.contracts)
        if "case_id" in columns.get(reviews.DATASET, ()):
            columns[reviews.DATASET] |= reviews.MADE  # a case leads to its subject
        return columns

    def newest_row(self) -> str | None:
        """The day of the newest event that is loaded, not after the day judged from."""
        days = []
        for contract in self.contracts.values():
            if contract.time_column and not contract.hand_written:  # the day of a review says nothing of the exports
                found = self.warehouse.connection.execute(
                    f'SELECT max(CAST("{contract.time_column}" AS DATE)) FROM main."{contract.dataset}" '
                    f'WHERE CAST("{contract.time_column}" AS DATE) <= $1', [self.as_of]).fetchall()[0][0]
                days += [found] if found else []
        return max(days).isoformat() if days else None

    @contextlib.contextmanager
    def stage(self, name: str, label: str) -> Iterator[None]:
        """Time and announce a stage, guarded."""
        with self.guarded(name), self.progress.stage(name, label):
            yield

    @contextlib.contextmanager
    def guarded(self, name: str) -> Iterator[None]:
        """An error whose text is not ours leaves the block as NightFailed, without its text."""
        try:
            yield
        except Exception as error:
            if is_ours(error):
                raise
            raise NightFailed(f"{name}: {withheld(error)}. Earlier state and reports are untouched.") from None


    @contextlib.contextmanager
    def part(self, name: str, swedish: str, english: str) -> Iterator[None]:
        """A part the night can end without: an error becomes a Problem that names it, and exit code 1.

        A disk that fails is no fault of the part: the night ends, and what stood before stands.
        """
        try:
            yield
        except Exception as error:
            if disk_reason(error):
                raise
            reason = str(error) if is_ours(error) else withheld(error)
            self.failed_parts.append(name)
            self.problems.append(Problem(
                file=name, row=None, column=None, rule="part_failed",
                message=f"{swedish} kunde inte skrivas: {reason}.",
                remedy="Rapportera felet; kör sedan natten igen.",
                message_en=f"{english} could not be written: {reason}.",
                remedy_en="Report the fault, then run the night again.",
            ))


@contextlib.contextmanager
def opened(inbox: Path | str, workspace: Path | str, as_of: datetime.date | None,
           settings: Path | str | None) -> Iterator[Tonight]:
    """Check memory and arguments, hold the workspace for the night, and close the warehouse however the night ends."""
    memory.require()
    with Workspace(Path(workspace)).lock() as place:  # before the rules are read: who has to leave leaves at once
        if as_of is None:
            clock.must_not_be_behind(place)
        tonight = Tonight(Path(inbox), place.root, as_of, Path(settings) if settings else None)
        with tonight.resources:
            tonight.previous = previous_run(tonight.workspace, tonight.as_of)
            _say_what_is_odd(tonight)
            before = upgrade(tonight.workspace, tonight.settings, tonight.contracts)
            if before is not None:
                say(f"  databasen är överförd från format {before} till {formats.WAREHOUSE}; den förra finns i states/")
            yield tonight


def _say_what_is_odd(tonight: Tonight) -> None:
    """A day before the newest run's is a night made up for, or a mistake."""
    latest = tonight.workspace.latest_run()
    if latest is not None and latest.name[:10] > tonight.as_of.isoformat():
        told = tonight.previous.name if tonight.previous else "ingen körning"
        say(f"  läget {tonight.as_of} ligger före den senaste körningen, {latest.name}: jämförs med {told}, "
            "och `latest` visar denna tills nästa natt")


def _record(run: Path) -> dict[str, Any]:
    """run.json of an earlier run; NightFailed when it is damaged, for without it nobody knows what is new."""
    try:
        return formats.read_record(run)
    except formats.RecordError as error:
        raise NightFailed(f"{error}. Restore that run from the backup, or move its folder out of runs/. Nothing was "
                          "changed.") from None


def earlier_runs(previous: Path | None, most: int = 400) -> list[Path]:
    """The folders of the runs before tonight's, newest first: each run names the one it was told against."""
    found: list[Path] = []
    while previous is not None and previous.is_dir() and len(found) < most:
        found.append(previous)
        earlier = _record(previous)["previous_run"]
        previous = previous.parent / earlier if earlier else None
    return found


def previous_run(workspace: Workspace, as_of: datetime.date) -> Path | None:
    """The folder of the run of the latest day before `as_of`; of several of that day the one that finished last.

    By day and not by `latest`: the same night run again is told against the same one, and a night after an earlier one
    was run again still remembers what came in between.
    """
    earlier = [path for path in workspace.runs.glob("[0-9]*")
               if path.name[:10] < as_of.isoformat() and (path / formats.RECORD).is_file()]
    newest = max((path.name[:10] for path in earlier), default="")

    def finished(path: Path) -> tuple[datetime.datetime, str]:
        return clock.finished(_record(path)), path.name

    return max((path for path in earlier if path.name.startswith(newest)), key=finished, default=None)


def run_before(workspace: Workspace, folder: Path) -> Path | None:
    """The run that `folder` was told against, when it is kept."""
    earlier = _record(folder)["previous_run"]
    before = workspace.runs / earlier if earlier else None
    return before if before is not None and before.is_dir() else None
