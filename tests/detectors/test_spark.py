"""Every rule on a second engine: `make spark` (needs Java 17 and the extra `spark`).

The translation itself is tested with every run of the suite (`test_portable.py`); here its result is run.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator

import pytest

from tests.detectors.cases import Case, all_cases
from tests.detectors.random_tables import random_cases
from tests.detectors.spark import TwoEngines, differences, start

pytestmark = pytest.mark.spark


def why_not(config: pytest.Config) -> str:
    """What is missing for running on Spark; empty when nothing is."""
    if importlib.util.find_spec("pyspark") is None:
        return "Spark is not installed: make spark, or pip install -e '.[spark]'"
    if shutil.which("java") is None:
        return "Spark needs Java 17 on the PATH"
    asked = "spark" in (config.option.markexpr or "") or any("test_spark" in argument for argument in config.args)
    return "" if asked else "rules on Spark take minutes and are run when asked for: make spark"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case, or one skipped test that says why, rather than hundreds."""
    if "case" in metafunc.fixturenames:
        reason = why_not(metafunc.config)
        odd = metafunc.function is test_odd_values_give_the_same_rows_on_both_engines
        cases = [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="all")] if reason else \
            random_cases() if odd else list(all_cases())
        metafunc.parametrize("case", cases, ids=None if reason else lambda c: f"{c.code}: {c.name}")


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoEngines]:
    session = start(tmp_path_factory.mktemp("spark"))
    yield TwoEngines(session)
    session.stop()


def test_case_gives_the_same_rows_on_both_engines(engines: TwoEngines, case: Case) -> None:
    both = engines.rows(case)
    if both is not None:  # None: no value of the law on that day, so the rule does not run at all
        assert differences(*both) == []


def test_odd_values_give_the_same_rows_on_both_engines(engines: TwoEngines, case: Case) -> None:
    both = engines.rows(case)
    if both is not None:
        assert differences(*both) == []


@pytest.mark.parametrize(("duckdb", "spark"), [
    ({"n": 3}, {"n": 3.0}), ({"n": 3}, {"n": None}), ({"n": 1.0}, {"n": 1.00001}), ({"n": [1, 2]}, {"n": [1]}),
    ({"n": "a"}, {"n": "b"}), ({"n": True}, {"n": 1}),
])
def test_a_difference_is_seen(duckdb: dict, spark: dict) -> None:
    assert len(differences([{"subject_id": "x", **duckdb}], [{"subject_id": "x", **spark}])) == 1
    assert len(differences([], [spark])) == 1
