"""Peers and forest on any table of entities: an order, its reasons in words, and how good it is when outcomes exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from detectors.evaluation import size_quartile, summary
from detectors.isolation_forest import OUTSIDE, contributions, fit
from detectors.methods import MIN_PEERS
from detectors.peer_comparison import Comparison, Placing, compare

REASONS = 3
TOLD = 0.005  # points; less reads as +0.00
EXPLAINED = 5_000  # first rows that get their reasons; nobody reads further


class ScoreError(ValueError):
    """The table cannot be scored; the text says what is missing."""


@dataclass(frozen=True)
class Scored:
    """`rows`: rank, id, percentile, score, peers, then for the three strongest features reason_, feature_ and points_
    (what the score loses without it), the most deviating row first. `scores` in table order."""

    rows: pd.DataFrame
    scores: np.ndarray
    features: tuple[str, ...]
    small_groups: int  # groups too small to be compared within, whose rows are compared with all


def score_table(ids: pd.Series, features: pd.DataFrame, groups: pd.Series | None = None, seed: int = 1,
                explained: int = EXPLAINED) -> Scored:
    """Score every row against its peers. ScoreError without numeric columns or with fewer than 30 rows.

    The percentile is the share of the row's peers that score at most as high; ties in the order are by id.
    """
    if len(ids) < MIN_PEERS:
        raise ScoreError(f"{len(ids)} rows are too few to compare with: at least {MIN_PEERS} are needed. "
                         "One row is one entity; take a longer period or more entities")
    if features.shape[1] == 0:
        raise ScoreError("no numeric column to compare: beside the columns named there are texts, constants and empty "
                         "columns only. Add columns that measure something")
    used = None
    if groups is not None:
        used = Placing.by(groups, pd.Series(range(len(ids))), MIN_PEERS)
    compared = compare(features, used)
    model, scores = fit(compared, seed, setting=OUTSIDE)
    names = ids.astype("string").fillna("").to_numpy(dtype=str)
    order = np.lexsort((names, -scores))
    percentile = compared.placing.percentile(scores) * 100
    rows = pd.DataFrame({"rank": np.arange(1, len(order) + 1), "id": names[order],
                         "percentile": np.round(percentile[order], 2), "score": np.round(scores[order], 4),
                         "peers": compared.size[compared.group[order]]})
    first = order[:explained]
    told = _reasons(features, compared, first, contributions(model, compared, first))
    unexplained = [("", "", None)] * (len(order) - len(first))
    for place in range(min(REASONS, features.shape[1])):
        column = [*(reasons[place] for reasons in told), *unexplained]
        for at, name in enumerate(("reason", "feature", "points")):
            rows[f"{name}_{place + 1}"] = [reason[at] for reason in column]
    small = 0 if groups is None or used is None else int(groups.reset_index(drop=True)[
        np.array(used.labels)[used.group] == ""].nunique())
    return Scored(rows, scores, compared.names, small)


Reason = tuple[str, str, float | None]  # in words, the feature, its points


def _reasons(features: pd.DataFrame, compared: Comparison, rows: np.ndarray, parts: np.ndarray) -> list[list[Reason]]:
    """The strongest contributions of each row; only what makes it more deviating."""
    values = features.to_numpy(dtype=float, na_value=np.nan)
    told = []
    for row, part in zip(rows, parts, strict=True):
        group = compared.group[row]
        reasons: list[Reason] = []
        for at in np.argsort(-part, kind="stable")[:REASONS]:
            if part[at] < TOLD:
                reasons.append(("", "", None))
                continue
            own, median, p95 = (_shown(value) for value in (values[row, at], compared.median[group, at],
                                                            compared.p95[group, at]))
            reasons.append((f"{compared.names[at]} {own} (median {median}, p95 {p95}, n {compared.size[group]})"
                            f" +{part[at]:.2f}", compared.names[at], round(float(part[at]), 4)))
        told.append(reasons)
    return told


def _shown(value: float) -> str:
    """Four significant digits, or all digits before the point: 1234567, 12.35, 0.001235."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def evaluate(labels: np.ndarray, scores: np.ndarray, sizes: np.ndarray | None) -> list[dict[str, Any]]:
    """One line an order: the forest and, given sizes, sorting by size; first over all, then in each size quartile."""
    lines = [{"order": "forest", "inside": "all", **summary(labels, scores)}]
    if sizes is None:
        return lines
    known = np.nan_to_num(sizes, nan=-np.inf)
    lines.append({"order": "size", "inside": "all", **summary(labels, known)})
    quartile = size_quartile(sizes)
    for place in range(4):
        inside = quartile == place
        for order, values in (("forest", scores), ("size", known)):
            if inside.any():
                lines.append({"order": order, "inside": f"Q{place + 1}", **summary(labels[inside], values[inside])})
    return lines
