"""Reads a run folder. The only input of the reports is what a run left behind (docs: architecture).

Raises RunError naming the file and what to do; never a value of a row.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reports import protection
from schemas import formats, protected
from schemas.groups import Group, GroupsError, parse_groups

Subject = tuple[str, str]


class RunError(ValueError):
    """A run folder that cannot be reported on: names the file and the remedy."""


class Evidence:
    """Evidence rows of a run by finding, in their order; `values` are parsed only when asked for."""

    COLUMNS = ("finding_id", "dataset", "file", "line", "key", "happened_at", "amount_sek", "values")

    def __init__(self, table: pa.Table) -> None:
        table = table.sort_by([("finding_id", "ascending"), ("ord", "ascending")])
        self._data = {name: table.column(name).to_pylist() for name in self.COLUMNS}
        self._span: dict[str, tuple[int, int]] = {}
        ids = self._data["finding_id"]
        start = 0
        for at in range(1, len(ids) + 1):
            if at == len(ids) or ids[at] != ids[start]:
                self._span[ids[start]] = (start, at)
                start = at

    def count(self, finding_id: str) -> int:
        """Rows kept for the finding (at most 200; the finding's n_evidence tells the total)."""
        start, end = self._span.get(finding_id, (0, 0))
        return end - start

    def days(self, finding_id: str) -> list[dt.date]:
        """The days on which the evidence happened, where the rows say so."""
        start, end = self._span.get(finding_id, (0, 0))
        return [moment.date() for moment in self._data["happened_at"][start:end] if moment is not None]

    def column(self, finding_id: str, name: str) -> list[str]:
        """The values of one column over a finding's rows, without the rows that lack it."""
        start, end = self._span.get(finding_id, (0, 0))
        mark = f'"{name}"'
        found = (json.loads(text).get(name) for text in self._data["values"][start:end] if text and mark in text)
        return [str(value) for value in found if value not in (None, "")]

    def rows(self, finding_id: str, limit: int | None = None) -> list[dict[str, Any]]:
        """The first `limit` rows as dicts; `values` is a dict column -> text."""
        start, end = self._span.get(finding_id, (0, 0))
        end = end if limit is None else min(end, start + limit)
        out = []
        for at in range(start, end):
            row = {name: self._data[name][at] for name in self.COLUMNS if name != "finding_id"}
            row["values"] = json.loads(row["values"]) if row["values"] else {}
            out.append(row)
        return out


CASE_COLUMNS = ["case_id", "subject_type", "subject_id", "state", "why", "first_seen", "last_seen", "outcome",
                "outcome_on", "outcome_group", "snooze_owner", "snooze_reason", "snooze_until", "snooze_group",
                "groups", "resting", "changed_on"]


@dataclass(frozen=True)
class Nights:
    """The nights of one case, taken out of the table when asked for: most are never shown."""

    cases: pa.Table
    at: int

    def last(self, most: int) -> list[dict[str, Any]]:
        """The last `most` nights, the oldest first: night, rank, score, state."""
        scalar = self.cases.column("history")[self.at]
        values = scalar.values
        return [] if values is None else values.slice(max(0, len(values) - most)).to_pylist()


@dataclass(frozen=True)
class Run:
    """Everything a report is made from. Lists of dicts follow the columns of the run's files."""

    folder: Path
    meta: Mapping[str, Any]
    detectors: Mapping[str, Mapping[str, Any]]
    groups: Mapping[str, Group]
    findings: Mapping[Subject, list[dict[str, Any]]]
    ranked: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    reconciliation: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    evidence: Evidence
    peers: Mapping[str, list[dict[str, Any]]]
    subjects: Mapping[Subject, dict[str, Any]]
    as_of: dt.date
    links: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    cases: Mapping[Subject, dict[str, Any]] = field(default_factory=dict)
    unseen: Mapping[str, int] = field(default_factory=dict)  # finding id -> kept rows that this view does not show
    extra: Mapping[str, Any] = field(default_factory=dict)

    def services(self, subject: Subject) -> tuple[str, ...]:
        """Services of a provider, as its facts say; () when unknown."""
        raw = self.subjects.get(subject, {}).get("facts", {}).get("services") or ()
        return tuple(raw.split("|")) if isinstance(raw, str) else tuple(raw)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing in {path.parent.name}: run the night again") from None
    except ValueError:
        raise RunError(f"{path.name} in {path.parent.name} is not valid JSON: run the night again") from None


def _table(path: Path, without: tuple[str, ...] = ()) -> pa.Table:
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise RunError(f"{path.name} is missing in {path.parent.name}: run the night again") from None
    except (pa.ArrowInvalid, OSError):
        raise RunError(f"{path.name} in {path.parent.name} cannot be read: run the night again") from None
    return table.drop_columns([name for name in without if name in table.column_names])


def _as_date(value: Any) -> dt.date:
    return dt.date.fromisoformat(str(value)[:10])


def load_run(folder: Path, view: str = protection.ORDINARY) -> Run:
    """Read the files of one run. `evidence` of findings.parquet is left out: evidence.parquet has it.

    view: `ordinary` holds nothing of protected persons, `restricted` only what concerns them (reports/protection.py).
    """
    folder = Path(folder)
    try:
        marks = protected.read(folder)
    except (OSError, ValueError, KeyError):
        raise RunError(f"{protected.FOLDER} in {folder.name} cannot be read: run the night again") from None
    try:
        meta = formats.read_record(folder)
    except formats.RecordError as error:
        raise RunError(f"{error}: run the night again") from None
    try:
        groups = parse_groups(_json(folder / "groups.json"))
    except GroupsError as error:
        raise RunError(f"groups.json in {folder.name}: {error}") from None
    findings: dict[Subject, list[dict[str, Any]]] = {}
    for row in _table(folder / "findings.parquet", without=("evidence",)).to_pylist():
        row["facts"] = json.loads(row["facts"]) if row["facts"] else {}
        findings.setdefault((row["subject_type"], row["subject_id"]), []).append(row)
    for rows in findings.values():
        rows.sort(key=lambda row: (row["detector_id"], str(row["period_from"]), row["finding_id"]))
    ranked = sorted(_table(folder / "ranked.parquet").to_pylist(), key=lambda row: row["place"])
    peers: dict[str, list[dict[str, Any]]] = {}
    for row in _table(folder / "peers.parquet").to_pylist():
        peers.setdefault(row["finding_id"], []).append(row)
    subjects: dict[Subject, dict[str, Any]] = {}
    for row in _table(folder / "subjects.parquet").to_pylist():
        row["facts"] = json.loads(row["facts"]) if row["facts"] else {}
        subjects[(row["subject_type"], row["subject_id"])] = row
    links: dict[str, list[dict[str, Any]]] = {}
    for row in _table(folder / "links.parquet").to_pylist():
        links.setdefault(row["link_group"], []).append(row)
    cases: dict[Subject, dict[str, Any]] = {}
    remembered = _table(folder / "cases.parquet")
    there = [name for name in CASE_COLUMNS if name in remembered.column_names]
    for at, row in enumerate(remembered.select(there).to_pylist()):
        cases[(row["subject_type"], row["subject_id"])] = {**row, "nights": Nights(remembered, at)}
    evidence, unseen = protection.evidence_of(_table(folder / "evidence.parquet"), marks, view)
    run = Run(
        folder=folder, meta=meta, detectors=_json(folder / "detectors.json"), groups=groups,
        findings=findings, ranked=ranked, ledger=_table(folder / "ledger.parquet").to_pylist(),
        reconciliation=_table(folder / "reconciliation.parquet").to_pylist(),
        checks=_table(folder / "checks.parquet").to_pylist(),
        evidence=Evidence(evidence), peers=peers, subjects=subjects,
        as_of=_as_date(meta["as_of"]), links=links, cases=cases, unseen=unseen,
        extra={"officer": marks.officer},
    )
    return protection.view_of(run, marks, view)
