"""S5: SQL in headings, values, file names, settings and parameters: none of it is run, all of it arrives to the letter.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest
import yaml

from flows.cli import main
from schemas.contract import ContractError, load_contract
from schemas.settings import SettingsError, load_settings
from schemas.warehouse import Warehouse
from tests.gates.hostile_words_night import SQL, WordsNight, attacks
from tests.schemas.reading_kit import column, document


def executed(night: WordsNight) -> list[str]:
    """What would be there if one of the planted statements had been run."""
    found = [path.name for path in night.around.rglob("executed*")]
    with Warehouse.open_read_only(night.workspace / "avvik.duckdb", load_settings(None)) as warehouse:
        tables = {row[0] for row in warehouse.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    return found + [name for name in tables if name == "executed"] + ([] if "providers" in tables else ["DROP"])


def test_s5_nothing_was_run(words_night: WordsNight) -> None:
    assert words_night.code in (0, 1)
    assert executed(words_night) == []


def test_s5_values_arrive_to_the_letter(words_night: WordsNight) -> None:
    with Warehouse.open_read_only(words_night.workspace / "avvik.duckdb", load_settings(None)) as warehouse:
        def stored(sql: str) -> set[str]:
            return {row[0] for row in warehouse.connection.execute(sql).fetchall()}

        wanted = {" ".join(text.split()) for text in words_night.planted}
        assert stored("SELECT provider_id FROM providers") >= wanted
        assert stored("SELECT supplier_name FROM supplier_payments") == wanted
        # what cannot be a person's token waits in the quarantine, to the letter too
        assert stored("SELECT person_token FROM absences UNION SELECT person_token FROM quarantine.absences") == wanted


def test_s5_findings_name_such_subjects(words_night: WordsNight) -> None:
    """The payloads went all the way: through rules, ranking and reports."""
    import pyarrow.parquet as pq

    subjects = set(pq.read_table(words_night.workspace / "latest" / "ranked.parquet")["subject_id"].to_pylist())
    assert len(subjects & set(words_night.planted)) > 10
    assert (words_night.workspace / "latest" / "reports" / "sg-tvar" / "deviations.xlsx").is_file()


@pytest.mark.parametrize("text", SQL)
def test_s5_identifiers_of_contracts(text: str, tmp_path: Path) -> None:
    """A contract cannot name a table or a column that is more than a name."""
    for content in (document([column(text, primaryKey=True)]), document(dataset=text)):
        path = tmp_path / "trial.odcs.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        with pytest.raises(ContractError):
            load_contract(path)


@pytest.mark.parametrize("text", SQL[:2])
def test_s5_parameters(text: str, tmp_path: Path, words_night: WordsNight) -> None:
    """A parameter's value is a number or is bound; its name is one of the rule's."""
    value = text.format(out=words_night.out)
    path = tmp_path / "settings.yaml"
    override = {"because": "b", "decided": "2026-01-01", "by": "n"}
    for parameters in ({"LP01": {value: {"value": 1, **override}}}, {value: {"x": {"value": 1, **override}}}):
        path.write_text(yaml.safe_dump({"parameters": parameters}, allow_unicode=True), encoding="utf-8")
        inbox = next(words_night.around.rglob("inbox"))
        try:
            load_settings(path)
        except SettingsError:
            continue
        code = main(["night", "--inbox", str(inbox), "--workspace", str(tmp_path / "other"), "--as-of", "2026-11-22",
                     "--settings", str(path)])
        assert code == 2
    assert executed(words_night) == []


def test_s5_replay(words_night: WordsNight, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = attacks(words_night.out)[:2]
    for change in (f"LP01.min_amount_sek={first}", f"LP01.{second}=1", f"{first}.x=1"):
        assert main(["replay", "latest", "--set", change, "--workspace", str(words_night.workspace)]) == 2, change
    assert "Traceback" not in capsys.readouterr().err
    assert executed(words_night) == []


def test_s5_the_warehouse_is_locked(words_night: WordsNight) -> None:
    """The second fence: even a statement that was run could reach no other file and change no setting."""
    with Warehouse.open_read_only(words_night.workspace / "avvik.duckdb", load_settings(None)) as warehouse:
        for statement in (f"COPY (SELECT 1) TO '{words_night.out}'", f"ATTACH '{words_night.out}'",
                          "SET enable_external_access = true", "INSTALL httpfs", "LOAD httpfs",
                          "SELECT * FROM read_text('/etc/passwd')", "SET lock_configuration = false"):
            with pytest.raises(duckdb.Error):
                warehouse.connection.execute(statement)
    assert executed(words_night) == []


def test_s5_control_a_pasted_value_runs(tmp_path: Path) -> None:
    """The same texts pasted into a statement do run in a database without our fences."""
    out, ran = tmp_path / "executed.csv", 0
    for text in attacks(out):
        connection = duckdb.connect()
        connection.execute("CREATE TABLE providers (id VARCHAR, \"b\" VARCHAR)")
        for statement in (f"INSERT INTO providers VALUES ('{text}', NULL)", f"SELECT \"{text}\" FROM providers",
                          f"SELECT ('{text}')", f"SELECT 1 AS \"b{text}\"", f"SELECT '{text}'"):
            try:
                connection.execute(statement)
            except duckdb.Error:
                continue
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        ran += bool(out.exists() or "executed" in tables or "providers" not in tables)
        connection.close()
        shutil.rmtree(out) if out.is_dir() else out.unlink(missing_ok=True)
    assert ran >= 6
