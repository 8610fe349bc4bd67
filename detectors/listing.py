"""The list of a night: the findings scored and ordered, told against the night before, written to the run's folder.

The scores are ranking's; what follows a subject from night to night is decided here and in cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from detectors import baselines, ranking
from schemas.groups import Group

SCHEMA = pa.schema([
    ("rank", pa.int32()), ("rank_in_type", pa.int32()), ("subject_type", pa.string()), ("subject_id", pa.string()),
    ("score", pa.float64()), ("amount_sek", pa.decimal128(14, 2)),
    ("contributions", pa.list_(pa.struct([("detector_id", pa.string()), ("points", pa.float64())]))),
    ("concepts", pa.list_(pa.string())), ("state", pa.string()), ("first_seen", pa.date32()),
    ("link_group", pa.string()), ("groups", pa.list_(pa.string()))])


def rank(connection: duckdb.DuckDBPyConnection, run_dir: Path, groups: Mapping[str, Group], as_of: date,
         active: set[str], previous: Path | None = None) -> dict[str, Any]:
    """Rank the subjects of the temporary table `findings`, write ranked.parquet, return counts for run.json.

    active: codes of the detectors that count (status active); others are shown in the ledger only.
    """
    rows = connection.execute("""
        SELECT subject_type, subject_id, detector_id, kind, concept, domain, severity, strength, amount_sek
        FROM findings ORDER BY ALL""").fetchall()
    linked = {(t, s): g for t, s, g in connection.execute(
        "SELECT DISTINCT subject_type, subject_id, link_group FROM findings WHERE link_group IS NOT NULL").fetchall()}
    ranked = ranking.order_of(((row[0], row[1], ranking.Finding(*row[2:])) for row in rows if row[2] in active),
                              link_groups=linked)
    gone = carry_state(ranked, previous, as_of)
    services = dict(connection.execute("SELECT provider_id, services FROM providers").fetchall())
    for row in ranked:
        row.groups = ranking.visible_groups(row, groups, services)
    write_ranked(ranked, run_dir / "ranked.parquet")
    return {"subjects": len(ranked), "new_subjects": sum(r.state == "new" for r in ranked),
            "gone_subjects": len(gone), "gone": [f"{t}:{s}" for t, s in gone],
            "money_to_check": str(sum((r.amount_sek or Decimal(0) for r in ranked), Decimal(0))),
            "baselines": baselines.baselines(ranked, sizes=baselines.paid_sizes(connection))}


def carry_state(ranked: Iterable[ranking.Ranked], previous: Path | None, as_of: date) -> list[tuple[str, str]]:
    """Fill in state and first_seen from the night before; return the subjects that are gone since."""
    before: dict[tuple[str, str], Mapping[str, Any]] = {}
    if previous is not None:
        for row in pq.read_table(previous, columns=["subject_type", "subject_id", "score", "first_seen"]).to_pylist():
            before[(row["subject_type"], row["subject_id"])] = row
    for row in ranked:
        old = before.pop((row.subject_type, row.subject_id), None)
        if old is None:
            row.state, row.first_seen = "new", as_of
            continue
        row.first_seen = old["first_seen"]
        change = row.score - old["score"]
        row.state = "worse" if change > 0.5 else "better" if change < -0.5 else "continuing"
    return sorted(before)


def write_ranked(ranked: list[ranking.Ranked], path: Path) -> None:
    rows = [{"rank": r.rank, "rank_in_type": r.rank_in_type, "subject_type": r.subject_type,
             "subject_id": r.subject_id, "score": r.score, "amount_sek": r.amount_sek,
             "contributions": [{"detector_id": d, "points": p} for d, p in r.contributions],
             "concepts": r.concepts, "state": r.state, "first_seen": r.first_seen, "link_group": r.link_group,
             "groups": r.groups} for r in ranked]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd")
