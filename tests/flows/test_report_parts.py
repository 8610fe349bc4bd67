"""A night whose report for one group fails: exit code 1, the group named, everything else there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.tonight import earlier_runs
from reports import write
from tests.flows.test_night import record, run


def test_a_group_that_fails_is_named_and_alone(
        inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    real = write.group_pages

    def fails(model: Any) -> str:
        if model.group.id == "sg-hvb":
            raise KeyError("191212121212")
        return real(model)

    monkeypatch.setattr(write, "group_pages", fails)
    workspace = tmp_path / "workspace"
    assert run(inbox, workspace) == 1
    told, made, folder = capsys.readouterr(), record(workspace), workspace / "latest" / "reports"
    assert made["status"] == "done_with_refusals"
    problem, = made["problems"]
    assert problem["rule"] == "part_failed" and problem["file"] == "reports/sg-hvb"
    assert problem["message"].startswith("Rapporten Hem för vård eller boende (sg-hvb) kunde inte skrivas: unexpected")
    assert "1912" not in json.dumps(made) + told.out + told.err
    assert not (folder / "sg-hvb").exists() and (folder / "sg-tvar" / "deviations.xlsx").is_file()
    assert (folder / "lagesbild" / "index.html").is_file() and (workspace / "latest" / "audit" / "index.html").is_file()


def test_a_night_knows_the_runs_before_it(inbox: Path, tmp_path: Path) -> None:
    """The chain of runs that the overview of the month before is looked for in; newest first."""
    workspace = tmp_path / "workspace"
    for day in ("2026-10-20", "2026-11-21", "2026-11-22"):
        assert run(inbox, workspace, day) == 0
    latest = (workspace / "latest").resolve()
    before = earlier_runs(workspace / "runs" / record(workspace)["previous_run"])
    assert [path.name[:10] for path in before] == ["2026-11-21", "2026-10-20"]
    assert earlier_runs(None) == [] and earlier_runs(workspace / "runs" / "2020-01-01-00000000") == []
    page = (latest / "reports" / "lagesbild" / "index.html").read_text(encoding="utf-8")
    assert "Vad som ändrats sedan 2026-10-20" in page
