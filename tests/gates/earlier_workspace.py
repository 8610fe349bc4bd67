"""A workspace as an earlier version left it, packed under tests/gates/earlier/, and nights on top of it.

format-1.tar.xz: two nights (2026-11-21 and -22) of Avvik 0.1.0 at commit 2079518 on a made-up inbox: two providers, a
ledger of 20 invoices with one amount that is no number, the next evening a corrected one of 24 and an outcome that
explains s3. Groups: ONE_GROUP of crash_kit. Left out for size: the written reports, Data Docs and Prefect's files.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

from flows.cli import main
from tests.gates.crash_kit import ONE_GROUP

PACKED = Path(__file__).parent / "earlier" / "format-1.tar.xz"
FIRST, LAST, NEXT_DAY = "2026-11-21-dcb33800", "2026-11-22-fd5b3e0e", "2026-11-23"


def unpacked(folder: Path) -> Path:
    """The workspace, unpacked into `folder`, with settings and an empty inbox beside it."""
    place = folder / "workspace"
    with tarfile.open(PACKED) as packed:
        packed.extractall(place, filter="data")
    (folder / "inbox").mkdir()
    (folder / "groups.yaml").write_text(ONE_GROUP, encoding="utf-8")
    (folder / "settings.yaml").write_text("groups: groups.yaml\n", encoding="utf-8")
    return place


def night(place: Path, *more: str) -> int:
    """A night on the workspace; nothing new is delivered. Without `more` judged from the day after its last."""
    beside = place.parent
    return main(["night", "--inbox", str(beside / "inbox"), "--workspace", str(place), "--settings",
                 str(beside / "settings.yaml"), *(more or ("--as-of", NEXT_DAY))])
