"""The case view in real Chromium: what it says and draws, its numbers (gate C1), its print (gate U8)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reports import words
from reports.html import peer_words
from reports.load import load_run
from reports.model import GroupModel
from schemas.case_id import case_id
from tests.chromium import Watched, page_of

pytestmark = pytest.mark.browser


def test_the_case_view_says_everything_an_investigator_needs(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir))
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    text = page.inner_text("#case")
    for part in ("14 gånger var samma personal hos två brukare samtidigt, sammanlagt 312,5 minuter.",
                 "Vad som talar emot", "1 fakturor har krediterats inom 30 dagar", "Nästa steg",
                 "Fynd i annan grupp", "Finns även i annan grupp", "Säkerhetschef", "Tidslinje", "Jämfört med 44",
                 "95:e percentilen", "Vad reglerna inte ser",
                 "eftersom klockor går olika", "2026-11-23-0a1b2c3d", "Visa alla", "Nätverk", "annan grupp)",
                 "7 av 12 bekräftade (32\u00a0%–81\u00a0%)", "Hittills granskat"):
        assert part in text, part
    points = [float(t.replace("−", "-").replace("\u2212", "-").replace(",", ".").replace("+", ""))
              for t in page.locator(".waterfall td.n").all_inner_texts()]
    assert round(sum(points[:-1]) - points[-1], 9) == 0 and points[-1] == 47.03
    assert page.locator(".timeline .clash").count() >= 2 and page.locator(".peer .own").count() == 2
    page.click("text=Visa alla")
    assert page.locator(".evidence").first.locator("tbody tr").count() > 20
    watched.assert_quiet()
    page.click("text=Öppna ärendet med alla rader")  # on its side page, a file of its own
    page.wait_for_url("**/cases-01.html#case=*")
    page.wait_for_selector("#case-title")
    text = page.inner_text("#case")
    assert "1 av 64" in text and "Ärendet i hela listan" in text and "sparade rader visas" not in text
    assert page.locator("#case a[href^='index.html#card=']").count() >= 2
    assert watched.errors == [] and watched.policy == []


def test_the_bars_of_a_score_start_where_the_last_ended(run_dir: Path, watched: Watched) -> None:
    """Gate C3 as drawn: a waterfall from zero to the score; what lowers the score has a pattern, not only a colour."""
    page = watched.open(page_of(run_dir))
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    bars = page.eval_on_selector_all(".waterfall tr svg", """drawings => drawings.map(one => {
        const bar = one.querySelector('rect');
        return [Number(bar.getAttribute('x')), Number(bar.getAttribute('width')),
                one.querySelector("rect[fill='url(#hatch)']") !== null];
    })""")
    at = bars[0][0]
    for x, width, lowers in bars[:-1]:
        assert (x + width if lowers else x) == pytest.approx(at, abs=1.6)
        at = x if lowers else x + width
    assert [lowers for *_, lowers in bars].count(True) == 2
    assert bars[-1][0] == pytest.approx(bars[0][0], abs=0.2) and sum(bars[-1][:2]) == pytest.approx(at, abs=1.6)


def test_overlaps_are_told_by_pattern_and_words(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir))
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    clashes = page.locator(".timeline .clash").count()
    assert clashes == page.locator(".timeline rect[fill='url(#hatch)']").count() >= 2
    notes = page.locator(".timeline .note").all_text_contents()
    assert notes and all(re.fullmatch(r"[\d\s]+ min( \+ [\d\s]+ min)*", note) for note in notes)
    told = r"Överlapp: 2026-\d\d-\d\d \d\d:\d\d–\d\d:\d\d, \d+ min, personal \S+ \(rad \d+, \d+\)"
    assert re.search(told, page.inner_text("#case"))


def test_numbers_of_the_case_are_the_numbers_of_the_run(run_dir: Path, watched: Watched) -> None:
    """Gate C1 as shown: rows, peers, amounts and lines on the page are those of the run's files."""
    run = load_run(run_dir)
    subject = ("provider", "U000")
    page = watched.open(page_of(run_dir), f"#case={case_id(*subject)}")
    page.wait_for_selector("#case-title")
    text = page.inner_text("#case")
    found = [f for f in run.findings[subject] if f["domain"] == "home_care"]
    for finding in found:
        rows = "1 underlagsrad" if finding["n_evidence"] == 1 else f"{finding['n_evidence']} underlagsrader"
        assert rows in text
        if finding["amount_sek"] is not None:
            assert f"{words.sek(finding['amount_sek'], 'sv')}\u00a0kr" in text
    lines = {int(line.replace("\u00a0", "")) for line in page.locator(".evidence td.line").all_text_contents()}
    stored = {row["line"] for finding in found for row in run.evidence.rows(finding["finding_id"])}
    assert lines <= stored and len(lines) > 190
    for peer in run.peers[next(f["finding_id"] for f in found if f["detector_id"] == "HC11")]:
        row = page.inner_text(f".peers tbody tr:has-text('{words.number(peer['own'], 'sv')}')")
        for name in ("peer_median", "peer_q1", "peer_q3", "peer_p95", "contribution"):
            assert words.number(peer[name], "sv") in row
    watched.assert_quiet()


