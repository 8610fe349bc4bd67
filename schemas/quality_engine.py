"""Great Expectations on a DuckDB connection we already hold; used by schemas/quality.py only.

Great Expectations is driven below its Data Context: one execution engine over one cursor, and one metric graph
per dataset, so that all counts of a table come from about two scans. Four things differ from a stock set-up,
each found by trying (see the tests):

- GX reads a result after it has given the connection back, when DuckDB has dropped it: results are buffered.
- GX has no regular expressions or LIKE for DuckDB. Its branch for Dremio emits REGEXP_MATCHES and LIKE exactly
  as DuckDB spells them, and is taken when the dialect object has an attribute of that name.
- UnexpectedRowsExpectation fetches its rows without limit only to show them: that metric is replaced.
- one metric that cannot be computed spoils its neighbours in the same query: the spoilt ones are run alone.
"""

from __future__ import annotations

import builtins
import contextlib
import datetime
import logging
import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from schemas.contract import Contract, QualityRule

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read by Great Expectations at import
_shown = warnings.showwarning
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sqlalchemy as sa
    from duckdb_engine import ConnectionWrapper
    from great_expectations.core.batch import Batch
    from great_expectations import exceptions as gx_exceptions
    from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metrics.metric_provider import metric_value
    from great_expectations.expectations.metrics.query_metrics.query_table.query_table import QueryTable
    from great_expectations.expectations.metrics.table_metrics.table_column_types import ColumnTypes
    from great_expectations.expectations.registry import (
        _registered_metrics,
        get_expectation_impl,
        list_registered_expectation_implementations,
    )
    from great_expectations.validator.metric_configuration import MetricConfiguration
    from great_expectations.validator.validator import Validator
    from pandas.api.types import is_numeric_dtype
    from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
if warnings.showwarning is not _shown:
    logging.captureWarnings(False)  # Great Expectations turns every warning of the process into a log line

_NOISY = ("great_expectations", "py.warnings", "sqlalchemy")
_ROWS_EXPECTATION = "unexpected_rows_expectation"
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
_SEVERITY = {"error": "critical", "warning": "warning", "info": "info"}
_TEMPORAL_KWARGS = ("min_value", "max_value", "value", "value_set")
# Errors raised before a row is read: their text holds names and our own SQL, never a cell value.
_SAFE_ERRORS = (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException)


class _QuietValidator(Validator):
    """Without progress bars; stock GX shows them unless a Data Context says otherwise."""

    def _determine_progress_bars(self) -> bool:
        return False


