"""Bad files in an otherwise good inbox: the night goes on with the rest and says what to do, without a cell value.

All broken files of one kind of outcome lie in one inbox: a night costs seconds, and one broken file must not hide
another. `HEALED` holds the good file that mends each.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.cli import main
from tests.flows.conftest import PROVIDERS

DAY = "2026-11-22"
CANARY = "KANARIE4711"  # stands in every broken file, may stand nowhere else


def rows_of(header: str, line: str, count: int = 40) -> str:
    return header + "\n" + "".join(line.format(n=n, day=1 + n % 28, canary=CANARY) + "\n" for n in range(count))


ABSENCES = rows_of("person_token;kind;absent_from;absent_to", "{canary}{n};hospital;2026-10-{day:02d};2026-11-01")
PERSONS = rows_of("person_token;birth_year;household_id", "{canary}{n};1970;h{n}")
ASSOCIATIONS = rows_of("association_id;name;category", "f{n};{canary} {n};sport")
MEMBERS = rows_of("association_id;member_token;year;birth_year", "f{n};{canary}{n};2026;2010")
GRANTS = rows_of("grant_id;association_id;year;kind;applied_sek;granted_sek;paid_sek",
                 "g{n};f{n};2026;activity;1000,50;900;900")
VISITS = rows_of("visit_id;provider_id;client_token;staff_token;started_at;ended_at;registration",
                 "v{n};p1;{canary}{n};s{n};2026-11-{day:02d} 08:00;2026-11-{day:02d} 08:30;tag")
ACTIVITIES = rows_of("activity_id;association_id;leader_token;started_at;ended_at;participants",
                     "k{n};f{n};{canary}{n};2026-11-{day:02d} 18:00;2026-11-{day:02d} 19:00;12")
SHIFTS = rows_of("shift_id;provider_id;client_token;assistant_token;started_at;ended_at;kind",
                 "s{n};p1;{canary}{n};t{n};2026-11-{day:02d} 08:00;2026-11-{day:02d} 18:00;active")
HVB = rows_of("placement_id;provider_id;client_token;placed_on;agreed_rate_sek",
              "l{n};p1;{canary}{n};2026-10-{day:02d};2500")


@dataclass(frozen=True)
class Bad:
    """A broken file, what is said of it, and the good content that mends it (None: nothing to be mended)."""

    name: str
    content: bytes | None  # None: made by the fixture (folder, pipe)
    rule: str
    row: int | None = None
    column: str | None = None
    says: tuple[str, ...] = ()
    mended: bytes | None = None


def packed(text: str) -> bytes:
    return gzip.compress(text.encode(), mtime=0)


def truncated(text: str) -> bytes:
    """Cut in the middle of the last line's first cell."""
    return text.rstrip("\n").rpartition("\n")[0].encode() + b"\nf"


REFUSED = [
    Bad("absences_1.csv", b"", "empty", mended=ABSENCES.encode()),
    Bad("persons_1.csv.gz", packed(PERSONS)[:-30], "truncated_gzip", mended=packed(PERSONS)),
    # how much is missing behind the cut nobody knows, so the whole file waits for a new transfer
    Bad("association_members_1.csv", truncated(MEMBERS), "truncated", 41, None, ("avkortad",), MEMBERS.encode()),
    # half a UTF-16 pair at the end: sent as UTF-16, cut off in transfer
    Bad("associations_1.csv", b"\xff\xfe" + ASSOCIATIONS.encode("utf-16-le") + b"\x00\xd8\x41", "broken_encoding",
        says=("utf-16-le",), mended=ASSOCIATIONS.encode("utf-16")),
    Bad("home_care_visits_1.csv", VISITS.replace("client_token", "kund_tok").encode(), "missing_column", 1,
        "client_token", ("client_token", "kund_tok"), VISITS.encode()),
    Bad("association_activities_1.csv", None, "not_a_file", mended=ACTIVITIES.encode()),
    Bad("assistance_shifts_1.csv", None, "not_a_file", mended=SHIFTS.encode()),
    Bad("hvb_placements_1.csv", HVB.encode(), "unreadable_file", mended=HVB.encode()),
    # every row has a text where the sum belongs
    Bad("association_grants_1.csv", GRANTS.replace(";900", f";{CANARY}").encode(), "no_good_row", 2, "granted_sek",
        ("40 rader", "granted_sek", "type_number"), GRANTS.encode()),
]


HARMLESS = [
    Bad("association_grants_1.csv", GRANTS.replace("900;900", f"{CANARY};900", 1).encode(), "type_number", 2,
        "granted_sek", ("1 rad har", "granted_sek"), GRANTS.encode()),
]


def night(inbox: Path, workspace: Path, day: str = DAY) -> int:
    return main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day])


def record(workspace: Path) -> dict[str, Any]:
    return json.loads((workspace / "latest" / "run.json").read_text(encoding="utf-8"))


