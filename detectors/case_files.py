"""cases.parquet: the memory of a workspace, one row a subject ever listed, read by the next night and by the reports.

Cost: sixty nights and the findings of every case are the bulk of it, so they go to and from the file as flat columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import accumulate, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from detectors.cases import Case, Judgement, Seen
from detectors.outcomes import KnownCase, Outcome, Subject

_SEEN = pa.struct([
    ("finding_id", pa.string()), ("detector_id", pa.string()), ("kind", pa.string()), ("severity", pa.int32()),
    ("strength", pa.float64()), ("amount_sek", pa.decimal128(14, 2)), ("n_evidence", pa.int32()),
    ("concept", pa.string()), ("domain", pa.string()), ("period_to", pa.date32())])
_PARTS = attrgetter(*(part.name for part in _SEEN))
_OUTCOME = [("detector_id", pa.string()), ("outcome", pa.string()), ("reviewed_on", pa.date32()),
            ("reviewer_group", pa.string()), ("recovered_sek", pa.decimal128(14, 2)), ("listed_on", pa.date32()),
            ("snooze_until", pa.date32()), ("snooze_owner", pa.string()), ("snooze_reason", pa.string())]
_NIGHT = pa.struct([("night", pa.date32()), ("rank", pa.int32()), ("score", pa.float64()), ("state", pa.string())])
SCHEMA = pa.schema([
    ("case_id", pa.string()), ("subject_type", pa.string()), ("subject_id", pa.string()), ("state", pa.string()),
    ("why", pa.string()), ("first_seen", pa.date32()), ("last_seen", pa.date32()), ("rank", pa.int32()),
    ("score", pa.float64()), ("plain_score", pa.float64()), ("severity", pa.int32()), ("findings", pa.list_(_SEEN)),
    ("history", pa.list_(_NIGHT)), ("outcome", pa.string()), ("outcome_on", pa.date32()),
    ("outcome_group", pa.string()), ("snooze_owner", pa.string()), ("snooze_reason", pa.string()),
    ("snooze_until", pa.date32()), ("back_because", pa.string()), ("resting", pa.list_(pa.string())),
    ("judged", pa.list_(pa.struct([*_OUTCOME, ("seen", pa.list_(_SEEN)), ("returned", pa.list_(pa.string()))]))),
    ("groups", pa.list_(pa.string())), ("changed_on", pa.date32()), ("snooze_group", pa.string())])


def write_cases(cases: Iterable[Case], as_of: date, path: Path) -> None:
    """Write the cases in order of subject."""
    ordered = sorted(cases, key=lambda c: c.subject)
    table = pa.Table.from_pylist([_row(case, as_of) for case in ordered], schema=SCHEMA)
    nights = [list(case.history) for case in ordered]
    findings = [[_PARTS(finding) for finding in case.findings] for case in ordered]
    for name, packed in (("history", _packed(nights, _NIGHT)), ("findings", _packed(findings, _SEEN))):
        at = SCHEMA.get_field_index(name)
        table = table.set_column(at, SCHEMA.field(at), packed)
    pq.write_table(table, path, compression="zstd")


def _packed(lists: Sequence[Sequence[tuple[Any, ...]]], kind: pa.StructType) -> pa.Array:
    """A column of lists of structs from lists of tuples."""
    ends = [0, *accumulate(map(len, lists))]
    columns: list[Any] = list(zip(*(entry for one in lists for entry in one), strict=True)) or [[] for _ in kind]
    flat = [pa.array(column, part.type) for column, part in zip(columns, kind, strict=True)]
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.StructArray.from_arrays(flat, fields=list(kind)))


def _unpacked(column: pa.ChunkedArray) -> list[tuple[tuple[Any, ...], ...]]:
    """The lists of a column, each entry as the tuple of its values."""
    flat = column.combine_chunks().flatten().flatten()
    entries = list(zip(*(part.to_pylist() for part in flat), strict=True))
    ends = [0, *accumulate(pc.list_value_length(column).to_pylist())]
    return [tuple(entries[start:end]) for start, end in pairwise(ends)]


def _row(case: Case, as_of: date) -> dict[str, Any]:
    verdict, rest = case.verdict, case.rest(as_of)
    return {
        "case_id": case.case_id, "subject_type": case.subject[0], "subject_id": case.subject[1], "state": case.state,
        "why": case.why, "first_seen": case.first_seen, "last_seen": case.last_seen, "rank": case.rank,
        "score": case.score, "plain_score": case.plain, "severity": case.severity,
        "outcome": verdict.outcome if verdict else None, "outcome_on": verdict.reviewed_on if verdict else None,
        "outcome_group": verdict.reviewer_group if verdict else None,
        "snooze_owner": rest.snooze_owner if rest else None, "snooze_reason": rest.snooze_reason if rest else None,
        "snooze_until": rest.snooze_until if rest else None, "changed_on": case.changed_on,
        "snooze_group": rest.reviewer_group if rest else None, "back_because": case.back_because_json,
        "resting": list(case.resting), "groups": list(case.groups),
        "judged": [{**{name: getattr(j.outcome, name) for name, _ in _OUTCOME},
                    "seen": [vars(f) for f in j.seen], "returned": list(j.returned)} for j in case.judged]}


def read_cases(path: Path | None, ranked: Path | None = None) -> dict[Subject, Case]:
    """The cases of an earlier night; {} without one.

    ranked: the ranked.parquet of a night before there were cases, from which days and scores can be had.
    """
    if path is not None and path.is_file():
        table = _as_now(pq.read_table(path))
        rows = table.drop_columns(["history", "findings"]).to_pylist()
        cases = map(_case, rows, _unpacked(table["findings"]), _unpacked(table["history"]))
        return {case.subject: case for case in cases}
    if ranked is None or not ranked.is_file():
        return {}
    found = {}
    names = ["subject_type", "subject_id", "rank", "score", "first_seen", "groups"]
    night = date.fromisoformat(ranked.parent.name[:10])
    for row in pq.read_table(ranked, columns=names).to_pylist():
        subject = row["subject_type"], row["subject_id"]
        found[subject] = Case(subject, "continuing", row["first_seen"], night, row["rank"], row["score"],
                              row["score"], 0, groups=tuple(row["groups"]))
    return found


# What a memory without the column would have said.
_UNSAID = {"plain_score": "score", "severity": 0, "resting": [], "judged": [], "groups": [], "back_because": "[]",
           "why": "", "findings": [], "history": []}
_UNSEEN = {"concept": "", "domain": "", "severity": 0}


def _as_now(table: pa.Table) -> pa.Table:
    """The memory of an earlier version in today's columns; those it lacks are as if nothing had been said."""
    for name, default in _UNSAID.items():
        if name not in table.column_names:
            kind = SCHEMA.field(name).type
            said = table[default] if isinstance(default, str) and default in table.column_names else \
                pa.array([default] * table.num_rows, kind)
            table = table.append_column(name, said)
    return pa.table([_fitted(table[field.name], field.type) if field.name in table.column_names else
                     pa.nulls(table.num_rows, field.type) for field in SCHEMA], schema=SCHEMA)


