"""What people open: a page and a workbook for each collaboration group, and the overview."""

from __future__ import annotations

from pathlib import Path


def write_reports(run_dir: Path, language: str) -> list[Path]:
    """Write all reports of a run; see `reports.write`. Imported late: the command line must answer at once."""
    from reports.write import write_reports as write

    return write(run_dir, language)
