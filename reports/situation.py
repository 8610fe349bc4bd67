"""The figures of aggregates.parquet as they may be published: everything here goes through `disclosure`.

Kronor are published by month and nothing else of them by another division of time, so that no hidden month can be
worked out from a quarter; counts of providers coming and going by quarter only. Ratios are of quarters, rounded
coarsely, and shown only when both their sums could be shown.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reports import disclosure
from reports.disclosure import Shown

PAID = ("home_care", "assistance", "hvb", "income_support", "associations")
PROVIDERS = ("home_care", "assistance", "hvb")  # domains of which providers come and go
OUTCOMES = ("confirmed", "explained", "data_error", "referred", "open")
FEWEST_PAYEES = 3
HOUR_STEP, PERSON_STEP = 10, 100  # kronor
MOST_QUARTERS = 8

Month = int  # year * 12 + month - 1


def month_of(day: dt.date) -> Month:
    return day.year * 12 + day.month - 1


def month_name(month: Month) -> str:
    return f"{month // 12}-{month % 12 + 1:02d}"


@dataclass
class Situation:
    """Rows of aggregates.parquet, ready to be asked. `months`: the last twelve whole; `quarter`: its short form."""

    as_of: dt.date
    quarter: str = "kv {n}"
    by: dict[tuple[str, str, str], dict[Month, Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], as_of: dt.date, quarter: str = "kv {n}") -> Situation:
        by: dict[tuple[str, str, str], dict[Month, Mapping[str, Any]]] = defaultdict(dict)
        for row in rows:
            by[(row["measure"], row["domain"], row["part"])][month_of(row["month"])] = row
        return cls(as_of, quarter, dict(by))

    @property
    def months(self) -> list[Month]:
        now = month_of(self.as_of)
        return list(range(now - 12, now))

    def name(self, month: Month) -> str:
        """Of the quarter that begins with this month."""
        return f"{month // 12} {self.quarter.format(n=month % 12 // 3 + 1)}".replace(" ", "\u00a0")  # never wraps

    def quarters(self, measure: str, domain: str = "") -> list[Month]:
        """First months of the last whole quarters that the measure covers from beginning to end."""
        known = [at for key, rows in self.by.items() if key[:2] == (measure, domain) for at in rows]
        if not known:
            return []
        last = month_of(self.as_of) // 3 * 3 - 3
        return [at for at in range(last - 3 * (MOST_QUARTERS - 1), last + 1, 3) if at >= min(known)]

    # ---------------------------------------------------------------- published
    def paid(self, domain: str) -> list[Shown]:
        """Kronor paid, month by month. Of households eight must share a month, of providers three."""
        least = disclosure.SMALLEST if domain == "income_support" else FEWEST_PAYEES
        return [self._sum("paid", domain, at, least) for at in self.months]

    def began(self, domain: str) -> int:
        """How many of the months lie before the first that was delivered: there nothing is known, which is not 0."""
        known = self.by.get(("paid", domain, ""), {})
        return max(0, min(known) - self.months[0]) if known else 0

    def domains(self) -> list[str]:
        """Domains of which at least three of the twelve months may be shown."""
        return [domain for domain in PAID if sum(bool(cell.value) for cell in self.paid(domain)) >= 3]

    def half_year_change(self, domain: str) -> int | None:
        """Per cent between the two half-years of the published months; None unless every month is shown."""
        values = [cell.value for cell in self.paid(domain)]
        if any(not value for value in values):
            return None
        before, after = sum(v or 0 for v in values[:6]), sum(v or 0 for v in values[6:])
        return disclosure.rounded(100 * (after - before) / before, 1)

    def per_hour(self, domain: str) -> list[tuple[str, int | None]]:
        """Kronor an hour performed, by quarter, rounded to 10."""
        return self._ratios(domain, "hours", HOUR_STEP)

    def per_person(self, domain: str) -> list[tuple[str, int | None]]:
        """Kronor a person served and month, by quarter, rounded to 100."""
        return self._ratios(domain, "people", PERSON_STEP)

    def movements(self, domain: str) -> list[tuple[str, Shown, Shown]]:
        """Quarter, providers that came, providers that left."""
        return [(self.name(at), self._counted("entering", domain, at), self._counted("leaving", domain, at))
                for at in self.quarters("paid", domain)[-4:]]

    def served(self, domain: str) -> list[tuple[str, Shown]]:
        """People or placements a month, in the mean of each quarter."""
        return [(self.name(at), disclosure.count(round(self._value("people", domain, at) / 3)))
                for at in self.quarters("people", domain)]

    def reviews(self) -> tuple[list[str], dict[str, list[Shown]], list[Shown]]:
        """Quarters (the running one too), cases by outcome in each, kronor decided back in each."""
        known = [at for key, rows in self.by.items() if key[0] == "reviewed" for at in rows]
        if not known:
            return [], {}, []
        now = month_of(self.as_of) // 3 * 3
        quarters = [at for at in range(now - 9, now + 1, 3) if at + 2 >= min(known)]
        counts = {outcome: [disclosure.count(int(self._value("reviewed", "", at, outcome))) for at in quarters]
                  for outcome in OUTCOMES}
        return [self.name(at) for at in quarters], counts, [self._back(at) for at in quarters]

    # ---------------------------------------------------------------- inside
    def _row(self, measure: str, domain: str, month: Month, part: str = "") -> Mapping[str, Any] | None:
        return self.by.get((measure, domain, part), {}).get(month)

    def _value(self, measure: str, domain: str, quarter: Month, part: str = "") -> float:
        rows = (self._row(measure, domain, at, part) for at in range(quarter, quarter + 3))
        return sum(row["value"] for row in rows if row)

    def _counted(self, measure: str, domain: str, quarter: Month) -> Shown:
        return disclosure.count(int(self._value(measure, domain, quarter)))

    def _sum(self, measure: str, domain: str, month: Month, least: int) -> Shown:
        row = self._row(measure, domain, month)
        if row is None:
            return Shown(0)
        total, largest, second = (Decimal(str(row[name] or 0)) for name in ("value", "largest", "second"))
        return disclosure.money_sum(total, row["contributors"], largest, second, least)

    def _ratios(self, domain: str, below: str, step: int) -> list[tuple[str, int | None]]:
        out = []
        for at in self.quarters("paid", domain):
            months = range(at, at + 3)
            whole = all(self._sum("paid", domain, m, FEWEST_PAYEES).value and self._enough(domain, below, m)
                        for m in months)
            paid, base = self._value("paid", domain, at), self._value(below, domain, at)
            out.append((self.name(at), disclosure.rounded(paid / base, step) if whole and base > 0 else None))
        return out if any(value is not None for _, value in out) else []

    def _enough(self, domain: str, below: str, month: Month) -> bool:
        row = self._row(below, domain, month)
        least = disclosure.SMALLEST if below == "people" else FEWEST_PAYEES
        return row is not None and row["contributors"] >= least

    def _back(self, quarter: Month) -> Shown:
        """Kronor decided back; a quarter's cases are at least as many as its fullest month's."""
        rows = [row for at in range(quarter, quarter + 3) if (row := self._row("recovered", "", at))]
        if not rows:
            return Shown(0)
        total = sum((Decimal(str(row["value"])) for row in rows), Decimal(0))
        largest = sorted((Decimal(str(row[name] or 0)) for row in rows for name in ("largest", "second")), reverse=True)
        return disclosure.money_sum(total, max(row["contributors"] for row in rows), largest[0], largest[1])
