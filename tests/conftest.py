"""What holds for the whole suite: no telemetry, no clock in property tests, the same examples every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

os.environ["DO_NOT_TRACK"] = "1"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
# a server that a developer happens to run must not hear of the suite's nights
os.environ.pop("PREFECT_API_URL", None)

# Slow shared machines must not fail a property; a red suite must be red for the next one too.
settings.register_profile("suite", deadline=None, derandomize=True,
                          suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")
