"""What investigators found: the rows of the dataset `outcomes`, examined one by one.

A row names its case by the id of the report (resolved through the cases of the night before) or the subject itself.
A row that cannot be right is put aside with its rule and column; the rows beside it count. Of rows about the same
case, rule, group and day the one that arrived last holds. Plain functions; files and tables are the caller's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from schemas.case_id import case_id

Subject = tuple[str, str]

COLUMNS = ("case_id", "subject_type", "subject_id", "reviewed_on", "listed_on", "outcome", "recovered_sek",
           "reviewer_group", "detector_id", "snooze_until", "snooze_owner", "snooze_reason", "row_ref")
EXPLAINING = ("explained", "data_error")  # these take a finding's points away
DECIDING = ("confirmed", *EXPLAINING)  # these say whether a rule was right; referred and open say nothing yet
RESTING = ("open", "referred")  # only such a case can rest: the others are settled
# A rest is for waiting on something. A year covers the slowest (a court, an annual account); what waits longer should
# be decided anew, or it is forgotten.
LONGEST_REST = timedelta(days=366)
LINES_PER_FILE = 1 << 32  # row_ref = file * this + line (schemas/warehouse_load.py)

SCHEMA = pa.schema([
    ("case_id", pa.string()), ("subject_type", pa.string()), ("subject_id", pa.string()),
    ("detector_id", pa.string()), ("outcome", pa.string()), ("reviewed_on", pa.date32()),
    ("reviewer_group", pa.string()), ("recovered_sek", pa.decimal128(14, 2))])


@dataclass(frozen=True)
class Outcome:
    """One judgement. Without detector_id it is about all the group saw of the subject. Amounts are SEK."""

    subject_type: str
    subject_id: str
    detector_id: str | None
    outcome: str  # confirmed | explained | data_error | referred | open
    reviewed_on: date
    reviewer_group: str
    recovered_sek: Decimal | None = None
    listed_on: date | None = None  # the night whose list the reviewer had at hand
    snooze_until: date | None = None
    snooze_owner: str | None = None
    snooze_reason: str | None = None
    row_ref: int = 0  # order of arrival

    @property
    def subject(self) -> Subject:
        return self.subject_type, self.subject_id

    @property
    def seen_on(self) -> date:
        """The day whose list was judged: a copy of an older list may be filled in later, never the other way."""
        return min(self.reviewed_on, self.listed_on or self.reviewed_on)


@dataclass(frozen=True)
class KnownCase:
    """A case of an earlier night, as far as an outcome needs it."""

    subject_type: str
    subject_id: str
    first_seen: date


@dataclass(frozen=True)
class Invalid:
    """A row that cannot be right: which rule it breaks, in which column."""

    row_ref: int
    rule: str
    column: str


@dataclass
class Examined:
    """Outcomes that stand (in order of arrival), rows put aside, and rows whose place a later one has taken."""

    outcomes: list[Outcome]
    invalid: list[Invalid]
    replaced: list[int]


def examine(rows: Iterable[Mapping[str, Any]], cases: Mapping[str, KnownCase], groups: Collection[str],
            rules: Collection[str], as_of: date) -> Examined:
    """Judge each row of the table `outcomes` (dicts of COLUMNS). cases: by case id; groups, rules: those there are."""
    found: list[Outcome] = []
    invalid: list[Invalid] = []
    for row in rows:
        result = _one(row, cases, groups, rules, as_of)
        if isinstance(result, Outcome):
            found.append(result)
        else:
            invalid.append(Invalid(row["row_ref"], *result))
    outcomes, conflicting, replaced = _latest(found)
    invalid += [Invalid(ref, "conflicting_outcomes", "outcome") for ref in conflicting]
    return Examined(outcomes, sorted(invalid, key=lambda bad: bad.row_ref), replaced)


def _one(row: Mapping[str, Any], cases: Mapping[str, KnownCase], groups: Collection[str], rules: Collection[str],
         as_of: date) -> Outcome | tuple[str, str]:
    """The outcome of a row, or (rule, column) of what is wrong with it."""
    named = (row["subject_type"], row["subject_id"])
    known = cases.get((row["case_id"] or "").lower())
    if row["case_id"] and None in named:
        if known is None:
            return "unknown_case", "case_id"
        subject = (known.subject_type, known.subject_id)
    elif None in named:
        return "no_case", "case_id"
    elif row["case_id"] and case_id(*named) != row["case_id"].lower():
        return "case_and_subject_differ", "case_id"
    else:
        subject = named
    group = row["reviewer_group"]
    if group not in groups:
        return ("unknown_group" if group else "no_group"), "reviewer_group"
    rule = row["detector_id"].strip().upper() if row["detector_id"] else None
    if rule is not None and rule not in rules:
        return "unknown_rule", "detector_id"
    day = row["reviewed_on"] or row["listed_on"]
    if day is None:
        return "no_date", "reviewed_on"
    if max(day, row["listed_on"] or day) > as_of:
        return "date_in_the_future", "reviewed_on" if day > as_of else "listed_on"
    if row["case_id"] and known is not None and day < known.first_seen:
        return "before_first_seen", "reviewed_on"  # one who names the subject may tell of reviews before Avvik
    if row["recovered_sek"] is not None and row["recovered_sek"] < 0:
        return "negative_amount", "recovered_sek"
    wrong = _rest(row, day)
    if wrong is not None:
        return wrong
    return Outcome(*subject, rule, row["outcome"], day, group, row["recovered_sek"], row["listed_on"],
                   row["snooze_until"], row["snooze_owner"], row["snooze_reason"], row["row_ref"])


def _rest(row: Mapping[str, Any], day: date) -> tuple[str, str] | None:
    """What is wrong with a rest: it needs an end, an owner and a reason, and a case that is not settled."""
    parts = ("snooze_until", "snooze_owner", "snooze_reason")
    missing = [name for name in parts if row[name] is None]
    if len(missing) == len(parts):
        return None
    if missing:
        return "rest_incomplete", missing[0]
    if row["outcome"] not in RESTING:
        return "rest_of_settled", "snooze_until"
    if not day < row["snooze_until"] <= day + LONGEST_REST:
        return "rest_too_long" if row["snooze_until"] > day else "rest_already_over", "snooze_until"
    return None


def _latest(found: Sequence[Outcome]) -> tuple[list[Outcome], list[int], list[int]]:
    """One outcome a subject, rule, group and day: (those that stand, refs in conflict, refs replaced)."""
    same: dict[tuple[Any, ...], list[Outcome]] = defaultdict(list)
    for one in found:
        same[(*one.subject, one.detector_id or "", one.reviewer_group, one.reviewed_on)].append(one)
    standing, conflicting, replaced = [], [], []
    for rows in same.values():
        by_file: dict[int, list[Outcome]] = defaultdict(list)
        for one in sorted(rows, key=lambda o: o.row_ref):
            by_file[one.row_ref // LINES_PER_FILE].append(one)
        last: Outcome | None = None
        for _, mine in sorted(by_file.items()):
            if len({_said(one) for one in mine}) > 1:  # nobody can say which of them holds
                conflicting += [one.row_ref for one in mine]
                continue
            if last is not None:
                replaced.append(last.row_ref)
            last = mine[0]
            replaced += [one.row_ref for one in mine[1:]]
        if last is not None:
            standing.append(last)
    return sorted(standing, key=lambda o: o.row_ref), conflicting, sorted(replaced)


def _said(one: Outcome) -> tuple[Any, ...]:
    return one.outcome, one.recovered_sek, one.snooze_until, one.snooze_owner, one.snooze_reason


def newest(outcomes: Iterable[Outcome]) -> dict[Subject, Outcome]:
    """The newest outcome of each subject; of one day the one that arrived last."""
    found: dict[Subject, Outcome] = {}
    for one in sorted(outcomes, key=lambda o: (o.reviewed_on, o.row_ref)):
        found[one.subject] = one
    return found


def judged(outcomes: Iterable[Outcome]) -> dict[Subject, bool]:
    """Subject -> whether review confirmed it: True confirmed, False explained or a fault in the data."""
    return {subject: one.outcome == "confirmed" for subject, one in newest(outcomes).items()
            if one.outcome in DECIDING}


def write_outcomes(outcomes: Iterable[Outcome], path: Path) -> None:
    """outcomes.parquet: the outcomes as resolved tonight, by day and arrival."""
    rows = [{"case_id": case_id(*one.subject), **{name: getattr(one, name) for name in SCHEMA.names[1:]}}
            for one in sorted(outcomes, key=lambda o: (o.reviewed_on, o.row_ref))]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")
