"""What the overview says in words: three statements a horizon and three on what has changed, made from numbers.

Every statement uses published numbers only (rounded, small ones suppressed) and carries its source, how much of the
data there is, and its method (A single rows, B calculation, C statistical comparison; handbook reference 10.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reports import releases, words
from reports.disclosure import Shown

if TYPE_CHECKING:
    from reports.lagesbild import Overview

FLAT = 2  # per cent between half-years that count as no change


@dataclass(frozen=True)
class Statement:
    """A sentence and its confidence label."""

    text: str
    label: str


class Statements:
    """Finds the words for one overview."""

    def __init__(self, view: Overview) -> None:
        self.view, self.say = view, view.say

    def horizons(self) -> list[tuple[str, list[Statement]]]:
        """(heading, three statements) for now, under way, in the long run."""
        rules, data = self._rules_covered(), self._sources_read()
        cases = self._label("invoices", rules, self._method())
        return [
            (self.say["summary"]["now"], [
                Statement(self.now(), cases), Statement(*self.money(rules)),
                Statement(self.blind(), self._label("own", data, "A"))]),
            (self.say["summary"]["medium"], [
                Statement(self.trend(), cases), Statement(self.paid(), self._label("invoices", data, "B")),
                Statement(self.reviews(), self._label("own", data, "A"))]),
            (self.say["summary"]["long"], [
                Statement(self.hour(), self._label("invoices", data, "B")),
                Statement(self.closed(), self._label("own", rules, "A")),
                Statement(self.placements(), self._label("invoices", data, "A"))])]

    # ---------------------------------------------------------------- here and now
    def now(self) -> str:
        """Cases tonight, how many are new, where most are."""
        table, new = self.view.by_domain(), self.view.states()[0][1]
        total = table.total
        changed = self.view.added([number for _, number in self.view.states()[:-1]])  # the gone are not there tonight
        if total.at_least and (changed.value or 0) > (total.value or 0):
            total = Shown(changed.value, at_least=True)  # the new alone are more than the domains that may be shown
        told = self.say["s_now"].format(total=self._about(total), new=self._about(new))
        known = [(cell.value or 0, row) for cell, row in zip(table.row_totals, table.rows, strict=True)]
        if any(value for value, _ in known):
            most = max(known, key=lambda pair: pair[0])[1]
            told += " " + self.say["s_now_domain"].format(domain=self.domain(most))
        return told

    def money(self, coverage: str) -> tuple[str, str]:
        """Money to check of the surest kind that can be shown, where most of it is, and the label."""
        table = self.view.money()
        for at, kind in enumerate(table.columns):
            if table.column_totals[at].value:
                known = [(row[at].value or 0, name) for row, name in zip(table.cells, table.rows, strict=True)]
                told = self.say["s_money"].format(
                    amount=self._about(table.column_totals[at]), kind=self.view.text["amount_kinds"][kind],
                    domain=self.domain(max(known, key=lambda pair: pair[0])[1]))
                return told, self._label("invoices", coverage, "A" if kind == "exact" else "B")
        return self.say["s_money_none"], self._label("invoices", coverage, "A")

    def blind(self) -> str:
        """Rules that could not be computed, and where most of them are."""
        rules = self.view.rules()
        missing, total = sum(row[1] for _, row in rules), sum(sum(row) for _, row in rules)
        worst = max(rules, key=lambda pair: pair[1][1], default=None)
        if not missing or worst is None:
            return str(self.say["s_long_none"].format(total=total))
        return str(self.say["s_long"].format(n=missing, total=total, domain=self._inside(worst[0])))

    # ---------------------------------------------------------------- medium term
    def trend(self) -> str:
        """Cases by month in which it happened: the last whole quarter against the one before."""
        values = [number.value for _, number in self.view.months()]
        late, early = values[8:11], values[5:8]
        if None in late or None in early:
            return str(self.say["s_medium_unknown"])
        a, b = sum(v or 0 for v in late), sum(v or 0 for v in early)
        return str(self.say["s_medium_up" if a > 1.1 * b + 5 else "s_medium_down" if b > 1.1 * a + 5
                            else "s_medium_flat"])

    def paid(self) -> str:
        """The domain whose payments changed most between the last two half-years."""
        changes = [(change, domain) for domain in self.view.situation.domains()
                   if (change := self.view.situation.half_year_change(domain)) is not None]
        if not changes:
            return str(self.say["s_paid_unknown"])
        change, domain = max(changes, key=lambda pair: (abs(pair[0]), pair[1]))
        if abs(change) <= FLAT:
            return str(self.say["s_paid_flat"])
        return str(self.say["s_paid_up" if change > 0 else "s_paid_down"].format(
            domain=self.domain(domain), n=abs(change)))

    def reviews(self) -> str:
        """Cases reviewed to the end in the last four quarters, and how many were confirmed; from the shown cells."""
        _, counts, _ = self.view.situation.reviews()
        if not counts:
            return str(self.say["s_reviews_none"])
        done = {name: self.view.added(counts[name]) for name in ("confirmed", "explained", "data_error")}
        return str(self.say["s_reviews"].format(n=self._about(self.view.added(list(done.values()))),
                                                confirmed=self._about(done["confirmed"])))

    # ---------------------------------------------------------------- long term
    def hour(self) -> str:
        """Kronor an hour performed, the last quarter against the same a year before where there is one."""
        for domain in ("home_care", "assistance"):
            known = [(name, value) for name, value in self.view.situation.per_hour(domain) if value is not None]
            if not known:
                continue
            (quarter, now), (before, then) = known[-1], known[-5] if len(known) > 4 else known[0]
            values = {"domain": self.domain(domain), "now": words.number(now, self.view.language, 0),
                      "then": words.number(then, self.view.language, 0), "quarter": quarter, "before": before}
            return str(self.say["s_hour" if before != quarter else "s_hour_one"].format(**values))
        return str(self.say["s_hour_none"])

    def closed(self) -> str:
        """Cases ever listed: closed and remaining."""
        open_, closed = self.view.follow_up()
        if open_ is None or closed is None:
            return str(self.say["s_closed_none"])
        return str(self.say["s_closed"].format(closed=self._about(closed), open=self._about(open_)))

    def placements(self) -> str:
        """Placements in residential care, the last quarter against the first of the record."""
        known = [(name, number.value) for name, number in self.view.situation.served("hvb") if number.value]
        if len(known) < 2:
            return str(self.say["s_placements_none"])
        (before, then), (quarter, now) = known[0], known[-1]
        return str(self.say["s_placements"].format(
            now=words.number(now, self.view.language, 0), then=words.number(then, self.view.language, 0),
            quarter=quarter, before=before))

    # ---------------------------------------------------------------- since last month
    def changes(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
        """Three sentences: cases, the domain that changed most, rules that could be computed."""
        then, today = (Shown(*release["total"]) if "total" in release else None for release in (before, now))
        first = self.say["c_total_same"].format(now=self._about(today or Shown(None)))
        if then != today and today is not None:
            first = self.say["c_total"].format(then=self._about(then or Shown(None)), now=self._about(today))
        change = releases.largest_change(before, now)
        second = self.say["c_domain_none"]
        if change:
            name = self.domain(change[0])
            told = [words.number(value, self.view.language, 0) for value in change[1:]]
            second = self.say["c_domain"].format(domain=name, then=told[0], now=told[1])
        ran = [sum(row[0] for row in release.get("rules", {}).values()) for release in (before, now)]
        third = self.say["c_rules_same" if ran[0] == ran[1] else "c_rules"].format(then=ran[0], now=ran[1])
        return [first, second[:1].upper() + second[1:], third]

    # ---------------------------------------------------------------- labels and names
    def domain(self, name: str) -> str:
        """A domain inside a sentence."""
        return self._inside(self.view.text["domains"].get(name, name))

    @staticmethod
    def _inside(title: str) -> str:
        return title if title.isupper() else title[:1].lower() + title[1:]

    def _about(self, number: Shown) -> str:
        if not number.value:
            return self.view.shown(number)
        told = self.say["about_least" if number.at_least else "about"]
        return str(told.format(n=words.number(number.value, self.view.language, 0)))

    def _label(self, source: str, coverage: str, method: str) -> str:
        return str(self.say["label"].format(source=self.say["source"][source], coverage=coverage,
                                            method=self.say["method"][method]))

    def _method(self) -> str:
        """A when most of the shown cases rest on single rows, C when most are statistical."""
        table = self.view.by_domain()
        shown = dict(zip(table.columns, (cell.value or 0 for cell in table.column_totals), strict=True))
        return "A" if shown.get("impossible", 0) + shown.get("breach", 0) >= shown.get("unusual", 0) else "C"

    def _rules_covered(self) -> str:
        rules = self.view.rules()
        return self._percent(sum(row[0] for _, row in rules), sum(sum(row) for _, row in rules))

    def _sources_read(self) -> str:
        sources = self.view.run.meta.get("sources") or {}
        return self._percent(int(sources.get("read") or 0), int(sources.get("expected") or 0))

    def _percent(self, part: int, whole: int) -> str:
        return words.number(100 * part / whole, self.view.language, 0) + "\u00a0%" if whole else "–"
