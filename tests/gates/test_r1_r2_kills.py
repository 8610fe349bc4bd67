"""R1, R2: a night that is killed anywhere has lost nothing, shows nothing half, and needs only to be run again."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
from pathlib import Path

import pytest

from schemas.workspace import Workspace
from tests.gates.crash_kit import COPY, KILL_AFTER, KILL_BEFORE, STEPS, Scene, Stage

KILLS, ALL_KILLS = 25, 300


def settled(workspace: Path) -> str:
    """A hash of what the next night starts from: all files but what it clears away as half done."""
    with Workspace(workspace).lock():
        digest = hashlib.sha256()
        for path in sorted(workspace.rglob("*")):
            if path.is_symlink():
                digest.update(f"{path.relative_to(workspace)} -> {path.readlink()}".encode())
            elif path.is_file() and path.name != ".lock":
                digest.update(str(path.relative_to(workspace)).encode() + path.read_bytes())
    return digest.hexdigest()


def test_r2_every_step_of_a_night_can_be_its_last(stage: Stage) -> None:
    """The workspace as it is after every fsync, rename, link and removal, all processes counted: each such state
    shows one whole night, and the next night makes the same of it."""
    scene, faults = stage
    workspace, copies = scene.copy("watched"), scene.folder / "copies"
    copies.mkdir()
    faults.arm(workspace, STEPS, COPY, copies=copies)
    code, said = scene.night(workspace)
    steps, _ = faults.disarm()
    assert code == 0, said
    left = sorted(copies.iterdir())
    assert len(left) == steps > 40
    shown, recovered = [], set()
    for state in left:
        shown.append(scene.must_be_whole(state))
        if (kind := settled(state)) not in recovered:  # equal states have equal futures (R6)
            scene.must_recover(state)
            recovered.add(kind)
        shutil.rmtree(state)
    assert shown == sorted(shown, reverse=True), "tonight's run was shown and then taken back"
    assert {"yesterday", "tonight"} == set(shown)
    assert len(recovered) >= 5


def test_r2_a_restored_copy_gives_the_same_next_night(stage: Stage) -> None:
    """The backup of docs/operations.md: what its command copies is all that the next night needs."""
    scene, _ = stage
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    command = next(line for line in page.splitlines() if "flock -n .lock tar" in line)
    left_out = re.findall(r"--exclude=\./(\S+)", command)
    assert {"states", "tmp"} <= set(left_out)
    workspace, restored = scene.copy("backed up"), scene.folder / "restored"
    shutil.copytree(workspace, restored, symlinks=True, ignore=lambda folder, names: [
        name for name in names if Path(folder) == workspace and name in left_out])
    assert {path.name for path in restored.iterdir()} == {"avvik.duckdb", "staging", "runs", "latest"}
    assert scene.must_be_whole(restored) == "yesterday"
    scene.must_recover(restored)


def test_r1_killed_at_any_moment(stage: Stage) -> None:
    killed_at_random(stage[0], KILLS, seed=1)


@pytest.mark.long
def test_r1_killed_at_any_moment_in_full(stage: Stage) -> None:
    killed_at_random(stage[0], ALL_KILLS, seed=2)


def killed_at_random(scene: Scene, kills: int, seed: int) -> None:
    """Kill, look, kill again in the same workspace; recover at the end of each series of five."""
    draw = random.Random(seed)
    done = 0
    while done < kills:
        workspace = scene.copy("killed")
        for _ in range(min(5, kills - done)):
            code, _ = scene.night(workspace, kill_after=draw.uniform(0.05, scene.seconds))
            assert code in (-9, 0)
            done += code == -9
            scene.must_be_whole(workspace)
        scene.must_recover(workspace)


@pytest.mark.long
@pytest.mark.parametrize("how", [KILL_BEFORE, KILL_AFTER])
def test_r2_killed_before_and_after_every_step(stage: Stage, how: int) -> None:
    scene, faults = stage
    at = 0
    while True:
        at += 1
        workspace = scene.copy("killed")
        faults.arm(workspace, STEPS, how, at)
        code, _ = scene.night(workspace)
        _, reached = faults.disarm()
        if not reached:
            assert code == 0
            break
        assert code == -9
        scene.must_be_whole(workspace)
        scene.must_recover(workspace)
    assert at > 40


def test_control_a_night_that_writes_in_place_is_caught(stage: Stage) -> None:
    """The check itself: a workspace whose published run lost a file is not taken for whole."""
    workspace = stage[0].copy("broken")
    (workspace / "latest" / "ranked.parquet").unlink()
    with pytest.raises(AssertionError):
        stage[0].must_be_whole(workspace)
