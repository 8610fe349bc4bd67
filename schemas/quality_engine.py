"""Runs the suites of datasets on a DuckDB connection we already hold; used by schemas/quality.py only.

Great Expectations is driven below its Data Context: one execution engine over one cursor and one metric graph per
dataset, so that all counts of a table come from about two scans. Failing rows never pass through Python: GX's own
condition for them goes into an INSERT ... SELECT. One metric that cannot be computed spoils its neighbours in the
same query, so the spoilt ones are run again alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import sqlalchemy as sa

from schemas.contract import Contract, QualityRule
from schemas.quality_gx import (
    COUNTS,
    ROWS_EXPECTATION,
    Batch,
    MetricConfiguration,
    PandasExecutionEngine,
    QuietValidator,
    SqlAlchemyBatchData,
    SqlAlchemyExecutionEngine,
    adapted_engine,
    configure,
    evaluate,
    expectation_class,
    is_numeric_dtype,
    kind_of,
    raised,
    reason_of,
    why,
)

_ROW_KINDS = ("rows", "keys", "frame")


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


class Session:
    """One cursor of the caller's DuckDB instance with Great Expectations on top; a context manager."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, info_rows: int) -> None:
        self._info_rows = info_rows
        self._cursor = connection.cursor()
        self._engine = adapted_engine(self._cursor, self._remember)
        # GX keeps only an error's text, which may hold a cell value: the error itself is caught on its way
        self._error: BaseException | None = None
        # GX closes an engine whose owner is collected; kept until the session ends
        self._kept: list[Any] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.clear()
        self._engine.dispose()
        with contextlib.suppress(duckdb.Error):
            self._cursor.close()  # dispose closes it as a rule

    def run(self, contract: Contract, rules: Sequence[QualityRule], rows: int) -> list[Outcome]:
        """One outcome per rule, in their order. Failing rows are written on the way."""
        outcomes: dict[str, Outcome] = {}
        plans: dict[str, list[tuple[QualityRule, Any]]] = {}
        for rule in rules:
            try:
                kind = kind_of(rule)
                configuration = configure(contract, rule)
                # GX builds the class late; a rule it cannot build must not take the others with it
                configuration.to_domain_obj()
            except Exception as error:
                outcomes[rule.id] = Outcome(computed=False, success=False, row_level=False, reason=why(error))
                continue
            if not rows and kind in _ROW_KINDS:
                outcomes[rule.id] = Outcome()
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
        return QuietValidator(execution_engine=engine, batches=[Batch(data=data)])  # type: ignore[arg-type]

    def _run_sql(
        self, contract: Contract, kind: str, planned: list[tuple[QualityRule, Any]], rows: int
    ) -> dict[str, Outcome]:
        try:
            table = self._table(contract, kind)
        except duckdb.Error as error:
            return {
                rule.id: Outcome(computed=False, success=False, row_level=False, reason=why(error))
                for rule, _ in planned
            }
        found = evaluate(self._validator(table), [configuration for _, configuration in planned])
        outcomes = {}
        for rule, configuration in planned:
            evidence = found.get(rule.id)
            if raised(evidence):
                # alone and on fresh metrics, so that only the rule that cannot be computed fails
                self._error = None
                evidence = evaluate(self._validator(table), [configuration]).get(rule.id)
            outcome = _outcome(rule, evidence, rows)
            if not outcome.computed and self._error is not None:
                outcome.reason = why(self._error)
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
            if rule.expectation == ROWS_EXPECTATION:
                query = configuration.to_domain_obj().unexpected_rows_query.format(batch=table)
                rows: Any = sa.text(f"SELECT row_ref FROM ({query}\n) AS failing").columns(
                    sa.column("row_ref", sa.BigInteger)
                )
            else:
                rows = _failing_rows(self._validator(table), rule, configuration)
            self._insert(contract, rule, rows)
        except Exception as error:
            # the check stands; without rows it can only be acted upon for the whole file
            outcome.row_level, outcome.reason = False, f"raderna kunde inte pekas ut: {why(error)}"

    def _insert(self, contract: Contract, rule: QualityRule, rows: Any) -> None:
        inner = rows.subquery("failing")
        chosen = sa.select(inner.c.row_ref).distinct().where(inner.c.row_ref.is_not(None))
        if rule.severity == "info":
            chosen = chosen.order_by(inner.c.row_ref).limit(self._info_rows)
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
            validator = QuietValidator(execution_engine=PandasExecutionEngine(), batches=[Batch(data=frame)])
            outcome = _outcome(rule, evaluate(validator, [configuration]).get(rule.id), rows)
            if outcome.computed and not outcome.success:
                unexpected = validator.metrics_calculator.get_metric(
                    _condition_metric(validator, rule, configuration)
                )[0]
                failing = frame.loc[unexpected[unexpected.astype(bool)].index].index.unique()
                references = [int(reference) for reference in failing]
                if rule.severity == "info":
                                references = references[:self._info_rows]
                self._cursor.execute(
                    "INSERT INTO ledger.failed_checks SELECT ?, ?, ?, unnest(?::BIGINT[])",
                    [contract.dataset, rule.id, rule.severity, references],
                )
            return outcome
        except Exception as error:
            return Outcome(computed=False, success=False, row_level=False, reason=why(error))


def _outcome(rule: QualityRule, evidence: Any, rows: int) -> Outcome:
    row_level = kind_of(rule) in _ROW_KINDS
    if raised(evidence):
        return Outcome(
            computed=False, success=False, row_level=False, reason=reason_of(evidence), evidence=evidence
        )
    result, success = evidence.result or {}, bool(evidence.success)
    if rule.expectation == ROWS_EXPECTATION:
        return Outcome(rows, int(result.get("observed_value") or 0), True, success, True, "", evidence)
    if row_level:
        counted, failed = result.get("element_count"), result.get("unexpected_count")
        if counted is None or failed is None:
            return Outcome(0, 0, False, False, False, "inget antal kunde räknas fram", evidence)
        return Outcome(int(counted), int(failed), True, success, True, "", evidence)
    return Outcome(1, int(not success), True, success, False, "", evidence)


def _condition_metric(validator: Any, rule: QualityRule, configuration: Any) -> Any:
    """GX's own condition for a row that fails, with the domain it counted over."""
    metric = expectation_class(rule.expectation).map_metric
    needs = configuration.to_domain_obj().get_validation_dependencies(
        execution_engine=validator.execution_engine, runtime_configuration={"result_format": dict(COUNTS)}
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
    metric = expectation_class(rule.expectation).map_metric
    if metric == "column_values.unique":
        # its condition stands on a count per value, without the rows
        column: Any = sa.column(domain["column"])
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
