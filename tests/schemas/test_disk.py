"""What tells of a disk that fails, and what only looks like it."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from schemas.contract import load_contracts
from schemas.disk import disk_reason
from schemas.reader import read_file
from schemas.reading_faults import failed, is_no_fault_of_the_file
from schemas.settings import load_settings
from schemas.workspace import WorkspaceError

WORK = Path("/workspace/staging/.reading-1")
FULL = f'IO Error: Could not write file "{WORK}/staging.parquet": No space left on device'
SOURCE = 'IO Error: Could not read from file "/share/visits.csv": Input/output error'


@pytest.mark.parametrize(("error", "reason"), [
    (OSError(errno.ENOSPC, "x"), "the disk is full"),
    (PermissionError(errno.EACCES, "x"), "no permission on the disk"),
    (duckdb.IOException(FULL), "the disk is full"),
    (duckdb.FatalException(FULL), "the disk is full"),
    (duckdb.ConversionException('Could not convert string "No space left on device" to INT64'), None),
    (duckdb.InvalidInputException('CSV Error on Line: 3, "No space left on device"'), None),
    (duckdb.ConstraintException('Duplicate key "Input/output error"'), None),
    (ValueError("No space left on device"), None),
    (OSError(errno.ENOENT, "x"), None),
])
def test_reasons(error: Exception, reason: str | None) -> None:
    assert disk_reason(error) == reason
    later = RuntimeError("of something else")
    later.__cause__ = error
    assert disk_reason(later) == reason


@pytest.mark.parametrize("error", [
    OSError(errno.ENOSPC, "x"), OSError(errno.EIO, "x", str(WORK / "unpacked")), duckdb.IOException(FULL),
])
def test_a_child_that_cannot_write_tells_of_the_workspace(error: Exception) -> None:
    assert "disk" in failed(error, WORK)
    assert is_no_fault_of_the_file(error, WORK)


@pytest.mark.parametrize(("error", "rule"), [
    (OSError(errno.EIO, "x", "/share/visits.csv"), "io_error"), (PermissionError(errno.EACCES, "x"), "io_error"),
    (duckdb.IOException(SOURCE), "fault"), (duckdb.IOException("No space left on device"), "fault"),
    (MemoryError(), "out_of_memory"), (duckdb.OutOfMemoryException("x"), "out_of_memory"), (KeyError("x"), "fault"),
])
def test_a_source_that_cannot_be_read_is_its_own_refusal(error: Exception, rule: str) -> None:
    told = failed(error, WORK)
    assert is_no_fault_of_the_file(error, WORK) == isinstance(error, duckdb.OutOfMemoryException)
    assert "disk" not in told and [finding["rule"] for finding in told["findings"]] == [rule]


def test_a_disk_that_fails_in_the_child_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "providers_2026-11-22.csv", tmp_path / "staging"
    source.write_text("provider_id\np1\n", encoding="utf-8")
    monkeypatch.setattr("schemas.reader._run_child", lambda *_: _Answer({"disk": "the disk is full"}))
    with pytest.raises(WorkspaceError, match="staging: the disk is full"):
        read_file(source, load_contracts()["providers"], out, load_settings(None))
    assert list(out.iterdir()) == [], "nothing half done is left"


class _Answer:
    def __init__(self, content: dict[str, str]) -> None:
        self.content = content
