"""The audit page: equal treatment without small numbers, the control slice, a card for every rule; the index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detectors import control, fairness
from reports import cards, write_reports
from reports.audit import audit_page
from reports.load import load_run
from schemas.case_id import case_id
from schemas.groups import load_groups
from tests.chromium import violations
from tests.detectors.loaded_town import catalogue
from tests.reports.conftest import Watched
from tests.reports.run_builder import build

HIDDEN = "Talen visas inte"


def _selection(attribute: str, scope: str, counts: dict[str, tuple[int, int]]) -> list[fairness.Row]:
    rows = fairness.selection_of_counts(counts, 1)
    for row in rows:
        row.subject_type, row.attribute, row.scope = "household", attribute, scope
    return rows


def _rows(reviewed: int = 40) -> list[fairness.Row]:
    lifts = fairness.lift([at % 2 == 0 for at in range(reviewed)], [at % 5 == 0 for at in range(reviewed // 2)])
    shares = fairness.precision(["woman"] * 12 + ["man"] * 3, [True] * 9 + [False] * 6)
    for row in shares:
        row.subject_type, row.attribute = "household", "sex"
    return [*_selection("sex", "listed", {"man": (503, 61), "woman": (498, 129)}),
            *_selection("sex", "top", {"man": (503, 44), "woman": (498, 6)}),
            *_selection("origin_group", "listed", {"a": (800, 160), "b": (193, 43), "c": (8, 0)}),
            fairness.Row("selection", "person", "sex", "", "", 0, 0, reason="nobody_listed"), *shares, *lifts]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("audited") / "2026-11-23-0a1b2c3d")
    fairness.write(_rows(), folder)
    control.write_control([control.ControlRow("provider", "U060", "2026-11", 7),
                           control.ControlRow("provider", "U002", "2026-11", 3),
                           control.ControlRow("provider", "U009", "2026-10", None)], folder)
    write_reports(folder, "sv")
    return folder


def _plain(html: str) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ")


def test_equal_treatment_is_told_with_its_interval_and_verdict(run: Path) -> None:
    text = _plain((run / "audit" / "index.html").read_text(encoding="utf-8"))
    assert re.search(r"kvinna 500 130 25,9 % 2,14 \(1,[67]\d–2,[67]\d\) Utanför 0,8–1,25", text)
    assert re.search(r"man 505 60 12,1 % 0,47", text)
    assert "Ingen i listan den här natten." in text
    assert "Hushåll, kön: kvinna 12 75,0 %" in text and "Hushåll, kön: man" not in text, "three reviewed are too few"


def test_of_a_table_with_a_small_number_nothing_but_the_verdict_is_shown(run: Path) -> None:
    text = _plain((run / "audit" / "index.html").read_text(encoding="utf-8"))
    assert text.count(HIDDEN) == 1
    assert "De 50 första: Talen visas inte: i någon grupp är 1 till 7 utvalda. Utanför" in text
    fair = text[text.index("Hushåll, efter kön"):text.index("Kontrollurval Varje")]
    assert " 44 " not in fair and " 6 " not in fair and "b 195 45 22,3 %" in fair and "c 10 0 0,0 %" in fair


def test_the_control_slice_stands_on_this_page_and_nowhere_else(run: Path) -> None:
    text = _plain((run / "audit" / "index.html").read_text(encoding="utf-8"))
    mine = [case_id("provider", name) for name in ("U002", "U060")]
    places = [text.index(name) for name in mine]
    assert places == sorted(places) and "2 lottade ärenden i 2026-11." in text
    assert case_id("provider", "U009") not in text, "an earlier month's"
    assert "Ordningen ger 2,50 gånger så hög andel bekräftade som lottningen" in text
    for path in (run / "reports").rglob("*.html"):
        body = path.read_text(encoding="utf-8")
        assert "lottade" not in body and "Kontrollurval" not in body, path


def test_lift_is_not_told_of_few_reviews(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", providers=2)
    fairness.write(_rows(reviewed=20), folder)
    text = _plain(audit_page(load_run(folder), "sv"))
    assert "För få granskade: minst 20 behövs på vardera sidan. 20 genom ordningen, 10 genom lottning." in text
    assert "gånger så hög" not in text and "Inget kontrollurval" in text


def test_a_run_without_the_parts_says_so(tmp_path: Path) -> None:
    text = _plain(audit_page(load_run(build(tmp_path / "run", providers=2)), "sv"))
    assert "Det finns inget underlag om lika behandling" in text and "Inget kontrollurval" in text


def test_every_rule_of_the_catalogue_has_a_whole_card() -> None:
    """Gate F7, on what a run keeps of every rule, in both languages."""
    groups = load_groups().values()
    heads = {code: {**d.describe(), "values": {}} for code, d in catalogue().detectors.items()}
    assert len(heads) > 100
    for language in ("sv", "en"):
        made = [cards.card(code, head, None, groups, language) for code, head in heads.items()]
        assert cards.empty_fields(made) == []
        assert all(set(one["fields"]) == set(cards.FIELDS) for one in made)


@pytest.mark.parametrize(("change", "field"), [
    ({"why": {"sv": "", "en": ""}}, "purpose"), ({"basis": []}, "basis"), ({"reads": []}, "data"),
    ({"innocent": None}, "innocent")])
def test_an_empty_field_is_named(change: dict[str, Any], field: str) -> None:
    head = {**catalogue().detectors["HC01"].describe(), **change}
    assert cards.empty_fields([cards.card("HC01", head, None, (), "sv")]) == [f"HC01.{field}"]


def test_a_card_tells_the_runs_limit_the_owner_and_the_measured_precision() -> None:
    head = catalogue().detectors["HC01"].describe()
    head["values"] = {"min_overlap_minutes": {"value": 20, "override": {
        "value": 20, "because": "klockor i väster", "by": "Nämnden", "decided": "2026-02-03"}}}
    ledger = {"status": "active", "reviewed": 25, "confirmed": 10, "precision": 0.4, "precision_low": 0.234,
              "precision_high": 0.593}
    fields = cards.card("HC01", head, ledger, load_groups().values(), "sv")["fields"]
    assert "min overlap minutes = 20 minutes, eftersom klockor i väster (beslutat av Nämnden)" in fields["parameters"]
    assert fields["owner"] == ["Samordnare hemtjänst, äldreförvaltningen"]
    assert fields["precision"] == ["10 av 25 bekräftade (40\u00a0%, 95 %: 23\u00a0%–59\u00a0%)"]
    head["owner"] = "Metodstöd"
    assert cards.card("HC01", head, {}, (), "sv")["fields"]["owner"] == ["Metodstöd"]


def test_the_index_links_what_is_there(run: Path) -> None:
    html = (run / "reports" / "index.html").read_text(encoding="utf-8")
    for link in re.findall(r'href="([^"#]+)"', html):
        assert (run / "reports" / link).exists(), link
    assert '"../audit/index.html"' in html and "sg-hvb/index.html" in html and "letar avvikelser" in html


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 320])
def test_the_audit_page_in_chromium(run: Path, watched: Watched, width: int) -> None:
    """Gates U3 and U5 for the audit page, with every card opened."""
    watched.page.set_viewport_size({"width": width, "height": 800})
    page = watched.open(run / "audit" / "index.html", ready=False)
    for node in page.query_selector_all("details"):
        node.evaluate("d => { d.open = true; }")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    watched.assert_quiet()


@pytest.mark.browser
def test_the_overview_prints_without_cut_charts(run: Path, watched: Watched) -> None:
    page = watched.open(run / "reports" / "lagesbild" / "index.html", ready=False)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert "Arbetsmaterial" in page.inner_text("body") and "2026-11-23-0a1b2c3d" in page.inner_text("body")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("[...document.querySelectorAll('svg')].every(s => s.getBoundingClientRect().right <= 701)")
    pages = re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4", prefer_css_page_size=True))
    assert 1 <= len(pages) <= 6


def test_texts_of_sources_stay_text(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", poison="<img src=x onerror=alert(1)>")
    rows = _selection("sex", "listed", {"<b>x</b>": (503, 61), "woman": (498, 129)})
    fairness.write(rows, folder)
    html = audit_page(load_run(folder), "sv")
    assert "<img src=x" not in html and "<b>x</b>" not in html and "&lt;b&gt;x" in html


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", providers=2)
    fairness.write([], folder).write_bytes(b"no parquet")
    with pytest.raises(ValueError, match=r"fairness\.parquet in audit cannot be read"):
        audit_page(load_run(folder), "sv")
    assert pq.read_schema(fairness.write(_rows(), folder)).equals(pa.schema(fairness.SCHEMA))
