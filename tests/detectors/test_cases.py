"""Every hit, innocent and boundary case of every detector, on DuckDB."""

from __future__ import annotations

import pytest

from tests.detectors.cases import Bench, Case, all_cases, differences


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("case", list(all_cases()), ids=lambda c: f"{c.code}: {c.name}")
def test_case(bench: Bench, case: Case) -> None:
    assert differences(bench.run(case), case.expect) == []
