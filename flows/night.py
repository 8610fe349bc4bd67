"""One night, from the inbox to the reports. Read it as a table of contents; the steps are in steps.py.

Runs under a Prefect server by the schedule of prefect.yaml, and without any server by `avvik night`.
"""

from __future__ import annotations

import datetime
from typing import Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows import steps
from flows.tonight import opened


@flow(name="night", task_runner=ThreadPoolTaskRunner(max_workers=steps.READERS_AT_ONCE), persist_result=False)
def night(
    inbox: str, workspace: str, as_of: datetime.date | None = None, settings: str | None = None
) -> dict[str, Any]:
    """Run a night and return the content of its run.json.

    inbox, workspace: folders. as_of: the day to judge from, default today in Sweden. settings: a YAML file.
    Raises an error with our own text when the night could not be done; earlier state is then untouched.
    """
    with opened(inbox, workspace, as_of, settings) as tonight:
        found = steps.look(tonight)
        readings = steps.read(tonight, found)
        run_dir = steps.build(tonight, found, readings)
        checks = steps.validate(tonight, run_dir)
        steps.balance(tonight, run_dir, checks)
        detection = steps.detect(tonight, run_dir)
        ranked = steps.rank(tonight, run_dir, detection)
        record = steps.report(tonight, run_dir, found, checks, detection, ranked)
        return steps.publish(tonight, run_dir, record)
