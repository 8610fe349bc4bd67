"""The control slice: drawn by lot, stable through its month, hidden among the first rows of every list."""

from __future__ import annotations

import random
import stat
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from detectors import control
from detectors.ranking import Ranked
from schemas.retention import Retention
from schemas.settings import Control, Settings, SettingsError, settings_document, settings_of

NIGHT = date(2026, 11, 23)
SETTINGS = Settings(seed=7)


def _ranked(count: int, groups: tuple[str, ...] = ("sg-a", "sg-b", "sg-c")) -> list[Ranked]:
    """Every third in one group, some in two; scores fall with rank."""
    rows = []
    for at in range(count):
        mine = [groups[at % len(groups)]] + ([groups[(at + 1) % len(groups)]] if at % 5 == 0 else [])
        rows.append(Ranked("provider", f"U{at:05d}", 100 - at / count, None, [], [], rank=at + 1,
                           groups=sorted(set(mine))))
    return rows


def _subjects(rows: list[control.ControlRow], period: str = "2026-11") -> set[tuple[str, str]]:
    return {row.subject for row in rows if row.period == period}


def test_five_in_a_hundred_are_drawn_and_at_least_twenty() -> None:
    assert len(control.place_control(_ranked(150), SETTINGS, NIGHT)) == 20
    assert len(control.place_control(_ranked(7), SETTINGS, NIGHT)) == 7
    many = len(control.place_control(_ranked(10_000), SETTINGS, NIGHT))
    assert 430 < many < 570  # 500, four standard deviations each way
    assert control.place_control(_ranked(300), replace(SETTINGS, control=Control(0.05, 0)), NIGHT) != []


def test_the_draw_is_by_lot_and_not_by_rank() -> None:
    """Over many months the mean rank of the drawn is the middle of the list, and every rank is drawn about as often."""
    times = [0] * 200
    for month in range(1, 13):
        for year in range(2000, 2020):
            for row in control.place_control(_ranked(200), SETTINGS, date(year, month, 1)):
                times[int(row.subject_id[1:])] += 1
    assert 19.5 < sum(times) / 240 < 20.5
    assert 98 < sum(at * n for at, n in enumerate(times)) / sum(times) < 101.5
    assert max(times) < 24 + 5 * 4.7 and min(times) > 24 - 5 * 4.7


def test_places_are_a_permutation_and_rank_is_left_alone() -> None:
    ranked = _ranked(1_000)
    rows = control.place_control(ranked, SETTINGS, NIGHT)
    assert sorted(row.place for row in ranked) == list(range(1, 1_001))
    assert [row.rank for row in ranked] == list(range(1, 1_001))
    drawn = _subjects(rows)
    rest = [row for row in sorted(ranked, key=lambda r: r.place) if (row.subject_type, row.subject_id) not in drawn]
    assert [row.rank for row in rest] == sorted(row.rank for row in rest), "the others keep their order"
    assert {row.subject: row.place for row in rows} == {
        (r.subject_type, r.subject_id): r.place for r in ranked if (r.subject_type, r.subject_id) in drawn}


@pytest.mark.parametrize("count", [90, 1_000, 5_000])
def test_in_every_groups_list_the_drawn_stand_in_the_first_part_and_spread(count: int) -> None:
    ranked = _ranked(count)
    drawn = _subjects(control.place_control(ranked, SETTINGS, NIGHT))
    for group in ("sg-a", "sg-b", "sg-c"):
        cut = [r for r in sorted(ranked, key=lambda r: r.place) if group in r.groups]
        natural = {r.subject_id: at for at, r in enumerate(r for r in ranked if group in r.groups)}
        places = [at for at, r in enumerate(cut) if (r.subject_type, r.subject_id) in drawn]
        first = max(control.FIRST_PART, control.ROOM * len(places))
        assert max(places) < first, "all lie in the part that is worked through"
        strongest = [r.subject_id for r in sorted(ranked, key=lambda r: r.rank) if group in r.groups][:control.LEAD]
        assert [r.subject_id for r in cut[:control.LEAD]] == strongest, "the strongest keep their places"
        assert all(at <= natural[r.subject_id] + len(places) for at, r in enumerate(cut) if at in places)
        if count > 90:
            middle = sum(places) / len(places) / min(first, len(cut))
            assert 0.3 < middle < 0.65, (group, middle, "spread over it, neither first nor last")


