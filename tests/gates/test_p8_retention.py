"""P8: after a purge nothing past its date is left in state, copies or report folders, and the next night is whole."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows import police
from flows.cli import main
from flows.tonight import previous_run
from schemas.contract import load_contracts
from schemas.forgetting import past_sql
from schemas.retention import NAMES, REASONS, Retention
from schemas.settings import SettingsError, load_settings
from schemas.workspace import Workspace
from tests.gates.reading_reports import files_of, text_of

SETTINGS = """retention: {events_days: 400, replaced_days: 50, quarantine_days: 30, states_days: 5, runs_days: 40,
  cases_days: 45, police_days: 20, police_log_days: 300}
"""
START = datetime.date(2026, 1, 10)
NIGHTS = 3


def nights(count: int, step: int) -> list[datetime.date]:
    return [START + datetime.timedelta(days=step * at) for at in range(count)]


def ledger(day: datetime.date, old: int) -> str:
    """A supplier ledger: a corrected row (replaces an earlier one), a broken one, ordinary ones, `old` ancient ones."""
    lines = ["payment_id;supplier_id;supplier_name;booked_on;invoice_no;amount_sek"]
    lines += [f"forntida{day:%m%d}{at};s9;Urtid;2024-0{1 + at % 9}-03;G{at};100,50" for at in range(old)]
    lines += [f"rattas;s1;Firma 1;2026-01-05;R1;{day.day},00"]
    lines += [f"trasig{day:%m%d};s1;Firma 1;inte en dag;T1;5,00"]
    lines += [f"{day:%m%d}{at};s{at % 3};Firma {at % 3};{day - datetime.timedelta(days=at)};F{day:%m%d}{at // 2};"
              f"{1000 + at // 2},00" for at in range(12)]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with inbox, settings and a workspace of three nights a month apart."""
    folder = tmp_path_factory.mktemp("retention")
    (folder / "inbox").mkdir()
    (folder / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    for at, day in enumerate(nights(NIGHTS, 30)):
        path = folder / "inbox" / f"supplier_payments_{day}.csv"
        path.write_text(ledger(day, 6 if at < 2 else 0), encoding="utf-8")
        assert night(folder, day) == 0
    return folder


@pytest.fixture
def place(before: Path, tmp_path: Path) -> Path:
    shutil.copytree(before, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def night(folder: Path, day: datetime.date) -> int:
    return main(["night", "--inbox", str(folder / "inbox"), "--workspace", str(folder / "workspace"),
                 "--settings", str(folder / "settings.yaml"), "--as-of", day.isoformat()])


def purge(folder: Path, day: datetime.date, *more: str) -> int:
    return main(["purge", "--workspace", str(folder / "workspace"), "--settings", str(folder / "settings.yaml"),
                 "--as-of", day.isoformat(), *more])


def query(folder: Path, sql: str, database: str = "avvik.duckdb") -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "workspace" / database), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.relative_to(folder).as_posix(): (stat.S_IMODE(path.stat().st_mode), path.read_bytes())
            for path in files_of(folder / "workspace")}


LAST = nights(NIGHTS, 30)[-1]


def holders(folder: Path, word: str) -> Iterator[str]:
    """Files of the workspace in which a word stands, however they are packed."""
    for path in files_of(folder / "workspace"):
        if path.suffix == ".duckdb":
            if word.encode() in path.read_bytes():
                yield path.name
            continue
        if word in text_of(path):
            yield path.relative_to(folder / "workspace").as_posix()


def test_nothing_past_its_date_is_left(place: Path) -> None:
    day = LAST + datetime.timedelta(days=1)
    workspace = Workspace(place / "workspace")
    held = list(holders(place, "forntida"))  # else finding none below would mean nothing
    assert "avvik.duckdb" in held and any(name.startswith("staging") for name in held)
    assert query(place, "SELECT count(*) FROM supplier_payments WHERE booked_on < '2025-01-01'") == [(12,)]
    assert len(list(workspace.kept_states())) == 2
    police_extract(place)
    old = aged(place, day - datetime.timedelta(days=21))
    assert purge(place, day) == 0

    limit = day - datetime.timedelta(days=400)
    assert query(place, f"SELECT count(*) FROM supplier_payments WHERE booked_on < '{limit}'") == [(0,)]
    assert list(holders(place, "forntida")) == []  # neither the free pages of the database nor a state nor a report
    runs = sorted(path.name[:10] for path in workspace.runs.iterdir())
    assert runs == [one.isoformat() for one in nights(NIGHTS, 30) if one >= day - datetime.timedelta(days=40)]
    for run in workspace.runs.iterdir():
        assert run.name[:10] >= (day - datetime.timedelta(days=30)).isoformat() or not (run / "quarantine").exists()
    trasig = {row[0] for row in query(place, "SELECT payment_id FROM quarantine.supplier_payments")}
    assert trasig == {f"trasig{one:%m%d}" for one in nights(NIGHTS, 30) if one >= day - datetime.timedelta(days=30)}
    assert workspace.kept_states() == []
    assert not old.exists()
    # every typed copy is one that the warehouse names
    named = {name for row in query(place, "SELECT staging, bad FROM ledger.files") for name in row if name}
    assert {path.name for path in workspace.staging.iterdir() if path.suffix == ".parquet"} == named
    assert purge_again_finds_nothing(place, day)


