"""Own history: what is a shift, what everybody did, what returns every year, what is too little to tell."""

from __future__ import annotations

import json
from datetime import date

import duckdb
import numpy as np
import pandas as pd
import pytest

from detectors.methods import RAW_TABLES, NotComputable, run_method
from detectors.own_history import History, level_shifts
from tests.detectors.test_methods import detector

RULE = History(min_before=6, min_after=2, min_steps=3.5, min_change=0.05, fence=1.5, ratio=False, min_peers=30)


def town(months: int = 14, subjects: int = 40, seed: int = 1) -> pd.DataFrame:
    """Subjects x months around 0.30, each with a level of its own and a little noise."""
    random = np.random.default_rng(seed)
    level = 0.3 + random.normal(0, 0.05, (subjects, 1)) + random.normal(0, 0.01, (subjects, months))
    return pd.DataFrame(level, index=[f"p{i:02d}" for i in range(subjects)],
                        columns=pd.period_range("2025-10", periods=months, freq="M").to_timestamp())


def shifted(table: pd.DataFrame, rule: History = RULE, **groups):
    frame = table.rename_axis("subject_id").reset_index().melt("subject_id", var_name="month", value_name="value")
    frame = frame.dropna(subset=["value"]).sort_values(["subject_id", "month"])
    frame["peer_level"], frame["peer_group"] = 0, ""
    return level_shifts(frame, {(0, ""): table.index.to_numpy()}, rule)


def test_a_step_up_is_found_with_its_month_and_both_levels() -> None:
    table = town()
    table.iloc[5, 9:] += 0.2
    told = shifted(table)
    assert told.rows["subject_id"].tolist() == ["p05"]
    row = told.rows.iloc[0]
    assert row["shifted_on"] == pd.Timestamp("2026-07-01") and (row["n_before"], row["n_after"]) == (9, 5)
    assert row["own_value"] - row["own_before"] == pytest.approx(row["own_change"]) == pytest.approx(0.2, abs=0.02)
    assert row["peer_median"] == pytest.approx(0, abs=0.01) and row["peer_n"] == 40
    assert (told.judged, told.too_short) == (40, 0)


def test_what_everybody_does_in_a_month_is_no_shift() -> None:
    table = town()
    table.iloc[:, 9:] += 0.2
    assert shifted(table).rows.empty


def test_a_rise_beyond_the_common_one_is_still_seen() -> None:
    table = town()
    table.iloc[:, 9:] += 0.1
    table.iloc[5, 9:] += 0.2
    row = shifted(table).rows.iloc[0]
    assert row["own_change"] == pytest.approx(0.3, abs=0.03) and row["peer_median"] == pytest.approx(0.1, abs=0.02)
    assert row["expected"] == pytest.approx(row["own_before"] + row["peer_median"])


def test_a_fall_is_no_rise() -> None:
    table = town()
    table.iloc[5, 9:] -= 0.2
    assert shifted(table).rows.empty


def test_a_season_of_its_own_that_was_there_last_year_is_no_shift() -> None:
    table = town(months=24)
    summer = [place for place, month in enumerate(table.columns) if month.month in (7, 8, 9)]
    table.iloc[5, summer] += 0.2
    until_september = table.iloc[:, : summer[-1] + 1]
    assert shifted(until_september).rows.empty
    only_this_year = until_september.copy()
    only_this_year.iloc[5, summer[:3]] -= 0.2
    row = shifted(only_this_year).rows.iloc[0]
    assert row["subject_id"] == "p05" and row["own_last_year"] == pytest.approx(row["own_before"], abs=0.03)


def test_a_restless_past_needs_a_larger_step() -> None:
    table = town()
    table.iloc[5] += np.tile([0.1, 0.0, -0.1], 5)[:14]
    table.iloc[5, 9:] += 0.2
    assert shifted(table).rows.empty
    assert not shifted(table, History(**{**RULE.__dict__, "min_steps": 0.5})).rows.empty


