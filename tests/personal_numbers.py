"""Made-up personal numbers and how people write and disguise them, for the tests of personal data."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable

from schemas.personal_data import luhn


def number(chance: random.Random, coordination: float = 0.2) -> tuple[int, str]:
    """Birth year and ten digits with a right check digit; a share are coordination numbers (day + 60)."""
    born = datetime.date(1930, 1, 1) + datetime.timedelta(days=chance.randrange(34_000))
    day = born.day + (60 if chance.random() < coordination else 0)
    nine = f"{born.year % 100:02}{born.month:02}{day:02}{chance.randrange(1, 1000):03}"
    return born.year, next(nine + digit for digit in "0123456789" if luhn(nine + digit))


FORMS: dict[str, Callable[[int, str], str]] = {
    "YYMMDD-NNNN": lambda y, n: f"{n[:6]}-{n[6:]}",
    "YYMMDD+NNNN": lambda y, n: f"{n[:6]}+{n[6:]}",
    "YYMMDDNNNN": lambda y, n: n,
    "YYYYMMDD-NNNN": lambda y, n: f"{y // 100}{n[:6]}-{n[6:]}",
    "YYYYMMDDNNNN": lambda y, n: f"{y // 100}{n}",
    "YYMMDD NNNN": lambda y, n: f"{n[:6]} {n[6:]}",
    "YYYY-MM-DD-NNNN": lambda y, n: f"{y // 100}{n[:2]}-{n[2:4]}-{n[4:6]}-{n[6:]}",
    "YY.MM.DD NNNN": lambda y, n: f"{n[:2]}.{n[2:4]}.{n[4:6]} {n[6:]}",
}
DRESSES: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "full-width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text),
    "Arabic-Indic": lambda text: "".join(chr(0x660 + int(c)) if c.isdigit() else c for c in text),
    "zero-width": lambda text: "\u200b".join(text),
    "no-break blank": lambda text: f"\u00a0{text.replace(' ', chr(0xA0))}\u202f",
    "en dash": lambda text: text.replace("-", "\u2013"),
    "minus": lambda text: text.replace("-", "\u2212"),
}
DRESSED = [(form, dress) for form in FORMS for dress in DRESSES]


def write(chance: random.Random, form: str, dress: str) -> str:
    """One number, written and disguised."""
    return DRESSES[dress](FORMS[form](*number(chance)))
