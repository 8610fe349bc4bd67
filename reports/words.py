"""Words and numbers for readers: texts by language, numbers by locale, sentences from templates."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

LANGUAGES = ("sv", "en")
_BLANK = "\u00a0"  # no-break, so that a number never wraps
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?")
_YEAR = re.compile(r"(^|_)(year|ar)($|_)")


def _yaml(path: Path) -> dict[str, Any]:
    """A file of ours; libyaml reads it ten times as fast where it is there."""
    return yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


@lru_cache(maxsize=2)
def texts(language: str) -> dict[str, Any]:
    """The page texts of a language. Raises ValueError for a language we do not have."""
    if language not in LANGUAGES:
        raise ValueError(f"language '{language}' is not one of {', '.join(LANGUAGES)}")
    path = Path(__file__).with_name("texts") / f"{language}.yaml"
    return _yaml(path)


@lru_cache(maxsize=2)
def translations(language: str) -> dict[str, dict[str, str]]:
    """What the rules say in English only, in another language: `names` of limits, `said` (reasons, units)."""
    path = Path(__file__).with_name("texts") / f"limits.{language}.yaml"
    return _yaml(path) if path.exists() else {"names": {}, "said": {}}


def spoken(text: Any, language: str) -> tuple[str, str]:
    """A header text in the page's language when there is one, else in English; and which of them it is."""
    if isinstance(text, Mapping):
        return pick(text, language), language if text.get(language) else "sv" if language == "en" else "en"
    plain = pick(text, language)
    if language == "en" or not plain:
        return plain, language
    said = translations(language)["said"].get(plain) or (basis(plain, language) if _REFERENCE.fullmatch(plain) else "")
    return (said, language) if said else (plain, "en")


def limit_name(name: str, language: str) -> str:
    """The name of a parameter as people read it."""
    return translations(language)["names"].get(name, name.replace("_", " "))


_REFERENCE = re.compile(r"(handbook )?(reference )?[A-Z]{1,3}-?\d+")  # a place in the handbook and nothing more
_BASIS = (("handbook reference section", "handbokens referensdel, avsnitt"),
          ("handbook reference", "handbokens referens"),
          ("reference", "referens"), ("handbook section", "handboken, avsnitt"), ("handbook", "handboken"),
          (" and ", " och "),
          (" applied to assistance", ", tillämpad på assistans"), (" on day length", " om dygnets längd"),
          (", stays abroad", ", utlandsvistelser"))


def basis(text: str, language: str) -> str:
    """The title of a source. References are left as they are but for the words around them."""
    if language == "sv" and text.startswith(("handbook", "reference")):
        for english, swedish in _BASIS:
            text = text.replace(english, swedish)
    return text


def pick(text: Any, language: str) -> str:
    """A header text is a plain string or {sv, en}; the other language serves when one is missing."""
    if isinstance(text, Mapping):
        other = "en" if language == "sv" else "sv"
        text = text.get(language) or text.get(other) or ""
    return " ".join(str(text).split()) if text is not None else ""


def number(value: float | int | Decimal, language: str, decimals: int | None = None) -> str:
    """1 234,50 in Swedish, 1,234.50 in English; without `decimals`: as many as needed, at most two."""
    if isinstance(value, float) and not math.isfinite(value):
        return texts(language)["missing"]
    # Half up, as people round and as the page's script does; Python alone would round halves to even.
    places: int = 2 if decimals is None else decimals
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = f"{rounded:,.{places}f}"
    if decimals is None:
        text = text.rstrip("0").rstrip(".")
    if text.lstrip("-0.,") == "":
        text = text.lstrip("-")
    if language == "sv":
        text = text.replace(",", _BLANK).replace(".", ",")
    return text.replace("-", "\u2212", 1)


def sek(value: float | int | Decimal, language: str) -> str:
    """Kronor: no öre from 100 up, two decimals below."""
    return number(value, language, 2 if value != 0 and -100 < value < 100 else 0)


