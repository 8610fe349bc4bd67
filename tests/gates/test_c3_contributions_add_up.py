"""C3: the score is the sum of the contributions shown, on every case of every group's page, within 1e-9."""

from __future__ import annotations

import math
from typing import Any

from tests.gates.sample_night import SampleNight

NEAR = 1e-9


def apart(score: float, shown: list[list[Any]]) -> bool:
    return abs(score - math.fsum(points for _, points in shown)) > NEAR


def test_c3_in_the_run(sample: SampleNight) -> None:
    rows = sample.table("ranked")
    assert rows
    for row in rows:
        assert not apart(row["score"], [[part["detector_id"], part["points"]] for part in row["contributions"]])


def test_c3_on_every_page(sample: SampleNight) -> None:
    cases = several = 0
    for group in sample.groups:
        cols = sample.islands(group)["list"]["cols"]
        details = sample.details(group)
        assert len(details) == len(cols["score"])
        for score, detail in zip(cols["score"], details, strict=True):
            assert not apart(score, detail[1]), group
            several += len(detail[1]) > 1
        cases += len(details)
    assert cases >= len(sample.table("ranked")) and several > 20


def test_c3_control_a_lost_bar_is_seen(sample: SampleNight) -> None:
    """Without the one bar for other groups' findings a page would not add up, and this gate would say so."""
    lost = 0
    for group in sample.groups:
        page = sample.islands(group)["list"]
        for score, detail in zip(page["cols"]["score"], sample.details(group), strict=True):
            bars = [bar for bar in detail[1] if page["detectors"][bar[0]]["code"] != "other_groups"]
            lost += len(bars) < len(detail[1]) and apart(score, bars)
    assert lost
