"""What a failed write says about the disk, in our words.

DuckDB tells of a full or failing disk in the text of its errors only, and that text may repeat cell values; so the
operating system's own phrases are looked for in it and nothing of it is shown.
"""

from __future__ import annotations

import errno
import os

REASONS = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up", errno.EIO: "the disk fails",
           errno.EROFS: "the disk is read-only", errno.EACCES: "no permission on the disk",
           errno.EPERM: "no permission on the disk"}

# whoever is told one of these was writing; the others can be the share that a source is read from
READING_NEVER_SAYS = frozenset(REASONS[number] for number in (errno.ENOSPC, errno.EDQUOT, errno.EROFS))
# errors that quote cells: one who writes "No space left on device" into a cell must not end the night
ABOUT_ROWS = {"DataError", "ProgrammingError", "IntegrityError", "ValueError", "TypeError"}


def disk_reason(error: BaseException | None) -> str | None:
    """Why the disk refused, where the error or one it followed from says so; else None."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and error.errno in REASONS:
            return REASONS[error.errno]
        kinds = {kind.__name__ for kind in type(error).__mro__}
        if type(error).__module__.split(".")[0] in ("duckdb", "_duckdb", "pyarrow") and not kinds & ABOUT_ROWS:
            text = str(error)
            for number, reason in REASONS.items():
                if os.strerror(number) in text:
                    return reason
        error = error.__cause__ or error.__context__
    return None
