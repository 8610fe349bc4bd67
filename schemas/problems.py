"""What is wrong with a source and what to do about it, in words for people; never with a cell's value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to tell about a file, in Swedish and English.

    `row` is the line in the source (row number in a sheet), `column` a column of the contract or a heading; both
    None when the whole file is meant. `rule` is a stable name for the kind of problem.
    """

    file: str
    row: int | None
    column: str | None
    rule: str
    message: str
    remedy: str
    message_en: str
    remedy_en: str
