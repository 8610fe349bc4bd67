"""Finds personal numbers behind a plain hash or an encoding (gate P5).

A hash without a key is no pseudonym: there are some 37 million personal numbers of living people, and whoever holds
a column of md5, sha1, sha256 or sha512 sums computes them all in a minute. So we compute a few: all numbers of a
handful of birth dates drawn by lot, in the four ways they are usually written. One single match is proof, because
chance gives none (2^-128). With N different values and D of the 36,890 dates, a column of real people is missed with
probability (1 - D/36,890)^N; D is chosen so that this is below 1 % from N = 100 on.

Cost: 1.5 ms a date and length of hash (4,000 hashes); 2.6 s at N = 100, 0.3 s at 1,000, nothing for a column that
does not look like hashes. Base64 and hexadecimal of the digits themselves are decoded and judged like digits.

Not found, because nobody can: a hash with a salt or key, of a number written in another way, cut short, or hashed
twice; coordination numbers alone; below 100 values ever more is missed (37 % at N = 20).
Nothing here returns or logs a value.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from schemas.personal_data import holds_personal_numbers
from schemas.refusal import Refused

MISSES = 0.01
JUDGED_FROM = 100  # distinct values from which fewer than MISSES are missed
LEAST_DATES = 12
PROBE = 400  # values that decide whether a column is looked at closer
LIKE_HASHES = 0.5  # share of a column's values that must look like hashes of one length
_FIRST, _LAST = datetime.date(1926, 1, 1), datetime.date(2026, 12, 31)
DATES = (_LAST - _FIRST).days + 1

# Bytes of a digest -> the functions that give it.
HASHES: Mapping[int, tuple[Callable[..., Any], ...]] = {
    16: (hashlib.md5,), 20: (hashlib.sha1,), 28: (hashlib.sha224,), 32: (hashlib.sha256,), 48: (hashlib.sha384,),
    64: (hashlib.sha512,),
}
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{14,88}={0,2}\Z")
_NAMED = re.compile(r"(?:\{[A-Za-z0-9-]{3,8}\}|[A-Za-z0-9-]{3,8}[:$])(?=.{20})|0[xX](?=[0-9a-fA-F]{32})")
# The digest written as a uuid; one that a random generator made says so in its 13th digit.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)
_DIGITS = re.compile(rb"[0-9][0-9 +-]{8,11}[0-9]\Z")
_LUHN = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def columns_of_hashes(columns: Mapping[int, Iterable[str | None]], seed: int = 0) -> int | None:
    """The first of these columns (position -> values, repeats allowed) that holds hashed or encoded numbers."""
    looked: dict[int, dict[int, set[bytes]]] = {}
    for position, values in columns.items():
        seen = list(values)
        if not _worth_it(seen[:: max(1, len(seen) // PROBE)]):
            continue
        distinct = {value.strip() for value in seen if value and len(value) > 13}
        if len(distinct) < 2:
            continue
        if _encoded(distinct):
            return position
        size, digests = _digests(distinct)
        if size:
            looked.setdefault(size, {})[position] = digests
    guilty = [at for size, found in looked.items() if (at := _search(size, found, seed)) is not None]
    return min(guilty, default=None)


def refuse(columns: Mapping[int, Iterable[str | None]], names: Mapping[int, str], seed: int) -> None:
    """Refused, naming the column, when one of the columns holds hashed or encoded numbers."""
    position = columns_of_hashes(columns, seed)
    if position is not None:
        raise Refused("hashed_number", column=names.get(position, f"kolumn {position + 1}"))


def dates_needed(values: int) -> int:
    """How many birth dates to try for so many different values."""
    share = 1 - MISSES ** (1 / max(values, JUDGED_FROM))
    return max(LEAST_DATES, math.ceil(share * DATES))


def _search(size: int, columns: Mapping[int, set[bytes]], seed: int) -> int | None:
    """The first column in which a number of the drawn dates is found."""
    everything = set().union(*columns.values())
    chance = random.Random(f"{seed}/{size}")
    for day in chance.sample(range(DATES), dates_needed(min(len(found) for found in columns.values()))):
        numbers = written(_FIRST + datetime.timedelta(days=day))
        for function in HASHES[size]:
            hits = everything.intersection([function(number).digest() for number in numbers])
            if hits:
                return min(position for position, found in columns.items() if found & hits)
    return None


def _tails() -> list[list[bytes]]:
    """For each sum of the date's digits (mod 10): the thousand endings with the check digit that fits."""
    tails = []
    for start in range(10):
        ends = []
        for serial in range(1000):
            a, b, c = serial // 100, serial // 10 % 10, serial % 10
            ends.append(b"%03d%d" % (serial, -(start + _LUHN[a] + b + _LUHN[c]) % 10))
        tails.append(ends)
    return tails


