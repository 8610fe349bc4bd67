"""`avvik night`: the flow of night.py on this machine, without a Prefect server."""

from __future__ import annotations

import datetime
from pathlib import Path

from flows import clock
from flows.failures import UsageError
from flows.local_engine import local_engine, quiet_environment
from flows.screen import say
from schemas import memory, warehouse_upgrade
from schemas.settings import load_settings
from schemas.workspace import Workspace


def run_night(inbox: Path, workspace: Path, as_of: datetime.date | None, settings: Path | None) -> int:
    """Run a night, print progress and summary, return 0 or 1; every other end is an error with our text."""
    # What takes no time to find out is found out before Prefect is imported.
    wanted = load_settings(settings)
    if not inbox.is_dir():
        raise UsageError(f"{inbox}: no such folder. Name the folder that the exports are put in.")
    memory.require()
    place = Workspace(workspace)
    with place.lock():
        warehouse_upgrade.present(place, wanted)  # state and runs of a newer version are refused here
        clock.last_finish(place)
        if as_of is None:
            clock.must_not_be_behind(place)
    quiet_environment(place.root)
    from flows.night import night
    from flows.summary import show

    say(f"Avvik: natten för {inbox}")
    with local_engine():
        record = night(str(inbox), str(place.root), as_of, str(settings) if settings else None)
    show(record, place.runs / record["run_id"])
    return int(record["exit_code"])
