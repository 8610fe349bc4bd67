"""The table that sets our order beside others, from the shape that detectors.baselines leaves in run.json."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from detectors.baselines import baselines
from detectors.ranking import Ranked, order
from reports import page, words

TABLE = '{% import "parts.html.j2" as parts with context %}{{ parts.judged_table(told, text.other_orders) }}'


def shown(n_judged: int, language: str = "sv") -> str:
    rows = order([Ranked("provider", f"{i:02d}", float(i), Decimal(100 - i), [], []) for i in range(80)])
    subjects = [("provider", f"{i:02d}") for i in range(n_judged)]
    told = baselines(rows, {s: int(s[1]) >= n_judged // 2 for s in subjects}, {s: float(s[1]) for s in subjects}, 1)
    return page._environment(language).from_string(TABLE).render(text=words.texts(language), told=told)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_precision_of_each_order_is_shown(language: str) -> None:
    html = shown(80, language)
    cells = [re.findall(r">([^<>]*)</t[dh]>", line) for line in html.split("<tr>")[2:]]
    overall = [row for row in cells if row[0] == words.texts(language)["js"]["all"]]
    assert [row[2] for row in overall] == ["10", "50"]
    assert overall[0][3].startswith("100") and overall[0][4].startswith("0")
    assert sum("4" in row[0] for row in cells) == 8, "four quarters, overall and for providers"


def test_few_judged_show_nothing() -> None:
    assert "<table" not in shown(9)
    assert "<table" in shown(10)
    assert "<table" not in page._environment("sv").from_string(TABLE).render(text=words.texts("sv"), told=None)
