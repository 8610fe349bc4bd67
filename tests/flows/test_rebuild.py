"""`avvik rebuild`: a run made again from its kept inputs is the same to the byte; what was changed since is named."""

from __future__ import annotations

import datetime
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows import input_hash, purged, rebuild
from flows.cli import main
from flows.stored_state import contracts_of_run
from schemas.settings import load_settings
from schemas.source_mapping import contracts_for
from tests.flows.conftest import payments
from tests.gates import earlier_workspace as earlier

FIRST, SECOND = "2026-11-21", "2026-11-22"


MAPPING = """dataset: supplier_payments
source: a ledger with a heading of its own
columns:
  amount_sek: {headings: [Kronor]}
  account_text: {constant: 4 Material}
"""


def night(inbox: Path, workspace: Path, day: str) -> str:
    assert main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day,
                 "--settings", str(inbox.parent / "settings.yaml")]) == 0
    return (workspace / "latest").resolve().name


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A workspace with two nights, the second with a corrected ledger and a row for the quarantine.

    The sender's headings are mapped; when the nights are over the mapping is another one.
    """
    folder = tmp_path_factory.mktemp("rebuild")
    inbox, workspace, mapping = folder / "inbox", folder / "workspace", folder / "mappings" / "ledger.mapping.yaml"
    for one in (inbox, mapping.parent):
        one.mkdir()
    mapping.write_text(MAPPING, encoding="utf-8")
    (folder / "settings.yaml").write_text("mappings: mappings\n", encoding="utf-8")
    (inbox / "supplier_payments_1.csv").write_text(mapped(payments(30)), encoding="utf-8")
    first = night(inbox, workspace, FIRST)
    broken = payments(60).replace(";1000,50;", ";se bilaga;", 1)
    (inbox / "supplier_payments_2.csv").write_text(mapped(broken), encoding="utf-8")
    second = night(inbox, workspace, SECOND)
    mapping.write_text(MAPPING.replace("Kronor", "Belopp"), encoding="utf-8")
    return workspace, first, second


def mapped(ledger: str) -> str:
    return ledger.replace("amount_sek", "Kronor", 1)


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("which", [0, 1], ids=["an earlier run", "the latest run"])
def test_a_run_is_made_again_to_the_byte(two_nights: tuple[Path, str, str], which: int, tmp_path: Path,
                                         capsys: pytest.CaptureFixture[str]) -> None:
    workspace, *runs = two_nights
    before = everything(workspace)
    assert main(["rebuild", runs[which], "--workspace", str(workspace), "--out", str(tmp_path / "again")]) == 0
    assert "0 skiljer sig, 0 ändrade" in capsys.readouterr().out
    assert everything(workspace) == before
    kept, made = everything(workspace / "runs" / runs[which]), everything(tmp_path / "again")
    del kept["run.json"], made["run.json"]
    assert made == kept and len(kept) > 30


@pytest.mark.parametrize("name", ["ranked.parquet", "reports/sg-tvar/index.html", "ledger.parquet"])
def test_what_was_changed_afterwards_is_named(two_nights: tuple[Path, str, str], name: str,
                                              capsys: pytest.CaptureFixture[str]) -> None:
    workspace, _, run = two_nights
    path = workspace / "runs" / run / name
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"Avvik", b"avviK", 1) if name.endswith(".html") else whole[:4] + b" " + whole[4:])
    try:
        assert main(["rebuild", run, "--workspace", str(workspace)]) != 0
    finally:
        path.write_bytes(whole)
    told = capsys.readouterr()
    if name != "ledger.parquet":  # one that cannot be read at all ends the rebuild before it compares
        assert f"{name}: other bytes" in told.out and f"{name}: ändrad efter" in told.out


def test_another_version_is_refused(two_nights: tuple[Path, str, str], monkeypatch: pytest.MonkeyPatch,
                                    capsys: pytest.CaptureFixture[str]) -> None:
    workspace, _, run = two_nights
    monkeypatch.setattr(input_hash, "code_hash", lambda: "0" * 64)
    assert main(["rebuild", run, "--workspace", str(workspace)]) == 2
    assert "another version (code_hash)" in capsys.readouterr().err


def test_a_missing_typed_copy_is_refused(two_nights: tuple[Path, str, str],
                                         capsys: pytest.CaptureFixture[str]) -> None:
    workspace, _, run = two_nights
    copy = next(path for path in (workspace / "staging").glob("supplier_payments-*.parquet") if "bad" not in path.name)
    whole = copy.read_bytes()
    copy.unlink()
    try:
        assert main(["rebuild", run, "--workspace", str(workspace)]) == 2
    finally:
        copy.write_bytes(whole)
    assert "typed copies" in capsys.readouterr().err


def test_the_record_holds_the_hash_of_every_file(two_nights: tuple[Path, str, str]) -> None:
    workspace, _, run = two_nights
    record = json.loads((workspace / "runs" / run / "run.json").read_text(encoding="utf-8"))
    names = {name for name in everything(workspace / "runs" / run) if name != "run.json"}
    assert set(record["outputs"]) == names and len(record["content_hash"]) == 64


@pytest.mark.parametrize("out", ["runs", "."])
def test_nothing_is_written_into_the_workspace(two_nights: tuple[Path, str, str], out: str) -> None:
    workspace, _, run = two_nights
    assert main(["rebuild", run, "--workspace", str(workspace), "--out", str(workspace / out)]) == 2


def test_a_run_keeps_the_mappings_it_was_made_with(two_nights: tuple[Path, str, str]) -> None:
    """What replay and rebuild read the typed copies by is the run's own, whatever the mappings say today."""
    workspace, _, run = two_nights
    then = json.loads((workspace / "runs" / run / "run.json").read_text(encoding="utf-8"))["contracts_hash"]
    assert input_hash.contracts_hash(contracts_of_run(workspace / "runs" / run)) == then
    today = contracts_for(load_settings(workspace.parent / "settings.yaml"))
    assert input_hash.contracts_hash(today) != then


