"""S4: names of files, subjects, groups, datasets and runs that try to lead out of the workspace: 0 writes outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.cli import main
from schemas.contract import ContractError, load_contract, match_dataset
from schemas.groups import GroupsError, load_groups
from tests.gates.hostile_words_night import FAR, PATHS, WordsNight, files_below
from tests.schemas.reading_kit import VISITS, document

KNOWN = {"avvik.duckdb", "states", "staging", "runs", "latest", "tmp", ".lock", ".prefect"}
RUN_FILES = {"run.json", "detectors.json", "groups.json", "mappings.json", "settings.json", "reports", "data_docs",
             "audit", "quarantine", "restricted"}


def outside(night: WordsNight) -> set[str]:
    inside = night.workspace.relative_to(night.around).as_posix()
    return {name for name in files_below(night.around) - night.before
            if name != inside and not name.startswith(inside + "/")}


def test_s4_a_night_writes_in_its_workspace_only(words_night: WordsNight) -> None:
    assert words_night.code in (0, 1)
    assert outside(words_night) == set()
    assert not list(FAR.parent.glob(f"{FAR.name}*"))


def test_s4_no_name_of_a_source_becomes_a_file_name(words_night: WordsNight) -> None:
    """Folders and files of the workspace and its run are those that we named."""
    names = {path.name for path in words_night.workspace.iterdir()}
    assert names <= KNOWN, names - KNOWN
    run = (words_night.workspace / "latest").resolve()
    assert run.parent == words_night.workspace / "runs"
    for path in run.iterdir():
        assert path.name in RUN_FILES or path.suffix == ".parquet", path.name
    for path in words_night.workspace.rglob("*"):
        assert not any(word in path.name for word in ("escaped", "DROP", "touch", "..", "\\", "%", "'")), path.name


@pytest.mark.parametrize("name", PATHS)
def test_s4_groups(name: str, tmp_path: Path) -> None:
    if name == "con":  # a plain word, and a good id
        return
    path = tmp_path / "groups.yaml"
    group: dict[str, Any] = {"title": {"sv": "a", "en": "a"}, "domains": ["home_care"], "ledger_services": ["all"],
                             "subject_types": ["provider"], "persons_visible": False, "police": "none",
                             "contact": "a", "meeting_dates": []}
    path.write_text(yaml.safe_dump({"good-one": group}), encoding="utf-8")
    assert list(load_groups(path)) == ["good-one"]
    path.write_text(yaml.safe_dump({name: group}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(GroupsError):
        load_groups(path)


@pytest.mark.parametrize("name", PATHS)
def test_s4_datasets(name: str, tmp_path: Path) -> None:
    path = tmp_path / "trial.odcs.yaml"
    path.write_text(yaml.safe_dump(document(VISITS, dataset=name), allow_unicode=True), encoding="utf-8")
    if name == "con":
        assert load_contract(path).dataset == "con"
        return
    with pytest.raises(ContractError):
        load_contract(path)
    assert match_dataset(name, ["visits", "providers"]) is None


@pytest.mark.parametrize("command", [["open", "--run"], ["replay", "--set", "LP01.x=1"], ["rebuild"],
                                     ["police", "--group", "sg-tvar", "--recipient", "Polisen", "--basis", "grund",
                                      "--by", "namn"]], ids=lambda command: command[0])
def test_s4_runs(command: list[str], words_night: WordsNight, capsys: pytest.CaptureFixture[str]) -> None:
    """A run is named by its id; what leads elsewhere is no run, even where a run lies there."""
    run = (words_night.workspace / "latest").resolve().name
    before = files_below(words_night.around)
    elsewhere = (f"../runs/{run}", f"{run}/../../runs/{run}", f"./{run}", str(words_night.workspace / "runs" / run))
    for name in (*PATHS, *elsewhere):
        if name.startswith("-"):
            continue
        assert main([*command, name, "--workspace", str(words_night.workspace)]) == 2, (command, name)
    assert "Traceback" not in capsys.readouterr().err
    assert files_below(words_night.around) == before


def test_s4_control_a_naive_join_is_seen(words_night: WordsNight) -> None:
    """A file written as a careless program would, below the run by the subject's name, is found by `outside`."""
    run = (words_night.workspace / "latest").resolve()
    target = Path(f"{run}/reports/../../../../escaped.html")
    target.write_text("x")
    try:
        assert outside(words_night) == {target.resolve().relative_to(words_night.around).as_posix()}
    finally:
        target.unlink()
