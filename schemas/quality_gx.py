"""Great Expectations as we use it: imported without noise, its gaps on DuckDB filled, its errors without values.

Only quality_engine.py and quality_docs.py use this module. GX's gaps were found by trying; each has a test:

- GX has no regular expressions or LIKE for DuckDB. Its branch for Dremio emits REGEXP_MATCHES and LIKE exactly
  as DuckDB spells them, and is taken when the dialect object has an attribute of that name.
- GX reads a result after it has given the connection back, when DuckDB has dropped it: results are buffered.
- UnexpectedRowsExpectation fetches its rows without limit only to show them: that metric is replaced.
- column types are asked of a Postgres catalogue that DuckDB has not: that metric is replaced, too.
"""

from __future__ import annotations

import builtins
import contextlib
import datetime
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb

from schemas.contract import Contract, QualityRule

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read by Great Expectations at import
_shown = warnings.showwarning


@contextlib.contextmanager
def _without_spark() -> Iterator[None]:
    """Great Expectations imports pyspark where it finds it: a second we do not use, and where the main module has
    no file (a test worker, a child being forked) pyspark ends the process."""
    absent = "pyspark" not in sys.modules
    if absent:
        sys.modules["pyspark"] = None  # type: ignore[assignment]  # importing it now fails, as if not installed
    try:
        yield
    finally:
        if absent:
            del sys.modules["pyspark"]


with _without_spark(), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sqlalchemy as sa
    from duckdb_engine import ConnectionWrapper
    from great_expectations import exceptions as gx_exceptions
    from great_expectations.core.batch import Batch as Batch
    from great_expectations.execution_engine import PandasExecutionEngine as PandasExecutionEngine
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData as SqlAlchemyBatchData
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity
    from great_expectations.expectations.metrics.metric_provider import metric_value
    from great_expectations.expectations.metrics.query_metrics.query_table.query_table import QueryTable
    from great_expectations.expectations.metrics.table_metrics.table_column_types import ColumnTypes
    from great_expectations.expectations.registry import (
        _registered_metrics,
        get_expectation_impl,
        list_registered_expectation_implementations,
    )
    from great_expectations.validator.metric_configuration import MetricConfiguration as MetricConfiguration
    from great_expectations.validator.validator import Validator
    from pandas.api.types import is_numeric_dtype as is_numeric_dtype
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
if warnings.showwarning is not _shown:
    logging.captureWarnings(False)  # Great Expectations turns every warning of the process into a log line

_NOISY = ("great_expectations", "py.warnings", "sqlalchemy")
ROWS_EXPECTATION = "unexpected_rows_expectation"
COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
_SEVERITY = {"error": "critical", "warning": "warning", "info": "info"}
_TEMPORAL_KWARGS = ("min_value", "max_value", "value", "value_set")
# Errors raised before a row is read: their text holds names and our own SQL, never a cell value.
_SAFE_ERRORS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


class QuietValidator(Validator):
    """Without progress bars; stock GX shows them unless a Data Context says otherwise."""

    def _determine_progress_bars(self) -> bool:
        return False


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No warning and no log line of the libraries: both may hold cell values."""
    loggers = [logging.getLogger(name) for name in _NOISY]
    before = [(logger.level, logger.propagate, logger.disabled) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, (level, propagate, disabled) in zip(loggers, before, strict=True):
            logger.level, logger.propagate, logger.disabled = level, propagate, disabled
            logger.setLevel(level)


_SQL_TYPES: dict[str, Any] = {
    "VARCHAR": sa.VARCHAR,
    "INTEGER": sa.INTEGER,
    "BIGINT": sa.BIGINT,
    "DOUBLE": sa.DOUBLE,
    "DECIMAL": sa.DECIMAL,
    "DATE": sa.DATE,
    "TIMESTAMP": sa.TIMESTAMP,
    "BOOLEAN": sa.BOOLEAN,
}

with quiet():  # Great Expectations remarks on every metric that replaces one of its own

    class _NoRowsShown(QueryTable):
        """In place of GX's own metric, which pulls all rows of a steward's query through Python."""

        metric_name = "unexpected_rows_query.table"
        value_keys = ("unexpected_rows_query",)
        query_param_name = "unexpected_rows_query"

        @metric_value(engine=SqlAlchemyExecutionEngine)
        def _sqlalchemy(cls, *_: Any, **__: Any) -> list[dict[str, Any]]:
            return []

    class _DescribedTypes(ColumnTypes):
        """In place of GX's own metric, which asks DuckDB for a Postgres catalogue that it has not."""

        metric_name = "table.column_types"

        @metric_value(engine=SqlAlchemyExecutionEngine)
        def _sqlalchemy(  # type: ignore[override]
            cls, execution_engine: Any, metric_domain_kwargs: dict[str, Any], **_: Any
        ) -> list[dict[str, Any]]:
            batch = {"batch_id": metric_domain_kwargs.get("batch_id")}
            records = execution_engine.get_domain_records(domain_kwargs=batch)
            described = execution_engine.execute_query(sa.text(f'DESCRIBE "{records}"')).fetchall()
            return [
                {"name": row[0], "type": _SQL_TYPES.get(row[1].partition("(")[0], sa.types.NullType)()}
                for row in described
            ]


def expectation_names() -> list[str]:
    """Every expectation of the installed catalogue, in snake case."""
    return sorted(list_registered_expectation_implementations())


def expectation_class(name: str) -> Any:
    """The class behind an expectation's snake-case name."""
    return get_expectation_impl(name)


