"""What was wrong with a file stays with its staging copy, so that a later night can tell it again.

A file that is known is not read again, but its quarantined rows and missing columns are as true tonight as then.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path

from schemas.problems import Problem
from schemas.reader import FileReading
from schemas.warehouse_load import FileRow


def keep(reading: FileReading) -> None:
    """Write the problems of a file that was read beside its staging copy; nothing when there are none."""
    if reading.staging is None:
        return
    path = _beside(reading.staging)
    if not reading.problems:
        path.unlink(missing_ok=True)
        return
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps([dataclasses.asdict(problem) for problem in reading.problems]), encoding="utf-8")
    partial.chmod(0o600)
    os.replace(partial, path)


def of_files(files: Sequence[FileRow], readings: Sequence[FileReading], staging: Path) -> list[Problem]:
    """The problems of every file in `files`, in their order: from tonight's reading, else as kept."""
    tonight = {(reading.dataset, reading.sha256): reading.problems for reading in readings}
    found: list[Problem] = []
    for row in files:
        problems = tonight.get((row.dataset, row.sha256))
        if problems is None and row.staging is not None:
            path = _beside(staging / row.staging)
            kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
            problems = [Problem(**values) for values in kept]
        found += problems or []
    return found


def _beside(staged: Path) -> Path:
    return staged.with_name(f"{staged.stem}.problems.json")
