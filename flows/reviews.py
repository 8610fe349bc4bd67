"""Between the checks and the account of a night: what the rows of `outcomes` are about, and which cannot be right.

Rows that name a case get its subject, so that rules and replays read them like any other; rows that cannot be right
go to quarantine, each told with its cell and remedy; a row said anew by a later file is counted as replaced. The same
function settles a warehouse that is built again for an earlier run.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from schemas import cells
from schemas.contract import Contract
from schemas.groups import Group, load_groups
from schemas.problems import NOTICES, Problem
from schemas.settings import Settings
from schemas.warehouse import Warehouse
from schemas.warehouse_load import LINES_PER_FILE, FileRow

if TYPE_CHECKING:
    from flows.tonight import Tonight

DATASET = "outcomes"
MADE = {"subject_type", "subject_id", "reviewed_on"}  # columns that settling fills in for rows that name a case
TOLD = 500  # wrong cells told one by one in a file; the rest by their number


@dataclass
class Reviewed:
    """The outcomes that stand (detectors.outcomes.Outcome), a Problem a wrong cell, and how many rows are wrong."""

    outcomes: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    invalid: int = 0


def settle_tonight(tonight: Tonight) -> None:
    """Settle tonight's outcomes; its problems take the place of what the reader said of the same rows."""
    contract = tonight.contracts[DATASET]
    tonight.reviewed = settle(tonight.warehouse, contract, tonight.of_previous("cases.parquet"), tonight.groups,
                              tonight.catalogue.detectors, tonight.as_of, tonight.workspace.staging)
    mine = {row.file_name for row in tonight.warehouse.files if row.dataset == DATASET and row.status == "loaded"}
    tonight.problems = [p for p in tonight.problems if p.file not in mine or p.rule in NOTICES]
    tonight.problems += tonight.reviewed.problems


def settle(warehouse: Warehouse, contract: Contract, cases: Path | None, groups: Mapping[str, Group],
           rules: Collection[str], as_of: datetime.date, staging: Path) -> Reviewed:
    """Examine the loaded rows of `outcomes`. cases: cases.parquet of the night before; rules: codes there are."""
    from detectors import outcomes
    from detectors.case_files import known_cases

    connection = warehouse.connection
    names = ", ".join(outcomes.COLUMNS)
    found = connection.execute(f"SELECT {names} FROM main.{DATASET} ORDER BY row_ref").fetchall()
    rows = [dict(zip(outcomes.COLUMNS, values, strict=True)) for values in found]
    reviewing = [name for name, group in groups.items() if not group.aggregates_only]
    examined = outcomes.examine(rows, known_cases(cases), reviewing, rules, as_of)
    reasons = _Texts(contract, groups)
    warehouse.set_aside(DATASET, [(bad.row_ref, bad.rule, reasons.short(bad.rule)) for bad in examined.invalid])
    warehouse.replace_rows(DATASET, examined.replaced)
    one = examined.outcomes
    if one:
        connection.execute(
            f"UPDATE main.{DATASET} AS o SET subject_type = r.t, subject_id = r.s, reviewed_on = r.d, "
            "detector_id = r.c FROM (SELECT unnest($1::BIGINT[]) AS ref, unnest($2::VARCHAR[]) AS t, "
            "unnest($3::VARCHAR[]) AS s, unnest($4::DATE[]) AS d, unnest($5::VARCHAR[]) AS c) AS r "
            "WHERE o.row_ref = r.ref",
            [[o.row_ref for o in one], [o.subject_type for o in one], [o.subject_id for o in one],
             [o.reviewed_on for o in one], [o.detector_id for o in one]])
    return _told(warehouse, staging, reasons, examined)


def _today() -> datetime.date:
    return datetime.date.today()


def judge_of(workspace: Path, contracts: Mapping[str, Contract],
             settings: Settings) -> Callable[[Warehouse, Path], list[Problem]] | None:
    """How `avvik check` examines outcomes: by the cases of the workspace's latest run; None where there is no run."""
    cases = workspace / "latest" / "cases.parquet"
    if not cases.is_file():
        return None

    def judge(warehouse: Warehouse, staging: Path) -> list[Problem]:
        from detectors.run import catalogue_for

        return settle(warehouse, contracts[DATASET], cases, load_groups(settings.groups),
                      catalogue_for(contracts).detectors, _today(), staging).problems

    return judge


# A row that a later file says anew, wrongly or not, is no longer told: the investigator has been at it again.
_STILL_WRONG = f"""
    WITH said AS (
      SELECT row_ref, case_id, subject_type, subject_id, reviewer_group, NULL AS rule FROM main.{DATASET}
      UNION ALL
      SELECT row_ref, lower(trim(case_id)), subject_type, subject_id, trim(reviewer_group), rule
      FROM quarantine.{DATASET})
    SELECT w.row_ref, w.rule FROM said w
    WHERE w.rule IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM said later
      WHERE later.row_ref // {LINES_PER_FILE} > w.row_ref // {LINES_PER_FILE}
        AND (later.case_id = w.case_id
             OR (later.subject_type = w.subject_type AND later.subject_id = w.subject_id))
        AND (later.reviewer_group = w.reviewer_group OR w.rule IN ('unknown_group', 'no_group')))
    ORDER BY w.row_ref"""


