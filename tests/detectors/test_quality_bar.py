"""The quality bar on one small town; `python -m benchmarks.quality_recall` measures it on many."""

from __future__ import annotations

from benchmarks.quality_recall import HARD, measure, missed, report


def test_schemes_are_caught_and_the_innocent_left_alone() -> None:
    town = measure(0.05, 8, "mixed", None)
    caught = [row["any"] for row in town["planted"]]
    assert len(caught) > 100 and sum(caught) / len(caught) > 0.9
    alike = town["lookalikes"]
    assert len(alike) > 50
    # nothing impossible and no breach is told of the innocent, but for what proves a planted scheme
    assert [row for row in alike if any(kind in HARD for _, kind in row["fired"])] == []
    assert len(town["noisy"]) <= 0.05 * town["clean_providers"], town["noisy"]
    assert any(line.startswith("| easy |") for line in report([town]))


def test_missed_schemes_are_listed_with_what_else_fired() -> None:
    rows = [{"scheme": "LP05", "difficulty": "hard", "own": False, "fired": ["LP02"]},
            {"scheme": "LP05", "difficulty": "easy", "own": True, "fired": ["LP05"]},
            {"scheme": "ZZ01", "difficulty": "easy", "own": False, "fired": []}]
    lines = missed([{"planted": rows}])
    assert any(line.startswith("| LP05 | 1 hard | LP02 | with some 600 lines") for line in lines)
    assert "| ZZ01 | 1 easy | – | not known |" in lines
    assert missed([{"planted": [rows[1]]}]) == ["None."]
