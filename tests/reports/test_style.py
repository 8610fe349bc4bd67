"""Gate U9 where axe does not look: text and shapes in drawings stand out, and every state has words."""

from __future__ import annotations

import re

import pytest

from reports import words
from reports.html import ALL_STATES
from reports.model import AMOUNT_KINDS, KINDS, PSEUDO
from reports.page import static

WHITE = "#ffffff"


def _colour(selector: str, name: str) -> str:
    """The colour a rule of report.css gives, as #rrggbb."""
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", static("report.css"))
    for selectors, body in reversed(rules):
        if selector in [one.strip() for one in selectors.split(",")]:
            found = re.search(rf"(?:^|;){name}:([^;]+)", body)
            if found:
                value = found[1].strip()
                variable = re.fullmatch(r"var\((--\w+)\)", value)
                if variable:
                    value = re.search(rf"{variable[1]}:(#\w+)", static("report.css"))[1]
                return value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])
    raise AssertionError(f"{selector} has no {name}")


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts = [int(colour[at:at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself() -> None:
    assert _contrast("#000000", WHITE) == pytest.approx(21)
    assert _contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("selector", [".timeline text", ".network text", ".history text", ".timeline .lane",
                                      ".timeline .note", ".timeline .day", ".chart text"])
def test_text_in_drawings_is_readable(selector: str) -> None:
    assert _contrast(_colour(selector, "fill"), WHITE) >= 4.5


@pytest.mark.parametrize(("selector", "name"), [
    (".plus", "fill"), (".extra", "fill"), (".total", "fill"), (".rest", "fill"), (".minus", "stroke"),
    (".timeline .clash", "stroke"), (".timeline .open", "stroke"), (".timeline .span", "fill"),
    (".peer .box", "stroke"), (".edge", "stroke"), (".peer .own", "fill"), (".peer .median", "stroke"),
    (".peer .p95", "stroke"), (".network .node", "stroke"), (".history .run", "stroke"), (".bars", "stroke"),
    ("#hatch path", "stroke")])
def test_shapes_that_carry_meaning_stand_out(selector: str, name: str) -> None:
    """WCAG 1.4.11: 3:1 for what must be seen to understand."""
    assert _contrast(_colour(selector, name), WHITE) >= 3


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_state_kind_and_point_has_words(language: str) -> None:
    text = words.texts(language)
    for table, names in (("states", ALL_STATES), ("kinds", KINDS), ("amount_kinds", AMOUNT_KINDS)):
        assert set(names) <= set(text[table]) and all(text[table].values())
    assert {*PSEUDO, "other_groups"} <= set(text["js"]["pseudo"])
    said = text["states"]
    assert len({said[state] for state in ALL_STATES}) == len(ALL_STATES), "no two states read alike"