def test_too_short_a_history_is_counted_and_not_judged() -> None:
    table = town()
    table.iloc[:3, :8] = np.nan  # six months left, eight are needed
    table.iloc[0, 12:] += 0.4
    told = shifted(table)
    assert told.rows.empty and (told.judged, told.too_short) == (37, 3)


def test_a_month_that_few_have_is_not_used() -> None:
    table = town()
    table.iloc[1:, 13] = np.nan  # the last month has arrived from one subject alone
    table.iloc[0, 12:] += 0.4
    assert shifted(table).rows.empty  # one month of the new level is left, two are needed


def test_peers_whose_changes_do_not_differ_give_no_fence() -> None:
    table = town()
    table.iloc[:] = 0.3
    table.iloc[5, 9:] += 0.2
    told = shifted(table)
    assert told.rows.empty and told.flat == 40


def test_a_doubling_is_as_far_for_the_large_as_for_the_small() -> None:
    table = town() * np.geomspace(1, 1000, 40)[:, None]
    table.iloc[[2, 38], 9:] *= 2
    rule = History(**{**RULE.__dict__, "ratio": True, "min_change": 0.25})
    found = shifted(table, rule).rows
    assert found["subject_id"].tolist() == ["p02", "p38"]
    assert found["own_change"].tolist() == pytest.approx([1, 1], abs=0.1)


def sql(n: int = 40) -> str:
    return f"""SELECT 'p' || i AS subject_id, CAST(DATE '2025-10-01' + INTERVAL (m) MONTH AS DATE) AS period_from,
      CAST(DATE '2025-10-31' + INTERVAL (m) MONTH AS DATE) AS period_to, 100 AS volume,
      CAST(0.2 + i % 7 / 100.0 + (i * 7 + m * 5) % 11 / 500.0
           + CASE WHEN i = 3 AND m >= 9 THEN 0.2 ELSE 0 END AS DOUBLE)
        AS value, CAST(1000 AS DECIMAL(14,2)) AS amount_sek, 10 AS n, [i * 100 + m] AS evidence
      FROM range({n}) a(i), range(14) b(m)"""


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute(RAW_TABLES)
    yield con
    con.close()


def history_rule(n: int = 40, **header):
    columns = ("subject_id", "period_from", "period_to", "volume", "value", "amount_sek", "n", "evidence")
    return detector("peer", sql(n), columns, unit="percent", peers={"compare": "own_history"}, **header)


def test_the_finding_shows_own_value_own_past_and_peers(connection) -> None:
    run_method(connection, history_rule(), {}, 1)
    rows = connection.execute("SELECT subject_id, period_from, period_to, amount_sek, facts, evidence "
                              "FROM raw_findings").fetchall()
    assert [row[0] for row in rows] == ["p3"]
    assert rows[0][1:3] == (date(2026, 7, 1), date(2026, 11, 30))
    facts = json.loads(rows[0][4])
    assert facts["own_value"] == pytest.approx(facts["own_before"] + facts["own_change"], abs=0.011)
    assert facts["own_change"] == pytest.approx(20, abs=1.5) and facts["n_after"] == 5 and facts["peer_n"] == 40
    assert float(rows[0][3]) == pytest.approx(5000 * facts["own_change"] / facts["own_value"], rel=0.05)
    assert rows[0][5] == [309, 310, 311, 312, 313]
    told = connection.execute("SELECT feature, own, peer_median, peer_n FROM raw_peers ORDER BY feature").fetchall()
    assert told == [("own_change", facts["own_change"], facts["peer_median"], 40),
                    ("own_history", facts["own_value"], facts["own_before"], 9)]


def test_own_history_needs_thirty_others_beside_it(connection) -> None:
    with pytest.raises(NotComputable, match="29 of at least 30"):
        run_method(connection, history_rule(29), {}, 1)
