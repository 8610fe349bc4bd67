"""The wall clock, read here and nowhere else in a night, and what a night does when it goes wrong.

Results never depend on the clock: the day that is judged from is fixed in a night's first line, stages are timed by a
clock that only goes forward. What is left is the day itself when nobody named one, and the order of two runs of one
day. A clock set back is noticed because the workspace remembers when its newest run was finished.
"""

from __future__ import annotations

import contextlib
import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flows.failures import NightFailed
from schemas import formats
from schemas.workspace import Workspace

SWEDISH_TIME = ZoneInfo("Europe/Stockholm")


def now() -> datetime.datetime:
    """The wall clock's time in Sweden, to the second."""
    return datetime.datetime.now(SWEDISH_TIME).replace(microsecond=0)


def finished(record: dict[str, Any]) -> datetime.datetime:
    """When a run was finished. Compared as a point in time: in the hour that comes twice the text would mislead."""
    try:
        moment = datetime.datetime.fromisoformat(str(record["finished_at"]))
    except (KeyError, ValueError):
        moment = datetime.datetime.min
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def last_finish(workspace: Workspace) -> tuple[datetime.datetime, str] | None:
    """When the run that was published last was finished, and its id; None without one."""
    folder = workspace.latest_run()
    if folder is None:
        return None
    with contextlib.suppress(formats.RecordError):  # a damaged one tells no time; whoever needs it will say so
        return finished(formats.read_record(folder)), folder.name
    return None


def must_not_be_behind(workspace: Workspace) -> None:
    """NightFailed when today lies before the day the newest run was finished: then nobody knows what day it is."""
    last, today = last_finish(workspace), now().date()
    if last is not None and today < last[0].astimezone(SWEDISH_TIME).date():
        raise NightFailed(
            f"the clock of this machine says {today}, but run {last[1]} was finished {last[0].isoformat()}. "
            "Set the clock, or name the day with --as-of. If it was that run's clock that was wrong, move its folder "
            "out of runs/. Nothing was changed.")


def finish_time(workspace: Workspace, started: datetime.datetime) -> tuple[datetime.datetime, bool]:
    """The time a run is finished, and whether the clock went back: never before its start or the run before it.

    So the times of finished runs stand in the order in which they were published, whatever the clock did.
    """
    last, moment = last_finish(workspace), now()
    least = started if last is None else max(started, last[0] + datetime.timedelta(seconds=1))
    return max(moment, least).astimezone(SWEDISH_TIME), moment < started or (last is not None and moment < last[0])
