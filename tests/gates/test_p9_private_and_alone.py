"""P9: everything a night leaves is 0600 in folders of 0700, whatever the umask; and it asks nobody on the network."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from flows import police
from tests.gates.watched_town import Town


def wide(root: Path) -> list[str]:
    """What others than the owner can reach."""
    return [f"{stat.S_IMODE(path.lstat().st_mode):o} {path.relative_to(root)}" for path in [root, *root.rglob("*")]
            if not path.is_symlink() and stat.S_IMODE(path.lstat().st_mode) not in (0o600, 0o700)]


def test_a_night_under_umask_000_leaves_nothing_open(town: Town) -> None:
    assert len(list(town.workspace.rglob("*"))) > 100
    assert wide(town.workspace) == []


def test_an_extract_under_umask_000_leaves_nothing_open(town: Town, tmp_path: Path) -> None:
    code = ("import os, sys; os.umask(0); from flows.cli import main\n"
            f"sys.exit(main(['police', 'latest', '--group', 'sg-tvar', '--recipient', 'Polisen', '--basis', 'provning',"
            f" '--by', 'gate', '--workspace', {str(town.workspace)!r}, '--out', {str(tmp_path / 'out')!r}]))")
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert wide(tmp_path / "out") == [] and wide(town.workspace / police.FOLDER) == []


def test_the_night_was_alone_and_asked_nobody(town: Town) -> None:
    """The night had no network interface at all, and did not even try: no connect, no name looked up."""
    assert town.reached == []
    if not town.alone:
        pytest.skip("no network namespace without interfaces may be made here; attempts were counted all the same")
    assert town.run.is_dir()


def test_control_an_attempt_is_noticed(town: Town, tmp_path: Path) -> None:
    """The same watch over a process that does try."""
    code = ("import socket\nfor ask in (lambda: socket.getaddrinfo('avvik.invalid', 80),"
            " lambda: socket.socket().connect(('127.0.0.1', 9))):\n"
            "    try:\n        ask()\n    except OSError:\n        pass")
    watch = tmp_path / "watch.txt"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True,
                   env={"PYTHONPATH": str(town.folder / "watching"), "AVVIK_WATCH": str(watch)})
    said = watch.read_text()
    assert "socket.getaddrinfo" in said and "socket.connect" in said


def test_control_an_open_file_is_noticed(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    (tmp_path / "open.txt").write_text("x")
    (tmp_path / "open.txt").chmod(0o644)
    assert wide(tmp_path) == ["644 open.txt"]
