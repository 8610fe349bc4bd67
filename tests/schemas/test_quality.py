"""Great Expectations on our DuckDB: it points at rows. That it evaluates at all: test_quality_canary.py."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from schemas.contract import QualityRule
from schemas.quality import INFO_ROWS, check_rules, validate
from tests.schemas.quality_kit import CANARY, FILE_1, FILE_2, TYPES, contract, fill, lines, rule, run

# one process imports Great Expectations, not one per worker
pytestmark = pytest.mark.xdist_group("great_expectations")


ROW_CHECKS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("expect_column_values_to_match_regex", {"column": "code", "regex": "^A[0-9]$"}, [4, 5]),
    ("expect_column_values_to_not_match_regex", {"column": "code", "regex": "^A"}, [2, 3]),
    ("expect_column_values_to_match_regex_list", {"column": "code", "regex_list": ["^A", "^B"]}, [5]),
    ("expect_column_values_to_match_regex_list", {"column": "code", "regex_list": ["^A", "1$"], "match_on": "all"},
     [3, 4, 5]),
    ("expect_column_values_to_not_match_regex_list", {"column": "code", "regex_list": ["1$", "3$"]}, [2, 4]),
    ("expect_column_values_to_match_like_pattern", {"column": "code", "like_pattern": "A%"}, [4, 5]),
    ("expect_column_values_to_not_match_like_pattern", {"column": "code", "like_pattern": "A%"}, [2, 3]),
    ("expect_column_values_to_not_be_null", {"column": "code"}, [6]),
    ("expect_column_values_to_be_null", {"column": "code"}, [2, 3, 4, 5]),
    ("expect_column_values_to_be_in_set", {"column": "code", "value_set": ["A1", "A2"]}, [4, 5]),
    ("expect_column_values_to_be_in_set", {"column": "day", "value_set": ["2026-01-01"]}, [3, 4, 5]),
    ("expect_column_value_lengths_to_be_between", {"column": "code", "max_value": 2}, [5]),
    ("expect_column_values_to_be_between", {"column": "day", "min_value": "2026-01-02", "strict_min": True}, [2, 3]),
    ("expect_column_values_to_be_between", {"column": "at", "max_value": "2026-01-03T08:00:00"}, [5]),
    ("expect_column_values_to_be_between", {"column": "sek", "min_value": 15.5, "max_value": 35}, [2, 5]),
    ("expect_column_values_to_be_between",
     {"column": "sek", "max_value": 15, "row_condition": 'col("low") < 5',
      "condition_parser": "great_expectations"}, [3]),
    ("expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "high", "column_B": "low"}, [4, 5]),
    ("expect_column_pair_values_a_to_be_greater_than_b",
     {"column_A": "high", "column_B": "low", "or_equal": True}, [4]),
    ("expect_column_pair_values_to_be_equal",
     {"column_A": "high", "column_B": "low", "ignore_row_if": "either_value_is_missing"}, [2, 3, 4]),
    ("expect_multicolumn_sum_to_equal",
     {"column_list": ["low", "high"], "sum_total": 9, "ignore_row_if": "any_value_is_missing"}, [2, 3, 5]),
    ("expect_select_column_values_to_be_unique_within_record", {"column_list": ["low", "high"]}, [5]),
    ("unexpected_rows_expectation",
     {"unexpected_rows_query": "SELECT * FROM {batch} WHERE high < low -- ned"}, [4]),
    ("unexpected_rows_expectation",
     {"unexpected_rows_query": "SELECT t.* FROM {batch} AS t JOIN {batch} AS u ON u.low = t.high - 1"}, [2, 3, 5]),
    # those Great Expectations computes in pandas only
    ("expect_column_values_to_be_increasing", {"column": "low"}, []),
    ("expect_column_values_to_be_decreasing", {"column": "low"}, [3, 4, 5]),
    ("expect_column_values_to_match_strftime_format", {"column": "code", "strftime_format": "A%d"}, [4, 5]),
    ("expect_column_values_to_be_json_parseable", {"column": "code"}, [2, 3, 4, 5]),
]  # fmt: skip


@pytest.mark.parametrize("expectation, kwargs, expected", ROW_CHECKS)
def test_row_checks_point_at_their_rows(
    database: duckdb.DuckDBPyConnection, expectation: str, kwargs: dict[str, Any], expected: list[int]
) -> None:
    fill(database)
    asked = rule(expectation, **kwargs)
    check_rules([contract(asked)])
    (result,) = run(database, asked)
    assert result.computed, result.reason
    assert result.row_level
    assert lines(database, asked.id) == expected
    assert result.failed == len(expected)
    assert result.success is (not expected)


@pytest.mark.parametrize("expectation, kwargs", [
    ("expect_column_values_to_be_unique", {"column": "code"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["code", "low"]}),
])  # fmt: skip
def test_uniqueness_points_at_all_twins_but_not_at_corrected_rows(
    database: duckdb.DuckDBPyConnection, expectation: str, kwargs: dict[str, Any]
) -> None:
    fill(database)
    fill(database, [(2, "a", "A1", 1, 7, "2026-01-01", None, 11)], FILE_2)  # corrects line 2 of the first file
    asked = rule(expectation, **kwargs)
    (result,) = run(database, asked)
    assert result.success and result.computed
    fill(database, [(3, "x", "A2", 2, 7, "2026-01-01", None, 11)], FILE_2)  # another thing of the same code
    (result,) = run(database, asked)
    assert (result.failed, result.success) == (2, False)
    refs = database.execute("SELECT row_ref FROM ledger.failed_checks ORDER BY 1").fetchall()
    assert refs == [(FILE_1 + 3,), (FILE_2 + 3,)]


def test_sums_count_a_corrected_row_once(database: duckdb.DuckDBPyConnection) -> None:
    fill(database)
    fill(database, [(2, "a", "A1", 1, 7, "2026-01-01", None, 15)], FILE_2)
    (result,) = run(database, rule("expect_column_sum_to_be_between", column="sek", min_value=105, max_value=105))
    assert result.success


def test_what_columns_promise_becomes_checks(database: duckdb.DuckDBPyConnection) -> None:
    fill(database)
    fill(database, [(2, "a", "A1", 1, 2, "2026-01-01", None, 11), (3, "z", "B3", 99, 2, None, None, 1)], FILE_2)
    results = run(
        database,
        code={"required": True, "unique": True, "options": {"minLength": 1, "maxLength": 9, "pattern": "^[AB]"}},
        low={"options": {"minimum": 2, "exclusiveMaximum": 6}},
        day={"options": {"maximum": "2026-01-03"}},
    )
    found = {
        result.check_id: database.execute(
            "SELECT list(row_ref ORDER BY row_ref) FROM ledger.failed_checks WHERE check_id = $1", [result.check_id]
        ).fetchall()[0][0]
        for result in results
    }
    assert all(result.severity == "warning" and result.computed for result in results)
    assert found == {
        "things.code.expect_column_values_to_not_be_null.0": [FILE_1 + 6],
        # line 2 of file 2 repeats its own key and is a correction; B3 now belongs to two keys
        "things.code.expect_column_values_to_be_unique.0": [FILE_1 + 4, FILE_2 + 3],
        "things.code.expect_column_value_lengths_to_be_between.0": [FILE_1 + 5],
        "things.code.expect_column_values_to_match_regex.0": [FILE_1 + 5],
        "things.low.expect_column_values_to_be_between.0": [FILE_1 + 2, FILE_1 + 5, FILE_2 + 2, FILE_2 + 3],
        "things.day.expect_column_values_to_be_between.0": [FILE_1 + 5],
    }


def test_each_severity_is_carried_to_its_rows(database: duckdb.DuckDBPyConnection) -> None:
    fill(database, [(line, f"k{line}", "x", 1, 2, None, None, None) for line in range(2, 302)])
    severities = ("error", "warning", "info")
    rules = [rule("expect_column_values_to_be_in_set", name, column="code", value_set=["y"], number=n)
             for n, name in enumerate(severities)]  # fmt: skip
    results = run(database, *rules)
    assert [(r.severity, r.failed, r.refuses_all) for r in results] == [(name, 300, False) for name in severities]
    written = database.execute(
        "SELECT severity, count(*), count(DISTINCT row_ref) FROM ledger.failed_checks GROUP BY 1 ORDER BY 1"
    ).fetchall()
    # rows of an info check are only shown: a part is enough
    assert written == [("error", 300, 300), ("info", INFO_ROWS, INFO_ROWS), ("warning", 300, 300)]


def test_a_table_check_has_no_rows_and_refuses_only_as_an_error(database: duckdb.DuckDBPyConnection) -> None:
    fill(database)
    results = run(
        database,
        *(rule("expect_table_row_count_to_be_between", name, n, min_value=50)
          for n, name in enumerate(("error", "warning", "info"))),
        rule("expect_table_column_count_to_equal", value=len(TYPES)),  # row_ref is ours and not counted
    )  # fmt: skip
    assert [(r.success, r.row_level, r.refuses_all, r.failed) for r in results] == [
        (False, False, True, 1), (False, False, False, 1), (False, False, False, 1), (True, False, False, 0),
    ]  # fmt: skip
    assert database.execute("SELECT count(*) FROM ledger.failed_checks").fetchall() == [(0,)]


def test_mostly_that_holds_names_no_rows(database: duckdb.DuckDBPyConnection) -> None:
    fill(database)
    asked = rule("expect_column_values_to_be_between", column="low", max_value=5, mostly=0.5)
    (result,) = run(database, asked)
    assert (result.success, result.failed, lines(database, asked.id)) == (True, 1, [])


@pytest.mark.parametrize("broken, reason", [
    (rule("unexpected_rows_expectation", "error", unexpected_rows_query="SELECT * FROM {batch} WHERE nope = 1"),
     "nope"),
    (rule("unexpected_rows_expectation", "error",
          unexpected_rows_query="SELECT * FROM {batch} WHERE CAST(code AS INTEGER) = 1"), "ConversionException"),
    (rule("expect_column_values_to_match_regex", "error", column="code", regex="(A"), "InvalidInputException"),
    (rule("expect_column_values_to_be_between", "error", column="gone", max_value=1), "Error"),
    (rule("expect_nothing_known", "error"), ""),
    (rule("expect_column_mean_to_be_between", "error", column="code", min_value=1), "BinderException"),
])  # fmt: skip
def test_a_check_that_cannot_be_computed_has_failed_and_spoils_no_other(
    database: duckdb.DuckDBPyConnection, broken: QualityRule, reason: str
) -> None:
    fill(database)
    good = rule("expect_column_values_to_be_between", column="low", max_value=5, number=7)
    result, other = run(database, broken, good)
    assert (result.computed, result.success, result.refuses_all) == (False, False, True)
    assert reason in result.reason and result.reason
    assert CANARY not in result.reason
    assert (other.computed, other.failed) == (True, 1)
    assert lines(database, good.id) == [5]
    assert lines(database, broken.id) == []


def test_an_empty_table_breaks_no_row_check_and_is_seen_by_table_checks(database: duckdb.DuckDBPyConnection) -> None:
    rules = (
        rule("expect_column_values_to_not_be_null", column="code"),
        rule("unexpected_rows_expectation", unexpected_rows_query="SELECT * FROM {batch}"),
        rule("expect_compound_columns_to_be_unique", column_list=["code", "low"]),
        rule("expect_column_values_to_be_json_parseable", column="code"),
        rule("expect_table_row_count_to_be_between", "error", min_value=1),
    )
    # never delivered: nothing to say
    assert [(r.success, r.computed, r.evaluated) for r in run(database, *rules)] == [(True, True, 0)] * 5
    # delivered without a row
    results = validate(database, None, {"things": contract(*rules)}, None, delivered={"things"})
    assert [r.success for r in results] == [True, True, True, True, False]
    assert results[-1].refuses_all
