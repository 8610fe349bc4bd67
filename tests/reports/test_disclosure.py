"""Gate P4: nothing small is shown, and nothing hidden can be worked out."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import disclosure
from reports.disclosure import Shown

COLUMNS = ("a", "b")
TABLES = st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=1, max_size=2)


def _published(rows: list[list[int]]) -> disclosure.Table:
    return disclosure.table({f"r{at}": dict(zip(COLUMNS, row, strict=True)) for at, row in enumerate(rows)}, COLUMNS)


def _candidates(cell: Shown) -> list[int]:
    """Every true count that is shown as this cell, found by trying, not by knowing the rule."""
    return [value for value in range(40) if disclosure.count(value) == cell]


@given(st.integers(0, 10_000))
def test_a_count_from_1_to_7_is_never_shown_and_others_are_multiples_of_5(value: int) -> None:
    shown = disclosure.count(value)
    if 1 <= value <= 7:
        assert shown.value is None
    else:
        assert shown.value is not None and shown.value % 5 == 0 and abs(shown.value - value) <= 2


@settings(max_examples=150, deadline=None)
@given(TABLES)
def test_an_attacker_who_knows_the_method_learns_nothing_from_totals(rows: list[list[int]]) -> None:
    """Enumerate every table that publishes the same: each cell keeps all the values its own display allows."""
    public = _published(rows)
    options = [_candidates(cell) for row in public.cells for cell in row]
    left: list[set[int]] = [set() for _ in options]
    for guess in itertools.product(*options):
        split = [list(guess[at:at + 2]) for at in range(0, len(guess), 2)]
        if _published(split) == public:
            for at, value in enumerate(guess):
                left[at].add(value)
    for cell, values, truth in zip((c for row in public.cells for c in row), left, itertools.chain(*rows), strict=True):
        assert truth in values
        if cell.value is None:
            assert values == set(range(1, 8))
        elif cell.value:
            assert len(values) == 5


def test_the_attacker_would_catch_true_totals() -> None:
    """A control: with the true total beside it, a suppressed cell is found at once."""
    true_total, shown = 43, disclosure.count(40)
    left = {hidden for hidden in range(1, 8) for other in _candidates(shown) if hidden + other == true_total}
    assert left != set(range(1, 8))


def test_totals_say_at_least_when_something_is_hidden() -> None:
    public = _published([[40, 3], [2, 5]])
    assert public.row_totals == (Shown(40, at_least=True), Shown(None))
    assert public.column_totals == (Shown(40, at_least=True), Shown(None)) and public.total == Shown(40, at_least=True)


AMOUNTS = st.lists(st.decimals(0, 10**7, places=2, allow_nan=False), max_size=12)


@given(AMOUNTS)
def test_kronor_are_rounded_and_nobody_dominates(parts: list[Decimal]) -> None:
    shown, total = disclosure.money(parts), sum(parts, Decimal(0))
    if shown.value:
        assert shown.value % 1000 == 0 and abs(shown.value - total) <= 500
        assert sum(part > 0 for part in parts) >= 8 and max(parts) * 2 <= total


@pytest.mark.parametrize(("parts", "value"), [
    ([], 0), ([Decimal(5000)] * 7, None), ([Decimal(5000)] * 8, 40000), ([Decimal(1)] * 9 + [Decimal(90_000)], None),
    ([Decimal(100)] * 8 + [Decimal(9000), Decimal(9000)], None)])
def test_few_or_dominating_contributors_hide_the_sum(parts: list[Decimal], value: int | None) -> None:
    assert disclosure.money(parts).value == value


@pytest.mark.parametrize("call", [lambda: disclosure.count(-1), lambda: disclosure.money([Decimal(-1)])])
def test_negative_numbers_are_a_fault_of_ours(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="negative"):
        call()


@given(st.lists(st.lists(st.integers(0, 30), min_size=2, max_size=2), min_size=1, max_size=4), st.integers(0, 3),
       st.integers(0, 1))
def test_one_more_case_overnight_moves_a_cell_by_steps_only(rows: list[list[int]], row: int, column: int) -> None:
    row %= len(rows)
    later = [list(line) for line in rows]
    later[row][column] += 1
    before, after = _published(rows).cells[row][column].value, _published(later).cells[row][column].value
    assert before is None or after is None or (after - before) % 5 == 0
