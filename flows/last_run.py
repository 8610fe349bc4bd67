"""`avvik detectors --last-run`: the ledger of the last run as a compact table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows.failures import UsageError
from flows.stored_state import record_of, run_folder
from schemas.settings import load_settings
from schemas.workspace import Workspace

_HEAD = {
    "sv": ("Regel", "Utfall", "Population", "Prövade", "Undant.", "Träffade", "Nya", "Andel", "Sekunder",
           "Att tänka på"),
    "en": ("Rule", "Outcome", "Population", "Evaluated", "Excluded", "Fired", "New", "Share", "Seconds", "To note"),
}
_OUTCOME = {
    "sv": {"ran": "kördes", "not_computable": "ej beräkningsbar", "gate_closed": "grind stängd", "retired": "avvecklad",
           "draft": "utkast", "failed": "misslyckades"},
    "en": {"ran": "ran", "not_computable": "not computable", "gate_closed": "gate closed", "retired": "retired",
           "draft": "draft", "failed": "failed"},
}


def show_last_run(code: str | None, workspace: Path, settings_path: Path | None) -> int:
    """Print every detector's row of the last run, or the one of `code`; 0."""
    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the night was run in.")
    folder = run_folder(Workspace(workspace), "latest")
    record = record_of(folder)
    rows = pq.read_table(folder / "ledger.parquet").to_pylist()
    if code is not None:
        rows = [row for row in rows if row["detector_id"] == code.upper()]
        if not rows:
            raise UsageError(f"the last run {folder.name} has no detector {code}.")
    language = load_settings(settings_path).language if settings_path else str(record["language"])
    print(f"{folder.name}\n")
    for line in table(rows, language):
        print(line)
    return 0


def table(rows: list[dict[str, Any]], language: str) -> list[str]:
    """Lines: a heading, a row a detector, the sums last."""
    cells = [list(_HEAD[language])]
    for row in rows:
        ran = row["outcome"] == "ran"
        reason = row["reason"] if language == "sv" else row["reason_en"]
        share = "" if row["share"] is None else f"{100 * row['share']:.1f} %"
        note = row["warning"] or reason or _excluded(row)
        cells.append([row["detector_id"], _OUTCOME[language].get(row["outcome"], row["outcome"]),
                      *(str(row[name]) if ran else "–" for name in
                        ("population", "evaluated", "excluded", "fired", "new")),
                      share, f"{row['seconds']:.2f}", note or ""])
    widths = [max(len(line[at]) for line in cells) for at in range(len(cells[0]) - 1)]
    decimal = "," if language == "sv" else "."
    lines = []
    for line in cells:
        shown = [cell.ljust(width) if at < 2 else cell.rjust(width)
                 for at, (cell, width) in enumerate(zip(line, widths, strict=False))]
        shown[-2:] = [cell.replace(".", decimal) for cell in shown[-2:]]
        lines.append("  ".join([*shown, line[-1]]).rstrip())
    ran = sum(row["outcome"] == "ran" for row in rows)
    words = ("regler, {ran} kördes, {fired} träffade, {warned} att tänka på" if language == "sv"
             else "rules, {ran} ran, {fired} fired, {warned} to note")
    counts = words.format(ran=ran, fired=sum(row["fired"] > 0 for row in rows),
                          warned=sum(bool(row["warning"]) for row in rows))
    return [*lines, "", f"{len(rows)} {counts}"]


def _excluded(row: dict[str, Any]) -> str:
    return ", ".join(f"{reason}: {n}" for reason, n in sorted(json.loads(row["excluded_by"] or "{}").items()))
