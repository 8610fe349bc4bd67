"""Swedish calendar days: public holidays (lag 1989:253) and the length of a day in hours when clocks change."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache


def easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Butcher's algorithm)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e, g = b // 4, b % 4, (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _first_weekday(start: date, weekday: int) -> date:
    return start + timedelta(days=(weekday - start.weekday()) % 7)


@cache
def holidays(year: int) -> frozenset[date]:
    """Public holidays other than ordinary Sundays, with Midsummer's Eve, Christmas Eve and New Year's Eve, on which
    offices are closed too."""
    sunday = easter(year)
    return frozenset({
        date(year, 1, 1), date(year, 1, 6), date(year, 5, 1), date(year, 6, 6),
        sunday - timedelta(days=2), sunday, sunday + timedelta(days=1), sunday + timedelta(days=39),
        sunday + timedelta(days=49), _first_weekday(date(year, 6, 19), 4), _first_weekday(date(year, 6, 20), 5),
        _first_weekday(date(year, 10, 31), 5), date(year, 12, 24), date(year, 12, 25), date(year, 12, 26),
        date(year, 12, 31)})


def day_hours(day: date) -> int:
    """23 on the last Sunday of March, 25 on the last Sunday of October (directive 2000/84/EC), else 24."""
    if day.weekday() == 6 and day.day > 24 and day.month in (3, 10):
        return 23 if day.month == 3 else 25
    return 24


def calendar_rows(first: date, last: date) -> list[tuple[date, int, int, bool]]:
    """(day, hours, weekday with Monday = 1, public holiday) for each day from first to last."""
    days = ((first + timedelta(days=i)) for i in range((last - first).days + 1))
    return [(d, day_hours(d), d.isoweekday(), d in holidays(d.year)) for d in days]
