"""What a changed parameter would have gained and lost, as text and as a page of its own.

The result comes as plain data from whoever ran the rules; here it only gets words. Subjects that are persons,
households, accounts or addresses are shown by the id of their case, as in the reports, never by their token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import page, privacy, words
from schemas.case_id import case_id

SHOWN = 50  # rows of a list; the counts are always of all


@dataclass(frozen=True)
class Section:
    """One block: sentences, then a table. `numbers`: places of the columns that hold numbers."""

    title: str
    notes: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    numbers: Sequence[int] = ()
    more: str = ""


def as_text(result: Mapping[str, Any]) -> list[str]:
    """The what-if as lines for a terminal."""
    text = words.texts(result["language"])
    lines = [f"{text['whatif']['title']} {result['run_id']}: {text['whatif']['lead']}"]
    for section in sections(result):
        lines += ["", section.title, *(f"  {note}" for note in section.notes)]
        if section.head:
            lines += _table(section) if section.rows else [f"  {text['page']['no_rows']}"]
        if section.more:
            lines.append(f"  {section.more}")
    return [*lines, "", f"{text['disclaimer']}."]


def write_page(result: Mapping[str, Any], path: Path) -> Path:
    """Write the self-contained page; swapped in whole, readable by its owner only."""
    path = Path(path)
    made = page.render("whatif.html.j2", result["language"], result=result, sections=sections(result))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "no such folder", str(path.parent))
    mode = path.parent.stat().st_mode & 0o777
    page.write_file(path, made)
    path.parent.chmod(mode)  # the folder is the user's, not ours
    return path


def sections(result: Mapping[str, Any]) -> list[Section]:
    """The blocks of the what-if in the order of reading."""
    teller = _Teller(result)
    return [teller.changes(), teller.rules(), teller.groups(), teller.outcomes(), teller.top(),
            teller.subjects("gained"), teller.subjects("lost"), teller.findings("gained"), teller.findings("lost")]


class _Teller:
    """Finds the words for one result."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        self.result, self.language = result, result["language"]
        self.text = words.texts(self.language)
        self.say = self.text["whatif"]

    def changes(self) -> Section:
        rows = [[f"{c['code']} {words.pick(c['title'], self.language)}", self._limit(c["name"]),
                 self._value(c["before"]), self._value(c["after"]), words.spoken(c["unit"], self.language)[0]]
                for c in self.result["changes"]]
        notes = [] if self.result["same_rule"] else [self.say["rule_changed"]]
        return Section(self.say["changes"], notes, [self.text["head"]["rule"], *self.say["head_changes"]], rows, (2, 3))

    def rules(self) -> Section:
        result, notes, rows = self.result, [], []
        for rule in result["rules"]:
            name = f"{rule['code']} {words.pick(rule['title'], self.language)}"
            for side in ("before", "after"):
                if rule[side]["outcome"] != "ran":
                    reason = rule[side]["reason" if self.language == "sv" else "reason_en"]
                    outcome = self.text["outcomes_ledger"].get(rule[side]["outcome"], rule[side]["outcome"])
                    notes.append(f"{rule['code']} {self.say[side]}: {outcome}{' – ' + reason if reason else ''}.")
            if not rule["active"]:
                notes.append(self.say["not_active"].format(code=rule["code"]))
            rows.append([name, *(self._n(rule[k]) for k in
                                 ("findings_before", "findings_after", "gained", "lost", "changed"))])
        notes += [
            self.say["subjects_line"].format(
                before=self._n(result["subjects_before"]), after=self._n(result["subjects_after"]),
                gained=self._n(len(result["subjects_gained"])), lost=self._n(len(result["subjects_lost"]))),
            self.say["money_line"].format(before=words.sek(float(result["money_before"]), self.language),
                                          after=words.sek(float(result["money_after"]), self.language))]
        if any(result["link_groups"].values()):
            notes.append(self.say["links_line"].format(**{k: self._n(v) for k, v in result["link_groups"].items()}))
        return Section(self.say["rules"], notes, [self.text["head"]["rule"], *self.say["head_rules"]], rows,
                       range(1, 6))

    def groups(self) -> Section:
        rows = [[words.pick(g["title"], self.language), *(self._n(g[k]) for k in (
            "findings_gained", "findings_lost", "subjects_gained", "subjects_lost"))] for g in self.result["groups"]]
        return Section(self.say["groups"], [], [self.say["group"], *self.say["head_groups"]], rows, range(1, 5))

    def outcomes(self) -> Section:
        rows = []
        for row in self.result["outcomes"]:
            what = [self.say["touch"][key] for key in
                    ("findings_gained", "findings_lost", "subject_gained", "subject_lost") if row[key]]
            rows.append([self._subject(row), self.say["outcome"].get(row["outcome"], row["outcome"]),
                         row["detector_id"] or "", row["reviewed_on"] or "", ", ".join(what)])
        if not rows:
            return Section(self.say["outcomes"], [self.say["no_outcomes"]])
        return self._listed(self.say["outcomes"], rows, self.say["head_outcomes"], notes=[self.say["outcomes_note"]])

    def top(self) -> Section:
        top = self.result["top"]
        rows = [[self._subject(r), self.say["move"][name], self._n(r["before"]), self._n(r["after"]),
                 self._p(r["score_before"]), self._p(r["score_after"])]
                for name in ("entered", "left", "moved") for r in top[name]]
        note = self.say["top_line"].format(size=top["size"], entered=len(top["entered"]), left=len(top["left"]),
                                           moved=len(top["moved"]), unmoved=top["unmoved"])
        return Section(self.say["top"].format(size=top["size"]), [note], self.say["head_top"], rows, (2, 3, 4, 5))

    def subjects(self, side: str) -> Section:
        rows = [[self._subject(r), self._n(r["rank"]), self._p(r["score"]), self._sek(r["amount_sek"])]
                for r in self.result[f"subjects_{side}"]]
        return self._listed(self.say[f"subjects_{side}"], rows, self.say["head_subjects"], (1, 2, 3))

    def findings(self, side: str) -> Section:
        rows = [[self._subject(f), f["detector_id"], f["from"] or "", f["to"] or "", self._p(f["strength"]),
                 self._sek(f["amount_sek"]), self._n(f["n_evidence"])] for f in self.result[f"findings_{side}"]]
        return self._listed(self.say[f"findings_{side}"], rows, self.say["head_findings"], (4, 5, 6))

    def _listed(self, title: str, rows: list[list[str]], head: Sequence[str], numbers: Sequence[int] = (),
                notes: Sequence[str] = ()) -> Section:
        more = self.say["more"].format(shown=SHOWN, all=self._n(len(rows))) if len(rows) > SHOWN else ""
        return Section(f"{title} ({self._n(len(rows))})", notes, head, rows[:SHOWN], numbers, more)

    def _subject(self, row: Mapping[str, Any]) -> str:
        kind, own = row["subject_type"], row["subject_id"]
        shown = case_id(kind, own) if kind in privacy.TOKEN_SUBJECTS else own
        name = self.result["names"].get(f"{kind}:{own}")
        label = self.text["subject_types"].get(kind, kind)
        return f"{name} ({label} {shown})" if name else f"{label} {shown}"

    def _n(self, value: float | None) -> str:
        return "–" if value is None else words.number(value, self.language)

    def _p(self, value: float | None) -> str:
        return "–" if value is None else words.number(value, self.language, 2)

    def _limit(self, name: str) -> str:
        """A limit by the name people read, and by the one that --set takes."""
        said = words.limit_name(name, self.language)
        return said if said.replace(" ", "_") == name else f"{said} ({name})"

    def _sek(self, value: str | None) -> str:
        return "–" if value is None else words.sek(float(value), self.language)

    def _value(self, value: Any) -> str:
        return words.fact("", value, self.language)


def _table(section: Section) -> list[str]:
    rows = [list(section.head), *[list(row) for row in section.rows]]
    widths = [max(len(row[at]) for row in rows) for at in range(len(section.head))]
    return ["  " + "  ".join(cell.rjust(width) if at in section.numbers else cell.ljust(width)
                             for at, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
            for row in rows]
