"""What every scheme and look-alike works with: a case (code, difficulty, random stream) and small helpers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data_samples.model import Town, first_day, month_of

_LEVELS = {"easy": (0.72, 1.0), "medium": (0.4, 0.72), "hard": (0.1, 0.4)}


class Case:
    """One scheme to plant. `size` draws between a barely visible and a blatant value."""

    kind = "planted"

    def __init__(self, town: Town, code: str, number: int, difficulty: str) -> None:
        self.town, self.code, self.number, self.difficulty = town, code, number, difficulty
        self.rng = town.rng(f"{self.kind}.{code}.{number}")

    def size(self, low: float, high: float) -> float:
        a, b = _LEVELS[self.difficulty]
        return low + (high - low) * float(self.rng.uniform(a, b))

    def count(self, low: int, high: int) -> int:
        return max(low, round(self.size(low, high)))

    def note(self, subject_type: str, index: int | str, amount: float, rows: int, text: str,
             days: tuple[int, int] | None = None) -> None:
        if days is None:
            days = (self.town.start, self.town.end - 1)
        level = self.difficulty if self.kind == "planted" else "none"
        self.town.note(self.code, subject_type, index, level, days, amount, rows, text, self.kind)


class Innocent(Case):
    """A look-alike: resembles the rule's deviation and has an ordinary explanation."""

    kind = "lookalike"

    def __init__(self, town: Town, code: str, number: int = 0) -> None:
        super().__init__(town, code, number, "easy")


@dataclass(frozen=True)
class Scheme:
    code: str
    phase: str
    function: Callable[[Town, Any], None]


REGISTRY: dict[str, Scheme] = {}


def scheme(code: str, phase: str = "events") -> Callable[[Callable[[Town, Case], None]], Callable[[Town, Case], None]]:
    def register(function: Callable[[Town, Case], None]) -> Callable[[Town, Case], None]:
        if code in REGISTRY:
            raise ValueError(f"{code} is planted twice")
        REGISTRY[code] = Scheme(code, phase, function)
        return function
    return register


# ---- helpers shared by domains
def last_months(town: Town, n: int) -> list[int]:
    """The last n complete months of the event window."""
    return town.months[-n:]


def in_months(minutes: np.ndarray, first: int, last: int) -> np.ndarray:
    """Rows that start in months first..last."""
    return (minutes >= first_day(first) * 1440) & (minutes < first_day(last + 1) * 1440)


def month_column(minutes: np.ndarray) -> np.ndarray:
    return month_of((minutes // 1440).astype(np.int64))


def set_columns(table: dict[str, np.ndarray], rows: np.ndarray, **values: Any) -> None:
    for name, value in values.items():
        table[name][rows] = value


def copy_rows(town: Town, dataset: str, rows: np.ndarray, **changes: Any) -> None:
    """Append copies of rows with some columns changed."""
    table = town.get(dataset)
    town.add(dataset, **({name: values[rows] for name, values in table.items()} | changes))


def provider_of(town: Town, service: str, at_least: float, rng: np.random.Generator, table: str, client: str,
                measure: np.ndarray | None = None, **conditions: set[str]) -> int:
    """A provider of the service with enough clients (the largest ones if none has), never the municipality's own.

    measure: [provider] what there must be enough of, instead of clients.
    """
    t, register = town.get(table), town.get("providers")
    key = np.unique(t["provider_id"].astype(np.int64) * 2_000_000 + t[client])
    counts = np.bincount(key // 2_000_000, minlength=len(town.provider_ids)) if measure is None else measure
    ids = [int(p) for p in town.info["providers"][service] if register["org_form"][p] != "kommunal"
           and all(register[c][p] in allowed for c, allowed in conditions.items())]
    free = [p for p in ids if ("provider", p) not in town.used] or town.unmixed("provider", ids)
    enough = [p for p in free if counts[p] >= at_least]
    if not enough:
        enough = sorted(free, key=lambda p: -counts[p])[:2]
    return town.pick("provider", enough, rng)


def person_of(town: Town, born: int = 1985, **values: Any) -> int:
    """A new adult with own home and account."""
    defaults = {"address": town.pools["address"].one(), "account": town.pools["account"].one(), "born": born}
    return int(town.people.new(1, **(defaults | values))[0])
