"""The overview for the executive board: aggregates of a run in three horizons, all through `disclosure`.

No subject, no name, no token reaches this page; the numbers that do are rounded and small ones suppressed. Charts
are drawn from the published numbers, with the same numbers in a table beside them. Sentences are made from them too.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from reports import charts, disclosure, page, words
from reports.disclosure import Shown, Table
from reports.load import Run
from reports.model import AMOUNT_KINDS, KINDS, STATES

DOMAINS = ("home_care", "assistance", "hvb", "income_support", "associations", "ledger", "cross_domain")
_AGES = (("under_1", 1), ("from_1", 3), ("from_3", 10), ("from_10", 10_000))


class Overview:
    """Counts of a run, turned into published tables. Reads the run only."""

    def __init__(self, run: Run, language: str) -> None:
        self.run, self.language = run, language
        self.text = words.texts(language)
        self.say = self.text["lagesbild"]
        active = {row["detector_id"] for row in run.ledger if row["status"] == "active"}
        self.subjects = [(row["subject_type"], row["subject_id"]) for row in run.ranked]
        self.found = {subject: [f for f in run.findings.get(subject, []) if f["detector_id"] in active
                                and f["kind"] in KINDS] for subject in self.subjects}

    def by_domain(self) -> Table:
        """Cases by domain and strongest kind: a subject counts once in each domain where it has findings."""
        counts: dict[str, Counter[str]] = {domain: Counter() for domain in DOMAINS}
        for findings in self.found.values():
            strongest: dict[str, int] = {}
            for finding in findings:
                at = KINDS.index(finding["kind"])
                strongest[finding["domain"]] = min(at, strongest.get(finding["domain"], at))
            for domain, at in strongest.items():
                counts.setdefault(domain, Counter())[KINDS[at]] += 1
        return disclosure.table(counts, KINDS)

    def states(self) -> list[tuple[str, Shown]]:
        """New and changed subjects; the unchanged rest is left out, so that the list is no split of a total."""
        counts = Counter(row["state"] for row in self.run.ranked)
        out = [(self.text["states"][state], disclosure.count(counts[state])) for state in STATES
               if state != "continuing"]
        return [*out, (self.text["page"]["gone"], disclosure.count(int(self.run.meta.get("gone_findings") or 0)))]

    def money(self) -> Table:
        """Money to check by domain and kind of amount; per subject and concept the largest finding counts."""
        parts: dict[str, dict[str, list[Decimal]]] = {domain: defaultdict(list) for domain in DOMAINS}
        for findings in self.found.values():
            largest: dict[tuple[str, str], Any] = {}
            for finding in findings:
                key = (finding["domain"], finding["concept"])
                best = largest.get(key)
                if finding["amount_sek"] and (best is None or finding["amount_sek"] > best["amount_sek"]):
                    largest[key] = finding
            sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
            for (domain, _), finding in largest.items():
                kind = finding["amount_kind"] if finding["amount_kind"] in AMOUNT_KINDS else "unknown"
                sums[(domain, kind)] += max(Decimal(0), finding["amount_sek"])
            for (domain, kind), amount in sums.items():
                parts.setdefault(domain, defaultdict(list))[kind].append(amount)
        return disclosure.money_table(parts, AMOUNT_KINDS)

    def types(self, most: int = 10) -> list[tuple[str, Shown]]:
        """The rules that hit most subjects, by what may be shown of it; suppressed ones are left out."""
        counts = Counter(code for findings in self.found.values() for code in {f["detector_id"] for f in findings})
        shown = [(code, disclosure.count(n)) for code, n in sorted(counts.items())]
        known = sorted(((code, n) for code, n in shown if n.value), key=lambda pair: (-(pair[1].value or 0), pair[0]))
        return [(words.pick((self.run.detectors.get(code) or {}).get("title", code), self.language), n)
                for code, n in known[:most]]

    def areas(self) -> list[tuple[str, Shown]]:
        """Subjects with evidence in an area, where the exports have areas. A subject may be in several."""
        seen: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for subject, findings in self.found.items():
            for finding in findings:
                for row in self.run.evidence.rows(finding["finding_id"]):
                    if row["values"].get("area_code"):
                        seen[row["values"]["area_code"]].add(subject)
        return [(area, disclosure.count(len(subjects))) for area, subjects in sorted(seen.items())]

    def months(self) -> list[tuple[str, Shown]]:
        """Subjects with evidence in each of the last twelve months."""
        first = self.run.as_of.replace(day=1)
        labels = [(first.year * 12 + first.month - 1) - back for back in range(11, -1, -1)]
        seen: dict[int, set[tuple[str, str]]] = {label: set() for label in labels}
        for subject, findings in self.found.items():
            for finding in findings:
                for day in self.run.evidence.days(finding["finding_id"]):
                    label = day.year * 12 + day.month - 1
                    if label in seen:
                        seen[label].add(subject)
        return [(f"{label // 12}-{label % 12 + 1:02d}", disclosure.count(len(seen[label]))) for label in labels]

    def rules(self) -> list[tuple[str, list[int]]]:
        """Rules in use by domain: ran, not computable, legal gate closed. Rules are no individuals: plain counts."""
        out = []
        for domain in DOMAINS:
            mine = [row["outcome"] for row in self.run.ledger
                    if row["domain"] == domain and row["outcome"] not in ("retired", "draft")]
            if mine:
                missing = sum(outcome in ("not_computable", "failed") for outcome in mine)
                out.append((self.text["domains"][domain], [mine.count("ran"), missing, mine.count("gate_closed")]))
        return out

    def ages(self) -> list[tuple[str, Shown]]:
        """Providers and associations by years since they were registered."""
        counts: Counter[str] = Counter()
        for subject in self.subjects:
            raw = self.run.subjects.get(subject, {}).get("facts", {}).get("registered_on")
            try:
                years = (self.run.as_of - dt.date.fromisoformat(str(raw)[:10])).days / 365.25
            except ValueError:
                continue
            counts[next(name for name, limit in _AGES if years < limit)] += 1
        return [(self.say["age"][name], disclosure.count(counts[name])) for name, _ in _AGES]

    # -------------------------------------------------------------- words
    def shown(self, number: Shown, unit: str = "") -> str:
        """A published number in words."""
        if number.value is None:
            return self.say["hidden" if unit else "few"]
        text = words.number(number.value, self.language, 0)
        return self.say["at_least"].format(n=text) if number.at_least else text

    def _about(self, number: Shown) -> str:
        if number.value is None or number.at_least or number.value == 0:
            return self.shown(number)
        return self.say["about"].format(n=words.number(number.value, self.language, 0))

    def sentences(self) -> list[str]:
        """Three sentences: this night, the last half-year, the blind spots. Made from published numbers only."""
        table, new = self.by_domain(), self.states()[0][1]
        now = self.say["s_now"].format(total=self._about(table.total), new=self._about(new))
        known = [(cell.value or 0, row) for cell, row in zip(table.row_totals, table.rows, strict=True)]
        if any(value for value, _ in known):
            most = max(known, key=lambda pair: pair[0])[1]
            now += " " + self.say["s_now_domain"].format(domain=self.text["domains"].get(most, most).lower()
                                                          if most != "hvb" else "HVB")
        values = [number.value for _, number in self.months()]
        late, early = values[8:11], values[5:8]
        if None in late or None in early:
            medium = self.say["s_medium_unknown"]
        else:
            a, b = sum(v or 0 for v in late), sum(v or 0 for v in early)
            medium = self.say["s_medium_up" if a > 1.1 * b + 5 else "s_medium_down" if b > 1.1 * a + 5
                              else "s_medium_flat"]
        rules = self.rules()
        missing, total = sum(r[1][1] for r in rules), sum(sum(r[1]) for r in rules)
        worst = max(rules, key=lambda r: r[1][1], default=None)
        if missing and worst:
            name = worst[0] if worst[0] == "HVB" else worst[0].lower()
            long = self.say["s_long"].format(n=missing, total=total, domain=name)
        else:
            long = self.say["s_long_none"].format(total=total)
        return [now, medium, long]

    def published(self) -> dict[str, Any]:
        """The published numbers as data, kept beside the page so that a later release can be compared with it."""
        def plain(table: Table) -> dict[str, Any]:
            return {row: dict(zip(table.columns, [c.value for c in cells], strict=True))
                    for row, cells in zip(table.rows, table.cells, strict=True)}
        lists = {name: {label: number.value for label, number in rows} for name, rows in (
            ("states", self.states()), ("types", self.types()), ("areas", self.areas()), ("months", self.months()),
            ("ages", self.ages()))}
        return {"run_id": self.run.meta["run_id"], "as_of": self.run.as_of.isoformat(),
                "cases": plain(self.by_domain()), "money": plain(self.money()), **lists,
                "rules": dict(self.rules())}


def overview_page(run: Run, language: str, earlier: Sequence[Path] = ()) -> tuple[str, dict[str, Any]]:
    """The page and the published numbers."""
    view = Overview(run, language)
    say, months, rules = view.say, view.months(), view.rules()
    months_chart = charts.columns(
        [label[2:] for label, _ in months], [number.value for _, number in months],
        [view.shown(number) for _, number in months], say["t_months"], "<8")
    rules_chart = charts.stacked([name for name, _ in rules], [row for _, row in rules],
                                 [say["rules_ran"], say["rules_not"], say["rules_gate"]], say["t_rules"])
    html = page.render("lagesbild.html.j2", language, view=view, say=say, run=run, months=months, rules=rules,
                       domain_table=view.by_domain(), money_table=view.money(), months_chart=months_chart,
                       rules_chart=rules_chart, sentences=view.sentences(), areas=view.areas(),
                       kinds=KINDS, amount_kinds=AMOUNT_KINDS)
    return html, view.published()
