"""Equal treatment, measured after ranking: are some groups of people picked more often, and rightly so?

The audit-only columns (`persons.sex`, `persons.origin_group`) are read here and nowhere else, for the audit alone;
no rule may name them (the catalogue refuses one that does) and nothing here changes the list. Companies and
associations have no sex or origin: what is measured are the lists of households and persons.

Selection ratio of a group = its share picked / the share picked of everybody else. The interval is the 5th to 95th
percentile of 10,000 bootstrap samples of the population (a resample of people is a multinomial draw over the four
cells group x picked, so no people are drawn one by one). A warning: the whole interval lies outside 0.8 to 1.25.
Where fewer than twenty of the group (or of the others) would be picked at the common rate, that interval alone warns
of chance too often (measured: docs/fairness.md); it then also takes odds that chance makes once in a thousand.
Groups under 30 people, and those of whom fewer than five would be picked, are not judged.
Source: handbook on trust, gates F1 and F3; 0.8 is the four-fifths rule (US 29 CFR 1607.4 D).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import log, sqrt
from pathlib import Path
from typing import Any
from zlib import crc32

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from detectors import intervals
from detectors.control import ControlRow, read_control
from detectors.outcomes import DECIDING

LOW, HIGH = 0.8, 1.25
SAMPLES = 10_000
SMALLEST_GROUP = 30
FEWEST_EXPECTED, ENOUGH_EXPECTED = 5, 20
Z999 = 3.290527  # two-sided, once in a thousand
FEWEST_REVIEWED = 20  # on each side, before a lift over the control slice is told
TOP = 50  # the first page of a list
ATTRIBUTES = ("sex", "origin_group")

SCHEMA = pa.schema([
    ("measure", pa.string()), ("subject_type", pa.string()), ("attribute", pa.string()), ("audit_group", pa.string()),
    ("scope", pa.string()), ("population", pa.int64()), ("hits", pa.int64()), ("share", pa.float64()),
    ("share_low", pa.float64()), ("share_high", pa.float64()), ("ratio", pa.float64()), ("ratio_low", pa.float64()),
    ("ratio_high", pa.float64()), ("difference", pa.float64()), ("difference_low", pa.float64()),
    ("difference_high", pa.float64()), ("odds", pa.float64()), ("odds_low", pa.float64()), ("odds_high", pa.float64()),
    ("warning", pa.bool_()), ("reason", pa.string())])

Subject = tuple[str, str]


@dataclass
class Row:
    """One line of fairness.parquet.

    measure: `selection` (population = people, hits = picked), `precision` (population = reviewed, hits = confirmed)
    or `lift` (hits among the reviewed of `listed` and of `control`; ratio and difference are listed against control).
    reason: why nothing is judged, whatever the numbers: not_delivered, nobody_listed, small_group, few_expected,
    few_reviewed.
    """

    measure: str
    subject_type: str
    attribute: str
    audit_group: str
    scope: str
    population: int
    hits: int
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None
    odds: float | None = None
    odds_low: float | None = None
    odds_high: float | None = None
    warning: bool = False
    reason: str = ""


def bootstrap_ratio(picked: int, group: int, other_picked: int, other: int, seed: int) -> tuple[float, float]:
    """5th and 95th percentile of the selection ratio over `SAMPLES` resamples of all group + other people."""
    total = group + other
    cells = np.array([picked, group - picked, other_picked, other - other_picked], dtype=float)
    drawn = np.random.default_rng(seed).multinomial(total, cells / total, size=SAMPLES)
    own, rest = drawn[:, 0] * (drawn[:, 2] + drawn[:, 3]), drawn[:, 2] * (drawn[:, 0] + drawn[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = own / rest
    low, high = np.quantile(ratios[~np.isnan(ratios)], (0.05, 0.95), method="nearest")
    return float(low), float(high)


def selection(groups: Sequence[str], picked: Sequence[bool], seed: int) -> list[Row]:
    """Selection by group of people: groups[i] and picked[i] belong to person i. Rows in order of group."""
    names, of = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    chosen = np.asarray(picked, dtype=bool)
    people, hits = np.bincount(of, minlength=len(names)), np.bincount(of[chosen], minlength=len(names))
    return selection_of_counts({str(name): (int(n), int(k)) for name, n, k in zip(names, people, hits, strict=True)},
                               seed)


def selection_of_counts(counts: Mapping[str, tuple[int, int]], seed: int) -> list[Row]:
    """As `selection`, from (people, picked) by group."""
    everybody, everybody_picked = (sum(pair[at] for pair in counts.values()) for at in (0, 1))
    rows = []
    for name, (people, hits) in sorted(counts.items()):
        others, others_picked = everybody - people, everybody_picked - hits
        row = Row("selection", "", "", name, "", people, hits)
        rows.append(row)
        if people:
            row.share, row.share_low, row.share_high = intervals.share(hits, people)
        if people < SMALLEST_GROUP or others < SMALLEST_GROUP:
            row.reason = "small_group"
        elif everybody_picked:
            row.ratio = (hits / people) / (others_picked / others) if others_picked else float("inf")
            row.ratio_low, row.ratio_high = bootstrap_ratio(
                hits, people, others_picked, others, crc32(f"{seed}\x1f{name}".encode()))
            cells = (hits, people - hits, others_picked, others - others_picked)
            expected = min(people, others) * everybody_picked / everybody
            if expected < FEWEST_EXPECTED:
                row.reason = "few_expected"
            else:
                outside = row.ratio_low > HIGH or row.ratio_high < LOW
                row.warning = outside and (expected >= ENOUGH_EXPECTED or _beyond_chance(cells))
            if min(cells):
                row.odds, row.odds_low, row.odds_high = intervals.odds_ratio(*cells)
    return rows


def _beyond_chance(cells: tuple[int, int, int, int]) -> bool:
    """Whether the log odds lie more than `Z999` standard errors from even (each count plus a half, Haldane 1956)."""
    a, b, c, d = (count + 0.5 for count in cells)
    return abs(log(a * d / (b * c))) > Z999 * sqrt(1 / a + 1 / b + 1 / c + 1 / d)


def parity_ratio(rows: Sequence[Row]) -> float | None:
    """Smallest share picked / largest, over the groups that are large enough."""
    shares = [row.share for row in rows if row.ratio is not None and row.share is not None]
    return min(shares) / max(shares) if len(shares) > 1 and max(shares) > 0 else None


def precision(groups: Sequence[str], confirmed: Sequence[bool]) -> list[Row]:
    """Share confirmed among the reviewed, by group."""
    rows = []
    for name in sorted(set(groups)):
        own = [hit for group, hit in zip(groups, confirmed, strict=True) if group == name]
        rows.append(Row("precision", "", "", name, "", len(own), sum(own), *intervals.share(sum(own), len(own))))
    return rows


def lift(listed: Sequence[bool], control: Sequence[bool]) -> list[Row]:
    """Hits among the reviewed that rank picked and among those that the lot picked, and how the two compare."""
    rows = []
    for name, side in (("listed", listed), ("control", control)):
        row = Row("lift", "", "", name, "", len(side), sum(side))
        if side:
            row.share, row.share_low, row.share_high = intervals.share(sum(side), len(side))
        rows.append(row)
    first = rows[0]
    if min(len(listed), len(control)) < FEWEST_REVIEWED:
        for row in rows:
            row.reason = "few_reviewed"
        return rows
    pair = (sum(listed), len(listed), sum(control), len(control))
    first.difference, first.difference_low, first.difference_high = intervals.difference(*pair)
    if min(pair[0], pair[2]):
        first.ratio, first.ratio_low, first.ratio_high = intervals.ratio(*pair)
    return rows


# ---------------------------------------------------------------------- a run
# Who could be on a list, and the person whose group counts: of a household the applicant of its latest month.
_PEOPLE = {
    "household": """
        SELECT household_token AS subject_id, arg_max(person_token, (month, person_token)) AS person_token
        FROM income_support_members WHERE role = 'applicant' GROUP BY household_token""",
    "person": "SELECT person_token AS subject_id, person_token FROM persons",
}


def audit_run(connection: duckdb.DuckDBPyConnection, run_dir: Path, seed: int) -> list[Row]:
    """Measure a run that has been ranked: its list, its control slice and the outcomes it knows."""
    return audit(connection, run_dir, seed, read_control(run_dir / "audit" / "control.parquet"),
                 judged_in(run_dir / "outcomes.parquet"))


def judged_in(path: Path) -> dict[Subject, tuple[bool, str]]:
    """Subject -> (confirmed, ISO day) by its newest outcome; left out while that decides nothing (referred, open)."""
    if not path.is_file():
        return {}
    newest = {(row["subject_type"], row["subject_id"]): row for row in pq.read_table(
        path, columns=["subject_type", "subject_id", "outcome", "reviewed_on"]).to_pylist()}  # in order of days
    return {subject: (row["outcome"] == "confirmed", row["reviewed_on"].isoformat())
            for subject, row in newest.items() if row["outcome"] in DECIDING}


def audit(connection: duckdb.DuckDBPyConnection, run_dir: Path, seed: int, control: Sequence[ControlRow],
          judged: Mapping[Subject, tuple[bool, str]]) -> list[Row]:
    """Measure a run and write audit/fairness.parquet; reads ranked.parquet of the run and the audit-only columns.

    judged: subject -> (confirmed, ISO day of the review); subjects without a verdict are left out.
    """
    ranked: dict[str, list[str]] = {}  # who is shown as listed; those set apart are picked for nothing
    there = pq.read_table(run_dir / "ranked.parquet")
    names = [name for name in ("rank", "subject_type", "subject_id", "listed") if name in there.column_names]
    for row in there.select(names).sort_by("rank").to_pylist():
        if row.get("listed") is not False:
            ranked.setdefault(row["subject_type"], []).append(row["subject_id"])
    rows: list[Row] = []
    for subject_type in _PEOPLE:
        listed = ranked.get(subject_type, [])
        for attribute in ATTRIBUTES:
            rows += _of_attribute(connection, subject_type, attribute, listed, seed, judged)
    rows += _lifts(control, judged)
    write(rows, run_dir)
    return rows


def _of_attribute(connection: duckdb.DuckDBPyConnection, subject_type: str, attribute: str, listed: Sequence[str],
                  seed: int, judged: Mapping[Subject, tuple[bool, str]]) -> list[Row]:
    """Selection in the top and in the whole list, and precision, by the groups of one attribute."""
    if not listed:
        return [Row("selection", subject_type, attribute, "", "", 0, 0, reason="nobody_listed")]
    group_of = dict(connection.execute(
        f'SELECT q.subject_id, p."{attribute}" FROM ({_PEOPLE[subject_type]}) q JOIN persons p USING (person_token) '
        f'WHERE p."{attribute}" IS NOT NULL ORDER BY ALL').fetchall())
    if not group_of:
        return [Row("selection", subject_type, attribute, "", "", 0, 0, reason="not_delivered")]
    people = sorted(group_of)
    groups = [group_of[person] for person in people]
    rows: list[Row] = []
    for scope, chosen in (("top", set(listed[:TOP])), ("listed", set(listed))):
        if scope == "top" and len(listed) <= TOP:
            continue
        label = crc32(f"{seed}\x1f{subject_type}\x1f{attribute}\x1f{scope}".encode())
        for row in selection(groups, [person in chosen for person in people], label):
            row.scope = scope
            rows.append(row)
    known = [person for person in people if (subject_type, person) in judged]
    rows += precision([group_of[p] for p in known], [judged[(subject_type, p)][0] for p in known])
    for row in rows:
        row.subject_type, row.attribute = subject_type, attribute
    return rows


def _lifts(control: Sequence[ControlRow], judged: Mapping[Subject, tuple[bool, str]]) -> list[Row]:
    """Lift over the control slice, for all subjects and for each type that was reviewed.

    A subject counts as control when it had been drawn before (or in the month of) its review.
    """
    since: dict[Subject, str] = {}
    for row in control:
        since[row.subject] = min(row.period, since.get(row.subject, row.period))
    sides: dict[str, tuple[list[bool], list[bool]]] = {"": ([], [])}
    for subject, (confirmed, day) in sorted(judged.items()):
        by_lot = subject in since and since[subject] <= day[:7]
        for name in ("", subject[0]):
            sides.setdefault(name, ([], []))[by_lot].append(confirmed)
    rows = []
    for name, (listed, drawn) in sides.items():
        for line in lift(listed, drawn):
            line.subject_type = name
            rows.append(line)
    return rows


def write(rows: Sequence[Row], run_dir: Path) -> Path:
    """Write audit/fairness.parquet (folder 0700, file 0600)."""
    folder = run_dir / "audit"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    path = folder / "fairness.parquet"
    pq.write_table(pa.Table.from_pylist([_plain(row) for row in rows], schema=SCHEMA), path)
    path.chmod(0o600)
    return path


def _plain(row: Row) -> dict[str, Any]:
    """The row with infinite ratios (nobody else picked) left empty."""
    return {name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(row).items()}
