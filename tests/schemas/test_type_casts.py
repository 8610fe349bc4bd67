"""Numbers, dates and truth values in every written form, checked cast by cast."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contract import Column, load_contract
from schemas.staging import connect
from schemas.type_casts import cast_of, number_style
from tests.schemas.reading_kit import column, contract


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Column]:
    folder = tmp_path_factory.mktemp("casts")
    made = contract(
        folder,
        [
            column("key", primaryKey=True),
            column("money", "number", physicalType="DECIMAL(14,2)"),
            column("real", "number"),
            column("whole", "integer"),
            column("flag", "boolean"),
            column("day", "date", dateFormats=["%d/%m/%Y", "%d-%b-%y"]),
            column("month", "date", month=True),
            column("time", "timestamp"),
            column("kind", allowedValues=["AB", "hb"], valueAliases={"Aktiebolag": "AB"}),
        ],
    )
    assert load_contract(folder / "trial.odcs.yaml") == made
    return {item.name: item for item in made.columns}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    made = connect(tmp_path_factory.mktemp("base"), None, 1, "200MB")
    yield made
    made.close()


def cast(base: duckdb.DuckDBPyConnection, item: Column, values: list[str], odd: bool = True) -> list[Any]:
    style = number_style(item, values)
    made = cast_of(item, "c0", style, odd)
    sql = (
        f'SELECT {made.typed} FROM (SELECT *, {made.found} AS "f_{item.name}" FROM '
        f'(SELECT *, {made.prepared} AS "p_{item.name}" FROM (SELECT unnest(?::VARCHAR[]) AS c0)))'
    )
    return [row[0] for row in base.execute(sql, [values]).fetchall()]


BLANKS = [" ", "\u00a0", "\u202f", ".", ""]


def written(amount: Decimal, blank: str, decimal: str, minus: str, behind: bool) -> str:
    digits = f"{abs(amount):,.2f}".replace(",", "#").replace(".", decimal).replace("#", blank)
    if amount >= 0:
        return digits
    return f"{digits}{minus}" if behind else f"{minus}{digits}"


@given(
    st.lists(st.decimals(min_value=-(10**11), max_value=10**11, places=2), min_size=1, max_size=20),
    st.sampled_from(BLANKS),
    st.sampled_from([",", "."]),
    st.sampled_from(["-", "\u2212"]),
    st.booleans(),
    st.booleans(),
)
def test_money_round_trips_through_every_written_form(
    base, columns, amounts, blank, decimal, minus, behind, odd
) -> None:
    if blank == decimal:
        blank = "\u00a0"
    values = [written(amount, blank, decimal, minus, behind) for amount in amounts]
    assert cast(base, columns["money"], values, odd) == amounts


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=20), st.sampled_from([*BLANKS, ","]))
def test_whole_numbers_round_trip(base, columns, numbers, blank) -> None:
    assert cast(base, columns["whole"], [f"{n:,}".replace(",", blank) for n in numbers]) == numbers


@settings(max_examples=25)
@given(st.lists(st.text(max_size=30), max_size=40))
def test_no_text_makes_a_cast_fail(base, columns, texts) -> None:
    for item in columns.values():
        for odd in (True, False):
            assert len(cast(base, item, [text.replace("\x00", "") for text in texts], odd)) == len(texts)


@pytest.mark.parametrize("odd", [True, False])
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("money", {"5": 5, "-5,5": Decimal("-5.5"), "1e3": 1000, "+7": 7, " 8 ": 8},
         ["12 34", "1,2,3", "5 kr", "nan", "inf", "--5", "1.2.3", "0x1F", "1_000", "999999999999999", "-",
          ".", "1e400"]),
        ("real", {"0.125": 0.125, "0,125": 0.125, "1e-3": 0.001, "1.5": 1.5, ",5": 0.5},
         ["nan", "infinity", "1e999", "x", "9" * 400]),
        ("whole", {"5,0": 5, "5.00": 5, "1 234": 1234, "1.234": 1234, "-7": -7, "7-": -7},
         ["5,5", "5.5", "99999999999", "1_0", "0x1F", "12 34"]),
        ("flag", {"JA": True, "j": True, "1": True, "True": True, "Nej": False, "N": False, "0": False, "FALSE": False},
         ["2", "kanske", "jaja", "-1"]),
        ("day", {"2026-11-23": datetime.date(2026, 11, 23), "20261123": datetime.date(2026, 11, 23),
                 "2026-11-23 08:15": datetime.date(2026, 11, 23), "24/12/2026": datetime.date(2026, 12, 24),
                 "18-Jan-12": datetime.date(2012, 1, 18), "1900-01-01": datetime.date(1900, 1, 1),
                 "2100-12-31": datetime.date(2100, 12, 31)},
         ["2026-02-30", "1899-12-31", "9999-12-31", "2101-01-01", "infinity", "-infinity", "epoch", "26-11-23",
          "2026-13-01", "202611", "45000"]),
        ("month", {"2026-11": datetime.date(2026, 11, 1), "202611": datetime.date(2026, 11, 1),
                   "2026-11-23": datetime.date(2026, 11, 1)}, ["2026-13", "2026", "11"]),
        ("time", {"2026-11-23 08:15": datetime.datetime(2026, 11, 23, 8, 15),
                  "2026-11-23T08:15:30": datetime.datetime(2026, 11, 23, 8, 15, 30),
                  "20261123T081530": datetime.datetime(2026, 11, 23, 8, 15, 30),
                  "2026-11-23": datetime.datetime(2026, 11, 23),
                  "2026-03-29 02:30": datetime.datetime(2026, 3, 29, 2, 30)},
         ["2026-11-23T08:15:00Z", "2026-11-23 08:15+01:00", "2026-11-23 25:00", "1850-01-01 08:00",
          "08:15", "infinity"]),
        ("kind", {"ab": "AB", "AB": "AB", "aktiebolag": "AB", "HB": "hb"}, ["ABC", "kb"]),
    ],
)  # fmt: skip
def test_forms(base, columns, name: str, good: dict[str, Any], bad: list[str], odd: bool) -> None:
    for text, value in good.items():
        assert cast(base, columns[name], [text], odd) == [value], text
    for text in bad:
        assert cast(base, columns[name], [text], odd) == [None], text
