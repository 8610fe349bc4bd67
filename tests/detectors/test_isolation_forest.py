"""The forest on known cases: who stands out, why, with which sign, what is missing, and how stable it is."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from detectors.evaluation import auroc
from detectors.isolation_forest import OUTSIDE, OWN, Setting, contributions, fit, stability
from detectors.peer_comparison import Placing, compare


def frame(n: int = 200, seed: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    return pd.DataFrame({"a": random.normal(10, 1, n), "b": random.normal(100, 10, n), "c": random.normal(0, 1, n)})


def test_the_odd_one_out_scores_highest_and_its_reason_is_its_odd_feature() -> None:
    data = frame()
    data.loc[7, "b"] = 200
    compared = compare(data)
    model, scores = fit(compared, seed=1)
    assert int(np.argmax(scores)) == 7
    parts = contributions(model, compared, np.array([7]))
    assert int(np.argmax(parts[0])) == 1
    assert parts[0, 1] > 1


def test_a_single_deviating_feature_explains_the_whole_distance_to_a_typical_subject() -> None:
    data = frame()
    data.loc[7] = data.median()
    data.loc[8] = data.median()
    data.loc[7, "c"] = 6.0
    compared = compare(data)
    model, scores = fit(compared, seed=1)
    parts = contributions(model, compared, np.array([7, 8]))
    typical = model.score(np.zeros((1, 3)), np.zeros((1, 3)), np.array([7]))[0]
    assert parts[0, :2] == pytest.approx([0, 0], abs=0.02)  # the medians moved by a hair when 7 and 8 were put in
    assert parts[0].sum() == pytest.approx(scores[7] - typical, abs=0.03)
    assert parts[1] == pytest.approx([0, 0, 0], abs=0.02)


def test_each_contribution_is_what_scoring_again_with_the_median_gives() -> None:
    data = frame()
    data.loc[5] = [14, 60, 4]
    compared = compare(data)
    model, scores = fit(compared, seed=2)
    parts = contributions(model, compared, np.array([5]))[0]
    for at in range(3):
        steps, reach = compared.steps[[5]].copy(), compared.reach[[5]].copy()
        steps[:, at] = reach[:, at] = 0
        assert parts[at] == pytest.approx(scores[5] - model.score(steps, reach, np.array([5]))[0], abs=1e-8)
    assert (parts > 0).all()


def test_a_feature_that_hides_a_subject_in_the_crowd_counts_against_it() -> None:
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 400)
    data = pd.DataFrame({"x": x, "y": x + random.normal(0, 0.05, 400)})
    data.loc[0] = [2.5, 2.5]
    compared = compare(data)
    parts = contributions(fit(compared, seed=1)[0], compared, np.array([0]))[0]
    data.loc[0] = [2.5, -2.5]
    compared = compare(data)
    crossing = contributions(fit(compared, seed=1)[0], compared, np.array([0]))[0]
    assert parts.max() < crossing.min()  # along the line each value explains the other; across it both deviate


def test_a_combination_is_seen_that_no_single_feature_shows() -> None:
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 400)
    data = pd.DataFrame({"x": x, "y": x + random.normal(0, 0.05, 400)})
    data.loc[0] = [1.2, -1.2]
    scores = fit(compare(data), seed=1)[1]
    assert int((scores > scores[0]).sum()) < 20  # of 400, some of which lie further out along the line


def test_subjects_that_deviate_alike_do_not_hide_each_other() -> None:
    random = np.random.default_rng(4)
    data = pd.DataFrame(random.normal(0, 1, (400, 8)), columns=list("abcdefgh"))
    data.iloc[:20] = np.tile([2.0, -2.0], 4) + random.normal(0, 0.1, (20, 8))
    compared = compare(data)
    assert auroc(np.arange(400) < 20, fit(compared, seed=1)[1]) > 0.97


def test_missing_values_count_as_typical_and_explain_nothing() -> None:
    data = frame()
    data.loc[0, "a"] = np.nan
    data.loc[1, "b"] = np.inf
    compared = compare(data)
    assert compared.steps[0, 0] == compared.reach[0, 0] == compared.steps[1, 1] == 0
    model, scores = fit(compared, seed=1)
    assert np.isfinite(scores).all()
    assert contributions(model, compared, np.array([0]))[0, 0] == 0


def test_a_feature_without_values_or_spread_changes_nothing() -> None:
    data = frame()
    more = data.assign(d=np.nan, e=7.0)
    compared = compare(more)
    assert not compared.steps[:, 3:].any()
    model, _ = fit(compared, seed=1)
    assert not contributions(model, compared, np.arange(5))[:, 3:].any()


@pytest.mark.parametrize("setting", [OWN, OUTSIDE])
def test_contributions_in_both_settings_are_what_the_score_loses(setting: Setting) -> None:
    data = frame()
    data.loc[5] = [14, 60, 0.01]
    compared = compare(data)
    model, scores = fit(compared, seed=2, setting=setting)
    parts = contributions(model, compared, np.array([5]))[0]
    assert parts[0] > 0.2 and parts[1] > 0.2 and abs(parts[2]) < 0.1
    for at in range(3):
        steps, reach = compared.steps[[5]].copy(), compared.reach[[5]].copy()
        steps[:, at] = reach[:, at] = 0
        assert parts[at] == pytest.approx(scores[5] - model.score(steps, reach, np.array([5]))[0], abs=1e-8)


@pytest.mark.parametrize("setting", [OWN, OUTSIDE])
def test_cores_change_neither_scores_nor_reasons(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = compare(frame(5000))  # two chunks, and more ordinary peers than are drawn
    told = []
    for cores in ({0}, {0, 1, 2}):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: cores)
        model, scores = fit(compared, 3, 50, setting)
        told.append((scores, contributions(model, compared, np.arange(30))))
    assert np.array_equal(told[0][0], told[1][0]) and np.array_equal(told[0][1], told[1][1])


def test_the_distance_is_to_the_second_nearest_of_the_ordinary() -> None:
    data = frame(60)
    data.loc[58] = data.loc[59] = [30.0, 300.0, 30.0]
    compared = compare(data)
    model, scores = fit(compared, 1, setting=OUTSIDE)
    ordinary = model.neighbours.drawn[0]
    assert len(ordinary) == 30 and not {58, 59} & set(ordinary.tolist())
    for row in (0, 58):
        others = ordinary[ordinary != row]
        away = np.sort(np.linalg.norm(compared.steps[others] - compared.steps[row], axis=1))[1]
        assert scores[row] == pytest.approx((away - model.level[1]) / model.spread[1], abs=1e-9)


def test_a_feature_that_is_nearly_always_the_same_is_counted_in_standard_deviations() -> None:
    data = pd.DataFrame({"a": [0.0] * 90 + list(range(1, 11))})
    compared = compare(data)
    assert compared.steps[95, 0] == pytest.approx(np.arcsinh(6 / data["a"].std(ddof=0)))


def test_identical_subjects_score_alike() -> None:
    scores = fit(compare(pd.DataFrame({"a": [3.0] * 40})), seed=1)[1]
    assert (scores == 0).all()


def test_the_same_seed_gives_the_same_scores_and_reasons() -> None:
    compared = compare(frame())
    (first, one), (second, two) = fit(compared, 5), fit(compared, 5)
    assert np.array_equal(one, two)
    rows = np.arange(20)
    assert np.array_equal(contributions(first, compared, rows), contributions(second, compared, rows))
    assert not np.array_equal(one, fit(compared, 6)[1])


def test_the_order_hardly_depends_on_the_seed() -> None:
    told = stability(compare(frame(300)), range(5), top=20)
    assert told.seeds == 5
    assert told.spearman > 0.95
    assert told.overlap >= told.worst_overlap > 0.7
    assert stability(compare(frame(300)), range(2), top=20, setting=OUTSIDE).spearman > 0.95


def test_the_order_of_scaled_or_shifted_features_is_the_same() -> None:
    data = frame()
    other = data.assign(a=data["a"] * 1000 + 5)
    assert np.allclose(fit(compare(data), 1)[1], fit(compare(other), 1)[1], atol=1e-6)


def test_peers_are_the_own_group_and_everyone_for_a_small_group() -> None:
    data = pd.DataFrame({"a": [1.0] * 30 + [5.0] * 30 + [9.0] * 2})
    data["a"] += np.tile(np.linspace(-0.4, 0.4, 31), 2)
    kinds = pd.Series(["low"] * 30 + ["high"] * 30 + [None] * 2)
    compared = compare(data, Placing.by(kinds, pd.Series(range(62)), 30))
    assert compared.labels == ("", "high", "low")
    assert compared.size.tolist() == [62, 30, 30]
    assert compared.median[1, 0] == pytest.approx(5, abs=0.2)
    assert compared.median[0, 0] == pytest.approx(data["a"].median())


@pytest.mark.parametrize("rows", [2, 3, 40, 400])
def test_the_trees_say_what_scikit_learn_says_and_without_warnings(rows: int) -> None:
    compared = compare(frame(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trees = fit(compared, seed=1)[0].trees
    assert np.allclose(trees.score(compared.steps), -trees.forest.score_samples(compared.steps.astype(np.float32)))


def test_two_subjects_can_be_scored() -> None:
    assert np.isfinite(fit(compare(pd.DataFrame({"a": [1.0, 2.0]})), 1)[1]).all()
