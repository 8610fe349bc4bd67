"""How much memory a night may use: the smallest of the limits counts, and too little is told before anything starts."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from schemas import memory
from schemas.memory import BESIDE_MB, LEAST_MB, MB, UNUSED_MB, MemoryShort

ROOT = Path(memory.__file__).parents[1]


def limits(folder: Path, membership: str, **files: str) -> tuple[int, str]:
    """What is allowed to a process of control groups `membership`, with limits in files below `folder`."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_max", ".max").replace("_limit", ".limit_in_bytes")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    process = folder / "cgroup"
    process.write_text(membership)
    return memory.allowed(process, folder)


def test_control_groups_of_both_versions_and_of_those_above(tmp_path: Path) -> None:
    two = limits(tmp_path, "0::/nights/avvik\n", nights__memory_max="700000000\n", nights__avvik__memory_max="max\n")
    assert two == (700_000_000, "the control group's limit")
    one = limits(tmp_path / "one", "5:cpu:/other\n4:memory:/nights\n", memory__nights__memory_limit="800000000\n")
    assert one == (800_000_000, "the control group's limit")


def test_without_limits_the_machine_is_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    machine = (os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"), "the machine's memory")
    assert limits(tmp_path, "0::/\n", memory_max="max\n") == machine
    assert memory.allowed(tmp_path / "no such file", tmp_path) == machine


def test_database_gets_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "allowed", lambda: ((BESIDE_MB + 500) * MB, "test"))
    assert memory.for_database("500MB") == "500MB"
    assert memory.for_database("501MB") == "500MB"
    assert memory.for_database("2 GiB") == "500MB"
    assert memory.for_database("0.4gb") == "0.4gb"
    monkeypatch.setattr(memory, "allowed", lambda: (100 * MB, "test"))
    assert memory.for_database("2GB") == f"{LEAST_MB - BESIDE_MB}MB"


def test_exactly_enough_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "allowed", lambda: (LEAST_MB * MB, "test"))
    memory.require()
    monkeypatch.setattr(memory, "allowed", lambda: (LEAST_MB * MB - 1, "test"))
    with pytest.raises(MemoryShort, match="needs at least 1200 MB"):
        memory.require()


@pytest.mark.parametrize(("kind", "size"), [(resource.RLIMIT_DATA, 900), (resource.RLIMIT_AS, 900 + UNUSED_MB)])
def test_a_night_in_too_little_memory_is_told_so_and_changes_nothing(kind: int, size: int, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    ended = subprocess.run(
        [sys.executable, "-m", "flows.cli", "night", "--inbox", "inbox", "--workspace", "workspace"],
        cwd=tmp_path, text=True, capture_output=True, check=False, env={"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: resource.setrlimit(kind, (size * MB, size * MB)))
    assert ended.returncode == 3
    assert "may use 900 MB" in ended.stderr and "needs at least 1200 MB" in ended.stderr
    assert "Traceback" not in ended.stderr and not (tmp_path / "workspace").exists()
