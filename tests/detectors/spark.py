"""The SELECTs of the catalogue on a local Spark, beside DuckDB on the same tables.

Spark stands for the engine of a region or the nation: the rule is translated by `to_dialect`, its shared views too,
and both engines must give the same rows. What a method does with the rows (peers, forest) is Python and DuckDB on
either engine, so the rows of the SELECT are what is compared.
"""

from __future__ import annotations

import datetime
import logging
import math
import os
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detectors import run
from detectors.detector import SYSTEM_TABLES, Catalogue, Detector
from detectors.methods import NotComputable, bind
from detectors.portable import to_dialect
from tests.detectors.cases import Bench, Case

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TOLERANCE = 1e-9  # relative; only the order of a floating sum may differ
ROW_NAMES = ("token_kind", "token", "row_ref", "subject_id", "subject_type", "episode", "period_from", "period_to",
             "peer_group")

# Tables here have tens of rows: what costs is planning and code generation, so both are kept small. ANSI mode is
# Spark's default and the stricter one: overflow, division by zero and text that is no number are errors.
CONFIGURATION = {
    "spark.master": "local[1]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xshare:auto",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.unionOutputPartitioning": "false",  # 4.3 joins a union of one-partition tables wrongly with it
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.legacy.allowHashOnMapType": "false",
}


def start(folder: Path) -> SparkSession:
    """A Spark inside this process's child, without network beyond the machine; `folder` takes its scratch files."""
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["TZ"] = "UTC"
    builder = SparkSession.builder.appName("avvik")
    for key, value in CONFIGURATION.items():
        builder = builder.config(key, value)
    session = builder.config("spark.local.dir", str(folder)).config(
        "spark.sql.warehouse.dir", str(folder / "warehouse")).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    logging.getLogger("SQLQueryContextLogger").disabled = True  # repeats every failed query on stderr
    return session


class TwoEngines:
    """One DuckDB and one Spark that are given the same tables, case by case."""

    def __init__(self, session: SparkSession, bench: Bench | None = None):
        self.session = session
        self.bench = bench or Bench()
        self.standing: dict[str, Any] = {}  # what Spark holds under each name, to send only what changed
        self.views: dict[str, list[Any]] = {}  # view -> what its tables held when it was made
        self.filled: object = None

    def rows(self, case: Case) -> tuple[list[dict[str, Any]], list[dict[str, Any]]] | None:
        """The rows that the detector's SELECT gives on DuckDB and on Spark; None where no law value is in force."""
        detector: Detector = self.bench.catalogue.detectors[case.code]
        if case.tables is not self.filled or case.tables_sql:
            self.bench.fill(case)
            self.filled = case.tables
        settings = self.bench.settings(case)
        views = {name: self.bench.catalogue.views[name] for name in detector.reads
                 if name in self.bench.catalogue.views}
        run.prepare(self.bench.connection, Catalogue({}, views), settings, case.as_of)
        try:
            values = bind(detector.sql, run.parameter_values(detector, settings, case.as_of))
        except NotComputable:
            return None
        cursor = self.bench.connection.execute(detector.run_sql, values)
        heads = [d[0] for d in cursor.description]
        on_duckdb = [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]
        self._send(detector.reads, {"as_of": case.as_of,
                                    "since": run.lookback_start(case.as_of, settings.lookback_days)})
        on_spark = [row.asDict(recursive=True)
                    for row in self.session.sql(to_dialect(detector.run_sql, "spark"), args=dict(values)).collect()]
        return on_duckdb, on_spark

    def _send(self, names: Iterable[str], days: Mapping[str, datetime.date]) -> None:
        """Give Spark the tables and views under these names; a view that DuckDB keeps as a table is one here too."""
        for name in names:
            view = self.bench.catalogue.views.get(name)
            if view is None:
                self._send_table(name)
                continue
            for table in view.reads:
                self._send_table(table)
            used = bind(view.run_sql, days)
            made_from = [*(self.standing[table] for table in view.reads), *sorted(used.values())]
            before = self.views.get(name)
            if view.materialise:
                if before is None or any(a is not b and not (isinstance(a, datetime.date) and a == b)
                                         for a, b in zip(before, made_from, strict=True)):
                    rows = self.session.sql(to_dialect(view.run_sql, "spark"), args=dict(used)).toArrow()
                    self.session.createDataFrame(rows).createOrReplaceTempView(name)
            elif before is None:  # resolved anew with every use, so it follows its tables
                self.session.sql(f"CREATE OR REPLACE TEMPORARY VIEW {name} AS {to_dialect(view.run_sql, 'spark')}")
            self.views[name] = made_from

    def _send_table(self, table: str) -> None:
        """Send a table unless Spark has it as it is now."""
        known = SYSTEM_TABLES.get(table)
        columns = ", ".join(known) if known else "*"
        content = self.bench.connection.sql(f'SELECT {columns} FROM "{table}"').to_arrow_table()
        before = self.standing.get(table)
        if before is None or not before.equals(content):
            self.session.createDataFrame(content).createOrReplaceTempView(table)
            self.standing[table] = content


def differences(on_duckdb: list[dict[str, Any]], on_spark: list[dict[str, Any]]) -> list[str]:
    """What the second engine says otherwise, in words."""
    if len(on_duckdb) != len(on_spark):
        return [f"{len(on_spark)} rows on Spark, {len(on_duckdb)} on DuckDB"]
    wrong = []
    for left, right in zip(sorted(on_duckdb, key=_name), sorted(on_spark, key=_name), strict=True):
        if list(left) != list(right):
            return [f"columns {list(right)} on Spark, {list(left)} on DuckDB"]
        wrong += [f"{left.get('subject_id')}.{column}: {right[column]!r} on Spark, {value!r} on DuckDB"
                  for column, value in left.items() if not same(value, right[column])]
    return wrong


def _name(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(_plain(row.get(column))) for column in ROW_NAMES)


def same(left: Any, right: Any) -> bool:
    """Equal as a reader sees it: a count stays a count, dates may carry midnight, lists are sets."""
    left, right = _plain(left), _plain(right)
    if isinstance(left, float) and isinstance(right, float):
        return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=1e-12)
    return type(left) is type(right) and left == right


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time() else value.replace(tzinfo=None)
    if isinstance(value, (list, tuple)):
        return sorted((item for item in value if item is not None), key=str)
    return value
