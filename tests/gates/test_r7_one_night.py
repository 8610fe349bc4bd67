"""R7: of nights that start together one runs; the others say so and change nothing. A killed night is in nobody's way.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from schemas.workspace import Workspace
from tests.flows.conftest import PROVIDERS, payments
from tests.gates.crash_kit import REPOSITORY, TONIGHT, Nights

TOGETHER = 8


def started(inbox: Path, workspace: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flows.cli", "night", "--inbox", str(inbox), "--workspace", str(workspace),
         "--as-of", TONIGHT], cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def delivered(folder: Path) -> Path:
    inbox = folder / "inbox"
    inbox.mkdir()
    (inbox / f"providers_{TONIGHT}.csv").write_text(PROVIDERS, encoding="utf-8")
    (inbox / f"supplier_payments_{TONIGHT}.csv").write_text(payments(), encoding="utf-8")
    return inbox


def test_r7_of_eight_that_start_together_one_runs(tmp_path: Path) -> None:
    inbox, workspace = delivered(tmp_path), tmp_path / "workspace"
    nights = [started(inbox, workspace) for _ in range(TOGETHER)]
    ended = [(night.communicate(timeout=1200), night.returncode) for night in nights]
    codes = [code for _, code in ended]
    # One that comes when the first is done finds the place free, and its night is the same night.
    assert 0 in codes and set(codes) <= {0, 3}
    for (_, said), code in ended:
        if code == 3:
            assert "in use by" in said and "Nothing was changed" in said and "Traceback" not in said
    assert len(list(Workspace(workspace).runs.iterdir())) == 1
    assert codes.count(3) >= 1


def test_r7_a_killed_night_holds_no_lock(warm: Nights, tmp_path: Path) -> None:
    inbox, workspace = delivered(tmp_path), tmp_path / "workspace"
    first = started(inbox, workspace)
    lock = Workspace(workspace).lock_file
    deadline = time.monotonic() + 1200
    while not (lock.exists() and lock.read_text()):
        assert first.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    code, said = warm.run(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", TONIGHT])
    assert code == 0, said
