"""The workspace: modes, the one lock, atomic swaps, what a killed night leaves."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from schemas import workspace as module
from schemas.workspace import KEPT_STATES, Workspace, WorkspaceBusy, WorkspaceError

RUN = "2026-11-23-0123abcd"
ROOT = Path(module.__file__).parents[1]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "ws")


def modes(tree: Path) -> set[tuple[str, int]]:
    found = set()
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            found.add(("folder" if path.is_dir() else "file", stat.S_IMODE(path.stat().st_mode)))
    return found


def test_modes_are_private_whatever_the_umask(workspace: Workspace) -> None:
    before = os.umask(0)
    try:
        with workspace.lock():
            folder = workspace.begin_run(RUN)
            (folder / "reports").mkdir(mode=0o777)
            (folder / "reports" / "index.html").write_text("x")
            (folder / "reports" / "index.html").chmod(0o666)
            (workspace.staging / "a.parquet").write_text("x")
            workspace.publish_run(folder, RUN)
        assert os.umask(0) == 0, "the umask of the caller comes back"
    finally:
        os.umask(before)
    assert modes(workspace.root) == {("folder", 0o700), ("file", 0o600)}


def test_second_holder_is_told_who_and_nothing_changes(workspace: Workspace) -> None:
    with workspace.lock():
        leftover = workspace.begin_run(RUN)
        with pytest.raises(WorkspaceBusy, match=rf"process {os.getpid()} since 20\d\d-"), workspace.lock():
            raise AssertionError("the lock was given twice")
        assert leftover.is_dir(), "the one that was turned away must not clean up"
    with workspace.lock():
        assert not leftover.exists()


def test_a_holder_that_is_just_starting_or_ending_is_waited_for(workspace: Workspace) -> None:
    workspace.prepare()
    with workspace.lock_file.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)  # has the lock, has not written its name
        naming = threading.Timer(0.2, lambda: (holder.write("4711 2026-11-22T02:00:00+01:00\n"), holder.flush()))
        naming.start()
        with pytest.raises(WorkspaceBusy, match=r"in use by process 4711 since 2026-11-22T02"), workspace.lock():
            raise AssertionError("the lock was given twice")
        naming.join()
    with workspace.lock_file.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        letting_go = threading.Timer(0.2, lambda: fcntl.flock(holder, fcntl.LOCK_UN))
        letting_go.start()
        with workspace.lock():
            assert workspace.lock_file.read_text().startswith(f"{os.getpid()} ")
        letting_go.join()


def test_a_holder_that_never_says_its_name_is_still_in_the_way(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schemas.workspace.NAMELESS_SECONDS", 0.05)
    workspace.prepare()
    with workspace.lock_file.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        with pytest.raises(WorkspaceBusy, match="in use by another process"), workspace.lock():
            raise AssertionError("the lock was given twice")


def test_lock_of_a_killed_process_is_free(workspace: Workspace) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom schemas.workspace import Workspace\n"
        "with Workspace(Path(sys.argv[1])).lock():\n    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(WorkspaceBusy, match=str(holder.pid)), workspace.lock():
            pass
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with workspace.lock():
        assert workspace.lock_file.read_text().startswith(f"{os.getpid()} ")


def test_run_is_visible_only_when_whole_and_latest_points_to_it(workspace: Workspace) -> None:
    with workspace.lock():
        assert workspace.latest_run() is None
        folder = workspace.begin_run(RUN)
        (folder / "run.json").write_text("1")
        assert [path.name for path in workspace.runs.iterdir() if not path.name.startswith(".")] == []
        published = workspace.publish_run(folder, RUN)
    assert published == workspace.runs / RUN == workspace.latest_run()
    assert os.readlink(workspace.latest) == f"runs/{RUN}"
    assert (workspace.latest / "run.json").read_text() == "1"


@pytest.mark.parametrize("exchange", [True, False])
def test_same_run_again_replaces_it(workspace: Workspace, exchange: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not exchange:
        monkeypatch.setattr(module, "_exchange", lambda one, other: False)
    with workspace.lock():
        for text in ("1", "2"):
            folder = workspace.begin_run(RUN)
            (folder / "run.json").write_text(text)
            workspace.publish_run(folder, RUN)
    assert (workspace.latest / "run.json").read_text() == "2"
    assert sorted(path.name for path in workspace.runs.iterdir()) == [RUN]


def test_killed_between_the_two_renames_the_earlier_run_comes_back(workspace: Workspace) -> None:
    with workspace.lock():
        folder = workspace.begin_run(RUN)
        (folder / "run.json").write_text("1")
        workspace.publish_run(folder, RUN)
        os.replace(workspace.runs / RUN, workspace.runs / f".{RUN}.old")
    with workspace.lock():
        assert (workspace.latest / "run.json").read_text() == "1"


def test_leftovers_of_a_killed_night_go_and_good_things_stay(workspace: Workspace) -> None:
    with workspace.lock():
        workspace.publish_run(workspace.begin_run(RUN), RUN)
        kept = [workspace.staging / "a.parquet", workspace.states / "000001.duckdb", workspace.database]
        gone = [
            workspace.building,
            workspace.root / "avvik.duckdb.building.wal",
            workspace.root / ".latest.x",
            workspace.staging / "b.parquet.partial",
            workspace.states / "000002.duckdb.partial",
            workspace.tmp / "spill",
        ]
        for path in [*kept, *gone]:
            path.write_text("x")
        gone.append(workspace.begin_run("2026-11-24-0123abcd"))
    with workspace.lock():
        assert [path for path in kept if not path.exists()] == []
        assert [path for path in gone if path.exists()] == []
        assert workspace.latest_run() == workspace.runs / RUN


@pytest.mark.parametrize("linkable", [True, False])
def test_last_seven_states_are_kept(workspace: Workspace, linkable: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not linkable:

        def refuse(*_: object) -> None:
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(module.os, "link", refuse)
    with workspace.lock():
        for number in range(10):
            workspace.building.write_text(f"state {number}")
            workspace.publish_database()
        kept = workspace.kept_states()
        assert workspace.database.read_text() == "state 9"
        assert [path.read_text() for path in kept] == [f"state {n}" for n in range(9 - KEPT_STATES, 9)]
        assert not workspace.building.exists()
    assert {mode for kind, mode in modes(workspace.states) if kind == "file"} == {0o600}


def test_failed_swap_leaves_yesterday_and_the_retry_keeps_one_copy(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workspace.lock():
        workspace.building.write_text("yesterday")
        workspace.publish_database()
        workspace.building.write_text("tonight")
        real = os.replace

        def fail(one: Path, other: Path) -> None:
            if Path(other) == workspace.database:
                raise OSError(28, "No space left on device")
            real(one, other)

        monkeypatch.setattr(module.os, "replace", fail)
        with pytest.raises(OSError, match="No space"):
            workspace.publish_database()
        assert workspace.database.read_text() == "yesterday"
        monkeypatch.setattr(module.os, "replace", real)
        workspace.publish_database()
        assert workspace.database.read_text() == "tonight"
        assert [path.read_text() for path in workspace.kept_states()] == ["yesterday"]


@pytest.mark.parametrize("run_id", ["../../etc", "2026-11-23-0123abcd/..", "", "2026-11-23-0123ABCD\n", ".."])
def test_run_ids_that_could_lead_elsewhere_are_refused(workspace: Workspace, run_id: str) -> None:
    with workspace.lock(), pytest.raises(WorkspaceError, match="no run id"):
        workspace.begin_run(run_id)


def test_unusable_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="file.*cannot be used as workspace"), Workspace(tmp_path / "file").lock():
        pass
    with pytest.raises(WorkspaceError, match=r"may not hold"), Workspace(tmp_path / "w[1]").lock():
        pass


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours catches it."""


