"""Outcomes come back: what investigators write into a group's workbook, and what cannot be right, by cell (U10)."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import subprocess
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from detectors.case_files import write_cases
from detectors.cases import Case
from flows.cli import main
from flows.reviews import Reviewed, settle
from reports.load import load_run
from reports.model import GroupModel
from reports.xlsx import workbook
from schemas.case_id import case_id
from schemas.contract import load_contracts
from schemas.groups import load_groups
from schemas.reader import read_file
from schemas.settings import load_settings
from schemas.warehouse import Warehouse
from schemas.workspace import Workspace
from tests.reports.run_builder import AS_OF, build

CONTRACT = load_contracts()["outcomes"]
GROUPS = load_groups()
RULES = {"HC01", "HC07", "LP01"}
WORDS = {"bekräftad": "confirmed", "förklarad": "explained", "datafel": "data_error", "överlämnad": "referred",
         "öppen": "open"}
NEXT = AS_OF + dt.timedelta(days=1)


def run_with_cases(folder: Path, providers: int | None) -> Path:
    """A run's folder with its workbooks and the cases a night would leave."""
    build(folder, providers=providers)
    ranked = pq.read_table(folder / "ranked.parquet").to_pylist()
    write_cases([Case((r["subject_type"], r["subject_id"]), "new", r["first_seen"], AS_OF, r["rank"], r["score"],
                      r["score"], 3) for r in ranked], AS_OF, folder / "cases.parquet")
    run = load_run(folder)
    for group in (group for group in run.groups.values() if not group.aggregates_only):
        path = folder / "reports" / group.id / "deviations.xlsx"
        path.parent.mkdir(parents=True)
        path.write_bytes(workbook(GroupModel(run, group, "sv")))
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with_cases(tmp_path_factory.mktemp("large") / "2026-11-23-0a1b2c3d", 540)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_with_cases(tmp_path_factory.mktemp("small") / "2026-11-23-0a1b2c3d", None)


class Book:
    """A group's workbook, filled in by name of heading."""

    def __init__(self, run: Path, group: str) -> None:
        self.book = openpyxl.load_workbook(run / "reports" / group / "deviations.xlsx")
        self.sheet = self.book.worksheets[0]
        self.at = {cell.value: cell.column for cell in self.sheet[1]}

    @property
    def rows(self) -> range:
        return range(2, self.sheet.max_row + 1)

    def write(self, row: int, **values: Any) -> None:
        for heading, value in values.items():
            self.sheet.cell(row, self.at[heading.replace("_", " ")], value)

    def case(self, row: int) -> str:
        return self.sheet.cell(row, self.at["Ärende"]).value

    def cell(self, row: int, heading: str) -> str:
        return self.sheet.cell(row, self.at[heading]).coordinate

    def save(self, path: Path) -> Path:
        self.book.save(path)
        return path


def read_back(tmp_path: Path, cases: Path | None, *files: Path, day: dt.date = NEXT) -> tuple[Reviewed, Any]:
    """What a night makes of these files: the reviewed outcomes and the account of their rows."""
    settings = load_settings(None)
    workspace = Workspace(tmp_path / "workspace")
    workspace.prepare()
    readings = [read_file(path, CONTRACT, workspace.staging, settings) for path in files]
    assert [reading.refusal for reading in readings] == [None] * len(files)
    with Warehouse.building(workspace, settings) as warehouse:
        warehouse.load(readings, [], {"outcomes": CONTRACT}, day)
        warehouse.apply_checks([])
        reviewed = settle(warehouse, CONTRACT, cases, GROUPS, RULES, day, workspace.staging)
        warehouse.deduplicate()
        rows = warehouse.reconcile()
        stored = warehouse.connection.execute(
            "SELECT subject_type, subject_id, outcome FROM main.outcomes ORDER BY ALL").fetchall()
    return reviewed, {"account": rows, "stored": stored}


