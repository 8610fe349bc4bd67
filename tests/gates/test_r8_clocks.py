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


NIGHTS = ("2026-10-25", "2026-03-29")
AFTER = datetime.date(2026, 11, 22)
ACTIVITY = "activity_id | association_id | venue_token | started_at | ended_at | leader_token | participants\n"
DECISION = ("decision_id | client_token | provider_id | valid_from | hours_per_week\n"
            "d1 | anna | p1 | 2025-01-01 | 100\n")


def activities(day: str) -> str:
    return ACTIVITY + (f"a1 | f1 | hall1 | {day} 01:30 | {day} 02:50 | sam | 5\n"
                       f"a2 | f1 | hall2 | {day} 02:05 | {day} 04:00 | sam | 5\n")


def attended(day: str) -> dict[str, str]:
    people = "".join(f"a{n} | m{k}\n" for n in (1, 2) for k in range(6))
    return {"association_activities": activities(day),
            "association_attendance": "activity_id | member_token\n" + people}


def doubled(day: str) -> dict[str, str]:
    return {"assistance_decisions": DECISION, "assistance_shifts": SHIFT + (
        f"s1 | anna | p1 | sam | {day} 00:00 | {day} 02:50 | active\n"
        f"s2 | anna | p1 | kim | {day} 02:05 | {day} 08:00 | active\n")}


def both_services(day: str) -> dict[str, str]:
    return {
        "home_care_visits": visits(*((f"anna{n}", f"sam{n}", f"{day} 02:05", f"{day} 02:45") for n in range(4))),
        "assistance_shifts": SHIFT + "".join(f"s{n} | anna{n} | p2 | kim{n} | {day} 00:00 | {day} 02:50 | active\n"
                                             for n in range(4))}


def two_services(day: str) -> dict[str, str]:
    return {"home_care_visits": visits(("anna", "sam", f"{day} 02:05", f"{day} 04:00")),
            "assistance_shifts": SHIFT + f"s1 | bo | p2 | sam | {day} 00:00 | {day} 02:50 | active\n"}


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


OVERLAPS = [("PA04", doubled), ("XD01", two_services), ("XD16", both_services), ("AG02", attended),
            ("AG14", lambda day: {"association_activities": activities(day)}),
            ("HC01", lambda day: {"home_care_visits": visits(*in_turn(day))}),
            ("PA01", lambda day: {"assistance_shifts": shifts(("anna", f"{day} 00:00", f"{day} 02:50"),
                                                              ("bo", f"{day} 02:05", f"{day} 08:00"))})]


@pytest.mark.parametrize(("code", "tables"), OVERLAPS, ids=[code for code, _ in OVERLAPS])
def test_r8_no_rule_counts_an_overlap_inside_an_hour_that_clocks_change(bench: Bench, code: str, tables: Any) -> None:
    """Two or no hours from two to three: what overlaps there only may not have. Other nights it has."""
    def hits(day: str) -> int:
        return len(bench.run(Case(code, "clocks", "boundary", AFTER, tables(day), {}, [])))

    assert [hits(night) for night in NIGHTS] == [0, 0]
    assert hits("2026-10-24") and hits("2026-03-28") and hits("2025-12-31")


@pytest.mark.parametrize(("day", "hits"), [("2026-10-24", 1), ("2026-03-29", 0), ("2026-03-28", 1), ("2024-02-28", 1)])
def test_r8_long_days_over_two_services(bench: Bench, day: str, hits: int) -> None:
    """XD18: sixteen and a half hours from midnight on, one of which the clock leaves out in March."""
    first = datetime.date.fromisoformat(day)
    before = first - datetime.timedelta(days=3)
    rows = [(f"{at} 00:00", f"{at} 08:00", f"{at} 16:30") for at in (before, first)]
    tables = {"assistance_shifts": SHIFT + "".join(f"s{n} | bo | p2 | sam | {a} | {b} | active\n"
                                                   for n, (a, b, _) in enumerate(rows)),
              "home_care_visits": visits(*(("anna", "sam", b, c) for _, b, c in rows))}
    found_rows = bench.run(Case("XD18", "clocks", "boundary", first + datetime.timedelta(days=30), tables, {}, []))
    assert len(found_rows) == 2 * hits  # both providers


