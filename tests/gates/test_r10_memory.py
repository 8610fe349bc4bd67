"""R10: the documented year of a municipality within the documented memory, and far less memory: done, or a message.

Belongs to the longer runs. The limit is the kernel's on private memory of each process (RLIMIT_DATA).
"""

from __future__ import annotations

import datetime
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from data_samples import generate
from tests.gates.crash_kit import REPOSITORY

pytestmark = pytest.mark.long
DAY = datetime.date(2026, 11, 22)


def limited(inbox: Path, folder: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))

    return subprocess.run(
        [sys.executable, "-m", "flows.cli", "night", "--inbox", str(inbox), "--workspace", str(folder / "workspace"),
         "--as-of", DAY.isoformat()], cwd=REPOSITORY, text=True, capture_output=True, preexec_fn=limit, check=False)


@pytest.mark.parametrize(("scale", "megabytes", "ends"), [(1.0, 3000, {0, 1}), (0.01, 1300, {0, 1}), (0.01, 300, {3})],
                         ids=["documented", "little", "too little"])
def test_r10_finishes_or_says_why_not(scale: float, megabytes: int, ends: set[int], tmp_path: Path) -> None:
    generate(tmp_path / "inbox", scale, 7, DAY, truth=tmp_path / "truth", mess=False)
    ended = limited(tmp_path / "inbox", tmp_path, megabytes)
    assert ended.returncode in ends, ended.stderr[-2000:]
    assert "Traceback" not in ended.stderr
    if ended.returncode == 3:
        assert f"may use {megabytes * 2**20 // 10**6} MB" in ended.stderr
        assert not (tmp_path / "workspace" / "latest").exists()
        assert limited(tmp_path / "inbox", tmp_path, 3000).returncode in (0, 1), "with enough memory it is done"
