"""P7: the police edition shares no token, id, key, case id or file name with the municipal one; extracts are logged."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import xlsxwriter

from flows import police
from flows.cli import main
from flows.failures import UsageError
from reports import page
from reports.load import load_run
from reports.police import COLUMNS, LEVELS
from schemas import protected
from schemas.case_id import case_id
from schemas.contract import load_contracts
from schemas.workspace import Workspace
from tests.gates.reading_reports import files_of, shown_of, text_of, words_of
from tests.gates.watched_town import Town

GROUPS = ("sg-hemtjanst", "sg-assistans", "sg-hvb", "sg-forening", "sg-tvar")
Make = Callable[..., Path]


@pytest.fixture
def make(town: Town, tmp_path: Path) -> Make:
    """Makes extracts from a copy of the town's run, with a log of its own; gives the extract's folder."""
    place = tmp_path / "workspace"
    (place / "runs").mkdir(parents=True)
    shutil.copytree(town.run, place / "runs" / town.run.name)
    (place / "latest").symlink_to(Path("runs") / town.run.name)

    def extract(group: str = "sg-hemtjanst", recipient: str = "Polisen, område Mitt", basis: str = "2025:170, 6 §",
                by: str = "Kommunjurist", cases: tuple[str, ...] = ()) -> Path:
        before = set((place / "police" / "extracts").glob("U*")) if (place / "police").is_dir() else set()
        assert police.extract("latest", group, recipient, basis, by, cases, place, None) == 0
        return (set((place / "police" / "extracts").glob("U*")) - before).pop()

    return extract


@pytest.fixture(scope="module")
def identifiers(town: Town) -> set[str]:
    """Everything in the run that stands for something inside the municipality."""
    contracts = load_contracts()
    found: set[str] = {town.run.name, town.run.name[11:]}
    for row in pq.read_table(town.run / "evidence.parquet").to_pylist():
        columns = contracts[row["dataset"]]
        values = json.loads(row["values"])
        found |= {str(value) for name, value in values.items() if value and (
            name.endswith(("_token", "_id")) or name in columns.key or name == "invoice_no")
            and columns.column(name).logical_type == "string" and not columns.column(name).allowed_values}
        found |= {row["key"], row["file"], row["file"].split(".")[0]}
    for name in ("findings", "ranked", "cases"):
        for row in pq.read_table(town.run / f"{name}.parquet").to_pylist():
            found |= {row["subject_id"], case_id(row["subject_type"], row["subject_id"])}
            found |= {str(row.get("finding_id") or row["subject_id"]), str(row.get("link_group") or row["subject_id"])}
    record = json.loads((town.run / "run.json").read_text(encoding="utf-8"))
    found |= {record[name] for name in ("code_hash", "settings_hash", "contracts_hash", "input_hash")}
    return {one for one in found if len(one) >= 4}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The words of every workbook and every page there is: colours, styles, formats, the hash of the style."""
    path = tmp_path_factory.mktemp("plain") / "empty.xlsx"
    book = xlsxwriter.Workbook(path)
    for _ in range(4):
        book.add_worksheet().freeze_panes(1, 0)
    book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    book.close()
    return words_of([path]) | set(re.findall(r"\w+", page.policy(page.static("report.css"), None)))


@pytest.mark.parametrize("group", GROUPS)
def test_no_token_is_shared(town: Town, make: Make, identifiers: set[str], plain: set[str], group: str) -> None:
    mine = files_of(make(group))
    words = words_of(mine)
    assert len(words) > 100
    assert shown_of(identifiers, words) == set()
    text = "".join(text_of(path) for path in mine)
    assert not [one for one in identifiers if not one.isalnum() and len(one) > 8 and one in text]
    # whatever else looks like an identifier and stands in both editions: dates, amounts and codes of rules at most
    theirs = words_of(files_of(town.run / "reports" / group))
    odd = {word for word in words & theirs if re.search(r"\d", word) and re.search(r"[A-Za-z_]", word)
           and len(word) >= 6}
    assert odd - plain - words_of(files_of(town.run / "reports" / "lagesbild")) == set()


def test_control_the_municipal_edition_holds_such_tokens(town: Town, identifiers: set[str]) -> None:
    assert len(shown_of(identifiers, words_of(files_of(town.run / "reports" / "sg-hemtjanst")))) > 100


