"""Gate P4: 10,000 random tables. No count of 1 to 7 is shown, others in steps of 5, and nothing hidden comes back.

The argument is indistinguishability: whoever is given everything that is published of two nights (cells, totals of
rows, columns and all) cannot tell the true tables from others in which every hidden cell holds any other of 1 to 7
and every shown one any other count of its step. So no subtraction, of rows, columns or nights, can find a cell.
"""

from __future__ import annotations

import numpy as np

from reports import disclosure
from reports.disclosure import Shown, Table

TABLES = 10_000
COLUMNS = ("a", "b", "c")


def _random(chance: np.random.Generator) -> np.ndarray:
    """A small table with many small counts, as the tables of one municipality are."""
    shape = (int(chance.integers(1, 5)), len(COLUMNS))
    return np.where(chance.random(shape) < 0.6, chance.integers(0, 12, shape), chance.integers(0, 400, shape))


def _published(counts: np.ndarray) -> Table:
    return disclosure.table({f"r{at}": dict(zip(COLUMNS, map(int, row), strict=True)) for at, row in enumerate(counts)},
                            COLUMNS)


def _next_night(counts: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A few cases more or fewer in some cells."""
    return np.maximum(0, counts + chance.integers(-3, 4, counts.shape) * (chance.random(counts.shape) < 0.4))


def _another(counts: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """Any other table that the rule of the cells alone allows; found by knowing the steps, not by asking the code."""
    step = (counts + 2) // 5 * 5
    low = np.where(counts == 0, 0, np.where(counts < 8, 1, np.maximum(step - 2, 8)))
    high = np.where(counts == 0, 0, np.where(counts < 8, 7, step + 2))
    return chance.integers(low, high + 1)


def _numbers(table: Table) -> list[Shown]:
    return [*(cell for row in table.cells for cell in row), *table.row_totals, *table.column_totals, table.total]


def test_ten_thousand_tables_on_two_nights() -> None:
    chance = np.random.default_rng(20261123)
    hidden = shown = 0
    for _ in range(TABLES):
        first = _random(chance)
        second = _next_night(first, chance)
        public = _published(first), _published(second)
        for counts, table in zip((first, second), public, strict=True):
            flat = [cell for row in table.cells for cell in row]
            for count, cell in zip(counts.ravel(), flat, strict=True):
                if 1 <= count <= 7:
                    assert cell.value is None
                    hidden += 1
                else:
                    assert cell.value is not None and cell.value % 5 == 0 and abs(cell.value - count) <= 2
                    shown += 1
            assert all(number.value is None or number.value == 0 or number.value >= 10 or number.value % 5 == 0
                       for number in _numbers(table))
            assert not any(0 < (number.value or 0) < 8 for number in _numbers(table)), "no total gives a small count"
        assert public == (_published(_another(first, chance)), _published(_another(second, chance)))
    assert hidden > 50_000 and shown > 50_000


def test_true_totals_would_give_hidden_counts_away() -> None:
    """A control: the same tables with true totals are told apart from their neighbours nearly always."""
    chance = np.random.default_rng(7)
    told_apart = 0
    for _ in range(500):
        counts = _random(chance)
        if not ((counts > 0) & (counts < 8)).any():
            continue
        other = _another(counts, chance)
        told_apart += list(counts.sum(axis=0)) != list(other.sum(axis=0))
    assert told_apart > 400


def test_a_night_to_night_difference_never_tells_a_change_of_less_than_two_ways() -> None:
    """Every step that two nights can show fits at least two true changes: nobody learns that exactly one was added."""
    changes: dict[tuple[int | None, int | None], set[int]] = {}
    for before in range(63):
        for after in range(63):
            pair = disclosure.count(before).value, disclosure.count(after).value
            changes.setdefault(pair, set()).add(after - before)
    assert {pair for pair, possible in changes.items() if len(possible) < 3} == {(0, 0)}