def test_what_a_purge_took_is_told_and_the_rest_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cases that are over and quarantined rows may be gone with a purge; all that is left must be as it was made."""
    place = earlier.unpacked(tmp_path)
    run, made = place / "runs" / earlier.LAST, tmp_path / "made"
    shutil.copytree(run, made)
    settings = tmp_path / "settings.yaml"
    settings.write_text("retention: {cases_days: 30, quarantine_days: 30, runs_days: 9000, states_days: 9000, "
                        "events_days: 9000, replaced_days: 9000}\n", encoding="utf-8")
    assert main(["purge", "--workspace", str(place), "--settings", str(settings), "--as-of", "2027-02-01"]) == 0
    assert not (run / "quarantine").exists()
    left = pq.read_table(run / "cases.parquet")
    assert left.num_rows == 1 < pq.read_table(made / "cases.parquet").num_rows

    differing, told = rebuild._differences(run, made)
    assert differing == [] and len(told) == 2 and all("2027-02-01" in line for line in told)
    capsys.readouterr()
    assert rebuild._tell(run, {"outputs": {}}, differing, told) == 0
    assert "cases.parquet: gallrad 2027-02-01, de 1 ärenden" in capsys.readouterr().out

    # a case that was changed, one too many gone, and a file gone with no purge to its name
    wrong = left.set_column(left.column_names.index("why"), "why", [["altered"]])
    pq.write_table(wrong, run / "cases.parquet")
    (run / "findings.parquet").unlink()
    assert rebuild._differences(run, made)[0] == ["findings.parquet: not in the run", "cases.parquet: other bytes"]
    pq.write_table(left.slice(1), run / "cases.parquet")
    assert "cases.parquet: other bytes" in rebuild._differences(run, made)[0]
    pq.write_table(left, run / "cases.parquet")
    (run / "purged.json").unlink()
    assert "cases.parquet: other bytes" in rebuild._differences(run, made)[0]
    purged.mark(run, purged.CASES, datetime.date(2027, 2, 1), datetime.date(2026, 1, 1))
    assert "cases.parquet: other bytes" in rebuild._differences(run, made)[0]


def test_rows_that_were_purged_are_named_as_the_reason(two_nights: tuple[Path, str, str], tmp_path: Path,
                                                       capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(two_nights[0].parent, tmp_path / "town", symlinks=True)
    workspace, run = tmp_path / "town" / "workspace", two_nights[2]
    settings = tmp_path / "town" / "settings.yaml"
    settings.write_text("mappings: mappings\nretention: {events_days: 900}\n", encoding="utf-8")
    assert main(["purge", "--workspace", str(workspace), "--settings", str(settings), "--as-of", "2029-02-01"]) == 0
    assert main(["rebuild", run, "--workspace", str(workspace)]) == 2
    told = capsys.readouterr().err
    assert "rows of 2 files" in told and "2029-02-01" in told and "nothing was changed after" in told
    page = workspace / "runs" / run / "reports" / "index.html"
    page.write_bytes(page.read_bytes() + b" ")
    assert main(["rebuild", run, "--workspace", str(workspace)]) == 2
    assert "1 files were changed after it was published: reports/index.html" in capsys.readouterr().err
