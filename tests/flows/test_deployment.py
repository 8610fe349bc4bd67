"""prefect.yaml deploys the same flow that `avvik night` runs."""

from __future__ import annotations

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def flow_parameters(entrypoint: str) -> list[str]:
    path, name = entrypoint.split(":")
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    return [argument.arg for argument in function.args.args]


def test_the_deployment_runs_the_night_on_a_nightly_cron_one_at_a_time() -> None:
    (nightly,) = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert set(nightly["parameters"]) <= set(flow_parameters(nightly["entrypoint"]))
    assert [(s["cron"], s["timezone"], s["active"]) for s in nightly["schedules"]] == [
        ("30 3 * * *", "Europe/Stockholm", True)]
    assert nightly["concurrency_limit"] == 1


def test_the_pinned_prefect_is_the_deployed_one() -> None:
    pinned = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["prefect-version"]
    assert f"prefect=={pinned} " in (ROOT / "requirements.lock").read_text(encoding="utf-8")
