"""Gates F1 and F3: selection and precision by group, against Fairlearn and against published outcomes."""

from __future__ import annotations

import stat
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_ratio, selection_rate
from sklearn.metrics import precision_score

from detectors import fairness, intervals
from detectors.control import ControlRow
from tests.shared_data import needs

LIGHTHOUSE, has_lighthouse = needs("lighthouse_sweden", "data", "data_english.xlsx")


def _people(seed: int, size: int = 3_000) -> tuple[list[str], np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    groups = [str(name) for name in chance.choice(["a", "b", "c", "tiny"], size=size, p=[0.5, 0.3, 0.194, 0.006])]
    return groups, chance.random(size) < 0.15, chance.random(size) < 0.4


@pytest.mark.parametrize("seed", range(5))
def test_shares_and_parity_are_fairlearns(seed: int) -> None:
    groups, picked, confirmed = _people(seed)
    rows = {row.audit_group: row for row in fairness.selection(groups, list(picked), 1)}
    frame = MetricFrame(metrics=selection_rate, y_true=picked, y_pred=picked, sensitive_features=groups)
    for name, rate in frame.by_group.items():
        assert rows[name].share == pytest.approx(rate, abs=1e-9)
        rest = [g != name for g in groups]
        if name != "tiny":
            assert rows[name].ratio == pytest.approx(rate / selection_rate(picked[rest], picked[rest]), abs=1e-9)
    large = [g != "tiny" for g in groups]
    theirs = demographic_parity_ratio(picked[large], picked[large], sensitive_features=np.array(groups)[large])
    assert fairness.parity_ratio(list(rows.values())) == pytest.approx(theirs, abs=1e-9)
    mine = fairness.precision(list(np.array(groups)[picked]), list(confirmed[picked]))
    their = MetricFrame(metrics=precision_score, y_true=confirmed[picked], y_pred=picked[picked],
                        sensitive_features=np.array(groups)[picked])
    assert {row.audit_group: row.share for row in mine} == pytest.approx(dict(their.by_group), abs=1e-9)


def test_the_bootstrap_draws_people() -> None:
    """Resampling the people one by one, 4,000 times, gives the same interval within its own noise."""
    people, other, hits, other_hits = 400, 1_100, 80, 160
    low, high = fairness.bootstrap_ratio(hits, people, other_hits, other, 5)
    group = np.repeat([1, 1, 0, 0], [hits, people - hits, other_hits, other - other_hits])
    picked = np.repeat([1, 0, 1, 0], [hits, people - hits, other_hits, other - other_hits])
    chance = np.random.default_rng(11)
    ratios = []
    for _ in range(4_000):
        at = chance.integers(0, people + other, people + other)
        g, p = group[at], picked[at]
        ratios.append((p[g == 1].mean()) / (p[g == 0].mean()))
    assert [low, high] == pytest.approx(list(np.quantile(ratios, [0.05, 0.95])), abs=0.02)
    assert fairness.bootstrap_ratio(hits, people, other_hits, other, 5) == (low, high) != (
        fairness.bootstrap_ratio(hits, people, other_hits, other, 6))


@pytest.mark.parametrize(("counts", "warned"), [
    ({"a": (1000, 300), "b": (1000, 150)}, {"a", "b"}),  # 2.0
    ({"a": (1000, 220), "b": (1000, 200)}, set()),  # 1.1
    ({"a": (1000, 260), "b": (1000, 200)}, set()),  # 1.3, the interval begins below 1.25
    ({"a": (100, 30), "b": (1000, 100)}, {"a", "b"}),  # 3.0 with twelve expected: beyond chance
    ({"a": (100, 18), "b": (1000, 100)}, set()),  # 1.8 with eleven expected: the interval alone would warn
    ({"a": (30, 9), "b": (1000, 90)}, set()),  # 3.3, yet three expected
    ({"a": (29, 29), "b": (1000, 100)}, set()),  # a small group
    ({"a": (500, 0), "b": (500, 100)}, {"a", "b"}),  # nobody of one group
    ({"a": (500, 500)}, set()), ({"a": (50, 0), "b": (50, 0)}, set())])
def test_a_warning_needs_the_whole_interval_outside(counts: dict[str, tuple[int, int]], warned: set[str]) -> None:
    rows = fairness.selection_of_counts(counts, 3)
    assert {row.audit_group for row in rows if row.warning} == warned
    for row in rows:
        assert not row.warning or row.ratio_low > 1.25 or row.ratio_high < 0.8
        if row.ratio is not None and row.ratio_low:
            assert row.ratio_low <= row.ratio <= row.ratio_high


def test_lift_is_told_only_when_enough_is_reviewed() -> None:
    few = fairness.lift([True] * 30, [True, False] * 9)
    assert [row.reason for row in few] == ["few_reviewed"] * 2 and few[0].ratio is None
    listed, control = fairness.lift([True] * 40 + [False] * 60, [True] * 5 + [False] * 45)
    assert (listed.share, control.share, listed.ratio) == pytest.approx((0.4, 0.1, 4.0))
    assert listed.ratio_low == pytest.approx(1.683, abs=1e-3) and listed.ratio_high == pytest.approx(9.505, abs=1e-3)
    none = fairness.lift([True] * 10 + [False] * 20, [False] * 30)[0]
    assert none.ratio is None and none.difference == pytest.approx(1 / 3) and none.difference_low > 0.1


def test_intervals_are_the_published_ones() -> None:
    """Newcombe 1998, tables II: 81/263 (share) and 56/70 - 48/80 (difference); Wilson keeps to 0..1."""
    assert intervals.share(81, 263) == pytest.approx((0.3080, 0.2553, 0.3662), abs=1e-4)
    assert intervals.difference(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)
    assert intervals.share(0, 20)[1] == 0.0 and intervals.share(20, 20)[2] == 1.0
    for wrong in (lambda: intervals.share(2, 1), lambda: intervals.ratio(0, 5, 1, 5),
                  lambda: intervals.odds_ratio(1, 0, 1, 1)):
        with pytest.raises(ValueError, match="needs"):
            wrong()


@has_lighthouse
def test_the_published_figures_of_forsakringskassan_come_out() -> None:
    """Lighthouse Reports and Svenska Dagbladet: 49.0 % against 29.6 %, odds 1.62 (women) and 2.46 (foreign)."""
    sheets = pd.read_excel(LIGHTHOUSE, engine="calamine", sheet_name=["Gender 1 Decimal", "Foreign 1 Decimal"])
    gender, foreign = sheets["Gender 1 Decimal"], sheets["Foreign 1 Decimal"]

    def model(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["Selection Method"].isin(["High Risk", "High High Risk", "Random"])]

    gender, foreign = model(gender), model(foreign)
    wrong = gender["Result"] != "No Errors Found"
    by_lot = gender["Selection Method"] == "Random"
    listed, control = fairness.lift(list(wrong[~by_lot]), list(wrong[by_lot]))
    assert round(100 * listed.share, 1) == 49.0 and round(100 * control.share, 1) == 29.6
    assert round(listed.ratio, 2) == 1.66 and listed.ratio_low == pytest.approx(1.50, abs=0.01)
    for table, column, group, odds in ((gender, "Gender", "K", 1.62), (foreign, "Foreign Background", "1", 2.46)):
        rows = {row.audit_group: row for row in fairness.selection(
            [str(value) for value in table[column]], list(table["Selection Method"] != "Random"), 1)}
        assert round(rows[group].odds, 2) == odds, column


def _run(folder: Path, listed: list[tuple[str, str]], apart: Sequence[tuple[str, str]] = ()) -> Path:
    folder.mkdir()
    ranked = [*listed, *apart]
    table = pa.table({"rank": pa.array(range(1, len(ranked) + 1), pa.int32()),
                      "subject_type": [kind for kind, _ in ranked], "subject_id": [own for _, own in ranked],
                      "listed": [True] * len(listed) + [False] * len(apart)})
    pq.write_table(table, folder / "ranked.parquet")
    return folder


@pytest.fixture
def town() -> duckdb.DuckDBPyConnection:
    """400 households, applicant p<n>; every third applicant is a woman, of those the first forty are listed first."""
    connection = duckdb.connect()
    connection.execute("""
        CREATE TABLE persons AS SELECT 'p' || i AS person_token, CASE WHEN i % 3 = 0 THEN 'woman' ELSE 'man' END AS sex,
               CAST(NULL AS VARCHAR) AS origin_group FROM range(400) t(i);
        CREATE TABLE income_support_members AS
        SELECT 'h' || i AS household_token, 'p' || i AS person_token, DATE '2026-10-01' AS month, 'applicant' AS role
        FROM range(400) t(i)
        UNION ALL SELECT 'h' || i, 'p' || (i + 1) % 400, DATE '2026-09-01', 'applicant' FROM range(400) t(i)
        UNION ALL SELECT 'h' || i, 'p' || (i + 2) % 400, DATE '2026-11-01', 'child' FROM range(400) t(i)""")
    return connection


def test_a_run_is_audited_by_the_applicants_group(tmp_path: Path, town: duckdb.DuckDBPyConnection) -> None:
    women = [("household", f"h{at}") for at in range(0, 120, 3)]
    men = [("household", f"h{at}") for at in range(200, 300) if at % 3][:40]
    run = _run(tmp_path / "run", [*women, ("provider", "U1"), *men, ("household", "unknown")],
               apart=[("household", f"h{at}") for at in range(301, 340) if at % 3])
    judged = {women[0]: (True, "2026-11-02"), women[1]: (False, "2026-11-02"), men[0]: (True, "2026-09-30"),
              ("provider", "U1"): (True, "2026-11-20")}
    control = [ControlRow("household", "h0", "2026-11", 4), ControlRow(*men[0], "2026-10", None)]
    rows = fairness.audit(town, run, 1, control, judged)
    kept = pq.read_table(run / "audit" / "fairness.parquet")
    assert stat.S_IMODE((run / "audit" / "fairness.parquet").stat().st_mode) == 0o600 and len(kept) == len(rows)
    by = {(r.measure, r.subject_type, r.attribute, r.scope, r.audit_group): r for r in rows}
    top = by["selection", "household", "sex", "top", "woman"]
    assert (top.population, top.hits) == (134, 40) and top.warning and by[
        "selection", "household", "sex", "top", "man"].hits == 10
    whole = by["selection", "household", "sex", "listed", "man"]
    assert whole.hits == 40 and not whole.reason, "who is set apart is not picked"
    assert by["selection", "household", "origin_group", "", ""].reason == "not_delivered"
    assert by["selection", "person", "sex", "", ""].reason == "nobody_listed"
    assert (by["precision", "household", "sex", "", "woman"].population, by[
        "precision", "household", "sex", "", "woman"].share) == (2, 0.5)
    assert (by["lift", "", "", "", "listed"].population, by["lift", "", "", "", "control"].population) == (3, 1), \
        "a review before the draw is no control"


def test_the_newest_outcome_of_a_subject_is_its_verdict(tmp_path: Path) -> None:
    rows = [("household", "h1", "confirmed", date(2026, 10, 1)), ("household", "h2", "explained", date(2026, 10, 1)),
            ("household", "h3", "confirmed", date(2026, 10, 2)), ("household", "h1", "data_error", date(2026, 11, 3)),
            ("household", "h3", "referred", date(2026, 11, 4))]
    table = pa.table({name: [row[at] for row in rows] for at, name in enumerate(
        ("subject_type", "subject_id", "outcome", "reviewed_on"))})
    pq.write_table(table, tmp_path / "outcomes.parquet")
    assert fairness.judged_in(tmp_path / "outcomes.parquet") == {
        ("household", "h1"): (False, "2026-11-03"), ("household", "h2"): (False, "2026-10-01")}
    assert fairness.judged_in(tmp_path / "none.parquet") == {}


def test_no_tie_and_no_order_of_rows_changes_the_audit(tmp_path: Path, town: duckdb.DuckDBPyConnection) -> None:
    listed = [("household", f"h{at}") for at in range(90)]
    one = fairness.audit(town, _run(tmp_path / "a", listed), 1, [], {})
    town.execute("CREATE TABLE turned AS SELECT * FROM persons ORDER BY random()")
    town.execute("DROP TABLE persons; ALTER TABLE turned RENAME TO persons")
    assert fairness.audit(town, _run(tmp_path / "b", listed), 1, [], {}) == one


def test_no_other_module_of_the_product_names_the_audit_columns() -> None:
    """Only the audit reads them; contracts name them in YAML."""
    root = Path(sys.modules["detectors"].__path__[0]).parent
    names = [path.relative_to(root).as_posix() for room in ("schemas", "detectors", "reports", "flows")
             for path in (root / room).rglob("*.*") if path.suffix in (".py", ".sql", ".j2", ".js")
             and ("origin_group" in path.read_text(encoding="utf-8"))]
    assert names == ["detectors/fairness.py"]
