"""Which column of the contract each heading of a file leads to."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field

from schemas.contract import Column, Contract, fold_heading
from schemas.refusal import Finding, Refused


@dataclass
class Mapping:
    """Positions (from 0) in the file: of contract columns, and of the headings nobody asked for."""

    columns: dict[str, int] = field(default_factory=dict)  # in file order
    unknown: dict[int, str] = field(default_factory=dict)  # position -> heading fit to be shown
    unnamed: list[int] = field(default_factory=list)  # positions without heading
    absent: list[str] = field(default_factory=list)  # optional columns not delivered
    findings: list[Finding] = field(default_factory=list)


def known_headings(contract: Contract) -> dict[str, Column]:
    """Folded heading -> column, for every name the contract knows."""
    return {fold_heading(name): column for column in contract.columns for name in (column.name, *column.aliases)}


def map_headings(headings: list[str], contract: Contract, line: int | None) -> Mapping:
    """Maps a file's header; Refused when a column comes twice or a required one is missing."""
    known = known_headings(contract)
    found = Mapping()
    folded = [fold_heading(heading) for heading in headings]
    hits = [known[name] for name in folded if name in known]
    if not hits:
        # Perhaps a file without a header, whose first row is data: nothing of it may be shown.
        raise Refused("no_header", row=line)
    for position, (heading, name) in enumerate(zip(headings, folded, strict=True)):
        column = known.get(name)
        if column is not None:
            if column.name in found.columns:
                raise Refused("double_heading", row=line, column=column.name)
            found.columns[column.name] = position
        elif not name:
            found.unnamed.append(position)
        else:
            found.unknown[position] = presentable(heading, position)
    for column in contract.columns:
        if column.name not in found.columns and column.same_as in found.columns:
            found.columns[column.name] = found.columns[column.same_as]
    missing = [c for c in contract.columns if c.name not in found.columns and c.constant is None]
    made = contract.key[0] if contract.generate_key else None
    required = [column for column in missing if column.required and column.name != made]
    if required:
        hints = {column.name: _nearest(column, list(found.unknown.values())) for column in required}
        raise Refused(
            "missing_column",
            row=line,
            column=required[0].name,
            columns=[column.name for column in required],
            headings={column.name: column.aliases[0] if column.aliases else column.name for column in required},
            hints={name: hint for name, hint in hints.items() if hint},
        )
    found.absent = [column.name for column in missing if column.name != made]
    return found


def presentable(heading: str, position: int) -> str:
    """The heading when it looks like one, else its place: a value must not slip into a message."""
    shown = " ".join(heading.replace("\ufeff", "").split())
    if not shown or len(shown) > 80 or re.search(r"\d[\d\W]{3,}\d", shown) or not shown.isprintable():
        return f"kolumn {position + 1}"
    return shown


def _nearest(column: Column, headings: list[str]) -> str | None:
    folded = {fold_heading(heading): heading for heading in headings}
    for name in (column.name, *column.aliases):
        close = difflib.get_close_matches(fold_heading(name), list(folded), n=1, cutoff=0.6)
        if close:
            return folded[close[0]]
    return None
