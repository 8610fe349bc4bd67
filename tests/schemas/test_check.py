"""`avvik check`: what a steward is told about files, and that nothing else is."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from schemas.check import FINE, FOUND, NOT_DONE, USAGE, check_paths
from schemas.contract import Contract, load_contracts
from schemas.settings import Settings

# as in test_quality: one process imports Great Expectations
pytestmark = pytest.mark.xdist_group("great_expectations")

CANARY = "KANARIE7f3a"
SETTINGS = Settings(threads=1, memory_limit="500MB")

CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: parcels
name: parcels
version: 1.0.0
status: active
domain: ledger
description: {purpose: prov, limitations: inga, usage: test}
schema:
  - name: parcels
    logicalType: object
    physicalType: table
    description: ett paket
    customProperties: [{property: moneyColumn, value: amount_sek}]
    quality:
      - type: custom
        engine: greatExpectations
        severity: SEVERITY
        implementation: {type: EXPECTATION, kwargs: {KWARGS}}
        description: Avsändare och mottagare ska skilja sig
    properties:
      - {name: parcel_id, logicalType: string, required: true, primaryKey: true, description: nyckel}
      - {name: sender, logicalType: string, required: true, description: avsändare}
      - {name: receiver, logicalType: string, description: mottagare}
      - {name: weight, logicalType: integer, description: gram, logicalTypeOptions: {minimum: 1}}
      - {name: amount_sek, logicalType: number, physicalType: "DECIMAL(14,2)", description: porto}
"""
DIFFER = ("unexpected_rows_expectation", 'unexpected_rows_query: "SELECT * FROM {batch} WHERE sender = receiver"')


def write_contract(folder: Path, severity: str = "warning", rule: tuple[str, str] = DIFFER) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "parcels.odcs.yaml"
    text = CONTRACT.replace("SEVERITY", severity).replace("EXPECTATION", rule[0]).replace("KWARGS", rule[1])
    path.write_text(text, encoding="utf-8")
    return path


def write_rows(path: Path, *rows: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["parcel_id;sender;receiver;weight;amount_sek", *rows, ""]), encoding="utf-8")
    return path


@pytest.fixture
def contracts(tmp_path: Path) -> dict[str, Contract]:
    write_contract(tmp_path / "contracts")
    return load_contracts([tmp_path / "contracts"])


def ask(
    contracts: dict[str, Contract], *paths: Path, contract: Path | None = None, settings: Settings = SETTINGS
) -> tuple[int, str]:
    out = io.StringIO()
    return check_paths(paths, contracts, settings, out, contract), out.getvalue()


def test_a_file_without_fault_is_fine(contracts: dict[str, Contract], tmp_path: Path) -> None:
    file = write_rows(tmp_path / "parcels_1.csv", "a;x;y;10;5,50", "b;x;z;20;6,50")
    code, told = ask(contracts, file)
    assert code == FINE
    assert "2 rader: 2 skulle laddas, 0 i karantän" in told
    assert "4 av 4 kontroller höll" in told
    assert "Skulle laddas hela: 1." in told


