"""The method `isolation_forest`: the rows of a detector's SELECT scored, and the strongest stored as findings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from detectors.detector import Detector
from detectors.isolation_forest import TREES, contributions, fit
from detectors.methods import MIN_PEERS, Account, NotComputable, _store
from detectors.peer_comparison import Comparison, compare, usable_groups

EXPLAINED = 3  # features named in a sentence


def run_forest(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any],
               seed: int) -> Account:
    """Score the rows of `candidate` (a subject, or a subject and episode such as a month) and store the findings.

    A subject fires when at least `min_episodes` of its rows lie at or above the `percentile` of their peers' scores
    and some feature lies above the p95 of its peers. The finding describes its most deviating row. NotComputable
    when fewer than `min_peers` subjects have `min_volume`.
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
    groups = usable_groups(frame["peer_group"], frame["subject_id"], least_peers) if "peer_group" in frame else None
    compared = compare(features, groups)
    model, frame["score"] = fit(compared, seed, int(number.get("trees", TREES)))
    frame["share_below"] = frame.groupby(compared.group)["score"].rank(pct=True)
    low = number.get("percentile", 0.97)
    beyond = (features.to_numpy() > compared.p95[compared.group]).any(axis=1)
    flagged = frame[(frame["share_below"] >= low) & beyond].copy()
    flagged["n_episodes"] = flagged.groupby("subject_id")["subject_id"].transform("size")
    flagged = flagged[flagged["n_episodes"] >= number.get("min_episodes", 1)]
    worst = flagged.sort_values(["score", "period_from"], ascending=[False, True]).drop_duplicates("subject_id")
    worst = worst.sort_values("subject_id")
    account = Account({"too_little_volume": int(total - evaluated)} if total > evaluated else {})
    if worst.empty:
        return account
    parts = contributions(model, compared, worst.index.to_numpy())
    facts, peers = _explain(detector, worst, features, compared, parts)
    result = pd.concat([worst.reset_index(drop=True), facts], axis=1)
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
    return account


def _explain(detector: Detector, worst: pd.DataFrame, features: pd.DataFrame, compared: Comparison,
             parts: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts for the sentence (the strongest features in words) and the comparison rows behind them."""
    header, names = detector.header["features"], compared.names
    values = features.to_numpy()
    facts, peers = [], []
    for row, index in enumerate(worst.index):
        order = sorted(range(len(names)), key=lambda j: (-parts[row, j], names[j]))
        group = compared.group[index]
        fact: dict[str, Any] = {"peer_n": int(compared.size[group]), "percentile": round(
            100 * float(worst.at[index, "share_below"]), 1), "n_periods": int(worst.at[index, "n_episodes"])}
        for place, j in enumerate(order, start=1):
            spec = header[names[j]]
            scale = 100.0 if spec.get("unit") == "percent" else 1.0
            own, median, q1, q3, p95 = (_rounded(value, scale) for value in (
                values[index, j], compared.median[group, j], compared.q1[group, j], compared.q3[group, j],
                compared.p95[group, j]))
            if place <= EXPLAINED:
                fact |= {f"feature_{place}_sv": spec["sv"], f"feature_{place}_en": spec["en"], f"own_{place}": own,
                         f"median_{place}": median, f"p95_{place}": p95}
            peers.append({
                "detector_id": detector.code, "subject_id": worst.at[index, "subject_id"], "episode": "",
                "feature": names[j], "own": own, "peer_median": median, "peer_q1": q1, "peer_q3": q3, "peer_p95": p95,
                "peer_n": int(compared.size[group]), "peer_group": compared.labels[group],
                "contribution": round(float(parts[row, j]), 6)})
        facts.append(fact)
    return pd.DataFrame(facts), pd.DataFrame(peers)


def _rounded(value: Any, scale: float) -> float | None:
    return None if pd.isna(value) else round(float(value) * scale, 2)
