"""Disclosure control for the overview: what may be published of small numbers.

Three rules, chosen so that nothing has to be trusted to a search for complements:
1. a count of 1 to 7 is suppressed, 0 is shown, every other count is rounded to the nearest 5;
2. every total, in rows, columns and corner, is computed from the cells *as shown*. A total is then a function of
   what is published already and tells nothing new, so no suppressed cell can be found by differencing; with a
   suppressed cell in it a total reads "at least";
3. kronor are rounded to 1,000 and shown only when at least eight contribute, the largest gives at most half and the
   two largest at most three quarters (n,k-dominance). What is paid to providers in all (a budget figure, no finding)
   needs three of them.
Tables of one release count different things (cases in domains, subjects, cases a month), never two splits of the
same units, so that they cannot be subtracted from each other either. Between two nights a cell moves in steps of 5.
Source: gate P4; limits: handbook reference 10.3 (to be decided with a statistician).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

SMALLEST = 8
STEP = 5
SEK_STEP = 1000
TOP_ONE = Decimal("0.5")
TOP_TWO = Decimal("0.75")


@dataclass(frozen=True)
class Shown:
    """A published number: `value` None = suppressed; `at_least`: a total with suppressed parts."""

    value: int | None
    at_least: bool = False


@dataclass(frozen=True)
class Table:
    """A published table: cells[row][column], totals made of the shown cells only."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Shown, ...], ...]
    row_totals: tuple[Shown, ...]
    column_totals: tuple[Shown, ...]
    total: Shown


def count(value: int) -> Shown:
    """One count as it may be shown. Raises ValueError for a negative count."""
    if value < 0:
        raise ValueError("a count cannot be negative")
    if value == 0:
        return Shown(0)
    if value < SMALLEST:
        return Shown(None)
    return Shown((value + STEP // 2) // STEP * STEP)


def money(parts: Sequence[Decimal]) -> Shown:
    """A sum of kronor from its contributors (one amount each), or suppressed. No contributor at all: 0."""
    if any(part < 0 for part in parts):
        raise ValueError("contributions to money to check cannot be negative")
    largest = sorted((part for part in parts if part), reverse=True)
    if not largest:
        return Shown(0)
    return money_sum(sum(largest, Decimal(0)), len(largest), largest[0], largest[1] if len(largest) > 1 else Decimal(0))


def money_sum(total: Decimal, contributors: int, largest: Decimal, second: Decimal, least: int = SMALLEST) -> Shown:
    """A sum of kronor of which only the size, the number of contributors and the two largest are known."""
    if contributors < least or total <= 0 or largest > TOP_ONE * total or largest + second > TOP_TWO * total:
        return Shown(None)
    return Shown(int((total + SEK_STEP // 2) // SEK_STEP * SEK_STEP))


def rounded(value: float, step: int) -> int:
    """To the nearest whole step, halves up; for ratios of sums that may themselves be shown."""
    return int((value + step / 2) // step * step)


def total(cells: Sequence[Shown]) -> Shown:
    """The sum of what is shown. All suppressed: suppressed."""
    known = [cell.value for cell in cells if cell.value is not None]
    open_ = any(cell.value is None or cell.at_least for cell in cells)
    if open_ and not any(known):
        return Shown(None)
    return Shown(sum(known), at_least=open_)


def table(counts: Mapping[str, Mapping[str, int]], columns: Sequence[str]) -> Table:
    """Counts by row and column as they may be published. Missing cells are 0."""
    return _table({row: [count(cells.get(column, 0)) for column in columns] for row, cells in counts.items()}, columns)


def money_table(parts: Mapping[str, Mapping[str, Sequence[Decimal]]], columns: Sequence[str]) -> Table:
    """Kronor by row and column; the inner sequences are the contributors of a cell."""
    return _table({row: [money(cells.get(column, ())) for column in columns] for row, cells in parts.items()}, columns)


def _table(cells: Mapping[str, list[Shown]], columns: Sequence[str]) -> Table:
    shown = tuple(tuple(row) for row in cells.values())
    rows = tuple(total(row) for row in shown)
    downs = tuple(total([row[at] for row in shown]) for at in range(len(columns)))
    return Table(tuple(cells), tuple(columns), shown, rows, downs, total(rows))