def test_500_of_500_planted_outcomes_are_read_back_and_wrong_cells_named(large: Path, tmp_path: Path) -> None:
    book, chance = Book(large, "sg-hemtjanst"), random.Random(5)
    rows = list(book.rows)
    chance.shuffle(rows)
    subjects = {case_id(r["subject_type"], r["subject_id"]): (r["subject_type"], r["subject_id"])
                for r in pq.read_table(large / "ranked.parquet").to_pylist()}
    planted = {}
    for at, row in enumerate(rows[:500]):
        word = chance.choice([*WORDS, "Bekräftad", "FÖRKLARAD"])
        amount = chance.choice([None, 0, 12_500, 1234.5])
        day = None if at % 3 else AS_OF
        book.write(row, Utfall=word, Belopp=amount, Anteckning="sett underlaget" if at % 2 else None, Granskad=day,
                   Regel="hc01" if at % 7 == 0 else None)
        planted[subjects[book.case(row)]] = (WORDS[word.lower()], amount, "HC01" if at % 7 == 0 else None)
    wrong: dict[str, str] = {}

    def spoil(row: int, rule: str, heading: str, **values: Any) -> None:
        book.write(row, **{"Utfall": "förklarad", **values})
        wrong[book.cell(row, heading)] = rule

    spoil(rows[500], "allowed_values", "Utfall", Utfall="förklrad")
    spoil(rows[501], "type_number", "Belopp", Belopp="tolvtusen")
    spoil(rows[502], "negative_amount", "Belopp", Belopp=-5)
    spoil(rows[503], "type_date", "Granskad", Granskad="igår")
    spoil(rows[504], "date_in_the_future", "Granskad", Granskad=NEXT + dt.timedelta(days=1))
    spoil(rows[505], "before_first_seen", "Granskad", Granskad=dt.date(2020, 1, 1))
    spoil(rows[506], "unknown_case", "Ärende", Ärende="0123456789")
    spoil(rows[507], "unknown_rule", "Regel", Regel="HC99")
    spoil(rows[508], "unknown_group", "Grupp", Grupp="sg-hemtjänst")
    spoil(rows[509], "rest_incomplete", "Skäl", Utfall="öppen", Vila_till=NEXT + dt.timedelta(9), Ansvarig="AB")
    spoil(rows[510], "rest_of_settled", "Vila till", Vila_till=NEXT, Ansvarig="AB", Skäl="väntar")
    spoil(rows[511], "rest_too_long", "Vila till", Utfall="öppen", Vila_till=NEXT + dt.timedelta(400), Ansvarig="AB",
          Skäl="väntar")
    spoil(rows[512], "no_group", "Grupp", Grupp="")

    reviewed, left = read_back(tmp_path, large / "cases.parquet", book.save(tmp_path / "deviations_sg-hemtjanst.xlsx"))
    found = {one.subject: (one.outcome, one.recovered_sek, one.detector_id) for one in reviewed.outcomes}
    assert found == {subject: (outcome, None if amount is None else Decimal(str(amount)), rule)
                     for subject, (outcome, amount, rule) in planted.items()}
    assert len(found) == 500
    assert {one.reviewed_on for one in reviewed.outcomes} == {AS_OF}  # an empty day is the day of the list
    told = {problem.message.removeprefix("Cell ").split(":")[0]: problem.rule for problem in reviewed.problems}
    assert told == wrong
    assert all(problem.remedy and problem.remedy_en and problem.row for problem in reviewed.problems)
    (account,) = left["account"]
    assert (account.rows_loaded, account.rows_quarantined) == (500, len(wrong))
    assert account.rows_skipped == len(rows) - 500 - len(wrong)
    assert len(left["stored"]) == 500 and all(subject for _, subject, _ in left["stored"])


def test_what_a_cell_held_is_not_told(large: Path, tmp_path: Path) -> None:
    book = Book(large, "sg-hemtjanst")
    book.write(2, Utfall="hemligt-ord-1")
    book.write(3, Utfall="förklarad", Belopp="hemligt-ord-2")
    book.write(4, Utfall="förklarad", Regel="hemligt-ord-3", Anteckning="hemligt-ord-4")
    reviewed, _ = read_back(tmp_path, large / "cases.parquet", book.save(tmp_path / "avvikelser (1).xlsx"))
    assert len(reviewed.problems) == 3
    assert "hemligt" not in repr(reviewed.problems).lower()