@pytest.mark.parametrize(("day", "ended", "began", "hits"), [
    ("2026-10-25", "22:00", "08:30", 0), ("2026-10-24", "22:00", "08:30", 1), ("2026-03-29", "22:00", "09:30", 1),
    ("2026-03-28", "22:00", "09:30", 0)])
def test_r8_rest_over_the_night(bench: Bench, day: str, ended: str, began: str, hits: int) -> None:
    """PA17: the rest of the night when clocks change has the length it had."""
    end = datetime.date.fromisoformat(day)
    before = end - datetime.timedelta(days=1)
    text = SHIFT + (f"s1 | anna | p1 | sam | {before} 14:00 | {before} {ended} | active\n"
                    f"s2 | anna | p1 | sam | {day} {began} | {day} 20:00 | active\n")
    case = Case("PA17", "clocks", "boundary", AFTER, {"assistance_shifts": text}, {}, [], {"min_times": 1})
    assert len(bench.run(case)) == hits


@pytest.mark.parametrize(("day", "hits"), [("2026-10-24", 0), ("2026-10-23", 1), ("2026-03-28", 1)])
def test_r8_the_hour_that_comes_twice_may_be_billed(bench: Bench, day: str, hits: int) -> None:
    """PA09: nine hours are billed for a night from ten to six; in October it had nine."""
    start = datetime.date.fromisoformat(day)
    month = start.replace(day=1)
    days = [("bo", month), ("anna", start), ("bo", month + datetime.timedelta(days=29))]
    text = SHIFT + "".join(f"s{n} | {who} | p1 | sam | {at} 22:00 | {at + datetime.timedelta(days=1)} 06:00 | active\n"
                           for n, (who, at) in enumerate(days))
    bill = ("invoice_id | provider_id | client_token | month | billed_hours | amount_sek\n"
            f"i1 | p1 | anna | {month} | 9 | 3000.00\n")
    case = Case("PA09", "clocks", "boundary", AFTER, {"assistance_shifts": text, "assistance_invoices": bill}, {}, [])
    assert len(bench.run(case)) == hits


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
@pytest.mark.parametrize(("end", "hours"), [("11:00", 15), ("12:00", 16), ("12:30", 16.5), ("13:30", 17.5)])
def test_r8_long_days_over_midnight(bench: Bench, day: str, end: str, hours: float) -> None:
    """HC04: sixteen hours from the evening on are sixteen hours over the leap day and over new year too; the nights
    when clocks change have an hour less or more than the clock says."""
    start = datetime.date.fromisoformat(day)
    after = start + datetime.timedelta(days=1)
    text = visits(("anna", "sam", f"{day} 20:00", f"{after} 04:00"), ("bo", "sam", f"{after} 04:00", f"{after} {end}"))
    rows = found(bench, "HC04", "home_care_visits", text, after + datetime.timedelta(days=30))
    passed = hours + {"2026-03-28": -1, "2026-10-24": 1}.get(day, 0)
    assert [(row["max_hours"], row["excess_minutes"]) for row in rows] == (
        [(passed, round((passed - 16) * 60))] if passed > 16 else [])


@pytest.mark.parametrize(("day", "hits"), [("2026-10-24", 0), ("2026-10-17", 1)])
def test_r8_twenty_four_hours_over_the_long_night(bench: Bench, day: str, hits: int) -> None:
    """HC04: noon to noon are twenty-five hours in October, so a quarter past eight at each end is within the limit."""
    after = datetime.date.fromisoformat(day) + datetime.timedelta(days=1)
    text = visits(("anna", "sam", f"{day} 12:00", f"{day} 20:15"), ("bo", "sam", f"{after} 03:45", f"{after} 12:00"))
    assert len(found(bench, "HC04", "home_care_visits", text, after + datetime.timedelta(days=28))) == hits


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
