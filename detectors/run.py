"""Run the whole catalogue on a loaded warehouse and write what it found.

Cost: each detector reads the columns it names from the event tables once (a few hash aggregates or one sort by
person); only findings, at most a few thousand rows, leave the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from detectors import evidence as evidence_rows
from detectors import links
from detectors.calendar_days import calendar_rows
from detectors.detector import Catalogue, Detector, load_catalogue
from detectors.exculpation import withdraw_overtaken
from detectors.ledger import LedgerRow, read_ledger, write_ledger
from detectors.methods import RAW_TABLES, NotComputable, bind, run_method
from detectors.own_values import described, described_law, law_rows, value_on
from schemas.contract import Contract
from schemas.settings import Settings


@dataclass
class Detection:
    """What a night's detection left: counts, problems and where the rows are (tables findings, raw_peers)."""

    ledger: list[LedgerRow] = field(default_factory=list)
    findings: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def readable_columns(contracts: Mapping[str, Contract]) -> dict[str, dict[str, bool]]:
    """For each dataset its columns and whether a detector may read them (audit-only and free text: no)."""
    return {c.dataset: {col.name: not (col.audit_only or col.free_text) for col in c.columns}
            for c in contracts.values()}


def catalogue_for(contracts: Mapping[str, Contract], strict: bool = False) -> Catalogue:
    """The catalogue checked against these contracts; refused files are named in its `faults`."""
    doubles = {c.dataset: frozenset(col.name for col in c.columns if col.duckdb_type == "DOUBLE")
               for c in contracts.values()}
    return load_catalogue(readable_columns(contracts), strict=strict, doubles=doubles)


def lookback_start(as_of: date, days: int) -> date:
    """First day of the month in which the look-back begins: whole months make ratios comparable."""
    return (as_of - timedelta(days=days)).replace(day=1)


def prepare(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, settings: Settings, as_of: date) -> None:
    """Create the temporary tables and views every detector may read: law values, lists, calendar, shared views."""
    connection.execute(RAW_TABLES)
    connection.execute(links.EDGES)
    connection.execute("CREATE OR REPLACE TEMP TABLE law_values "
                       "(name VARCHAR, valid_from DATE, valid_to DATE, value DOUBLE)")
    rows = law_rows(settings)
    _insert(connection, "law_values", rows)
    connection.execute("CREATE OR REPLACE TEMP TABLE listed_tokens (list VARCHAR, token VARCHAR)")
    tokens = [(name, token) for name, members in sorted(settings.lists.items()) for token in members]
    _insert(connection, "listed_tokens", tokens)
    connection.execute("CREATE OR REPLACE TEMP TABLE calendar "
                       "(day DATE, day_hours INTEGER, weekday INTEGER, is_holiday BOOLEAN)")
    known_days = calendar_rows(date(as_of.year - 3, 1, 1), as_of)
    _insert(connection, "calendar", known_days)
    days = {"as_of": as_of, "since": lookback_start(as_of, settings.lookback_days)}
    for view in catalogue.views.values():
        what = "TABLE" if view.materialise else "VIEW"
        connection.execute(f"CREATE OR REPLACE TEMP {what} {view.name} AS {view.run_sql}", bind(view.run_sql, days))


def parameter_values(detector: Detector, settings: Settings, as_of: date) -> dict[str, Any]:
    """Each parameter's value this night: the municipality's override, the law's value of the day (its own where it
    has decided one), the default."""
    overrides = settings.parameters.get(detector.code, {})
    values: dict[str, Any] = {"as_of": as_of, "since": lookback_start(as_of, settings.lookback_days)}
    for name, parameter in detector.parameters.items():
        if name in overrides:
            values[name] = overrides[name].value
        elif parameter.law:
            dated = value_on(parameter.law, settings, as_of)
            if dated is None:
                raise NotComputable(f"inget värde för {parameter.law} vid {as_of}",
                                    f"no value of {parameter.law} on {as_of}")
            values[name] = dated.value
        else:
            values[name] = parameter.value
    return values