def test_killed_at_any_rename_or_sync_a_whole_state_stands_and_the_next_night_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = {name: getattr(os, name) for name in ("replace", "fsync", "link", "symlink", "unlink")}
    left = 0

    def deadly(name: str, before: bool) -> object:
        def call(*arguments: object, **more: object) -> object:
            nonlocal left
            left -= 1
            if left == 0 and before:
                raise Killed
            result = real[name](*arguments, **more)
            if left == 0:
                raise Killed
            return result

        return call

    def publish(workspace: Workspace, text: str) -> None:
        workspace.building.write_text(text)
        folder = workspace.begin_run(RUN)
        (folder / "run.json").write_text(text)
        workspace.publish_database()
        workspace.publish_run(folder, RUN)

    points = 0
    for before in (True, False):
        for point in range(1, 100):
            workspace = Workspace(tmp_path / f"{before}-{point}")
            with workspace.lock():
                publish(workspace, "yesterday")
            killed = False
            with workspace.lock(), monkeypatch.context() as patch:
                left = point
                for name in real:
                    patch.setattr(os, name, deadly(name, before))
                try:
                    publish(workspace, "tonight")
                except Killed:
                    killed = True
            for visible in (workspace.database, workspace.latest / "run.json"):
                assert visible.read_text() in ("yesterday", "tonight"), (before, point)
            with workspace.lock():
                publish(workspace, "tonight")
            assert workspace.database.read_text() == (workspace.latest / "run.json").read_text() == "tonight"
            assert [path.name for path in workspace.runs.iterdir()] == [RUN]
            assert "yesterday" in [path.read_text() for path in workspace.kept_states()]
            if not killed:
                break
            points += 1
        else:
            raise AssertionError("the counter never ran out")
    assert points > 10
