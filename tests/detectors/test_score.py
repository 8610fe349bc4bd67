"""The peer and forest part on a table from outside, as a library."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from detectors.score import ScoreError, evaluate, score_table


def table(n: int = 120, seed: int = 1) -> tuple[pd.Series, pd.DataFrame]:
    random = np.random.default_rng(seed)
    features = pd.DataFrame({"share": random.beta(2, 20, n), "hours": random.normal(100, 10, n)})
    features.loc[3, "share"] = 0.9
    return pd.Series([f"u{i:03d}" for i in range(n)]), features


def test_rows_are_ranked_with_percentile_and_the_comparison_in_words() -> None:
    ids, features = table()
    scored = score_table(ids, features)
    first = scored.rows.iloc[0]
    assert (first["rank"], first["id"], first["percentile"], first["peers"]) == (1, "u003", 100.0, 120)
    median, p95 = features["share"].median(), features["share"].quantile(0.95)
    assert first["reason_1"].startswith(f"share 0.9 (median {median:.4g}, p95 {p95:.4g}, n 120) +")
    assert scored.rows["score"].is_monotonic_decreasing
    assert sorted(scored.rows["id"]) == sorted(ids)
    assert scored.scores[3] == scored.scores.max()


def test_only_what_makes_a_row_deviate_is_a_reason() -> None:
    ids, features = table()
    features.loc[3, "hours"] = features["hours"].median()
    first = score_table(ids, features).rows.iloc[0]
    assert (first["reason_2"], first["feature_2"]) == ("", "") and pd.isna(first["points_2"])


def test_points_are_what_the_score_loses_without_the_feature() -> None:
    ids, features = table()
    first = score_table(ids, features).rows.iloc[0]
    without = features.assign(share=features["share"].where(features.index != 3, features["share"].median()))
    again = score_table(ids, without).rows.set_index("id").loc["u003", "score"]
    assert first["feature_1"] == "share"
    assert first["points_1"] == pytest.approx(first["score"] - again, abs=0.25)  # the forest is grown anew there


def test_the_percentile_is_among_peers_and_small_groups_are_compared_with_all() -> None:
    ids, features = table()
    groups = pd.Series(["a"] * 60 + ["b"] * 55 + ["c"] * 5)
    features.loc[60:114, "hours"] += 500  # ordinary in its own group
    scored = score_table(ids, features, groups)
    assert scored.small_groups == 1
    rows = scored.rows.set_index("id")
    assert rows.loc["u003", "peers"] == 60 and rows.loc["u070", "peers"] == 55 and rows.loc["u117", "peers"] == 120
    best = {group: rows.loc[ids[groups == group], "percentile"].max() for group in ("a", "b")}
    assert best == {"a": 100.0, "b": 100.0}


def test_rows_beyond_the_explained_have_no_reasons() -> None:
    ids, features = table()
    rows = score_table(ids, features, explained=10).rows
    assert (rows["reason_1"].iloc[:3] != "").all() and (rows["reason_1"].iloc[10:] == "").all()


def test_too_little_to_compare_is_said() -> None:
    ids, features = table()
    with pytest.raises(ScoreError, match="29 rows are too few"):
        score_table(ids[:29], features[:29])
    with pytest.raises(ScoreError, match="no numeric column"):
        score_table(ids, features[[]])


def test_the_order_is_measured_beside_sorting_by_size_and_inside_its_quartiles() -> None:
    scores, sizes = np.arange(80.0), np.tile(np.arange(8.0), 10)
    labels = scores >= 60
    lines = evaluate(labels, scores, sizes)
    told = [(line["order"], line["inside"]) for line in lines[:3]]
    assert told == [("forest", "all"), ("size", "all"), ("forest", "Q1")]
    assert lines[0]["auroc"] == 1 and lines[1]["auroc"] == pytest.approx(0.5, abs=0.1)
    assert len(lines) == 10 and sum(line["n"] for line in lines[2::2]) == 80
    assert len(evaluate(labels, scores, None)) == 1
