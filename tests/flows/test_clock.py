"""A clock that goes back: no night's result depends on it, runs keep their order, and a lost day is refused.

The clock is handed in (flows.clock.now), so that nothing waits for it.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import clock
from flows.cli import main
from flows.failures import NightFailed
from flows.tonight import previous_run
from schemas.workspace import Workspace
from tests.gates import earlier_workspace as earlier

DAY = datetime.date(2026, 10, 26)
BEFORE_THE_HOUR, IN_IT_AGAIN = "2026-10-25T02:40:00+02:00", "2026-10-25T02:10:00+01:00"  # half an hour apart


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def run(workspace: Path, name: str, finished: str, latest: bool = True) -> None:
    """A run of which only the record stands."""
    folder = workspace / "runs" / name
    folder.mkdir(parents=True)
    record = {"format": 2, "run_id": name, "finished_at": finished, "previous_run": None}
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    if latest:
        (workspace / "latest").unlink(missing_ok=True)
        (workspace / "latest").symlink_to(Path("runs") / name)


def test_runs_of_one_day_are_ordered_in_time_not_as_text(tmp_path: Path) -> None:
    """The night the clocks go back 02:40 comes before 02:10: the run that was finished last is told against."""
    run(tmp_path, "2026-10-25-aaaaaaaa", BEFORE_THE_HOUR)
    run(tmp_path, "2026-10-25-00000000", IN_IT_AGAIN)
    found = previous_run(Workspace(tmp_path), DAY)
    assert found is not None and found.name == "2026-10-25-00000000"
    assert at(IN_IT_AGAIN) > at(BEFORE_THE_HOUR) and IN_IT_AGAIN < BEFORE_THE_HOUR


@pytest.mark.parametrize(("says", "expected", "back"), [
    ("2026-11-22T04:10:00+01:00", "2026-11-22T04:10:00+01:00", False),  # as it should be
    ("2026-11-22T03:05:00+01:00", "2026-11-22T03:30:00+01:00", True),  # back an hour inside the night
    ("2026-11-21T03:55:00+01:00", "2026-11-22T03:30:00+01:00", True)])  # before the run before
def test_a_run_is_never_finished_before_it_began_or_before_the_last(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, expected: str, back: bool) -> None:
    run(tmp_path, "2026-11-21-aaaaaaaa", "2026-11-21T04:00:00+01:00")
    monkeypatch.setattr(clock, "now", lambda: at(says))
    assert clock.finish_time(Workspace(tmp_path), at("2026-11-22T03:30:00+01:00")) == (at(expected), back)


def test_two_runs_of_a_day_keep_their_order_when_the_clock_is_set_back(tmp_path: Path,
                                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    run(tmp_path, "2026-10-25-bbbbbbbb", "2026-10-25T05:00:00+01:00")
    monkeypatch.setattr(clock, "now", lambda: at("2026-10-25T04:00:00+01:00"))
    finished, back = clock.finish_time(Workspace(tmp_path), clock.now())
    run(tmp_path, "2026-10-25-00000000", finished.isoformat())
    found = previous_run(Workspace(tmp_path), DAY)
    assert back and found is not None and found.name == "2026-10-25-00000000"


@pytest.mark.parametrize("says", ["2026-11-20T03:30:00+01:00", "1970-01-01T01:00:00+01:00"])
def test_a_night_without_a_day_is_refused_when_the_clock_is_days_behind(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path / "workspace", "2026-11-21-aaaaaaaa", "2026-11-21T04:00:00+01:00")
    (tmp_path / "inbox").mkdir()
    monkeypatch.setattr(clock, "now", lambda: at(says))
    assert main(["night", "--inbox", str(tmp_path / "inbox"), "--workspace", str(tmp_path / "workspace")]) == 3
    told = capsys.readouterr().err
    assert says[:10] in told and "2026-11-21-aaaaaaaa" in told and "--as-of" in told and "Nothing was changed" in told
    assert not list((tmp_path / "workspace").glob("avvik*"))


@pytest.mark.parametrize("says", ["2026-11-21T03:00:00+01:00", "2026-11-22T03:30:00+01:00"])
def test_an_hour_back_on_the_same_day_is_no_reason_to_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                           says: str) -> None:
    run(tmp_path, "2026-11-21-aaaaaaaa", "2026-11-21T04:00:00+01:00")
    monkeypatch.setattr(clock, "now", lambda: at(says))
    clock.must_not_be_behind(Workspace(tmp_path))
    monkeypatch.setattr(clock, "now", lambda: at(says) - datetime.timedelta(days=2))
    with pytest.raises(NightFailed):
        clock.must_not_be_behind(Workspace(tmp_path))


def test_a_clock_set_back_inside_a_night_changes_nothing_but_the_clock(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Every look at the clock is an hour before the one before; the night is judged from the day it was given, which
    lies before that of the newest run, and says so."""
    place = earlier.unpacked(tmp_path)

    def backwards() -> Iterator[datetime.datetime]:
        moment = at("2026-11-21T09:00:00+01:00")
        while True:
            yield moment
            moment -= datetime.timedelta(hours=1)

    looks = backwards()
    monkeypatch.setattr(clock, "now", lambda: next(looks))
    assert earlier.night(place, "--as-of", "2026-11-21") == 0
    told = capsys.readouterr().out
    assert f"2026-11-21 ligger före den senaste körningen, {earlier.LAST}" in told and "ställts tillbaka" in told
    made = Workspace(place).latest_run()
    assert made is not None and made.name.startswith("2026-11-21")
    record = json.loads((made / "run.json").read_text(encoding="utf-8"))
    newest = json.loads((place / "runs" / earlier.LAST / "run.json").read_text(encoding="utf-8"))
    assert at(record["finished_at"]) > at(newest["finished_at"]) and record["clock_set_back"] is True
    assert min(record["seconds"].values()) >= 0 and record["previous_run"] is None
    # the rows are those of the whole workspace, the cases those of the first evening
    assert record["counts"]["rows"]["received"] == 52
    assert set(pq.read_table(made / "cases.parquet")["first_seen"].to_pylist()) == {datetime.date(2026, 11, 21)}
    monkeypatch.undo()
    after = previous_run(Workspace(place), datetime.date(2026, 11, 23))
    assert after is not None and after.name == earlier.LAST  # what the night between knows is not forgotten
