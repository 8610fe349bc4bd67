"""`avvik rebuild`: a run made again from its kept inputs is the same to the byte; what was changed since is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows import input_hash
from flows.cli import main
from tests.flows.conftest import payments

FIRST, SECOND = "2026-11-21", "2026-11-22"


def night(inbox: Path, workspace: Path, day: str) -> str:
    assert main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", day]) == 0
    return (workspace / "latest").resolve().name


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A workspace with two nights, the second with a corrected ledger and a row for the quarantine."""
    folder = tmp_path_factory.mktemp("rebuild")
    inbox, workspace = folder / "inbox", folder / "workspace"
    inbox.mkdir()
    (inbox / "supplier_payments_1.csv").write_text(payments(30), encoding="utf-8")
    first = night(inbox, workspace, FIRST)
    broken = payments(60).replace(";1000,50;", ";se bilaga;", 1)
    (inbox / "supplier_payments_2.csv").write_text(broken, encoding="utf-8")
    return workspace, first, night(inbox, workspace, SECOND)


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
