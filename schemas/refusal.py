"""What the reading of a file may find: coded facts, never a cell's value."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Finding:
    """One thing to tell about a file. `rule` picks the text, `facts` holds numbers and headings for it."""

    rule: str
    row: int | None = None  # physical line; row number in a sheet; record number in JSON and Parquet
    column: str | None = None  # a contract column, or a heading that is fit to be shown
    facts: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Refused(Exception):
    """The file cannot be read as a whole. Carries a Finding; its text holds the rule's name only."""

    def __init__(self, rule: str, row: int | None = None, column: str | None = None, **facts: Any) -> None:
        super().__init__(rule)
        self.finding = Finding(rule, row, column, facts)