def purge_again_finds_nothing(place: Path, day: datetime.date) -> bool:
    before = tree(place)
    assert purge(place, day) == 0
    return tree(place) == before


def police_extract(place: Path) -> None:
    assert police.extract("latest", "sg-tvar", "Polisen", "provning", "gate P8", [], place / "workspace", None) == 0


def aged(place: Path, day: datetime.date) -> Path:
    """The extract as if it had been made on that day."""
    folder = next((place / "workspace" / "police" / "extracts").glob("U*"))
    old = folder.with_name(f"U{day:%Y%m%d}-00000000")
    os.rename(folder, old)
    return old


def test_what_was_purged_stays_counted_and_the_next_night_is_whole(place: Path) -> None:
    day = LAST + datetime.timedelta(days=1)
    assert purge(place, day) == 0
    files = query(place, "SELECT rows_received, rows_loaded, rows_replaced, rows_quarantined, rows_skipped, "
                         "rows_purged, sek_received, "
                         "sek_loaded + sek_replaced + sek_quarantined + sek_skipped + sek_purged "
                         "FROM ledger.files ORDER BY seq")
    assert [row[0] for row in files] == [20, 20, 14]
    assert all(row[0] == sum(row[1:6]) and row[6] == row[7] for row in files)
    assert [row[5] for row in files] == [8, 7, 0]  # ancient, broken, and the first night's row that was replaced
    latest = json.loads((place / "workspace" / "latest" / "run.json").read_text(encoding="utf-8"))
    assert night(place, day) == 0
    record = json.loads((place / "workspace" / "latest" / "run.json").read_text(encoding="utf-8"))
    assert record["previous_run"] == latest["run_id"]
    rows = pq.read_table(place / "workspace" / "latest" / "reconciliation.parquet").to_pylist()
    assert [row["rows_purged"] for row in rows] == [8, 7, 0]
    assert query(place, "SELECT count(*) FROM supplier_payments WHERE payment_id LIKE 'forntida%'") == [(0,)]
    assert list(holders(place, "forntida")) == []  # the inbox still holds the files, and they are not read again


def test_a_dry_run_changes_nothing_and_says_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(place)
    assert purge(place, LAST + datetime.timedelta(days=1), "--dry-run") == 0
    told = capsys.readouterr().out
    assert tree(place) == before
    for days in ("events_days", "quarantine_days", "runs_days", "replaced_days"):
        assert days in told and REASONS[days] in told
    assert "12 rows" not in told and "6 rows" in told and "would go" in told and "dry run" in told


def test_what_was_removed_is_written_down(place: Path) -> None:
    assert purge(place, LAST + datetime.timedelta(days=1)) == 0
    lines = [json.loads(line) for line in (place / "workspace" / "purge.jsonl").read_text().splitlines()]
    assert len(lines) == 1 and lines[0]["gone"]["rows of (events_days)"]["count"] == 12
    assert "forntida" not in str(lines) and "s9" not in str(lines)
    wide = [path for path in files_of(place / "workspace") if stat.S_IMODE(path.stat().st_mode) != 0o600]
    assert wide == []


def test_memory_of_subjects_that_are_gone(place: Path) -> None:
    path = (place / "workspace" / "latest").resolve() / "cases.parquet"
    table = pq.read_table(path)
    assert table.num_rows
    day = LAST + datetime.timedelta(days=1)
    rows = table.to_pylist()
    for at, (state, age) in enumerate((("gone", 46), ("gone", 44), ("explained", 46), ("continuing", 46))):
        seen = day - datetime.timedelta(days=age)
        rows.append({**rows[0], "case_id": f"case{at}", "subject_id": f"x{at}", "state": state, "last_seen": seen})
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    path.chmod(0o600)
    assert purge(place, day) == 0
    left = set(pq.read_table(path)["case_id"].to_pylist())
    assert {f"case{at}" for at in range(4)} & left == {"case1", "case3"}
    assert set(table["case_id"].to_pylist()) <= left


