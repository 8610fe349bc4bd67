"""The ledger: every rule accounts for itself every night, also when it was silent and why (principle 5).

Each night carries on from the ledger of the night before when a rule was first run and when it last fired, so that a
rule that never fires is known by one row and not by a year of folders.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from detectors.detector import Detector
from detectors.precision import Precision, wilson
from detectors.precision import warning as precision_warning

SCHEMA = pa.schema([
    ("detector_id", pa.string()), ("detector_version", pa.string()), ("domain", pa.string()), ("kind", pa.string()),
    ("status", pa.string()), ("outcome", pa.string()), ("reason", pa.string()), ("reason_en", pa.string()),
    ("population", pa.int64()), ("evaluated", pa.int64()), ("excluded", pa.int64()), ("excluded_by", pa.string()),
    ("fired", pa.int64()), ("findings", pa.int64()), ("new", pa.int64()), ("suppressed", pa.int64()),
    ("share", pa.float64()), ("warning", pa.string()), ("seconds", pa.float64()),
    ("observed_since", pa.date32()), ("last_fired", pa.date32()),
    ("reviewed", pa.int64()), ("confirmed", pa.int64()), ("precision", pa.float64()), ("precision_low", pa.float64()),
    ("precision_high", pa.float64()), ("weight", pa.float64())])

# A share of few subjects says little: 2 of 32 is above 5 % by chance alone. It warns when at least this many fired and
# the lower end of the share's 95 % interval (Wilson 1927) is above the limit.
MIN_FIRED = 3
SILENT_DAYS = 365


@dataclass
class LedgerRow:
    """One detector, one night. population and evaluated count subjects; share = fired / evaluated.

    suppressed: findings that give no points, because they are explained or rest. reviewed, confirmed: subjects whose
    review said whether the rule was right; precision with its 95 % interval; weight: multiplier of the rule's points.
    """

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
    observed_since: datetime.date | None = None
    last_fired: datetime.date | None = None
    reviewed: int = 0
    confirmed: int = 0
    precision: float | None = None
    precision_low: float | None = None
    precision_high: float | None = None
    weight: float = 1.0

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
        if self.kind != "exculpating" and fired >= MIN_FIRED and share_at_least(fired, self.evaluated) > warn_share:
            self.warning = f"regeln träffar {100 * fired / self.evaluated:.1f} % av {self.evaluated}".replace(".", ",")

    def remember(self, as_of: datetime.date, before: Mapping[str, Any] | None) -> None:
        """Carry on first run and last hit from the row of the night before; warns of twelve months without a hit."""
        if before is not None:
            self.observed_since, self.last_fired = before.get("observed_since"), before.get("last_fired")
        if self.outcome != "ran":
            return
        self.observed_since = self.observed_since or as_of
        if self.fired:
            self.last_fired = as_of
        quiet_since = self.last_fired or self.observed_since
        if self.kind == "exculpating" or (as_of - quiet_since).days < SILENT_DAYS:
            return
        if self.last_fired:
            self.warning = f"ingen träff på tolv månader, senast {self.last_fired}"
        else:
            self.warning = f"ingen träff sedan regeln började köras {self.observed_since}"

    def follow_up(self, found: Precision, suppressed: int) -> None:
        """Fill in what outcomes say of the rule; warns when it is right less often than was agreed."""
        self.reviewed, self.confirmed, self.weight = found.reviewed, found.confirmed, found.weight
        self.precision, self.precision_low, self.precision_high = found.share, found.low, found.high
        self.suppressed = suppressed
        self.warning = "; ".join(text for text in (self.warning, precision_warning(found)) if text)


def share_at_least(fired: int, evaluated: int) -> float:
    """Lower end of the 95 % interval of a share (Wilson); 0 when nobody was evaluated."""
    return wilson(min(fired, evaluated), evaluated)[0]


def read_ledger(path: Path | None) -> dict[str, dict[str, Any]]:
    """The rows of a ledger.parquet by detector; empty without one."""
    if path is None:
        return {}
    return {row["detector_id"]: row for row in pq.read_table(path).to_pylist()}


def write_ledger(connection: duckdb.DuckDBPyConnection, rows: list[LedgerRow], path: Path) -> None:
    """Write ledger.parquet and keep the same rows in the warehouse as ledger.detectors."""
    data = [{**row.__dict__, "excluded_by": json.dumps(row.excluded_by, sort_keys=True)} for row in rows]
    table = pa.Table.from_pylist(data, schema=SCHEMA)
    pq.write_table(table, path)
    connection.execute("CREATE SCHEMA IF NOT EXISTS ledger")
    connection.register("ledger_rows", table)
    connection.execute("CREATE OR REPLACE TABLE ledger.detectors AS SELECT * EXCLUDE (seconds) FROM ledger_rows")
    connection.unregister("ledger_rows")
