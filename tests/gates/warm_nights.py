"""Whole nights in processes forked from one that has imported everything: a second instead of seven.

Run as a program; `Nights` in crash_kit.py talks to it. Each line on stdin is a job as JSON, each line on stdout its
answer: {"code": exit code, or minus the signal}. A job's night is a process group of its own, so that a kill takes
its reading children along.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path


def serve() -> None:
    from flows.local_engine import quiet_environment
    from schemas.settings import load_settings

    quiet_environment(Path(os.environ["AVVIK_WARM_HOME"]))
    for name in ("prefect.flow_engine", "prefect.task_engine", "prefect.artifacts", "prefect.utilities.visualization",
                 "prefect.concurrency.v1.context", "sklearn.ensemble", "pyarrow.dataset", "fastapi",
                 "multiprocessing.popen_forkserver", "schemas.quality_gx", "detectors.listing",
                 "detectors.isolation_forest", "detectors.peer_findings", "reports.write", "flows.night",
                 "flows.local_night", "flows.summary"):
        importlib.import_module(name)
    from detectors import run
    from flows.cli import main
    from reports import page, words
    from schemas.source_mapping import contracts_for

    words.translations("sv")
    templates = page._environment("sv")
    for name in templates.list_templates():
        templates.get_template(name)

    # One catalogue for all nights: parsing it takes a second and touches no file of the workspace.
    catalogue = run.catalogue_for(contracts_for(load_settings(None)))
    run.catalogue_for = lambda contracts, strict=False: catalogue
    answers = os.fdopen(os.dup(1), "w")
    print(json.dumps({"threads": threading.active_count()}), file=answers, flush=True)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.umask(job.get("umask", 0o077))
            told = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            os.dup2(told, 1)
            os.dup2(told, 2)
            code = 70
            try:
                code = main(job["arguments"])
            finally:
                os._exit(code)
        with contextlib.suppress(OSError):  # whoever of us two comes first
            os.setpgid(child, child)
        killer = threading.Timer(job["kill_after"], _kill, [child]) if job.get("kill_after") is not None else None
        if killer:
            killer.start()
        _, status = os.waitpid(child, 0)
        if killer:  # gone before the next fork: a process with threads must not be forked from
            killer.cancel()
            killer.join()
        _kill(child)  # what the night left running: its reading children
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), file=answers, flush=True)


def _kill(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    serve()
    os._exit(0)  # nothing to put in order; under load the interpreter's own end takes longer than the tests wait
