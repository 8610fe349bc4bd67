"""A page that would grow too large is split: the list stays whole, whole cases stand on side pages by unit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reports import html, side_pages
from reports.html import group_pages, unpack
from reports.load import Run, load_run
from reports.model import GroupModel
from reports.words import texts
from schemas.case_id import case_id


@pytest.fixture(scope="module")
def run(run_dir: Path) -> Run:
    return load_run(run_dir)


def _island(page: str, name: str) -> Any:
    found = re.search(rf'<script type="text/plain" id="island-{name}">([A-Za-z0-9+/=]+)</script>', page)
    return json.loads(unpack(found[1])) if found else None


def _rows(body: list[Any]) -> int:
    """Evidence rows of a packed case."""
    return sum(len(block[2][0]) for finding in body[0] for block in finding[7])


def _stored(run: Run, subject: tuple[str, str], group: str) -> int:
    model = GroupModel(run, run.groups[group], "sv")
    return model.rows_kept([item.subject for item in model.items].index(subject))


def test_a_case_with_more_than_200_rows_has_a_side_page_with_all_of_them(run_dir: Path, run: Run) -> None:
    pages = {path.name: path.read_text(encoding="utf-8") for path in (run_dir / "reports/sg-hemtjanst").glob("*.html")}
    assert set(pages) == {"index.html", "cases-01.html"}
    listed, side = (_island(pages[name], "list") for name in ("index.html", "cases-01.html"))
    at = listed["cols"]["id"].index(case_id("provider", "U000"))
    assert listed["sides"] == [["cases-01.html", "utan enhet"]] and listed["cols"]["side"][at] == 0
    assert listed["cols"]["side"].count(0) == 1, "only the case that needs it"
    assert side["cols"]["id"] == [case_id("provider", "U000")] and side["cols"]["place"] == [at + 1]
    kept = _stored(run, ("provider", "U000"), "sg-hemtjanst")
    assert kept > 200 == _rows(_island(pages["index.html"], "c0")[at])
    assert _rows(_island(pages["cases-01.html"], "c0")[0]) == kept
    policies = {page.split('Content-Security-Policy" content="', 1)[1].split('"', 1)[0] for page in pages.values()}
    assert len(policies) == 1 and policies.pop().startswith("default-src &#39;none&#39;; script-src &#39;sha256-")


def test_when_no_row_has_room_the_list_stays_whole_and_cases_move(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_BYTES", 10)
    monkeypatch.setattr(html, "_CAPS", html._CAPS[-1:])
    monkeypatch.setattr(side_pages, "MOST_ROWS", 300)
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    pages = group_pages(model)
    listed = _island(pages["index.html"], "list")
    assert "island-c0" not in pages["index.html"] and listed["chunk"] == 0
    assert listed["cols"]["id"] == [case["id"] for case in model.cases] and -1 not in listed["cols"]["side"]
    assert len(pages) == 1 + len(listed["sides"]) > 2
    found: dict[str, int] = {}
    for number, (name, _) in enumerate(listed["sides"]):
        side = _island(pages[name], "list")
        bodies = [body for at in range(-(-len(side["cols"]["id"]) // side["chunk"]))
                  for body in _island(pages[name], f"c{at}")]
        for at, body in zip(side["cols"]["place"], bodies, strict=True):
            assert listed["cols"]["side"][at - 1] == number
            found[listed["cols"]["id"][at - 1]] = _rows(body)
    assert found == {case["id"]: model.rows_kept(at) for at, case in enumerate(model.cases)}


def _model(units: list[str], rows: list[int]) -> Any:
    return SimpleNamespace(cases=[{"units": [unit] if unit else []} for unit in units],
                           rows_kept=lambda at: rows[at], text=texts("sv"))


def test_side_pages_go_by_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_pages, "MOST_ROWS", 100)
    monkeypatch.setattr(side_pages, "FEW_ROWS", 20)
    sides = side_pages.split(_model(["Söder", "Norr", "Öst", "Norr", "", "Väst", "Norr"], [5, 60, 5, 30, 8, 5, 60]),
                             range(7))
    assert [(side.name, side.title, list(side.members)) for side in sides] == [
        ("cases-01.html", "Norr (1/2)", [1, 3]), ("cases-02.html", "Norr (2/2)", [6]),
        ("cases-03.html", "Söder, Väst, Öst", [0, 2, 5]), ("cases-04.html", "utan enhet", [4])]
    assert side_pages.split(_model([], []), []) == []


def test_one_case_larger_than_a_page_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_pages, "MOST_ROWS", 10)
    sides = side_pages.split(_model(["Norr"] * 3, [4, 50, 4]), range(3))
    assert [list(side.members) for side in sides] == [[0], [1], [2]] and all(side.chunk >= 1 for side in sides)
