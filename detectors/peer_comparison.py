"""Each value against its peers: how far from the median, measured in two ways that stand up to different trouble.

`steps` counts in interquartile ranges, which a few extreme peers cannot stretch, and flattens the far end (arcsinh):
it is what the trees cut. `reach` counts in standard deviations: it is what distances between subjects are made of.
In both the peer median is 0 and a missing value is 0, on purpose: what is not known makes nobody deviate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FURTHEST_STEPS = 10.0  # interquartile ranges; beyond this more is not more deviating
FURTHEST_REACH = 5.0  # standard deviations
SINGLE_PRECISION_FROM = 100_000  # rows; halves the memory where a few digits are enough


@dataclass(frozen=True)
class Placing:
    """Which group each row is compared with, and the rows each group is made of (a wide one holds narrow ones)."""

    group: np.ndarray  # of each row: its place in `labels`
    labels: tuple[str, ...]  # '' is everybody
    members: tuple[np.ndarray, ...]

    @classmethod
    def everybody(cls, rows: int) -> Placing:
        return cls(np.zeros(rows, dtype=np.intp), ("",), (np.arange(rows),))

    @classmethod
    def by(cls, groups: pd.Series, subjects: pd.Series, least: int) -> Placing:
        """The named group where it has at least `least` subjects, else everybody."""
        named = groups.fillna("").astype(str).reset_index(drop=True)
        size = subjects.reset_index(drop=True).groupby(named).transform("nunique")
        used = named.where(size >= least, "")
        code, labels = pd.factorize(used, sort=True)
        members = tuple(np.flatnonzero(code == place) if label else np.arange(len(used))
                        for place, label in enumerate(labels))
        return cls(code, tuple(map(str, labels)), members)

    def percentile(self, scores: np.ndarray) -> np.ndarray:
        """Of each row: its rank in its group as a share of it, 1 is the highest; equal scores share a mean rank."""
        share = np.empty(len(scores))
        for place, members in enumerate(self.members):
            own, peers = self.group == place, np.sort(scores[members])
            ranks = np.searchsorted(peers, scores[own], "left") + np.searchsorted(peers, scores[own], "right") + 1
            share[own] = ranks / (2 * max(1, len(members)))
        return share


@dataclass(frozen=True)
class Comparison:
    """Rows x features. The group tables (groups x features) are in the features' own units, NaN without values."""

    names: tuple[str, ...]
    placing: Placing
    median: np.ndarray
    q1: np.ndarray
    q3: np.ndarray
    p95: np.ndarray
    steps: np.ndarray
    reach: np.ndarray

    @property
    def group(self) -> np.ndarray:
        return self.placing.group

    @property
    def labels(self) -> tuple[str, ...]:
        return self.placing.labels

    @property
    def size(self) -> np.ndarray:
        """Rows each group is made of."""
        return np.array([len(members) for members in self.placing.members])


def compare(features: pd.DataFrame, placing: Placing | None = None) -> Comparison:
    """Compare every row with its group (without `placing`: with all rows). Infinite is missing.

    Where the interquartile range is zero the standard deviation takes its place, and a feature without any spread is
    0 everywhere.
    """
    placing = placing or Placing.everybody(len(features))
    shape = (len(placing.labels), features.shape[1])
    tables = {name: np.full(shape, np.nan) for name in ("q1", "median", "q3", "p95")}
    precision = np.float32 if len(features) >= SINGLE_PRECISION_FROM else np.float64
    steps, reach = (np.zeros(features.shape, dtype=precision) for _ in range(2))
    own = [np.flatnonzero(placing.group == place) for place in range(len(placing.labels))]
    for at, name in enumerate(features.columns):
        column = features[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known = np.isfinite(column)
        for place, members in enumerate(placing.members):
            peers, rows = column[members[known[members]]], own[place][known[own[place]]]
            if not len(peers):
                continue
            q1, median, q3, p95 = np.percentile(peers, [25, 50, 75, 95])
            for table, value in (("q1", q1), ("median", median), ("q3", q3), ("p95", p95)):
                tables[table][place, at] = value
            away = column[rows] - median
            if (deviation := peers.std()) > 0:
                far = np.clip(away / deviation, -FURTHEST_REACH, FURTHEST_REACH)
                reach[rows, at] = far
                steps[rows, at] = np.arcsinh(
                    np.clip(away / (q3 - q1), -FURTHEST_STEPS, FURTHEST_STEPS) if q3 > q1 else far)
    return Comparison(tuple(map(str, features.columns)), placing, tables["median"], tables["q1"], tables["q3"],
                      tables["p95"], steps, reach)
