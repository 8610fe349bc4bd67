"""run.json: what a run was made of, what it found, how long it took. Other tools read it; its keys are fixed.

Everything in it is a function of the run's inputs, except `seconds` and `finished_at`.
"""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows import clock, input_hash, kept_problems, outputs
from flows.screen import say
from flows.tonight import Tonight
from schemas import formats
from schemas.groups import groups_as_json
from schemas.inbox import Inbox
from schemas.problems import NOTICES
from schemas.quality import CheckResult
from schemas.reader import FileReading
from schemas.settings import settings_document

_CHECKS = pa.schema([
    ("dataset", pa.string()), ("check_id", pa.string()), ("expectation", pa.string()), ("column", pa.string()),
    ("severity", pa.string()), ("description", pa.string()), ("evaluated", pa.int64()), ("failed", pa.int64()),
    ("computed", pa.bool_()), ("success", pa.bool_()), ("seconds", pa.float64()), ("row_level", pa.bool_()),
    ("reason", pa.string()),
])

MAPPINGS = "mappings.json"
FINISHED = ("finished_at", "clock_set_back", "content_hash", "outputs")  # keys of run.json that only `finish` adds


def begin(tonight: Tonight, inbox: Inbox, readings: Sequence[FileReading]) -> Path:
    """Collect the problems so far, name the run after its inputs and return its folder, not yet visible."""
    unread = [*inbox.problems, *(entry.problem for entry in inbox.ignored)]
    tonight.unopened = len(inbox.problems)
    tonight.problems += unread
    tonight.problems += kept_problems.of_files(tonight.warehouse.files, readings, tonight.workspace.staging)
    parts = tonight.hashes = {
        "code_hash": input_hash.code_hash(),
        "settings_hash": tonight.settings.content_hash,
        "contracts_hash": input_hash.contracts_hash(tonight.contracts),
        "catalogue_hash": tonight.catalogue.content_hash,
    }
    unopened = [(problem.file, problem.rule) for problem in unread]
    files = [(row.dataset, row.sha256, row.status) for row in tonight.warehouse.files]
    previous = tonight.previous.name if tonight.previous else None
    tonight.hashes["input_hash"] = input_hash.input_hash(tonight.as_of, files, unopened, parts, previous)
    tonight.run_id = input_hash.run_id(tonight.as_of, tonight.hashes["input_hash"])
    tonight.warehouse.stamp(tonight.run_id)
    folder = tonight.workspace.begin_run(tonight.run_id)
    write_inputs(tonight, folder)
    return folder


def write_inputs(tonight: Tonight, run_dir: Path) -> None:
    """settings.json and mappings.json: what a replay or a rebuild needs besides the rows."""
    write_json(settings_document(tonight.settings), run_dir / "settings.json")
    write_json(tonight.mappings, run_dir / MAPPINGS)


def write_checks(checks: Sequence[CheckResult], run_dir: Path) -> None:
    """checks.parquet: one row a check, no cell values."""
    rows = [dataclasses.asdict(check) for check in checks]
    pq.write_table(pa.Table.from_pylist(rows, schema=_CHECKS), run_dir / "checks.parquet")


def write_groups(tonight: Tonight, run_dir: Path) -> None:
    """groups.json: the collaboration groups as this run used them."""
    write_json(groups_as_json(tonight.groups), run_dir / "groups.json")


def write(
    tonight: Tonight, run_dir: Path, inbox: Inbox, checks: Sequence[CheckResult], detection: Any, ranked: dict[str, Any]
) -> dict[str, Any]:
    """Write run.json as the reports need it and return its content; `finish` adds what is known last."""
    new, gone = _compared(run_dir / "findings.parquet", tonight.of_previous("findings.parquet"))
    settings = tonight.settings
    record = {
        "format": formats.RUN,
        "run_id": tonight.run_id,
        "as_of": tonight.as_of.isoformat(),
        "status": "done",
        "exit_code": 0,
        "municipality": settings.municipality,
        "language": settings.language,
        "versions": input_hash.versions(),
        **tonight.hashes,
        "inputs": [
            {"dataset": row.dataset, "file": row.file, "sha256": row.sha256, "rows": row.rows_received,
             "status": row.status} for row in tonight.reconciled
        ],
        "sources": _sources(tonight, inbox),
        "problems": [],  # to mend
        "notices": [],  # good to know: columns that were not delivered or not asked for
        "counts": _counts(tonight, checks, detection, ranked),
        "seconds": dict(tonight.progress.seconds),  # so far; only the analyst's page shows them
        "previous_run": tonight.previous.name if tonight.previous else None,
        "new_findings": new,
        "gone_findings": gone,
        "money_to_check": ranked["money_to_check"],
        "listed_from": settings.listed_from,
        "baselines": ranked["baselines"],
        "follow_up": ranked["follow_up"],
        "outcomes": {"read": len(tonight.reviewed.outcomes), "invalid": tonight.reviewed.invalid,
                     "empty": sum(row.rows_skipped or 0 for row in tonight.reconciled if row.dataset == "outcomes")},
        "gates": {code: dataclasses.asdict(gate) for code, gate in sorted(settings.gates.items())},
    }
    _judge(record, tonight)
    write_json(record, run_dir / "run.json")
    return record


