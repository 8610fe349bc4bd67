"""The workspace folder: where state and runs stand, who may see them, one night at a time, atomic swaps.

    <workspace>/
      .lock                      held with flock for as long as a night runs
      avvik.duckdb               the warehouse (`avvik.duckdb.building` while a night builds the next one)
      states/NNNNNN.duckdb       the last seven good warehouses before the present one
      staging/                   typed copies of every file that was read, the source of the warehouse
      runs/<run_id>/             what a run leaves (`runs/.<run_id>.tmp` until it is whole)
      latest -> runs/<run_id>
      tmp/                       DuckDB's spill files

Nothing is changed in place: a new file or folder is written beside the old one, synced to disk and swapped in by
one rename. A night that is killed leaves the earlier state as it was; its remains go when the next night starts.
Files are 0600 and folders 0700 whatever the umask, because the rows are personal data.
"""

from __future__ import annotations

import contextlib
import ctypes
import datetime
import errno
import fcntl
import filecmp
import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700
KEPT_STATES = 7
NAMELESS_SECONDS = 2.0
_RUN_ID = re.compile(r"\d{4}-\d{2}-\d{2}-[0-9a-f]{8}\Z")
_STATE = re.compile(r"(\d{6,})\.duckdb\Z")
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


class WorkspaceError(OSError):
    """The workspace cannot be used; the text names the path and what to do about it."""


class WorkspaceBusy(WorkspaceError):
    """Another process holds the workspace; the text names its pid and when it started."""