@pytest.mark.parametrize("group", GROUPS)
def test_only_companies_and_associations_and_nothing_of_individuals(town: Town, make: Make, group: str) -> None:
    from openpyxl import load_workbook

    run, folder = load_run(town.run), make(group)
    line = police.read_log(Workspace(folder.parents[2]))[-1]
    types = LEVELS[run.groups[group].police]
    known = {case_id(*subject): subject for subject in run.findings}
    for case in line["cases"]:
        kind, subject_id = known[case]
        assert kind in types
        facts = run.subjects.get((kind, subject_id), {}).get("facts", {})
        assert kind == "association" or facts["org_form"] in ("ab", "hb", "ideell", "kommunal")
    book = load_workbook(folder / "extract.xlsx")
    datasets = {row[2] for row in book.worksheets[2].iter_rows(min_row=2, values_only=True)}
    texts = json.loads(json.dumps(run.meta.get("language")))
    from reports import words

    allowed = {words.texts(texts)["datasets"].get(name, name) for name in COLUMNS}
    assert datasets <= allowed
    assert "home_care_visits" not in COLUMNS and not any("client" in name or "member" in name or "staff" in name
                                                         for plain, coded in COLUMNS.values()
                                                         for name in (*plain, *coded))


def test_the_same_recipient_gets_the_same_codes_and_another_none_of_them(make: Make) -> None:
    def codes(folder: Path) -> set[str]:
        return set(re.findall(r"\b[OKAPFL]-[0-9a-f]{12}\b", text_of(folder / "index.html")))

    first, again = codes(make("sg-tvar")), codes(make("sg-tvar", recipient=" POLISEN,  område mitt "))
    assert len(first) > 10 and first == again
    assert codes(make("sg-tvar", recipient="Ekobrottsmyndigheten")) & first == set()


def test_every_extract_is_logged(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    folder = make(basis="Lag 2025:170, beslut 17", by="Åsa Jurist")
    make("sg-tvar")
    place = folder.parents[2]
    lines = police.read_log(Workspace(place))
    assert len(lines) == 2
    line = lines[0]
    assert {name: line[name] for name in ("extract", "basis", "by", "group", "recipient")} == {
        "extract": folder.name, "basis": "Lag 2025:170, beslut 17", "by": "Åsa Jurist", "group": "sg-hemtjanst",
        "recipient": "Polisen, område Mitt"}
    assert line["run"] == (place / "latest").resolve().name and line["subjects"] == len(line["cases"]) > 3
    assert line["files"] == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files_of(folder)}
    assert main(["police", "--log", "--workspace", str(place)]) == 0
    told = capsys.readouterr().out
    assert "Lag 2025:170, beslut 17" in told and "Åsa Jurist" in told and "2 extracts" in told


def test_a_changed_log_is_noticed(make: Make) -> None:
    for _ in range(3):
        folder = make()
    place = Workspace(folder.parents[2])
    path = place.root / police.FOLDER / police.LOG
    whole = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for broken in (whole[:1] + whole[2:], [whole[0].replace("Kommunjurist", "Kommunalråd"), *whole[1:]],
                   [*whole[:2], "{\n"]):
        path.write_text("".join(broken), encoding="utf-8")
        with pytest.raises(UsageError, match="line"):
            police.read_log(place)
        with pytest.raises(UsageError, match="line"):
            make()
    path.write_text("".join(whole), encoding="utf-8")
    assert len(police.read_log(place)) == 3


def test_an_extract_is_logged_before_it_can_be_seen(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make().parents[2]
    whole = os.replace

    def killed(source: Any, target: Any) -> None:
        if Path(target).name.startswith("U"):
            raise KeyboardInterrupt
        whole(source, target)

    monkeypatch.setattr("flows.police.os.replace", killed)
    with pytest.raises(KeyboardInterrupt):
        make()
    assert len(police.read_log(Workspace(place))) == 2
    assert len(list((place / "police" / "extracts").iterdir())) == 1


def test_only_the_case_asked_for(town: Town, make: Make) -> None:
    every = police.read_log(Workspace(make().parents[2]))[-1]["cases"]
    folder = make(cases=(every[1],))
    assert police.read_log(Workspace(folder.parents[2]))[-1]["cases"] == [every[1]]


@pytest.mark.parametrize("arguments, message", [
    ({"group": "sg-bistand"}, "no police edition"), ({"group": "sg-finns-inte"}, "has no group"),
    ({"basis": " "}, "--basis"), ({"cases": ("0000000000",)}, "no case 0000000000")])
def test_what_is_refused_leaves_nothing(make: Make, tmp_path: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(**arguments)
    assert files_of(tmp_path / "workspace" / "police") in ([], [tmp_path / "workspace" / "police" / ".lock"]) or all(
        path.parent.name == "keys" or path.name == ".lock" for path in files_of(tmp_path / "workspace" / "police"))


def test_a_run_without_marks_gives_no_extract(make: Make, tmp_path: Path) -> None:
    shutil.rmtree((tmp_path / "workspace" / "latest").resolve() / protected.FOLDER)
    with pytest.raises(UsageError, match="before protected persons were marked"):
        make()


def test_few_people_are_told_as_few(make: Make) -> None:
    """A company with two clients: their number would say who they are."""
    texts = "".join(text_of(path) for group in ("sg-hemtjanst", "sg-assistans") for path in files_of(make(group)))
    assert "ärre än 5" in texts
    assert not re.search(r"\b[1-4] (brukare|kunder|klienter|assistenter|barn)\b", texts)
