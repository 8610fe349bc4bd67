"""Every rule and every shared view can be written for Spark; that it gives the same there is `test_spark.py`."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from detectors import run
from detectors.detector import Detector, View
from detectors.portable import to_dialect
from schemas.contract import load_contracts

CATALOGUE = run.catalogue_for(load_contracts())


@pytest.mark.parametrize("rule", [*CATALOGUE.detectors.values(), *CATALOGUE.views.values()],
                         ids=lambda r: getattr(r, "code", None) or r.name)
def test_every_rule_can_be_written_for_spark(rule: Detector | View) -> None:
    written = to_dialect(rule.run_sql, "spark")
    tree = sqlglot.parse_one(written, dialect="spark")
    columns = rule.columns if isinstance(rule, View) else rule.result_columns
    assert tuple(tree.named_selects) == columns
    bound = {str(node.this) for node in tree.find_all(exp.Placeholder, exp.Parameter)}
    assert all(f"${name}" in rule.run_sql for name in bound)
    assert "$" not in written.replace("'$'", ""), "a parameter was left in DuckDB's way of writing"


@pytest.mark.parametrize(("ours", "theirs"), [
    ("a / b", "CAST(a AS DOUBLE) / NULLIF(b, 0)"),
    ("a / 60.0", "CAST(a AS DOUBLE) / 60.0"),
    ("avg(a)", "AVG(CAST(a AS DOUBLE))"),
    ("floor(a / 7)", "CAST(FLOOR(CAST(a AS DOUBLE) / 7) AS DOUBLE)"),
    ("epoch(a)", "(CAST(UNIX_MICROS(CAST(a AS TIMESTAMP_LTZ)) AS DOUBLE) / 1000000)"),
    ("date_diff('day', a, b)", "DATEDIFF(CAST(b AS DATE), CAST(a AS DATE))"),
    ("concat(a, '/')", "CONCAT(COALESCE(a, ''), '/')"),
    ("array_agg(a) FILTER (WHERE b)", "NULLIF(COLLECT_LIST(a) FILTER(WHERE b), ARRAY())"),
    ("a - INTERVAL ($n) DAY", "a - (INTERVAL '1' DAY * (:n))"),
    ("CAST($n AS BIGINT)", "CAST(ROUND(:n) AS BIGINT)"),
    ("row_number() OVER (ORDER BY a, a_id)", "ROW_NUMBER() OVER (ORDER BY a NULLS LAST, a_id NULLS LAST)"),
])
def test_what_engines_understand_differently_is_written_out(ours: str, theirs: str) -> None:
    assert to_dialect(f"SELECT {ours} FROM t", "spark") == f"SELECT {theirs} FROM t"
