"""P2: of a thousand columns without personal numbers at most one is refused."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import random
import uuid
from collections.abc import Callable
from pathlib import Path

from schemas import hashed_numbers
from schemas.personal_data import holds_personal_numbers, luhn
from tests.personal_numbers import FORMS, number
from tests.schemas.reading_kit import read


def minute(chance: random.Random) -> datetime.datetime:
    return datetime.datetime(2026, 1, 1) + datetime.timedelta(minutes=chance.randrange(500_000))


def organisation(chance: random.Random) -> str:
    nine = f"{chance.choice('25789')}{chance.randrange(10)}{chance.randrange(2, 10)}{chance.randrange(10**6):06}"
    return next(nine + digit for digit in "0123456789" if luhn(nine + digit))


CLEAN: dict[str, Callable[[random.Random], str]] = {
    "uuid": lambda c: str(uuid.UUID(int=c.getrandbits(128))),
    "token": lambda c: f"{c.getrandbits(64):016x}",
    "mobile": lambda c: f"07{c.choice('02369')}{c.randrange(10**7):07}",
    "telephone": lambda c: f"0{c.choice(['70', '8', '31', '46'])}-{c.randrange(10**6, 10**7)}",
    "ten digits": lambda c: f"{c.randrange(10**9, 10**10)}",
    "twelve digits": lambda c: f"{c.randrange(10**11, 10**12)}",
    "running number": lambda c: f"{2026000000 + c.randrange(10**6)}",
    "stamp": lambda c: minute(c).strftime("%Y%m%d%H%M"),
    "short stamp": lambda c: minute(c).strftime("%y%m%d%H%M"),
    "time": lambda c: minute(c).strftime("%Y-%m-%d %H:%M:%S"),
    "stamp with a blank": lambda c: minute(c).strftime("%Y%m%d %H%M"),
    "document": lambda c: f"{minute(c):%y%m%d}-{c.randrange(10_000):04}",
    "organisation": organisation,
    "organisation with a dash": lambda c: (lambda n: f"{n[:6]}-{n[6:]}")(organisation(c)),
    "organisation, twelve": lambda c: f"16{organisation(c)}",
    "amount": lambda c: f"{c.randrange(10**9) / 100:.2f}".replace(".", ","),
    "invoice": lambda c: f"F{c.randrange(10**6):06}",
    "bankgiro": lambda c: f"{c.randrange(5000, 9999)}-{c.randrange(10**4):04}",
    "reference": lambda c: f"{c.randrange(10**14):014}{c.randrange(10)}",
    "day": lambda c: f"{minute(c):%Y-%m-%d}",
}


def test_a_thousand_clean_columns() -> None:
    makers = list(CLEAN.values())
    refused = []
    for index in range(1000):
        chance = random.Random(index)
        make = makers[index % len(makers)]
        if holds_personal_numbers([make(chance) for _ in range(chance.choice((30, 100, 300)))]):
            refused.append(list(CLEAN)[index % len(makers)])
    assert len(refused) <= 1, refused


def test_clean_columns_pass_the_reader(tmp_path: Path) -> None:
    """All kinds in one file, as columns the contract does not know: they are watched like the others."""
    chance = random.Random(2)
    lines = [";".join(["visit_id", "client_token", *CLEAN])]
    lines += [";".join([f"v{row}", f"c{row}", *(make(chance) for make in CLEAN.values())]) for row in range(300)]
    assert read(tmp_path, "\n".join(lines)).refusal is None


def test_pseudonyms_with_a_key_are_no_hashes_of_numbers() -> None:
    """Real pseudonyms look like the hashes that P5 refuses; the secret key is the difference."""
    chance = random.Random(3)
    keyed = [hmac.new(b"secret", FORMS["YYYYMMDDNNNN"](*number(chance)).encode(), hashlib.sha256).hexdigest()
             for _ in range(4000)]
    assert hashed_numbers.columns_of_hashes({0: keyed}) is None


def test_control_a_careless_guard_would_refuse_many() -> None:
    """What P2 is for: going by date and check digit of single cells, a tenth of all stamps are personal numbers."""
    chance = random.Random(4)
    careless = sum(luhn(CLEAN["short stamp"](chance)) for _ in range(1000))
    assert careless > 50
