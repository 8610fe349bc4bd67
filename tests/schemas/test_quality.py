"""Great Expectations on our DuckDB: it really evaluates, points at rows, and never tells a value."""

from __future__ import annotations

import dataclasses
import logging
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from schemas.contract import Column, Contract, ContractError, QualityRule, load_contracts
from schemas.quality import INFO_ROWS, CheckResult, check_rules, checks_of, validate

# one process imports Great Expectations, not one per worker
pytestmark = pytest.mark.xdist_group("great_expectations")

CANARY = "KANARIE7f3a"
FILE_1, FILE_2 = 1 << 32, 2 << 32
TYPES = {"id": "VARCHAR", "code": "VARCHAR", "low": "INTEGER", "high": "INTEGER", "day": "DATE",
         "at": "TIMESTAMP", "sek": "DECIMAL(14,2)"}  # fmt: skip

# line, id, code, low, high, day, at, sek
ROWS: list[tuple[Any, ...]] = [
    (2, "a", "A1", 1, 2, "2026-01-01", "2026-01-01 08:00", 10),
    (3, "b", "A2", 2, 3, "2026-01-02", "2026-01-02 08:00", 20),
    (4, "c", "B3", 5, 4, "2026-01-03", "2026-01-03 08:00", 30),
    (5, "d", CANARY, 6, 6, "2026-01-04", "2026-01-04 08:00", 40),
    (6, "e", None, None, 9, None, None, None),
]


def column(name: str, kind: str, **changes: Any) -> Column:
    plain = Column(
        name=name, logical_type="string", duckdb_type=kind, required=False, primary_key=name == "id", unique=False,
        options={}, aliases=(), allowed_values=(), value_aliases={}, audit_only=False, free_text=False, month=False,
        description="", quality=(),
    )  # fmt: skip
    return dataclasses.replace(plain, **changes)


def rule(expectation: str, severity: str = "warning", number: int = 1, **kwargs: Any) -> QualityRule:
    place = kwargs.get("column")
    identity = f"things.{place or 'table'}.{expectation}.{number}"
    return QualityRule(identity, severity, expectation, kwargs, f"beskrivning {number}", place)


def contract(*rules: QualityRule, **changed: dict[str, Any]) -> Contract:
    columns = tuple(column(name, kind, **changed.get(name, {})) for name, kind in TYPES.items())
    return Contract(
        dataset="things", domain="ledger", version="1", columns=columns, key=("id",), money_column=None,
        time_column=None, quality=rules, description={}, path=Path("things.odcs.yaml"), content_hash="0" * 64,
        _by_name={one.name: one for one in columns},
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file locked down as the warehouse's is while it is being built."""
    connection = duckdb.connect(str(tmp_path / "avvik.duckdb.building"), config={"threads": 1})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
    connection.execute(f"CREATE TABLE things ({columns}, row_ref BIGINT)")
    yield connection
    connection.close()


def fill(connection: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]] = ROWS, file: int = FILE_1) -> None:
    connection.executemany(
        "INSERT INTO things VALUES ($2, $3, $4, $5, $6, $7, $8, $9 + $1)",
        [[file, *row[1:], row[0]] for row in rows],
    )


def run(
    connection: duckdb.DuckDBPyConnection, *rules: QualityRule, run_dir: Path | None = None, **changed: dict[str, Any]
) -> list[CheckResult]:
    return validate(connection, None, {"things": contract(*rules, **changed)}, run_dir)


def lines(connection: duckdb.DuckDBPyConnection, check_id: str) -> list[int]:
    found = connection.execute(
        "SELECT row_ref % 4294967296 FROM ledger.failed_checks WHERE dataset = 'things' AND check_id = $1 ORDER BY 1",
        [check_id],
    ).fetchall()
    return [line for (line,) in found]


def test_a_failing_expectation_fails_and_a_holding_one_holds(database: duckdb.DuckDBPyConnection) -> None:
    fill(database)
    wrong = rule("expect_column_values_to_be_between", column="low", max_value=4)
    right = rule("expect_column_values_to_be_between", column="high", max_value=9)
    first, second = run(database, wrong, right)
    assert (first.success, first.computed, first.evaluated, first.failed) == (False, True, 5, 2)
    assert (second.success, second.computed, second.evaluated, second.failed) == (True, True, 5, 0)
    assert lines(database, wrong.id) == [4, 5]
    assert lines(database, right.id) == []


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


