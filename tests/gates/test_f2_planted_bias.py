"""Gate F2: a planted bias of 1.5 among 5,000 people is found, and chance is not taken for one.

What can be found depends on how many are picked: with 1,500 of 5,000 picked the gate holds; docs/fairness.md has the
figures for shorter lists.
"""

from __future__ import annotations

import numpy as np
import pytest

from detectors.fairness import selection

pytestmark = pytest.mark.long
PEOPLE, PICKED, SEEDS = 5_000, 1_500, 100


def _warned(seed: int, bias: float) -> bool:
    chance = np.random.default_rng(seed)
    group = chance.integers(0, 2, PEOPLE)
    weight = np.where(group == 1, bias, 1.0)
    picked = chance.random(PEOPLE) < weight / weight.mean() * PICKED / PEOPLE
    return any(row.warning for row in selection([str(g) for g in group], list(picked), seed))


def test_a_planted_bias_is_found() -> None:
    assert sum(_warned(seed, 1.5) for seed in range(SEEDS)) >= 95


def test_chance_is_not_taken_for_a_bias() -> None:
    assert sum(_warned(seed, 1.0) for seed in range(SEEDS)) <= 5
