"""The pages in real Chromium: gates U3 to U7, and the list. Timed gates (U1, U2) are measured in benchmarks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.case_id import case_id
from tests.chromium import Watched, page_of, violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("where", ["#list", "#method", "#run", "case", "#q=nothing-has-this-name"])
def test_axe_finds_nothing(run_dir: Path, watched: Watched, where: str) -> None:
    """Gate U3."""
    page = watched.open(page_of(run_dir), "" if where == "case" else where)
    if where == "case":
        page.click("#cases tbody a")
        page.wait_for_selector("#case-title")
    assert violations(page) == []
    watched.assert_quiet()


@pytest.mark.parametrize("name", ["index.html", "lagesbild/index.html", "sg-assistans/index.html"])
def test_axe_finds_nothing_on_other_pages(run_dir: Path, watched: Watched, name: str) -> None:
    page = watched.open(run_dir / "reports" / name, ready="sg-" in name)
    assert violations(page) == []
    watched.assert_quiet()


def test_axe_is_able_to_find_something(watched: Watched, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text("<html><body><img src=''><p style='color:#bbb'>x</p></body></html>", encoding="utf-8")
    assert len(violations(watched.open(bad, ready=False))) >= 2


def test_keyboard_only(run_dir: Path, watched: Watched) -> None:
    """Gate U4: find what is new, sort by kronor, open a case, read evidence, close, focus comes back."""
    page = watched.open(page_of(run_dir))

    def tab_to(test: str, most: int = 80) -> None:
        for _ in range(most):
            page.keyboard.press("Tab")
            if page.evaluate(f"(() => {{ const e = document.activeElement; return {test}; }})()"):
                return
        raise AssertionError(f"not reached by keyboard: {test}")

    tab_to("e.name === 'status'")
    page.keyboard.press("ArrowDown")
    page.wait_for_function("location.hash === '#status=new'")
    states = page.eval_on_selector_all("#cases tbody .state", "cells => cells.map(c => c.textContent)")
    assert set(states) == {"Ny i natt"} and len(states) == 26
    tab_to("e.textContent === 'Belopp, kr'")
    page.keyboard.press("Enter")
    assert page.get_attribute("th[data-sort=amount]", "aria-sort") == "descending"
    amounts = [float(re.sub(r"\D", "", text)) for text in page.eval_on_selector_all(
        "#cases tbody .amount .block:last-child", "cells => cells.slice(0, 5).map(c => c.textContent)")]
    assert amounts[0] >= 50_000
    tab_to("e.matches('#cases tbody a')")
    name, link = page.evaluate("[document.activeElement.textContent, document.activeElement.getAttribute('href')]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#case-title")
    assert page.evaluate("document.activeElement.id") == "case-title" and page.inner_text("#case-title") == name
    tab_to("e.matches('.scroll.evidence')")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Underlag: ")
    assert "home_care_" in page.evaluate("document.activeElement.previousElementSibling.textContent")
    page.keyboard.press("Escape")
    page.wait_for_selector("#list:not([hidden])")
    assert page.evaluate("document.activeElement.getAttribute('href')") == link
    assert page.evaluate("location.hash") == "#status=new&sort=amount"
    watched.assert_quiet()


@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (640, 2)])
@pytest.mark.parametrize("where", ["#list", "#method", "#run", "case", f"#case={case_id('provider', 'U007')}"])
def test_no_sideways_scroll(run_dir: Path, watched: Watched, width: int, zoom: int, where: str) -> None:
    """Gate U5. 200 % zoom of a 1280 px window is a 640 px viewport at twice the density; text is doubled as well."""
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(page_of(run_dir), "" if where == "case" else where)
    if zoom == 2:
        page.evaluate("document.documentElement.style.fontSize = '24px'")
    if where == "case":
        page.click("#cases tbody a")
    if "case" in where:
        page.wait_for_selector("#case-title")
    assert page.locator(".history").count() == where.startswith("#case=")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("name", ["index.html", "lagesbild/index.html"])
def test_no_sideways_scroll_on_other_pages(run_dir: Path, watched: Watched, name: str) -> None:
    watched.page.set_viewport_size({"width": 320, "height": 800})
    page = watched.open(run_dir / "reports" / name, ready=False)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_without_javascript_the_first_screen_and_50_rows_are_there(run_dir: Path, browser: Any) -> None:
    """Gate U6."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of(run_dir).as_uri())
    assert page.locator("#cases tbody tr").count() == 50
    text = page.inner_text("main")
    assert text.startswith("Underlaget är inte komplett: 11 av 12 källor lästa.")
    assert "Skript är avstängt" in text and "Ny i natt" in text and "Reglerna den här natten" in text
    assert page.locator("#cases svg.spark").count() == 50
    context.close()