def run_detectors(connection: duckdb.DuckDBPyConnection, run_dir: Path, settings: Settings, as_of: date,
                  catalogue: Catalogue, contracts: Mapping[str, Contract],
                  delivered: Mapping[str, set[str]], previous_findings: Path | None = None,
                  previous_ledger: Path | None = None) -> Detection:
    """Run every detector, write findings, evidence, peers, subjects, ledger and detectors.json into run_dir.

    delivered: the columns that at least one loaded file of each dataset brought; a rule that needs another one is
    not computable. previous_findings, previous_ledger: findings.parquet and ledger.parquet of the night before, for
    what is new and for rules that have been silent long.
    """
    result = Detection()
    prepare(connection, catalogue, settings, as_of)
    populations: dict[tuple[str, str], int] = {}
    for detector in catalogue.detectors.values():
        started = time.perf_counter()
        row = run_one(connection, detector, settings, as_of, delivered, catalogue, populations)
        row.seconds = round(time.perf_counter() - started, 4)
        result.ledger.append(row)
    build_findings(connection, catalogue, previous_findings)
    links.mark_findings(connection)
    links.write_links(connection, run_dir / "links.parquet")
    result.findings = _scalar(connection, "SELECT count(*) FROM findings WHERE kind <> 'exculpating'")
    _fill_counts(connection, result.ledger, settings)
    before = read_ledger(previous_ledger)
    for row in result.ledger:
        row.remember(as_of, before.get(row.detector_id))
    write_ledger(connection, result.ledger, run_dir / "ledger.parquet")
    evidence_rows.write(connection, contracts, run_dir)
    since = lookback_start(as_of, settings.lookback_days)
    heads = {code: d.describe() | {"values": _shown_values(d, settings, as_of),
                                   "law_values": described_law(d, settings, since, as_of),
                                   "datasets": catalogue.datasets(d.reads)}
             for code, d in catalogue.detectors.items()}
    (run_dir / "detectors.json").write_text(
        json.dumps(heads, ensure_ascii=False, indent=1, default=str, sort_keys=True), encoding="utf-8")
    return result


def run_one(connection: duckdb.DuckDBPyConnection, detector: Detector, settings: Settings, as_of: date,
            delivered: Mapping[str, set[str]], catalogue: Catalogue,
            populations: dict[tuple[str, str], int] | None = None) -> LedgerRow:
    """Run one detector and account for it; a rule that fails is a row in the ledger, never the end of a night.

    populations: distinct values by (table, column) as far as counted; a caller with many rules keeps one.
    """
    row = LedgerRow.begin(detector, settings.statuses.get(detector.code, detector.status))
    if row.status in ("draft", "retired"):
        return row.close(row.status, "regeln är inte i bruk", "the rule is not in use")
    if detector.gate == "P2" and not gate_is_open(settings, detector.code, as_of):
        return row.close("gate_closed", "rättslig grund för uppgifter mellan nämnder saknas (P2)",
                         "no recorded legal ground for data across committees (P2)")
    missing = missing_data(detector, delivered, catalogue)
    if missing:
        return row.close("not_computable", f"underlag saknas: {', '.join(missing)}",
                         f"data missing: {', '.join(missing)}")
    counted = {} if populations is None else populations
    for table, column in detector.population:
        if (table, column) not in counted:
            counted[table, column] = _scalar(
                connection, f'SELECT count("{column}") FROM (SELECT DISTINCT "{column}" FROM "{table}")')
        row.population += counted[table, column]
    try:
        account = run_method(connection, detector, parameter_values(detector, settings, as_of), settings.seed)
    except NotComputable as reason:
        return row.close("not_computable", reason.sv, reason.en)
    except (duckdb.Error, ValueError) as error:
        # The message of a database error may repeat cell values; its class and our code are all that is kept.
        return row.close("failed", f"regeln kunde inte köras ({type(error).__name__})",
                         f"the rule could not be run ({type(error).__name__})")
    row.excluded_by = account.excluded
    return row.close("ran", "", "")


def gate_is_open(settings: Settings, code: str, as_of: date) -> bool:
    """A P2 gate is open while a recorded decision covers the day (handbook 0)."""
    decision = settings.gates.get(code)
    return decision is not None and decision.is_open(as_of)


