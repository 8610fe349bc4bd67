"""Whose fault an error in the reading child is: the file's, the workspace's disk, or ours."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import duckdb

from schemas.disk import READING_NEVER_SAYS, disk_reason
from schemas.refusal import Finding


def failed(error: Exception, work: Path) -> dict[str, Any]:
    """What is told of an error that no refusal foresaw: its class, because its text may hold values.

    A disk that fails below `work` is the workspace's and no fault of the file: `disk` says why, and the night ends.
    """
    if reason := _fault_of_disk(error, work):
        return {"status": "refused", "disk": reason}
    if isinstance(error, (MemoryError, duckdb.OutOfMemoryException)):
        found = Finding("out_of_memory")
    elif isinstance(error, OSError):
        found = Finding("io_error", facts={"code": os.strerror(error.errno) if error.errno else type(error).__name__})
    else:
        found = Finding("fault", facts={"kind": type(error).__name__})
    return {"status": "refused", "findings": [found.as_dict()]}


def _fault_of_disk(error: Exception, work: Path) -> str | None:
    """Why the workspace's disk refused; None when the source's did, or something else went wrong."""
    reason = disk_reason(error)
    told = str(work) in str(error) or (isinstance(error, OSError) and reason in READING_NEVER_SAYS)
    return reason if told else None


def is_no_fault_of_the_file(error: Exception, work: Path) -> bool:
    """Whether DuckDB's error tells of memory or of the workspace's disk, and nothing of the file it reads."""
    return isinstance(error, duckdb.OutOfMemoryException) or _fault_of_disk(error, work) is not None
