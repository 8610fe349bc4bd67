"""The guard against Swedish personal numbers in exports that should hold pseudonyms only.

A personal number (personnummer) or coordination number (samordningsnummer: day + 60) is six or eight digits of
birth date, an optional sign, and four digits of which the last is a Luhn check digit over the last ten.

What is decided, and why (gates P1 and P2):
- A number written with a sign between its parts in a **free text** is one too many: refuse on the first.
- The same in a **code column** may be a document number: refuse from 5 % of the distinct values.
- **Bare digits** prove little: 0.7 % of random ten-digit numbers and 10 % of date-times pass. Refuse a code
  column from 25 % of its distinct values (judged from 20 %, since large files are judged by a sample).
- In code columns and for bare digits in free text the hits must also be more than chance would give among the
  numbers that merely *look* like a birth date: one in ten of those has a fitting check digit. That is what
  keeps timestamps, telephone numbers and running invoice numbers out.
- Disguises do not help: full-width, Arabic-Indic and other digits, zero-width characters, no-break blanks and all
  kinds of dashes are made plain first.

Nothing here returns or logs a value.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

SAMPLE_ROWS = 20_000
BARE_SHARE, BARE_SHARE_OF_SAMPLE = 0.25, 0.20
SIGN_SHARE = 0.05
# Hits that chance gives with a probability below this are no accident (binomial, one in ten).
CHANCE = 1e-3
LEAST_BARE = 3

# RE2 for DuckDB: ten digits of any script with at most three other signs between two of them. Everything that
# `look` can find in a text matches this, so texts that do not match need no look.
PREFILTER = r"[\p{Nd}\p{No}](?:[^\p{L}\p{Nd}\p{No}]{0,4}[\p{Nd}\p{No}]){8}"

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u00ad\ufe58\ufe63\uff0d\u2043\u02d7\u30fc"
_BETWEEN = r"[ ./:_-]{0,2}"
_NUMBER = re.compile(
    rf"(?<![0-9])(?:(?P<century>1[89]|20){_BETWEEN})?"
    rf"(?P<year>[0-9]{{2}})(?P<s1>{_BETWEEN})(?P<month>[01][0-9])(?P<s2>{_BETWEEN})(?P<day>[0-9]{{2}})"
    r"(?P<s3>[ ./:_+-]{0,3})(?P<last>[0-9]{4})(?![0-9])"
)
_NINE = re.compile(r"[0-9]{9}\Z")
# A uuid's groups may be digits by chance.
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_SAYS_SO = re.compile(r"person(?:nummer|nr|\.?\s?nr)|\bpnr\b|\bp-?nr\b|samordningsn|född", re.IGNORECASE)
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


@dataclass
class Look:
    """What was seen in one column, counted over distinct values."""

    values: int = 0
    bare: int = 0  # bare digits that are a personal number in every respect
    bare_dates: int = 0  # bare digits that begin as a birth date, right check digit or not
    signed: int = 0  # written with a sign between the parts, right in every respect
    signed_dates: int = 0
    named: int = 0  # the text itself says that a personal number follows


def plain(value: str) -> str:
    """The value with every script's digits as 0-9, dashes as -, blanks as one blank and nothing unseen."""
    if value.isascii():
        return value
    out = []
    for sign in unicodedata.normalize("NFKC", value):
        if sign in _DASHES:
            out.append("-")
            continue
        if sign.isascii():
            out.append(sign)
            continue
        kind = unicodedata.category(sign)
        if kind in ("Nd", "No"):
            digit = unicodedata.digit(sign, None)
            out.append(sign if digit is None else str(digit))
        elif kind in ("Zs", "Zl", "Zp"):
            out.append(" ")
        elif kind == "Pd":
            out.append("-")
        elif kind not in ("Cf", "Mn", "Cc"):
            out.append(sign)
    return "".join(out)


def luhn(ten: str) -> bool:
    """Whether the last of ten digits is the check digit of the nine before it."""
    total = 0
    for index, digit in enumerate(ten):
        total += _DOUBLED[ord(digit) - 48] if index % 2 == 0 else ord(digit) - 48
    return total % 10 == 0


def _is_date(century: str | None, year: str, month: str, day: str) -> bool:
    number, within = int(month), int(day)
    if within > 60:
        within -= 60
    if not (1 <= number <= 12 and 1 <= within <= _DAYS[number - 1]):
        return False
    if number == 2 and within == 29:
        full = int((century or "20") + year)
        return full % 4 == 0 and (full % 100 != 0 or full % 400 == 0)
    return True


def _matches(value: str) -> Iterable[re.Match[str]]:
    start = 0
    while found := _NUMBER.search(value, start):
        yield found
        start = found.start() + 1


def look_at(value: str, look: Look) -> None:
    """Adds what one distinct value holds to `look`; a value counts at most once in each counter."""
    look.values += 1
    if len(value) < 9:
        return
    text = plain(value)
    text = "".join(text.split("\u200b"))
    if _NINE.match(text):
        text = "0" + text  # a number column drops the first zero of those born in 2000-2009
    if "-" in text:
        text = _UUID.sub(" ", text)
    bare = bare_date = signed = signed_date = False
    for found in _matches(text):
        century, year, month, day, last = found.group("century", "year", "month", "day", "last")
        if not _is_date(century, year, month, day) or last == "0000":
            continue
        right = luhn(year + month + day + last)
        if len(found[0]) in (10, 12) and found[0].isdigit():
            bare_date, bare = True, bare or right
        else:
            signed_date, signed = True, signed or right
    if (bare or signed) and _SAYS_SO.search(text):
        look.named += 1
    look.bare += bare
    look.bare_dates += bare_date
    look.signed += signed
    look.signed_dates += signed_date


def _beyond_chance(hits: int, dates: int) -> bool:
    """Whether `hits` right check digits among `dates` candidates are more than one in ten explains."""
    if hits >= 0.75 * dates:
        return True
    tail = (
        sum(math.comb(dates, k) * 0.1**k * 0.9 ** (dates - k) for k in range(hits, min(dates, 1000) + 1))
        if dates <= 1000
        else 0.0
        if hits > 0.15 * dates
        else 1.0
    )
    return tail < CHANCE


def judge(look: Look, free_text: bool, sampled: bool) -> bool:
    """Whether the column holds personal numbers. `sampled`: only some of the file's rows were looked at."""
    if look.named:
        return True
    if free_text:
        return look.signed > 0 or (look.bare > 0 and _beyond_chance(look.bare, look.bare_dates))
    share = BARE_SHARE_OF_SAMPLE if sampled else BARE_SHARE
    values = look.values - 1  # the column's own heading may be among the values
    if look.signed and look.signed >= SIGN_SHARE * values and _beyond_chance(look.signed, look.signed_dates):
        return True
    enough = look.bare >= LEAST_BARE or look.bare == look.values > 1
    return enough and look.bare >= share * values and _beyond_chance(look.bare, look.bare_dates)


def holds_personal_numbers(values: Iterable[str | None], free_text: bool = False, sampled: bool = False) -> bool:
    """Whether a column with these values (any order, repeats allowed) must be refused."""
    look = Look()
    for value in {value for value in values if value}:
        look_at(value, look)
        if free_text and (look.signed or look.named):
            return True
    return judge(look, free_text, sampled)


def reads_as_text(values: Iterable[str | None]) -> bool:
    """Whether a column of unknown meaning is written text (several words) rather than codes."""
    distinct = {value for value in values if value}
    wordy = sum(1 for value in distinct if sum(part.isalpha() for part in value.split()) >= 2)
    return bool(distinct) and wordy >= 0.2 * len(distinct)
