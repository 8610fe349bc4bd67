"""The canary of the pins: Great Expectations really evaluates on this DuckDB, and a skipped evaluation is seen."""

from __future__ import annotations

from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from docs import make_sbom
from schemas import quality_engine
from tests.schemas.quality_kit import ROWS, fill, lines, rule, run

# one process imports Great Expectations, not one per worker
pytestmark = pytest.mark.xdist_group("great_expectations")


def canary(database: duckdb.DuckDBPyConnection) -> None:
    """Planted rows: a rule that must fail does so with its count and rows, one that must hold does, over all rows."""
    fill(database)
    wrong = rule("expect_column_values_to_be_between", column="low", max_value=4)
    right = rule("expect_column_values_to_be_between", column="high", max_value=9)
    first, second = run(database, wrong, right)
    assert (first.success, first.computed, first.evaluated, first.failed) == (False, True, 5, 2)
    assert (second.success, second.computed, second.evaluated, second.failed) == (True, True, 5, 0)
    assert lines(database, wrong.id) == [4, 5]
    assert lines(database, right.id) == []


def test_canary_great_expectations_evaluates_on_this_duckdb(database: duckdb.DuckDBPyConnection) -> None:
    """Run whenever a pin moves: it is the versions of the lock file that are tried, and they do what they say."""
    canary(database)
    locked = make_sbom.pinned()
    for name in ("great-expectations", "duckdb", "duckdb-engine", "sqlalchemy"):
        assert version(name) == locked[name], f"{name} is not the locked one: install what is locked, then try again"


@pytest.mark.parametrize("skipped", ["nothing comes back", "all is well, nothing counted", "all is well, rows counted"])
def test_control_the_canary_sees_an_evaluation_that_is_skipped(
        database: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, skipped: str) -> None:
    def no_evaluation(validator: Any, configurations: list[Any]) -> dict[str, Any]:
        said = SimpleNamespace(success=True, exception_info={"raised_exception": False}, result={
            "element_count": len(ROWS) if "rows" in skipped else 0, "unexpected_count": 0})
        return {} if "comes back" in skipped else {one.meta["check_id"]: said for one in configurations}

    monkeypatch.setattr(quality_engine, "evaluate", no_evaluation)
    with pytest.raises(AssertionError):
        canary(database)
