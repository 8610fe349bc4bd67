"""What people open: a page and a workbook for each collaboration group, the overview, the audit page, the index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def write_reports(run_dir: Path, language: str, earlier: Sequence[Path] = (), part: Any = None) -> list[Path]:
    """Write all reports of a run; see `reports.write`. Imported late: the command line must answer at once."""
    from reports.write import write_reports as write

    return write(run_dir, language, earlier, part) if part else write(run_dir, language, earlier)
