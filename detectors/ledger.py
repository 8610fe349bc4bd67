"""The ledger: every rule accounts for itself every night, also when it was silent and why (principle 5)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from detectors.detector import Detector

SCHEMA = pa.schema([
    ("detector_id", pa.string()), ("detector_version", pa.string()), ("domain", pa.string()), ("kind", pa.string()),
    ("status", pa.string()), ("outcome", pa.string()), ("reason", pa.string()), ("reason_en", pa.string()),
    ("population", pa.int64()), ("evaluated", pa.int64()), ("excluded", pa.int64()), ("excluded_by", pa.string()),
    ("fired", pa.int64()), ("findings", pa.int64()), ("new", pa.int64()), ("suppressed", pa.int64()),
    ("share", pa.float64()), ("warning", pa.string()), ("seconds", pa.float64())])


@dataclass
class LedgerRow:
    """One detector, one night. population and evaluated count subjects; share = fired / evaluated."""

    detector_id: str
    detector_version: str
    domain: str
    kind: str
    status: str
    outcome: str = "ran"
    reason: str = ""
    reason_en: str = ""
    population: int = 0
    evaluated: int = 0
    excluded: int = 0
    excluded_by: dict[str, int] = field(default_factory=dict)
    fired: int = 0
    findings: int = 0
    new: int = 0
    suppressed: int = 0
    share: float | None = None
    warning: str = ""
    seconds: float = 0.0

    @classmethod
    def begin(cls, detector: Detector, status: str) -> LedgerRow:
        return cls(detector.code, detector.version, detector.domain, detector.kind, status)

    def close(self, outcome: str, reason: str, reason_en: str) -> LedgerRow:
        self.outcome, self.reason, self.reason_en = outcome, reason, reason_en
        return self

    def count(self, fired: int, findings: int, new: int, warn_share: float) -> None:
        """Fill in what the findings say; warns when a rule fires for too large a share of those evaluated."""
        if self.outcome != "ran":
            return
        self.excluded = sum(self.excluded_by.values())
        self.evaluated = max(self.population - self.excluded, 0)
        self.fired, self.findings, self.new = fired, findings, new
        self.share = fired / self.evaluated if self.evaluated else None
        if self.kind != "exculpating" and self.share is not None and fired > 1 and self.share > warn_share:
            self.warning = f"regeln träffar {100 * self.share:.1f} % av {self.evaluated}".replace(".", ",")


def write_ledger(connection: duckdb.DuckDBPyConnection, rows: list[LedgerRow], path: Path) -> None:
    """Write ledger.parquet and keep the same rows in the warehouse as ledger.detectors."""
    data = [{**row.__dict__, "excluded_by": json.dumps(row.excluded_by, sort_keys=True)} for row in rows]
    table = pa.Table.from_pylist(data, schema=SCHEMA)
    pq.write_table(table, path)
    connection.execute("CREATE SCHEMA IF NOT EXISTS ledger")
    connection.register("ledger_rows", table)
    connection.execute("CREATE OR REPLACE TABLE ledger.detectors AS SELECT * EXCLUDE (seconds) FROM ledger_rows")
    connection.unregister("ledger_rows")