def kwarg_problems(name: str, kwargs: dict[str, Any]) -> list[str]:
    """What the expectation class says against `kwargs` (contract text, so it may be shown)."""
    try:
        get_expectation_impl(name)(**kwargs)
    except (ValueError, TypeError, gx_exceptions.GreatExpectationsError) as error:
        details = getattr(error, "errors", None)
        if callable(details):
            return [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in details()]
        return [str(error).splitlines()[0]]
    return []


def adapted_engine(cursor: duckdb.DuckDBPyConnection, on_error: Any) -> Any:
    """A SQLAlchemy engine over one DuckDB cursor, fit for GX; `on_error` is told of each error before GX."""
    engine = sa.create_engine("duckdb://", creator=lambda: ConnectionWrapper(cursor), poolclass=sa.pool.StaticPool)
    engine.dialect.DremioDialect = True  # type: ignore[attr-defined]  # see the module's docstring
    # the dialect quotes reserved words only, but DuckDB stumbles over others, too (a column called "at")
    words = {word for (word,) in cursor.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()}
    preparer = engine.dialect.identifier_preparer
    preparer.reserved_words = set(preparer.reserved_words) | words
    sa.event.listen(engine, "after_cursor_execute", _buffer)
    sa.event.listen(engine, "handle_error", on_error)
    return engine


def _buffer(_c: Any, cursor: Any, _s: Any, _p: Any, context: Any, _m: Any) -> None:
    """DuckDB drops a result when its transaction ends; GX reads it after that."""
    if cursor.description:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            cursor, initial_buffer=cursor.fetchall()
        )


def kind_of(rule: QualityRule) -> str:
    """rows | keys (rows, judged against each other) | frame (pandas only) | table | columns."""
    name = rule.expectation
    if name == ROWS_EXPECTATION:
        return "rows"
    metric = getattr(get_expectation_impl(name), "map_metric", None)
    if name in ("expect_column_values_to_be_of_type", "expect_column_values_to_be_in_type_list"):
        return "table"
    if metric:
        providers = _registered_metrics.get(f"{metric}.condition", {}).get("providers", {})
        # the quartiles behind not_outliers are written for other dialects only
        if "SqlAlchemyExecutionEngine" not in providers or metric == "column_values.not_outliers":
            return "frame"
        return "keys" if metric in ("column_values.unique", "compound_columns.unique") else "rows"
    return "columns" if name.startswith("expect_table_column") else "table"


def configure(contract: Contract, rule: QualityRule) -> Any:
    kwargs = dict(rule.kwargs)
    column = rule.column or kwargs.get("column")
    by_name = {c.name: c for c in contract.columns}
    if column in by_name and by_name[column].duckdb_type in ("DATE", "TIMESTAMP"):
        for key in _TEMPORAL_KWARGS:
            if key in kwargs:
                kwargs[key] = _temporal(kwargs[key])
    if rule.expectation == ROWS_EXPECTATION:
        # GX puts the query into brackets on one line, which a comment at its end would swallow
        query = str(kwargs["unexpected_rows_query"]).rstrip("; \t\r\n")
        kwargs["unexpected_rows_query"] = f"SELECT * FROM (\n{query}\n) AS asked"
    return ExpectationConfiguration(
        type=rule.expectation,
        kwargs=kwargs,
        description=rule.description or None,
        severity=FailureSeverity(_SEVERITY[rule.severity]),
        meta={"check_id": rule.id},
    )


def placeholder(rule: QualityRule) -> Any | None:
    """The rule as GX configuration for a page, or None when GX cannot build it."""
    try:
        configuration = ExpectationConfiguration(
            type=rule.expectation,
            kwargs=dict(rule.kwargs),
            description=rule.description or None,
            severity=FailureSeverity(_SEVERITY[rule.severity]),
        )
        configuration.to_domain_obj()
    except Exception:
        return None  # the page's own table names it, with the reason
    return configuration


def _temporal(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_temporal(one) for one in value]
    if isinstance(value, str):
        return datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime(value.year, value.month, value.day)
    return value


def evaluate(validator: Any, configurations: list[Any]) -> dict[str, Any]:
    results = validator.graph_validate(
        configurations=configurations,
        runtime_configuration={"result_format": dict(COUNTS), "catch_exceptions": True},
    )
    return {result.expectation_config.meta["check_id"]: result for result in results}


def _exceptions(evidence: Any) -> Iterable[dict[str, Any]]:
    info = getattr(evidence, "exception_info", None) or {}
    return [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]


def raised(evidence: Any) -> bool:
    return evidence is None or any(one.get("raised_exception") for one in _exceptions(evidence))


def reason_of(evidence: Any) -> str:
    """Why GX could not compute a check, from what it keeps of the error."""
    texts = " ".join(
        str(one.get("exception_message")) + str(one.get("exception_traceback"))
        for one in (_exceptions(evidence) if evidence is not None else ())
    )
    return _reason_in(texts)


def why(error: BaseException) -> str:
    """A reason without cell values: the class, and the text only of errors that come before any row is read."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, _SAFE_ERRORS):
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    details = getattr(cause, "errors", None)
    if isinstance(cause, (ValueError, TypeError)) and callable(details):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in details())
    return type(cause).__name__


def _reason_in(texts: str) -> str:
    """The class of the last known error named in GX's exception text; any other word could be a cell's."""
    for name in reversed(re.findall(r"\b[A-Z]\w+\b", texts)):
        if any(isinstance(getattr(home, name, None), type) for home in (gx_exceptions, sa.exc)):
            return name
        if isinstance(getattr(builtins, name, None), type):
            return name
    return "okänt fel"
