"""The order on one small town, and the measures that `python -m benchmarks.quality.towns` takes on many."""

from __future__ import annotations

import math
from typing import Any

import pytest

from benchmarks.quality.towns import Spec, View, figures, measured, report, within


def town(size: dict[str, float]) -> dict[str, Any]:
    """p1 and p2 are planted, p3 looks like it, p4 is the other party of p1, the rest are clean."""
    def found(name: str, kind: str, strength: float, sek: str | None = None) -> list[Any]:
        return ["provider", name, "HC01", kind, "presence", "home_care", 4, strength, sek]
    return {"spec": Spec(0.1, 1, "easy", None)._asdict(), "methods": {"HC01": "rule", "HC90": "isolation_forest"},
            "findings": [found("p1", "impossible", 0.9, "10"), found("p4", "impossible", 0.8, "10"),
                         found("p3", "breach", 0.5, "99"),
                         ["provider", "p2", "HC90", "unusual", "peers", "home_care", 2, 1.0, None]],
            "links": [], "sizes": [["provider", name, sek] for name, sek in size.items()],
            "planted": [["provider", "p1", "HC01", 300.0, 5], ["provider", "p2", "HC90", 100.0, 9]],
            "alike": [["provider", "p3", "HC01"]], "partners": [["provider", "p4"]]}


SIZES = {"p1": 1.0, "p2": 2.0, "p3": 50.0, "p4": 4.0, "p5": 100.0, "p6": 3.0}


def test_the_measures_of_a_town_counted_by_hand() -> None:
    view = View(town(SIZES), "provider")
    assert [name for _, name in view.order] == ["p1", "p4", "p3", "p2"]
    assert [name for _, name in view.listed] == ["p1", "p4", "p3"], "one place among peers is set apart"
    told = figures(view)
    assert (told["n"], told["planted"], told["k"], told["listed"]) == (6, 2, 2, 3)
    assert (told["apart_planted"], told["apart_alike"], told["apart_other"]) == (1, 0, 0)
    assert (told["p_ours"], told["p_money"], told["p_random"]) == (0.5, 0.0, 2 / 6)
    assert told["ap_ours"] == pytest.approx((1 / 1 + 2 / 4) / 2)
    assert told["ap_list"] == pytest.approx((1 / 1 + 2 / 6) / 2), "three are level in the last places"
    assert told["ap_money"] == pytest.approx((1 / 5 + 2 / 6) / 2)
    assert told["p_apart"] == 0.5
    assert (told["sek"], told["sek_money"]) == (0.75, 0.0)
    assert ([s for _, s in told["alike_top"]], told["alike_k"], told["partners_k"]) == (["p3"], [], 1)
    both = town(SIZES) | {"partners": [["provider", "p3"]]}
    assert (told["alike_partner"], figures(View(both, "provider"))["alike_partner"]) == (0, 1)


def test_the_variants_leave_out_what_they_say() -> None:
    assert [name for _, name in View(town(SIZES), "provider", "rules only", 0).listed] == ["p1", "p4", "p3"]
    assert [name for _, name in View(town(SIZES), "provider", "forest only", 0).listed] == ["p2"]


def test_size_and_place_are_compared_within_scheme_and_town() -> None:
    """Larger ones stand lower (-0.5 a step of size) however much schemes and towns differ; chance alone gives NaN."""
    rows = [(scheme, town, size + town, effect + 3 * town - 0.5 * size) for scheme, effect in (("A", 9), ("B", 1))
            for town in (0, 1) for size in (0.1, 0.2, 0.4, 0.8)]
    assert within(rows) == pytest.approx(-1.0)
    assert math.isnan(within(rows[:3]))


def test_size_that_only_goes_with_what_was_planted_is_taken_off() -> None:
    """Larger ones have more planted, and the more is planted the higher: nothing is left for size."""
    planted = [(scheme, town, (7 * at + 3 * town) % 5) for scheme in "AB" for town in (0, 1) for at in range(6)]
    rows = [(scheme, town, n + 0.3 * (at % 3), 2.0 * n) for at, (scheme, town, n) in enumerate(planted)]
    assert within(rows) > 0.9
    assert abs(within([(*row[:3], row[3] + 0.01 * (at % 2)) for at, row in enumerate(rows)],
                      [n for _, _, n in planted])) < 0.5


def test_planted_deviations_come_first_in_a_town() -> None:
    """Floor of the quality bar on one small town, away from the seeds of docs/quality-ranking.md."""
    small = measured(Spec(0.05, 9, "mixed", None))
    for kind in ("provider", "association"):
        told = figures(View(small, kind))
        assert told["p_ours"] >= 0.8, (kind, told)
        assert told["p_ours"] > told["p_money"] + 0.2
        assert len(told["alike_top"]) <= 2
    assert any(line.startswith("| all |") for line in report([small], held_out=False))
