"""The same rows in another order, on other threads, give the same findings to the last bit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from detectors import run
from detectors.detector import Detector, View
from detectors.exact_sums import exact_sums
from detectors.methods import NotComputable, bind
from tests.detectors.cases import Bench, Case
from tests.detectors.loaded_town import AS_OF, LoadedTown, catalogue, load_town


def written(sql: str, **doubles: set[str]) -> str:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    exact_sums(tree, {table: frozenset(columns) for table, columns in doubles.items()})
    return tree.sql(dialect="duckdb")


SAFE = "ROUND(CAST({} AS DOUBLE), 9)"


@pytest.mark.parametrize(("select", "expected"), [
    ("sum(hours)", SAFE.format("SUM(TRY_CAST(hours AS DECIMAL(38, 12)))")),
    ("sum(minutes)", "SUM(minutes)"),
    ("sum(minutes / 60)", SAFE.format("SUM(TRY_CAST(minutes / 60 AS DECIMAL(38, 12)))")),
    ("avg(CASE WHEN hours > 2 THEN 1.0 ELSE 0.0 END)", "AVG(CASE WHEN hours > 2 THEN 1.0 ELSE 0.0 END)"),
    ("avg(CASE WHEN minutes > 2 THEN hours END)",
     SAFE.format("AVG(TRY_CAST(CASE WHEN minutes > 2 THEN hours END AS DECIMAL(38, 12)))")),
    ("sum(hours) FILTER (WHERE minutes > 1) OVER w",
     SAFE.format("SUM(TRY_CAST(hours AS DECIMAL(38, 12))) FILTER(WHERE minutes > 1) OVER w")),
    ("sum(DISTINCT hours)", SAFE.format("SUM(DISTINCT TRY_CAST(hours AS DECIMAL(38, 12)))")),
    ("sum(CAST(round(hours, 0) AS BIGINT))", "SUM(CAST(ROUND(hours, 0) AS BIGINT))"),
])
def test_a_sum_of_fractions_is_written_so_that_order_is_no_matter(select: str, expected: str) -> None:
    assert written(f"SELECT {select} AS x FROM shifts", shifts={"hours"}) == f"SELECT {expected} AS x FROM shifts"


def test_a_fraction_is_known_through_every_step() -> None:
    sql = ("WITH a AS (SELECT minutes / 60 AS hours, minutes AS whole FROM shifts), "
           "b AS (SELECT hours AS h, whole AS w FROM a UNION ALL SELECT 1, 2), "
           "c AS (SELECT max(h) AS h, max(w) AS w FROM (SELECT h, w FROM b) d) "
           "SELECT sum(c.h) AS x, sum(c.w) AS y FROM c")
    found = written(sql)
    assert SAFE.format("SUM(TRY_CAST(c.h AS DECIMAL(38, 12)))") in found and "SUM(c.w)" in found


NO_CASE = Case("", "", "hit", AS_OF, {}, {}, [])


@pytest.fixture(scope="module")
def bench() -> Bench:
    bench = Bench()
    run.prepare(bench.connection, catalogue(), bench.settings(NO_CASE), AS_OF)
    return bench


@pytest.mark.parametrize("rule", [*catalogue().detectors.values(), *catalogue().views.values()],
                         ids=lambda r: getattr(r, "code", None) or r.name)
def test_duckdb_itself_adds_no_fractions(bench: Bench, rule: Detector | View) -> None:
    values: dict[str, Any] = {"as_of": AS_OF, "since": run.lookback_start(AS_OF, 365)}
    if isinstance(rule, Detector):
        values = run.parameter_values(rule, bench.settings(NO_CASE), AS_OF)
    for sql in added(rule.run_sql):
        described = bench.connection.execute(sql, bind(sql, values)).description
        assert "DOUBLE" not in {str(column[1]) for column in described}, f"a sum of fractions is left: {sql}"


def added(sql: str) -> Iterator[str]:
    """For each SELECT of a rule a query whose columns are what the SELECT adds up."""
    root = sqlglot.parse_one(sql, dialect="duckdb")
    steps = root.args.get("with_") or root.args.get("with")
    for scope in traverse_scope(root):
        if not isinstance(scope.expression, exp.Select):
            continue
        sums = [node.this for node in scope.find_all(exp.Sum, exp.Avg)]
        plain = [node for node in sums if not node.find(exp.AggFunc)]
        grouped = [node for node in sums if node.find(exp.AggFunc)]
        for nodes, clauses in ((plain, ("from_", "from", "joins")), (grouped, ("from_", "from", "joins", "group"))):
            if nodes:
                query = exp.select(*(exp.alias_(n.expressions[0].copy() if isinstance(n, exp.Distinct) else n.copy(),
                                                f"a{i}") for i, n in enumerate(nodes)))
                for clause in clauses:
                    if scope.expression.args.get(clause):
                        query.set(clause, scope.expression.args[clause])
                query = query.copy()
                if steps is not None:
                    query.set(steps.arg_key, steps.copy())
                yield query.limit(0).sql(dialect="duckdb")


@pytest.fixture(scope="module")
def town() -> Iterator[LoadedTown]:
    town = load_town(0.02, seed=3)
    yield town
    town.connection.close()


def rows(town: LoadedTown) -> dict[str, list[Any]]:
    """All rows of every rule's SELECT, numbers to the last bit, and what the methods make of them."""
    connection, part = town.connection, catalogue()
    run.prepare(connection, part, town.settings, AS_OF)
    found: dict[str, list[Any]] = {}
    for code, detector in part.detectors.items():
        if run.run_one(connection, detector, town.settings, AS_OF, town.delivered, part).outcome != "ran":
            continue
        try:
            values = run.parameter_values(detector, town.settings, AS_OF)
        except NotComputable:
            continue
        got = connection.execute(detector.run_sql, bind(detector.run_sql, values)).fetchall()
        found[code] = sorted(repr([sorted(v, key=str) if isinstance(v, list) else v for v in row]) for row in got)
    for table in ("raw_findings", "raw_peers", "link_edges"):
        found[table] = [repr(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()]
    return found


def test_threads_and_the_order_of_rows_change_nothing(town: LoadedTown) -> None:
    before = rows(town)
    for (table,) in town.connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' AND NOT temporary").fetchall():
        town.connection.execute(f'CREATE OR REPLACE TABLE "{table}" AS SELECT * FROM "{table}" ORDER BY hash(row_ref)')
    town.connection.execute("SET threads = 4")
    town.connection.execute("PRAGMA verify_parallelism")  # small tables are cut into many pieces too
    after = rows(town)
    assert len(before) > 140
    assert {code for code in before if before[code] != after[code]} == set()
