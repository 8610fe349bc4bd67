"""The content of a group's report as plain data, apart from how it is drawn.

`GroupModel.head` is the first screen and the method pages, `.cases` one summary a subject in the order of the list,
then those too weak for it (`listed` false), `.detail(i)` the case view. Everything is JSON; numbers are raw (not
rounded), words are in the report's language.
Rules: a group sees the findings that `Group.sees` grants, never another domain's evidence; exact, capped and
estimated kronor are never added; the contributions shown add up to the score (those of other groups as one bar).
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from reports import first_screen, follow_up, privacy, sources, words
from reports.edition import MUNICIPAL, Edition
from reports.load import Run, Subject
from reports.network import network
from reports.shares import fair_shares
from schemas.groups import Group

AMOUNT_KINDS = ("exact", "cap", "estimate", "unknown")
KINDS = ("impossible", "breach", "unusual")
STATES = ("new", "reopened", "worse", "continuing", "better")
WEEKS = 52
NIGHTS = 60
CASE_ROWS = 200  # evidence rows of one case on the page; the workbook has the rest
PSEUDO = ("co_occurrence", "link_group", "cap_unusual", "floor_zero")
UNITS = ("unit", "area_code")  # columns of source rows that say where in the organisation or the town
MOST_UNITS = 4  # of one case


@dataclass
class Case:
    """One subject as a group sees it. `summary` is what the list shows; the rest makes the detail."""

    row: Mapping[str, Any]
    subject: Subject
    visible: list[dict[str, Any]]
    hidden: list[dict[str, Any]]
    done: list[dict[str, Any]] = field(default_factory=list)  # judged already: they give no points
    summary: dict[str, Any] = field(default_factory=dict)


def _money(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


class GroupModel:
    """The neutral report of one group in one language; `edition` can hide and re-key, never show more."""

    def __init__(self, run: Run, group: Group, language: str, edition: Edition = MUNICIPAL) -> None:
        self.run, self.group, self.language, self.edition = run, group, language, edition
        self.persons_visible = group.persons_visible and edition.persons_visible is not False
        self.text = words.texts(language)
        self.active = {row["detector_id"] for row in run.ledger if row["status"] == "active"}
        self.ledger = {row["detector_id"]: row for row in run.ledger}
        self.meeting = group.last_meeting(run.as_of)
        self.sources = sources.sources_of(run, group, language)
        self.items = [case for row in run.ranked if group.id in row["groups"] if (case := self._case(row))]
        self.cases = [case.summary for case in self.items]
        for at, summary in enumerate(self.cases, start=1):
            summary["rank"] = at
        self.listed = sum(case["listed"] for case in self.cases)  # the first so many; the rest is shown apart
        self._at = {case.subject: at for at, case in enumerate(self.items)}

    def _case(self, row: Mapping[str, Any]) -> Case | None:
        subject = (row["subject_type"], row["subject_id"])
        if self.edition.includes is not None and not self.edition.includes(*subject):
            return None
        services = self.run.services(subject)
        mine: list[dict[str, Any]] = []
        hidden: list[dict[str, Any]] = []
        done: list[dict[str, Any]] = []
        resting = follow_up.resting(self.run.cases.get(subject))
        for finding in self.run.findings.get(subject, []):
            if finding["detector_id"] in self.active:
                sees = self.group.sees(finding["domain"], subject[0], services)
                if finding["finding_id"] not in resting:
                    (mine if sees else hidden).append(finding)
                elif sees:
                    done.append(finding)
        if not any(finding["kind"] in KINDS for finding in mine):
            return None
        case = Case(row, subject, mine, hidden, done)
        case.summary = self._summary(case)
        return case

    def _summary(self, case: Case) -> dict[str, Any]:
        row, day = case.row, self.run.as_of
        found = [finding for finding in case.visible if finding["kind"] in KINDS]
        days = [moment for finding in found for moment in self.run.evidence.days(finding["finding_id"])]
        amounts = self._amounts(found)
        codes = {finding["detector_id"] for finding in found}
        parts = sorted(row["contributions"], key=lambda part: (-part["points"], part["detector_id"]))
        first = [part["detector_id"] for part in parts if part["detector_id"] in codes]
        reasons = list(dict.fromkeys([*first, *sorted(codes)]))
        fresh = follow_up.news_since(self.run.cases.get(case.subject), row["first_seen"], self.meeting)
        return {
            "id": self.edition.case_id(*case.subject), "rank": 0, "subject_type": case.subject[0],
            "shown_type": self._shown_type(case.subject),
            "subject": self._subject_name(case.subject), "score": row["score"],
            "kinds": [kind for kind in KINDS if any(finding["kind"] == kind for finding in found)],
            "amounts": amounts, "amount": sum(amounts.values()) if amounts else None,
            "last": max(days or [f["period_to"] for f in found if f["period_to"]], default=day).isoformat(),
            "state": row["state"], "since_meeting": fresh, "reasons": reasons, "weeks": self._weeks(days),
            "listed": row.get("listed") is not False,  # runs from before had no such column: everybody was listed
            "units": self._units(found), "findings": len(found)}

    def _units(self, found: list[dict[str, Any]]) -> list[str]:
        """Units or areas of the source rows, the most frequent first."""
        seen = Counter(value for finding in found for name in UNITS if name not in self.edition.hidden_columns
                       for value in self.run.evidence.column(finding["finding_id"], name))
        return [value for value, _ in sorted(seen.items(), key=lambda one: (-one[1], one[0]))[:MOST_UNITS]]

    def _shown_type(self, subject: Subject) -> str:
        """A provider that is in no register of providers is a supplier in words."""
        known = self.run.subjects.get(subject)
        return "supplier" if subject[0] == "provider" and known and not known["facts"] else subject[0]

    def _subject_name(self, subject: Subject) -> str:
        named = self.run.subjects.get(subject, {}).get("name")
        if named:
            return str(named)
        if subject[0] not in privacy.TOKEN_SUBJECTS:
            return subject[1]
        if not self.persons_visible:
            return self.edition.case_id(*subject)
        return privacy.shorten(self.edition.rekey(*subject) if self.edition.rekey else subject[1])

    @staticmethod
    def _amounts(found: list[dict[str, Any]]) -> dict[str, float]:
        """Money to check by kind: per concept the largest finding (as ranking counts), never added across kinds."""
        largest: dict[str, dict[str, Any]] = {}
        for finding in found:
            best = largest.get(finding["concept"])
            if finding["amount_sek"] is not None and (best is None or finding["amount_sek"] > best["amount_sek"]):
                largest[finding["concept"]] = finding
        sums: dict[str, Decimal] = {}
        for finding in largest.values():
            kind = finding["amount_kind"] if finding["amount_kind"] in AMOUNT_KINDS else "unknown"
            sums[kind] = sums.get(kind, Decimal(0)) + finding["amount_sek"]
        return {kind: float(sums[kind]) for kind in AMOUNT_KINDS if kind in sums}

    def _weeks(self, days: list[dt.date]) -> list[int]:
        weeks = [0] * WEEKS
        for day in days:
            back = (self.run.as_of - day).days // 7
            if 0 <= back < WEEKS:
                weeks[WEEKS - 1 - back] += 1
        return weeks

    # ------------------------------------------------------------------ the case view
    def detail(self, index: int, limit: int = CASE_ROWS, nights: int = NIGHTS) -> dict[str, Any]:
        """The case view of `cases[index]`, with at most `limit` evidence rows (at least one a finding)."""
        case, mask, found = self.items[index], self._mask(index), self._found(index)
        shares = fair_shares([self.run.evidence.count(finding["finding_id"]) for finding in found], limit)
        findings = [self._finding(finding, mask, share) for finding, share in zip(found, shares, strict=True)]
        against = [self._sentence(f, mask) for f in case.visible if f["kind"] == "exculpating"]
        against += [f"{self.text['done_before']} {self._sentence(f, mask)}" for f in case.done]
        cases, back = self.run.cases.get(case.subject), set(follow_up.back_because(case.row))
        return {"findings": findings, "contributions": self._contributions(case), "against": against,
                "elsewhere": self._elsewhere(case), "facts": self._facts(case.subject),
                "network": self._network(case, mask), "first_seen": words.moment(case.row["first_seen"]),
                "back": [at for at, finding in enumerate(findings) if finding["id"] in back],
                "history": follow_up.history(cases, nights), "verdict": self._verdict(cases),
                "why": self._why(cases)}

    def rows_kept(self, index: int) -> int:
        """Evidence rows that the run keeps of a case's findings."""
        return sum(self.run.evidence.count(finding["finding_id"]) for finding in self.items[index].visible
                   if finding["kind"] in KINDS)

    def _why(self, case: Mapping[str, Any] | None) -> str:
        """The reason for a case's state in words, where there is one."""
        return self.text["why_state"].get((case or {}).get("why") or "", "")

    def _verdict(self, case: Mapping[str, Any] | None) -> dict[str, str]:
        said = follow_up.verdict(case)
        if case and case.get("snooze_group") not in (None, self.group.id):  # their words are for their own group
            said["snooze_owner"] = said["snooze_reason"] = ""
        said["outcome"] = self.text["outcomes"].get(said["outcome"], said["outcome"])
        group = self.run.groups.get(said["outcome_group"])
        return said if group is None else {**said, "outcome_group": words.pick(group.title, self.language)}

    def last_outcome(self, index: int) -> str:
        """The newest outcome of a case and its day, in words; '' without one."""
        said = self._verdict(self.run.cases.get(self.items[index].subject))
        return f"{said['outcome']} {said['outcome_on']}" if said["outcome"] else ""

    def _mask(self, index: int) -> privacy.Mask:
        """The case's mask. Hidden tokens are numbered over all rows first, so that page and workbook agree."""
        mask = privacy.Mask(self.persons_visible, self.text["tokens"], self.edition.rekey)
        if not self.persons_visible:
            for finding in self._found(index):
                mask.values(finding["facts"])
            for finding in self._found(index):
                for row in self.run.evidence.rows(finding["finding_id"]):
                    mask.values(row["values"])
        return mask

    def _found(self, index: int) -> list[dict[str, Any]]:
        """Visible findings of a case, the strongest reason first."""
        case = self.items[index]
        order = {code: at for at, code in enumerate(case.summary["reasons"])}
        return sorted((finding for finding in case.visible if finding["kind"] in KINDS),
                      key=lambda f: (order[f["detector_id"]], -f["strength"], f["finding_id"]))

    def _sentence(self, finding: Mapping[str, Any], mask: privacy.Mask) -> str:
        """The finding in one sentence, from its facts and its own columns: a capital first, one full stop last."""
        own = {name: finding[name] for name in ("amount_sek", "period_from", "period_to", "strength", "n_evidence")}
        facts = {**own, **mask.values(finding["facts"])}
        said = words.sentence(self._head(finding)["sentence"], facts, self.language).strip()
        said = said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")
        unseen = self.run.unseen.get(finding["finding_id"], 0)  # rows that only the restricted list holds
        if not unseen:
            return said
        ask = {"n": unseen, "officer": self.run.extra.get("officer") or self.text["protected"]["someone"]}
        return f"{said} {words.sentence(self.text['protected']['unseen'], ask, self.language)}"

    def sentences(self, index: int) -> list[str]:
        """The sentences of a case in the order of the case view."""
        mask = self._mask(index)
        return [self._sentence(finding, mask) for finding in self._found(index)]

    def elsewhere(self, index: int) -> list[list[str]]:
        """Title and contact of other groups that have findings on the same subject."""
        return self._elsewhere(self.items[index])

    def evidence(self, index: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], str, list[tuple[str, str]]]]:
        """Every evidence row kept for a case: finding, row, key, values as (column, text); tokens masked."""
        mask = self._mask(index)
        for finding in self._found(index):
            for row in self.run.evidence.rows(finding["finding_id"]):
                values = mask.values(row["values"])
                yield (finding, row, mask.key(row["key"], row["values"]),
                       [(name, self._value(name, value)) for name, value in values.items()
                        if value not in (None, "") and name not in self.edition.hidden_columns])

    def _head(self, finding: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.run.detectors.get(finding["detector_id"], {"sentence": "", "title": finding["detector_id"]})

    def _finding(self, finding: dict[str, Any], mask: privacy.Mask, limit: int) -> dict[str, Any]:
        blocks: dict[tuple[str, tuple[str, ...]], dict[str, Any]] = {}
        rows = self.run.evidence.rows(finding["finding_id"], limit)
        rows.sort(key=lambda row: (row["happened_at"] is None, row["happened_at"]))  # stable: else as the rule says
        for row in rows:
            values = {name: value for name, value in mask.values(row["values"]).items()
                      if name not in self.edition.hidden_columns}
            columns = tuple(values)
            block = blocks.setdefault((row["dataset"], columns), {
                "dataset": row["dataset"], "columns": list(columns), "rows": []})
            block["rows"].append([row["file"], row["line"], *(self._value(n, v) for n, v in values.items())])
        for block in blocks.values():
            keep = [at for at in range(len(block["columns"])) if any(row[at + 2] for row in block["rows"])]
            block["columns"] = [block["columns"][at] for at in keep]
            block["rows"] = [[*row[:2], *(row[at + 2] for at in keep)] for row in block["rows"]]
        return {
            "id": finding["finding_id"], "detector": finding["detector_id"],
            "sentence": self._sentence(finding, mask),
            "from": words.moment(finding["period_from"]), "to": words.moment(finding["period_to"]),
            "amount": _money(finding["amount_sek"]), "amount_kind": finding["amount_kind"],
            "strength": finding["strength"], "n_evidence": finding["n_evidence"],
            "kept": self.run.evidence.count(finding["finding_id"]),
            "evidence": list(blocks.values()), "peers": self._peers(finding["finding_id"])}

    def _value(self, name: str, value: Any) -> str:
        """A source value in words where it is a code or a truth value; everything else as it stands."""
        text = words.moment_text(value)
        if name == "month" and text[7:] == "-01":
            return text[:7]
        if text in ("true", "false"):
            return self.text["yes" if text == "true" else "no"]
        return self.text["values"].get(text, text)

    def _peers(self, finding_id: str) -> list[dict[str, Any]]:
        names = ("feature", "own", "peer_median", "peer_q1", "peer_q3", "peer_p95", "peer_n", "peer_group",
                 "contribution")
        return [{name: row[name] for name in names} for row in self.run.peers.get(finding_id, [])]

    def _contributions(self, case: Case) -> list[list[Any]]:
        """[code, points]; what other groups' findings give is one bar `other_groups`, so that the sum holds."""
        services = self.run.services(case.subject)
        shown: list[list[Any]] = []
        other = 0.0
        for part in case.row["contributions"]:
            code, points = part["detector_id"], part["points"]
            domain = self.run.detectors.get(code, {}).get("domain")
            if code in PSEUDO or (domain and self.group.sees(domain, case.subject[0], services)):
                shown.append([code, points])
            else:
                other += points
        shown.sort(key=lambda part: (part[0] in PSEUDO, -part[1], part[0]))
        if other:
            shown.append(["other_groups", other])
        return shown

    def _elsewhere(self, case: Case) -> list[list[str]]:
        """Groups that see findings we do not: their title and contact, nothing of the findings."""
        services = self.run.services(case.subject)
        out: list[list[str]] = []
        if not self.edition.tells_elsewhere:
            return out
        for group in self.run.groups.values():
            if group.id != self.group.id and any(
                    finding["kind"] in KINDS and group.sees(finding["domain"], case.subject[0], services)
                    for finding in case.hidden):
                out.append([words.pick(group.title, self.language), group.contact])
        if not out and any(finding["kind"] in KINDS for finding in case.hidden):
            out.append([self.text["other_unit"], ""])
        return out

    def _facts(self, subject: Subject) -> list[list[str]]:
        facts = self.run.subjects.get(subject, {}).get("facts", {})
        out = []
        if subject[0] not in privacy.TOKEN_SUBJECTS:
            out.append([self.text["columns"].get("subject_id", "subject_id"), subject[1]])
        for name, value in facts.items():
            if value in (None, "") or name in privacy.FREE_TEXT or privacy.token_kind(name):
                continue
            parts = value.split("|") if isinstance(value, str) else [value]
            said = [self.text["values"].get(part, part) if isinstance(part, str) else part for part in parts]
            out.append([self.text["columns"].get(name, name), words.fact(name, said, self.language)])
        return out

    def _network(self, case: Case, mask: privacy.Mask) -> dict[str, Any] | None:
        """Who shares what with the subject, None when nobody does."""
        edges = self.run.links.get(case.row["link_group"] or "")
        if not edges:
            return None
        def name(subject: Subject) -> str | None:
            return self._subject_name(subject) if subject in self._at or self._works_with(subject) else None

        def stranger(kind: str, number: int) -> str:
            return f"{self.text['subject_types'][kind]} {number} ({self.text['other_unit_short']})"

        return network(edges, case.subject, mask, name, stranger, self._at.get)

    def _works_with(self, subject: Subject) -> bool:
        """True when a subject of this type and with these services is the group's own to see."""
        if self.edition.includes is not None and not self.edition.includes(*subject):
            return False
        if subject[0] not in self.group.subject_types:
            return False
        if subject[0] not in ("provider", "association") or "all" in self.group.ledger_services:
            return True
        return self.group.sees("ledger", subject[0], self.run.services(subject))

    # ------------------------------------------------------------------ the first screen
    def head(self) -> dict[str, Any]:
        """First screen: sources, deviations, new, gone, money by kind. Sums are over the cases of this group."""
        return first_screen.head(self)

    def _away(self) -> list[dict[str, Any]]:
        """Cases the group has had in its list and that are not there tonight: at rest, explained or gone."""
        return [case for subject, case in sorted(self.run.cases.items()) if case["state"] in follow_up.AWAY
                and self.group.id in (case["groups"] or ()) and subject not in self._at
                and (self.edition.includes is None or self.edition.includes(*subject))]

    def gone(self) -> int:
        """Cases that were in the group's list on their last night before this one and are not tonight."""
        return sum(follow_up.gone_tonight(case, self.run.as_of) for case in self._away())

    def away(self) -> list[dict[str, Any]]:
        """What the page says of the cases that left the list, the latest first."""
        out = []
        for case in self._away():
            subject = (case["subject_type"], case["subject_id"])
            out.append({"id": self.edition.case_id(*subject), "subject": self._subject_name(subject),
                        "subject_type": subject[0], "state": case["state"], "why": self._why(case),
                        "last_seen": words.moment(case["last_seen"]), **self._verdict(case)})
        return sorted(out, key=lambda one: (follow_up.AWAY.index(one["state"]), one["last_seen"]), reverse=True)

    def codes(self) -> list[str]:
        """Detectors whose domain this group works with, in order of their code; for the method page."""
        return sources.rule_codes(self.run, self.group)

    def as_json(self) -> dict[str, Any]:
        """The whole model, for golden files and other renderers."""
        return {"head": self.head(), "cases": self.cases,
                "details": [self.detail(at) for at in range(len(self.cases))], "detectors": self.codes()}
