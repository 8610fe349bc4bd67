"""What a report makes of cases.parquet: judged findings, news since the meeting, words that are another group's."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports.follow_up import news_since
from reports.load import load_run
from reports.model import GroupModel
from reports.xlsx import workbook
from tests.reports.run_builder import build

GROUP = "sg-hemtjanst"
MEETING = dt.date(2026, 11, 10)


def with_cases(folder: Path, **changed: Any) -> Path:
    """Set columns of cases.parquet by subject: name -> {(type, id): value}."""
    table = pq.read_table(folder / "cases.parquet")
    subjects = list(zip(table["subject_type"].to_pylist(), table["subject_id"].to_pylist(), strict=True))
    for name, values in changed.items():
        kind = pa.list_(pa.string()) if name == "resting" else pa.date32() if name == "changed_on" else pa.string()
        column = pa.array([values.get(subject) for subject in subjects], kind)
        at = table.column_names.index(name) if name in table.column_names else None
        table = table.append_column(name, column) if at is None else table.set_column(at, name, column)
    pq.write_table(table, folder / "cases.parquet")
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return build(tmp_path / "run")


def model(folder: Path) -> GroupModel:
    loaded = load_run(folder)
    return GroupModel(loaded, loaded.groups[GROUP], "sv")


def test_a_judged_finding_gives_neither_reason_nor_money_and_is_told_apart(run: Path) -> None:
    before = model(run)
    at = next(i for i, case in enumerate(before.items) if len({f["concept"] for f in case.visible}) > 1)
    subject, judged = before.items[at].subject, before._found(at)[0]
    after = model(with_cases(run, resting={subject: [judged["finding_id"]]}))
    now = next(i for i, case in enumerate(after.items) if case.subject == subject)
    assert after.cases[now]["findings"] == before.cases[at]["findings"] - 1
    assert judged["finding_id"] not in {f["id"] for f in after.detail(now)["findings"]}
    told = [text for text in after.detail(now)["against"] if text.startswith("Redan bedömt")]
    assert len(told) == 1 and told[0] not in before.detail(at)["against"]


def test_a_case_whose_every_finding_is_judged_is_not_listed_for_the_group(run: Path) -> None:
    before = model(run)
    case = before.items[0]
    after = model(with_cases(run, resting={case.subject: [f["finding_id"] for f in case.visible]}))
    assert case.subject not in {item.subject for item in after.items}


def test_news_since_the_meeting_are_the_new_the_worse_and_those_that_came_back(run: Path) -> None:
    before = model(run)
    old = [case for case, summary in zip(before.items, before.cases, strict=True) if not summary["since_meeting"]]
    assert len(old) >= 2
    after = model(with_cases(run, changed_on={old[0].subject: dt.date(2026, 11, 12), old[1].subject: MEETING}))
    fresh = {case.subject for case, summary in zip(after.items, after.cases, strict=True) if summary["since_meeting"]}
    assert old[0].subject in fresh and old[1].subject not in fresh
    assert after.head()["since_meeting"] == before.head()["since_meeting"] + 1


def test_without_a_meeting_nothing_is_new_since_it() -> None:
    assert not news_since(None, dt.date(2026, 11, 12), None)
    assert news_since(None, dt.date(2026, 11, 12), MEETING) and not news_since(None, None, MEETING)


def test_owner_and_reason_of_a_rest_are_for_the_group_that_wrote_them(run: Path) -> None:
    subject = model(run).items[0].subject
    words = {"snooze_owner": {subject: "AB"}, "snooze_reason": {subject: "väntar"}}
    for group, shown in ((GROUP, "väntar"), ("sg-tvar", "")):
        here = model(with_cases(run, snooze_group={subject: group}, **words))
        verdict = here.detail(next(i for i, case in enumerate(here.items) if case.subject == subject))["verdict"]
        assert (verdict["snooze_reason"], verdict["snooze_owner"]) == (shown, "AB" if shown else "")


def test_the_workbook_shows_the_last_outcome_of_a_case(run: Path) -> None:
    here = model(with_cases(run, outcome={model(run).items[0].subject: "confirmed"}))
    at = next(i for i, case in enumerate(here.items) if here.run.cases[case.subject]["outcome"] == "confirmed")
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(here))).worksheets[0]
    column = [cell.value for cell in sheet[1]].index("Senaste utfall") + 1
    assert sheet.cell(at + 2, column).value.startswith("bekräftad")
    assert sum(cell.value is not None for (cell,) in sheet.iter_rows(2, min_col=column, max_col=column)) == 1
