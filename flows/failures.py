"""What a user is told when something goes wrong: one message and an exit code, never a cell value.

The texts of errors whose class is ours are ours: they name file, key, row and remedy, and are shown. The text of
any other error is withheld, because DuckDB, pandas and the parsers put cell values into theirs; its class and the
place in our code are shown instead.
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

from schemas.disk import disk_reason

USAGE, NOT_DONE = 2, 3
PACKAGES = ("schemas", "detectors", "reports", "flows", "data_samples")
ROOT = Path(__file__).resolve().parent.parent
# What the user typed or configured is wrong; by name, because importing the classes would cost their modules.
_USAGE = {"SettingsError", "ContractError", "InboxError", "DetectorError", "GroupsError", "UsageError", "TableError",
          "TableRefused", "ScoreError"}

OUT_OF_MEMORY = "out of memory: give the night more, or lower memory_limit in the settings so that the rest has room"


class UsageError(ValueError):
    """The command was not usable as given; the text says what to change."""


class NightFailed(RuntimeError):
    """A night that was not done; the text is ours and tells the reason and the remedy, no values."""


def is_ours(error: BaseException) -> bool:
    """Whether the error's class is defined in this product, so that its text may be shown."""
    return type(error).__module__.split(".")[0] in PACKAGES


def explain(error: BaseException) -> tuple[int, str]:
    """(exit code, message) for any error that ended a command."""
    if not is_ours(error):
        return NOT_DONE, withheld(error)
    return (USAGE if type(error).__name__ in _USAGE else NOT_DONE), str(error)


def withheld(error: BaseException) -> str:
    """Class and place of an error, the operating system's reason where it has one, and nothing of its text."""
    text = f"unexpected {type(error).__module__.split('.')[0]}.{type(error).__name__} at {place(error)}"
    reason = disk_reason(error) or (OUT_OF_MEMORY if is_short_of_memory(error) else None)
    if reason is None and isinstance(error, OSError) and error.errno is not None:
        reason = errno.errorcode.get(error.errno, "operating system error")
    if reason is None:
        return text
    named = error.filename if isinstance(error, OSError) and isinstance(error.filename, str) else None
    return f"{text} ({reason}: {named})" if named else f"{text} ({reason})"


def is_short_of_memory(error: BaseException) -> bool:
    """Python's, NumPy's, Arrow's (all MemoryError) or DuckDB's own error of that kind."""
    return isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryException"


def place(error: BaseException) -> str:
    """The innermost line of our own code that the error passed, as package/module.py:line."""
    found = "unknown place"
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
            found = f"{path.relative_to(ROOT).as_posix()}:{frame.lineno}"
    return found
