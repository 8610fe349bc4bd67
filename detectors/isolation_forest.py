"""The isolation forest (Liu, Ting and Zhou 2008) over features of organisations, explained feature by feature.

Only organisations, never people. A feature is first expressed against its peers (distance from the peer median in
interquartile ranges), so that size alone is not what isolates a subject. The contribution of a feature is what the
score loses when that feature is set to the peer median: exact about this model, and in the same unit as the score.
This is the only module that imports scikit-learn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from detectors.detector import Detector
from detectors.methods import MIN_PEERS, Account, NotComputable, _store

TREES = 300
SAMPLES = 256
EXPLAINED = 3  # features named in a sentence


def relative_to_peers(features: pd.DataFrame, groups: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Robust distance of each value from its group: (x - median) / IQR, clipped to +-10; missing means typical.

    Returns (distances, medians, p95), each of the shape of `features`. Where the IQR is zero the mean absolute
    deviation is used instead, and a feature without any spread becomes zero everywhere.
    """
    grouped = features.groupby(groups, observed=True)
    median = grouped.transform("median")
    p95 = grouped.transform(lambda column: column.quantile(0.95))
    spread = grouped.transform(lambda column: column.quantile(0.75) - column.quantile(0.25))
    fallback = (features - median).abs().groupby(groups, observed=True).transform("mean")
    spread = spread.where(spread > 0, fallback).replace(0.0, np.nan)
    distance = ((features - median) / spread).clip(-10, 10).fillna(0.0)
    return distance, median, p95


def score(matrix: np.ndarray, seed: int, trees: int = TREES) -> tuple[Any, np.ndarray]:
    """Fit and score; returns (model, score) where a higher score is more deviating (sklearn's sign turned once)."""
    from sklearn.ensemble import IsolationForest

    model = IsolationForest(n_estimators=trees, max_samples=min(SAMPLES, len(matrix)), random_state=seed)
    model.fit(matrix)
    return model, -model.score_samples(matrix)


def contributions(model: Any, rows: np.ndarray) -> np.ndarray:
    """What the score of each row loses when one feature is set to the peer median (0 after `relative_to_peers`).

    Shape as `rows`. Positive: the feature makes the subject more deviating. The parts do not sum to the score,
    because features act together; they rank the reasons.
    """
    base = -model.score_samples(rows)
    parts = np.zeros_like(rows, dtype=float)
    for index in range(rows.shape[1]):
        changed = rows.copy()
        changed[:, index] = 0.0
        parts[:, index] = base + model.score_samples(changed)
    return parts


