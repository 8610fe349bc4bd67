"""P3: what stands in a cell is in no log, message, temporary file, index of the quarantine, nor with Prefect or GX.

500 and more canaries: in every column of every dataset, in rows and files that take every way out. What may hold
cell values is listed in `HOLDERS`: the rows themselves and the reports made of them; everything else may not.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from flows.failures import NightFailed, explain
from flows.tonight import Tonight
from schemas.warehouse_load import WarehouseError, no_values
from tests.gates.reading_reports import files_of, text_of
from tests.gates.watched_town import CANARY, ROOT, Town

# Files of a workspace that hold rows of the sources, by their purpose.
HOLDERS = ("avvik.duckdb", "states/", "staging/", "restricted/", "reports/", "audit/", "evidence.parquet",
           "findings.parquet", "ranked.parquet", "cases.parquet", "links.parquet", "subjects.parquet",
           "outcomes.parquet", "control.parquet", "quarantine/")


def found(text: str | bytes) -> set[bytes]:
    return set(CANARY.findall(text.encode() if isinstance(text, str) else text))


def test_the_canaries_are_there(town: Town) -> None:
    everything = set().union(*(found(path.read_bytes()) for path in files_of(town.inbox)))
    assert len(everything) >= 480  # those in packed files are not seen here
    rows = set().union(*(found(text_of(path)) for path in files_of(town.workspace / "staging", town.run / "quarantine")
                         if path.suffix == ".parquet"))
    assert len(rows) >= 400, "the night never met them"
    assert town.code == 1


def test_none_is_said(town: Town) -> None:
    assert len(town.said) > 5000
    assert found(town.said) == set()


def test_prefect_hears_of_none(town: Town) -> None:
    assert b"avvik-night" in town.prefect and b"avvik-sources" in town.prefect  # the artifacts are among it
    assert found(town.prefect) == set()
    for path in files_of(town.workspace / ".prefect"):
        assert found(path.read_bytes()) == set(), path.name


def test_none_is_left_in_temporary_files(town: Town) -> None:
    left = files_of(town.folder / "tmp", town.folder / "home", town.workspace / "tmp")
    assert {path.name: found(path.read_bytes()) for path in left if found(path.read_bytes())} == {}
    assert [path.name for path in files_of(town.workspace / "staging")
            if path.name.endswith(".partial") or path.name.startswith(".")] == []


def test_none_is_in_what_accounts_for_the_night(town: Town) -> None:
    looked = 0
    for path in files_of(town.workspace):
        name = path.relative_to(town.run if path.is_relative_to(town.run) else town.workspace).as_posix()
        if name.startswith(HOLDERS) and not name.endswith(".problems.json"):
            continue
        looked += 1
        assert found(text_of(path)) == set(), name
    assert looked >= 30
    named = {path.name for path in files_of(town.run)}
    assert {"run.json", "checks.parquet", "ledger.parquet", "reconciliation.parquet", "detectors.json"} <= named
    assert any("data_docs" in path.parts for path in files_of(town.run))


def test_none_is_in_the_index_of_the_quarantine(town: Town) -> None:
    rows = 0
    for path in files_of(town.run / "quarantine"):
        table = pq.read_table(path, columns=["file", "rule", "reason", "severity"])
        rows += table.num_rows
        assert found(str(table.to_pylist())) == set(), path.name
    assert rows > 300


def test_free_text_and_unknown_columns_reach_no_report(town: Town) -> None:
    """The last column of every file is one that no contract knows; notes are free text."""
    texts = set()
    for path in town.inbox.glob("*_kanarie.csv"):
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            texts |= found(line.rsplit(",", 1)[-1])
    assert len(texts) > 200
    for path in files_of(town.run / "reports", town.run / "restricted", town.run / "audit"):
        assert found(text_of(path)) & texts == set(), path.name


# ------------------------------------------------------------------ texts of data errors
def _conversion() -> duckdb.Error:
    """A real error of DuckDB with a cell in its text."""
    with pytest.raises(duckdb.Error) as caught:
        duckdb.sql("SELECT CAST('kanarie9999x' AS DATE)").fetchall()
    assert found(str(caught.value))
    return caught.value


def test_the_text_of_a_data_error_is_withheld() -> None:
    error = _conversion()
    assert found(explain(error)[1]) == set()
    with pytest.raises(WarehouseError) as caught, no_values("loading"):
        raise error
    assert found(str(caught.value)) == set() and caught.value.__cause__ is None
    with pytest.raises(NightFailed) as failed, Tonight.guarded(object.__new__(Tonight), "detect"):
        raise error
    assert found(str(failed.value)) == set()


def test_an_error_that_ends_a_command_shows_no_text(tmp_path: Path) -> None:
    """The program as a user meets it: stderr of a command that dies of a data error."""
    code = ("import sys, duckdb; from flows import cli\n"
            "def die(options): duckdb.sql(\"SELECT CAST('kanarie9999x' AS DATE)\").fetchall()\n"
            "cli._check = die; sys.exit(cli.main(['check', 'x']))")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)},
                          capture_output=True, check=False)
    assert done.returncode == 3 and b"ConversionException" in done.stderr
    assert found(done.stdout + done.stderr) == set()


ROOMS = ("schemas", "detectors", "reports", "flows")
FOREIGN = ("duckdb", "pa.", "pyarrow", "pandas", "pd.", "calamine", "python_calamine", "json.", "UnicodeDecodeError",
           "ValueError", "Exception", "BaseException", "csv.Error", "KeyError", "TypeError", "zlib", "zipfile")


def leaks(source: str) -> Iterator[tuple[int, str]]:
    """Handlers of foreign errors that put the error's own text somewhere: (line, what was caught)."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ExceptHandler) or node.name is None or node.type is None:
            continue
        caught = ast.unparse(node.type)
        if not any(caught == one or caught.startswith(one) or f"({one}" in caught or f", {one}" in caught
                   for one in FOREIGN):
            continue
        for inner in ast.walk(node):
            text = (isinstance(inner, ast.FormattedValue) and isinstance(inner.value, ast.Name)
                    and inner.value.id == node.name)
            call = (isinstance(inner, ast.Call) and ast.unparse(inner.func) in ("str", "repr")
                    and [ast.unparse(one) for one in inner.args] == [node.name])
            chained = isinstance(inner, ast.Raise) and inner.cause is not None and ast.unparse(inner.cause) == node.name
            if text or call or chained:
                yield inner.lineno, caught


# The text of these is of settings, contracts and detectors, which hold no cells; or is shown only when it is ours.
KNOWN = {"flows/failures.py", "flows/tonight.py", "schemas/yaml_files.py", "schemas/settings.py", "schemas/contract.py",
         "schemas/source_mapping.py", "schemas/quality_gx.py"}


def test_no_handler_repeats_a_foreign_text() -> None:
    seen = {}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            lines = list(leaks(path.read_text(encoding="utf-8")))
            if lines and name not in KNOWN:
                seen[name] = lines
    assert seen == {}


def test_control_a_leak_is_seen() -> None:
    assert list(leaks("try:\n    x\nexcept duckdb.Error as e:\n    print(f'no: {e}')\n"))
    assert list(leaks("try:\n    x\nexcept (OSError, pa.ArrowInvalid) as e:\n    raise Ours('a') from e\n"))
    assert not list(leaks("try:\n    x\nexcept duckdb.Error as e:\n    print(type(e).__name__)\n"))
