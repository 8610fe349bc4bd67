"""What holds for the whole suite: no telemetry, no clock in property tests, the same examples every time."""

from __future__ import annotations

import atexit
import os
import sys

import pytest
from hypothesis import HealthCheck, settings

from tests import quick_catalogue  # noqa: F401  (the catalogue is read once a process)
from tests.chromium import browser  # noqa: F401  (a fixture: one browser, for all folders)

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
# a server that a developer happens to run must not hear of the suite's nights
os.environ.pop("PREFECT_API_URL", None)

# Slow shared machines must not fail a property; a red suite must be red for the next one too.
settings.register_profile("suite", deadline=None, derandomize=True,
                          suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The gates first: they hold the longest tests, and a worker that begins them last is waited for."""
    items.sort(key=lambda item: "tests/gates/" not in item.nodeid)


_status: list[int] = []


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    _status.append(int(exitstatus))


def _leave() -> None:
    """End the process before the interpreter's own end (registered first, so called last).

    Threads of Prefect and Great Expectations outlive that end, whereupon DuckDB's binding prints pages of warnings
    below the closing line of the suite.
    """
    if _status and "duckdb" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status[-1])


atexit.register(_leave)