@dataclass
class Outcome:
    """One check's outcome; `evidence` is GX's own result object, stripped of values by quality_docs."""

    evaluated: int = 0
    failed: int = 0
    computed: bool = True
    success: bool = True
    row_level: bool = True
    reason: str = ""
    evidence: Any = None


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
        def _sqlalchemy(cls, *_: Any, **__: Any) -> list[dict[str, Any]]:  # noqa: N805
            return []

    class _DescribedTypes(ColumnTypes):
        """In place of GX's own metric, which asks DuckDB for a Postgres catalogue that it has not."""

        metric_name = "table.column_types"

        @metric_value(engine=SqlAlchemyExecutionEngine)
        def _sqlalchemy(  # noqa: N805
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


class Session:
    """One cursor of the caller's DuckDB instance with Great Expectations on top; a context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._cursor = connection.cursor()
        self._engine = sa.create_engine(
            "duckdb://", creator=lambda: ConnectionWrapper(self._cursor), poolclass=sa.pool.StaticPool
        )
        self._engine.dialect.DremioDialect = True  # type: ignore[attr-defined]  # see the module's docstring
        sa.event.listen(self._engine, "after_cursor_execute", _buffer)
        # GX keeps only an error's text, which may hold a cell value: the error itself is caught on its way
        self._error: BaseException | None = None
        sa.event.listen(self._engine, "handle_error", self._remember)
        # GX closes an engine whose owner is collected; kept until the session ends
        self._kept: list[Any] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.clear()
        self._engine.dispose()
        with contextlib.suppress(duckdb.Error):
            self._cursor.close()  # dispose closes it as a rule

    def run(self, contract: Contract, rules: Sequence[QualityRule], rows: int, delivered: bool) -> list[Outcome]:
        """One outcome per rule, in their order. Failing rows are written on the way."""
        outcomes: dict[str, Outcome] = {}
        plans: dict[str, list[tuple[QualityRule, Any]]] = {}
        for rule in rules:
            try:
                kind = _kind(rule)
                configuration = _configuration(contract, rule)
                # GX builds the class late; a rule it cannot build must not take the others with it
                configuration.to_domain_obj()
            except Exception as error:
                outcomes[rule.id] = Outcome(computed=False, success=False, row_level=False, reason=_why(error))
                continue
            if not rows and (kind in ("rows", "keys", "frame") or not delivered):
                outcomes[rule.id] = Outcome(row_level=kind in ("rows", "keys", "frame"))
                continue
            plans.setdefault(kind, []).append((rule, configuration))
        for kind, planned in plans.items():
            if kind == "frame":
                for rule, configuration in planned:
                    outcomes[rule.id] = self._run_frame(contract, rule, configuration, rows)
            else:
                outcomes.update(self._run_sql(contract, kind, planned, rows))
        return [outcomes[rule.id] for rule in rules]

    def _remember(self, context: Any) -> None:
        self._error = context.original_exception

    def _validator(self, table: str) -> Any:
        engine = SqlAlchemyExecutionEngine(engine=self._engine, create_temp_table=False)
        self._kept.append(engine)
        data = SqlAlchemyBatchData(execution_engine=engine, table_name=table, create_temp_table=False)
        return _QuietValidator(execution_engine=engine, batches=[Batch(data=data)])

    def _run_sql(
        self, contract: Contract, kind: str, planned: list[tuple[QualityRule, Any]], rows: int
    ) -> dict[str, Outcome]:
        try:
            table = self._table(contract, kind)
        except duckdb.Error as error:
            return {
                rule.id: Outcome(computed=False, success=False, row_level=False, reason=_why(error))
                for rule, _ in planned
            }
        found = _evaluate(self._validator(table), [configuration for _, configuration in planned])
        outcomes = {}
        for rule, configuration in planned:
            evidence = found.get(rule.id)
            if _raised(evidence):
                # alone and on fresh metrics, so that only the rule that cannot be computed fails
                self._error = None
                evidence = _evaluate(self._validator(table), [configuration]).get(rule.id)
            outcome = _outcome(rule, evidence, rows)
            if not outcome.computed and self._error is not None:
                outcome.reason = _why(self._error)
            if outcome.computed and not outcome.success and outcome.row_level:
                self._write_rows(contract, rule, configuration, table, outcome)
            outcomes[rule.id] = outcome
        return outcomes

    def _table(self, contract: Contract, kind: str) -> str:
        """The name of the relation a kind of check reads.

        rows: the dataset. columns: without our own row_ref. keys and table: without rows that a later row of
        the same key replaces, or a corrected file would count twice in sums and break every uniqueness.
        """
        dataset = contract.dataset
        if kind == "rows":
            return dataset
        if kind == "columns":
            view = f"avvik_columns_{dataset}"
            self._cursor.execute(
                f'CREATE OR REPLACE TEMP VIEW "{view}" AS SELECT * EXCLUDE (row_ref) FROM main."{dataset}"'
            )
            return view
        files = self._cursor.execute(f'SELECT count(DISTINCT row_ref >> 32) FROM main."{dataset}"').fetchone()
        if not contract.key or not files or files[0] < 2:
            return dataset
        key = ", ".join(f'"{name}"' for name in contract.key)
        known = " AND ".join(f'"{name}" IS NOT NULL' for name in contract.key)
        view, replaced = f"avvik_current_{dataset}", f"avvik_replaced_{dataset}"
        # grouping and joining costs less than half of a window over the whole table
        self._cursor.execute(
            f'CREATE OR REPLACE TEMP TABLE "{replaced}" AS SELECT row_ref FROM main."{dataset}" JOIN '
            f'(SELECT {key}, max(row_ref) AS last FROM main."{dataset}" WHERE {known} GROUP BY {key} '
            f"HAVING count(*) > 1) USING ({key}) WHERE row_ref < last"
        )
        self._cursor.execute(
            f'CREATE OR REPLACE TEMP VIEW "{view}" AS SELECT * FROM main."{dataset}" AS d '
            f'WHERE NOT EXISTS (SELECT 1 FROM "{replaced}" AS r WHERE r.row_ref = d.row_ref)'
        )
        return view

    def _write_rows(
        self, contract: Contract, rule: QualityRule, configuration: Any, table: str, outcome: Outcome
    ) -> None:
        try:
            if rule.expectation == _ROWS_EXPECTATION:
                query = configuration.to_domain_obj().unexpected_rows_query.format(batch=table)
                rows: Any = sa.text(f"SELECT row_ref FROM ({query}\n) AS failing").columns(
                    sa.column("row_ref", sa.BigInteger)
                )
            else:
                rows = _failing_rows(self._validator(table), rule, configuration)
            self._insert(contract, rule, rows)
        except Exception as error:
            # the check stands; without rows it can only be acted upon for the whole file
            outcome.row_level, outcome.reason = False, f"raderna kunde inte pekas ut: {_why(error)}"

    def _insert(self, contract: Contract, rule: QualityRule, rows: Any) -> None:
        from schemas.quality import INFO_ROWS

        inner = rows.subquery("failing")
        chosen = sa.select(inner.c.row_ref).distinct().where(inner.c.row_ref.is_not(None))
        if rule.severity == "info":
            chosen = chosen.order_by(inner.c.row_ref).limit(INFO_ROWS)
        picked = chosen.subquery("chosen")
        target = sa.table(
            "failed_checks",
            *map(sa.column, ("dataset", "check_id", "severity", "row_ref")),
            schema="ledger",
        )
        constants = [sa.literal(text, sa.String) for text in (contract.dataset, rule.id, rule.severity)]
        statement = sa.insert(target).from_select(
            ["dataset", "check_id", "severity", "row_ref"], sa.select(*constants, picked.c.row_ref)
        )
        with self._engine.begin() as transaction:
            transaction.execute(statement)

    def _run_frame(self, contract: Contract, rule: QualityRule, configuration: Any, rows: int) -> Outcome:
        """A check GX can only compute in pandas: the column it needs is handed over as a frame."""
        column = rule.kwargs.get("column")
        try:
            wanted = "*" if rule.kwargs.get("row_condition") else f'row_ref, "{column}"'
            frame = self._cursor.execute(
                f'SELECT {wanted} FROM main."{contract.dataset}" ORDER BY row_ref'
            ).df()
            frame = frame.set_index("row_ref")
            if not is_numeric_dtype(frame[column]):
                frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
            validator = _QuietValidator(execution_engine=PandasExecutionEngine(), batches=[Batch(data=frame)])
            outcome = _outcome(rule, _evaluate(validator, [configuration]).get(rule.id), rows)
            if outcome.computed and not outcome.success:
                unexpected = validator.metrics_calculator.get_metric(
                    _condition_metric(validator, rule, configuration)
                )[0]
                failing = frame.loc[unexpected[unexpected.astype(bool)].index].index.unique()
                references = [int(reference) for reference in failing]
                if rule.severity == "info":
                    from schemas.quality import INFO_ROWS

                    references = references[:INFO_ROWS]
                self._cursor.execute(
                    "INSERT INTO ledger.failed_checks SELECT ?, ?, ?, unnest(?::BIGINT[])",
                    [contract.dataset, rule.id, rule.severity, references],
                )
            return outcome
        except Exception as error:
            return Outcome(computed=False, success=False, row_level=False, reason=_why(error))


def _buffer(_c: Any, cursor: Any, _s: Any, _p: Any, context: Any, _m: Any) -> None:
    """DuckDB drops a result when its transaction ends; GX reads it after that."""
    if cursor.description:
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(
            cursor, initial_buffer=cursor.fetchall()
        )


def _kind(rule: QualityRule) -> str:
    """rows | keys (rows, judged against each other) | frame (pandas only) | table | columns."""
    name = rule.expectation
    if name == _ROWS_EXPECTATION:
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


def _configuration(contract: Contract, rule: QualityRule) -> Any:
    kwargs = dict(rule.kwargs)
    column = rule.column or kwargs.get("column")
    by_name = {c.name: c for c in contract.columns}
    if column in by_name and by_name[column].duckdb_type in ("DATE", "TIMESTAMP"):
        for key in _TEMPORAL_KWARGS:
            if key in kwargs:
                kwargs[key] = _temporal(kwargs[key])
    if rule.expectation == _ROWS_EXPECTATION:
        # GX puts the query into brackets on one line, which a comment at its end would swallow
        query = str(kwargs["unexpected_rows_query"]).rstrip("; \t\r\n")
        kwargs["unexpected_rows_query"] = f"SELECT * FROM (\n{query}\n) AS asked"
    return ExpectationConfiguration(
        type=rule.expectation,
        kwargs=kwargs,
        description=rule.description or None,
        severity=_SEVERITY[rule.severity],
        meta={"check_id": rule.id},
    )


def placeholder(rule: QualityRule) -> Any | None:
    """The rule as GX configuration for a page, or None when GX cannot build it."""
    try:
        configuration = ExpectationConfiguration(
            type=rule.expectation,
            kwargs=dict(rule.kwargs),
            description=rule.description or None,
            severity=_SEVERITY[rule.severity],
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


def _evaluate(validator: Any, configurations: list[Any]) -> dict[str, Any]:
    results = validator.graph_validate(
        configurations=configurations,
        runtime_configuration={"result_format": dict(_COUNTS), "catch_exceptions": True},
    )
    return {result.expectation_config.meta["check_id"]: result for result in results}


def _exceptions(evidence: Any) -> Iterable[dict[str, Any]]:
    info = getattr(evidence, "exception_info", None) or {}
    return [info] if "raised_exception" in info else [one for one in info.values() if isinstance(one, dict)]


def _raised(evidence: Any) -> bool:
    return evidence is None or any(one.get("raised_exception") for one in _exceptions(evidence))


def _outcome(rule: QualityRule, evidence: Any, rows: int) -> Outcome:
    row_level = _kind(rule) in ("rows", "keys", "frame")
    if _raised(evidence):
        texts = " ".join(
            str(one.get("exception_message")) + str(one.get("exception_traceback"))
            for one in (_exceptions(evidence) if evidence is not None else ())
        )
        return Outcome(
            computed=False, success=False, row_level=False, reason=_reason_in(texts), evidence=evidence
        )
    result, success = evidence.result or {}, bool(evidence.success)
    if rule.expectation == _ROWS_EXPECTATION:
        return Outcome(rows, int(result.get("observed_value") or 0), True, success, True, "", evidence)
    if row_level:
        counted, failed = result.get("element_count"), result.get("unexpected_count")
        if counted is None or failed is None:
            return Outcome(0, 0, False, False, False, "inget antal kunde räknas fram", evidence)
        return Outcome(int(counted), int(failed), True, success, True, "", evidence)
    return Outcome(1, int(not success), True, success, False, "", evidence)


def _condition_metric(validator: Any, rule: QualityRule, configuration: Any) -> Any:
    """GX's own condition for a row that fails, with the domain it counted over."""
    metric = get_expectation_impl(rule.expectation).map_metric
    needs = configuration.to_domain_obj().get_validation_dependencies(
        execution_engine=validator.execution_engine, runtime_configuration={"result_format": dict(_COUNTS)}
    )
    counted = needs.metric_configurations[f"{metric}.unexpected_count"]
    return MetricConfiguration(
        metric_name=f"{metric}.condition",
        metric_domain_kwargs={**counted.metric_domain_kwargs, "batch_id": validator.active_batch_id},
        metric_value_kwargs=counted.metric_value_kwargs,
    )


def _failing_rows(validator: Any, rule: QualityRule, configuration: Any) -> Any:
    """A select of row_ref over exactly the rows that GX counted as unexpected."""
    condition, compute, accessor = validator.metrics_calculator.get_metric(
        _condition_metric(validator, rule, configuration)
    )
    domain = {**compute, **accessor}
    metric = get_expectation_impl(rule.expectation).map_metric
    if metric == "column_values.unique":
        # its condition stands on a count per value, without the rows
        column = sa.column(domain["column"])
        source = _selectable(validator.execution_engine.get_domain_records(domain_kwargs=domain))
        doubled = (
            sa.select(column).select_from(source).where(column.is_not(None)).group_by(column)
            .having(sa.func.count() > 1)
        )  # fmt: skip
        return sa.select(sa.column("row_ref")).select_from(source).where(column.in_(doubled))
    rows = sa.select(sa.column("row_ref", sa.BigInteger)).where(condition)
    if metric == "compound_columns.unique":
        return rows  # the condition brings its own FROM, with all columns of the table
    return rows.select_from(_selectable(validator.execution_engine.get_domain_records(domain_kwargs=domain)))


def _selectable(records: Any) -> Any:
    return records.subquery() if isinstance(records, sa.sql.Select) else records


def _why(error: BaseException) -> str:
    """A reason without cell values: the class, and the text only of errors that come before any row is read."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, _SAFE_ERRORS):
        return f"{type(cause).__name__}: {str(cause).splitlines()[0]}"
    if isinstance(cause, (ValueError, TypeError)) and callable(getattr(cause, "errors", None)):
        return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in cause.errors())
    return type(cause).__name__


def _reason_in(texts: str) -> str:
    """The class of the last known error named in GX's exception text; any other word could be a cell's."""
    for name in reversed(re.findall(r"\b[A-Z]\w+\b", texts)):
        if any(isinstance(getattr(home, name, None), type) for home in (gx_exceptions, sa.exc)):
            return name
        if isinstance(getattr(builtins, name, None), type):
            return name
    return "okänt fel"
