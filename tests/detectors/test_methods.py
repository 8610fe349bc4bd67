"""What the methods make of a SELECT's rows: peers with fences, and the forest."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import pytest

from detectors.detector import Detector
from detectors.header import Parameter
from detectors.methods import RAW_TABLES, NotComputable, run_method


def detector(method: str, sql: str, columns: tuple[str, ...], **header) -> Detector:
    parameters = {name: Parameter(name, value, "", "test") for name, value in header.pop("parameters", {}).items()}
    base = {"code": "HC99", "method": method, "kind": "unusual", "concept": "peers", "severity": 2, "gate": "P1",
            "status": "active", "subject": "provider", "since": date(2026, 1, 1), "title": {}, **header}
    return Detector("HC99", "t", "home_care", base, sql, parameters, (), frozenset(), columns)


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute(RAW_TABLES)
    yield con
    con.close()


PEER_COLUMNS = ("subject_id", "period_from", "period_to", "value", "volume", "evidence")
PEER_SQL = """SELECT 'p' || i AS subject_id, DATE '2026-01-01' AS period_from, DATE '2026-06-30' AS period_to,
  CAST(CASE WHEN i = 0 THEN 0.9 ELSE 0.10 + (i % 10) / 100.0 END AS DOUBLE) AS value,
  CASE WHEN i = 39 THEN 5 ELSE 500 END AS volume, [i, NULL, i] AS evidence FROM range({n}) t(i)"""


def peers(connection, n: int = 40, **parameters):
    rule = detector("peer", PEER_SQL.format(n=n), PEER_COLUMNS, unit="percent", parameters=parameters)
    account = run_method(connection, rule, {k: p.value for k, p in rule.parameters.items()}, 1)
    return account, connection.execute("SELECT subject_id, strength, facts, evidence FROM raw_findings").fetchall()


def test_a_value_above_the_upper_fence_fires_with_the_comparison_beside_it(connection) -> None:
    account, rows = peers(connection, min_volume=100)
    assert [r[0] for r in rows] == ["p0"]
    facts = json.loads(rows[0][2])
    assert facts["own_value"] == 90.0
    assert facts["peer_median"] == pytest.approx(15, abs=1)
    assert facts["peer_n"] == 39
    assert 0 < rows[0][1] <= 1
    assert rows[0][3] == [0]
    assert account.excluded == {"too_little_volume": 1}
    assert connection.execute("SELECT own, peer_n FROM raw_peers").fetchall() == [(90.0, 39)]


def test_too_few_peers_is_said_and_not_guessed(connection) -> None:
    with pytest.raises(NotComputable, match="29 of at least 30"):
        peers(connection, n=29)


def test_no_spread_means_no_fence(connection) -> None:
    flat = PEER_SQL.format(n=40).replace("0.10 + (i % 10) / 100.0", "0.1")
    rule = detector("peer", flat, PEER_COLUMNS)
    with pytest.raises(NotComputable, match="no spread"):
        run_method(connection, rule, {}, 1)


def test_a_small_peer_group_falls_back_to_all(connection) -> None:
    grouped = "AS volume, CASE WHEN i < 5 THEN 'small' ELSE 'big' END AS peer_group"
    sql = PEER_SQL.format(n=40).replace("AS volume", grouped)
    rule = detector("peer", sql, (*PEER_COLUMNS, "peer_group"))
    run_method(connection, rule, {}, 1)
    facts = json.loads(connection.execute("SELECT facts FROM raw_findings WHERE subject_id = 'p0'").fetchone()[0])
    assert facts["peer_n"] == 40


def test_two_rows_for_one_subject_are_refused(connection) -> None:
    rule = detector("rule", "SELECT 'p' AS subject_id, DATE '2026-01-01' AS period_from, "
                            "DATE '2026-01-01' AS period_to, CAST(1 AS DOUBLE) AS strength FROM range(2)",
                    ("subject_id", "period_from", "period_to", "strength"))
    with pytest.raises(ValueError, match="two rows"):
        run_method(connection, rule, {}, 1)


def test_a_forest_detector_tells_own_value_median_and_p95(connection) -> None:
    sql = """SELECT 'p' || i AS subject_id, DATE '2026-01-01' AS period_from, DATE '2026-01-31' AS period_to,
      100 AS volume, CAST(CASE WHEN i = 0 THEN 0.95 ELSE 0.1 + (i * 7 % 13) / 100.0 END AS DOUBLE) AS manual,
      CAST(10 + i * 11 % 17 AS DOUBLE) AS length, [i] AS evidence FROM range(60) t(i)"""
    rule = detector("isolation_forest", sql, ("subject_id", "period_from", "period_to", "volume", "manual", "length",
                                              "evidence"),
                    features={"manual": {"sv": "andel manuella", "en": "manual share", "unit": "percent"},
                              "length": {"sv": "besökslängd", "en": "length", "unit": "minutes"}},
                    parameters={"percentile": 0.97, "min_volume": 50})
    run_method(connection, rule, {"percentile": 0.97, "min_volume": 50}, 1)
    rows = connection.execute("SELECT subject_id, facts, evidence FROM raw_findings").fetchall()
    assert rows[0][0] == "p0" and rows[0][2] == [0]
    facts = json.loads(rows[0][1])
    assert (facts["feature_1_sv"], facts["own_1"], facts["peer_n"]) == ("andel manuella", 95.0, 60)
    assert facts["median_1"] < facts["p95_1"] < facts["own_1"]
    assert connection.execute("SELECT count(*) FROM raw_peers WHERE subject_id = 'p0'").fetchone()[0] == 2


def test_a_forest_needs_thirty_peers(connection) -> None:
    sql = """SELECT 'p' || i AS subject_id, DATE '2026-01-01' AS period_from, DATE '2026-01-31' AS period_to,
      100 AS volume, CAST(i AS DOUBLE) AS x FROM range(29) t(i)"""
    rule = detector("isolation_forest", sql, ("subject_id", "period_from", "period_to", "volume", "x"),
                    features={"x": {"sv": "x", "en": "x", "unit": "number"}})
    with pytest.raises(NotComputable, match="29 of at least 30"):
        run_method(connection, rule, {}, 1)
