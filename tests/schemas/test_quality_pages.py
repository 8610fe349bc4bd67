"""What the checks leave behind: pages without a value and without a foreign resource, and a process as it was."""

from __future__ import annotations

import logging
import stat
import warnings
from pathlib import Path

import duckdb
import pytest

from tests.schemas.quality_kit import CANARY, TYPES, fill, rule, run

# one process imports Great Expectations, not one per worker
pytestmark = pytest.mark.xdist_group("great_expectations")


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
