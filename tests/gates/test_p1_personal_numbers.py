"""P1: a file with personal numbers is refused before anything of it is stored; the message names file and column.

Every one of forty columns of the real contracts is filled with numbers (100 %, 25 %), and free text gets one cell.
The 56 ways of writing are dealt out over the files, and tried in full against the guard itself.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import random
from pathlib import Path

import pytest

from schemas import personal_data
from schemas.contract import Column, Contract, load_contracts
from schemas.reader import FileReading, read_file
from schemas.settings import load_settings
from tests.personal_numbers import DRESSED, write

ROWS = 40
CONTRACTS = load_contracts()
TEXTS = [(contract, column) for _, contract in sorted(CONTRACTS.items()) for column in contract.columns
         if column.logical_type == "string" and not column.allowed_values and column.constant is None]
FORTY = random.Random(40).sample(TEXTS, 40)


def cell(column: Column, row: int) -> str:
    """What could stand there."""
    if column.allowed_values:
        return column.allowed_values[row % len(column.allowed_values)]
    kinds = {"date": "2026-10-01", "timestamp": f"2026-10-01 08:{row % 60:02}", "boolean": "nej",
             "integer": str(2000 + row), "number": f"{row},5"}
    return kinds.get(column.logical_type, f"k{row:04}")


def deliver(folder: Path, contract: Contract, column: Column, values: list[str]) -> FileReading:
    """A file of this dataset with these values in one column; rows as good as they need to be."""
    text = io.StringIO()
    out = csv.writer(text, delimiter=";")
    out.writerow([one.name for one in contract.columns])
    for row, value in enumerate(values):
        out.writerow([value if one is column else cell(one, row) for one in contract.columns])
    path = folder / f"{contract.dataset}_2026-11-22.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    # more processor time than memory is needed for 120 small files: one thread each
    return read_file(path, contract, folder / "staging", dataclasses.replace(load_settings(), threads=1))


def must_be_refused(found: FileReading, column: Column, values: list[str], folder: Path) -> None:
    assert found.refusal is not None, f"{found.dataset}.{column.name} was read"
    assert found.refusal.rule == "personal_number", found.refusal.rule
    assert (found.refusal.file, found.refusal.column) == (found.file_name, column.name)
    told = str(found)
    assert found.file_name in told and column.name in found.refusal.message
    assert not [value for value in values if value in told]
    assert [path.name for path in (folder / "staging").iterdir()] == []


@pytest.mark.parametrize("share", [1.0, 0.25], ids=["all", "a quarter"])
def test_forty_columns_of_the_contracts(tmp_path: Path, share: float) -> None:
    for at, (contract, column) in enumerate(FORTY):
        form, dress = DRESSED[(at * 5 + round(share * 4)) % len(DRESSED)]
        chance = random.Random(f"{at}/{share}")
        planted = [write(chance, form, dress) for _ in range(round(ROWS * share))]
        values = [cell(column, row) if row % round(1 / share) else planted[row // round(1 / share)]
                  for row in range(ROWS)]
        must_be_refused(deliver(tmp_path, contract, column, values), column, planted, tmp_path)


def test_one_cell_of_free_text(tmp_path: Path) -> None:
    columns = [pair for pair in TEXTS if pair[1].free_text]
    assert columns
    for at in range(12):
        contract, column = columns[at % len(columns)]
        form, dress = DRESSED[at * 5 % len(DRESSED)]
        planted = write(random.Random(at), form, dress)
        values = ["en vanlig anteckning om ärendet"] * ROWS
        values[at] = f"gäller {planted} enligt samtal"
        must_be_refused(deliver(tmp_path, contract, column, values), column, [planted], tmp_path)


@pytest.mark.parametrize("form, dress", DRESSED)
def test_every_way_of_writing(form: str, dress: str) -> None:
    chance = random.Random(f"{form}{dress}")
    for at in range(40):
        clean = [f"k{at}{row:04}" for row in range(120)]
        quarter = [write(chance, form, dress) if row % 4 == 0 else clean[row] for row in range(120)]
        assert personal_data.holds_personal_numbers(quarter), at
        text = ["ring i morgon, tack"] * 30 + [f"gäller {write(chance, form, dress)} igen"]
        assert personal_data.holds_personal_numbers(text, free_text=True), at


def test_control_the_gate_sees_a_guard_that_looks_away(tmp_path: Path) -> None:
    """The same files without numbers are read: it is the numbers that are refused."""
    contract, column = FORTY[0]
    values = [cell(column, row) for row in range(ROWS)]
    found = deliver(tmp_path, contract, column, values)
    assert found.refusal is None or found.refusal.rule != "personal_number"
