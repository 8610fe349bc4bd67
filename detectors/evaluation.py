"""How good an order is, given outcomes: and whether it says more than sorting by size.

Scores are higher for more deviating; labels are 1 (or True) for a deviation, 0 for none. Nothing here knows a method.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """The chance that a deviating row is placed before one that is not (ties count half); NaN without both kinds."""
    labels = np.asarray(labels, dtype=bool)
    hits, others = int(labels.sum()), int((~labels).sum())
    if not hits or not others:
        return float("nan")
    return float((rankdata(scores)[labels].sum() - hits * (hits + 1) / 2) / (hits * others))


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Precision averaged over the recall steps; rows of equal score are taken together. NaN without deviations."""
    labels, scores = np.asarray(labels, dtype=bool), np.asarray(scores, dtype=float)
    if not labels.any():
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    hits = np.cumsum(labels[order])[ends]
    return float(np.sum(np.diff(hits, prepend=0) * hits / (ends + 1)) / labels.sum())


def precision_at(labels: np.ndarray, scores: np.ndarray, first: int) -> float:
    """Share of deviations among the `first` rows; rows of equal score at the edge count by their mean."""
    labels, scores = np.asarray(labels, dtype=float), np.asarray(scores, dtype=float)
    first = min(first, len(scores))
    edge = -np.partition(-scores, first - 1)[first - 1]
    above, level = scores > edge, scores == edge
    return float((labels[above].sum() + (first - above.sum()) * labels[level].mean()) / first)


def size_quartile(sizes: np.ndarray) -> np.ndarray:
    """0 (smallest) to 3 of each row, by rank, in equally large quarters; unknown sizes are the smallest."""
    order = np.argsort(np.nan_to_num(np.asarray(sizes, dtype=float), nan=-np.inf), kind="stable")
    quartile = np.empty(len(order), dtype=int)
    quartile[order] = np.arange(len(order)) * 4 // max(1, len(order))
    return quartile


def summary(labels: np.ndarray, scores: np.ndarray, firsts: Sequence[int] = (10, 50, 100)) -> dict[str, float]:
    """n, deviations, auroc, ap and p@k of one order."""
    labels = np.asarray(labels, dtype=bool)
    told: dict[str, float] = {"n": len(labels), "deviations": int(labels.sum()), "auroc": auroc(labels, scores),
                              "ap": average_precision(labels, scores)}
    return told | {f"p@{first}": precision_at(labels, scores, first) for first in firsts}