def test_failing_rows_are_told_by_line_with_remedy_and_never_by_value(
    contracts: dict[str, Contract],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = [f"k{n};{CANARY};{CANARY};10;5,50" for n in range(8)]
    file = write_rows(tmp_path / "parcels_1.csv", "a;x;y;10;5,50", *rows, f"b;;{CANARY};0;6,50", f"c;x;y;{CANARY};6")
    code, told = ask(contracts, file)
    assert code == FOUND
    assert "11 rader: 1 skulle laddas, 10 i karantän" in told
    assert "Avsändare och mottagare ska skilja sig – raderna till karantän" in told
    assert "[parcels.table.unexpected_rows_expectation.1]" in told
    assert "8 av 10 rader i datamängden; i den här filen 8, rad 3, 4, 5, 6, 7 …" in told
    assert "sender måste vara ifyllt" in told and "rad 11" in told
    assert "weight ska ligga från och med 1" in told
    assert "inte ett heltal [type_integer]: antal 1, rad 12" in told
    assert "Åtgärd: Rätta raderna i källsystemet" in told
    seen = capfd.readouterr()
    assert CANARY not in told + seen.out + seen.err + caplog.text
    assert seen.out == seen.err == ""


@pytest.mark.parametrize("severity, code, said", [
    ("error", FOUND, "Filen skulle vägras."),
    ("warning", FOUND, "1 i karantän"),
    ("info", FINE, "2 rader: 2 skulle laddas"),
])  # fmt: skip
def test_severities_do_what_they_would_at_night(tmp_path: Path, severity: str, code: int, said: str) -> None:
    write_contract(tmp_path / "contracts", severity)
    contracts = load_contracts([tmp_path / "contracts"])
    bad = write_rows(tmp_path / "parcels_bad.csv", "a;x;x;10;5", "b;x;y;10;5")
    good = write_rows(tmp_path / "parcels_good.csv", "c;x;y;10;5")
    answer, told = ask(contracts, bad, good)
    assert answer == code
    assert said in told
    assert told.count("Avsändare och mottagare") == 1  # the good file is not blamed
    assert "1 rader: 1 skulle laddas" in told


def test_a_check_that_cannot_be_computed_is_told_and_fails(tmp_path: Path) -> None:
    query = "SELECT * FROM {batch} WHERE CAST(sender AS INTEGER) > 3"
    write_contract(tmp_path / "contracts", "error", (DIFFER[0], f'unexpected_rows_query: "{query}"'))
    file = write_rows(tmp_path / "parcels_1.csv", f"a;{CANARY};y;10;5")
    code, told = ask(load_contracts([tmp_path / "contracts"]), file)
    assert code == FOUND
    assert "kunde inte beräknas (ConversionException)" in told
    assert "Rätta regeln i kontraktet parcels.odcs.yaml" in told
    assert "Filen skulle vägras." in told
    assert CANARY not in told


def test_an_edited_contract_can_be_tried(contracts: dict[str, Contract], tmp_path: Path) -> None:
    file = write_rows(tmp_path / "leverans.csv", "a;x;y;10;5")
    assert ask(contracts, file)[0] == USAGE  # no dataset of that name
    stricter = ("expect_column_values_to_be_between", "column: weight, min_value: 50")
    edited = write_contract(tmp_path / "edited", "warning", stricter)
    code, told = ask(contracts, file, contract=edited)
    assert code == FOUND
    assert "[parcels.table.expect_column_values_to_be_between.1]" in told and "rad 2" in told


@pytest.mark.parametrize("rule, said", [
    (("expect_column_values_to_be_betwen", "column: weight, min_value: 5"),
     "did you mean 'expect_column_values_to_be_between'"),
    (("expect_column_values_to_be_between", "column: wieght, min_value: 5"), "did you mean 'weight'"),
])  # fmt: skip
def test_a_rule_that_cannot_be_is_a_wrong_question(
    contracts: dict[str, Contract], tmp_path: Path, rule: tuple[str, str], said: str
) -> None:
    file = write_rows(tmp_path / "parcels_1.csv", "a;x;y;10;5")
    code, told = ask(contracts, file, contract=write_contract(tmp_path / "edited", "warning", rule))
    assert code == USAGE
    assert said in told


def test_a_folder_is_checked_whole(contracts: dict[str, Contract], tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    write_rows(inbox / "parcels_1.csv", "a;x;y;10;5")
    write_rows(inbox / "parcels_2.csv", "a;x;y;12;5")  # corrects the first
    write_rows(inbox / "parcels_2_kopia.csv", "a;x;y;12;5")
    (inbox / "parcels_3.csv").write_bytes(b"")
    (inbox / "okand.csv").write_text("x\n", encoding="utf-8")
    code, told = ask(contracts, inbox)
    assert code == FOUND
    assert "1 rader: 0 skulle laddas, 0 i karantän, 1 ersatta" in told
    assert "parcels_2_kopia.csv: samma innehåll som parcels_2.csv" in told
    assert "Filen skulle vägras: den går inte att läsa in." in told
    assert "okand.csv" in told and "[unknown_dataset]" in told
    assert "Kontrollerade filer: 3. Skulle laddas hela: 2." in told


def test_wrong_questions(contracts: dict[str, Contract], tmp_path: Path) -> None:
    assert ask(contracts, tmp_path / "parcels_9.csv") == (USAGE, f"{tmp_path / 'parcels_9.csv'}: finns inte.\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert ask(contracts, empty) == (USAGE, "Ingen fil att kontrollera.\n")
    code, told = ask(contracts, tmp_path, contract=tmp_path / "none.odcs.yaml")
    assert code == USAGE and "none.odcs.yaml" in told


def test_what_cannot_be_carried_out_says_so(
    contracts: dict[str, Contract], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_rows(tmp_path / "parcels_1.csv", "a;x;y;10;5")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("schemas.check.read_file", full)
    code, told = ask(contracts, file)
    assert code == NOT_DONE
    assert "No space left on device" in told


def test_english_and_no_trace(
    contracts: dict[str, Contract], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", os.fspath(scratch))
    file = write_rows(tmp_path / "parcels_1.csv", "a;x;x;10;5", "b;x;y;10;5")
    code, told = ask(contracts, file, settings=Settings(threads=1, memory_limit="500MB", language="en"))
    assert code == FOUND
    assert "2 rows: 1 would be loaded, 1 quarantined" in told
    assert "in this file 1, line 2" in told and "Remedy: Correct the rows" in told
    assert list(scratch.iterdir()) == []
