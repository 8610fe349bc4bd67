"""Validation with Great Expectations: contracts become suites, suites become results and failing rows.

This module and its siblings `quality_*.py` are the only ones that import
great_expectations, and only when something is validated: the import costs 5-6 seconds.

What a severity means is carried out by the caller (the warehouse): error = refuse the file, warning =
quarantine the rows, info = report. This module says which checks failed and writes the failing rows into
`ledger.failed_checks`. No result, log or page holds a cell value.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from schemas.contract import Contract, ContractError, QualityRule
from schemas.yaml_files import nearest

FAILED_CHECKS = "ledger.failed_checks"
# Rows of an info check are only shown, never acted upon: a handful of line numbers is enough.
INFO_ROWS = 200

_LITERAL_COLUMN_KWARGS = ("column", "column_A", "column_B")
# Fields every expectation class has for its own book-keeping; a steward's kwargs are the rest.
_OWN_FIELDS = frozenset(
    "id meta notes result_format description catch_exceptions rendered_content severity windows batch_id table "
    "column_index library_metadata".split()
)
_NEVER_BY_DEFAULT = ("regex", "regex_list", "value_set", "like_pattern", "like_pattern_list", "column")
_NOT_OFFERED = {
    "expect_query_results_to_match_comparison": "it needs a second database; use unexpected_rows_expectation",
}
_ALIASES = {"expect_unexpected_rows": "unexpected_rows_expectation"}
_FAR_PATTERN = re.compile(r"\(\?<?[=!]|\\[1-9]")


@dataclass(frozen=True)
class CheckResult:
    """What one check of one dataset gave tonight. Holds counts only, never a cell value.

    `evaluated` and `failed` count rows for a row check; a table check counts itself (1, and 0 or 1). A check
    that could not be computed has computed=False, success=False and says why in `reason` (Swedish).
    `seconds` is the dataset's time divided by its checks, since Great Expectations computes them together.
    """

    dataset: str
    check_id: str
    expectation: str
    column: str | None
    severity: str
    description: str
    evaluated: int
    failed: int
    computed: bool
    success: bool
    seconds: float
    row_level: bool = True
    reason: str = ""

    @property
    def refuses_all(self) -> bool:
        """Severity error without rows to point at: every new file of the dataset is refused."""
        return self.severity == "error" and not self.success and not (self.computed and self.row_level)


def checks_of(contract: Contract) -> tuple[QualityRule, ...]:
    """The suite of a dataset: what the columns promise (n = 0 in the id), then the declared rules.

    required, unique and the logicalTypeOptions quarantine the row. Types and allowed values are the reader's.
    """
    derived: list[QualityRule] = []

    def add(column: str, expectation: str, kwargs: dict[str, Any], description: str, label: str = "") -> None:
        identity = f"{contract.dataset}.{column}.{label or expectation}.0"
        derived.append(QualityRule(identity, "warning", expectation, kwargs, description, column))

    for column in contract.columns:
        name, options = column.name, column.options
        if column.required:
            add(name, "expect_column_values_to_not_be_null", {"column": name}, f"{name} måste vara ifyllt")
        if column.unique and contract.key != (name,):
            query = _same_value_other_key(contract, name)
            add(
                name,
                "unexpected_rows_expectation",
                {"unexpected_rows_query": query},
                f"{name} får bara förekomma en gång",
                label="expect_column_values_to_be_unique",
            )
        bounds = _bounds(options)
        if bounds:
            text = f"{name} ska ligga {_range_text(options)}"
            add(name, "expect_column_values_to_be_between", {"column": name, **bounds}, text)
        lengths = {
            kwarg: options[option]
            for option, kwarg in (("minLength", "min_value"), ("maxLength", "max_value"))
            if option in options
        }
        if lengths:
            text = f"{name} ska ha en längd inom {lengths.get('min_value', 0)}–{lengths.get('max_value', '∞')}"
            add(name, "expect_column_value_lengths_to_be_between", {"column": name, **lengths}, text)
        if "multipleOf" in options:
            step = options["multipleOf"]
            query = f'SELECT * FROM {{batch}} WHERE "{name}" % {step!r} <> 0'
            add(
                name,
                "unexpected_rows_expectation",
                {"unexpected_rows_query": query},
                f"{name} ska vara en multipel av {step}",
                label="multiple_of",
            )
        if "pattern" in options:
            kwargs = {"column": name, "regex": options["pattern"]}
            add(name, "expect_column_values_to_match_regex", kwargs, f"{name} ska följa det avtalade mönstret")
    return (*derived, *contract.quality, *(rule for column in contract.columns for rule in column.quality))


def validate(
    connection: duckdb.DuckDBPyConnection,
    database_path: Path | None,
    contracts: Mapping[str, Contract],
    run_dir: Path | None,
    delivered: Collection[str] | None = None,
) -> list[CheckResult]:
    """Run every dataset's suite on the database behind `connection`; results in contract order.

    The connection is used through a cursor of its own (same DuckDB instance, so what the caller has committed
    is seen; `database_path` only names the database in the Data Docs). Each dataset is a table of its name in
    `main` with a column `row_ref`. Failing rows of row checks go to `ledger.failed_checks`, which is emptied
    first. Data Docs are written to `run_dir`/data_docs unless run_dir is None. Datasets without rows: row
    checks hold; table checks run only for datasets in `delivered` (default: those named in ledger.files, if
    there is such a table, as read).
    """
    connection.execute("CREATE SCHEMA IF NOT EXISTS ledger")
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {FAILED_CHECKS} "
        "(dataset VARCHAR, check_id VARCHAR, severity VARCHAR, row_ref BIGINT)"
    )
    connection.execute(f"DELETE FROM {FAILED_CHECKS}")
    suites = {name: checks_of(contract) for name, contract in contracts.items()}
    present = _delivered(connection) if delivered is None else set(delivered)
    rows = {name: _count(connection, name) for name in suites}
    if not any(rows.values()) and not present:
        return [_untouched(name, rule) for name, suite in suites.items() for rule in suite]

    from schemas.quality_engine import Session
    from schemas.quality_gx import quiet

    results: list[CheckResult] = []
    pages = []
    with quiet(), Session(connection, INFO_ROWS) as session:
        for name, suite in suites.items():
            if not rows[name] and name not in present:
                # building its checks would cost most of what running them costs
                results += [_untouched(name, rule) for rule in suite]
                continue
            began = time.perf_counter()
            outcomes = session.run(contracts[name], suite, rows[name])
            share = (time.perf_counter() - began) / max(1, len(suite))
            found = [_result(name, rule, outcome, share) for rule, outcome in zip(suite, outcomes, strict=True)]
            results += found
            pages.append((contracts[name], suite, outcomes))
        if run_dir is not None:
            from schemas.quality_docs import write_data_docs

            write_data_docs(run_dir / "data_docs", run_dir.name.strip(".").removesuffix(".tmp"), pages)
    return results


def check_rules(contracts: Mapping[str, Contract] | Iterable[Contract]) -> None:
    """ContractError for the first rule Great Expectations would not accept, naming what would be valid."""
    from schemas.quality_gx import expectation_class, expectation_names, kwarg_problems, quiet

    with quiet():
        for contract in contracts.values() if isinstance(contracts, Mapping) else contracts:
            names = [name for name in expectation_names() if name not in _NOT_OFFERED]
            for rule in checks_of(contract):
                where = rule.id
                if rule.expectation in _NOT_OFFERED:
                    raise ContractError(contract.path, where, f"not offered: {_NOT_OFFERED[rule.expectation]}")
                if rule.expectation not in names:
                    known = _ALIASES.get(rule.expectation)
                    hint = f"; did you mean '{known}'?" if known else nearest(rule.expectation, names)
                    raise ContractError(contract.path, where, f"unknown expectation '{rule.expectation}'{hint}")
                fields = expectation_class(rule.expectation).__fields__
                offered = sorted(set(fields) - _OWN_FIELDS)
                for kwarg in rule.kwargs:
                    if kwarg not in offered:
                        raise ContractError(
                            contract.path, where, f"unknown argument '{kwarg}'{nearest(kwarg, offered)}"
                        )
                for kwarg in offered:
                    # GX would take its default for these, and the check would hold whatever comes
                    needed = fields[kwarg].required or kwarg in _NEVER_BY_DEFAULT
                    if needed and rule.kwargs.get(kwarg) is None:
                        raise ContractError(contract.path, where, f"the argument '{kwarg}' is missing")
                bounds = {"min_value", "max_value"}
                if bounds <= set(offered) and not bounds & set(rule.kwargs) and "threshold" not in offered:
                    raise ContractError(contract.path, where, "give 'min_value', 'max_value' or both")
                _check_columns(contract, rule)
                _check_values(contract, rule)
                for problem in kwarg_problems(rule.expectation, dict(rule.kwargs)):
                    raise ContractError(contract.path, where, problem)


def _check_columns(contract: Contract, rule: QualityRule) -> None:
    columns = [*contract.column_names, "row_ref"]
    named = [rule.kwargs[key] for key in _LITERAL_COLUMN_KWARGS if key in rule.kwargs]
    if not rule.expectation.startswith("expect_table_columns"):
        named += rule.kwargs.get("column_list") or []
    if rule.expectation == "expect_column_to_exist":
        named = []
    for name in named:
        if name not in columns:
            hint = nearest(name, contract.column_names)
            raise ContractError(contract.path, rule.id, f"the dataset has no column '{name}'{hint}")


def _check_values(contract: Contract, rule: QualityRule) -> None:
    query = rule.kwargs.get("unexpected_rows_query")
    if isinstance(query, str) and "{batch}" not in query:
        raise ContractError(contract.path, rule.id, "unexpected_rows_query must read FROM {batch}")
    patterns = [rule.kwargs.get("regex"), *(rule.kwargs.get("regex_list") or [])]
    for pattern in patterns:
        if pattern is None:
            continue
        if not isinstance(pattern, str):
            raise ContractError(contract.path, rule.id, "a regex must be text (put it in quotes)")
        try:
            re.compile(pattern)
        except re.error as error:
            raise ContractError(
                contract.path, rule.id, f"not a regular expression ({error.msg})"
            ) from None
        if _FAR_PATTERN.search(pattern):
            raise ContractError(
                contract.path, rule.id, "look-around and back references are not available in the database"
            )


def _same_value_other_key(contract: Contract, name: str) -> str:
    """Rows whose value also belongs to another key.

    Plain uniqueness would quarantine every corrected row: a later file repeats the row under the same key.
    """
    key = "row(" + ", ".join(f'"{part}"' for part in contract.key) + ")"
    return (
        f'SELECT * FROM {{batch}} WHERE "{name}" IN (SELECT "{name}" FROM {{batch}} '
        f'WHERE "{name}" IS NOT NULL GROUP BY "{name}" HAVING count(DISTINCT {key}) > 1)'
    )


def _bounds(options: Mapping[str, Any]) -> dict[str, Any]:
    kwargs: dict[str, Any] = {}
    for option, kwarg, strict in (
        ("minimum", "min_value", None),
        ("maximum", "max_value", None),
        ("exclusiveMinimum", "min_value", "strict_min"),
        ("exclusiveMaximum", "max_value", "strict_max"),
    ):
        value = options.get(option)
        # JSON Schema's old form is a flag beside minimum, the new one a bound of its own: both are in use
        if value is True and strict:
            kwargs[strict] = True
        elif value is not None and value is not False:
            kwargs[kwarg] = value
            if strict:
                kwargs[strict] = True
    return kwargs


def _range_text(options: Mapping[str, Any]) -> str:
    parts = []
    for option, text in (
        ("minimum", "från och med"),
        ("exclusiveMinimum", "över"),
        ("maximum", "till och med"),
        ("exclusiveMaximum", "under"),
    ):
        if options.get(option) is not None and not isinstance(options[option], bool):
            parts.append(f"{text} {options[option]}")
    return " ".join(parts)


def _count(connection: duckdb.DuckDBPyConnection, dataset: str) -> int:
    row = connection.execute(f'SELECT count(*) FROM main."{dataset}"').fetchone()
    return int(row[0]) if row else 0


def _delivered(connection: duckdb.DuckDBPyConnection) -> set[str]:
    has_files = connection.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE schema_name = 'ledger' AND table_name = 'files'"
    ).fetchone()
    if not has_files or not has_files[0]:
        return set()
    found = connection.execute("SELECT DISTINCT dataset FROM ledger.files WHERE status <> 'refused'").fetchall()
    return {name for (name,) in found}


def _untouched(dataset: str, rule: QualityRule) -> CheckResult:
    return CheckResult(
        dataset, rule.id, rule.expectation, rule.column, rule.severity, rule.description, 0, 0, True, True, 0.0
    )


def _result(dataset: str, rule: QualityRule, outcome: Any, seconds: float) -> CheckResult:
    return CheckResult(
        dataset=dataset,
        check_id=rule.id,
        expectation=rule.expectation,
        column=rule.column,
        severity=rule.severity,
        description=rule.description,
        evaluated=outcome.evaluated,
        failed=outcome.failed,
        computed=outcome.computed,
        success=outcome.success,
        seconds=seconds,
        row_level=outcome.row_level,
        reason=outcome.reason,
    )