def loaded(workspace: Path) -> dict[str, int]:
    with duckdb.connect(str(workspace / "avvik.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT dataset, sum(rows_loaded) FROM ledger.files GROUP BY dataset").fetchall()
    return {dataset: rows for dataset, rows in found if rows}


def told(problems: list[dict[str, Any]], bad: Bad) -> dict[str, Any]:
    """The one problem about the file, checked for file, row, column, words and a remedy in both languages."""
    (problem,) = [p for p in problems if p["file"] == bad.name]
    assert (problem["rule"], problem["row"], problem["column"]) == (bad.rule, bad.row, bad.column)
    for word in bad.says:
        assert word in problem["message"] + problem["remedy"]
    for part in ("message", "remedy", "message_en", "remedy_en"):
        assert len(problem[part]) > 10 and "{" not in problem[part]
    return problem


@pytest.fixture
def make_unreadable(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Take the right to read away, also where the suite runs as root, to whom every file is open."""
    real = os.open
    closed: set[str] = set()

    def refusing(path: Any, *arguments: Any, **more: Any) -> int:
        if isinstance(path, (str, os.PathLike)) and os.fspath(path) in closed:
            raise PermissionError(13, "Permission denied")
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "open", refusing)
    yield closed
    monkeypatch.setattr(os, "open", real)


def test_refused_files_cost_themselves_only_and_a_good_file_mends_each(
    inbox: Path, tmp_path: Path, make_unreadable: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for bad in REFUSED:
        if bad.content is not None:
            (inbox / bad.name).write_bytes(bad.content)
    (inbox / "association_activities_1.csv").mkdir()
    os.mkfifo(inbox / "assistance_shifts_1.csv")
    make_unreadable.add(str(inbox / "hvb_placements_1.csv"))
    workspace = tmp_path / "workspace"

    assert night(inbox, workspace) == 1
    made, shown = record(workspace), capsys.readouterr()
    assert made["status"] == "done_with_refusals"
    assert {problem["file"] for problem in made["problems"]} == {bad.name for bad in REFUSED}
    for bad in REFUSED:
        problem = told(made["problems"], bad)
        assert f"{bad.name}" in shown.out and problem["message"] in shown.out and problem["remedy"] in shown.out
    assert shown.err == ""
    assert loaded(workspace) == {"providers": 2, "supplier_payments": 44}
    assert made["counts"]["findings"] >= 1, "the rest of the night has been run"
    kept = b"".join(path.read_bytes() for path in (workspace / "latest").resolve().rglob("*.json"))
    assert CANARY not in shown.out and CANARY.encode() not in kept

    make_unreadable.clear()
    for bad in REFUSED:
        path = inbox / bad.name
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()
        assert bad.mended is not None
        path.write_bytes(bad.mended)
    assert night(inbox, workspace, "2026-11-23") == 0
    assert record(workspace)["problems"] == []
    assert loaded(workspace) == {"providers": 2, "supplier_payments": 44} | {
        bad.name.partition("_1.")[0]: 40 for bad in REFUSED}


def test_bad_rows_go_to_quarantine_and_a_corrected_file_brings_them_back(
    inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for bad in HARMLESS:
        (inbox / bad.name).write_bytes(bad.content or b"")
    workspace = tmp_path / "workspace"
    assert night(inbox, workspace) == 0
    made, shown = record(workspace), capsys.readouterr().out
    for bad in HARMLESS:
        problem = told(made["problems"], bad)
        place = f"{bad.name} rad {bad.row}" + (f" kolumn {bad.column}" if bad.column else "")
        assert f"{place}: {problem['message']}" in shown
    assert made["counts"]["rows"]["quarantined"] == 1
    assert loaded(workspace) == {"providers": 2, "supplier_payments": 44, "association_grants": 39}
    assert CANARY not in shown and CANARY not in json.dumps(made)

    for bad in HARMLESS:
        (inbox / bad.name.replace("_1.", "_2.")).write_bytes(bad.mended or b"")
    assert night(inbox, workspace, "2026-11-23") == 0
    assert loaded(workspace) == {"providers": 2, "supplier_payments": 44, "association_grants": 40}
    assert record(workspace)["counts"]["rows"]["replaced"] == 39


def test_extra_columns_and_the_same_file_twice_are_no_harm(
    inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "workspace"
    header, *lines = PROVIDERS.splitlines()
    text = "\n".join([f"{header};Vår egen kolumn", *(f"{line};{CANARY}" for line in lines)])
    (inbox / "providers_2026-11-22.csv").write_text(text, encoding="utf-8")
    (inbox / "supplier_payments_kopia.csv").write_bytes((inbox / "supplier_payments_2026-11-22.csv").read_bytes())
    assert night(inbox, workspace) == 0
    made, shown = record(workspace), capsys.readouterr().out
    assert made["problems"] == []
    (notice,) = [n for n in made["notices"] if n["rule"] == "unknown_columns"]
    assert notice["file"] == "providers_2026-11-22.csv" and "Vår egen kolumn" in notice["message"]
    assert notice["remedy"] and CANARY not in json.dumps(made) + shown
    assert loaded(workspace) == {"providers": 2, "supplier_payments": 44}
    assert made["counts"]["rows"]["received"] == 46, "the copy is not counted"
