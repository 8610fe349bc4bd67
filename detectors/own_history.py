"""A subject's months against its own earlier ones: has the level moved, beyond what everybody's did?

For every subject the month is sought from which its values lie on another level (the split that leaves the smallest
distances to the two medians). The move is believed when
- it is at least `min_steps` times what the subject's months otherwise vary by (1.4826 x the median absolute deviation
  about the two levels, and never less than is usual among its peers, so that a calm past does not make noise a shift);
- it lies beyond the fence of what its peers' levels did between the same months;
- it holds against the same months of the year before too, where at least half of the months since have one: a season
  of its own returns every year.
Before all this the peers' common movement of each month is taken off, so that a summer dip of everybody, or a rise of
everybody, is no shift. Months that fewer than half of the group have (a delivery cut short) say nothing about it, and
are not used. With `ratio` all is done on logarithms: a doubling is as far for the large as for the small.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any

import numpy as np
import pandas as pd

TO_DEVIATION = 1.4826  # from the median absolute deviation to the standard deviation of a bell curve
FACTS = ("own_value", "own_before", "own_change", "own_last_year", "shifted_on", "n_before", "n_after", "peer_median",
         "peer_p95", "peer_fence", "peer_n")


@dataclass(frozen=True)
class History:
    """What is asked of a shift: months on each side, size in own spreads and in the value's unit, peers beside it.

    min_change is a difference of values, or with `ratio` a share: 0.25 is a rise by a quarter.
    """

    min_before: int
    min_after: int
    min_steps: float
    min_change: float
    fence: float
    ratio: bool
    min_peers: int


@dataclass(frozen=True)
class Shifts:
    """`rows`: one a subject whose level has moved up, with FACTS, strength, expected (the level without the shift),
    quartiles of peers and of the own past. Counts are subjects."""

    rows: pd.DataFrame
    judged: int
    with_history: int
    too_short: int
    flat: int


def level_shifts(frame: pd.DataFrame, groups: Mapping[tuple[int, str], np.ndarray], rule: History) -> Shifts:
    """frame: subject_id, month, value, peer_level, peer_group (of a subject: that of its last month; NaN level: no
    group). groups: the subjects of each. Months are dates, one row a subject and month."""
    table = frame.pivot(index="subject_id", columns="month", values="value").sort_index(axis=1)
    level = table.to_numpy(dtype=float)
    if rule.ratio:
        level = np.log(np.where(level > 0, level, np.nan))
    place = {subject: row for row, subject in enumerate(table.index)}
    months = pd.PeriodIndex(pd.to_datetime(table.columns), freq="M")
    enough = np.isfinite(level).sum(axis=1) >= rule.min_before + rule.min_after
    last = frame.dropna(subset=["peer_level"]).drop_duplicates("subject_id", keep="last")
    found, judged, flat, with_history = [], 0, 0, 0
    for key, asked in last.groupby(["peer_level", "peer_group"])["subject_id"]:
        members = np.array([place[s] for s in groups[int(key[0]), str(key[1])]])
        members = members[enough[members]]
        with_history = max(with_history, len(members))
        if len(members) < rule.min_peers:
            continue
        usual, used = _common_movement(level[members])
        steady = np.where(used, level - usual, np.nan)
        pasts = {row: _past(steady[row], rule) for row in (*members, *(place[s] for s in asked)) if enough[row]}
        spreads = [pasts[row].spread for row in members if isfinite(pasts[row].spread)]
        typical = _median(sorted(spreads)) if spreads else 0.0
        peers_level = np.where(used, level, np.nan)[members]
        moved: dict[int, Peers | None] = {}  # what the members did, by the month in which a subject moved
        for subject in asked:
            row = place[subject]
            if not enough[row]:
                continue
            past = pasts[row]
            if past.split is None:
                continue
            if past.split not in moved:
                moved[past.split] = _peers(peers_level, past.split)
            peers = moved[past.split]
            judged += 1
            # the spread of a hair: a value that never moved at all and then does is a shift of very many spreads
            spread = max(past.spread, typical, 1e-9)
            if peers is None:
                flat += 1
            elif told := _judged(level[row], steady[row], past.split, peers, spread, months, rule):
                found.append({"subject_id": subject, "shifted_on": table.columns[past.split],
                              "peer_group": str(key[1]), **told})
    return Shifts(pd.DataFrame(found), judged, with_history, int(last["subject_id"].nunique()) - judged, flat)


def _middles(values: np.ndarray, axis: int) -> np.ndarray:
    """The median of what is known along an axis, which is kept; NaN where nothing is."""
    ordered = np.sort(values, axis=axis)  # what is not known comes last
    known = np.isfinite(values).sum(axis=axis, keepdims=True)
    low, high = (np.take_along_axis(ordered, at, axis) for at in (np.maximum(known - 1, 0) // 2, known // 2))
    return np.asarray((low + high) / 2)


def _known(values: Iterable[float]) -> list[float]:
    return [value for value in values if isfinite(value)]


def _median(ordered: list[float]) -> float:
    """Of sorted values. A subject has some twenty months: a list of so few is quicker than an array."""
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _held(values: Iterable[float]) -> float:
    """The level that at least half of the known values reach: of two months the lower, so that one is no level."""
    known = sorted(_known(values))
    return known[(len(known) - 1) // 2]


def _common_movement(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the members of a group did in each month, as the median distance to their own middle; and which months at
    least half of them have."""
    used = np.isfinite(level).mean(axis=0) >= 0.5
    away = np.where(used, level - _middles(np.where(used, level, np.nan), axis=1), np.nan)
    usual = np.zeros(level.shape[1])
    usual[used] = _middles(away[:, used], axis=0)[0]
    return usual, used


