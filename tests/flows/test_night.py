"""Whole nights, in this process, on a tiny inbox: exit codes, what is left behind, and that it is repeatable."""

from __future__ import annotations

import datetime
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.cli import main
from schemas.problems import tell
from schemas.workspace import Workspace, WorkspaceError

DAY = "2026-11-22"
PARQUET = ("findings", "evidence", "peers", "subjects", "ranked", "ledger", "reconciliation", "checks")


def run(inbox: Path, workspace: Path, day: str = DAY) -> int:
    return main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day])


def record(workspace: Path) -> dict[str, Any]:
    return json.loads((workspace / "latest" / "run.json").read_text(encoding="utf-8"))


def content(workspace: Path) -> dict[str, Any]:
    """Everything a run left, without the seconds it took and the clock."""
    folder = (workspace / "latest").resolve()
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name in ("ledger.parquet", "checks.parquet"):
            found[name] = pq.read_table(path).drop_columns(["seconds"]).to_pylist()
        elif name == "run.json":
            found[name] = {k: v for k, v in record(workspace).items() if k not in ("seconds", "finished_at", "outputs")}
        elif name == "reports/index.html":  # the analyst's page shows how long each stage took
            found[name] = re.sub(r"<h2>Sekunder per steg</h2>.*?</table>", "", path.read_text(), flags=re.DOTALL)
        elif path.is_file():
            found[name] = path.read_bytes()
    return found


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def test_a_night_leaves_what_others_read(inbox: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(inbox, workspace) == 0
    told = capsys.readouterr()
    made = record(workspace)
    assert (workspace / "latest").resolve().name == made["run_id"]
    assert made["run_id"] == f"{DAY}-{made['input_hash'][:8]}"
    assert (made["status"], made["exit_code"], made["problems"]) == ("done", 0, [])
    assert made["sources"] == made["sources"] | {"expected": 2, "delivered": 2, "read": 2, "refused": 0}
    assert made["counts"]["rows"]["received"] == made["counts"]["rows"]["loaded"] == 46
    assert made["counts"]["findings"] >= 1 and made["new_findings"] == made["counts"]["findings"]
    assert list(made["seconds"]) == ["look", "read", "build", "validate", "balance", "detect", "rank", "report"]
    for name in PARQUET:
        assert (workspace / "latest" / f"{name}.parquet").is_file(), name
    for name in ("detectors.json", "groups.json", "data_docs/index.html", "reports/lagesbild/index.html",
                 "reports/sg-tvar/index.html", "reports/sg-tvar/deviations.xlsx"):
        assert (workspace / "latest" / name).is_file(), name
    assert (workspace / "avvik.duckdb").is_file()
    assert "reports/index.html" in told.out and "läser nya filer" in told.out
    assert told.err == ""


def test_what_a_night_leaves_is_private(inbox: Path, workspace: Path) -> None:
    before = os.umask(0)
    try:
        assert run(inbox, workspace) == 0
    finally:
        os.umask(before)
    wide = [path.relative_to(workspace).as_posix() for path in workspace.rglob("*")
            if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert wide == []


def test_the_same_night_again_is_the_same_night(inbox: Path, after_a_night: Path, tmp_path: Path) -> None:
    workspace = after_a_night
    first = content(workspace)
    assert run(inbox, workspace) == 0
    assert content(workspace) == first
    assert run(inbox, tmp_path / "other") == 0
    assert content(tmp_path / "other") == first


def test_the_next_night_is_told_against_the_one_before(inbox: Path, after_a_night: Path) -> None:
    workspace = after_a_night
    first = record(workspace)
    (inbox / "providers_2026-11-22.csv").unlink()
    assert run(inbox, workspace, "2026-11-23") == 0
    second = record(workspace)
    assert second["previous_run"] == first["run_id"]
    assert (second["new_findings"], second["gone_findings"]) == (0, 0)
    assert second["sources"]["missing_names"] == ["providers"]
    states = set(pq.read_table(workspace / "latest" / "ranked.parquet")["state"].to_pylist())
    assert states == {"continuing"}


def test_a_broken_file_costs_only_itself(inbox: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (inbox / "home_care_visits_2026-11-22.csv").write_text("visit_id;provider_id\nv1;p1\n", encoding="utf-8")
    (inbox / "absences_2026-11-22.csv").write_bytes(b"")
    assert run(inbox, workspace) == 1
    made = record(workspace)
    assert (made["status"], made["exit_code"]) == ("done_with_refusals", 1)
    assert made["sources"]["refused_names"] == ["absences", "home_care_visits"]
    assert made["counts"]["rows"]["loaded"] == 46
    told = capsys.readouterr().out
    for problem in made["problems"]:
        assert problem["file"] in told and problem["message"] and problem["remedy"]
    assert {problem["file"] for problem in made["problems"]} == {
        "home_care_visits_2026-11-22.csv", "absences_2026-11-22.csv"}
    assert (workspace / "latest" / "reports" / "sg-tvar" / "index.html").is_file()
    again = content(workspace)
    assert run(inbox, workspace) == 1
    assert content(workspace) == again


def test_nothing_readable_is_not_a_night(inbox: Path, workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in inbox.iterdir():
        path.write_bytes(b"\x00\x01\x02")
    assert run(inbox, workspace) == 3
    told = capsys.readouterr().err
    assert "providers_2026-11-22.csv" in told and "supplier_payments_2026-11-22.csv" in told
    for path in inbox.iterdir():
        path.unlink()
    assert run(inbox, workspace) == 3
    assert "holds no files" in capsys.readouterr().err
    assert not (workspace / "latest").exists() and not (workspace / "avvik.duckdb").exists()


def test_a_busy_workspace_is_left_alone(
    inbox: Path, after_a_night: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = after_a_night
    before = content(workspace)
    with Workspace(workspace).lock():
        capsys.readouterr()
        assert run(inbox, workspace) == 3
    told = capsys.readouterr()
    assert "in use" in told.err and told.out == ""
    assert content(workspace) == before


def test_an_unexpected_error_changes_nothing_and_shows_no_value(
    inbox: Path, after_a_night: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = after_a_night
    before = content(workspace)
    database = (workspace / "avvik.duckdb").read_bytes()

    def broken(*_: object, **__: object) -> None:
        raise duckdb.ConversionException("Could not convert string '191212121212' to INT32")

    monkeypatch.setattr("detectors.run.run_detectors", broken)
    capsys.readouterr()
    assert run(inbox, workspace, "2026-11-23") == 3
    told = capsys.readouterr()
    assert "detect" in told.err and "ConversionException" in told.err and "untouched" in told.err
    assert "1912" not in told.err + told.out and "Traceback" not in told.err
    assert content(workspace) == before
    assert (workspace / "avvik.duckdb").read_bytes() == database


def test_reports_that_fail_do_not_end_the_night(
    inbox: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("191212121212")

    monkeypatch.setattr("reports.write_reports", broken)
    assert run(inbox, workspace) == 1
    made = record(workspace)
    assert [problem["rule"] for problem in made["problems"]] == ["part_failed"]
    assert "1912" not in json.dumps(made) and "KeyError" in made["problems"][0]["message"]


def test_the_summary_is_left_as_artifacts(inbox: Path, workspace: Path) -> None:
    from flows.local_engine import local_engine, quiet_environment

    Workspace(workspace).prepare()
    quiet_environment(workspace)
    from flows.night import night

    with local_engine() as recorder:
        made = night(str(inbox), str(workspace), datetime.date(2026, 11, 22))
    kinds = {artifact["key"]: artifact["type"] for artifact in recorder.artifacts}
    assert kinds == {"avvik-night": "markdown", "avvik-sources": "table"}
    summary = next(a["data"] for a in recorder.artifacts if a["key"] == "avvik-night")
    assert made["run_id"] in summary
    rows = json.loads(next(a["data"] for a in recorder.artifacts if a["key"] == "avvik-sources"))
    assert sum(row["laddade"] for row in rows) == 46


def test_a_share_that_hiccups_is_tried_again(
    inbox: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import steps

    tries: dict[str, int] = {}
    real = steps.read_file

    def hiccup(path: Path, *rest: Any) -> Any:
        reading = real(path, *rest)
        tries[path.name] = tries.get(path.name, 0) + 1
        if path.name.startswith("providers") and tries[path.name] == 1:
            reading.status, reading.staging = "refused", None
            reading.problems = [tell(path.name, "io_error", None, None, {"code": "EIO"})]
        return reading

    monkeypatch.setattr(steps, "read_file", hiccup)
    assert run(inbox, workspace) == 0
    assert tries == {"providers_2026-11-22.csv": 2, "supplier_payments_2026-11-22.csv": 1}


def test_a_disk_that_fails_is_not_tried_again(
    inbox: Path, workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows import steps

    tries: list[str] = []

    def full(path: Path, *_: Any) -> Any:
        tries.append(path.name)
        raise WorkspaceError(f"{workspace}: the disk is full. Mend it, then run the night again.")

    monkeypatch.setattr(steps, "read_file", full)
    assert run(inbox, workspace) == 3
    assert "the disk is full" in capsys.readouterr().err
    assert tries and len(tries) == len(set(tries))
    assert not (workspace / "latest").exists()
