"""The guard finds personal numbers in every dress, and leaves ordinary columns alone (gates P1 and P2)."""

from __future__ import annotations

import datetime
import random
import uuid
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.personal_data import holds_personal_numbers, luhn, plain
from tests.personal_numbers import DRESSES, FORMS, number
from tests.schemas.reading_kit import read

ROWS = 200


def minute(chance: random.Random) -> datetime.datetime:
    return datetime.datetime(2026, 1, 1) + datetime.timedelta(minutes=chance.randrange(500_000))


def organisation(chance: random.Random) -> str:
    nine = f"{chance.choice('25789')}{chance.randrange(10)}{chance.randrange(2, 10)}{chance.randrange(10**6):06}"
    return next(nine + digit for digit in "0123456789" if luhn(nine + digit))


CLEAN: tuple[Callable[[random.Random], str], ...] = (
    lambda c: str(uuid.UUID(int=c.getrandbits(128))),
    lambda c: f"{c.getrandbits(64):016x}",
    lambda c: f"07{c.choice('02369')}{c.randrange(10**7):07}",
    lambda c: f"0{c.choice(['70', '8', '31', '46'])}-{c.randrange(10**6, 10**7)}",
    lambda c: f"{c.randrange(10**9, 10**10)}",
    lambda c: f"{c.randrange(10**11, 10**12)}",
    lambda c: minute(c).strftime("%Y%m%d%H%M"),
    lambda c: minute(c).strftime("%y%m%d%H%M"),
    lambda c: minute(c).strftime("%Y-%m-%d %H:%M:%S"),
    lambda c: minute(c).strftime("%Y%m%d %H%M"),
    lambda c: f"{minute(c):%y%m%d}-{c.randrange(10_000):04}",
    lambda c: organisation(c),
    lambda c: (lambda number: f"{number[:6]}-{number[6:]}")(organisation(c)),
    lambda c: f"16{organisation(c)}",
    lambda c: f"{c.randrange(10**9) / 100:.2f}".replace(".", ","),
    lambda c: f"F{c.randrange(10**6):06}",
    lambda c: f"{minute(c):%Y-%m-%d}",
    lambda c: f"{c.randrange(5000, 9999)}-{c.randrange(10**4):04}",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dress", DRESSES)
def test_forty_columns_are_refused_in_full_and_in_a_quarter(form: str, dress: str) -> None:
    chance = random.Random(f"{form}{dress}")
    write = lambda: DRESSES[dress](FORMS[form](*number(chance)))  # noqa: E731
    for column in range(40):
        clean = CLEAN[column % len(CLEAN)]
        quarter = [write() if row % 4 == 0 else clean(chance) for row in range(ROWS)]
        assert holds_personal_numbers(quarter), column
    assert holds_personal_numbers([write() for _ in range(ROWS)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dress", DRESSES)
def test_one_free_text_cell_is_enough(form: str, dress: str) -> None:
    chance = random.Random(f"{form}{dress}")
    for _ in range(20):
        cells = [f"Ring {chance.randrange(100)} gånger, tack" for _ in range(100)]
        cells[chance.randrange(100)] = f"Gäller {DRESSES[dress](FORMS[form](*number(chance)))}, ring"
        assert holds_personal_numbers(cells, free_text=True)


def test_a_named_number_is_enough_anywhere() -> None:
    assert holds_personal_numbers(["x"] * 50 + ["a", "b", "c", "pnr 8112289874"] + [str(n) for n in range(100)])


def test_a_thousand_clean_columns() -> None:
    refused = 0
    for index in range(1000):
        chance = random.Random(index)
        make = CLEAN[index % len(CLEAN)]
        refused += holds_personal_numbers([make(chance) for _ in range(chance.choice((30, 100, 300)))])
    assert refused <= 1


def test_clean_free_texts() -> None:
    chance = random.Random(7)
    for make in CLEAN[:9]:  # the next forms have a sign between date and number: one is enough there
        assert not holds_personal_numbers((f"ref {make(chance)} ok" for _ in range(300)), free_text=True)


@pytest.mark.parametrize(
    "value",
    ["811228-9875", "811328-9874", "816028-9874", "8112289874x"[:9], "0000000000", "811228-98740", "1811228-9874"],
)
def test_what_is_no_personal_number(value: str) -> None:
    assert not holds_personal_numbers([value], free_text=True)


@given(st.text())
def test_plain_never_fails_and_keeps_ascii(text: str) -> None:
    assert plain(text) == text or not text.isascii()
    holds_personal_numbers([text], free_text=True)


@pytest.mark.parametrize("unknown", [False, True], ids=["contract", "unknown"])
@pytest.mark.parametrize("kind", ["text", "code", "number"])
def test_the_reader_refuses_and_stores_nothing(tmp_path, unknown: bool, kind: str) -> None:
    chance = random.Random(kind)
    numbers = [number(chance)[1] for _ in range(40)]
    heading = {"text": "note", "code": "client_token", "number": "minutes"}[kind]
    shown = "Extra" if unknown else heading
    cells = ["en text med flera ord"] * 40 if kind == "text" else numbers
    if kind == "text":
        cells[20] = f"mamma {numbers[0][:6]}-{numbers[0][6:]}"
    head = ["visit_id", *(["client_token"] if shown != "client_token" else []), shown]
    lines = [";".join([f"v{i}", *(["c"] if shown != "client_token" else []), cell]) for i, cell in enumerate(cells)]
    found = read(tmp_path, "\n".join([";".join(head), *lines]))
    assert found.refusal is not None and (found.refusal.rule, found.refusal.column) == ("personal_number", shown)
    assert list((tmp_path / "out").iterdir()) == []
    assert not any(n in str(found) for n in numbers)


def test_one_cell_in_the_middle_of_a_large_file(tmp_path) -> None:
    lines = [
        f"v{i};c{i};en vanlig anteckning om besöket som gick bra i dag också, tack för det" for i in range(150_000)
    ]
    lines[77_777] = "v77777;c1;gäller \u0668\u0661\u0661\u0662\u0662\u0668-9874"
    found = read(tmp_path, "visit_id;client_token;note\n" + "\n".join(lines))
    assert found.refusal is not None and found.refusal.rule == "personal_number"