def test_the_scripts_rows_are_the_servers_rows(run_dir: Path, browser: Any, watched: Watched) -> None:
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    still.goto(page_of(run_dir).as_uri())
    read = "#cases tbody tr"
    served = [re.sub(r"\s+", " ", text) for text in still.locator(read).all_inner_texts()]
    page = watched.open(page_of(run_dir))
    drawn = [re.sub(r"\s+", " ", text) for text in page.locator(read).all_inner_texts()]
    assert [t.replace(" ", "") for t in drawn] == [t.replace(" ", "") for t in served]
    sparks = [where.locator("#cases svg").first.get_attribute("aria-label") for where in (page, still)]
    assert sparks[0] == sparks[1]
    context.close()


def test_filters_live_in_the_hash(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir), "#kind=impossible&status=new&sort=amount")
    assert page.input_value("select[name=kind]") == "impossible"
    shown = page.locator("#cases tbody tr").count()
    assert shown == len([at for at in range(0, 64, 3) if at % 5 in (0, 3)])
    assert f"av {shown} ärenden" in page.inner_text("#shown")
    page.fill("input[name=q]", "Lindens")
    assert page.evaluate("location.hash") == "#kind=impossible&status=new&q=Lindens&sort=amount"
    assert all("Lindens" in name for name in page.locator("#cases tbody a").all_inner_texts())
    page.fill("input[name=q]", "finns inte")
    assert page.inner_text("#shown") == "Inga ärenden motsvarar filtret."
    page.click("text=Rensa filter")
    assert page.evaluate("location.hash") == "#list" and "av 64 ärenden" in page.inner_text("#shown")
    page.fill("input[name=min]", "60000")
    assert page.locator("#cases tbody tr").count() == page.locator("#cases tbody a").count() > 0
    watched.assert_quiet()


@pytest.mark.parametrize("fragment", ["#case=nothere", "#sort=__proto__", "#kind=x&page=-4", "#q=%E0%A4%A", "#%%%"])
def test_a_silly_hash_does_no_harm(run_dir: Path, watched: Watched, fragment: str) -> None:
    page = watched.open(page_of(run_dir), fragment)
    assert page.locator("#cases tbody tr, #case p").count() >= 1
    watched.assert_quiet()


def test_the_first_screen_begins_at_the_top(run_dir: Path, watched: Watched) -> None:
    """A link to #list names a section of the page; the browser must not scroll the title and its warning away."""
    watched.page.set_viewport_size({"width": 640, "height": 450})
    page = watched.open(page_of(run_dir), "#list")
    page.wait_for_timeout(100)
    assert page.evaluate("window.scrollY") == 0
    page.click("nav a[data-view=run]")
    page.click("nav a[data-view=list]")
    page.wait_for_selector("#list:not([hidden])")
    assert page.evaluate("window.scrollY") == 0


def test_paging_reaches_the_last_case(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir))
    page.click("#pages button:has-text('Nästa')")
    assert page.locator("#cases tbody tr").count() == 14 and "51–64" in page.inner_text("#shown")


def test_a_rule_leads_to_its_card_and_a_selection_can_be_shared(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir), "#kind=unusual")
    page.click("text=Kopiera länk till urvalet")
    page.wait_for_selector("text=Kopierat")
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    page.click(".finding a[href='#card=HC01']")
    page.wait_for_selector("#method:not([hidden])")
    card = page.locator("details.card[open]")
    assert card.count() == 1 and "7 av 12 granskade ärenden bekräftade (58,3" in card.inner_text()
    watched.assert_quiet()


def test_cases_that_left_the_list_are_told_of(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir))
    rows = page.locator("[aria-label='Inte längre i listan'] tbody tr").all_inner_texts()
    assert len(rows) == 3 and "U903" not in " ".join(rows)
    assert any("Vilar" in row and "till 2026-12-15, ansvarig Anna: väntar på underlag" in row for row in rows)
    assert any("Borta" in row and "Reglerna bakom kördes inte" in row for row in rows)
    assert any("Förklarad" in row and "förklarad 2026-11-20 Hemtjänst" in row for row in rows)
    assert page.inner_text(".tiles").count("\n1\n") >= 1
