"""The pages of the catalogue say what the rules say, all of them, tonight."""

from __future__ import annotations

import re

import pytest

from docs.make_catalogue import PAGES, pages, stale
from tests.detectors.cases import Bench


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def made(bench: Bench) -> dict[str, str]:
    return pages(bench)


def test_pages_are_up_to_date(made: dict[str, str]) -> None:
    old = stale(made)
    assert not old, f"run `make catalogue` and commit docs/detectors; not up to date: {', '.join(old)}"


def test_an_old_page_is_seen(made: dict[str, str], tmp_path) -> None:
    for name, text in made.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert stale(made, tmp_path) == []
    (tmp_path / "HC01.md").write_text("changed by hand", encoding="utf-8")
    (tmp_path / "HC02.md").unlink()
    (tmp_path / "ZZ99.md").write_text("of a rule that is gone", encoding="utf-8")
    assert stale(made, tmp_path) == ["HC01.md", "HC02.md", "ZZ99.md"]


def test_every_rule_has_a_page_with_a_worked_example(bench: Bench, made: dict[str, str]) -> None:
    for code, detector in bench.catalogue.detectors.items():
        page = made[f"{code}.md"]
        assert detector.title["sv"] in page and detector.title["en"] in page
        assert f"```sql\n{detector.sql}\n```" in page
        example = page.partition("## Exempel / Worked example")[2].partition("\n## ")[0]
        assert "\n- **" in example or "Links:" in example, f"{code}: the first hit case finds nothing"
        assert f"({code}.md)" in made["README.md"]


def test_rules_not_in_use_say_why(bench: Bench, made: dict[str, str]) -> None:
    waiting = [d.code for d in bench.catalogue.detectors.values() if d.status == "draft"]
    part = made["README.md"].partition("## Inte i bruk")[2]
    assert [code for code in waiting if f"[{code}]" not in part] == []


def test_links_lead_somewhere(made: dict[str, str]) -> None:
    for name, text in made.items():
        for link in re.findall(r"\]\(([^)#]+)\)", text):
            assert link.startswith("https://") or link in made or (PAGES / link).exists(), f"{name}: {link}"
