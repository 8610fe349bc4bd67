"""R11: what an earlier version left is opened and brought up beside it; what a newer one left is refused, untouched."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from detectors.case_files import read_cases
from flows.cli import main
from flows.tonight import earlier_runs, run_before
from schemas import formats, warehouse_upgrade
from schemas.contract import load_contracts
from schemas.settings import load_settings
from schemas.warehouse import Warehouse
from schemas.warehouse_about import about, contract_hashes
from schemas.warehouse_load import WarehouseError
from schemas.workspace import Workspace
from tests.gates import earlier_workspace as earlier

SETTINGS = load_settings(None)
LATER = "9.9.0"  # a version of Avvik that is not there yet


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return earlier.unpacked(tmp_path)


def state(path: Path) -> tuple[dict[str, str], str]:
    """What a warehouse says of itself, and a hash of its rows and files."""
    with Warehouse.open_read_only(path, SETTINGS) as warehouse:
        return about(warehouse.connection), warehouse.content_hash()


def upgrade(place: Path) -> int | None:
    with Workspace(place).lock():
        return warehouse_upgrade.upgrade(Workspace(place), SETTINGS, load_contracts())


def tree(place: Path) -> dict[str, str]:
    """Every file but the lock, by content."""
    return {path.relative_to(place).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(place.rglob("*")) if path.is_file() and path.name != ".lock"}


def as_0_1_0_left_it(run: Path) -> None:
    """Take from a run what came after it: memory of cases, outcomes, the audit's folder, keys of run.json."""
    for name in ("cases.parquet", "outcomes.parquet"):
        (run / name).unlink()
    shutil.rmtree(run / "audit")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    for key in ("follow_up", "outcomes", "outputs", "content_hash"):
        del record[key]
    (run / "run.json").write_text(json.dumps(record), encoding="utf-8")
    later = ["case_id", "place", "back_because"]
    pq.write_table(pq.read_table(run / "ranked.parquet").drop_columns(later), run / "ranked.parquet")


@pytest.mark.parametrize("stripped", [pytest.param(False, id="as it was left"),
                                      pytest.param(True, id="as 0.1.0 left it", marks=pytest.mark.long)])
def test_r11_the_night_after_an_upgrade_is_an_ordinary_night(place: Path, stripped: bool) -> None:
    workspace = Workspace(place)
    if stripped:
        for run in (earlier.FIRST, earlier.LAST):
            as_0_1_0_left_it(workspace.runs / run)
    before, bytes_before = workspace.database, workspace.database.read_bytes()
    with duckdb.connect(str(before), read_only=True) as old:
        rows = {name: old.execute(f"SELECT * FROM {name} ORDER BY row_ref").fetchall()
                for name in ("providers", "supplier_payments", "quarantine.supplier_payments")}
    last = workspace.runs / earlier.LAST
    was = {row["subject_id"]: row for row in pq.read_table(last / "ranked.parquet").to_pylist()}
    assert earlier.night(place) == 0

    said, _ = state(workspace.database)
    assert (said["format"], said["avvik"]) == (str(formats.WAREHOUSE), formats.avvik())
    kept = [(state(path)[0]["format"], path.read_bytes() == bytes_before) for path in workspace.kept_states()]
    assert kept == [("1", False), ("1", True), ("2", False)]  # the earlier one as it was, then its copy
    with Warehouse.open_read_only(workspace.database, SETTINGS) as warehouse:
        for name, kept_rows in rows.items():
            assert warehouse.connection.execute(f"SELECT * FROM {name} ORDER BY row_ref").fetchall() == kept_rows
        assert set(contract_hashes(warehouse.connection)) == set(load_contracts())

    run = workspace.latest_run()
    assert run is not None and run.name.startswith(earlier.NEXT_DAY)
    record = formats.read_record(run)
    assert record["format"] == formats.RUN and record["previous_run"] == earlier.LAST
    known = {row["finding_id"] for row in pq.read_table(last / "findings.parquet").to_pylist()}
    then = json.loads((last / "detectors.json").read_text(encoding="utf-8"))
    fresh = [row for row in pq.read_table(run / "findings.parquet").to_pylist() if row["finding_id"] not in known]
    # rules that were changed since may find something else; the others find what they found
    assert not [row for row in fresh if then.get(row["detector_id"], {}).get("version") == row["detector_version"]]
    cases = {row["subject_id"]: row for row in pq.read_table(run / "cases.parquet").to_pylist()}
    assert was and {name: cases[name]["first_seen"] for name in was} == {n: row["first_seen"] for n, row in was.items()}
    assert not [name for name in was if cases[name]["state"] == "new"]
    if not stripped:
        assert cases["s3"]["state"] == "explained" and len(cases["s1"]["history"]) == 3
    assert record["counts"]["rows"]["received"] == 52 and record["counts"]["rows"]["quarantined"] == 1


