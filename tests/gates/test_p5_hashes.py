"""P5: a column of plain hashes or encodings of personal numbers is refused.

The search is by lot, so its misses are part of the promise: below 1 % for a hundred different values or more.
"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas import hashed_numbers
from tests.personal_numbers import FORMS, number
from tests.schemas.reading_kit import read

VALUES = 1000
WRITTEN = ("YYMMDDNNNN", "YYMMDD-NNNN", "YYYYMMDDNNNN", "YYYYMMDD-NNNN")
DIGESTS: dict[str, Callable[[bytes], str]] = {
    "md5": lambda n: hashlib.md5(n).hexdigest(),
    "sha1, upper": lambda n: hashlib.sha1(n).hexdigest().upper(),
    "sha256": lambda n: hashlib.sha256(n).hexdigest(),
    "sha512": lambda n: hashlib.sha512(n).hexdigest(),
    "sha256 in base64": lambda n: base64.b64encode(hashlib.sha256(n).digest()).decode(),
    "md5 in base64url": lambda n: base64.urlsafe_b64encode(hashlib.md5(n).digest()).decode().rstrip("="),
    "sha256 with its name": lambda n: "sha256:" + hashlib.sha256(n).hexdigest(),
    "base64": lambda n: base64.b64encode(n).decode(),
    "hexadecimal": lambda n: n.hex(),
}


def numbers(seed: int, form: str, count: int = VALUES) -> list[bytes]:
    chance = random.Random(seed)
    return [FORMS[form](*number(chance, coordination=0.05)).encode() for _ in range(count)]


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("how", DIGESTS)
def test_hashed_columns_are_found(how: str, form: str) -> None:
    column = [DIGESTS[how](one) for one in numbers(5, form)]
    assert hashed_numbers.columns_of_hashes({0: [f"a{n}" for n in range(99)], 3: column}) == 3


@pytest.mark.parametrize("how", ["md5", "sha256 in base64", "base64"])
def test_the_reader_refuses_and_stores_nothing(tmp_path: Path, how: str) -> None:
    column = [DIGESTS[how](one) for one in numbers(6, "YYYYMMDDNNNN")]
    lines = ["visit_id;client_token", *(f"v{row};{value}" for row, value in enumerate(column))]
    found = read(tmp_path, "\n".join(lines))
    assert found.refusal is not None
    assert (found.refusal.rule, found.refusal.column) == ("hashed_number", "client_token")
    assert "visits.csv" in found.refusal.file and not [value for value in column if value in str(found)]
    assert list((tmp_path / "out").iterdir()) == []


def test_as_a_uuid() -> None:
    """A digest in the form of a uuid; only one whose 13th digit says that it was drawn at random is passed over."""
    text = [hashlib.md5(one).hexdigest() for one in numbers(7, "YYYYMMDDNNNN")]
    column = ["-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:])) for h in text]
    assert hashed_numbers.columns_of_hashes({0: column}) == 0


def test_misses_are_as_rare_as_promised() -> None:
    """The arithmetic of the promise, for every size of column; benchmarks/hashed_numbers.py counts them."""
    for values in (100, 101, 250, 1000, 5000, 20_000):
        share = hashed_numbers.dates_needed(values) / hashed_numbers.DATES
        assert (1 - share) ** values <= hashed_numbers.MISSES
    # a column with fewer values is searched as far as one with a hundred
    assert hashed_numbers.dates_needed(20) == hashed_numbers.dates_needed(100)


def test_a_small_column_is_searched_too() -> None:
    found = sum(hashed_numbers.columns_of_hashes(
        {0: [DIGESTS["sha256"](one) for one in numbers(seed, "YYYYMMDDNNNN", 300)]}, seed) == 0 for seed in range(8))
    assert found >= 7  # 300 values: 1 % of 8 columns


def test_control_a_salt_cannot_be_seen_through() -> None:
    """What the guard cannot do, so that nobody believes it can: the page on privacy says so."""
    column = [hashlib.sha256(b"salt" + one).hexdigest() for one in numbers(8, "YYYYMMDDNNNN", 5000)]
    assert hashed_numbers.columns_of_hashes({0: column}) is None
