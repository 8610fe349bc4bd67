"""Every rule on a small town of odd values: none stops, none says nonsense, and the order of the rows is no matter."""

from __future__ import annotations

import math
from typing import Any

import pytest

from detectors import run
from detectors.detector import Catalogue
from detectors.methods import NotComputable, run_method
from tests.detectors.cases import Bench, Case
from tests.detectors.random_tables import random_cases


class Town:
    """A bench that keeps its tables as long as the cases share them; `backwards` turns the order of the rows."""

    def __init__(self, backwards: bool = False) -> None:
        self.bench = Bench()
        self.backwards = backwards
        self.tables: object = None

    def findings(self, case: Case) -> list[dict[str, Any]]:
        """What the case's rule finds; nothing where it is not computable."""
        if case.tables is not self.tables:
            self.bench.fill(case)
            self.tables = case.tables
            for table in self.bench.contracts if self.backwards else ():
                self.bench.connection.execute(
                    f'CREATE OR REPLACE TABLE "{table}" AS SELECT * FROM "{table}" ORDER BY row_ref DESC')
        bench = self.bench
        detector, settings = bench.catalogue.detectors[case.code], bench.settings(case)
        views = {name: bench.catalogue.views[name] for name in detector.reads if name in bench.catalogue.views}
        run.prepare(bench.connection, Catalogue({}, views), settings, case.as_of)
        try:
            run_method(bench.connection, detector, run.parameter_values(detector, settings, case.as_of), seed=1)
        except NotComputable:
            return []
        table = "link_edges" if detector.method == "link" else "raw_findings"
        cursor = bench.connection.execute(f"SELECT * FROM {table} ORDER BY ALL")
        heads = [d[0] for d in cursor.description]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def towns() -> tuple[Town, Town]:
    return Town(), Town(backwards=True)


@pytest.mark.parametrize("case", random_cases(), ids=lambda c: f"{c.code}: {c.name}")
def test_odd_values_stop_no_rule(towns: tuple[Town, Town], case: Case) -> None:
    found = towns[0].findings(case)
    for row in found:
        if "strength" in row:
            assert row["strength"] is not None and not math.isnan(row["strength"]), f"{row['subject_id']}: no strength"
            assert 0 <= row["strength"] <= 1 and row["n_evidence"] >= 0
            amount = row["amount_sek"]
            assert amount is None or amount >= 0, f"{row['subject_id']}: money to check is never negative"
    assert towns[1].findings(case) == found, "the order of the rows changes what is found"