@dataclass(frozen=True)
class Workspace:
    """Paths and moves inside one workspace folder. Only `lock`, `begin_run` and the publishing moves write."""

    root: Path

    def __post_init__(self) -> None:
        # absolute, because DuckDB compares the folders it may touch as text
        object.__setattr__(self, "root", Path(self.root).expanduser().resolve())

    @property
    def database(self) -> Path:
        return self.root / "avvik.duckdb"

    @property
    def building(self) -> Path:
        return self.root / "avvik.duckdb.building"

    @property
    def staging(self) -> Path:
        return self.root / "staging"

    @property
    def states(self) -> Path:
        return self.root / "states"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def tmp(self) -> Path:
        return self.root / "tmp"

    @property
    def latest(self) -> Path:
        return self.root / "latest"

    @property
    def lock_file(self) -> Path:
        return self.root / ".lock"

    def prepare(self) -> None:
        """Make the folders, 0700. WorkspaceError when the place is not a folder we may write to."""
        if set(str(self.root)) & set("*?["):  # DuckDB would take them for patterns of file names
            raise WorkspaceError(f"{self.root}: a workspace path may not hold * ? or [. Choose another folder.")
        try:
            for folder in (self.root, self.staging, self.states, self.runs, self.tmp):
                folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                folder.chmod(FOLDER_MODE)
        except OSError as error:
            raise WorkspaceError(
                f"{self.root}: cannot be used as workspace ({error.strerror}). Choose a folder that this user owns."
            ) from None

    @contextlib.contextmanager
    def lock(self) -> Iterator[Workspace]:
        """Hold the workspace; WorkspaceBusy at once when another process (or thread) does.

        The lock is the kernel's (flock): it goes with its process however that ends, so a file left behind by a
        killed night is never in the way. While it is held the umask is 077, so that files of every library are
        private from their first byte. The remains of a killed night are cleared before the body runs.
        """
        self.prepare()
        handle = os.open(self.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, FILE_MODE)
        try:
            self._take(handle)
            os.fchmod(handle, FILE_MODE)
            started = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()} {started}\n".encode(), 0)
            before = os.umask(0o077)
            try:
                self.clear_leftovers()
                yield self
            finally:
                os.umask(before)
                os.ftruncate(handle, 0)
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        """The kernel's lock on `handle`, or WorkspaceBusy that names who holds it.

        A holder writes its name just after it has the lock and wipes it just before it lets go. Whoever meets a lock
        without a name has come in between: it looks again, and may then find the place free.
        """
        patience = time.monotonic() + NAMELESS_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                words = os.pread(handle, 200, 0).decode(errors="replace").split()
                if len(words) == 2 or time.monotonic() > patience:
                    who = f"process {words[0]} since {words[1]}" if len(words) == 2 else "another process"
                    raise WorkspaceBusy(
                        f"{self.root}: in use by {who}. Nothing was changed. Wait until it has ended, then run again."
                    ) from None
            except OSError as error:
                raise WorkspaceError(
                    f"{self.lock_file}: cannot be locked ({error.strerror}). Put the workspace on a local disk."
                ) from None
            time.sleep(0.01)

    def clear_leftovers(self) -> None:
        """Remove what a killed night left half done. Call under the lock only."""
        for path in self.root.glob("avvik.duckdb.building*"):
            _remove(path)
        for path in self.root.glob(".latest.*"):
            _remove(path)
        for path in self.runs.glob(".*.old"):
            whole = self.runs / path.name[1 : -len(".old")]
            if whole.exists():
                _remove(path)
            else:  # killed between the two renames of publish_run: the earlier run comes back
                os.replace(path, whole)
        for path in self.runs.glob(".*.tmp"):
            _remove(path)
        for folder in (self.staging, self.states):
            for path in folder.iterdir():
                if path.name.endswith((".partial", ".tmp")) or path.name.startswith("."):
                    _remove(path)
        for path in self.tmp.iterdir():
            _remove(path)

    def begin_run(self, run_id: str) -> Path:
        """An empty folder for the run `run_id` that nobody sees until publish_run."""
        folder = self.runs / f".{_checked(run_id)}.tmp"
        _remove(folder)
        folder.mkdir(mode=FOLDER_MODE)
        folder.chmod(FOLDER_MODE)
        return folder

    def publish_run(self, folder: Path, run_id: str) -> Path:
        """Make the whole run folder `runs/<run_id>`, then swap `latest` to it. A run of that id is replaced."""
        target = self.runs / _checked(run_id)
        seal(folder)
        sync_tree(folder)
        if target.exists():
            aside = folder
            if not _exchange(folder, target):
                aside = self.runs / f".{run_id}.old"
                _remove(aside)
                os.replace(target, aside)
                os.replace(folder, target)
            sync_folder(self.runs)
            _remove(aside)
        else:
            os.replace(folder, target)
            sync_folder(self.runs)
        link = self.root / f".latest.{run_id}"
        _remove(link)
        link.symlink_to(Path("runs") / run_id)
        os.replace(link, self.latest)
        sync_folder(self.root)
        return target

    def latest_run(self) -> Path | None:
        """The folder that `latest` points to; None before the first night."""
        try:
            run_id = Path(os.readlink(self.latest)).name
        except FileNotFoundError:
            return None
        folder = self.runs / _checked(run_id)
        return folder if folder.is_dir() else None

    def publish_database(self) -> None:
        """Swap the finished building file in; the warehouse before it is kept under states/.

        The file must be closed. Until the last rename the earlier warehouse stands untouched.
        """
        self.building.chmod(FILE_MODE)
        sync_file(self.building)
        if self.database.exists():
            self._keep_state()
        os.replace(self.building, self.database)
        sync_folder(self.root)

    def kept_states(self) -> list[Path]:
        """The earlier warehouses that are kept, oldest first; none in a workspace restored without them."""
        if not self.states.is_dir():
            return []
        found = [(int(hit[1]), path) for path in self.states.iterdir() if (hit := _STATE.match(path.name))]
        return [path for _, path in sorted(found)]

    def _keep_state(self) -> None:
        kept = self.kept_states()
        # a night killed after this step has kept the present file already
        if not (kept and _same_content(kept[-1], self.database)):
            number = int(_STATE.match(kept[-1].name)[1]) + 1 if kept else 1  # type: ignore[index]
            state = self.states / f"{number:06d}.duckdb"
            try:
                os.link(self.database, state)
            except OSError as error:
                if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.EXDEV, errno.EMLINK, errno.ENOSYS):
                    raise
                partial = state.with_name(state.name + ".partial")
                shutil.copyfile(self.database, partial)
                partial.chmod(FILE_MODE)
                sync_file(partial)
                os.replace(partial, state)
            sync_folder(self.states)
            kept.append(state)
        for path in kept[:-KEPT_STATES]:
            path.unlink()


def seal(tree: Path) -> None:
    """Give every file under `tree` 0600 and every folder 0700; symbolic links are left alone."""
    for folder, _, names in os.walk(tree):
        os.chmod(folder, FOLDER_MODE)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(FILE_MODE)


def sync_file(path: Path) -> None:
    """Wait until the file's bytes are on disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Wait until the folder's entries (renames, new names) are on disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(tree: Path) -> None:
    """Wait until every file and folder under `tree` is on disk."""
    for folder, _, names in os.walk(tree):
        for name in sorted(names):
            path = Path(folder, name)
            if not path.is_symlink():
                sync_file(path)
        sync_folder(Path(folder))


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step (Linux renameat2); False where the system or file system cannot."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    return call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0


def _same_content(one: Path, other: Path) -> bool:
    return one.samefile(other) or filecmp.cmp(one, other, shallow=False)


def _remove(path: Path) -> None:
    """Remove a file, link or folder; a path that is not there is fine."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _checked(run_id: str) -> str:
    """`run_id` when it has the form <date>-<8 hex>; anything else could lead out of the folder."""
    if not _RUN_ID.match(run_id):
        raise WorkspaceError(f"{run_id!r} is no run id; a run id looks like 2026-11-23-0123abcd")
    return run_id