def run_forest(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any],
               seed: int) -> Account:
    """Score the rows of `candidate` (a subject, or a subject and episode such as a month) and store the findings.

    A subject fires when at least `min_episodes` of its rows lie at or above the `percentile` of all scores and some
    feature lies above the p95 of its peers. The finding describes its most deviating row. NotComputable when
    fewer than `min_peers` subjects have `min_volume`.
    """
    number = {name: float(values[name]) for name in detector.parameters if isinstance(values[name], (int, float))}
    names = list(detector.header["features"])
    plain = ", ".join(["subject_id", "period_from", "volume", *names]
                      + (["peer_group"] if "peer_group" in detector.result_columns else []))
    frame = connection.execute(f"SELECT {plain} FROM candidate ORDER BY subject_id, period_from").df()
    total = frame["subject_id"].nunique()
    frame = frame[frame["volume"] >= number.get("min_volume", 0)].reset_index(drop=True)
    least_peers = int(number.get("min_peers", MIN_PEERS))
    evaluated = frame["subject_id"].nunique()
    if evaluated < least_peers:
        raise NotComputable(f"för liten jämförelsegrupp: {evaluated} av minst {least_peers}",
                            f"peer group too small: {evaluated} of at least {least_peers}")
    features = frame[names].astype(float)
    groups = _groups(frame, least_peers)
    distance, median, p95 = relative_to_peers(features, groups)
    model, scores = score(distance.to_numpy(), seed, int(number.get("trees", TREES)))
    frame["score"] = np.round(scores, 10)
    frame["share_below"] = frame["score"].rank(pct=True)
    above = frame["share_below"] >= number.get("percentile", 0.97)
    frame["beyond"] = (features.to_numpy() > p95.to_numpy()).any(axis=1)
    flagged = frame[above & frame["beyond"]].copy()
    flagged["n_episodes"] = flagged.groupby("subject_id")["subject_id"].transform("size")
    flagged = flagged[flagged["n_episodes"] >= number.get("min_episodes", 1)]
    worst = flagged.sort_values(["score", "period_from"], ascending=[False, True]).drop_duplicates("subject_id")
    worst = worst.sort_values("subject_id")
    if worst.empty:
        return Account({"too_little_volume": total - evaluated} if total > evaluated else {})
    parts = contributions(model, distance.to_numpy()[worst.index])
    facts, peers = _explain(detector, worst, features, median, p95, parts, groups, names)
    result = pd.concat([worst.reset_index(drop=True), facts], axis=1)
    low = number.get("percentile", 0.97)
    result["strength"] = ((result["share_below"] - low) / max(1 - low, 1e-9)).clip(0.1, 1.0)
    connection.register("forest_result", result[["subject_id", "period_from", "strength", *facts.columns]])
    own = [c for c in detector.fact_columns if c not in names]
    optional = [c for c in ("period_to", "evidence", "n_evidence", "amount_sek", "amount_kind", *own)
                if c in detector.result_columns]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE firing AS
        SELECT r.*, '' AS episode, {", ".join(f'c."{name}"' for name in optional)}
        FROM forest_result r JOIN candidate c ON c.subject_id = r.subject_id
          AND CAST(c.period_from AS DATE) = CAST(r.period_from AS DATE)""")
    connection.unregister("forest_result")
    _store(connection, detector, "firing", tuple(facts.columns), tuple(own))
    connection.register("forest_peers", peers)
    connection.execute("INSERT INTO raw_peers SELECT * FROM forest_peers")
    connection.unregister("forest_peers")
    connection.execute("DROP TABLE firing")
    return Account({"too_little_volume": int(total - evaluated)} if total > evaluated else {})


def _groups(frame: pd.DataFrame, least: int) -> pd.Series:
    """The declared peer group where it has enough subjects, else everyone."""
    if "peer_group" not in frame:
        return pd.Series("", index=frame.index)
    group = frame["peer_group"].fillna("").astype(str)
    size = frame.groupby(group)["subject_id"].transform("nunique")
    return group.where(size >= least, "")


def _explain(detector: Detector, worst: pd.DataFrame, features: pd.DataFrame, median: pd.DataFrame, p95: pd.DataFrame,
             parts: np.ndarray, groups: pd.Series, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts for the sentence (the strongest features in words) and the comparison rows behind them."""
    header = detector.header["features"]
    facts, peers = [], []
    for row, index in enumerate(worst.index):
        order = sorted(range(len(names)), key=lambda j: (-parts[row, j], names[j]))
        subject = worst.at[index, "subject_id"]
        group = groups[index]
        members = groups == group
        fact: dict[str, Any] = {"peer_n": int(members.sum()), "percentile": round(
            100 * float(worst.at[index, "share_below"]), 1), "n_periods": int(worst.at[index, "n_episodes"])}
        for place, j in enumerate(order[:EXPLAINED], start=1):
            feature, spec = names[j], header[names[j]]
            scale = 100.0 if spec.get("unit") == "percent" else 1.0
            own, middle, high = (_rounded(t.at[index, feature], scale) for t in (features, median, p95))
            fact |= {f"feature_{place}_sv": spec["sv"], f"feature_{place}_en": spec["en"], f"own_{place}": own,
                     f"median_{place}": middle, f"p95_{place}": high}
        facts.append(fact)
        for j in order:
            feature = names[j]
            scale = 100.0 if header[feature].get("unit") == "percent" else 1.0
            column = features.loc[members, feature]
            peers.append({
                "detector_id": detector.code, "subject_id": subject, "episode": "", "feature": feature,
                "own": _rounded(features.at[index, feature], scale),
                "peer_median": _rounded(column.median(), scale), "peer_q1": _rounded(column.quantile(0.25), scale),
                "peer_q3": _rounded(column.quantile(0.75), scale), "peer_p95": _rounded(column.quantile(0.95), scale),
                "peer_n": int(members.sum()), "peer_group": group, "contribution": round(float(parts[row, j]), 6)})
    return pd.DataFrame(facts), pd.DataFrame(peers)




def _rounded(value: Any, scale: float) -> float | None:
    return None if pd.isna(value) else round(float(value) * scale, 2)