def moment(value: Any) -> str:
    """ISO day or minute without a T: 2026-11-20 14:05. Midnight stays a day only if it came as a date."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def moment_text(value: Any) -> str:
    """A value of a source row as text; timestamps lose their T and seconds of zero."""
    if value is None:
        return ""
    found = _MOMENT.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return str(value)
    seconds = found[3] or ""
    return f"{found[1]} {found[2]}" + ("" if seconds.startswith(":00") else seconds[:3])


def fact(name: str, value: Any, language: str) -> str:
    """One fact of a finding as words; money by its name (`*_sek`), dates ISO, lists joined."""
    say = texts(language)
    if value is None or value == "":
        return say["missing"]
    if isinstance(value, bool):
        return say["yes"] if value else say["no"]
    if isinstance(value, (int, float, Decimal)):
        if name.endswith("_sek") or name == "sek":
            return sek(value, language) if math.isfinite(value) else say["missing"]
        if _YEAR.search(name) and float(value).is_integer():
            return str(int(value))
        return number(value, language)
    if isinstance(value, (list, tuple)):
        return ", ".join(fact(name, item, language) for item in value) or say["missing"]
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {fact(key, item, language)}" for key, item in value.items())
    return _MOMENT.sub(r"\1 \2", str(value))


def sentence(template: Any, facts: Mapping[str, Any], language: str) -> str:
    """Fill `{name}` from the facts. A missing fact reads as «uppgift saknas»; never an exception.

    `{n:gång|gånger}` writes the number and the noun that fits it: 1 gång, 3 gånger. `{rate:2}` keeps two decimals;
    otherwise a number with more than one decimal gets three digits that say something: 52,9 procent, 2 917 kronor.
    `[a / b / c]` is a list of parts: those whose numbers are all zero or missing are left out, the rest is joined
    with commas and "och"; `[ (of which {n} at night)]` is a part that vanishes when there is nothing to tell.
    """
    pattern = pick(template, language)
    try:
        return "".join(_listed(part[1:-1], facts, language) if part.startswith("[") and part.endswith("]")
                       else _filled(part, facts, language)[0] for part in _PARTS.split(pattern))
    except (ValueError, IndexError):
        return pattern


_PARTS = re.compile(r"(\[[^\[\]]*\])")


def _listed(inner: str, facts: Mapping[str, Any], language: str) -> str:
    """The parts of a bracket that have something to tell, joined."""
    filled = [_filled(part, facts, language) for part in inner.split(" / ")]
    told = [text for text, tells in filled if tells]
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} {texts(language)['and']} {told[-1]}"


def _filled(pattern: str, facts: Mapping[str, Any], language: str) -> tuple[str, bool]:
    """The text with its facts, and whether any of them says something (a text without facts always does)."""
    out: list[str] = []
    values: list[Any] = []
    for text, name, spec, _ in list(Formatter().parse(pattern)):
        out.append(text)
        if name is None:
            continue
        value = facts.get(name.strip())
        values.append(value)
        out.append(_told(name, value, spec or "", language))
        if spec and "|" in spec:
            one, _, many = spec.partition("|")
            out.append(f" {one if value == 1 else many}")
    return "".join(out), not values or any(value not in (None, 0, "") for value in values)


def _told(name: str, value: Any, spec: str, language: str) -> str:
    """A fact inside a sentence: like `fact`, without decimals that say nothing."""
    fraction = isinstance(value, (float, Decimal)) and math.isfinite(value)
    if fraction and spec in ("0", "1", "2"):
        return number(value, language, int(spec))
    if not fraction or 10 * value % 1 == 0 or name.endswith("_sek") or name == "sek":
        return fact(name, value, language)
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return number(Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), language)


def filled(pattern: str, **values: Any) -> str:
    """A page text with its values, which may be numbers in words already: `{n:ärende|ärenden}` adds the noun."""
    out: list[str] = []
    for text, name, spec, _ in Formatter().parse(pattern):
        out.append(text)
        if name is not None:
            out.append(str(values[name]))
            if spec and "|" in spec:
                one, _, many = spec.partition("|")
                out.append(f" {one if str(values[name]) == '1' else many}")
    return "".join(out)


_NAME = re.compile(r"\b([a-z]+(?:_[a-z]+)*)\.([a-z]+(?:_[a-z]+)*)\b|\b[a-z]+(?:_[a-z]+)+\b")


def named(text: str, language: str) -> str:
    """A reason with the names of datasets and columns as people know them; the column's own name is kept beside."""
    say = texts(language)

    def spoken_name(found: re.Match[str]) -> str:
        dataset, column = found[1], found[2]
        if dataset is None:
            return str(say["datasets"].get(found[0], found[0]))
        if dataset not in say["datasets"]:
            return found[0]
        return f"{say['columns'].get(column, column)} ({say['datasets'][dataset]}, {column})"

    return _NAME.sub(spoken_name, text)


_UNITS = {  # Swedish and English units of limits when there is one of it
    "dagar": "dag", "dygn": "dygn", "månader": "månad", "veckor": "vecka", "timmar": "timme", "minuter": "minut",
    "kronor": "krona", "år": "år", "hela": "hel", "par": "par", "gånger": "gång", "personer": "person",
    "rader": "rad", "fakturor": "faktura", "utbetalningar": "utbetalning", "besök": "besök", "ansökningar": "ansökan",
    "days": "day", "months": "month", "weeks": "week", "hours": "hour", "minutes": "minute", "years": "year"}


def unit_of(unit: str, value: Any) -> str:
    """The unit of a limit in the number that fits the value: 1 månad, 3 månader."""
    if value != 1:
        return unit
    return " ".join(_UNITS.get(word, word) for word in unit.split(" "))