def test_the_drawn_stand_in_the_list_and_before_everybody_set_apart() -> None:
    """One that is set apart and drawn would not be looked at; the list and what is set apart must not be mixed."""
    for few in (0, 4, 30, 200):
        ranked = _ranked(300)
        for row in ranked:
            row.listed = row.rank <= few
        drawn = _subjects(control.place_control(ranked, SETTINGS, NIGHT))
        assert any(row.rank > few for row in ranked if (row.subject_type, row.subject_id) in drawn)
        for row in ranked:
            assert row.listed == (row.rank <= few or (row.subject_type, row.subject_id) in drawn)
        for group in ("sg-a", "sg-b", "sg-c"):
            cut = [r.listed for r in sorted(ranked, key=lambda r: r.place) if group in r.groups]
            assert cut == sorted(cut, reverse=True), (few, group)


def test_nobody_drawn_is_moved_down() -> None:
    ranked = _ranked(400)
    drawn = _subjects(control.place_control(ranked, SETTINGS, NIGHT))
    others_before = [(r.rank, sum((o.subject_type, o.subject_id) not in drawn and o.rank < r.rank for o in ranked),
                      sum((o.subject_type, o.subject_id) not in drawn and o.place < r.place for o in ranked))
                     for r in ranked if (r.subject_type, r.subject_id) in drawn]
    assert all(after <= before for _, before, after in others_before)
    assert any(after < before for _, before, after in others_before)


def test_a_subject_stays_through_its_month_whatever_comes_and_goes() -> None:
    ranked = _ranked(120)
    rows = control.place_control(ranked, SETTINGS, date(2026, 11, 1))
    first = _subjects(rows)
    chance = random.Random(3)
    for night in range(2, 31):
        tonight = [r for r in _ranked(120 + 6 * night) if chance.random() > 0.1]
        rows = control.place_control(tonight, SETTINGS, date(2026, 11, night), rows)
        there = {(r.subject_type, r.subject_id) for r in tonight}
        assert first & there <= {row.subject for row in rows if row.place is not None}
        assert first <= _subjects(rows), "also while a subject is away for a night"
    later = control.place_control(_ranked(120), SETTINGS, date(2026, 12, 1), rows)
    new = {row.subject for row in later if row.place is not None}
    assert len(new) == 20 and new != first and first <= _subjects(later), "a new draw; the old one is remembered"


def test_the_order_of_the_list_and_the_machine_do_not_matter() -> None:
    names = [("provider", f"U{at:05d}") for at in range(100)]
    some = control.drawn(names, SETTINGS, "2026-11")
    assert some == control.drawn(reversed(names), SETTINGS, "2026-11") != control.drawn(names, SETTINGS, "2026-12")
    assert some != control.drawn(names, replace(SETTINGS, seed=8), "2026-11")
    assert sorted(some)[:3] == [("provider", "U00000"), ("provider", "U00005"), ("provider", "U00006")]


def test_old_periods_are_let_go() -> None:
    old = [control.ControlRow("provider", "U9", period, 3) for period in ("2024-11", "2024-12", "2026-10")]
    rows = control.place_control(_ranked(50), SETTINGS, NIGHT, old)
    assert {row.period for row in rows} == {"2026-11", "2026-10", "2024-12"}
    assert all(row.place is None for row in rows if row.period != "2026-11")
    short = replace(SETTINGS, retention=Retention(cases_days=30))
    assert {row.period for row in control.place_control(_ranked(50), short, NIGHT, old)} == {"2026-11"}


def test_it_is_written_where_no_group_looks(tmp_path: Path) -> None:
    rows = control.place_control(_ranked(60), SETTINGS, NIGHT)
    path = control.write_control(rows, tmp_path)
    assert path.relative_to(tmp_path).as_posix() == "audit/control.parquet"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert control.read_control(path) == rows and control.read_control(tmp_path / "none") == []


def test_the_settings_say_how_many() -> None:
    given = settings_of({"control": {"share": 0.1, "at_least": 5}}, Path("s.yaml"))
    assert given.control == Control(0.1, 5)
    assert settings_of(settings_document(given), Path("s.yaml")).control == given.control
    assert given.content_hash != settings_of({}, Path("s.yaml")).content_hash
    for wrong in ({"share": 0}, {"at_least": -1}, {"shares": 0.1}):
        with pytest.raises(SettingsError, match="control"):
            settings_of({"control": wrong}, Path("s.yaml"))