def test_every_printed_page_says_what_it_is(run_dir: Path, watched: Watched) -> None:
    """The line with run, day and 'arbetsmaterial' is a head of the print's table, which browsers repeat a page."""
    page = watched.open(page_of(run_dir))
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    assert not page.is_visible(".print-mark")
    page.emulate_media(media="print")
    mark = page.inner_text(".print-mark")
    assert "Arbetsmaterial" in mark and "2026-11-23-0a1b2c3d" in mark and mark.endswith("2026-11-23")
    style = "getComputedStyle(document.querySelector('.print-mark')).display + getComputedStyle(document.body).display"
    assert page.evaluate(style) == "table-header-grouptable"


def test_a_reopened_case_says_what_brought_it_back_and_shows_its_nights(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir), "#status=reopened")
    assert page.locator("#cases tbody tr").count() == 1 and "Åter öppnad" in page.inner_text("#cases .state")
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    note = page.inner_text("#case .note")
    assert re.search(r"Tillbaka därför att: Mer pengar. Fakturerat \d+ minuter mer", note)
    assert "Senaste utfall: förklarad, 2026-10-01, Hemtjänst" in note
    assert "detta förde tillbaka ärendet" in page.inner_text("#case .finding")
    assert page.locator(".history .dot").count() == 14 and "14 nätter" in page.inner_text("#case")
    page.click("text=Natt för natt")
    rows = page.locator("#case details tbody tr").all_inner_texts()
    assert len(rows) == 14 and rows[0].startswith("2026-11-23") and rows[0].endswith("Åter öppnad")
    watched.assert_quiet()


def test_the_network_names_nobody_the_group_does_not_work_with(run_dir: Path, watched: Watched) -> None:
    """Same edges in the drawing as in the table; the association and the person are a word and a number."""
    page = watched.open(page_of(run_dir))
    page.click("#cases tbody a")
    page.wait_for_selector(".network")
    labels = page.locator(".network text").all_text_contents()
    assert any(text.startswith("förening 1 (annan grupp)") for text in labels)
    assert any(text.startswith("person 1 (annan grupp)") for text in labels)
    assert "idrottsförening" not in "".join(labels) and "F000" not in page.inner_text("#case")
    rows = page.locator("[aria-label='Kopplingarna i tabell'] tbody tr").all_inner_texts()
    assert page.locator(".network .edge").count() == len(rows) == 5
    assert all(("annan grupp" in row) == ("provider_roles" not in row) for row in rows), "nor where it was found"


def test_a_row_cited_by_two_findings_does_not_overlap_itself(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir), f"#case={case_id('provider', 'U002')}")
    page.wait_for_selector("#case-title")
    assert page.locator(".evidence tbody tr").count() == 7
    assert page.locator(".timeline .span").count() == 1 and page.locator(".timeline .clash").count() == 0


def test_a_measure_is_named_as_its_own_rule_names_it(run_dir: Path) -> None:
    """Two rules may give one feature different names; the page takes the one of the finding's rule."""
    run = load_run(run_dir)
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    assert peer_words(model, "HC11", "manual_share") == "andel manuella besök (procent)"
    assert peer_words(model, "HC07", "manual_share") == "manual_share" and peer_words(model, "", None) == ""
    assert peer_words(model, "HC11", "HC11") == "Hög andel manuell registrering"


def test_spells_of_days_are_drawn_on_an_axis_of_dates(run_dir: Path, watched: Watched) -> None:
    page = watched.open(page_of(run_dir, "sg-hvb"), "#part=weak")
    page.click("#cases tbody a")
    page.wait_for_selector("#case-title")
    assert page.locator(".timeline .span").count() == 3 and page.locator(".timeline .open").count() == 1
    assert "person 1" in page.inner_text(".evidence") and "4\u00a0200,00" in page.inner_text(".of")
    watched.assert_quiet()


def test_print_of_a_case_takes_two_pages_at_most(run_dir: Path, watched: Watched) -> None:
    """Gate U8: the case with about 20 evidence rows; provenance and 'arbetsmaterial' are on it."""
    page = watched.open(page_of(run_dir), "#list")
    href = page.evaluate("[...document.querySelectorAll('#cases tbody a')][3].getAttribute('href')")
    page.evaluate(f"location.hash = '{href}'")
    page.wait_for_selector("#case-title")
    rows = page.locator(".evidence tbody tr:visible").count()
    assert rows >= 20, rows
    pdf = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", pdf)) <= 2
    page.emulate_media(media="print")
    text = page.inner_text("body")
    assert "Arbetsmaterial" in text and "2026-11-23-0a1b2c3d" in text and "Rensa filter" not in text
