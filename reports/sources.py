"""Which sources a group's report speaks of: those that the rules of its own domains read.

Of the others it says how many could not be read and whom to ask, never their names, files or rows: what another
domain delivers is that domain's business. The analyst's index shows every source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reports import words
from reports.load import Run
from schemas.groups import Group

ANYBODYS = frozenset({"outcomes"})  # read back from every group's own workbook


@dataclass(frozen=True)
class Sources:
    """The sources of one group. `own`: datasets its rules read; `expected` and `read` count those of them that are
    delivered or due, `failed` names those that were refused or did not come; `others_failed`: how many other sources
    were; `ask`: whom to ask about them; `problems`: what is wrong in the group's files, `others_problems`: how many
    more there are.
    """

    own: frozenset[str]
    expected: int
    read: int
    failed: tuple[str, ...]
    others_failed: int
    ask: tuple[str, ...]
    problems: tuple[Mapping[str, Any], ...]
    others_problems: int

    def of(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The rows (files, checks) that belong to the group's datasets."""
        return [row for row in rows if row.get("dataset") in self.own]


def rule_codes(run: Run, group: Group) -> list[str]:
    """Detectors whose domain the group works with, and what may speak against them, in order of their code."""
    seen = [code for code, head in sorted(run.detectors.items())
            if any(group.sees(head.get("domain", ""), kind, group.ledger_services) for kind in group.subject_types)]
    own = _read_by(run, (code for code in seen if run.detectors[code].get("domain") != "exculpating"))
    return [code for code in seen if run.detectors[code].get("domain") != "exculpating"
            or datasets(run.detectors[code]) <= own | ANYBODYS]


def datasets(head: Mapping[str, Any]) -> frozenset[str]:
    """The datasets behind a detector: the shared views followed to what they read."""
    return frozenset(head.get("datasets") or head.get("reads") or ())


def sources_of(run: Run, group: Group, language: str) -> Sources:
    """See Sources."""
    own = _read_by(run, rule_codes(run, group)) | ANYBODYS
    meta = run.meta.get("sources") or {}
    failed = {*meta.get("refused_names", ()), *meta.get("missing_names", ()),
              *(row["dataset"] for row in run.reconciliation if row["status"] == "refused")}
    known = failed | {row["dataset"] for row in run.reconciliation}
    due = (known & own) - ANYBODYS
    home = {row["file"]: row["dataset"] for row in run.reconciliation}
    mine, others = [], 0
    for problem in run.meta.get("problems") or []:
        if _dataset(str(problem.get("file") or ""), home, words.texts(language)["datasets"]) in own:
            mine.append(problem)
        else:
            others += 1
    strange = failed - own
    return Sources(own, len(due), len(due - failed), tuple(sorted(failed & own)), len(strange),
                   _askable(run, group, strange), tuple(mine), others)


def _read_by(run: Run, codes: Iterable[str]) -> frozenset[str]:
    return frozenset(name for code in codes for name in datasets(run.detectors[code]))


def _dataset(file: str, home: Mapping[str, str], names: Iterable[str]) -> str:
    """The dataset a file belongs to, also when it could not be opened: then by its name."""
    return home.get(file) or max((name for name in names if file.startswith(name)), key=len, default="")


def _askable(run: Run, group: Group, strange: frozenset[str] | set[str]) -> tuple[str, ...]:
    """Contacts of the other groups whose rules read any of these sources."""
    found = (other.contact for other in run.groups.values() if strange and other.id != group.id and other.contact
             and not other.aggregates_only and _read_by(run, rule_codes(run, other)) & strange)
    return tuple(dict.fromkeys(found))
