"""The method `peer`: a value against others of the same kind, or against the subject's own history.

`peers: {compare: others}` (the default) fires above the upper fence of the group, Q3 + fence x (Q3 - Q1). `compare:
own_history` reads one row a subject and month and fires where the level has moved (detectors/own_history.py). Who the
others are is declared in the header (detectors/peer_groups.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import numpy as np

from detectors.detector import Detector
from detectors.methods import MIN_PEERS, Account, NotComputable, _store
from detectors.own_history import FACTS, History, level_shifts
from detectors.peer_groups import place

FENCE = 1.5  # interquartile ranges beyond the third quartile (Tukey's inner fence)


def run_peers(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any]) -> Account:
    """Compare the rows of `candidate` and store what fires. NotComputable without a group large enough or without
    spread in any of them."""
    if (detector.header.get("peers") or {}).get("compare") == "own_history":
        return _own_history(connection, detector, values)
    return _others(connection, detector, values)


def _number(detector: Detector, values: Mapping[str, Any], name: str, default: float) -> float:
    return float(values[name]) if name in detector.parameters else default


def _placed(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any]) -> dict[str, int]:
    """`placed` and `members` of the rows with enough volume; returns what was left out, counted in subjects."""
    least = int(_number(detector, values, "min_peers", MIN_PEERS))
    connection.execute("""CREATE OR REPLACE TEMP TABLE enough AS SELECT * FROM candidate
                          WHERE volume >= $least AND value IS NOT NULL AND isfinite(value)""",
                       {"least": _number(detector, values, "min_volume", 0)})
    largest = place(connection, "enough", detector.header, detector.result_columns, least)
    if largest < least:
        raise NotComputable(f"för liten jämförelsegrupp: {largest} av minst {least}",
                            f"peer group too small: {largest} of at least {least}")
    total, kept, grouped = (_one(connection, sql) for sql in (
        "SELECT count(DISTINCT subject_id) FROM candidate", "SELECT count(DISTINCT subject_id) FROM enough",
        "SELECT count(DISTINCT subject_id) FROM placed WHERE peer_level IS NOT NULL"))
    connection.execute("DROP TABLE enough")
    return {"too_little_volume": total - kept, "too_small_group": kept - grouped}


def _others(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any]) -> Account:
    """The SELECT gives subject_id, value, volume and the columns of the levels. A group whose quartiles coincide has
    no spread to measure by: nobody in it is judged."""
    excluded = _placed(connection, detector, values)
    fence, floor = _number(detector, values, "fence", FENCE), _number(detector, values, "min_value", float("-inf"))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE compared AS
        WITH fences AS (
          SELECT m.peer_level, m.peer_group, median(p.value) AS md, quantile_cont(p.value, 0.25) AS q1,
                 quantile_cont(p.value, 0.75) AS q3, quantile_cont(p.value, 0.95) AS p95,
                 count(DISTINCT m.subject_id) AS n
          FROM members m JOIN placed p USING (row_no) GROUP BY m.peer_level, m.peer_group)
        SELECT p.*, f.md, f.q1, f.q3, f.p95, f.n AS peer_count, f.q3 + $fence * (f.q3 - f.q1) AS upper_fence
        FROM placed p JOIN fences f USING (peer_level, peer_group)""", {"fence": fence})
    flat, judged = (_one(connection, f"SELECT count(DISTINCT subject_id) FROM compared WHERE q3 {sign} q1")
                    for sign in ("<=", ">"))
    if not judged:
        raise NotComputable("jämförelsegruppen saknar spridning (Q1 = Q3)", "no spread among peers (Q1 = Q3)")
    scale = 100.0 if detector.header.get("unit") == "percent" else 1.0
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE firing AS
        SELECT *, round(value * {scale}, 2) AS own_value, round(md * {scale}, 2) AS peer_median,
               round(p95 * {scale}, 2) AS peer_p95, CAST(peer_count AS INTEGER) AS peer_n,
               round(upper_fence * {scale}, 2) AS peer_fence,
               least(1.0, greatest(0.1, (value - upper_fence) / nullif(2 * (q3 - q1), 0))) AS strength
        FROM compared WHERE q3 > q1 AND value > upper_fence AND value >= $floor""", {"floor": floor})
    _store(connection, detector, "firing", ("own_value", "peer_median", "peer_p95", "peer_fence", "peer_n"))
    episode = "coalesce(CAST(episode AS VARCHAR), '')" if "episode" in detector.result_columns else "''"
    connection.execute(f"""
        INSERT INTO raw_peers
        SELECT '{detector.code}', subject_id, {episode}, '{detector.code}', own_value, peer_median,
               q1 * {scale}, q3 * {scale}, peer_p95, peer_n, peer_group, NULL
        FROM firing ORDER BY subject_id""")
    _drop(connection, "compared", "firing", "placed", "members")
    return Account({reason: n for reason, n in (excluded | {"no_spread_in_group": flat}).items() if n})


def _own_history(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any]) -> Account:
    """The SELECT gives one row a subject and month (period_from is its first day): value and volume of the month, and
    where it gives amount_sek, the money of the month, of which the share beyond the former level is counted."""
    excluded = _placed(connection, detector, values)
    least = int(_number(detector, values, "min_peers", MIN_PEERS))
    ratio = detector.header["peers"].get("change") == "ratio"
    rule = History(int(_number(detector, values, "min_before", 6)), int(_number(detector, values, "min_after", 2)),
                   _number(detector, values, "min_steps", 3.5), _number(detector, values, "min_change", 0.0),
                   _number(detector, values, "fence", FENCE), ratio, least)
    frame = connection.execute("""SELECT subject_id, CAST(period_from AS DATE) AS month, value, row_no, peer_level,
                                  peer_group FROM placed ORDER BY subject_id, month, row_no""").df()
    if frame.duplicated(["subject_id", "month"]).any():
        raise ValueError(f"{detector.code} returns two rows for one subject and month")
    groups = {(level, name): np.sort(rows.unique()) for (level, name), rows in connection.execute(
        "SELECT DISTINCT peer_level, peer_group, subject_id FROM members").df().groupby(
            ["peer_level", "peer_group"])["subject_id"]}
    told = level_shifts(frame, groups, rule)
    if not told.judged:
        raise NotComputable(f"för liten jämförelsegrupp med historik: {told.with_history} av minst {least}",
                            f"peer group with a history too small: {told.with_history} of at least {least}")
    excluded |= {"too_short_history": told.too_short, "no_spread_in_group": told.flat}
    if not told.rows.empty:
        _store_shifts(connection, detector, told.rows)
    _drop(connection, "placed", "members")
    return Account({reason: n for reason, n in excluded.items() if n})


def _store_shifts(connection: duckdb.DuckDBPyConnection, detector: Detector, found: Any) -> None:
    """One finding a subject: the rows of the months since the shift, with both comparisons beside it."""
    have, percent = set(detector.result_columns), detector.header.get("unit") == "percent"
    ratio = detector.header["peers"].get("change") == "ratio"
    scale, step = 100.0 if percent else 1.0, 100.0 if percent or ratio else 1.0
    connection.register("shifts", found)
    joined = "placed p JOIN shifts s ON s.subject_id = p.subject_id AND CAST(p.period_from AS DATE) >= s.shifted_on"
    columns = ["p.subject_id AS subject_id", "min(p.period_from) AS period_from", "max(p.period_to) AS period_to",
               "any_value(s.strength) AS strength"]
    if "evidence" in have:
        columns.append("flatten(list(p.evidence ORDER BY p.period_from) FILTER (WHERE p.evidence IS NOT NULL)) "
                       "AS evidence")
        if "n_evidence" in have:
            columns.append("sum(p.n_evidence) AS n_evidence")
    if "amount_sek" in have:
        columns.append("CAST(sum(CASE WHEN p.value > 0 THEN p.amount_sek * greatest(0, p.value - s.expected) / p.value "
                       "END) AS DECIMAL(14,2)) AS amount_sek")
    if "amount_kind" in have:
        columns.append("any_value(p.amount_kind) AS amount_kind")
    columns += [f'arg_max(p."{name}", p.period_from) AS "{name}"' for name in detector.fact_columns]
    scales = {"own_value": scale, "own_before": scale, "own_last_year": scale, "own_change": step,
              "peer_median": step, "peer_p95": step, "peer_fence": step}
    columns += [f"any_value(round(s.{name} * {scales[name]}, 2)) AS {name}" if name in scales
                else f"any_value({'CAST(s.shifted_on AS DATE)' if name == 'shifted_on' else 's.' + name}) AS {name}"
                for name in FACTS]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE firing AS SELECT {', '.join(columns)} FROM {joined} "
                       "GROUP BY p.subject_id")
    _store(connection, detector, "firing", FACTS)
    connection.execute(f"""
        INSERT INTO raw_peers
        SELECT '{detector.code}', subject_id, '', 'own_change', round(own_change * {step}, 2),
               round(peer_median * {step}, 2), round(peer_q1 * {step}, 2), round(peer_q3 * {step}, 2),
               round(peer_p95 * {step}, 2), peer_n, peer_group, NULL
        FROM shifts
        UNION ALL
        SELECT '{detector.code}', subject_id, '', 'own_history', round(own_value * {scale}, 2),
               round(own_before * {scale}, 2), round(own_q1 * {scale}, 2), round(own_q3 * {scale}, 2),
               round(own_p95 * {scale}, 2), n_before, 'own_history', NULL
        FROM shifts ORDER BY subject_id""")
    connection.unregister("shifts")
    _drop(connection, "firing")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0


def _drop(connection: duckdb.DuckDBPyConnection, *tables: str) -> None:
    for table in tables:
        connection.execute(f"DROP TABLE {table}")
