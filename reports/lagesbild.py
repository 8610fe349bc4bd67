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

import pyarrow as pa
import pyarrow.parquet as pq

from reports import disclosure, page, releases, trends, words
from reports.disclosure import Shown, Table
from reports.load import Run, RunError
from reports.model import AMOUNT_KINDS, KINDS, STATES
from reports.situation import PROVIDERS, Situation, month_name
from reports.statements import Statements

DOMAINS = ("home_care", "assistance", "hvb", "income_support", "associations", "ledger", "cross_domain")
FEWEST_REVIEWED = 20  # reviews a rule needs before its precision is published
_AGES = (("under_1", 1), ("from_1", 3), ("from_3", 10), ("from_10", 10_000))


def _aggregates(path: Path) -> list[dict[str, Any]]:
    """The rows of aggregates.parquet; none when the part of the night that makes it could not be done."""
    try:
        return pq.read_table(path).to_pylist()
    except FileNotFoundError:
        return []
    except (pa.ArrowInvalid, OSError):
        raise RunError(f"{path.name} in {path.parent.name} cannot be read: run the night again") from None


class Overview:
    """Counts of a run, turned into published tables. Reads the run only."""

    def __init__(self, run: Run, language: str) -> None:
        self.run, self.language = run, language
        self.text = words.texts(language)
        self.say = self.text["lagesbild"]
        self._areas: list[tuple[str, Shown]] | None = None  # every row of evidence is looked at, so only once
        self.situation = Situation.of(_aggregates(run.folder / "aggregates.parquet"), run.as_of,
                                      self.say["quarter_short"])
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
        if self._areas is None:
            self._areas = self._count_areas()
        return self._areas

    def _count_areas(self) -> list[tuple[str, Shown]]:
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

    def follow_up(self) -> tuple[Shown, Shown] | tuple[None, None]:
        """Cases ever listed: those that remain and those that are closed (explained, or deviating no more)."""
        states = Counter(case["state"] for case in self.run.cases.values())
        if not states:
            return None, None
        closed = states["gone"] + states["explained"]
        return disclosure.count(states.total() - closed), disclosure.count(closed)

    def precision(self) -> dict[str, int]:
        """Precision of rules with enough reviews, in per cent rounded to 5."""
        return {row["detector_id"]: disclosure.rounded(100 * row["precision"], 5) for row in self.run.ledger
                if (row.get("reviewed") or 0) >= FEWEST_REVIEWED and row.get("precision") is not None}

    # -------------------------------------------------------------- words
    def shown(self, number: Shown, unit: str = "") -> str:
        """A published number in words."""
        if number.value is None:
            return str(self.say["hidden" if unit else "few"])
        text = words.number(number.value, self.language, 0)
        return str(self.say["at_least"].format(n=text)) if number.at_least else text

    @staticmethod
    def added(cells: Sequence[Shown]) -> Shown:
        """The sum of published cells, as totals are made."""
        return disclosure.total(cells)

    def rule(self, code: str) -> str:
        """A rule by its title."""
        return words.pick((self.run.detectors.get(code) or {}).get("title", code), self.language)

    def published(self) -> dict[str, Any]:
        """The published numbers as data, kept beside the page so that a later release can be compared with it."""
        def plain(table: Table) -> dict[str, Any]:
            return {row: dict(zip(table.columns, [c.value for c in cells], strict=True))
                    for row, cells in zip(table.rows, table.cells, strict=True)}
        lists = {name: {label: number.value for label, number in rows} for name, rows in (
            ("states", self.states()), ("types", self.types()), ("areas", self.areas()), ("months", self.months()),
            ("ages", self.ages()))}
        table, follow_up = self.by_domain(), self.follow_up()
        return {"run_id": self.run.meta["run_id"], "as_of": self.run.as_of.isoformat(),
                "total": [table.total.value, table.total.at_least], "cases": plain(table),
                "money": plain(self.money()), **lists, "rules": dict(self.rules()), "precision": self.precision(),
                "follow_up": [number.value for number in follow_up] if follow_up[0] else None,
                "paid": {domain: [number.value for number in self.situation.paid(domain)]
                         for domain in self.situation.domains()}}


def overview_page(run: Run, language: str, earlier: Sequence[Path] = ()) -> tuple[str, dict[str, Any]]:
    """The page and the published numbers. earlier: folders of earlier runs, for what has changed since last month."""
    view = Overview(run, language)
    published, before = view.published(), releases.published_of(earlier, run.as_of)
    last_month = releases.month_ago(before, run.as_of)
    statements = Statements(view)
    kept = [release for release in releases.monthly(before) if release.get("follow_up")]
    quarters = sorted({name for domain in PROVIDERS for name, _, _ in view.situation.movements(domain)})[-4:]
    html = page.render(
        "lagesbild.html.j2", language, more_style="pages.css", view=view, say=view.say, run=run, trends=trends,
        horizons=statements.horizons(), last_month=last_month,
        changes=statements.changes(last_month, published) if last_month else [],
        precision=releases.precision_changes(last_month, published) if last_month else ([], []),
        closings=[(f"{release['day']:%Y-%m}", *release["follow_up"]) for release in kept[-12:]]
        + ([(f"{run.as_of:%Y-%m}", *published["follow_up"])] if published["follow_up"] else []),
        shown_of=lambda rows: [view.shown(number) for _, number in rows],
        numbers_of=lambda rows: ["" if value is None else words.number(value, language, 0) for _, value in rows],
        millions=lambda cells: ["" if cell.value is None else words.number(cell.value / 1e6, language, 1) + " mkr"
                                for cell in cells],
        short_months=[label[2:] for label, _ in view.months()],
        movement_quarters=quarters, providers=PROVIDERS,
        movements=lambda domain: [moved.get(name, (None, None)) for moved in (
            {name: (came, left) for name, came, left in view.situation.movements(domain)},) for name in quarters],
        situation=view.situation, month_names=[month_name(at) for at in view.situation.months],
        months=view.months(), rules=view.rules(), areas=view.areas(), domain_table=view.by_domain(),
        money_table=view.money(), kinds=KINDS, amount_kinds=AMOUNT_KINDS)
    return html, published
