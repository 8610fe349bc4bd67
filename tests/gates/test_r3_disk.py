"""R3: a disk that is full or fails ends the night with a message about the disk; yesterday's reports stand."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.gates.crash_kit import EVENING, FAIL, REPOSITORY, TONIGHT, WRITES, Stage, content

ERRORS = {errno.ENOSPC: "the disk is full", errno.EIO: "the disk fails", errno.EACCES: "no permission on the disk"}
SAMPLED = 3


def fails_at(stage: Stage, at: int, error: int) -> bool:
    """A night whose `at`-th write fails; False when the night has fewer writes than that."""
    scene, faults = stage
    workspace = scene.copy("failing")
    faults.arm(workspace, WRITES, FAIL, at, error)
    code, said = scene.night(workspace)
    _, reached = faults.disarm()
    if not reached:
        return False
    assert code == 3, (at, said)
    assert ERRORS[error] in said, (at, said)
    assert content(workspace)["run"] == scene.content_before["run"], at
    scene.must_recover(workspace)
    return True


def writes_of(stage: Stage) -> int:
    scene, faults = stage
    workspace = scene.copy("counted")
    faults.arm(workspace, WRITES)
    assert scene.night(workspace)[0] == 0
    return faults.disarm()[0]


def test_r3_a_sample_of_all_writes(stage: Stage) -> None:
    writes = writes_of(stage)
    assert writes > 100
    errors = list(ERRORS)
    for number in range(SAMPLED):
        assert fails_at(stage, 1 + number * (writes - 1) // SAMPLED, errors[number % len(errors)])
    assert fails_at(stage, 4, errno.ENOSPC), "the copy of a source, written by the process that reads it"


@pytest.mark.long
@pytest.mark.parametrize("error", list(ERRORS), ids=lambda number: errno.errorcode[number])
def test_r3_every_write(stage: Stage, error: int) -> None:
    at = 1
    while fails_at(stage, at, error):
        at += 1
    assert at > 100


@pytest.mark.long
@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
def test_r3_on_a_disk_that_is_really_full(stage: Stage, tmp_path: Path, share: float) -> None:
    """A tmpfs in a name space of its own that holds yesterday's workspace and a share of what tonight adds."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no name spaces for mounts here")
    scene = stage[0]
    before, after = (size_kb(folder) for folder in (scene.before, scene.whole))
    room = before + int(share * (after - before))
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    night = (f"{sys.executable} -m flows.cli night --inbox {scene.inbox} --workspace {disk}/workspace "
             f"--as-of {TONIGHT} --settings {scene.settings}")
    script = f"""mount -t tmpfs -o size={room}k tmpfs {disk} || exit 90
        cp -a {scene.before} {disk}/workspace || exit 91
        {night}; code=$?
        cp -a {disk}/workspace {kept}; echo code=$code
        mount -o remount,size=64m {disk} && {night}; echo again=$?
        cp -a {disk}/workspace {kept}.again"""
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script], cwd=REPOSITORY, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert "code=3" in said and "again=0" in said, said
    assert "the disk is full" in said, said
    assert content(kept)["run"] == scene.content_before["run"]
    again = content(kept.with_name("kept.again"))
    assert again == scene.content_after


def size_kb(folder: Path) -> int:
    """What the files of a folder take up, in whole blocks of 4 KB."""
    return sum(4 * -(-path.stat().st_size // 4096) for path in folder.rglob("*") if path.is_file())


def test_control_the_scene_has_two_nights(stage: Stage) -> None:
    assert stage[0].content_before["run"]["id"].startswith(EVENING)
    assert stage[0].content_after["run"]["id"].startswith(TONIGHT)
