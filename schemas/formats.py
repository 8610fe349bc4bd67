"""The formats of what a workspace holds, and whether this version of Avvik can read what it finds.

Both numbers are raised when an earlier version would misread, or write back without something, what a later one left.
What is older is read as it is (runs, kept states) or built anew beside it (the warehouse, schemas/migration.py); what
is newer is refused before anything is read of it or written beside it.

    warehouse  1  until 0.1.0
               2  tells the version that wrote it and the contracts its tables follow (ledger.contracts)
    run        1  until 0.1.0; no number in run.json
               2  run.json has `format`; the mappings that were laid over the contracts are kept in mappings.json
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

WAREHOUSE, OLDEST_WAREHOUSE = 2, 1
RUN, OLDEST_RUN = 2, 1
RECORD = "run.json"

# What the record of a run got after format 1, as a run without it would have said it.
_LATER: dict[str, Any] = {
    "previous_run": None, "problems": [], "notices": [], "baselines": {}, "gates": {}, "outputs": {},
    "follow_up": {"explained": 0, "snoozed": 0, "reopened": 0, "gone": 0},
    "outcomes": {"read": 0, "invalid": 0, "empty": 0},
}


class FormatError(RuntimeError):
    """Something of a version that this one cannot read; the text names both versions and what to do."""


class RecordError(ValueError):
    """The record of a run is missing or damaged; the text names file and run."""


def avvik() -> str:
    """This version of Avvik."""
    return version("avvik")


def outside(found: int, oldest: int, newest: int, writer: str | None) -> str | None:
    """Why format `found` cannot be read by this version, which reads from `oldest` to `newest`; None when it can."""
    if oldest <= found <= newest:
        return None
    mine = f"this is Avvik {avvik()}, which reads format {oldest}" + (f" to {newest}" if newest > oldest else "")
    if found > newest:
        by = f"by a newer version, Avvik {writer}" if writer else "by a newer version of Avvik"
        return f"was written {by} (format {found}); {mine}"
    by = f"by Avvik {writer}" if writer else "by an earlier version of Avvik"
    return f"was written {by} (format {found}); {mine}"


def read_record(folder: Path) -> dict[str, Any]:
    """run.json of a run, of this format or an older one, with what older ones did not say filled in.

    FormatError for a run of another version, RecordError when there is no record to read.
    """
    try:
        record = json.loads((Path(folder) / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(f"{RECORD} is missing in {folder.name}") from None
    except (OSError, ValueError):
        raise RecordError(f"{RECORD} in {folder.name} cannot be read") from None
    if not isinstance(record, dict) or type(record.get("format", 1)) is not int:
        raise RecordError(f"{RECORD} in {folder.name} is no record of a run")
    found, writer = record.get("format", 1), record.get("versions")
    said = outside(found, OLDEST_RUN, RUN, str(writer.get("avvik")) if isinstance(writer, dict) else None)
    if said is None:
        return {**_LATER, **record}
    remedy = ("Use that version or a later one. To go back to this one, take the folders of the newer runs out of "
              "runs/ and restore the warehouse from before them (docs/operations.md)." if found > RUN else
              "Run a night with a version between the two first.")
    raise FormatError(f"run {folder.name} {said}. Nothing was changed. {remedy}")