def test_r11_an_upgrade_that_is_killed_is_only_done_again(place: Path, tmp_path: Path,
                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    """The workspace as it is after every sync, rename, link and removal of an upgrade: each is whole and recovers."""
    content, original = state(place / "avvik.duckdb")[1], (place / "avvik.duckdb").read_bytes()
    copies: list[Path] = []
    looks: list[Any] = []

    def watched(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            done = real(*given, **named)
            look = sorted((str(path), path.lstat().st_size, path.lstat().st_ino) for path in place.rglob("*"))
            if look in looks:  # a sync changes nothing that can be seen
                return done
            looks.append(look)
            copies.append(tmp_path / f"copy{len(copies)}")
            shutil.copytree(place, copies[-1], symlinks=True, ignore=shutil.ignore_patterns("staging", "0000*"))
            return done
        return call

    with monkeypatch.context() as watch:
        for name in ("fsync", "replace", "link", "unlink"):
            watch.setattr(os, name, watched(getattr(os, name)))
        assert upgrade(place) == 1
    assert len(copies) >= 3
    seen = []
    for copy in copies:
        said, rows = state(copy / "avvik.duckdb")
        seen.append(said["format"])
        assert rows == content
        assert upgrade(copy) == (1 if said["format"] == "1" else None)
        assert state(copy / "avvik.duckdb") == state(place / "avvik.duckdb")
        assert not list(copy.glob("*.building*"))
    assert seen == sorted(seen) and set(seen) == {"1", "2"}
    assert Workspace(place).kept_states()[-1].read_bytes() == original


KILLED = """
import os, signal, sys
from pathlib import Path
from schemas import warehouse_upgrade
from schemas.contract import load_contracts
from schemas.settings import load_settings
from schemas.workspace import Workspace
warehouse_upgrade.STEPS = {1: lambda connection, known: os.kill(os.getpid(), signal.SIGKILL)}
workspace = Workspace(Path(sys.argv[1]))
with workspace.lock():
    warehouse_upgrade.upgrade(workspace, load_settings(None), load_contracts())
"""


def test_r11_killed_in_the_middle(place: Path) -> None:
    before = tree(place)
    ended = subprocess.run([sys.executable, "-c", KILLED, str(place)], cwd=Path(__file__).parents[2], check=False)
    assert ended.returncode == -signal.SIGKILL
    left = {name: digest for name, digest in tree(place).items() if name in before}
    assert left == before and (place / "avvik.duckdb.building").is_file()
    assert upgrade(place) == 1 and upgrade(place) is None
    assert not list(place.glob("*.building*"))


def test_r11_control_a_copy_that_lost_a_row_is_not_swapped_in(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(place)

    def careless(connection: duckdb.DuckDBPyConnection, known: Any) -> None:
        connection.execute("DELETE FROM supplier_payments WHERE payment_id = 'b0003'")

    monkeypatch.setattr(warehouse_upgrade, "STEPS", {1: careless})
    with pytest.raises(WarehouseError, match=r"main.supplier_payments is not the same"):
        upgrade(place)
    assert {name: digest for name, digest in tree(place).items() if name in before} == before


COMMANDS = {
    "purge": ["purge"], "open": ["open"], "replay": ["replay", "latest", "--set", "LP01.min_amount=1"],
    "rebuild": ["rebuild", "latest"], "detectors": ["detectors", "--last-run"],
    "police": ["police", "latest", "--group", "sg-tvar", "--recipient", "Polisen", "--basis", "prov", "--by", "prov"]}


def refused(place: Path, capsys: pytest.CaptureFixture[str], *names: str) -> None:
    """A night and these commands end with 3, name both versions and the remedy, and change nothing."""
    before = tree(place)
    for name in ("night", *names):
        capsys.readouterr()
        code = earlier.night(place) if name == "night" else main([*COMMANDS[name], "--workspace", str(place)])
        told = capsys.readouterr()
        assert code == 3, (name, told)
        for word in (f"Avvik {LATER}", f"this is Avvik {formats.avvik()}", "Nothing was changed", "that version"):
            assert word in told.err, (name, told.err)
        assert {path: digest for path, digest in tree(place).items() if ".prefect" not in path} == before, name


def test_r11_a_newer_warehouse_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(str(place / "avvik.duckdb")) as connection:
        connection.execute(f"UPDATE ledger.about SET value = '{formats.WAREHOUSE + 1}' WHERE name = 'format'")
        connection.execute(f"INSERT INTO ledger.about VALUES ('avvik', '{LATER}')")
    refused(place, capsys, "purge")


def test_r11_a_newer_run_is_refused_by_everything_that_reads_runs(place: Path,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    path = place / "runs" / earlier.LAST / "run.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record |= {"format": formats.RUN + 1, "versions": {**record["versions"], "avvik": LATER}}
    path.write_text(json.dumps(record), encoding="utf-8")
    refused(place, capsys, *COMMANDS)


def test_r11_a_run_of_a_format_that_is_no_longer_read_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "OLDEST_RUN", 2)
    with pytest.raises(formats.FormatError, match=r"by Avvik 0\.1\.0 \(format 1\); this is Avvik .* reads format 2\."):
        formats.read_record(place / "runs" / earlier.LAST)


@pytest.mark.parametrize("content", ["", "[]", '{"format": "two"}', '{"format": null}'])
def test_r11_a_damaged_record_is_no_newer_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(formats.RecordError, match="run.json"):
        formats.read_record(tmp_path)


def test_r11_older_records_and_memories_lack_nothing_that_is_read(place: Path) -> None:
    """Keys and columns that came later are as if nothing had been said; what was said is kept."""
    run = place / "runs" / earlier.LAST
    whole = read_cases(run / "cases.parquet")
    table = pq.read_table(run / "cases.parquet")
    findings = [[{key: one[key] for key in ("finding_id", "detector_id", "kind", "severity", "strength", "amount_sek",
                                            "n_evidence")} for one in row] for row in table["findings"].to_pylist()]
    older = table.drop_columns(["plain_score", "judged", "resting", "changed_on", "snooze_group", "why", "findings"])
    pq.write_table(older.append_column("findings", pa.array(findings)), run / "cases.parquet")
    read = read_cases(run / "cases.parquet")
    assert set(read) == set(whole) and len(read) == 2
    for subject, case in read.items():
        was = whole[subject]
        assert (case.state, case.first_seen, case.history) == (was.state, was.first_seen, was.history)
        assert [(f.finding_id, f.amount_sek) for f in case.findings] == [(f.finding_id, f.amount_sek)
                                                                        for f in was.findings]
        assert (case.plain, case.judged, case.why) == (case.score, (), "")
        assert not any(finding.concept or finding.period_to for finding in case.findings)
    as_0_1_0_left_it(run)
    record = formats.read_record(run)
    assert record["outcomes"]["read"] == 0 and record["follow_up"]["explained"] == 0 and record["outputs"] == {}
    assert [one.name for one in earlier_runs(run)] == [earlier.LAST, earlier.FIRST]
    before = run_before(Workspace(place), run)
    assert before is not None and before.name == earlier.FIRST
