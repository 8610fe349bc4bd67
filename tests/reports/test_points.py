"""A group may be set to see no points: then nothing on its page or in its workbook tells how many a case has."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from reports.html import group_pages, unpack
from reports.load import load_run
from reports.model import GroupModel
from reports.page import write_file
from reports.xlsx import workbook
from schemas.groups import groups_as_json, load_groups, parse_groups
from tests.chromium import Watched


def _blind(run_dir: Path) -> GroupModel:
    run = load_run(run_dir)
    return GroupModel(run, replace(run.groups["sg-hemtjanst"], points_visible=False), "sv")


def test_points_are_seen_unless_a_group_says_otherwise() -> None:
    groups = groups_as_json(load_groups())
    assert parse_groups({**groups, "g": {**groups["sg-hvb"], "points_visible": False}})["g"].points_visible is False
    del groups["sg-hvb"]["points_visible"]  # a run from before
    assert parse_groups(groups)["sg-hvb"].points_visible


def test_neither_page_nor_workbook_holds_the_points(run_dir: Path) -> None:
    model = _blind(run_dir)
    pages = group_pages(model)
    packed = "".join(unpack(found).decode() for page in pages.values()
                     for found in re.findall(r'<script type="text/plain" id="[^"]+">([A-Za-z0-9+/=]+)<', page))
    points = {one["score"] for one in model.cases} | {part[1] for at in range(30) for part in
                                                       model.detail(at)["contributions"]}
    telling = {json.dumps(value) for value in points if len(json.dumps(value)) > 6}  # others stand there by chance
    assert len(telling) > 10 and not [value for value in telling if re.search(rf"(?<![\d.]){value}(?!\d)", packed)]
    assert 'data-sort="score"' not in pages["index.html"] and '"score":null' in packed
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(model)))["Avvikelser"]
    column = [cell.value for cell in sheet[1]].index("Poäng")
    assert {row[column].value for row in sheet.iter_rows(min_row=2)} == {None}


@pytest.mark.browser
def test_a_page_without_points_shows_shares(run_dir: Path, tmp_path: Path, watched: Watched) -> None:
    page = watched.open(write_file(tmp_path / "page" / "index.html", group_pages(_blind(run_dir))["index.html"]),
                        "#sort=score")
    assert page.locator("#cases tbody tr").count() == 50 and "Poäng" not in page.inner_text("#list table")
    assert page.input_value("select[name=sort]") == "rank"
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    bars = page.inner_text(".waterfall")
    assert "Andel" in bars and "%" in bars and "47,03" not in page.inner_text("#case")
    watched.assert_quiet()