def _fitted(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    """A column in the type of today; a struct gets the parts it lacks."""
    if column.type == kind:
        return column
    rows = column.to_pylist()
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        names = [part.name for part in kind.value_type]
        rows = [[{name: one.get(name, _UNSEEN.get(name)) for name in names} for one in entries or ()]
                for entries in rows]
    return pa.array(rows, kind)


def _case(row: dict[str, Any], findings: Iterable[tuple[Any, ...]], history: tuple[Any, ...]) -> Case:
    # nights stay plain tuples, which are equal to a Night: a million of them are read to be written again
    subject = row["subject_type"], row["subject_id"]
    return Case(
        subject, row["state"], row["first_seen"], row["last_seen"], row["rank"], row["score"], row["plain_score"],
        row["severity"], tuple(Seen(*f) for f in findings), history,
        tuple(_judgement(subject, j) for j in row["judged"]), tuple(row["resting"]),
        tuple(json.loads(row["back_because"])), row["why"], tuple(row["groups"]),
        row["changed_on"])


def _judgement(subject: Subject, row: dict[str, Any]) -> Judgement:
    outcome = Outcome(*subject, **{name: row[name] for name, _ in _OUTCOME})
    return Judgement(outcome, tuple(Seen(**f) for f in row["seen"]), tuple(row["returned"]))


def seen_in(of_day: Callable[[date], Path | None]) -> Callable[[Subject, date], Sequence[Seen]]:
    """(subject, day) -> the findings it had in the list of that day; of_day: that day's cases.parquet."""
    files: dict[Path, tuple[pa.Table, dict[Subject, int]]] = {}

    def seen_on(subject: Subject, day: date) -> Sequence[Seen]:
        path = of_day(day)
        if path is None:
            return ()
        if path not in files:
            table = pq.read_table(path, columns=["subject_type", "subject_id", "state", "findings"])
            names = zip(table["subject_type"].to_pylist(), table["subject_id"].to_pylist(), strict=True)
            files[path] = table, {name: at for at, name in enumerate(names)}
        table, places = files[path]
        if subject not in places or table["state"][places[subject]].as_py() == "gone":
            return ()
        return [Seen(**f) for f in table["findings"][places[subject]].as_py()]

    return seen_on


def known_cases(path: Path | None) -> dict[str, KnownCase]:
    """The cases of an earlier night by their id, for rows that name a case."""
    if path is None or not path.is_file():
        return {}
    rows = pq.read_table(path, columns=["case_id", "subject_type", "subject_id", "first_seen"]).to_pylist()
    return {row["case_id"]: KnownCase(row["subject_type"], row["subject_id"], row["first_seen"]) for row in rows}
