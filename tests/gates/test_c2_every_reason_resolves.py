"""C2: every reason has a row of evidence that leads to a line of a source file, where its key and texts stand."""

from __future__ import annotations

import json
import re
from functools import lru_cache

from schemas.contract import Contract, load_contracts
from tests.gates.sample_night import INBOX, SampleNight, Source

FORMS = (".csv", ".csv.gz", ".json", ".parquet", ".xlsx")


@lru_cache(maxsize=64)
def source(name: str) -> Source:
    return Source(INBOX / name)


def said(contract: Contract, values: dict[str, str | None]) -> list[str]:
    """What the line must say as it stands: tokens and other texts that no list of values translates.

    A key that the reader made for a source without one (hash of the file, line) stands nowhere.
    """
    made = contract.key[0] if contract.generate_key else None
    if made and re.fullmatch(r"[0-9a-f]{16}-\d+", values.get(made) or ""):
        values = {**values, made: None}
    return [str(values[column.name]) for column in contract.columns
            if column.duckdb_type == "VARCHAR" and not column.allowed_values and not column.value_aliases
            and column.logical_type == "string" and values.get(column.name)]


def unresolved(rows: list[dict[str, object]], shift: int = 0) -> list[tuple[str, int]]:
    """Rows of evidence whose line does not hold what they say; `shift` moves every line, for the control."""
    contracts, wrong = load_contracts(), []
    for row in rows:
        wanted = said(contracts[str(row["dataset"])], json.loads(str(row["values"])))
        line = int(str(row["line"])) + shift
        if not wanted or not all(source(str(row["file"])).holds(line, one) for one in wanted):
            wrong.append((str(row["file"]), line))
    return wrong


def test_c2_every_row_of_evidence_stands_in_its_file(sample: SampleNight) -> None:
    rows = sample.table("evidence")
    forms = {form for form in FORMS for row in rows if str(row["file"]).endswith(form)}
    assert len(rows) > 1000 and len(forms) >= 3, forms
    assert unresolved(rows) == []


def test_c2_lines_of_every_form_of_file_are_right(sample: SampleNight) -> None:
    """Also of the files no finding of the sample points to: the warehouse's rows, a few a file."""
    import duckdb

    with duckdb.connect(str(sample.run.parents[1] / "avvik.duckdb"), read_only=True) as connection:
        rows = []
        for contract in load_contracts().values():
            packed = ", ".join(f'"{c.name}" := CAST("{c.name}" AS VARCHAR)' for c in contract.columns)
            rows += connection.execute(f"""
                SELECT '{contract.dataset}', f.file_name, t.row_ref & 4294967295,
                       CAST(to_json(struct_pack({packed})) AS VARCHAR)
                FROM main."{contract.dataset}" t JOIN ledger.files f ON f.file_id = t.row_ref >> 32
                QUALIFY row_number() OVER (PARTITION BY f.file_name ORDER BY hash(t.row_ref)) <= 20""").fetchall()
    files = {row[1] for row in rows}
    assert {form for form in FORMS for name in files if name.endswith(form)} == set(FORMS)
    made = [dict(zip(("dataset", "file", "line", "values"), row, strict=True)) for row in rows]
    assert len(made) > 400 and unresolved(made) == []


def test_c2_every_reason_has_evidence(sample: SampleNight) -> None:
    """A reason is what gives points, and what a page shows of a case."""
    kept = {row["finding_id"] for row in sample.table("evidence")}
    findings = sample.table("findings")
    codes = {(f["subject_type"], f["subject_id"], f["detector_id"]) for f in findings if f["finding_id"] in kept}
    pseudo = {"co_occurrence", "link_group", "cap_unusual", "floor_zero"}
    reasons = [(row["subject_type"], row["subject_id"], part["detector_id"]) for row in sample.table("ranked")
               for part in row["contributions"] if part["detector_id"] not in pseudo]
    assert len(reasons) > 80 and [one for one in reasons if one not in codes] == []
    assert [f["finding_id"] for f in findings if f["n_evidence"] < 1 or not f["evidence"]] == []
    for group in sample.groups:
        page = sample.islands(group)["list"]
        lines = {(row["file"], row["line"]) for row in sample.table("evidence")}
        for at, detail in enumerate(sample.details(group)):
            shown = {page["detectors"][found[0]]["code"] for found in detail[0]}
            assert {page["detectors"][code]["code"] for code in page["cols"]["why"][at]} <= shown, (group, at)
            for found in detail[0]:
                rows = [(page["files"][file][0], line) for block in found[7]
                        for file, line in zip(block[2][0], block[2][1], strict=True)]
                assert rows and set(rows) <= lines, (group, at)


def test_c2_control_the_line_beside_is_caught(sample: SampleNight) -> None:
    rows = sample.table("evidence")[::20]
    assert len(unresolved(rows, shift=1)) > 0.9 * len(rows)
