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

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
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
        spreads = np.array([_spread(steady[row], rule) for row in members])
        typical = float(np.median(spreads[np.isfinite(spreads)])) if np.isfinite(spreads).any() else 0.0
        for subject in asked:
            row = place[subject]
            if not enough[row]:
                continue
            split = _split(steady[row], rule)
            if split is None:
                continue
            peers = _changes(np.where(used, level, np.nan)[members], split)
            judged += 1
            told = _judged(level[row], steady[row], split, peers, typical, months, rule)
            if told is None:
                flat += 1
            elif told:
                found.append({"subject_id": subject, "shifted_on": table.columns[split], "peer_group": str(key[1]),
                              **told})
    return Shifts(pd.DataFrame(found), judged, with_history, int(last["subject_id"].nunique()) - judged, flat)


def _middle(values: np.ndarray, axis: int | None = None, keepdims: bool = False) -> Any:
    """The median of what is known; NaN, without a warning, where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nanmedian(values, axis=axis, keepdims=keepdims)


def _held(values: np.ndarray) -> float:
    """The level that at least half of the known values reach: of two months the lower, so that one is no level."""
    return float(np.percentile(values[np.isfinite(values)], 50, method="lower"))


def _common_movement(level: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the members of a group did in each month, as the median distance to their own middle; and which months at
    least half of them have."""
    used = np.isfinite(level).mean(axis=0) >= 0.5
    away = np.where(used, level - _middle(np.where(used, level, np.nan), axis=1, keepdims=True), np.nan)
    usual = np.zeros(level.shape[1])
    usual[used] = _middle(away[:, used], axis=0)
    return usual, used


def _split(steady: np.ndarray, rule: History) -> int | None:
    """The month (its place) from which the second level holds; the earliest of equally good ones. None: too short."""
    known = np.flatnonzero(np.isfinite(steady))
    best, least = None, np.inf
    for at in range(rule.min_before, len(known) - rule.min_after + 1):
        before, after = steady[known[:at]], steady[known[at:]]
        cost = np.abs(before - np.median(before)).sum() + np.abs(after - np.median(after)).sum()
        if cost < least - 1e-12:
            best, least = int(known[at]), cost
    return best


def _spread(steady: np.ndarray, rule: History) -> float:
    """What the months vary by, about the level of their side of the split."""
    split = _split(steady, rule)
    if split is None:
        return float("nan")
    sides = [side[np.isfinite(side)] for side in (steady[:split], steady[split:])]
    return TO_DEVIATION * float(np.median(np.concatenate([np.abs(side - np.median(side)) for side in sides])))


def _changes(level: np.ndarray, split: int) -> np.ndarray:
    """How far each row's level moved between the months before `split` and those since; rows without both are out."""
    both = np.isfinite(level[:, :split]).any(axis=1) & np.isfinite(level[:, split:]).any(axis=1)
    return np.asarray(_middle(level[both, split:], axis=1) - _middle(level[both, :split], axis=1))


def _judged(level: np.ndarray, steady: np.ndarray, split: int, peers: np.ndarray, typical: float,
            months: pd.PeriodIndex, rule: History) -> dict[str, Any] | None:
    """The shift of one subject as facts, {} when it is none; None when the peers' changes have no spread."""
    q1, median, q3, p95 = np.percentile(peers, [25, 50, 75, 95])
    if q3 - q1 <= 1e-12:
        return None
    known = np.isfinite(steady)
    before, after = level[:split][known[:split]], level[split:][known[split:]]
    own = _held(after) - float(np.median(before))
    beyond = _held(steady[split:]) - float(_middle(steady[:split]))  # without what everybody did
    yearly, last_year = _against_last_year(steady, level, split, months)
    fence = float(q3 + rule.fence * (q3 - q1))
    # the spread of a hair: a value that never moved at all and then does is a shift of very many spreads
    steps = min(beyond, yearly) / max(_spread(steady, rule), typical, 1e-9)
    needed = np.log1p(rule.min_change) if rule.ratio else rule.min_change
    if own <= fence or steps < rule.min_steps or min(own, beyond, yearly) < needed:
        return {}
    past = np.percentile(before, [25, 50, 75, 95])
    back = np.exp if rule.ratio else (lambda value: value)
    change = np.expm1 if rule.ratio else (lambda value: value)
    return {"own_value": float(back(_held(after))), "own_before": float(back(past[1])),
            "own_change": float(change(own)), "own_last_year": None if last_year is None else float(back(last_year)),
            "n_before": len(before), "n_after": len(after), "peer_median": float(change(median)),
            "peer_q1": float(change(q1)), "peer_q3": float(change(q3)), "peer_p95": float(change(p95)),
            "peer_fence": float(change(fence)), "peer_n": len(peers), "own_q1": float(back(past[0])),
            "own_q3": float(back(past[2])), "own_p95": float(back(past[3])),
            "expected": float(back(past[1] + median)),
            "strength": float(np.clip((own - fence) / (2 * (q3 - q1)), 0.1, 1.0))}


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