_ENDS: list[list[bytes]] = []


def written(born: datetime.date) -> list[bytes]:
    """All numbers of one birth date: 198112289874, 19811228-9874, 8112289874, 811228-9874, and so on."""
    if not _ENDS:
        _ENDS.extend(_tails())
    short = f"{born:%y%m%d}"
    total = sum(_LUHN[int(d)] if at % 2 == 0 else int(d) for at, d in enumerate(short))
    ends = _ENDS[total % 10]
    head, century = short.encode(), f"{born:%Y}"[:2].encode()
    plain = [head + end for end in ends]
    dashed = [head + b"-" + end for end in ends]
    return [*plain, *dashed, *(century + one for one in plain), *(century + one for one in dashed)]


def _worth_it(values: Iterable[str | None]) -> bool:
    """Whether some values of a column suggest hashes or encodings; spares ordinary columns the rest."""
    distinct = {value.strip() for value in values if value}
    alike = sum(1 for value in distinct
                if len(value) > 13 and (_digest(value) is not None or _text_of(value) is not None))
    return bool(alike) and alike >= LIKE_HASHES / 2 * len(distinct)


def _encoded(values: set[str]) -> bool:
    """Whether the values are base64 or hexadecimal of written numbers."""
    decoded = [text for value in values if (text := _text_of(value)) is not None]
    return len(decoded) >= LIKE_HASHES * len(values) and holds_personal_numbers(decoded)


def _text_of(value: str) -> str | None:
    found: bytes | None = None
    if len(value) in range(20, 27, 2) and _HEX.match(value):
        found = binascii.unhexlify(value)
    elif _BASE64.match(value) and len(value) <= 24:
        found = _unbase64(value)
    return found.decode() if found is not None and _DIGITS.match(found) else None


def _unbase64(value: str) -> bytes | None:
    bare = value.rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_" if {"-", "_"} & set(bare) else None)
    except (binascii.Error, ValueError):
        return None


def _digests(values: set[str]) -> tuple[int, set[bytes]]:
    """(length in bytes, digests) when most values are digests of one length, else (0, nothing)."""
    by_size: dict[int, set[bytes]] = {}
    for value in values:
        digest = _digest(value)
        if digest is not None:
            by_size.setdefault(len(digest), set()).add(digest)
    size, found = max(by_size.items(), key=lambda pair: len(pair[1]), default=(0, set()))
    return (size, found) if len(found) >= LIKE_HASHES * len(values) else (0, set())


def _digest(value: str) -> bytes | None:
    bare = _NAMED.sub("", value, count=1)
    uuid = _UUID.match(bare)
    if uuid:
        return None if uuid[1] in "1234567" else binascii.unhexlify(bare.replace("-", ""))
    if _HEX.match(bare) and len(bare) % 2 == 0 and len(bare) // 2 in HASHES:
        return binascii.unhexlify(bare)
    if _BASE64.match(bare):
        digest = _unbase64(bare)
        if digest is not None and len(digest) in HASHES:
            return digest
    return None
