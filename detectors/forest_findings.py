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
from detectors.peer_comparison import Comparison, Placing, compare
from detectors.peer_groups import place as place_in_groups

EXPLAINED = 3  # features named in a sentence
WORTH_SAYING = 0.15  # of the strongest feature's contribution: what hardly makes anybody deviate is no reason
UNITS = {"percent": ("%", "%"), "SEK": ("kr", "SEK"), "minutes": ("min", "min"), "hours": ("tim", "h"),
         "days": ("dygn", "days"), "months": ("mån", "months")}  # others count what the feature's name says


def run_forest(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any],
               seed: int) -> Account:
    """Score the rows of `candidate` (a subject, or a subject and episode such as a month) and store the findings.

    A subject fires when at least `min_episodes` of its rows lie at or above the `percentile` of their peers' scores
    and a feature that the finding would name lies above the p95 of its peers: what cannot be shown is not told. The
    finding describes the most deviating row. NotComputable when fewer than `min_peers` subjects have `min_volume`.
    """
    number, names = _numbers(detector, values), list(detector.header["features"])
    frame, compared, excluded = compared_rows(connection, detector, values)
    features = frame[names].astype(float)
    model, frame["score"] = fit(compared, seed, int(number.get("trees", TREES)))
    frame["share_below"] = compared.placing.percentile(frame["score"].to_numpy())
    low = number.get("percentile", 0.97)
    above = features.to_numpy() > compared.p95[compared.group]
    flagged = frame[(frame["share_below"] >= low) & above.any(axis=1)].copy()
    flagged["n_episodes"] = flagged.groupby("subject_id")["subject_id"].transform("size")
    flagged = flagged[flagged["n_episodes"] >= number.get("min_episodes", 1)]
    worst = flagged.sort_values(["score", "period_from"], ascending=[False, True]).drop_duplicates("subject_id")
    worst = worst.sort_values("subject_id")
    account = Account({reason: n for reason, n in excluded.items() if n})
    if worst.empty:
        return account
    parts = contributions(model, compared, worst.index.to_numpy())
    named = np.argsort(-parts, axis=1, kind="stable")[:, :EXPLAINED]
    worth = np.take_along_axis(parts, named, axis=1) > WORTH_SAYING * parts.max(axis=1, keepdims=True)
    shown = (worth & np.take_along_axis(above[worst.index.to_numpy()], named, axis=1)).any(axis=1)
    worst, parts = worst[shown], parts[shown]
    if worst.empty:
        return account
    facts, peers = _explain(detector, worst, features, compared, parts)
    result = pd.concat([worst.reset_index(drop=True), facts], axis=1)
    result["strength"] = ((result["share_below"] - low) / max(1 - low, 1e-9)).clip(0.1, 1.0)
    connection.register("forest_result", result[["subject_id", "period_from", "strength", *facts.columns]])
    connection.register("forest_peers", peers)
    own = [c for c in detector.fact_columns if c not in names]
    optional = [c for c in ("period_to", "evidence", "n_evidence", "amount_sek", "amount_kind", *own)
                if c in detector.result_columns]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE firing AS
        SELECT r.*, '' AS episode, {", ".join(f'c."{name}"' for name in optional)}
        FROM forest_result r JOIN candidate c ON c.subject_id = r.subject_id
          AND CAST(c.period_from AS DATE) = CAST(r.period_from AS DATE)""")
    _store(connection, detector, "firing", tuple(facts.columns), tuple(own))
    connection.execute("INSERT INTO raw_peers SELECT * FROM forest_peers")
    connection.execute("DROP TABLE firing")
    for table in ("forest_result", "forest_peers"):
        connection.unregister(table)
    return account


def compared_rows(connection: duckdb.DuckDBPyConnection, detector: Detector,
                  values: Mapping[str, Any]) -> tuple[pd.DataFrame, Comparison, dict[str, int]]:
    """The rows of `candidate` that are scored, beside their peers, and the subjects left out by reason."""
    number, names = _numbers(detector, values), list(detector.header["features"])
    frame, placing, excluded = _placed(connection, detector, names, number.get("min_volume", 0),
                                       int(number.get("min_peers", MIN_PEERS)))
    return frame, compare(frame[names].astype(float), placing), excluded


def _numbers(detector: Detector, values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(values[name]) for name in detector.parameters if isinstance(values[name], (int, float))}


def _placed(connection: duckdb.DuckDBPyConnection, detector: Detector, names: list[str], min_volume: float,
            least: int) -> tuple[pd.DataFrame, Placing, dict[str, int]]:
    """The rows to score in order, whom each is compared with, and the subjects left out by reason."""
    connection.execute("CREATE OR REPLACE TEMP TABLE enough AS SELECT * FROM candidate WHERE volume >= $least",
                       {"least": min_volume})
    largest = place_in_groups(connection, "enough", detector.header, detector.result_columns, least)
    if largest < least:
        raise NotComputable(f"för liten jämförelsegrupp: {largest} av minst {least}",
                            f"peer group too small: {largest} of at least {least}")
    frame = connection.execute(f"""SELECT row_no, peer_level, peer_group, subject_id, period_from, {", ".join(names)}
                                   FROM placed WHERE peer_level IS NOT NULL ORDER BY row_no""").df()
    counts = connection.execute("""SELECT (SELECT count(DISTINCT subject_id) FROM candidate),
        count(DISTINCT subject_id), count(DISTINCT subject_id) FILTER (WHERE peer_level IS NOT NULL) FROM placed
        """).fetchone() or (0, 0, 0)
    # a group is made of the rows that are scored: one without a group of its own has no place in a wider one either
    within = connection.execute("""SELECT m.peer_level, m.peer_group, m.row_no FROM members m
        JOIN placed p USING (row_no) WHERE p.peer_level IS NOT NULL ORDER BY m.row_no""").df()
    rows_of = within.groupby(["peer_level", "peer_group"])["row_no"]
    code, keys = pd.factorize(pd.MultiIndex.from_frame(frame[["peer_level", "peer_group"]]), sort=True)
    members = tuple(np.searchsorted(frame["row_no"].to_numpy(), rows_of.get_group((int(level), name)).to_numpy())
                    for level, name in keys)
    for table in ("enough", "placed", "members"):
        connection.execute(f"DROP TABLE {table}")
    return frame, Placing(code, tuple(str(name) for _, name in keys), members), {
        "too_little_volume": counts[0] - counts[1], "too_small_group": counts[1] - counts[2]}


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
        words: dict[str, list[str]] = {"sv": [], "en": []}
        for place, j in enumerate(order, start=1):
            spec = header[names[j]]
            scale = 100.0 if spec.get("unit") == "percent" else 1.0
            own, median, q1, q3, p95 = (_rounded(value, scale) for value in (
                values[index, j], compared.median[group, j], compared.q1[group, j], compared.q3[group, j],
                compared.p95[group, j]))
            if place <= EXPLAINED:
                for language, told in words.items():
                    if parts[row, j] > WORTH_SAYING * parts[row, order[0]] or place == 1:
                        told.append(_difference(spec, language, own, median, p95))
                fact |= {f"feature_{place}_sv": spec["sv"], f"feature_{place}_en": spec["en"], f"own_{place}": own,
                         f"median_{place}": median, f"p95_{place}": p95}
            peers.append({
                "detector_id": detector.code, "subject_id": worst.at[index, "subject_id"], "episode": "",
                "feature": names[j], "own": own, "peer_median": median, "peer_q1": q1, "peer_q3": q3, "peer_p95": p95,
                "peer_n": int(compared.size[group]), "peer_group": compared.labels[group],
                "contribution": round(float(parts[row, j]), 6)})
        facts.append(fact | {f"differences_{language}": "; ".join(told) for language, told in words.items()})
    return pd.DataFrame(facts), pd.DataFrame(peers)


def _difference(spec: Mapping[str, Any], language: str, own: float | None, median: float | None,
                p95: float | None) -> str:
    """A feature in words: own value, the peers' middle, and what 95 of 100 peers lie at or below."""
    said = [_written(value, str(spec.get("unit", "")), language) for value in (own, median, p95)]
    until = "95 av 100 högst" if language == "sv" else "95 of 100 at most"
    return f"{spec[language]} {said[0]} (median {said[1]}, {until} {said[2]})"


def _written(value: float | None, unit: str, language: str) -> str:
    """1234.5 as 1 234,5 in Swedish; at most one decimal from ten upwards, two below."""
    if value is None:
        return "okänt" if language == "sv" else "unknown"
    text = f"{value:,.{0 if abs(value) >= 1000 else 1 if abs(value) >= 10 else 2}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    if language == "sv":
        text = text.replace(",", "\u00a0").replace(".", ",").replace("-", "\u2212")
    word = UNITS.get(unit, ("", ""))[language == "en"]
    return f"{text}\u00a0{word}" if word else text


def _rounded(value: Any, scale: float) -> float | None:
    return None if pd.isna(value) else round(float(value) * scale, 2)