def test_a_purge_that_was_killed_is_finished_by_the_next(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the new warehouse stood: the states and copies that still hold the rows go the next time."""
    day = LAST + datetime.timedelta(days=1)

    def killed(workspace: Workspace) -> None:
        publish(workspace)
        raise KeyboardInterrupt

    publish = Workspace.publish_database
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "publish_database", killed)
        assert purge(place, day) == 3
    held = list(holders(place, "forntida"))
    assert any(name.endswith(".duckdb") for name in held) and any(name.startswith("staging") for name in held)
    assert query(place, "SELECT count(*) FROM supplier_payments WHERE payment_id LIKE 'forntida%'") == [(0,)]
    assert purge(place, day) == 0
    assert list(holders(place, "forntida")) == []


def test_the_latest_run_stays_however_old(place: Path) -> None:
    day = datetime.date(2036, 1, 1)
    latest = (place / "workspace" / "latest").resolve()
    assert purge(place, day) == 0
    assert [path.name for path in latest.parent.iterdir()] == [latest.name]
    assert (latest / "reports" / "index.html").is_file() and (place / "workspace" / "avvik.duckdb").is_file()
    assert query(place, "SELECT count(*) FROM supplier_payments") == [(0,)]
    # the run before it is gone: nobody stumbles over that
    assert previous_run(Workspace(place / "workspace"), LAST) is None


def test_the_police_log_is_kept_longer_than_the_extracts(place: Path) -> None:
    for _ in range(2):
        police_extract(place)
    workspace = Workspace(place / "workspace")
    log = place / "workspace" / police.FOLDER / police.LOG
    first, second = (json.loads(line) for line in log.read_text(encoding="utf-8").splitlines())
    today = datetime.date.fromisoformat(second["at"][:10])
    assert purge(place, today + datetime.timedelta(days=200)) == 0
    assert list((place / "workspace" / police.FOLDER / "extracts").glob("U*")) == []
    assert [line["extract"] for line in police.read_log(workspace)] == [first["extract"], second["extract"]]
    text = log.read_text(encoding="utf-8").replace(first["at"][:4], "2020", 1)
    aged_lines = text.splitlines(keepends=True)
    log.write_text(aged_lines[0].replace(first["at"], "2020" + first["at"][4:]) + aged_lines[1], encoding="utf-8")
    rebuilt = json.loads(aged_lines[1])
    rebuilt["before"] = hashlib.sha256(log.read_text(encoding="utf-8").splitlines()[0].encode()).hexdigest()
    log.write_text(log.read_text(encoding="utf-8").splitlines(keepends=True)[0]
                   + json.dumps(rebuilt, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    assert purge(place, today + datetime.timedelta(days=1)) == 0
    assert [line["extract"] for line in police.read_log(workspace)] == [second["extract"]]
    police_extract(place)  # the shortened log is still a chain
    assert len(police.read_log(workspace)) == 2


def test_typed_copies_that_nobody_names_go(place: Path) -> None:
    stray = place / "workspace" / "staging" / "home_care_visits-0123456789abcdef-01234567.parquet"
    pq.write_table(pa.table({"line": [1]}), stray)
    kept = {path.name for path in stray.parent.iterdir()} - {stray.name}
    assert purge(place, LAST) == 0
    assert not stray.exists()
    assert {name for name in kept if "-u" not in name and name.endswith(".parquet")}


@pytest.mark.parametrize("dataset, row, gone", [
    ("home_care_visits", {"started_at": "TIMESTAMP '2020-01-01'", "ended_at": "TIMESTAMP '2020-01-01'"}, True),
    ("home_care_visits", {"started_at": "TIMESTAMP '2026-01-01'", "ended_at": "TIMESTAMP '2026-01-01'"}, False),
    ("home_care_decisions", {"valid_from": "DATE '2019-01-01'", "valid_to": "CAST(NULL AS DATE)"}, False),
    ("home_care_decisions", {"valid_from": "DATE '2019-01-01'", "valid_to": "DATE '2020-01-01'"}, True),
    ("home_care_decisions", {"valid_from": "DATE '2019-01-01'", "valid_to": "DATE '2026-01-01'"}, False),
    ("association_members", {"year": "2022"}, True), ("association_members", {"year": "2025"}, False),
    ("association_attendance", {"activity_id": "'a'"}, True),
    ("persons", {"registered_to": "CAST(NULL AS DATE)"}, True),
])
def test_the_date_of_a_row(dataset: str, row: dict[str, str], gone: bool) -> None:
    """The end of a spell, else its time, else its year, else the night it came; a spell without end goes on."""
    contract = load_contracts()[dataset]
    sql = past_sql(contract, set(row), datetime.date(2020, 5, 1), datetime.date(2025, 1, 1))
    values = ", ".join(f"{value} AS {name}" for name, value in row.items())
    assert duckdb.sql(f"SELECT {sql} FROM (SELECT {values}) AS r").fetchall() == [(gone,)]


def test_settings_of_retention(tmp_path: Path) -> None:
    assert set(NAMES) == set(REASONS) and load_settings(None).retention == Retention()
    path = tmp_path / "settings.yaml"
    for text, message in (("retention: {event_days: 5}", "events_days"), ("retention: {runs_days: 0}", "runs_days"),
                          ("retention: {events_days: 300}", "at least 396")):
        path.write_text(text + "\n", encoding="utf-8")
        with pytest.raises(SettingsError, match=message):
            load_settings(path)
