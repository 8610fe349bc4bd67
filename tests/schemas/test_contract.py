"""A contract is read strictly: every mistake names the file, the key and the nearest valid key."""

from __future__ import annotations

import pickle
import sys
import types
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import yaml

from schemas import contract as module
from schemas.contract import ContractError, fold_heading, load_contract, load_contracts, match_dataset
from tests.schemas.reading_kit import column, contract, document


def rule(kind: str = "expect_column_values_to_not_be_null", severity: str = "warning", **kwargs: Any) -> dict[str, Any]:
    return {
        "type": "custom", "engine": "greatExpectations", "severity": severity,
        "implementation": {"type": kind, "kwargs": kwargs}, "description": "why",
    }  # fmt: skip


def save(folder: Path, content: Any, name: str = "trial.odcs.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content), encoding="utf-8")
    return path


def test_what_a_contract_says(tmp_path: Path) -> None:
    second = column(
        "b", "timestamp", primaryKey=True, primaryKeyPosition=1, physicalName="Början", aliases=["Start", "Början"]
    )
    first = column("a", primaryKey=True, primaryKeyPosition=2, quality=[rule(), rule(mostly=0.9)])
    money = column("c", "number", physicalType="decimal(14, 2)", logicalTypeOptions={"minimum": 0}, auditOnly=True)
    content = document([first, second, money], timeColumn="b", moneyColumn="c")
    content["schema"][0]["quality"] = [rule("expect_table_row_count_to_be_between", "error", min_value=1)]
    found = load_contract(save(tmp_path, content))
    assert (found.dataset, found.domain, found.key, found.time_column) == ("visits", "ledger", ("b", "a"), "b")
    assert found.column("b").aliases == ("Början", "Start") and found.column("a").required
    assert found.column("c").duckdb_type == "DECIMAL(14,2)" and found.column("c").audit_only
    assert [r.id for r in found.all_quality] == [
        "visits.table.expect_table_row_count_to_be_between.1",
        "visits.a.expect_column_values_to_not_be_null.1",
        "visits.a.expect_column_values_to_not_be_null.2",
    ]
    assert found.quality[0].column is None and found.column("a").quality[1].kwargs == {"mostly": 0.9, "column": "a"}
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_content_hash_follows_meaning_not_layout(tmp_path: Path) -> None:
    content = document()
    one = load_contract(save(tmp_path, content)).content_hash
    path = save(tmp_path, "# a remark\n" + yaml.safe_dump(content, sort_keys=False, default_flow_style=True))
    assert load_contract(path).content_hash == one
    content["version"] = "1.0.1"
    assert load_contract(save(tmp_path, content)).content_hash != one


def change(**new: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["schema"][0]["properties"][1].update(new)


def custom(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return change(customProperties=[{"property": name, "value": value}])


def table(**new: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["schema"][0].update(new)


MISTAKES: dict[str, tuple[Callable[[dict[str, Any]], Any], list[str]]] = {
    "top key": (lambda c: c.update(descripton={}), ["descripton", "did you mean 'description'"]),
    "kind": (lambda c: c.update(kind="Contract"), ["kind", "DataContract"]),
    "no purpose": (lambda c: c["description"].pop("purpose"), ["description.purpose", "missing"]),
    "number as version": (lambda c: c.update(version=1.0), ["version", "quotes"]),
    "two objects": (lambda c: c["schema"].append(c["schema"][0]), ["exactly one"]),
    "property key": (change(physicalname="X"), ["visits.b.physicalname", "did you mean 'physicalName'"]),
    "custom property": (custom("alias", ["X"]), ["alias", "did you mean 'aliases'"]),
    "combine": (custom("combine", ["X"]), ["combine", "unknown custom property"]),
    "object property": (table(customProperties=[{"property": "timecolumn", "value": "b"}]), ["timeColumn"]),
    "type": (change(logicalType="strng"), ["logicalType", "did you mean 'string'"]),
    "type that does not fit": (change(physicalType="INTEGER"), ["physicalType", "VARCHAR"]),
    "option": (change(logicalTypeOptions={"minLenght": 1}), ["minLenght", "minLength"]),
    "option of another type": (change(logicalTypeOptions={"minimum": 1}), ["minimum", "unknown key"]),
    "pattern": (change(logicalTypeOptions={"pattern": "("}), ["pattern", "regular expression"]),
    "look-around": (change(logicalTypeOptions={"pattern": "(?=x)"}), ["pattern", "look-around"]),
    "yes as value": (custom("allowedValues", [True]), ["allowedValues", "quotes"]),
    "alias of no value": (
        change(
            customProperties=[
                {"property": "allowedValues", "value": ["tag"]},
                {"property": "valueAliases", "value": {"x": "tga"}},
            ]
        ),
        ["valueAliases", "did you mean 'tag'"],
    ),
    "month of a text": (custom("month", True), ["month", "date"]),
    "flag as text": (custom("freeText", "yes"), ["freeText", "true or false"]),
    "severity": (change(quality=[rule(severity="warn")]), ["quality[0].severity", "did you mean 'warning'"]),
    "expectation": (change(quality=[rule("ExpectNothing")]), ["snake case"]),
    "quality key": (change(quality=[rule() | {"severty": "x"}]), ["severty", "did you mean 'severity'"]),
    "no description": (change(description=""), ["visits.b.description", "missing"]),
    "reserved": (change(name="line"), ["name", "line"]),
    "shared heading": (change(physicalName=" A "), ["also belongs to 'a'"]),
    "twice": (change(name="a"), ["stands twice"]),
    "no key": (lambda c: c["schema"][0]["properties"][0].pop("primaryKey"), ["primaryKey"]),
    "time column": (table(customProperties=[{"property": "timeColumn", "value": "bb"}]), ["no column 'bb'"]),
    "money column": (table(customProperties=[{"property": "moneyColumn", "value": "b"}]), ["moneyColumn", "number"]),
    "ignoreRows": (
        table(customProperties=[{"property": "ignoreRows", "value": {"colum": "b", "matches": "x"}}]),
        ["ignoreRows.colum", "did you mean 'column'"],
    ),
    "missingKey": (table(customProperties=[{"property": "missingKey", "value": "make"}]), ["missingKey", "generate"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path: Path, name: str) -> None:
    content = yaml.safe_load(yaml.safe_dump(document([column("a", primaryKey=True), column("b")])))
    apply, words = MISTAKES[name]
    apply(content)
    path = save(tmp_path, content)
    with pytest.raises(ContractError) as caught:
        load_contract(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: 1\na: 2\n", "stands twice"),
        ("a: [", "line"),
        ("", "mapping"),
        ("- 1", "mapping"),
        ("a: \xff".encode("latin-1"), "UTF-8"),
    ],
)
def test_what_is_no_yaml(tmp_path: Path, text: str | bytes, word: str) -> None:
    path = tmp_path / "x.odcs.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ContractError, match=word):
        load_contract(path)


def test_folders(tmp_path: Path) -> None:
    save(tmp_path, document(dataset="b"), "x/b.odcs.yaml")
    save(tmp_path, document(dataset="a"), "y/a.odcs.yaml")
    save(tmp_path, "not a contract", "y/other.yaml")
    assert list(load_contracts([tmp_path])) == ["a", "b"]
    save(tmp_path, document(dataset="a"), "z/a.odcs.yaml")
    with pytest.raises(ContractError, match="is also in"):
        load_contracts([tmp_path])
    with pytest.raises(ContractError, match="no such folder"):
        load_contracts([tmp_path / "none"])


def test_installed_packages_add_contracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path, document(dataset="of_a_package"))
    package = types.ModuleType("a_package")
    package.__file__ = str(tmp_path / "__init__.py")
    monkeypatch.setitem(sys.modules, "a_package", package)
    offered = [EntryPoint("a", "a_package", module.ENTRY_POINT_GROUP)]
    monkeypatch.setattr(module, "entry_points", lambda group: offered if group == "avvik.contracts" else [])
    assert "of_a_package" in load_contracts()


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("home_care_visits_2026-11-22.csv", "home_care_visits"),
        ("Home_Care_Visits.CSV.GZ", "home_care_visits"),
        ("home_care.csv", "home_care"),
        ("/inbox/providers.xlsx", "providers"),
        ("provider_roles_1.csv", "provider_roles"),
        ("readme.txt", None),
        (".providers.csv", None),
    ],
)
def test_the_longest_name_wins(name: str, dataset: str | None) -> None:
    assert match_dataset(name, ["home_care", "home_care_visits", "providers", "provider_roles"]) == dataset


def test_headings_are_compared_without_dress() -> None:
    assert fold_heading('\ufeff "Besöks\u00a0 ID"\u200b ') == fold_heading("BESO\u0308KS ID")


def test_the_kit_is_a_contract(tmp_path: Path) -> None:
    assert contract(tmp_path).money_column == "amount_sek"


def test_a_dataset_may_have_other_file_names_and_be_written_by_hand(tmp_path: Path) -> None:
    known = load_contracts()
    for name in ("deviations.xlsx", "Deviations_sg-hvb (2).xlsx", "avvikelser 2026.xlsx", "outcomes.csv"):
        assert match_dataset(name, known) == "outcomes"
    assert match_dataset("mina_avvikelser.xlsx", known) is None
    assert known["outcomes"].hand_written and not known["providers"].hand_written
    text = known["outcomes"].path.read_text(encoding="utf-8")
    spoilt = {"fileNames": ("value: [deviations, avvikelser]", "value: [Deviations x]"),
              "handWritten": ("{property: handWritten, value: true}", "{property: handWritten, value: ja}"),
              "unlessFilled": ("unlessFilled: [recovered_sek", "unlessFilled: [nobody")}
    for key, (right, wrong) in spoilt.items():
        path = tmp_path / "outcomes.odcs.yaml"
        path.write_text(text.replace(right, wrong), encoding="utf-8")
        with pytest.raises(ContractError, match=key):
            load_contract(path)
