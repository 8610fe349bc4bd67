"""Need to know: a group's report holds its own domains, of others only that they have findings, and whom to ask.

Looked for in everything a reader could open: page, packed data, workbook, names of files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from reports.html import group_page
from reports.load import Run, load_run
from reports.model import KINDS, GroupModel
from schemas.contract import load_contracts
from schemas.groups import Group, load_groups
from tests.gates.reading_reports import files_of, shown_of, text_of, words_of
from tests.gates.watched_town import Town

GROUPS = [group.id for group in load_groups().values() if not group.aggregates_only]
CONTRACTS = load_contracts()


@pytest.fixture(scope="module")
def run(town: Town) -> Run:
    return load_run(town.run)


def sees(run: Run, group: Group, finding: Mapping[str, Any]) -> bool:
    subject = (finding["subject_type"], finding["subject_id"])
    return group.sees(finding["domain"], subject[0], run.services(subject))


def identifiers(row: Mapping[str, Any]) -> set[str]:
    """What a source row says of individuals, accounts and its own place: tokens and keys of its own."""
    contract = CONTRACTS[row["dataset"]]
    values = json.loads(row["values"]) if isinstance(row["values"], str) else row["values"]
    found = {str(value) for name, value in values.items() if value
             and (name.endswith("_token") or name in contract.key) and contract.column(name).logical_type == "string"
             and not contract.column(name).allowed_values}
    return {one for one in found if len(one) >= 5}


def split(town: Town, run: Run, group: Group) -> tuple[set[str], set[str]]:
    """Identifiers in the evidence of findings the group sees, and in that of all others."""
    mine: set[str] = set()
    theirs: set[str] = set()
    visible = {finding["finding_id"]: sees(run, group, finding) for found in run.findings.values() for finding in found}
    for row in pq.read_table(town.run / "evidence.parquet").to_pylist():
        if visible.get(row["finding_id"]):
            mine |= {str(value) for value in json.loads(row["values"]).values()}
        elif row["finding_id"] in visible:
            theirs |= identifiers(row)
    for subject, found in run.findings.items():
        (mine if any(sees(run, group, one) for one in found) else theirs).add(subject[1])
    # the network of a case names its neighbours when the group works with such subjects
    mine |= {edge["subject_id"] for edges in run.links.values() for edge in edges
             if edge["subject_type"] in group.subject_types
             and any(sees(run, group, one) for other in edges
                     for one in run.findings.get((other["subject_type"], other["subject_id"]), []))}
    return mine, theirs - mine


@pytest.mark.parametrize("name", GROUPS)
def test_other_domains_evidence_is_nowhere(town: Town, run: Run, name: str) -> None:
    group = run.groups[name]
    _, theirs = split(town, run, group)
    files = files_of(town.run / "reports" / name)
    assert {path.name for path in files} >= {"index.html", "deviations.xlsx"}
    assert len(theirs) > 300
    assert shown_of(theirs, words_of(files)) == set()


@pytest.mark.parametrize("name", ["sg-hvb", "sg-forening", "sg-tvar"])
def test_where_persons_are_not_shown_their_tokens_are_nowhere(town: Town, run: Run, name: str) -> None:
    tokens = set()
    for row in pq.read_table(town.run / "evidence.parquet").to_pylist():
        values = json.loads(row["values"])
        tokens |= {value for column, value in values.items() if value and column.endswith("_token")}
    words = words_of(files_of(town.run / "reports" / name))
    assert len(tokens) > 300 and shown_of(tokens, words) == set()


def test_the_overview_names_no_subject_at_all(town: Town, run: Run) -> None:
    text = "".join(text_of(path) for path in files_of(town.run / "reports" / "lagesbild"))
    names = {row["name"] for row in run.subjects.values() if row["name"] and len(row["name"]) > 6}
    assert names and not [name for name in names if name in text]
    words = words_of(files_of(town.run / "reports" / "lagesbild"))
    assert shown_of({subject for _, subject in run.findings if len(subject) >= 5}, words) == set()


def test_that_others_have_findings_is_told_with_whom_to_ask(run: Run) -> None:
    told = 0
    for group in run.groups.values():
        if group.aggregates_only:
            continue
        model = GroupModel(run, group, "sv")
        for at, case in enumerate(model.items):
            hidden = [one for one in run.findings[case.subject] if one["kind"] in KINDS and not sees(run, group, one)
                      and one["detector_id"] in model.active]
            elsewhere = model.elsewhere(at)
            assert bool(hidden) == bool(elsewhere)
            for title, contact in elsewhere:
                other = [one for one in run.groups.values() if title in one.title.values()]
                assert title == model.text["other_unit"] or (other and contact == other[0].contact)
                told += 1
    assert told >= 3


def test_nothing_of_a_group_stands_in_the_folder_of_another(town: Town, run: Run) -> None:
    names = {path.relative_to(town.run / "reports").as_posix() for path in files_of(town.run / "reports")}
    subjects = {subject for _, subject in run.findings if len(subject) >= 5}
    assert not [name for name in names for subject in subjects if subject in name]
    assert {name.split("/")[0] for name in names if "/" in name} <= {*run.groups}


def test_control_a_group_that_sees_all_shows_them(town: Town, run: Run, tmp_path: Path) -> None:
    """The search finds such identifiers when a cut is missing."""
    group = run.groups["sg-hemtjanst"]
    _, theirs = split(town, run, group)
    open_ = replace(group, domains=("home_care", "income_support", "assistance"), subject_types=(
        "provider", "household", "person"))
    ranked = [{**row, "groups": [*row["groups"], group.id]} for row in run.ranked]
    page = tmp_path / "page.html"
    page.write_text(group_page(GroupModel(replace(run, ranked=ranked), open_, "sv")), encoding="utf-8")
    assert shown_of(theirs, words_of([page])) != set()
