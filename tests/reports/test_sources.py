"""A group's page names the sources its own rules read; a failed source of others is a number and whom to ask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.html import group_pages
from reports.load import Run, load_run
from reports.model import GroupModel
from reports.sources import rule_codes, sources_of


@pytest.fixture(scope="module")
def run(run_dir: Path) -> Run:
    return load_run(run_dir)


def _page(run_dir: Path, group: str) -> str:
    return (run_dir / "reports" / group / "index.html").read_text(encoding="utf-8").replace("\u00a0", " ")


def test_a_failed_source_of_others_is_a_number_and_whom_to_ask(run_dir: Path) -> None:
    page = _page(run_dir, "sg-hemtjanst")
    assert "Underlaget är inte komplett: 11 av 12 källor lästa." in page
    assert "1 källa som bara andra grupper läser kunde inte läsas. Fråga: Bidragshandläggare" in page
    assert "3 av 3 som gruppens regler läser" in page and "Avvikelser som bygger på" not in page
    for name in ("associations_2026", "association_id", "föreningar"):
        assert name not in page, name
    assert "Filer som gruppens regler läser, 3 av 4." in page and "finns 1 fel till. De visas inte här." in page


def test_the_group_it_concerns_reads_what_failed_and_why(run_dir: Path) -> None:
    page = _page(run_dir, "sg-forening")
    assert "associations_2026-11-22.csv" in page and "Kolumnen association_id saknas." in page
    assert "1 av 2 som gruppens regler läser" in page and "Avvikelser som bygger på" in page
    assert "home_care_visits_2026" not in page and "som bara andra grupper läser" not in page


def test_the_analyst_sees_every_source(run_dir: Path) -> None:
    index = (run_dir / "reports" / "index.html").read_text(encoding="utf-8")
    assert all(f"{name}_2026-11-22.csv" in index for name in ("home_care_visits", "associations", "supplier_payments"))


def test_what_speaks_against_is_told_where_its_sources_are_read(run: Run) -> None:
    assert "EX01" in rule_codes(run, run.groups["sg-hemtjanst"])
    assert "EX01" not in rule_codes(run, run.groups["sg-hvb"]) + rule_codes(run, run.groups["sg-forening"])


def test_a_source_that_never_came_is_told_by_its_name(run: Run) -> None:
    meta = {**run.meta, "sources": {**run.meta["sources"], "missing_names": ["home_care_visits", "hvb_placements"]}}
    own = sources_of(replace(run, meta=meta), run.groups["sg-hemtjanst"], "sv")
    assert own.failed == ("home_care_visits",) and (own.read, own.expected) == (2, 3) and own.others_failed == 2
    page = group_pages(GroupModel(replace(run, meta=meta), run.groups["sg-hemtjanst"], "sv"))["index.html"]
    assert "utförda besök</span>" in page and "placeringar</span>" not in page


def test_no_contact_no_question(run: Run) -> None:
    groups = {name: replace(group, contact="") for name, group in run.groups.items()}
    own = sources_of(replace(run, groups=groups), groups["sg-hvb"], "sv")
    assert own.others_failed == 1 and own.ask == ()
