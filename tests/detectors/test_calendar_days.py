"""Swedish holidays and the length of days when clocks change."""

from datetime import date

import pytest

from detectors.calendar_days import calendar_rows, day_hours, easter, holidays


@pytest.mark.parametrize(("year", "day"), [(2024, date(2024, 3, 31)), (2025, date(2025, 4, 20)),
                                           (2026, date(2026, 4, 5)), (2027, date(2027, 3, 28))])
def test_easter(year: int, day: date) -> None:
    assert easter(year) == day


def test_holidays_of_2026() -> None:
    expected = {date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 14), date(2026, 5, 24),
                date(2026, 6, 6), date(2026, 6, 19), date(2026, 6, 20), date(2026, 10, 31), date(2026, 12, 24)}
    assert expected <= holidays(2026)
    assert date(2026, 11, 23) not in holidays(2026)


def test_days_of_clock_changes() -> None:
    assert (day_hours(date(2026, 3, 29)), day_hours(date(2026, 10, 25))) == (23, 25)
    assert day_hours(date(2026, 3, 22)) == 24


def test_rows_cover_a_leap_day() -> None:
    rows = calendar_rows(date(2024, 2, 28), date(2024, 3, 1))
    assert [r[0].day for r in rows] == [28, 29, 1]
    assert rows[0][2] == 3
