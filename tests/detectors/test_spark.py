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


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoEngines]:
    asked = "spark" in (request.config.option.markexpr or "") or any("test_spark" in a for a in request.config.args)
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("Spark is not installed: pip install -e '.[spark]'")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17 on the PATH")
    if not asked:
        pytest.skip("rules on Spark take minutes: make spark, or pytest -m spark")
    session = start(tmp_path_factory.mktemp("spark"))
    yield TwoEngines(session)
    session.stop()


@pytest.mark.parametrize("case", list(all_cases()), ids=lambda c: f"{c.code}: {c.name}")
def test_case_gives_the_same_rows_on_both_engines(engines: TwoEngines, case: Case) -> None:
    both = engines.rows(case)
    if both is not None:  # None: no value of the law on that day, so the rule does not run at all
        assert differences(*both) == []


@pytest.mark.parametrize("case", random_cases(), ids=lambda c: f"{c.code}: {c.name}")
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
