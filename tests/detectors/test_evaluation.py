"""The measures of an order against scikit-learn's and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from detectors.evaluation import auroc, average_precision, precision_at, size_quartile, summary


@pytest.mark.parametrize("seed", range(5))
def test_they_equal_scikit_learns_also_with_ties(seed: int) -> None:
    random = np.random.default_rng(seed)
    labels, scores = random.random(300) < 0.1, random.integers(0, 40, 300) / 7
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert average_precision(labels, scores) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


def test_precision_at_shares_out_the_ties_at_the_edge() -> None:
    labels, scores = np.array([1, 0, 1, 0]), np.array([4.0, 3, 3, 1])
    assert precision_at(labels, scores, 1) == 1
    assert precision_at(labels, scores, 2) == pytest.approx(0.75)  # one of two level rows, one of which deviates
    assert precision_at(labels, scores, 100) == 0.5


def test_without_both_kinds_there_is_no_figure() -> None:
    assert np.isnan(auroc(np.zeros(3), np.arange(3)))
    assert np.isnan(average_precision(np.zeros(3), np.arange(3)))


def test_quartiles_are_equally_large_and_unknown_is_small() -> None:
    quartile = size_quartile(np.array([5.0, np.nan, 1, 2, 3, 4, 6, 7]))
    assert np.bincount(quartile).tolist() == [2, 2, 2, 2]
    assert quartile[1] == 0


def test_the_summary_names_its_figures() -> None:
    told = summary(np.array([1, 0, 0, 1]), np.array([4.0, 3, 2, 1]))
    assert told["n"] == 4 and told["deviations"] == 2 and told["p@10"] == 0.5 and told["auroc"] == 0.5
