"""Groups of subjects that share rare, strong tokens: an account, an officer, a dwelling, an address, a landlord.

The SELECT of a `method: link` detector gives one row a subject and token. A token that only two subjects share says
much, one that many share says little (weight x 2 / subjects), and one that more than `max_subjects` share (an
accountant's address, a trustee's account) is cut. Connected subjects form a group; a group larger than `max_group`
gives up its weakest tokens until it fits, so that a chain of weak ties never becomes a net of everybody.
Cost: linear in the rows of the SELECT; only shared tokens leave the database.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from detectors.detector import Detector
from detectors.methods import Account

MAX_SUBJECTS, MAX_GROUP = 8, 30
EDGES = """CREATE OR REPLACE TEMP TABLE link_edges (link_group VARCHAR, token_kind VARCHAR, token VARCHAR,
    subject_type VARCHAR, subject_id VARCHAR, weight DOUBLE, n_subjects INTEGER, row_ref BIGINT)"""

Edge = tuple[str, str, str, str, float]  # token kind, token, subject type, subject id, weight


def run_links(connection: duckdb.DuckDBPyConnection, detector: Detector, values: Mapping[str, Any]) -> Account:
    """Group the subjects of `candidate` and fill the temporary table link_edges; gives no findings of its own."""
    most = int(values["max_subjects"]) if "max_subjects" in detector.parameters else MAX_SUBJECTS
    size = int(values["max_group"]) if "max_group" in detector.parameters else MAX_GROUP
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE shared_tokens AS
        WITH edges AS (
          SELECT token_kind, token, subject_type, subject_id, max(weight) AS weight, min(row_ref) AS row_ref
          FROM candidate WHERE token IS NOT NULL AND subject_id IS NOT NULL
          GROUP BY token_kind, token, subject_type, subject_id)
        SELECT *, count(*) OVER (PARTITION BY token_kind, token) AS n_subjects FROM edges""")
    hubs = connection.execute("SELECT count(DISTINCT (token_kind, token)) FROM shared_tokens WHERE n_subjects > $most",
                              {"most": most}).fetchone()
    rows = connection.execute("""
        SELECT token_kind, token, subject_type, subject_id, weight * 2.0 / n_subjects
        FROM shared_tokens WHERE n_subjects BETWEEN 2 AND $most ORDER BY ALL""", {"most": most}).fetchall()
    groups = link_groups(rows, size)
    if groups:
        connection.executemany("INSERT INTO link_edges VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)",
                               [(group, *edge) for edge, group in groups.items()])
        connection.execute("""
            UPDATE link_edges SET n_subjects = s.n_subjects, row_ref = s.row_ref FROM shared_tokens s
            WHERE s.token_kind = link_edges.token_kind AND s.token = link_edges.token
              AND s.subject_type = link_edges.subject_type AND s.subject_id = link_edges.subject_id""")
    connection.execute("DROP TABLE shared_tokens")
    return Account({"hub_tokens": int(hubs[0])} if hubs and hubs[0] else {})


def link_groups(edges: Iterable[Edge], max_group: int) -> dict[Edge, str]:
    """The group of each edge that is kept; edges whose group shrinks to one subject are left out.

    A group's name is a hash of its first subject, so it stays while that subject stays.
    """
    kept: dict[Edge, str] = {}
    waiting = [sorted(edges)]
    while waiting:
        part = waiting.pop()
        for members in _components(part):
            subjects = sorted({(edge[2], edge[3]) for edge in members})
            if len(subjects) < 2:
                continue
            if len(subjects) > max_group:
                weakest = min(edge[4] for edge in members)
                waiting.append([edge for edge in members if edge[4] > weakest])
                continue
            name = "N-" + hashlib.sha256("\x1f".join(subjects[0]).encode()).hexdigest()[:8]
            kept.update(dict.fromkeys(members, name))
    return dict(sorted(kept.items()))


def _components(edges: list[Edge]) -> list[list[Edge]]:
    """Edges by connected component of the graph of subjects and tokens."""
    if not edges:
        return []
    numbers: dict[tuple[str, ...], int] = {}
    left = [numbers.setdefault(("token", *edge[:2]), len(numbers)) for edge in edges]
    right = [numbers.setdefault(("subject", *edge[2:4]), len(numbers)) for edge in edges]
    graph = coo_array((np.ones(len(edges)), (left, right)), shape=(len(numbers), len(numbers)))
    _, labels = connected_components(graph, directed=False)
    parts: dict[int, list[Edge]] = defaultdict(list)
    for edge, node in zip(edges, left, strict=True):
        parts[int(labels[node])].append(edge)
    return [parts[label] for label in sorted(parts)]


def mark_findings(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the findings their link group, and forget the groups in which nobody has a finding."""
    connection.execute("""
        DELETE FROM link_edges WHERE link_group NOT IN (
          SELECT e.link_group FROM link_edges e JOIN findings f
            ON f.subject_type = e.subject_type AND f.subject_id = e.subject_id WHERE f.kind <> 'exculpating')""")
    connection.execute("""
        UPDATE findings SET link_group = g.link_group
        FROM (SELECT DISTINCT subject_type, subject_id, link_group FROM link_edges) g
        WHERE g.subject_type = findings.subject_type AND g.subject_id = findings.subject_id""")


def write_links(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """links.parquet: every edge with the source row that shows it."""
    quoted = str(path).replace("'", "''")
    connection.execute(f"""
        COPY (SELECT e.link_group, e.token_kind, e.token, e.subject_type, e.subject_id, e.weight, e.n_subjects,
                     f.dataset, f.file_name AS file, e.row_ref & 4294967295 AS line
              FROM link_edges e LEFT JOIN ledger.files f ON f.file_id = e.row_ref >> 32
              ORDER BY e.link_group, e.token_kind, e.token, e.subject_type, e.subject_id)
        TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)""")