def finish(tonight: Tonight, run_dir: Path, record: dict[str, Any]) -> None:
    """Add what the reports themselves brought: their problems, the seconds, the clock."""
    _judge(record, tonight)
    record["seconds"] = dict(tonight.progress.seconds)
    moment, went_back = clock.finish_time(tonight.workspace, tonight.started)
    record["finished_at"] = moment.isoformat()
    if went_back:
        record["clock_set_back"] = True
        say("  datorns klocka har ställts tillbaka; resultatet beror inte på den, men se till att den går rätt")
    record["content_hash"], record["outputs"] = outputs.content_hash(run_dir), outputs.digests(run_dir)
    write_json(record, run_dir / "run.json")


def write_json(value: Any, path: Path) -> None:
    """UTF-8, indented, keys in the order given; dates as ISO text."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")


def _judge(record: dict[str, Any], tonight: Tonight) -> None:
    record["problems"] = [dataclasses.asdict(p) for p in tonight.problems if p.rule not in NOTICES]
    record["notices"] = [dataclasses.asdict(p) for p in tonight.problems if p.rule in NOTICES]
    whole = not tonight.failed_parts and not any(row.status == "refused" for row in tonight.reconciled)
    whole = whole and not tonight.unopened and record["counts"]["detectors"].get("failed", 0) == 0
    record["status"], record["exit_code"] = ("done", 0) if whole else ("done_with_refusals", 1)


def _sources(tonight: Tonight, inbox: Inbox) -> dict[str, Any]:
    """Datasets, not files: expected = delivered tonight or on an earlier night; read = delivered and none refused.

    What people write by hand is not expected every night.
    """
    delivered = {file.dataset for file in [*inbox.files, *inbox.known, *(d.file for d in inbox.duplicates)]}
    refused = {row.dataset for row in tonight.reconciled if row.status == "refused"}
    by_hand = {name for name, contract in tonight.contracts.items() if contract.hand_written}
    expected = delivered | refused | ({row.dataset for row in tonight.reconciled} - by_hand)
    return {
        "expected": len(expected), "delivered": len(delivered), "read": len(delivered - refused),
        "refused": len(refused), "refused_names": sorted(refused), "missing_names": sorted(expected - delivered),
        "newest": tonight.newest_row(),
    }


def _counts(tonight: Tonight, checks: Sequence[CheckResult], detection: Any, ranked: dict[str, Any]) -> dict[str, Any]:
    rows = {
        bucket: sum(getattr(row, f"rows_{bucket}") or 0 for row in tonight.reconciled)
        for bucket in ("received", "loaded", "replaced", "quarantined", "refused", "skipped", "purged")
    }
    return {
        "files": len(tonight.reconciled),
        "rows": rows,
        "checks": {"run": len(checks), "failed": sum(not check.success for check in checks),
                   "not_computed": sum(not check.computed for check in checks)},
        "detectors": dict(sorted(Counter(row.outcome for row in detection.ledger).items())),
        "warnings": sum(bool(row.warning) for row in detection.ledger),
        "findings": detection.findings,
        **{name: ranked[name] for name in ("subjects", "listed_subjects", "set_apart_subjects", "new_subjects",
                                             "gone_subjects", "gone")},
    }


def _deviations(path: Path) -> Any:
    """Ids of the findings that are deviations: what speaks against one is no news to check."""
    table = pq.read_table(path, columns=["finding_id", "kind"])
    return pc.unique(table.filter(pc.not_equal(table["kind"], "exculpating"))["finding_id"])


def _compared(now: Path, before: Path | None) -> tuple[int, int]:
    """(findings that the earlier run lacked, findings that only the earlier run had), by finding id."""
    ids = _deviations(now)
    if before is None:
        return len(ids), 0
    old = _deviations(before)
    both = pc.sum(pc.is_in(ids, value_set=old)).as_py() or 0
    return len(ids) - both, len(old) - both