@pytest.mark.parametrize("asked, said", [
    (rule("expect_column_values_to_be_betwen", column="low"), "did you mean 'expect_column_values_to_be_between'"),
    (rule("expect_column_values_to_be_between", column="low", max_valu=3), "did you mean 'max_value'"),
    (rule("expect_column_values_to_match_regex", column="code"), "'regex' is missing"),
    (rule("unexpected_rows_expectation"), "'unexpected_rows_query' is missing"),
    (rule("expect_column_values_to_be_between", column="low"), "give 'min_value', 'max_value' or both"),
    (rule("expect_column_values_to_not_be_null", column="kode"), "did you mean 'code'"),
    (rule("expect_column_pair_values_to_be_equal", column_A="low", column_B="hig"), "did you mean 'high'"),
    (rule("expect_compound_columns_to_be_unique", column_list=["low", "hgh"]), "did you mean 'high'"),
    (rule("unexpected_rows_expectation", unexpected_rows_query="SELECT 1"), "FROM {batch}"),
    (rule("expect_unexpected_rows", unexpected_rows_query="SELECT 1"), "'unexpected_rows_expectation'"),
    (rule("expect_column_values_to_match_regex", column="code", regex="(A"), "not a regular expression"),
    (rule("expect_column_values_to_match_regex", column="code", regex="(?!A)"), "look-around"),
    (rule("expect_query_results_to_match_comparison"), "not offered"),
    (rule("expect_column_values_to_not_be_null", column="code", mostly=7), "mostly"),
])  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_with_what_would_be_valid(asked: QualityRule, said: str) -> None:
    with pytest.raises(ContractError) as caught:
        check_rules({"things": contract(asked)})
    assert said in str(caught.value)
    assert "things.odcs.yaml" in str(caught.value) and asked.id in str(caught.value)


def test_every_built_in_contract_has_rules_that_can_be() -> None:
    contracts = load_contracts()
    assert contracts
    check_rules(contracts)
    identities = [one.id for contract in contracts.values() for one in checks_of(contract)]
    assert len(identities) == len(set(identities))


def test_every_built_in_rule_can_be_computed() -> None:
    """On one row of blanks and one of zeros: no rule may depend on what happens to be delivered."""
    contracts = load_contracts()
    connection = duckdb.connect()
    for name, one in contracts.items():
        columns = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in one.columns)
        connection.execute(f'CREATE TABLE "{name}" ({columns}, row_ref BIGINT)')
        plain = {"VARCHAR": "'x'", "DATE": "DATE '2026-01-01'", "TIMESTAMP": "TIMESTAMP '2026-01-01'"}
        values = ", ".join(plain.get(c.duckdb_type, "CAST(0 AS " + c.duckdb_type + ")") for c in one.columns)
        connection.execute(f'INSERT INTO "{name}" SELECT {values}, {FILE_1 + 2}')
        nothing = ", ".join("NULL" for _ in one.columns)
        connection.execute(f'INSERT INTO "{name}" SELECT {nothing}, {FILE_1 + 3}')
    results = validate(connection, None, contracts, None)
    assert [(r.check_id, r.reason) for r in results if not r.computed or r.reason] == []


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


