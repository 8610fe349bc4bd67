"""What a reader sees of protected persons (gate P6): in every ordinary edition nothing, in the restricted list all.

`load_run` applies this before anything else sees the run, so no page, workbook or extract has to remember it.

Ordinary: subjects that are protected are gone from list, network, memory and the rules' counts; source rows that name
them are gone; their tokens are gone from facts. A finding on somebody else that rests on such rows stays, with its
amounts, points and total of rows: its sentence says how many rows are not shown. Ranks are counted anew, so that a
gap tells nothing. Restricted: the findings that concern protected persons, with all their rows, and nothing else.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from schemas.protected import Protected

if TYPE_CHECKING:
    from reports.load import Run

ORDINARY, RESTRICTED = "ordinary", "restricted"
GROUP_ID = "skyddade"  # the group of the restricted list; no group of groups.yaml


def evidence_of(table: pa.Table, marks: Protected, view: str) -> tuple[pa.Table, dict[str, int]]:
    """The rows of evidence.parquet this view may hold, and for each finding how many were taken away."""
    if not marks and view == ORDINARY:
        return table, {}
    ids, ords = table.column("finding_id").to_pylist(), table.column("ord").to_pylist()
    if view == RESTRICTED:
        return table.filter(pa.array([one in marks.findings for one in ids], pa.bool_())), {}
    keep = [(one, at) not in marks.rows for one, at in zip(ids, ords, strict=True)]
    gone = Counter(one for one, kept in zip(ids, keep, strict=True) if not kept)
    return table.filter(pa.array(keep, pa.bool_())), dict(gone)


def view_of(run: Run, marks: Protected, view: str) -> Run:
    """The run as this view may see it. Raises ValueError for a view that does not exist."""
    if view == RESTRICTED:
        return _restricted(run, marks)
    if view != ORDINARY:
        raise ValueError(f"there is no view '{view}'")
    return _ordinary(run, marks) if marks else run


def _ordinary(run: Run, marks: Protected) -> Run:
    tokens = marks.tokens
    gone = Counter[str]()
    fired = Counter[str]()
    for (_, subject_id), found in run.findings.items():
        if subject_id in tokens:
            gone.update(finding["detector_id"] for finding in found)
            fired.update({finding["detector_id"] for finding in found})
    findings = {subject: [{**finding, "facts": without(finding["facts"], tokens)} for finding in found]
                for subject, found in run.findings.items() if subject[1] not in tokens}
    kept = {finding["finding_id"] for found in findings.values() for finding in found}
    ranked = [row for row in run.ranked if row["subject_id"] not in tokens]
    links = {name: rows for name, edges in run.links.items()
             if (rows := [row for row in edges if not {row["subject_id"], row["token"]} & tokens])}
    return dataclasses.replace(
        run, findings=findings, ranked=_ranked_anew(ranked), links=links,
        ledger=[_counted(row, fired[row["detector_id"]], gone[row["detector_id"]]) for row in run.ledger],
        peers={one: rows for one, rows in run.peers.items() if one in kept},
        subjects={subject: row for subject, row in run.subjects.items() if subject[1] not in tokens},
        cases={subject: row for subject, row in run.cases.items() if subject[1] not in tokens})


def _restricted(run: Run, marks: Protected) -> Run:
    findings = {subject: mine for subject, found in run.findings.items()
                if (mine := [finding for finding in found if finding["finding_id"] in marks.findings
                             or finding["kind"] == "exculpating"])
                and any(finding["finding_id"] in marks.findings for finding in mine)}
    return dataclasses.replace(
        run, findings=findings, links={},
        ranked=[{**row, "groups": [GROUP_ID]} for row in run.ranked
                if (row["subject_type"], row["subject_id"]) in findings],
        cases={subject: row for subject, row in run.cases.items() if subject in findings})


def without(value: Any, tokens: frozenset[str]) -> Any:
    """A finding's facts without protected tokens, wherever they stand in them; a fact that was one is missing."""
    if isinstance(value, Mapping):
        return {name: without(one, tokens) for name, one in value.items() if not _is(one, tokens)}
    if isinstance(value, list):
        return [without(one, tokens) for one in value if not _is(one, tokens)]
    return value


def rows_without(value: Any, tokens: frozenset[str]) -> Any:
    """Plain data without the rows (mappings in lists) whose subject is protected."""
    if isinstance(value, Mapping):
        return {name: rows_without(one, tokens) for name, one in value.items()}
    if isinstance(value, list):
        return [rows_without(one, tokens) for one in value
                if not (isinstance(one, Mapping) and one.get("subject_id") in tokens)]
    return value


def _is(value: Any, tokens: frozenset[str]) -> bool:
    return isinstance(value, str) and value in tokens


def _ranked_anew(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """rank, rank_in_type and place without gaps, in the order they had."""
    out = [dict(row) for row in rows]
    by: tuple[tuple[str, Callable[[dict[str, Any]], Any]], ...] = (
        ("rank", lambda row: None), ("place", lambda row: None), ("rank_in_type", lambda row: row["subject_type"]))
    for name, family in by:
        counted = Counter[Any]()
        for row in sorted((row for row in out if row.get(name) is not None), key=lambda row: row[name]):
            counted[family(row)] += 1
            row[name] = counted[family(row)]
    return out


def _counted(row: dict[str, Any], subjects: int, findings: int) -> dict[str, Any]:
    """A rule's row of the ledger without the subjects that are not shown."""
    if not findings:
        return row
    fired, found = max(0, (row["fired"] or 0) - subjects), max(0, (row["findings"] or 0) - findings)
    share = fired / row["evaluated"] if row["evaluated"] else row["share"]
    return {**row, "fired": fired, "findings": found, "new": min(row["new"] or 0, found), "share": share}