def missing_data(detector: Detector, delivered: Mapping[str, set[str]], catalogue: Catalogue) -> list[str]:
    """Tables and columns the rule needs and no loaded file has brought, as `table` or `table.column`."""
    optional = set(detector.header.get("optional_reads") or [])
    optional_columns = set(detector.header.get("optional_columns") or [])
    missing = []
    for table in detector.reads:
        if table in catalogue.views:  # told by the datasets behind it, the names that people know
            view = catalogue.views[table]
            if table not in optional:
                missing += [t for t in view.required if not delivered.get(t)]
                if not any(delivered[t] for t in view.reads if t in delivered):
                    missing += [t for t in view.reads if t in delivered]
        elif table in delivered and table not in optional:
            if not delivered[table]:
                missing.append(table)
            else:
                needed = {c for t, c in detector.columns_read if t == table and c != "row_ref"}
                missing += [f"{table}.{c}" for c in sorted(needed - delivered[table])
                            if f"{table}.{c}" not in optional_columns]
    return sorted(set(missing))


def build_findings(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, previous: Path | None) -> None:
    """Join the raw rows with the detectors' metadata into the temporary table `findings` (with is_new).

    finding_id is a hash of rule, subject and episode, so the same deviation keeps its id over nights.
    """
    connection.execute("""CREATE OR REPLACE TEMP TABLE detector_facts (detector_id VARCHAR, detector_version VARCHAR,
        kind VARCHAR, concept VARCHAR, domain VARCHAR, severity INTEGER, status VARCHAR)""")
    _insert(connection, "detector_facts", [(d.code, d.version, d.kind, d.concept, d.domain, d.severity, d.status)
                                           for d in catalogue.detectors.values()])
    known = "SELECT NULL AS finding_id WHERE false"
    if previous is not None:
        known = f"SELECT DISTINCT finding_id FROM read_parquet('{str(previous).replace(chr(39), chr(39) * 2)}')"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE findings AS
        WITH known AS ({known}),
        named AS (
          SELECT r.*, d.* EXCLUDE (detector_id),
                 substring(sha256(concat_ws(chr(31), r.detector_id, r.subject_type, r.subject_id, r.episode)), 1, 16)
                   AS finding_id
          FROM raw_findings r JOIN detector_facts d USING (detector_id))
        SELECT n.*, CAST(NULL AS VARCHAR) AS link_group, k.finding_id IS NULL AS is_new
        FROM named n LEFT JOIN known k ON k.finding_id = n.finding_id
        ORDER BY n.detector_id, n.subject_id, n.subject_type, n.episode""")
    withdraw_overtaken(connection, catalogue)


def _fill_counts(connection: duckdb.DuckDBPyConnection, ledger: list[LedgerRow], settings: Settings) -> None:
    counts = {row[0]: row[1:] for row in connection.execute("""
        SELECT detector_id, count(DISTINCT (subject_type, subject_id)), count(*), count(*) FILTER (WHERE is_new)
        FROM findings GROUP BY detector_id""").fetchall()}
    withdrawn = dict(connection.execute("SELECT detector_id, count(*) FROM withdrawn GROUP BY 1").fetchall())
    for row in ledger:
        if row.detector_id in withdrawn:
            row.excluded_by["overtaken_by_new"] = withdrawn[row.detector_id]
        row.count(*counts.get(row.detector_id, (0, 0, 0)), warn_share=settings.warn_share)


def _shown_values(detector: Detector, settings: Settings, as_of: date) -> dict[str, Any]:
    try:
        values = parameter_values(detector, settings, as_of)
    except NotComputable:
        return {}
    overrides = settings.parameters.get(detector.code, {})
    shown = {}
    for name, parameter in detector.parameters.items():
        own = vars(overrides[name]) if name in overrides else None
        if own is None and parameter.law:
            dated = value_on(parameter.law, settings, as_of)
            own = described(dated.own) if dated else None
        shown[name] = {"value": values[name], "override": own}
    return shown


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add rows to a table column by column: one statement, where executemany takes one a row."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        values = ", ".join(f"unnest(${place})" for place in range(1, len(columns) + 1))
        connection.execute(f"INSERT INTO {table} SELECT {values}", columns)


def _scalar(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row else 0
