"""R4: one night with every kind of broken file: each is refused or its rows set apart, and the rest is read."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.cli import main
from tests.flows.conftest import PROVIDERS
from tests.gates.hostile import CANARY, Hostile, hostile_files

DAY = "2026-11-22"
SEEDS = range(1, 11)


def name_of(file: Hostile) -> str:
    return f"supplier_payments_{file.kind}{file.suffix}"


def night_on(folder: Path, files: list[Hostile]) -> tuple[int, Path]:
    """A night on all files, two good ones and what is no file at all; its exit code and workspace."""
    inbox, workspace = folder / "inbox", folder / "workspace"
    inbox.mkdir()
    (inbox / "providers_1.csv").write_text(PROVIDERS, encoding="utf-8")
    for file in files:
        (inbox / name_of(file)).write_bytes(file.content)
    (inbox / "home_care_invoices_link.csv").symlink_to(inbox / "providers_1.csv")
    os.mkfifo(inbox / "hvb_invoices_pipe.csv")
    (inbox / "absences_folder.csv").mkdir()
    (inbox / "providers_1_kopia.csv").write_text(PROVIDERS, encoding="utf-8")  # the same file twice
    (inbox / "something_else.csv").write_text(f"a;b\n1;{CANARY}\n", encoding="utf-8")
    return main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", DAY]), workspace


def must_be_as_specified(code: int, workspace: Path, files: list[Hostile], said: str) -> None:
    run = workspace / "latest"
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert code == record["exit_code"] == 1
    problems: dict[str, list[dict[str, Any]]] = {}
    for problem in record["problems"] + record["notices"]:
        problems.setdefault(problem["file"], []).append(problem)
        assert problem["message"] and problem["remedy"] and problem["message_en"] and problem["remedy_en"]
    with duckdb.connect(str(workspace / "avvik.duckdb"), read_only=True) as connection:
        counted = dict(connection.execute("SELECT file_name, rows_loaded FROM ledger.files").fetchall())
        apart = connection.execute("SELECT file, line, rule FROM quarantine.supplier_payments").fetchall()
    for file in files:
        told = problems.get(name_of(file), [])
        if file.refused:
            assert [p["rule"] for p in told] == [file.refused], (file.kind, told)
            assert not counted.get(name_of(file)), file.kind
            continue
        set_apart = {(line, rule) for name, line, rule in apart if name == name_of(file)}
        assert set_apart == set(file.rows), (file.kind, set_apart)
        assert counted[name_of(file)] == file.loaded, (file.kind, told)
        for line, rule in file.rows:
            assert any(p["rule"] == rule and p["row"] == line for p in told), (file.kind, told)
    for name, rule in (("home_care_invoices_link.csv", "not_a_file"), ("hvb_invoices_pipe.csv", "not_a_file"),
                       ("absences_folder.csv", "not_a_file"), ("something_else.csv", "unknown_dataset")):
        assert [p["rule"] for p in problems[name]] == [rule], problems[name]
    assert "Traceback" not in said
    for text in [said, *(path.read_text(encoding="utf-8") for path in run.rglob("*.json"))]:
        assert CANARY not in text
    index = (run / "reports" / "index.html").read_text(encoding="utf-8")
    assert f"{record['sources']['read']} av {record['sources']['expected']}" in index


def test_r4_every_kind_in_one_night(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = hostile_files(seed=1)
    assert len({file.kind for file in files}) == len(files) >= 30
    code, workspace = night_on(tmp_path, files)
    captured = capfd.readouterr()
    must_be_as_specified(code, workspace, files, captured.out + captured.err)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_r4_other_seeds(seed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    files = hostile_files(seed)
    code, workspace = night_on(tmp_path, files)
    captured = capfd.readouterr()
    must_be_as_specified(code, workspace, files, captured.out + captured.err)
