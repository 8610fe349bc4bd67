"""No rule stops at zeros, blanks, negative sums or ends before beginnings, and none says nonsense of them."""

from __future__ import annotations

import math

import pytest

from detectors import run
from detectors.detector import Catalogue
from detectors.methods import NotComputable, run_method
from tests.detectors.cases import Bench, Case
from tests.detectors.random_tables import random_cases


class Filled:
    """A bench that keeps its tables as long as the cases share them."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.tables: object = None

    def fill(self, case: Case) -> None:
        if case.tables is not self.tables:
            self.bench.fill(case)
            self.tables = case.tables


@pytest.fixture(scope="module")
def filled() -> Filled:
    return Filled()


@pytest.mark.parametrize("case", random_cases(), ids=lambda c: f"{c.code}: {c.name}")
def test_odd_values_stop_no_rule(filled: Filled, case: Case) -> None:
    filled.fill(case)
    bench = filled.bench
    detector, settings = bench.catalogue.detectors[case.code], bench.settings(case)
    views = {name: bench.catalogue.views[name] for name in detector.reads if name in bench.catalogue.views}
    run.prepare(bench.connection, Catalogue({}, views), settings, case.as_of)
    try:
        run_method(bench.connection, detector, run.parameter_values(detector, settings, case.as_of), seed=1)
    except NotComputable:
        return
    found = bench.connection.execute("SELECT subject_id, strength, amount_sek, n_evidence FROM raw_findings").fetchall()
    for subject, strength, amount, n_evidence in found:
        assert strength is not None and not math.isnan(strength), f"{subject}: no strength"
        assert 0 <= strength <= 1 and n_evidence >= 0
        assert amount is None or amount >= 0, f"{subject}: money to check is never negative"
