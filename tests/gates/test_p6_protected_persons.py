"""P6: protected persons are in no ordinary and no police edition; the restricted list alone has them."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows import police
from flows.cli import main
from reports.html import group_page
from reports.load import load_run
from reports.model import GroupModel
from schemas import protected
from schemas.case_id import case_id
from tests.gates.reading_reports import files_of, shown_of, words_of
from tests.gates.watched_town import Town


@pytest.fixture(scope="module")
def tokens(town: Town) -> dict[str, set[str]]:
    """Protected tokens by kind."""
    found: dict[str, set[str]] = {}
    for row in pq.read_table(town.run / protected.FOLDER / protected.TOKENS).to_pylist():
        found.setdefault(row["kind"], set()).add(row["token"])
    return found


@pytest.fixture(scope="module")
def ranked(town: Town) -> list[dict[str, Any]]:
    return pq.read_table(town.run / "ranked.parquet").to_pylist()


def everything(tokens: dict[str, set[str]]) -> set[str]:
    return set().union(*tokens.values())


def test_the_marks_hold_whom_the_register_marks(town: Town, tokens: dict[str, set[str]]) -> None:
    assert town.protected() <= tokens["person"]
    # the row of the register whose mark could not be read counts as marked
    assert tokens["person"] - town.protected()
    assert set(tokens) >= {"person", "household", "address", "account", "placement", "provider"}


def test_no_ordinary_edition_shows_any(town: Town, tokens: dict[str, set[str]], ranked: list[dict[str, Any]]) -> None:
    words = words_of(files_of(town.run / "reports", town.run / "audit" / "index.html", town.run / "data_docs"))
    assert shown_of(everything(tokens), words) == set()
    theirs = [row for row in ranked if row["subject_id"] in everything(tokens)]
    assert len(theirs) >= 5, "the town has too few protected subjects to try anything"
    assert {case_id(row["subject_type"], row["subject_id"]) for row in theirs} & words == set()


def test_the_restricted_list_shows_them(town: Town, tokens: dict[str, set[str]], ranked: list[dict[str, Any]]) -> None:
    folder = town.run / protected.FOLDER
    words = words_of([folder / "index.html", folder / "deviations.xlsx"])
    assert len(shown_of(tokens["person"], words)) >= 20
    for row in ranked:
        if row["subject_id"] in tokens["household"]:
            assert case_id(row["subject_type"], row["subject_id"]) in words
    assert "Skydd" in words  # the officer the settings name
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_what_rests_on_them_stays_whole(town: Town, ranked: list[dict[str, Any]]) -> None:
    """Others' findings keep amounts, points and totals; only the rows are gone, and the sentence says so."""
    run = load_run(town.run)
    raw = {(row["subject_type"], row["subject_id"]): row for row in ranked}
    for row in run.ranked:
        whole = raw[row["subject_type"], row["subject_id"]]
        assert (row["score"], row["amount_sek"], row["contributions"]) == \
            (whole["score"], whole["amount_sek"], whole["contributions"])
    findings = {row["finding_id"]: row for row in pq.read_table(town.run / "findings.parquet").to_pylist()}
    kept = pq.read_table(town.run / "evidence.parquet").to_pylist()
    said = 0
    for group in ("sg-hemtjanst", "sg-assistans", "sg-hvb", "sg-forening"):
        model = GroupModel(run, run.groups[group], "sv")
        for at, item in enumerate(model.items):
            sentences = model.sentences(at)
            unseen = [run.unseen.get(one["finding_id"], 0) for one in item.visible]
            assert sum("visas inte här" in text for text in sentences) >= sum(n > 0 for n in unseen) - sum(
                one["kind"] == "exculpating" for one in item.visible)
            said += sum(n > 0 for n in unseen)
            for one in item.visible:
                whole = findings[one["finding_id"]]
                assert (one["n_evidence"], one["amount_sek"]) == (whole["n_evidence"], whole["amount_sek"])
                rows = sum(row["finding_id"] == one["finding_id"] for row in kept) if unseen else 0
                assert run.evidence.count(one["finding_id"]) + run.unseen.get(one["finding_id"], 0) == rows
            if said > 8:
                break
    assert said > 8


def test_nobody_is_countable_by_a_gap(town: Town) -> None:
    run = load_run(town.run)
    for name in ("rank", "place"):
        places = sorted(row[name] for row in run.ranked if row.get(name) is not None)
        assert places == list(range(1, len(places) + 1))
    raw = {row["detector_id"]: row for row in pq.read_table(town.run / "ledger.parquet").to_pylist()}
    for row in run.ledger:
        shown = {subject for subject, found in run.findings.items()
                 for one in found if one["detector_id"] == row["detector_id"]}
        assert row["fired"] == len(shown) <= raw[row["detector_id"]]["fired"]


def test_no_police_edition_shows_any(town: Town, tokens: dict[str, set[str]], tmp_path: Path) -> None:
    run = load_run(town.run)
    for group in run.groups.values():
        if group.police != "none":
            police.extract("latest", group.id, "Polisen", "provning", "gate P6", [], town.workspace, tmp_path)
    files = files_of(tmp_path)
    assert len(files) >= 8
    words = words_of(files)
    assert shown_of(everything(tokens), words) == set()
    names = {row["name"] for row in pq.read_table(town.run / "subjects.parquet").to_pylist()
             if row["subject_id"] in tokens["provider"] and row["name"]}
    text = "".join(path.read_text(encoding="utf-8") for path in files if path.suffix == ".html")
    assert names and not [name for name in names if name in text]


def test_no_what_if_names_any(town: Town, tokens: dict[str, set[str]], ranked: list[dict[str, Any]],
                              tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "whatif.html"
    assert main(["replay", "latest", "--set", "IS10.tolerance_sek=99999", "--workspace", str(town.workspace),
                 "--page", str(page)]) == 0
    (tmp_path / "said.txt").write_text(capsys.readouterr().out, encoding="utf-8")
    words = words_of([page, tmp_path / "said.txt"])
    theirs = {case_id(row["subject_type"], row["subject_id"]) for row in ranked
              if row["subject_id"] in everything(tokens)}
    listed = {case_id(row["subject_type"], row["subject_id"]) for row in ranked}
    assert listed & words, "the what-if lists nobody, so it tries nothing"
    assert (theirs & words, shown_of(everything(tokens), words)) == (set(), set())


def test_control_a_run_read_without_the_marks_shows_them(
    town: Town, tokens: dict[str, set[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("reports.load.protected.read", lambda folder: protected.Protected())
    run = load_run(town.run)
    page = tmp_path / "page.html"
    page.write_text(group_page(GroupModel(run, run.groups["sg-bistand"], "sv")), encoding="utf-8")
    assert shown_of(everything(tokens), words_of([page])) != set()


def test_half_a_folder_is_never_nobody(tmp_path: Path) -> None:
    """A run that says there are protected persons but not who: no report at all."""
    folder = tmp_path / "run"
    (folder / protected.FOLDER).mkdir(parents=True)
    (folder / protected.FOLDER / protected.ABOUT).write_text(json.dumps({"known": True, "officer": ""}))
    with pytest.raises(FileNotFoundError):
        protected.read(folder)
