"""The quality bar on one small town; `python -m benchmarks.quality_recall` measures it on many."""

from __future__ import annotations

from benchmarks.quality_recall import measure, report


def test_schemes_are_caught_and_the_innocent_left_alone() -> None:
    town = measure(0.05, 8, "mixed", None)
    caught = [row["any"] for row in town["planted"]]
    assert len(caught) > 100 and sum(caught) / len(caught) > 0.85
    impossible = [row for row in town["lookalikes"] if any(kind == "impossible" for _, kind in row["fired"])]
    assert len(town["lookalikes"]) > 50 and impossible == []
    assert len(town["noisy"]) <= 0.05 * town["clean_providers"], town["noisy"]
    assert any(line.startswith("| easy |") for line in report([town]))
