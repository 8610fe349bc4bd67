"""Source mappings: what a sender calls things is laid over a contract; what a mapping gets wrong is named."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from schemas.contract import Contract, ContractError, load_contracts
from schemas.settings import SettingsError, load_settings
from schemas.source_mapping import apply_mappings, contracts_for
from tests.schemas.reading_kit import contract, read, rows

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def mapped(folder: Path, text: str, **custom: object) -> Contract:
    """The kit's contract `visits` with the mapping of `text` (its `dataset` is added) laid over it."""
    place = folder / "mappings"
    place.mkdir(exist_ok=True)
    (place / "visits.mapping.yaml").write_text("dataset: visits\n" + text, encoding="utf-8")
    return apply_mappings({"visits": contract(folder, **custom)}, place)["visits"]


def test_a_heading_of_the_mapping_wins_over_the_contracts_aliases(tmp_path: Path) -> None:
    # the contract takes Brukare for the client; this sender means the note by it
    by = mapped(tmp_path, "columns:\n  note: {headings: [Brukare]}\n  client_token: {headings: [Kundnr]}\n")
    found = read(tmp_path, "BesöksID;Brukare;Kundnr\nv1;fri text;c1\n", by=by)
    assert (rows(found)[0]["note"], rows(found)[0]["client_token"]) == ("fri text", "c1")
    plain = read(tmp_path, "BesöksID;Brukare;Kundnr\nv1;c1;9\n", by=contract(tmp_path))
    assert rows(plain)[0]["client_token"] == "c1" and plain.columns_unknown == ["Kundnr"]


