"""The stages of a night as Prefect tasks: each is a few lines around functions that also run without Prefect.

Tasks hand each other small objects; rows stay in DuckDB and Parquet. Nothing is cached or persisted by Prefect:
what a night leaves behind is the workspace's business alone.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import task_run

from flows import kept_problems, reviews, run_record
from flows.failures import NightFailed
from flows.summary import nothing_read, publish_artifacts
from flows.tonight import Tonight, earlier_runs
from schemas import quality, reconciliation
from schemas.inbox import Inbox, InboxFile, discover
from schemas.problems import PROTECTED_UNKNOWN
from schemas.reader import FileReading, read_file
from schemas.warehouse import Warehouse, known_files, previous_files

READERS_AT_ONCE = 2  # each is a process of its own with the memory limit of the settings
# Refusals of a share that hiccups or an export that is still being written: trying again can help.
PASSING = ("io_error", "file_changed")
PAUSES = (1, 5)  # seconds before the second and the third try
_PLAIN = {"persist_result": False, "cache_policy": NO_CACHE, "log_prints": False}


def stage(label: str) -> Callable[[Callable[..., Any]], Any]:
    """A stage: a task that is announced, timed, and never lets the text of a data error out."""

    def wrap(function: Callable[..., Any]) -> Any:
        @functools.wraps(function)
        def announced(tonight: Tonight, *arguments: Any) -> Any:
            with tonight.stage(function.__name__, label):
                return function(tonight, *arguments)

        return task(announced, name=function.__name__, **_PLAIN)

    return wrap


@stage("ser efter vad som ligger i inkorgen")
def look(tonight: Tonight) -> Inbox:
    """What is new in the inbox, what is known already, what is refused unopened."""
    tonight.known = previous_files(tonight.workspace, tonight.settings)
    known = known_files(tonight.known, tonight.workspace)
    return discover(tonight.inbox, tonight.contracts, known)


@stage("läser nya filer")
def read(tonight: Tonight, inbox: Inbox) -> list[FileReading]:
    """Every new file to typed staging, two at a time, each in a process with limits; order of the inbox."""
    return [future.result() for future in [read_one.submit(tonight, file) for file in inbox.files]]


class TryAgain(RuntimeError):
    """Asks Prefect for another try."""


def when_asked(task: Any, run: Any, state: Any) -> bool:
    """Another try helps a share that hiccups; a disk that is full ends the night."""
    try:
        state.result()
    except TryAgain:
        return True
    except Exception:
        return False
    return False


@task(name="read_one", retries=len(PAUSES), retry_delay_seconds=list(PAUSES), retry_condition_fn=when_asked, **_PLAIN)
def read_one(tonight: Tonight, file: InboxFile) -> FileReading:
    """One file; a refusal that may pass is tried again before it stands."""
    with tonight.guarded("read"):
        reading = read_file(file.path, tonight.contracts[file.dataset], tonight.workspace.staging, tonight.settings)
        kept_problems.keep(reading)
    if reading.refusal and reading.refusal.rule in PASSING and task_run.run_count <= len(PAUSES):
        raise TryAgain(reading.refusal.rule)
    return reading


@stage("bygger databasen")
def build(tonight: Tonight, inbox: Inbox, readings: list[FileReading]) -> Path:
    """A new warehouse beside yesterday's, from the staging files; the night's run folder."""
    tonight.warehouse = tonight.resources.enter_context(Warehouse.building(tonight.workspace, tonight.settings))
    tonight.warehouse.load(readings, tonight.known, tonight.contracts, tonight.as_of)
    if not any(row.status == "loaded" for row in tonight.warehouse.files):
        raise NightFailed(nothing_read(inbox, readings))
    return run_record.begin(tonight, inbox, readings)


@stage("kontrollerar mot kontrakten")
def validate(tonight: Tonight, run_dir: Path) -> list[quality.CheckResult]:
    """Great Expectations: every contract's checks on the loaded rows, with Data Docs."""
    database = tonight.workspace.building
    checks = quality.validate(tonight.warehouse.connection, database, tonight.contracts, run_dir)
    run_record.write_checks(checks, run_dir)
    return checks


@stage("lägger undan och stämmer av")
def balance(tonight: Tonight, run_dir: Path, checks: list[quality.CheckResult]) -> None:
    """Refuse, quarantine, keep one row a key, and prove that every row and krona is accounted for."""
    tonight.problems += tonight.warehouse.apply_checks(checks)
    reviews.settle_tonight(tonight)
    tonight.warehouse.deduplicate()
    tonight.reconciled = tonight.warehouse.reconcile()
    reconciliation.write_parquet(tonight.reconciled, run_dir / "reconciliation.parquet")
    tonight.warehouse.export_quarantine(run_dir)


@stage("letar avvikelser")
def detect(tonight: Tonight, run_dir: Path) -> Any:
    """Run every detector; findings, evidence, peers, subjects and ledger go to the run folder."""
    from detectors import protected
    from detectors.run import run_detectors

    detection = run_detectors(
        tonight.warehouse.connection, run_dir, tonight.settings, tonight.as_of, tonight.catalogue,
        tonight.contracts, tonight.delivered(), tonight.of_previous("findings.parquet"),
        tonight.of_previous("ledger.parquet"),
    )
    register = tonight.delivered()["persons"]
    known = protected.write(tonight.warehouse.connection, tonight.contracts, run_dir, register,
                            tonight.settings.protected_officer, tonight.previous)
    if register and not known:
        tonight.problems.append(PROTECTED_UNKNOWN)
    return detection


@stage("rangordnar")
def rank(tonight: Tonight, run_dir: Path, detection: Any) -> dict[str, Any]:
    """What to look at first, told against the night before and what investigators have found since."""
    from detectors import fairness, listing, situation

    before = listing.Before(
        tonight.of_previous("cases.parquet"), tonight.of_previous("ranked.parquet"),
        tonight.of_previous("audit/control.parquet"), lambda day: tonight.of_day(day, "cases.parquet"),
    )
    ranked = listing.rank(
        tonight.warehouse.connection, run_dir, tonight.settings, tonight.groups, tonight.as_of, tonight.catalogue,
        detection.ledger, tonight.reviewed.outcomes, before,
    )
    with tonight.part("audit", "Underlaget för granskningssidan", "The figures of the audit page"):
        fairness.audit_run(tonight.warehouse.connection, run_dir, tonight.settings.seed)
    with tonight.part("aggregates", "Underlaget för lägesbilden", "The figures of the overview"):
        situation.write(tonight.warehouse.connection, run_dir, tonight.as_of, tonight.delivered())
    return ranked


@stage("skriver rapporter")
def report(
    tonight: Tonight, run_dir: Path, inbox: Inbox, checks: list[quality.CheckResult], detection: Any,
    ranked: dict[str, Any],
) -> dict[str, Any]:
    """run.json, then one report a group; a report that fails is a problem of the night, not its end."""
    from reports import write_reports

    run_record.write_groups(tonight, run_dir)
    record = run_record.write(tonight, run_dir, inbox, checks, detection, ranked)
    with tonight.part("reports", "Rapporterna", "The reports"):
        write_reports(run_dir, tonight.settings.language, earlier_runs(tonight.previous), tonight.part)
    return record


@stage("publicerar")
def publish(tonight: Tonight, run_dir: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Swap in the new warehouse, then the run; a night killed before this line has changed nothing."""
    tonight.warehouse.publish()
    run_record.finish(tonight, run_dir, record)
    tonight.workspace.publish_run(run_dir, record["run_id"])
    publish_artifacts(record, tonight.reconciled)
    return record
