"""What the rows of a detector's SELECT mean: one function a method.

Each method turns the SELECT of a detector into rows of the temporary table `raw_findings` (one a subject and
episode) and rows of `raw_peers` (the comparison behind a statistical finding), inside the database. Higher strength
is always more deviating, 0..1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from detectors.detector import Detector

MIN_PEERS = 30  # below this a comparison says more about chance than about the subject (handbook 5)

RAW_TABLES = """
CREATE OR REPLACE TEMP TABLE raw_findings (
  detector_id VARCHAR, subject_id VARCHAR, episode VARCHAR, period_from DATE, period_to DATE, strength DOUBLE,
  amount_sek DECIMAL(14,2), amount_kind VARCHAR, facts VARCHAR, n_evidence INTEGER, evidence BIGINT[],
  subject_type VARCHAR);
CREATE OR REPLACE TEMP TABLE raw_peers (
  detector_id VARCHAR, subject_id VARCHAR, episode VARCHAR, feature VARCHAR, own DOUBLE, peer_median DOUBLE,
  peer_q1 DOUBLE, peer_q3 DOUBLE, peer_p95 DOUBLE, peer_n INTEGER, peer_group VARCHAR, contribution DOUBLE);
"""


class NotComputable(Exception):
    """The data at hand does not allow the rule to say anything; holds the reason in Swedish and English."""

    def __init__(self, sv: str, en: str):
        super().__init__(en)
        self.sv, self.en = sv, en


@dataclass
class Account:
    """What a method did not evaluate, by reason; the ledger shows it."""

    excluded: dict[str, int] = field(default_factory=dict)
    note_sv: str = ""
    note_en: str = ""


def bind(sql: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Only the values the statement names; the driver refuses others."""
    return {k: v for k, v in values.items() if f"${k}" in sql}


def run_method(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any],
               seed: int) -> Account:
    """Run one detector. Raises NotComputable; database errors pass through to the caller, which keeps only
    their class because DuckDB repeats cell values in its messages."""
    bound = bind(detector.run_sql, values)
    if detector.method == "rule":
        _store(connection, detector, f"({detector.run_sql}\n)", bound=bound)
        return Account()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS {detector.run_sql}", bound)
    account = Account()
    if detector.method == "peer":
        from detectors.peer_findings import run_peers

        account = run_peers(connection, detector, values)
    elif detector.method == "isolation_forest":
        from detectors.forest_findings import run_forest

        account = run_forest(connection, detector, values, seed)
    elif detector.method == "link":
        from detectors.links import run_links

        account = run_links(connection, detector, values)
    else:
        raise ValueError(f"{detector.code}: no method {detector.method}")
    connection.execute("DROP TABLE candidate")
    return account


def _store(connection: duckdb.DuckDBPyConnection, detector: Detector, source: str,
           extra_facts: tuple[str, ...] = (), own_facts: tuple[str, ...] | None = None,
           bound: Mapping[str, Any] | None = None) -> None:
    """Add the firing rows of `source` (a table, or a SELECT in brackets and what it binds) to raw_findings.

    ValueError, and nothing added, when there are two rows for one subject and episode.
    """
    have = set(detector.result_columns)
    subject_type = "subject_type" if "subject_type" in have else f"'{detector.subject_type}'"
    episode = "coalesce(CAST(episode AS VARCHAR), '')" if "episode" in have else "''"
    facts = [*(detector.fact_columns if own_facts is None else own_facts), *extra_facts]
    packed = ", ".join(f'"{c}" := "{c}"' for c in facts)
    evidence = "list_sort(list_distinct(list_filter(evidence, lambda x: x IS NOT NULL)))" if "evidence" in have \
        else "CAST([] AS BIGINT[])"
    count = "n_evidence" if "n_evidence" in have else f"len({evidence})"
    # credits can exceed what was claimed: then there is no money to check, never a sum that lowers another finding's
    amount = "CAST(CASE WHEN amount_sek < 0 THEN 0 ELSE amount_sek END AS DECIMAL(14,2))" if "amount_sek" in have \
        else "CAST(NULL AS DECIMAL(14,2))"
    default_kind = str((detector.header.get("amount") or {}).get("kind", "unknown"))
    kind = "amount_kind" if "amount_kind" in have else f"'{default_kind}'"
    added = connection.execute(f"""
        INSERT INTO raw_findings
        SELECT '{detector.code}', CAST(subject_id AS VARCHAR), {episode} AS own_episode, CAST(period_from AS DATE),
               CAST(period_to AS DATE), round(least(1.0, greatest(0.0, strength)), 6), {amount},
               CASE WHEN {amount} IS NULL THEN 'unknown' ELSE {kind} END,
               {f"CAST(to_json(struct_pack({packed})) AS VARCHAR)" if facts else "'{}'"},
               CAST({count} AS INTEGER), {evidence}, {subject_type} AS own_type
        FROM {source} AS found WHERE subject_id IS NOT NULL
        ORDER BY subject_id, own_type, own_episode""", bound or {}).fetchall()[0][0]
    if added < 2:
        return
    doubled = connection.execute(f"""
        SELECT count(*) - count(DISTINCT (subject_id, subject_type, episode)) FROM raw_findings
        WHERE detector_id = '{detector.code}'""").fetchone()
    if doubled and doubled[0]:
        connection.execute(f"DELETE FROM raw_findings WHERE detector_id = '{detector.code}'")
        raise ValueError(f"{detector.code} returns two rows for one subject and episode")
