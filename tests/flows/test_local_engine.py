"""Prefect's engine without a server: what it asks for, and that it stays inside the process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flows.local_engine import Recorder

ROOT = Path(__file__).resolve().parents[2]

# A flow with everything the night uses: tasks, threads, a retry, both artifacts. Every attempt to open a socket to
# somewhere ends the process with code 9.
SCRIPT = """
import os, socket, sys
from pathlib import Path
def stop(*_):
    os._exit(9)
socket.socket.connect = socket.socket.connect_ex = stop
from flows.local_engine import local_engine, quiet_environment
quiet_environment(Path(sys.argv[1]))
from prefect import flow, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
tries = []
@task(retries=2, retry_delay_seconds=0, persist_result=False, cache_policy=NO_CACHE)
def shaky(number):
    tries.append(number)
    if tries.count(number) < 3:
        raise OSError
    return number
@flow(persist_result=False)
def river():
    found = [future.result() for future in [shaky.submit(number) for number in (1, 2)]]
    create_markdown_artifact("text", key="one")
    create_table_artifact([{"a": 1}], key="two")
    return sum(found)
with local_engine() as recorder:
    assert river() == 3
assert sorted(tries) == [1, 1, 1, 2, 2, 2], tries
assert [a["key"] for a in recorder.artifacts] == ["one", "two"]
print(sorted({method + " " + path.split("/")[1] for method, path in recorder.requests}))
"""


def test_the_engine_runs_in_the_process_and_asks_only_what_the_recorder_answers(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    environment = {**os.environ, "HOME": str(home)}
    for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_LOGGING_LEVEL"):
        environment.pop(name, None)
    outcome = subprocess.run([sys.executable, "-c", SCRIPT, str(workspace)], cwd=ROOT, env=environment,
                             capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    asked = ["GET admin", "GET flow_runs", "POST artifacts", "POST flow_runs", "POST flows"]
    assert outcome.stdout.strip() == str(asked)
    assert outcome.stderr == ""
    assert list(home.iterdir()) == []


def test_a_named_server_that_does_not_answer_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    command = [sys.executable, "-m", "flows.cli", "night", "--inbox", str(tmp_path / "inbox"), "--workspace",
               str(tmp_path / "workspace")]
    environment = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:9/api"}
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 3
    assert "PREFECT_API_URL" in outcome.stderr and "Traceback" not in outcome.stderr


def test_what_the_recorder_does_not_know_is_not_found() -> None:
    import httpx

    answer = Recorder()(httpx.Request("GET", "http://avvik.invalid/api/work_pools/"))
    assert answer.status_code == 404