def test_no_value_leaves_the_database(
    database: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    fill(database)
    caplog.set_level(logging.DEBUG)
    rules = [
        rule("expect_column_values_to_be_in_set", column="code", value_set=["A1"]),
        rule("expect_column_values_to_be_unique", column="id"),
        rule("expect_column_max_to_be_between", column="code", max_value="A"),
        rule("expect_column_min_to_be_between", column="code", min_value="Z"),
        rule("expect_column_most_common_value_to_be_in_set", column="code", value_set=["Q"]),
        rule("expect_column_distinct_values_to_be_in_set", column="code", value_set=["Q"]),
        rule("expect_column_distinct_values_to_equal_set", column="code", value_set=["Q"]),
        rule("expect_column_values_to_match_strftime_format", column="code", strftime_format="%Y"),
        rule("expect_column_values_to_match_json_schema", column="code", json_schema={"type": "object"}),
        rule("expect_column_pair_values_to_be_equal", column_A="code", column_B="id"),
        rule("unexpected_rows_expectation", unexpected_rows_query="SELECT * FROM {batch} WHERE length(code) > 3"),
        rule("unexpected_rows_expectation", number=2,
             unexpected_rows_query="SELECT * FROM {batch} WHERE CAST(code AS INTEGER) = 1"),
        rule("unexpected_rows_expectation", number=3, unexpected_rows_query="SELECT error(code) FROM {batch}"),
        rule("expect_column_values_to_be_between", column="code", min_value=1, max_value=2),
    ]  # fmt: skip
    run_dir = tmp_path / "2026-11-23-0123abcd"
    results = run(database, *rules, run_dir=run_dir)
    assert not any(r.success for r in results if r.check_id != rules[1].id)
    pages = list((run_dir / "data_docs").rglob("*"))
    assert {page.name for page in pages} == {"index.html", "things.html"}
    told = capfd.readouterr()
    everything = repr(results) + caplog.text + told.out + told.err + "".join(p.read_text("utf-8") for p in pages)
    assert CANARY not in everything
    assert told.out == told.err == ""
    # the control: it was there to be found
    assert database.execute("SELECT count(*) FROM things WHERE code = $1", [CANARY]).fetchall() == [(1,)]


def test_data_docs_are_self_contained_private_and_reproducible(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    fill(database)
    rules = (
        rule("expect_column_values_to_match_regex", column="code", regex="^<script src='//x.example/a.js'>"),
        rule("expect_column_kl_divergence_to_be_less_than", column="code", threshold=0.1,
             partition_object={"values": ["A1", "A2"], "weights": [0.5, 0.5]}),
        rule("expect_column_quantile_values_to_be_between", column="low",
             quantile_ranges={"quantiles": [0.5], "value_ranges": [[9, 10]]}),
        rule("expect_table_columns_to_match_ordered_list", column_list=list(TYPES)),
        rule("expect_column_values_to_be_between", column="low", max_value=5),
    )  # fmt: skip
    told = []
    for folder in ("one", "two"):
        run_dir = tmp_path / folder / "2026-11-23-0123abcd"
        run(database, *rules, run_dir=run_dir)
        told.append({page.name: page.read_text("utf-8") for page in (run_dir / "data_docs").iterdir()})
    assert told[0] == told[1]
    page = told[0]["things.html"]
    assert "1 unexpected values found" in page  # Great Expectations' own rendering
    assert "1 av 5 rader" in page  # ours
    assert "default-src 'none'" in page
    for text in told[0].values():
        assert "<script" not in text and "<link" not in text and "src=" not in text.replace("&lt;script src=", "")
    folder_mode = stat.S_IMODE((run_dir / "data_docs").stat().st_mode)
    assert folder_mode == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (run_dir / "data_docs").iterdir()} == {0o600}


def test_a_page_with_a_remote_resource_is_not_written(tmp_path: Path) -> None:
    from schemas.quality_docs import _write

    for text in ('<img src="https://cdn.example/x.png">', "<link rel=stylesheet>", "<style>@import 'a'</style>",
                 '<a href="//cdn.example">'):  # fmt: skip
        with pytest.raises(RuntimeError, match="remote"):
            _write(tmp_path / "page.html", text)
    assert list(tmp_path.iterdir()) == []


def test_the_process_is_left_as_it_was(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    fill(database)
    before = (warnings.showwarning, logging.getLogger("great_expectations").level, warnings.filters[:])
    run(database, rule("expect_column_values_to_be_unique", column="code"))
    assert (warnings.showwarning, logging.getLogger("great_expectations").level, warnings.filters[:]) == before
    database.execute("CHECKPOINT")
    database.close()
    # no cursor of ours keeps the file open: it can be opened again with another configuration
    assert not (tmp_path / "avvik.duckdb.building.wal").exists()
    duckdb.connect(str(tmp_path / "avvik.duckdb.building"), read_only=True, config={"threads": 2}).close()
