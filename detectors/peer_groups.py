"""Who is compared with whom: the narrowest declared group that is large enough.

A detector declares the columns that make peers alike, from narrow to wide:

    peers:
      levels: [[contract_kind, size_band], [size_band], []]   # the last: everybody
      size_bands: 3

`size_band` is made here, from the subject's median volume, in equally many subjects a band; the other names are
columns of the SELECT. A row takes the first level at which its group holds at least `min_peers` subjects, and is then
compared with everybody of that group, also with those who have a narrower one of their own. A row for which no level
is large enough is not compared, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import duckdb

SIZE_BAND = "size_band"
BANDS = {2: ("mindre", "större"), 3: ("liten", "mellan", "stor")}
COMPARE = ("others", "own_history")
CHANGE = ("difference", "ratio")
KEYS = ("compare", "change", "levels", "size_bands")


def faults_of(header: Mapping[str, Any]) -> str:
    """What is wrong with the header's `peers`, in words; empty when nothing is."""
    peers = header.get("peers")
    if peers is None:
        return ""
    if header["method"] not in ("peer", "isolation_forest"):
        return "peers is for the methods peer and isolation_forest"
    if not isinstance(peers, dict) or set(peers) - set(KEYS):
        return f"peers knows the keys {', '.join(KEYS)}"
    if peers.get("compare", "others") not in COMPARE or peers.get("change", "difference") not in CHANGE:
        return f"peers: compare is one of {', '.join(COMPARE)}, change one of {', '.join(CHANGE)}"
    if header["method"] == "isolation_forest" and peers.get("compare") == "own_history":
        return "peers: a forest compares with others; put the change into a feature"
    levels = peers.get("levels", [[]])
    if not isinstance(levels, list) or not levels or not all(isinstance(level, list) for level in levels):
        return "peers: levels is a list of lists of columns, from narrow to wide; [] is everybody"
    if any(len(wide) > len(narrow) for narrow, wide in pairwise(levels)):
        return "peers: levels go from narrow to wide, so no level has more columns than the one before"
    banded = any(SIZE_BAND in level for level in levels)
    if banded != ("size_bands" in peers) or (banded and peers["size_bands"] not in BANDS):
        return "peers: size_bands (2 or 3) goes with size_band among the levels, and only then"
    return ""


def level_columns(header: Mapping[str, Any]) -> set[str]:
    """The columns of the SELECT that the levels name."""
    return {name for level in (header.get("peers") or {}).get("levels", []) for name in level} - {SIZE_BAND}


def levels_of(header: Mapping[str, Any], result_columns: tuple[str, ...]) -> list[list[str]]:
    """The declared levels; without any, the column `peer_group` where the SELECT has one, then everybody."""
    declared = (header.get("peers") or {}).get("levels")
    if declared is not None:
        return [list(level) for level in declared]
    return [["peer_group"], []] if "peer_group" in result_columns else [[]]


def place(connection: duckdb.DuckDBPyConnection, source: str, header: Mapping[str, Any],
          result_columns: tuple[str, ...], least: int) -> int:
    """Make the temporary tables `placed` and `members`; returns the subjects of the largest group there is.

    placed: the rows of `source` with row_no, peer_level (0 = narrowest; null: no group is large enough), peer_group
    (the group in words, '' = everybody). members: peer_level, peer_group, row_no of everybody a group is made of.
    """
    levels = levels_of(header, result_columns)
    names = BANDS.get((header.get("peers") or {}).get("size_bands", 0), ("",))
    band = "CASE ntile({}) OVER (ORDER BY median(volume), subject_id) {} END".format(
        len(names), " ".join(f"WHEN {place} THEN '{name}'" for place, name in enumerate(names, start=1)))
    kept = "* EXCLUDE (peer_group)" if "peer_group" in result_columns else "*"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE levelled AS
        WITH bands AS (SELECT subject_id, {band} AS {SIZE_BAND} FROM {source} GROUP BY subject_id)
        SELECT s.*, b.{SIZE_BAND}, row_number() OVER (ORDER BY s.subject_id, s.period_from) AS row_no
        FROM {source} s JOIN bands b USING (subject_id)""")
    keys = [_key(level) for level in levels]
    connection.execute("CREATE OR REPLACE TEMP TABLE members AS " + " UNION ALL ".join(
        f"SELECT {place} AS peer_level, {key} AS peer_group, row_no, subject_id FROM levelled WHERE {key} IS NOT NULL"
        for place, key in enumerate(keys)))
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE placed AS
        WITH sizes AS (SELECT peer_level, peer_group, count(DISTINCT subject_id) AS n FROM members GROUP BY ALL),
        chosen AS (SELECT m.row_no, min(m.peer_level) AS peer_level FROM members m
                   JOIN sizes z USING (peer_level, peer_group) WHERE z.n >= {int(least)} GROUP BY m.row_no)
        SELECT l.{kept}, c.peer_level, m.peer_group FROM levelled l LEFT JOIN chosen c USING (row_no)
        LEFT JOIN members m ON m.row_no = c.row_no AND m.peer_level = c.peer_level""")
    row = connection.execute("SELECT coalesce(max(n), 0) FROM (SELECT count(DISTINCT subject_id) AS n FROM members "
                             "GROUP BY peer_level, peer_group)").fetchone()
    connection.execute("DROP TABLE levelled")
    return int(row[0]) if row else 0


def _key(level: list[str]) -> str:
    """The group of a row at a level, null where one of its columns is: what is not known has no narrow peers."""
    if not level:
        return "''"
    columns = [f"CAST({name} AS VARCHAR)" for name in level]
    given = " AND ".join(f"nullif({column}, '') IS NOT NULL" for column in columns)
    return f"CASE WHEN {given} THEN concat_ws(' · ', {', '.join(columns)}) END"
