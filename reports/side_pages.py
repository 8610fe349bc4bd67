"""Which cases go to which side page: by unit, a page of its own for a large one, small ones together.

A side page is named by a number, never by a unit: a unit's name is what a source wrote.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reports.model import GroupModel

MOST_ROWS = 100_000  # of evidence on one page: some 3 MB packed, 6 with wide rows
FEW_ROWS = 20_000  # smaller units share a page
MOST_CASES = 5_000
CHUNK_ROWS = 5_000  # of evidence that one island should hold
NAMED = 3  # units in a title


@dataclass(frozen=True)
class SideCases:
    """One side page: file name, title (the units), indexes of its cases in the list, cases an island."""

    name: str
    title: str
    members: Sequence[int]
    chunk: int


def split(model: GroupModel, cut: Sequence[int]) -> list[SideCases]:
    """The side pages that hold these cases. The order within a page is the order of the list."""
    pages: list[tuple[list[str], list[int], int]] = []  # units, cases, rows
    units: dict[str, list[int]] = defaultdict(list)
    for at in cut:
        units[(model.cases[at]["units"] or [""])[0]].append(at)
    for unit in sorted(units, key=lambda name: (name == "", name)):
        rows = sum(model.rows_kept(at) for at in units[unit])
        if pages and pages[-1][2] + rows <= FEW_ROWS and len(pages[-1][1]) + len(units[unit]) <= MOST_CASES:
            names, cases, held = pages[-1]
            pages[-1] = ([*names, unit], [*cases, *units[unit]], held + rows)
            continue
        held, cases = 0, []
        for at in units[unit]:
            if cases and (held + model.rows_kept(at) > MOST_ROWS or len(cases) == MOST_CASES):
                pages.append(([unit], cases, held))
                held, cases = 0, []
            cases.append(at)
            held += model.rows_kept(at)
        pages.append(([unit], cases, held))
    wide = max(2, len(str(len(pages))))
    titles = [_title(model, names) for names, _, _ in pages]
    parts = {title: len(list(same)) for title, same in groupby(sorted(titles))}
    seen: dict[str, int] = defaultdict(int)
    out = []
    for number, (title, (_, cases, held)) in enumerate(zip(titles, pages, strict=True), start=1):
        seen[title] += 1
        said = title if parts[title] == 1 else f"{title} ({seen[title]}/{parts[title]})"
        chunk = max(1, min(200, len(cases) * CHUNK_ROWS // max(1, held)))
        out.append(SideCases(f"cases-{number:0{wide}}.html", said, sorted(cases), chunk))
    return out


def _title(model: GroupModel, units: Sequence[str]) -> str:
    named = [unit or model.text["page"]["no_unit"] for unit in units]
    more = [model.text["js"]["more_reasons"].format(n=len(named) - NAMED)] if len(named) > NAMED else []
    return ", ".join([*named[:NAMED], *more])
