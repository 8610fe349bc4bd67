"""What speaks for a subject holds only until something new has come.

A rule of kind exculpating whose header says `overtaken_by_new: true` speaks of a day that has passed (a review). Its
finding is withdrawn when the same subject has a material finding, impossible or a breach, that reaches later than the
finding's own last day. Findings of kind unusual do not count: a comparison with peers goes on every night.
"""

from __future__ import annotations

import duckdb

from detectors.detector import Catalogue

MATERIAL = ("impossible", "breach")


def withdraw_overtaken(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue) -> None:
    """Remove such findings from the temporary table `findings`; the table `withdrawn` counts them by detector."""
    codes = [d.code for d in catalogue.detectors.values() if d.header.get("overtaken_by_new")]
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE withdrawn AS
        SELECT f.finding_id, f.detector_id FROM findings f
        WHERE list_contains($codes, f.detector_id) AND EXISTS (
          SELECT 1 FROM findings m
          WHERE m.subject_type = f.subject_type AND m.subject_id = f.subject_id AND list_contains($kinds, m.kind)
            AND m.status = 'active' AND m.period_to > f.period_to)""", {"codes": codes, "kinds": list(MATERIAL)})
    connection.execute("DELETE FROM findings WHERE finding_id IN (SELECT finding_id FROM withdrawn)")
