"""Run a flow with Prefect's own engine but without a Prefect server: no process, no socket, nothing in ~.

Prefect's engine wants a server to report to. Starting its temporary one costs 10 s every night (20 s the first,
measured on two cores), opens a port and can leave a traceback at exit. The engine itself asks little: six requests
a night. `Recorder` answers those in memory, so that states, retries, task concurrency and artifacts work as they do
under a server, at the price of importing Prefect (2 s). When PREFECT_API_URL names a server, that one is used and
sees the run.

Written against prefect 3.8.8, which is pinned; tests/flows/test_local_engine.py fails when a new version asks more.
"""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flows.failures import NightFailed

# A name that can never resolve: should a request slip past the recorder, it fails instead of leaving the machine.
_NOWHERE = "http://avvik.invalid/api"
_STAMP = "2000-01-01T00:00:00Z"  # the recorder keeps no clock; the run's own seconds are in run.json


def quiet_environment(workspace: Path) -> None:
    """Set what Prefect reads at import: its home inside the workspace, no telemetry, no log lines on the screen.

    Must run before the first import of prefect. A value that the user has set stays, telemetry excepted.
    """
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY"] = "false"
    os.environ.setdefault("PREFECT_HOME", str(workspace / ".prefect"))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_TO_API_ENABLED", "false")
    if not os.environ.get("PREFECT_API_URL"):
        os.environ["PREFECT_API_URL"] = _NOWHERE
        os.environ["PREFECT_CLIENT_CSRF_SUPPORT_ENABLED"] = "false"
        os.environ["PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED"] = "false"


class Recorder:
    """The part of Prefect's API that one flow run in this process needs, in memory.

    `requests` holds (method, path) in order, `artifacts` the artifacts as they were sent: for tests and for whoever
    moves the pin.
    """

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.artifacts: list[dict[str, Any]] = []
        self._runs: dict[str, dict[str, Any]] = {}

    def __call__(self, request: Any) -> Any:
        """Answer one httpx request."""
        import httpx

        path = request.url.path.removeprefix("/api")
        self.requests.append((request.method, path))
        body = json.loads(request.content) if request.content else {}
        answer = self._answer(request.method, path, body)
        return httpx.Response(404 if answer is None else 200, json=answer or {})

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        parts = path.strip("/").split("/")
        if (method, path) == ("POST", "/flows/"):
            return _made(body)
        if (method, path) == ("POST", "/flow_runs/"):
            run = _made(body) | {"state": _state(body["state"])}
            self._runs[run["id"]] = run
            return run
        if method == "POST" and parts[0] == "flow_runs" and parts[-1] == "set_state":
            run = self._runs[parts[1]]
            run["state"] = _state(body["state"])
            return {"state": run["state"], "status": "ACCEPT", "details": {"type": "accept_details"}}
        if method == "GET" and parts[0] == "flow_runs" and len(parts) == 2:
            return self._runs[parts[1]]
        if (method, path) == ("GET", "/admin/storage"):
            return {"default_result_storage_block_id": None}
        if (method, path) == ("POST", "/artifacts/"):
            self.artifacts.append(body)
            return _made(body)
        return None


def _made(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "id": str(uuid.uuid4()), "created": _STAMP, "updated": _STAMP}


def _state(state: dict[str, Any]) -> dict[str, Any]:
    return {**state, "id": str(uuid.uuid4()), "timestamp": _STAMP}


def _ask_server(url: str) -> None:
    from prefect.client.orchestration import get_client

    client = get_client(sync_client=True)
    if client.api_healthcheck() is not None:
        raise NightFailed(
            f"the Prefect server that PREFECT_API_URL names ({url}) does not answer. "
            "Start it, or unset PREFECT_API_URL to run without a server. Nothing was changed."
        )


@contextlib.contextmanager
def local_engine() -> Iterator[Recorder]:
    """Everything Prefect does inside the block is answered by a Recorder, unless PREFECT_API_URL names a server.

    Call after quiet_environment. NightFailed when the named server does not answer.
    """
    recorder = Recorder()
    if os.environ.get("PREFECT_API_URL") != _NOWHERE:
        _ask_server(os.environ.get("PREFECT_API_URL", ""))
        yield recorder
        return
    import httpx
    from prefect.context import SyncClientContext
    from prefect.events.clients import NullEventsClient
    from prefect.events.worker import EventsWorker
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    EventsWorker.set_client_override(NullEventsClient)
    try:
        with temporary_settings(updates={PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            context = SyncClientContext(httpx_settings={"transport": httpx.MockTransport(recorder)})
            # the engine asks for a client with default settings; ours is the one to be found
            context._httpx_settings = None
            with context:
                yield recorder
    finally:
        EventsWorker.set_client_override(None)