@dataclass(frozen=True)
class Past:
    """Of one subject: the month (its place) from which the second level holds, None where the months are too few, and
    what the months vary by, about the level of their side of the split."""

    split: int | None
    spread: float


def _past(steady: np.ndarray, rule: History) -> Past:
    places = np.flatnonzero(np.isfinite(steady)).tolist()
    known = steady[places].tolist()
    before, after = _distances(known), _distances(known[::-1])
    best, least = None, float("inf")
    for at in range(rule.min_before, len(known) - rule.min_after + 1):  # the earliest of equally good ones
        cost = before[at] + after[len(known) - at]
        if cost < least - 1e-12:
            best, least = at, cost
    if best is None:
        return Past(None, float("nan"))
    sides = [(side, _median(sorted(side))) for side in (known[:best], known[best:])]
    return Past(places[best], TO_DEVIATION * _median(sorted(abs(v - middle) for side, middle in sides for v in side)))


def _distances(values: list[float]) -> list[float]:
    """Of the first 0, 1, 2, .. values: the sum of the distances to their median."""
    ordered: list[float] = []
    found = [0.0]
    for value in values:
        insort(ordered, value)
        half = len(ordered) // 2
        found.append(fsum(ordered[-half:]) - fsum(ordered[:half]) if half else 0.0)
    return found


@dataclass(frozen=True)
class Peers:
    """How far the levels of `n` peers moved between the months before a split and those since."""

    q1: float
    median: float
    q3: float
    p95: float
    n: int


def _peers(level: np.ndarray, split: int) -> Peers | None:
    """Rows without months on both sides are out; None when the changes have no spread."""
    both = np.isfinite(level[:, :split]).any(axis=1) & np.isfinite(level[:, split:]).any(axis=1)
    changes = _middles(level[both, split:], axis=1) - _middles(level[both, :split], axis=1)
    q1, median, q3, p95 = np.percentile(changes, [25, 50, 75, 95]).tolist()
    return None if q3 - q1 <= 1e-12 else Peers(q1, median, q3, p95, len(changes))


def _judged(level: np.ndarray, steady: np.ndarray, split: int, peers: Peers, spread: float,
            months: pd.PeriodIndex, rule: History) -> dict[str, Any] | None:
    """The shift of one subject as facts, None when it is none."""
    known = np.isfinite(steady)
    before, after = level[:split][known[:split]], level[split:][known[split:]]
    own = _held(after) - float(np.median(before))
    fence = peers.q3 + rule.fence * (peers.q3 - peers.q1)
    needed = float(np.log1p(rule.min_change)) if rule.ratio else rule.min_change
    if own <= fence or own < needed:
        return None
    beyond = _held(steady[split:]) - _median(sorted(_known(steady[:split])))  # without what everybody did
    yearly, last_year = _against_last_year(steady, level, split, months)
    if min(beyond, yearly) / spread < rule.min_steps or min(beyond, yearly) < needed:
        return None
    former = np.percentile(before, [25, 50, 75, 95])
    back = np.exp if rule.ratio else (lambda value: value)
    change = np.expm1 if rule.ratio else (lambda value: value)
    return {"own_value": float(back(_held(after))), "own_before": float(back(former[1])),
            "own_change": float(change(own)), "own_last_year": None if last_year is None else float(back(last_year)),
            "n_before": len(before), "n_after": len(after), "peer_median": float(change(peers.median)),
            "peer_q1": float(change(peers.q1)), "peer_q3": float(change(peers.q3)),
            "peer_p95": float(change(peers.p95)), "peer_fence": float(change(fence)), "peer_n": peers.n,
            "own_q1": float(back(former[0])), "own_q3": float(back(former[2])), "own_p95": float(back(former[3])),
            "expected": float(back(former[1] + peers.median)),
            "strength": float(np.clip((own - fence) / (2 * (peers.q3 - peers.q1)), 0.1, 1.0))}


def _against_last_year(steady: np.ndarray, level: np.ndarray, split: int,
                       months: pd.PeriodIndex) -> tuple[float, float | None]:
    """(move against the same months a year before, their middle); (inf, None) where half of the months have none."""
    at = {month: place for place, month in enumerate(months)}
    since = [place for place in range(split, len(months)) if np.isfinite(steady[place])]
    pairs = [(now, at[months[now] - 12]) for now in since if months[now] - 12 in at]
    pairs = [(now, then) for now, then in pairs if then < split and np.isfinite(steady[then])]
    if not pairs or 2 * len(pairs) < len(since):
        return float("inf"), None
    return (_held(np.array([steady[now] - steady[then] for now, then in pairs])),
            float(np.median([level[then] for _, then in pairs])))