@pytest.mark.parametrize("group", ["sg-forening", "sg-bistand", "sg-hvb", "sg-tvar"])
def test_masked_groups_and_households_come_back_by_their_case(small: Path, tmp_path: Path, group: str) -> None:
    book = Book(small, group)
    for row in book.rows:
        book.write(row, Utfall="datafel")
    reviewed, _ = read_back(tmp_path, small / "cases.parquet", book.save(tmp_path / "deviations.xlsx"))
    ranked = pq.read_table(small / "ranked.parquet").to_pylist()
    assert {one.subject for one in reviewed.outcomes} == {
        (r["subject_type"], r["subject_id"]) for r in ranked if group in r["groups"]}
    assert {one.reviewer_group for one in reviewed.outcomes} == {group} and not reviewed.problems


def test_workbooks_of_several_groups_lie_side_by_side(small: Path, tmp_path: Path) -> None:
    files = []
    for group in ("sg-hemtjanst", "sg-tvar"):
        book = Book(small, group)
        book.write(2, Utfall="bekräftad")
        files.append(book.save(tmp_path / f"deviations_{group}.xlsx"))
    reviewed, _ = read_back(tmp_path, small / "cases.parquet", *files)
    assert [one.reviewer_group for one in reviewed.outcomes] == ["sg-hemtjanst", "sg-tvar"]


def test_a_workbook_saved_again_replaces_and_one_that_contradicts_itself_is_told(small: Path, tmp_path: Path) -> None:
    first, again = Book(small, "sg-hemtjanst"), Book(small, "sg-hemtjanst")
    first.write(2, Utfall="förklarad")
    first.write(3, Utfall="förklarad")
    again.write(2, Utfall="bekräftad")
    again.write(3, Utfall="förklarad")
    again.write(4, Utfall="förklarad")
    again.write(5, Utfall="bekräftad", Ärende=again.case(4))
    reviewed, left = read_back(tmp_path, small / "cases.parquet", first.save(tmp_path / "deviations_a.xlsx"),
                               again.save(tmp_path / "deviations_b.xlsx"))
    assert Counter(one.outcome for one in reviewed.outcomes) == {"confirmed": 1, "explained": 1}
    assert [(problem.rule, problem.row) for problem in reviewed.problems] == [
        ("conflicting_outcomes", 4), ("conflicting_outcomes", 5)]
    before, after = left["account"]
    assert (before.rows_loaded, before.rows_replaced) == (0, 2)
    assert (after.rows_loaded, after.rows_quarantined) == (2, 2)


def test_a_wrong_row_is_told_until_a_later_file_says_it_anew(small: Path, tmp_path: Path) -> None:
    first, again = Book(small, "sg-hemtjanst"), Book(small, "sg-hemtjanst")
    for row in (2, 3, 4):
        first.write(row, Utfall="förklrad")
    again.write(2, Utfall="förklarad")
    again.write(3, Utfall="förklrat")
    files = first.save(tmp_path / "deviations_1.xlsx"), again.save(tmp_path / "deviations_2.xlsx")
    reviewed, left = read_back(tmp_path, small / "cases.parquet", *files)
    assert [(p.file, p.row) for p in reviewed.problems] == [("deviations_1.xlsx", 4), ("deviations_2.xlsx", 3)]
    assert [account.rows_quarantined for account in left["account"]] == [3, 1] and len(reviewed.outcomes) == 1


