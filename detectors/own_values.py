"""What a municipality has set for itself, laid over the catalogue: dated amounts of law, parameters, gates, statuses.

The catalogue's values stand in `detectors/parameters.yaml` and in the headers; the municipality's in its settings,
each with why, when and by whom it was decided. A name that the catalogue does not know is an error, because a
misspelt decision would otherwise be no decision.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from detectors.detector import Catalogue, Detector
from detectors.header import load_law_values, retired_note
from schemas.settings import LawOverride, Settings, SettingsError
from schemas.yaml_files import nearest

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DatedValue:
    """One value of law and the days it is in force; `own` is the municipality's decision, if it is theirs."""

    name: str
    valid_from: date
    valid_to: date | None
    value: float
    own: LawOverride | None = None


def dated_values(name: str, settings: Settings) -> list[DatedValue]:
    """Every value of `name` in order of days: the municipality's where it has decided one, else the catalogue's."""
    own = settings.law_values.get(name, ())
    listed = sorted(load_law_values()[name]["values"], key=lambda entry: entry["from"])
    starts = [entry["from"] for entry in listed]
    ends = [later - ONE_DAY for later in starts[1:]] + [listed[-1].get("to")]
    base = [DatedValue(name, begins, ends[at], float(listed[at]["value"])) for at, begins in enumerate(starts)]
    over = [DatedValue(name, o.valid_from, _until(o, own), o.value, o) for o in own]
    edges = {d for v in [*base, *over] for d in (v.valid_from, v.valid_to + ONE_DAY if v.valid_to else None) if d}
    days = sorted(edges)
    found: list[DatedValue] = []
    for at, day in enumerate(days):
        holds = next((v for v in [*reversed(over), *reversed(base)] if _covers(v, day)), None)
        if holds is None:
            continue
        ends_on = days[at + 1] - ONE_DAY if at + 1 < len(days) else None
        last = found[-1] if found else None
        if last and last.valid_to == day - ONE_DAY and (last.value, last.own) == (holds.value, holds.own):
            day = found.pop().valid_from
        found.append(DatedValue(name, day, ends_on, holds.value, holds.own))
    return found


def _until(own: LawOverride, all_own: Iterable[LawOverride]) -> date | None:
    """Last day of a municipality's value: its own `to`, else the day before the next one."""
    later = [other.valid_from for other in all_own if other.valid_from > own.valid_from]
    return own.valid_to or (min(later) - ONE_DAY if later else None)


def _covers(value: DatedValue, day: date) -> bool:
    return value.valid_from <= day and (value.valid_to is None or day <= value.valid_to)


def law_rows(settings: Settings) -> list[tuple[str, date, date | None, float]]:
    """All values of law as rows of the table law_values."""
    return [(v.name, v.valid_from, v.valid_to, v.value)
            for name in load_law_values() for v in dated_values(name, settings)]


def value_on(name: str, settings: Settings, day: date) -> DatedValue | None:
    """The value of `name` in force on `day`; None when there is none."""
    return next((v for v in dated_values(name, settings) if _covers(v, day)), None)


def described_law(detector: Detector, settings: Settings, since: date, as_of: date) -> dict[str, list[dict[str, Any]]]:
    """The values of law that the rule's SELECT reads by date, as in force between two days, for people to read."""
    return {name: [{"from": v.valid_from, "to": v.valid_to, "value": v.value, "override": described(v.own)}
                   for v in dated_values(name, settings)
                   if v.valid_from <= as_of and (v.valid_to is None or v.valid_to >= since)]
            for name in detector.header.get("law") or []}


def described(own: LawOverride | None) -> dict[str, Any] | None:
    """A decision on a value of law in the form of one on a parameter."""
    return None if own is None else {"value": own.value, "because": own.because, "decided": own.decided, "by": own.by}


def check_settings(settings: Settings, catalogue: Catalogue) -> None:
    """Raise SettingsError when the settings name a rule, a parameter or a value of law that there is none of.

    A rule whose file was refused is known by its fault; its decisions are kept until the file is mended.
    """
    refused = " ".join(catalogue.faults)
    for key, codes in (("gates", settings.gates), ("parameters", settings.parameters), ("statuses", settings.statuses)):
        for code in codes:
            if code not in catalogue.detectors and f"{code}_" not in refused:
                if note := retired_note(code):
                    raise SettingsError(f"{settings.path}: {key}.{code}: {note}; take the entry away")
                raise _unknown(settings, f"{key}.{code}", "there is no such detector", code, catalogue.detectors)
    for code, own in settings.parameters.items():
        valid = catalogue.detectors[code].parameters if code in catalogue.detectors else own
        for name in own:
            if name not in valid:
                raise _unknown(settings, f"parameters.{code}.{name}", f"{code} has no such parameter", name, valid)
    known = load_law_values()
    for name in settings.law_values:
        if name not in known:
            raise _unknown(settings, f"law_values.{name}", "there is no such value of law", name, known)


def _unknown(settings: Settings, key: str, what: str, word: str, valid: Mapping[str, Any]) -> SettingsError:
    return SettingsError(f"{settings.path}: {key}: {what}{nearest(word, valid)}")
