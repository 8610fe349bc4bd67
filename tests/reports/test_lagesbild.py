"""The overview: three horizons in words and numbers, and what changed since last month; all of it published numbers."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports import disclosure, releases, trends, write_reports
from reports.disclosure import Shown
from reports.lagesbild import Overview, overview_page
from reports.load import load_run
from reports.model import KINDS
from reports.situation import Situation
from reports.statements import Statements
from tests.reports.run_builder import AS_OF, build

AGGREGATES = pa.schema([
    ("measure", pa.string()), ("domain", pa.string()), ("month", pa.date32()), ("part", pa.string()),
    ("value", pa.float64()), ("contributors", pa.int32()), ("largest", pa.float64()), ("second", pa.float64())])


def _month(back: int) -> dt.date:
    at = AS_OF.year * 12 + AS_OF.month - 1 - back
    return dt.date(at // 12, at % 12 + 1, 1)


def _row(measure: str, domain: str, back: int, value: float, contributors: int = 12, top: float = 0.2,
         part: str = "") -> dict[str, Any]:
    return {"measure": measure, "domain": domain, "month": _month(back), "part": part, "value": value,
            "contributors": contributors, "largest": value * top, "second": value * top / 2}


def _town() -> list[dict[str, Any]]:
    """Home care grows by 1 % a month; one month of assistance has two payees; two HVB homes dominate."""
    rows = []
    for back in range(1, 16):
        rows += [_row("paid", "home_care", back, 2_000_000 * 1.01 ** (15 - back)),
                 _row("hours", "home_care", back, 5_000), _row("people", "home_care", back, 163, 163),
                 _row("paid", "assistance", back, 4_000_000, 2 if back == 4 else 9),
                 _row("paid", "hvb", back, 3_000_000, 5, 0.7), _row("people", "hvb", back, 37, 37)]
    return [*rows, _row("entering", "home_care", 3, 3, 3), _row("reviewed", "", 2, 26, 26, part="confirmed"),
            _row("reviewed", "", 2, 3, 3, part="explained"), _row("recovered", "", 2, 612_345, 9)]


def _write(rows: list[dict[str, Any]], run: Path) -> None:
    pq.write_table(pa.Table.from_pylist(rows, schema=AGGREGATES), run / "aggregates.parquet")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = build(tmp_path_factory.mktemp("overview") / "2026-11-23-0a1b2c3d")
    _write(_town(), folder)
    return folder


def _plain(html: str) -> str:
    body = re.sub(r"<(style|script).*?</\1>", " ", html, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).replace("\u00a0", " ")


def test_money_is_shown_by_month_when_nobody_can_be_told_from_it() -> None:
    situation = Situation.of(_town(), AS_OF)
    assert [cell.value for cell in situation.paid("home_care")][-1] == 2_299_000  # 2 m x 1.01^14, to the thousand
    assert [at for at, cell in enumerate(situation.paid("assistance")) if cell.value is None] == [8]
    assert all(cell.value is None for cell in situation.paid("hvb")), "one home has 70 %"
    assert situation.paid("associations") == [Shown(0)] * 12
    assert situation.domains() == ["home_care", "assistance"]
    few = Situation.of([_row("paid", "income_support", 1, 9_000, 7, 0.1)], AS_OF)
    assert few.paid("income_support")[-1].value is None, "of households eight must share a month"


def test_ratios_are_of_whole_quarters_and_rounded() -> None:
    situation = Situation.of(_town(), AS_OF)
    assert situation.per_hour("home_care")[-1] == ("2026\u00a0kv\u00a03", 450)
    assert [name for name, _ in situation.per_hour("home_care")] == [
        "2025\u00a0kv\u00a04", "2026\u00a0kv\u00a01", "2026\u00a0kv\u00a02", "2026\u00a0kv\u00a03",
    ], "a quarter that began before the record is left out"
    assert situation.per_person("home_care")[-1] == ("2026\u00a0kv\u00a03", 13_800)
    assert situation.per_hour("assistance") == [] and situation.half_year_change("assistance") is None
    assert situation.half_year_change("home_care") == 6
    assert situation.movements("home_care")[-1] == ("2026\u00a0kv\u00a03", Shown(None), Shown(0))
    assert situation.served("hvb")[-1] == ("2026\u00a0kv\u00a03", Shown(35))
    quarters, counts, back = situation.reviews()
    assert quarters[-2:] == ["2026\u00a0kv\u00a03", "2026\u00a0kv\u00a04"] and back[-2].value == 612_000
    assert (counts["confirmed"][-2], counts["explained"][-2]) == (Shown(25), Shown(None))


def test_statements_carry_source_coverage_and_method(run: Path) -> None:
    html, _ = overview_page(load_run(run), "sv")
    text = _plain(html)
    for part in ("Läget just nu", "På väg", "På sikt", "Här och nu", "Medellång sikt", "Lång sikt",
                 "Lägesbilden bygger på avvikelser, inte på konstaterade brott",
                 "Utbetalningarna inom hemtjänst har ökat med omkring 6 procent",
                 "En utförd timme inom hemtjänst kostade omkring 450 kr under 2026 kv 3",
                 "Det senaste året har omkring 25 eller fler ärenden granskats färdigt; omkring 25 bekräftades.",
                 "Det finns ingen lägesbild från förra månaden att jämföra med."):
        assert part in text, part
    horizons = re.search(r'<div class="horizons">(.*?)</div>', html, re.S)
    assert horizons and horizons[1].count("<section") == 3 and horizons[1].count("<li>") == 9
    labels = re.findall(r'class="label">Källa: [a-zåäö -]+. Täckning (\d+).%. Metod [ABC], [a-zåäö ]+.</span>', html)
    assert len(labels) == 9 and set(labels) <= {str(n) for n in range(50, 101)}


def test_the_statements_are_there_in_english(run: Path) -> None:
    text = _plain(overview_page(load_run(run), "en")[0])
    assert "An hour performed in home care cost about 450 kr in 2026 Q3" in text and "kv 3" not in text


def test_every_chart_has_its_numbers_in_a_table(run: Path) -> None:
    html, published = overview_page(load_run(run), "sv")
    text = _plain(html)
    charts = re.findall(r'<svg class="(?:small|chart|lying)" role="img"[^>]*aria-label="([^"]+)"', html)
    assert len(charts) >= 6 and len(charts) == len(set(charts))
    for numbers in (published["paid"]["home_care"], [450], [13_800]):
        for number in numbers:
            assert re.sub(r"(?<=\d)(?=(\d{3})+$)", " ", str(number)) in text
    assert html.count("<table>") >= 9


def test_what_changed_is_told_from_two_releases(run: Path, tmp_path: Path) -> None:
    before = tmp_path / "2026-10-22-00000000"
    _, published = overview_page(load_run(run), "sv")
    then = json.loads(json.dumps(published)) | {"as_of": "2026-10-22", "total": [60, True], "follow_up": [40, 10]}
    then["cases"]["home_care"] = {"impossible": 15, "breach": 30, "unusual": 0}
    then["rules"] = {name: [max(0, row[0] - 1), row[1], row[2]] for name, row in then["rules"].items()}
    then["precision"] = {}
    (before / "reports" / "lagesbild").mkdir(parents=True)
    (before / "reports" / "lagesbild" / "published.json").write_text(json.dumps(then), encoding="utf-8")
    older = tmp_path / "2026-07-22-00000000"
    older.mkdir()
    text = _plain(overview_page(load_run(run), "sv", [before, older])[0])
    assert "Vad som ändrats sedan 2026-10-22" in text
    assert "Antalet ärenden var omkring 60 eller fler och är nu omkring 70 eller fler." in text
    assert re.search(r"Mest har hemtjänst ändrats: från omkring 45 till omkring \d+ ärenden\.", text)
    assert re.search(r"\d+ regler kunde beräknas, mot \d+ då\.", text) and "2026-10 40 10" in text


def _release(day: str, **more: Any) -> dict[str, Any]:
    return {"day": dt.date.fromisoformat(day), "cases": {}, **more}


def test_last_month_is_neither_last_week_nor_last_year() -> None:
    night = dt.date(2026, 11, 23)
    found = [_release(day) for day in ("2026-11-20", "2026-10-27", "2026-10-20", "2026-08-01")]
    assert releases.month_ago(found, night) is found[1]
    assert releases.month_ago([found[0], found[3]], night) is None
    assert [r["day"].day for r in releases.monthly(found)] == [1, 27, 20]


def test_a_domain_with_a_hidden_cell_is_not_compared() -> None:
    now = {"cases": {"hvb": {"impossible": 40, "breach": None}, "ledger": {"impossible": 10, "breach": 20}}}
    before = {"cases": {"hvb": {"impossible": 10, "breach": 0}, "ledger": {"impossible": 10, "breach": 15}}}
    assert releases.largest_change(before, now) == ("ledger", 25, 30)
    assert releases.largest_change(now, now) is None
    assert releases.precision_changes({"precision": {"HC01": 50, "HC02": 50, "HC03": 50}},
                                      {"precision": {"HC01": 60, "HC02": 35, "HC04": 5}}) == (["HC01"], ["HC02"])


def test_damaged_and_missing_releases_are_passed_over(tmp_path: Path) -> None:
    for name, body in (("a", "no json"), ("b", "[]"), ("c", '{"as_of": "2026-10-20"}')):
        (tmp_path / name / "reports" / "lagesbild").mkdir(parents=True)
        (tmp_path / name / "reports" / "lagesbild" / "published.json").write_text(body, encoding="utf-8")
    assert releases.published_of([tmp_path / name for name in "abcd"], AS_OF) == []


def test_a_line_breaks_where_a_month_is_hidden() -> None:
    drawn = str(trends.line(["a", "b", "c", "d", "e"], [10, 12, None, 8, 9], ["10", "12", "", "8", "9"], "t"))
    assert drawn.count('class="line"') == 2 and 'aria-label="t"' in drawn and ">10<" in drawn and ">9<" in drawn
    assert str(trends.line(["a"], [None], [""], "t")).count("circle") == 0
    bars = str(trends.bars(["<b>", "y"], [None, 20], ["färre än 8", "20"], "t"))
    assert "bar-hidden" in bars and "&lt;b&gt;" in bars


def test_it_is_written_in_both_languages_without_aggregates_too(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", providers=3)
    write_reports(folder, "en")
    text = _plain((folder / "reports" / "lagesbild" / "index.html").read_text(encoding="utf-8"))
    assert "Here and now" in text and "Payments cannot yet be followed over two half-years." in text
    assert "Coverage" in text and "färre" not in text


def test_the_new_are_never_told_as_more_than_all(tmp_path: Path) -> None:
    """Many domains with few cases each: the sum of what is shown is less than the new alone."""
    view = Overview(load_run(build(tmp_path / "run", providers=3)), "sv")
    few = {domain: {"unusual": 7 if at else 20} for at, domain in enumerate(("hvb", "ledger", "home_care"))}
    view.by_domain = lambda: disclosure.table(few, KINDS)  # type: ignore[method-assign]
    view.states = lambda: [("Ny i natt", disclosure.count(34)), ("Borta", disclosure.count(90))]  # type: ignore[method-assign]
    assert Statements(view).now().startswith(
        "I natt fanns omkring 35 eller fler ärenden att granska; omkring 35 av dem var nya.")


def test_months_before_the_first_delivery_are_no_zeros() -> None:
    rows = [{"measure": "paid", "domain": "hvb", "part": "", "month": dt.date(2026, month, 1), "value": 9e6,
             "contributors": 9, "largest": 1e6, "second": 1e6} for month in (5, 6, 8)]
    situation = Situation.of(rows, AS_OF)
    assert situation.began("hvb") == 6 and situation.began("assistance") == 0
    assert [cell.value for cell in situation.paid("hvb")] == [0] * 6 + [9_000_000] * 2 + [0, 9_000_000, 0, 0]