def test_an_export_of_outcomes_works_the_same(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "outcomes_2026-11-23.csv"
    path.write_text(
        "subject_type;subject_id;reviewed_on;outcome;recovered_sek;note;reviewer_group;detector_id\n"
        "provider;U001;2019-05-05;confirmed;100,50;;sg-hemtjanst;HC01\n"  # before Avvik, and it names the subject
        "provider;U002;2026-11-20;explaind;;;sg-hemtjanst;\n"
        "provider;U003;2026-11-20;explained;;;sg-hemtjnst;\n"
        "provider;;2026-11-20;explained;;;sg-hemtjanst;\n", encoding="utf-8")
    reviewed, _ = read_back(tmp_path, small / "cases.parquet", path)
    assert [(one.subject_id, one.recovered_sek) for one in reviewed.outcomes] == [("U001", Decimal("100.50"))]
    assert [(p.row, p.rule, p.message) for p in reviewed.problems] == [
        (3, "allowed_values", "Rad 3, Utfall: ordet känns inte igen."),
        (4, "unknown_group", "Rad 4, Grupp: det finns ingen sådan grupp."),
        (5, "no_case", "Rad 5, Ärende: raden säger inte vilket ärende den gäller.")]
    assert "bekräftad" in reviewed.problems[0].remedy and "sg-hemtjanst" in reviewed.problems[1].remedy


def test_before_the_first_night_a_case_is_not_known_and_nothing_is_lost(small: Path, tmp_path: Path) -> None:
    book = Book(small, "sg-hemtjanst")
    book.write(2, Utfall="förklarad")
    reviewed, left = read_back(tmp_path, None, book.save(tmp_path / "deviations.xlsx"))
    assert [problem.rule for problem in reviewed.problems] == ["unknown_case"]
    assert left["account"][0].rows_quarantined == 1


def test_what_libreoffice_saves_is_read_back(small: Path, tmp_path: Path) -> None:
    """Gate U10 with another program than ours: opened and saved again by LibreOffice."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice on this machine: install libreoffice-calc to run this test")
    book = Book(small, "sg-hemtjanst")
    for row in book.rows:
        book.write(row, Utfall="förklarad", Belopp=10.5, Granskad=AS_OF)
    path = book.save(tmp_path / "deviations_sg-hemtjanst.xlsx")
    saved = tmp_path / "saved"
    subprocess.run([soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "xlsx",
                    "--outdir", str(saved), str(path)], check=True, capture_output=True, timeout=600)
    reviewed, _ = read_back(tmp_path, small / "cases.parquet", saved / path.name)
    assert len(reviewed.outcomes) == len(book.rows) and not reviewed.problems
    assert {(one.outcome, one.recovered_sek, one.listed_on) for one in reviewed.outcomes} == {
        ("explained", Decimal("10.50"), AS_OF)}


def test_check_looks_cases_up_in_the_workspace(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    """`avvik check` tells an unknown case by its cell's line, without the value; without a run it says it cannot."""
    first = pq.read_table(small / "cases.parquet", columns=["case_id", "first_seen"]).to_pylist()[0]
    said = "case_id;reviewed_on;outcome;reviewer_group\n"
    fine, wrong = (f"{case};{AS_OF};explained;sg-hemtjanst\n" for case in (first["case_id"], "0123456789"))
    for name, rows in (("fine", fine), ("wrong", fine + wrong)):
        (tmp_path / f"outcomes_{name}.csv").write_text(said + rows, encoding="utf-8")
    (tmp_path / "workspace").mkdir()
    (tmp_path / "workspace" / "latest").symlink_to(small)
    monkeypatch.setattr("flows.reviews._today", lambda: NEXT)

    def check(name: str, workspace: str) -> tuple[int, str]:
        code = main(["check", str(tmp_path / f"outcomes_{name}.csv"), "--workspace", str(tmp_path / workspace)])
        return code, capsys.readouterr().out

    assert check("fine", "workspace")[0] == 0
    code, told = check("wrong", "workspace")
    assert code == 1
    assert "inget ärende har det id:t. [unknown_case]" in told and "rad 3" in told and "0123456789" not in told
    code, told = check("wrong", "elsewhere")
    assert code == 0
    assert "Ärendena prövas inte" in told
