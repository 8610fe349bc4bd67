"""R8: the two nights when clocks change, the leap day and new year: durations right, no false overlap.

Exports write Swedish wall time without an offset (one with an offset is refused by name). On 2026-10-25 the hour from
02:00 to 03:00 comes twice, on 2026-03-29 it is left out. That a night gives the same bytes for every zone of the
server is in test_r9_order_and_place.py.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from detectors.calendar_days import calendar_rows, day_hours
from schemas.contract import load_contracts
from schemas.reader import read_file
from schemas.settings import load_settings
from tests.detectors.cases import Bench, Case

VISIT = "visit_id | client_token | provider_id | staff_token | started_at | ended_at\n"
SHIFT = "shift_id | client_token | provider_id | assistant_token | started_at | ended_at | kind\n"


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def found(bench: Bench, code: str, table: str, text: str, as_of: datetime.date) -> list[dict[str, Any]]:
    return bench.run(Case(code, "clocks", "boundary", as_of, {table: text}, {}, []))


def visits(*rows: tuple[str, str, str, str]) -> str:
    return VISIT + "".join(f"v{n} | {client} | p1 | {staff} | {start} | {end}\n"
                           for n, (client, staff, start, end) in enumerate(rows))


def shifts(*rows: tuple[str, str, str]) -> str:
    return SHIFT + "".join(f"s{n} | {client} | p1 | sam | {start} | {end} | active\n"
                           for n, (client, start, end) in enumerate(rows))


def in_turn(day: str, staff: int = 3) -> list[tuple[str, str, str, str]]:
    """Each of the staff visits one client in the hour before the clock goes back and one in the hour after."""
    return [row for n in range(staff) for row in (
        (f"anna{n}", f"sam{n}", f"{day} 02:05", f"{day} 02:45"), (f"bo{n}", f"sam{n}", f"{day} 02:10", f"{day} 02:50"))]


def test_r8_no_false_overlap_in_the_repeated_hour(bench: Bench) -> None:
    assert found(bench, "HC01", "home_care_visits", visits(*in_turn("2026-10-25")), datetime.date(2026, 11, 22)) == []


def test_r8_no_client_has_two_visits_at_once_in_it(bench: Bench) -> None:
    rows = [("anna", f"sam{n}{turn}", f"{day} 02:05", f"{day} 02:45")
            for n, day in enumerate(["2026-10-25", "2025-10-26"] * 2) for turn in "ab"]
    assert found(bench, "HC02", "home_care_visits", visits(*rows), datetime.date(2026, 11, 22)) == []


def test_r8_no_assistant_works_at_two_places_in_it(bench: Bench) -> None:
    text = shifts(("anna", "2026-10-25 02:00", "2026-10-25 02:50"), ("bo", "2026-10-25 02:05", "2026-10-25 02:55"))
    assert found(bench, "PA01", "assistance_shifts", text, datetime.date(2026, 11, 22)) == []
    assert found(bench, "PA01", "assistance_shifts", text.replace("10-25", "10-24"), datetime.date(2026, 11, 22))


def test_r8_control_the_same_visits_another_night_are_found(bench: Bench) -> None:
    rows = found(bench, "HC01", "home_care_visits", visits(*in_turn("2026-10-24")), datetime.date(2026, 11, 22))
    assert [(row["n"], row["minutes"]) for row in rows] == [(3, 105)]


@pytest.mark.parametrize(("day", "hours", "excess"), [
    ("2026-10-25", "02", 0), ("2026-10-24", "02", 1), ("2026-03-29", "02", 1), ("2024-02-29", "02", 1),
    ("2025-12-31", "02", 1)])
def test_r8_hours_of_an_assistants_day(bench: Bench, day: str, hours: str, excess: int) -> None:
    """PA02: twenty-five hours fit into the October night's day and into no other."""
    start = datetime.date.fromisoformat(day)
    after = start + datetime.timedelta(days=1)
    text = shifts(("anna", f"{day} 00:00", f"{day} 03:00"), ("anna", f"{day} {hours}:00", f"{after} 00:00"))
    rows = found(bench, "PA02", "assistance_shifts", text, start + datetime.timedelta(days=30))
    assert [row["hours"] for row in rows] == ([float(excess)] if excess else [])


@pytest.mark.parametrize("day", ["2024-02-28", "2024-02-29", "2025-12-31", "2026-03-28", "2026-10-24"])
@pytest.mark.parametrize(("end", "hits"), [("12:00", 0), ("12:30", 1)])
def test_r8_long_days_over_midnight(bench: Bench, day: str, end: str, hits: int) -> None:
    """HC04: sixteen hours from the evening on are sixteen hours over the leap day and over new year too."""
    start = datetime.date.fromisoformat(day)
    after = start + datetime.timedelta(days=1)
    text = visits(("anna", "sam", f"{day} 20:00", f"{after} 04:00"), ("bo", "sam", f"{after} 04:00", f"{after} {end}"))
    rows = found(bench, "HC04", "home_care_visits", text, after + datetime.timedelta(days=30))
    assert len(rows) == hits
    if hits:
        assert rows[0]["max_hours"] == 16.5 and rows[0]["excess_minutes"] == 30


def test_r8_the_length_of_days() -> None:
    hours = {day: n for day, n, _, _ in calendar_rows(datetime.date(2024, 1, 1), datetime.date(2026, 12, 31))}
    assert len(hours) == 366 + 365 + 365 and datetime.date(2024, 2, 29) in hours
    odd = {day.isoformat(): n for day, n in hours.items() if n != 24}
    assert odd == {"2024-03-31": 23, "2024-10-27": 25, "2025-03-30": 23, "2025-10-26": 25, "2026-03-29": 23,
                   "2026-10-25": 25}
    assert day_hours(datetime.date(2026, 10, 25)) == 25


def test_r8_times_are_read_as_written(tmp_path: Path) -> None:
    """Wall time stays wall time, also in an hour that a zone leaves out or has twice."""
    import pyarrow.parquet as pq

    times = ["2026-03-29 02:30", "2026-10-25 02:30", "2024-02-29 23:59", "2025-12-31 23:59", "2026-03-08 02:30"]
    path = tmp_path / "home_care_visits_1.csv"
    path.write_text("visit_id;client_token;provider_id;staff_token;started_at;ended_at;registration\n" + "".join(
        f"v{n};anna;p1;sam;{one};{one};tag\n" for n, one in enumerate(times)), encoding="utf-8")
    reading = read_file(path, load_contracts()["home_care_visits"], tmp_path / "out", load_settings(None))
    assert reading.staging
    read = [f"{row['started_at']:%Y-%m-%d %H:%M}" for row in pq.read_table(reading.staging).to_pylist()]
    assert read == times


def test_r8_a_time_with_an_offset_is_named(tmp_path: Path) -> None:
    path = tmp_path / "home_care_visits_1.csv"
    path.write_text("visit_id;client_token;provider_id;staff_token;started_at;ended_at;registration\n"
                    "v1;anna;p1;sam;2026-10-25 02:10;2026-10-25 02:50;tag\n"
                    "v2;anna;p1;sam;2026-10-25T02:10:00+01:00;2026-10-25T02:50:00+01:00;tag\n", encoding="utf-8")
    reading = read_file(path, load_contracts()["home_care_visits"], tmp_path / "out", load_settings(None))
    assert [(p.rule, p.row, p.column) for p in reading.problems if p.row] == [("type_offset", 3, "started_at")]
    assert reading.rows_bad == 1
