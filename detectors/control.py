"""The control slice: a seeded random part of the ranked subjects, mixed into the lists so that nobody sees which.

Why: hits among subjects picked by rank say nothing by themselves; beside the hits among subjects picked by lot they
do. A model looks good while people only look where it points (the published Swedish and Dutch cases; domain handbook).

A subject is drawn by a hash of seed, period and subject, so the draw does not depend on the order of the list or on
who else is there, and once drawn a subject stays in the slice for its period (a calendar month). Its place is moved
up to a random one in the part of the list that is worked through, after the strongest three; it is never moved down.
A drawn subject with too few points for the list (ranking.set_apart) is listed all the same, before everybody who is
set apart: one that nobody sees would measure nothing. `rank` stays pure.
The draw is among subjects with at least one deviation: it measures the order, not the rules.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from detectors.ranking import Ranked
from schemas.case_id import case_id
from schemas.settings import Settings

LEAD = 3  # the strongest of a list keep their places: they are reviewed in any case
FIRST_PART = 50  # rows of the first page of a report's list
ROOM = 5  # of the part that is worked through, at most one row in so many is there by lot
KEPT_PERIODS = 24  # outcomes come long after the draw; fewer where the memory of cases is kept shorter

SCHEMA = pa.schema([("subject_type", pa.string()), ("subject_id", pa.string()), ("case_id", pa.string()),
                    ("period", pa.string()), ("place", pa.int32())])

Subject = tuple[str, str]


@dataclass(frozen=True)
class ControlRow:
    """One subject drawn in one period (`2026-11`); place = where the lists of this night show it, None when past."""

    subject_type: str
    subject_id: str
    period: str
    place: int | None

    @property
    def subject(self) -> Subject:
        return self.subject_type, self.subject_id


def period_of(day: date) -> str:
    """The period a night belongs to: its calendar month."""
    return f"{day:%Y-%m}"


def _draw(seed: int, *parts: str) -> float:
    """A number in [0, 1) that only these parts decide."""
    text = "\x1f".join([str(seed), *parts])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64


def drawn(subjects: Iterable[Subject], settings: Settings, period: str,
          earlier: Iterable[ControlRow] = ()) -> set[Subject]:
    """The subjects drawn for the period: at least `at_least` of them (all, where there are fewer), else the share."""
    numbers = {subject: _draw(settings.seed, period, *subject) for subject in subjects}
    kept = {row.subject for row in earlier if row.period == period} & numbers.keys()
    chosen = {subject for subject, number in numbers.items() if number < settings.control.share} | kept
    for subject in sorted(numbers, key=lambda s: (numbers[s], s)):
        if len(chosen) >= settings.control.at_least:
            break
        chosen.add(subject)
    return chosen


def place_control(ranked: Sequence[Ranked], settings: Settings, as_of: date,
                  earlier: Sequence[ControlRow] = ()) -> list[ControlRow]:
    """Set `place` of every ranked row, and `listed` of the drawn; return tonight's slice and those of earlier periods.

    ranked: in rank order, with their groups. earlier: the slice of the night before. The drawn stand at random places
    that lie in the first part of the list of every group that sees them; the others keep their order.
    """
    period = period_of(as_of)
    chosen = drawn(((r.subject_type, r.subject_id) for r in ranked), settings, period, earlier)
    rest = [row for row in ranked if (row.subject_type, row.subject_id) not in chosen]
    members: dict[str, list[int]] = {}  # group -> indexes into rest
    for at, row in enumerate(rest):
        for group in row.groups or ("",):
            members.setdefault(group, []).append(at)
    listed = {group: sum(rest[at].listed for at in seen) for group, seen in members.items()}
    held: dict[str, int] = {}
    mine = [row for row in ranked if (row.subject_type, row.subject_id) in chosen]
    for row in mine:
        for group in row.groups or ("",):
            held[group] = held.get(group, 0) + 1
    ranks = [row.rank for row in rest]
    keyed: list[tuple[int, int, float, Ranked]] = [(at, 1, 0.0, row) for at, row in enumerate(rest)]
    for row in mine:
        number = _draw(settings.seed, period, "place", row.subject_type, row.subject_id)
        own = bisect_left(ranks, row.rank)
        earliest, last, among = 0, own, members.get((row.groups or [""])[0], [])
        for group in row.groups or ("",):
            seen = members.get(group, [])
            earliest = max(earliest, seen[LEAD] if len(seen) > LEAD else own)
            first = max(FIRST_PART, ROOM * held[group]) - held[group]  # the drawn take their room too
            first = min(first, listed.get(group, 0))
            if len(seen) > first and seen[first] < last:
                last, among = seen[first], seen
        slots = [*among[bisect_left(among, earliest): bisect_left(among, last)], last]
        slot = slots[int(number * len(slots))]
        keyed.append((slot, 0, row.rank if slot == own else number, row))
    keyed.sort(key=lambda entry: entry[:3])
    for place, entry in enumerate(keyed, start=1):
        entry[3].place = place
    for row in mine:
        row.listed = True
    tonight = [ControlRow(row.subject_type, row.subject_id, period, row.place) for row in mine]
    kept = min(KEPT_PERIODS, settings.retention.cases_days // 30)
    return tonight + _past(earlier, as_of, kept, {row.subject for row in tonight})


def _past(earlier: Iterable[ControlRow], as_of: date, periods: int, tonight: set[Subject]) -> list[ControlRow]:
    """Rows of earlier nights that still count: earlier periods, and this period's who have left the list since."""
    months = as_of.year * 12 + as_of.month - 1 - periods
    oldest, now = f"{months // 12:04d}-{months % 12 + 1:02d}", period_of(as_of)
    kept = {(row.period, *row.subject) for row in earlier
            if oldest < row.period <= now and (row.period != now or row.subject not in tonight)}
    return [ControlRow(kind, own, period, None) for period, kind, own in sorted(kept, reverse=True)]


def read_control(path: Path | None) -> list[ControlRow]:
    """The rows of a control.parquet; none without one (the first night, or a run from before there was a slice)."""
    if path is None or not path.is_file():
        return []
    rows = pq.read_table(path, columns=["subject_type", "subject_id", "period", "place"]).to_pylist()
    return [ControlRow(**row) for row in rows]


def write_control(rows: Sequence[ControlRow], run_dir: Path) -> Path:
    """Write audit/control.parquet (folder 0700, file 0600): the only place that tells who is there by lot."""
    folder = run_dir / "audit"
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    data = [{"subject_type": row.subject_type, "subject_id": row.subject_id, "case_id": case_id(*row.subject),
             "period": row.period, "place": row.place} for row in rows]
    path = folder / "control.parquet"
    pq.write_table(pa.Table.from_pylist(data, schema=SCHEMA), path)
    path.chmod(0o600)
    return path