def test_same_as_takes_the_other_columns_cells_where_there_is_no_heading(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  note: {sameAs: client_token}\n")
    assert rows(read(tmp_path, "visit_id;client_token\nv1;c1\n", by=by))[0]["note"] == "c1"
    own = rows(read(tmp_path, "visit_id;client_token;note\nv1;c1;egen\n", by=by))
    assert own[0]["note"] == "egen"


def test_same_as_may_stand_for_a_required_column(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  client_token: {sameAs: note}\n")
    assert rows(read(tmp_path, "visit_id;note\nv1;c1\n", by=by))[0]["client_token"] == "c1"


def test_a_constant_fills_what_the_file_does_not_say(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  registration: {constant: tag}\n  minutes: {constant: 30}\n"
                          "  paid_on: {constant: 2026-01-02}\n  amount_sek: {constant: '12.50'}\n"
                          "  edited: {constant: true}\n  client_token: {constant: c0}\n")
    row = rows(read(tmp_path, "visit_id;minutes\nv1;45\n", by=by))[0]
    assert row["minutes"] == 45
    assert (row["registration"], row["paid_on"], row["edited"], row["client_token"]) == (
        "tag", datetime.date(2026, 1, 2), True, "c0")
    assert row["amount_sek"] == Decimal("12.50")


def test_blanks_stand_for_an_empty_cell(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  note: {blanks: [REDACTED, NO REF]}\n")
    found = read(tmp_path, "visit_id;client_token;note\nv1;c1; REDACTED \nv2;c2;NO REF\nv3;c3;redacted\n", by=by)
    assert [row["note"] for row in rows(found)] == [None, None, "redacted"]


def test_values_are_translated_in_any_case(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  registration: {values: {Lås: tag, Hand: manual}}\n")
    text = "visit_id;client_token;registration\nv1;c;Lås\nv2;c;LÅS\nv3;c;hand\nv4;c;Tagg\nv5;c;tag\nv6;c;annat\n"
    found = read(tmp_path, text, by=by)
    assert [row["registration"] for row in rows(found)] == ["tag", "tag", "manual", "tag", "tag"]
    assert found.rows_bad == 1


def test_date_formats_of_the_sender_are_read(tmp_path: Path) -> None:
    by = mapped(tmp_path, "columns:\n  paid_on: {dateFormats: ['%d/%m/%Y']}\n")
    found = read(tmp_path, "visit_id;client_token;paid_on\nv1;c;03/02/2026\nv2;c;18-Jan-12\nv3;c;2026-05-06\n", by=by)
    assert [row["paid_on"].isoformat() for row in rows(found)] == ["2026-02-03", "2012-01-18", "2026-05-06"]


def test_ignored_rows_are_counted_with_their_money(tmp_path: Path) -> None:
    by = mapped(tmp_path, "ignoreRows: {column: client_token, matches: '^$'}\n")
    found = read(tmp_path, "visit_id;client_token;Belopp\nv1;c1;10,50\n;;10,50\n", by=by)
    assert (found.rows_received, found.rows_skipped, len(rows(found))) == (2, 1, 1)
    assert (found.sek_received, found.sek_skipped) == (Decimal("21.00"), Decimal("10.50"))


def test_a_missing_key_is_made_from_file_and_line(tmp_path: Path) -> None:
    by = mapped(tmp_path, "missingKey: generate\n")
    found = read(tmp_path, "client_token\nc1\nc1\n", by=by)
    assert [row["visit_id"] for row in rows(found)] == [f"{found.sha256[:16]}-2", f"{found.sha256[:16]}-3"]
    refused = read(tmp_path, "client_token\nc1\n", by=contract(tmp_path))
    assert refused.refusal is not None and refused.refusal.rule == "missing_column"


def test_the_hash_follows_what_the_mapping_says_but_not_its_layout(tmp_path: Path) -> None:
    base = contract(tmp_path).content_hash
    one = mapped(tmp_path, "columns: {note: {blanks: [X]}}\n").content_hash
    assert one != base
    assert mapped(tmp_path, "# a remark\ncolumns:\n  note:\n    blanks: ['X']\n").content_hash == one
    assert mapped(tmp_path, "columns: {note: {blanks: [Y]}}\n").content_hash != one


@pytest.mark.parametrize(("text", "named"), [
    ("colums: {}\n", ["colums", "columns"]),
    ("columns: {nte: {}}\n", ["columns.nte", "note"]),
    ("columns: {note: {heading: [X]}}\n", ["columns.note.heading", "headings"]),
    ("columns: {note: {headings: Notering}}\n", ["columns.note.headings", "list"]),
    ("columns: {note: {headings: [7]}}\n", ["columns.note.headings", "quotes"]),
    ("columns: {note: {headings: [X]}, minutes: {headings: [x]}}\n", ["columns.minutes.headings", "note"]),
    ("columns: {note: {headings: [minutes]}}\n", ["columns.note.headings", "minutes"]),
    ("columns: {note: {sameAs: client}}\n", ["columns.note", "client_token"]),
    ("columns: {note: [X]}\n", ["columns.note", "mapping"]),
    ("columns: [note]\n", ["columns", "mapping"]),
    ("columns:\n", ["columns", "mapping"]),
    ("columns: {registration: {values: {Lås: tagg}}}\n", ["columns.registration.values", "'tag'"]),
    ("columns: {registration: {values: {Ja: tag, yes: tag}}}\n", ["columns.registration.values", "quotes"]),
    ("columns: {note: {values: {a: b}}}\n", ["columns.note.values", "allowed values"]),
    ("columns: {registration: {constant: lås}}\n", ["columns.registration.constant", "tag"]),
    ("columns: {minutes: {constant: en}}\n", ["columns.minutes.constant", "integer"]),
    ("columns: {paid_on: {constant: 3/2 2026}}\n", ["columns.paid_on.constant", "2026-11-23"]),
    ("columns: {minutes: {blanks: [X]}}\n", ["columns.minutes.blanks", "string"]),
    ("columns: {minutes: {dateFormats: ['%d/%m/%Y']}}\n", ["columns.minutes.dateFormats", "date"]),
    ("columns: {paid_on: {dateFormats: ['%d/%m']}}\n", ["columns.paid_on.dateFormats", "%Y"]),
    ("ignoreRows: {column: klient, matches: x}\n", ["ignoreRows.column", "client_token"]),
    ("ignoreRows: {column: note}\n", ["ignoreRows.matches", "missing"]),
    ("ignoreRows: {column: note, matches: '('}\n", ["ignoreRows.matches", "regular expression"]),
    ("ignoreRows: {column: note, matches: '(?=x)'}\n", ["ignoreRows.matches", "look-around"]),
    ("missingKey: create\n", ["missingKey", "generate"]),
    ("dataset: visits\n", ["stands twice", "line 2"]),
])
def test_what_a_mapping_gets_wrong_is_named(tmp_path: Path, text: str, named: list[str]) -> None:
    with pytest.raises(ContractError) as caught:
        mapped(tmp_path, text)
    for word in ("visits.mapping.yaml", *named):
        assert word in str(caught.value), str(caught.value)


def test_an_unknown_dataset_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "x.mapping.yaml").write_text("dataset: visit\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"x\.mapping\.yaml: dataset: .*did you mean 'visits'"):
        apply_mappings({"visits": contract(tmp_path)}, tmp_path)


@pytest.mark.parametrize("content", [b"columns: {}\n", b"", b"- 1\n", b"dataset: [visits]\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_mapping_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "y.mapping.yaml").write_bytes(content)
    with pytest.raises(ContractError, match=r"y\.mapping\.yaml"):
        apply_mappings({"visits": contract(tmp_path)}, tmp_path)


def test_a_dataset_is_mapped_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.mapping.yaml").write_text("dataset: visits\n", encoding="utf-8")
    with pytest.raises(ContractError, match=r"b\.mapping\.yaml.*also mapped in a\.mapping\.yaml"):
        apply_mappings({"visits": contract(tmp_path)}, tmp_path)


def test_settings_name_the_folder_relative_to_themselves(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    text = {"dataset": "supplier_payments", "columns": {"unit": {"headings": ["Enhetens namn hos oss"]}}}
    (tmp_path / "maps" / "l.mapping.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    settings = tmp_path / "settings.yaml"
    settings.write_text("mappings: maps\n", encoding="utf-8")
    found = contracts_for(load_settings(settings))["supplier_payments"]
    assert "Enhetens namn hos oss" in found.column("unit").aliases
    assert contracts_for(load_settings())["supplier_payments"] == load_contracts()["supplier_payments"]
    settings.write_text("mappings: map\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="mappings: no such folder"):
        load_settings(settings)


def test_the_folder_does_not_change_the_settings_hash_its_content_changes_the_contracts(tmp_path: Path) -> None:
    hashes = set()
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "settings.yaml").write_text("mappings: .\n", encoding="utf-8")
        (folder / "l.mapping.yaml").write_text("dataset: supplier_payments\n", encoding="utf-8")
        settings = load_settings(folder / "settings.yaml")
        hashes.add((settings.content_hash, contracts_for(settings)["supplier_payments"].content_hash))
    assert len(hashes) == 1
    assert hashes.pop()[0] == load_settings().content_hash


@pytest.mark.parametrize("settings", sorted(EXAMPLES.rglob("settings.yaml")), ids=lambda path: path.parent.name)
def test_the_examples_are_sound(settings: Path) -> None:
    changed = {name for name, one in contracts_for(load_settings(settings)).items()
               if one.content_hash != load_contracts()[name].content_hash}
    assert changed == {path.name.removesuffix(".mapping.yaml") for path in settings.parent.glob("*.mapping.yaml")}