def _told(warehouse: Warehouse, staging: Path, texts: _Texts, examined: Any) -> Reviewed:
    """A Problem a wrong row: those found here, those of the checks, those the reader could not type."""
    column_of = {bad.row_ref: bad.column for bad in examined.invalid}
    wrong = warehouse.connection.execute(_STILL_WRONG).fetchall()
    files = {row.file_id: row for row in warehouse.files if row.dataset == DATASET and row.status == "loaded"}
    problems: list[Problem] = []
    counted: dict[int, int] = {}
    for file_id in files:
        column_of |= _untyped(files[file_id], staging)
    for ref, rule in wrong:
        file_id, line = divmod(ref, LINES_PER_FILE)
        if file_id not in files:
            continue  # the whole file was refused, which is told by itself
        counted[file_id] = counted.get(file_id, 0) + 1
        if counted[file_id] > TOLD:
            continue
        rule, column = (rule, column_of[ref]) if ref in column_of else _of_check(rule)
        problems.append(texts.problem(files[file_id], line, rule, column, _places(files[file_id], staging)))
    for file_id, n in counted.items():
        if n > TOLD:
            problems.append(_more(files[file_id], n - TOLD))
    return Reviewed(examined.outcomes, problems, sum(counted.values()))


def _untyped(row: FileRow, staging: Path) -> dict[int, str | None]:
    """row_ref -> column of the rows the reader set aside."""
    if row.bad is None:
        return {}
    bad = pq.read_table(staging / row.bad, columns=["line", "column_name"])
    lines, columns = bad["line"].to_pylist(), bad["column_name"].to_pylist()
    return {row.file_id * LINES_PER_FILE + line: column for line, column in zip(lines, columns, strict=True)}


def _of_check(check: str) -> tuple[str, str | None]:
    """Rule and column of a row that a check of the contract set aside (`outcomes.<column>.<expectation>.n, ...`)."""
    parts = check.split(", ")[0].split(".")
    column = parts[1] if len(parts) > 2 and parts[1] != "table" else None
    return {"recovered_sek": "negative_amount", "outcome": "no_outcome", "reviewed_on": "type_date",
            "listed_on": "type_date"}.get(column or "", "broken_row"), column


def _places(row: FileRow, staging: Path) -> dict[str, int]:
    return cells.places_of(staging / row.staging) if row.staging else {}


def _more(row: FileRow, n: int) -> Problem:
    return Problem(
        file=row.file_name, row=None, column=None, rule="more_wrong_outcomes",
        message=f"Ytterligare {n} utfall kan inte stämma.", remedy="Rätta de första och lämna in filen igen.",
        message_en=f"Another {n} outcomes cannot be right.", remedy_en="Correct the first ones and hand it in again.")


class _Texts:
    """Puts the coded faults into words."""

    def __init__(self, contract: Contract, groups: Mapping[str, Group]) -> None:
        self._contract = contract
        reviewing = [name for name, group in groups.items() if not group.aggregates_only]
        self._allowed = {"reviewer_group": (", ".join(reviewing),) * 2}
        for column in contract.columns:
            if column.allowed_values:
                first = {value: word for word, value in reversed([*column.value_aliases.items()])}
                swedish = [first.get(value, value) for value in column.allowed_values]
                self._allowed[column.name] = ", ".join(swedish), ", ".join(column.allowed_values)

    def short(self, rule: str) -> str:
        """The reason that stands beside a quarantined row."""
        from detectors.outcome_texts import TEXTS

        return TEXTS[rule][0].removeprefix("{where}: ").rstrip(".")

    def problem(self, row: FileRow, line: int, rule: str, column: str | None, places: Mapping[str, int]) -> Problem:
        """The Problem of one row of a file."""
        from detectors.outcome_texts import TEXTS

        swedish, remedy, english, remedy_en = TEXTS.get(rule, TEXTS["broken_row"])
        cell = cells.cell(row.file_name, line, column, places)
        heading = self._contract.column(column).aliases[0] if column else ""
        where = f"Cell {cell}" if cell else f"Rad {line}" + (f", {heading}" if heading else "")
        where_en = f"Cell {cell}" if cell else f"Row {line}" + (f", {column}" if column else "")
        allowed, allowed_en = self._allowed.get(column or "", ("", ""))
        return Problem(
            file=row.file_name, row=line, column=column, rule=rule, message=swedish.format(where=where),
            remedy=remedy.format(allowed=allowed), message_en=english.format(where=where_en),
            remedy_en=remedy_en.format(allowed=allowed_en))
