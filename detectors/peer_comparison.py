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
class Comparison:
    """Rows x features. The group tables (groups x features) are in the features' own units, NaN without values."""

    names: tuple[str, ...]
    labels: tuple[str, ...]  # of the groups
    group: np.ndarray  # of each row: its place in `labels`
    size: np.ndarray  # rows each group is compared with
    median: np.ndarray
    q1: np.ndarray
    q3: np.ndarray
    p95: np.ndarray
    steps: np.ndarray
    reach: np.ndarray


def compare(features: pd.DataFrame, groups: pd.Series | None = None) -> Comparison:
    """Compare every row with its group; the group '' (and no `groups`) means with all rows. Infinite is missing.

    Where the interquartile range is zero the mean absolute deviation takes its place, and a feature without any
    spread is 0 everywhere.
    """
    if groups is None:
        code, labels = np.zeros(len(features), dtype=np.intp), [""]
    else:
        code, found = pd.factorize(groups.astype(str), sort=True)
        labels = list(found)
    rows = [np.flatnonzero(code == place) for place in range(len(labels))]
    shape = (len(labels), features.shape[1])
    tables = {name: np.full(shape, np.nan) for name in ("q1", "median", "q3", "p95")}
    precision = np.float32 if len(features) >= SINGLE_PRECISION_FROM else np.float64
    steps, reach = (np.zeros(features.shape, dtype=precision) for _ in range(2))
    for at, name in enumerate(features.columns):
        column = features[name].to_numpy(dtype=np.float64, na_value=np.nan)
        known = np.isfinite(column)
        for place, members in enumerate(rows):
            members = members[known[members]]
            peers = column[members] if labels[place] else column[known]
            if not len(peers):
                continue
            q1, median, q3, p95 = np.percentile(peers, [25, 50, 75, 95])
            for table, value in (("q1", q1), ("median", median), ("q3", q3), ("p95", p95)):
                tables[table][place, at] = value
            away = column[members] - median
            spread = q3 - q1 if q3 > q1 else np.abs(peers - median).mean()
            if spread > 0 and (deviation := peers.std()) > 0:
                steps[members, at] = np.arcsinh(np.clip(away / spread, -FURTHEST_STEPS, FURTHEST_STEPS))
                reach[members, at] = np.clip(away / deviation, -FURTHEST_REACH, FURTHEST_REACH)
    size = np.array([len(m) if label else len(code) for label, m in zip(labels, rows, strict=True)])
    return Comparison(tuple(map(str, features.columns)), tuple(map(str, labels)), code,
                      size, tables["median"], tables["q1"], tables["q3"], tables["p95"], steps, reach)


def usable_groups(groups: pd.Series, subjects: pd.Series, least: int) -> pd.Series:
    """The declared group where it has at least `least` subjects, else '' (compared with everyone)."""
    named = groups.fillna("").astype(str)
    size = subjects.groupby(named).transform("nunique")
    return named.where(size >= least, "")
