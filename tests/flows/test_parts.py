"""Small parts of the night: hashes of its inputs, messages of its failures."""

from __future__ import annotations

import datetime
import errno
from pathlib import Path

import duckdb
import pytest

from flows import input_hash
from flows.failures import NightFailed, UsageError, explain, withheld

DAY = datetime.date(2026, 11, 22)
FILES = [("a", "11", "loaded"), ("b", "22", "loaded")]
PARTS = {"code_hash": "c", "settings_hash": "s"}


def hashed(**changes: object) -> str:
    given: dict[str, object] = {"as_of": DAY, "files": FILES, "unopened": [("x", "fifo"), ("y", "link")],
                                "parts": PARTS, "previous_run": None}
    return input_hash.input_hash(**(given | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [
    {"as_of": DAY + datetime.timedelta(days=1)},
    {"files": FILES[::-1]},  # what came later replaces what came earlier
    {"files": [*FILES, ("c", "33", "loaded")]},
    {"files": [FILES[0], ("b", "22", "refused")]},
    {"unopened": []},
    {"parts": PARTS | {"code_hash": "d"}},
    {"previous_run": "2026-11-21-00000000"},
])
def test_every_input_changes_the_hash(changes: dict[str, object]) -> None:
    assert hashed(**changes) != hashed()


def test_the_order_of_unopened_entries_does_not() -> None:
    assert hashed(unopened=[("y", "link"), ("x", "fifo")]) == hashed()


def test_the_run_id_is_the_day_and_eight_digits() -> None:
    assert input_hash.run_id(DAY, hashed()) == f"2026-11-22-{hashed()[:8]}"


def test_the_code_hash_follows_rules_and_texts_but_not_caches(tmp_path: Path) -> None:
    folder = tmp_path / "detectors"
    folder.mkdir()
    (folder / "a.sql").write_text("SELECT 1")
    before = input_hash.code_hash(tmp_path)
    (folder / "a.pyc").write_text("x")
    assert input_hash.code_hash(tmp_path) == before
    (folder / "a.sql").write_text("SELECT 2")
    assert input_hash.code_hash(tmp_path) != before


def test_only_our_own_texts_are_shown() -> None:
    assert explain(UsageError("no such folder")) == (2, "no such folder")
    assert explain(NightFailed("busy")) == (3, "busy")
    code, message = explain(ValueError("19121212-1212"))
    assert code == 3 and "1212" not in message and "ValueError" in message


@pytest.mark.parametrize("error", [MemoryError("19121212-1212"), duckdb.OutOfMemoryException("19121212-1212")])
def test_used_up_memory_is_named(error: Exception) -> None:
    message = withheld(error)
    assert "out of memory" in message and "memory_limit" in message and "1212" not in message


def test_a_full_disk_is_named() -> None:
    message = withheld(OSError(errno.ENOSPC, "No space left on device", "avvik.duckdb"))
    assert "the disk is full: avvik.duckdb" in message
