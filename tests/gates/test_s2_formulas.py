"""S2: over a hundred formula payloads in every text that reaches a workbook or a CSV: 0 formulas, links, relations.

The workbook's own library writes such texts as formulas and links when asked with `write`; the control shows that
this is seen.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from flows.cli import main
from reports import police, xlsx
from reports.load import load_run
from reports.model import GroupModel
from tests.gates.formula_payloads import payloads
from tests.reports.run_builder import build

CLOSED = {"finding_id", "subject_type", "kind", "domain", "method", "status", "concept", "severity", "org_form",
          "detector_id", "dataset", "state", "outcome", "outcome_group", "back_because", "amount_kind", "case_id"}
JSON_COLUMNS = {"facts", "values"}
_FORMULA = re.compile(r"<f[ >]")


def made_of(data: bytes) -> list[str]:
    """Formulas, links and outside relations of a workbook: from its parts, and as openpyxl reads its cells."""
    found = []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            body = archive.read(name).decode("utf-8", "replace")
            found += [f"{name}: {mark}" for mark in ("<hyperlink", 'TargetMode="External"', "<ddeLink", "<oleLink")
                      if mark in body]
            found += [f"{name}: formula"] * len(_FORMULA.findall(body)) + ([name] if "externalLink" in name else [])
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        found += [f"{sheet.title}!{cell.coordinate}" for row in sheet.iter_rows() for cell in row
                  if cell.data_type == "f" or cell.hyperlink]
    return found


def _started(value: Any, texts: Iterator[str]) -> Any:
    """Every text of nested data with a payload before it."""
    if isinstance(value, dict):
        return {key: item if key in CLOSED else _started(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_started(item, texts) for item in value]
    return next(texts) + value if isinstance(value, str) else value


def poison_run(folder: Path, shift: int) -> None:
    """Put payloads, in turn, before every text of the run that a source or a setting could have written."""
    every = payloads()
    random.Random(shift).shuffle(every)
    texts = itertools.cycle(every)
    ids: dict[str, str] = {}  # a subject's id is the same in all tables
    for path in sorted(folder.glob("*.parquet")):
        table = pq.read_table(path)
        rows = table.to_pylist()
        for row, field in itertools.product(rows, table.schema):
            value = row[field.name]
            if not pa.types.is_string(field.type) or field.name in CLOSED or value is None:
                continue
            if field.name in JSON_COLUMNS:
                row[field.name] = json.dumps(_started(json.loads(value), texts))
            elif field.name in ("subject_id", "link_group"):
                row[field.name] = ids.setdefault(value, next(texts) + value)
            elif path.stem in ("findings", "evidence", "subjects", "cases", "links"):
                row[field.name] = next(texts) + value
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    for name in ("detectors", "run"):
        body = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        kept = {key: body[key] for key in ("as_of", "language", "run_id", "status") if key in body}
        body = {**_started(body, texts), **kept}
        (folder / f"{name}.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")


@pytest.mark.parametrize("shift", [1, 2])
def test_s2_workbooks_hold_texts_only(tmp_path: Path, shift: int) -> None:
    folder = build(tmp_path / "run")
    poison_run(folder, shift)
    run, reached = load_run(folder), set()
    stamp = police.Stamp(*["=1+1"] * 5)
    for group in run.groups.values():
        if group.aggregates_only:
            continue
        books = [xlsx.workbook(GroupModel(run, group, "sv"))]
        if group.police != "none":
            extract = police.make(run, group, "sv", lambda kind, token: f"={kind}+{len(token)}")
            books.append(police.extract_workbook(extract, stamp))
        for book in books:
            assert made_of(book) == [], group.id
            for sheet in openpyxl.load_workbook(io.BytesIO(book)):
                said = "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
                reached |= {text for text in payloads() if xlsx.clean(text).strip() in said}
    assert len(reached) > 0.9 * len(payloads()), "payloads that never reached a workbook test nothing"


def test_s2_every_payload_in_every_kind_of_text_cell() -> None:
    """The one place where the workbook of a group writes: each payload as cell, as wrapped cell and as heading."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, xlsx._OPTIONS)
    sheet = xlsx._Sheet(book, "Avvikelser", [(text, 10) for text in payloads()], {"head": None})
    for kind in "tw":
        sheet.add(payloads(), kind * len(payloads()))
    sheet.close()
    book.close()
    assert made_of(out.getvalue()) == []
    rows = list(openpyxl.load_workbook(io.BytesIO(out.getvalue())).active.iter_rows(values_only=True))
    assert len(rows) == 3 and all(sum(cell is not None for cell in row) == len(payloads()) for row in rows)


def test_s2_sheets_are_named_by_us(tmp_path: Path) -> None:
    """No name of a sheet comes from a source: the same three, whatever the group's title says."""
    folder = build(tmp_path / "run", poison="=1+1")
    names = {tuple(openpyxl.load_workbook(io.BytesIO(xlsx.workbook(GroupModel(run, group, "sv")))).sheetnames)
             for run in [load_run(folder)] for group in run.groups.values() if not group.aggregates_only}
    assert names == {("Avvikelser", "Underlag", "Om körningen")}


def test_s2_csv_of_scores(tmp_path: Path) -> None:
    """`avvik score --out`: ids and headings of a foreign table, read back as a spreadsheet would."""
    source, out = tmp_path / "table.csv", tmp_path / "out.csv"
    texts = [text for text in payloads() if text.isprintable() and not text.isspace()]
    with source.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(["=2+5", "@matt", "antal"])
        writer.writerows([text, f"{n * 37 % 101},5", n % 13] for n, text in enumerate(texts))
    # some payloads differ only by a blank at their end, and are one id to the reader
    assert main(["score", str(source), "--id", "=2+5", "--repeats", "--out", str(out)]) == 0
    cells = [cell for row in csv.reader(out.open(encoding="utf-8-sig", newline=""), delimiter=";") for cell in row]
    assert sum(len(cell) > 1 and cell.startswith("'") for cell in cells) > 90
    risky = [cell for cell in cells if re.match(r"[=+@\t\r\n＝＋－＠]|-(?![\d.,]+$)", cell)]
    assert risky == []


def test_s2_control_the_librarys_own_write_is_caught() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for at, text in enumerate(payloads()):
        sheet.write(at, 0, xlsx.clean(text))
    book.close()
    found = made_of(out.getvalue())
    assert sum("formula" in one for one in found) > 30 and any("hyperlink" in one for one in found)


def test_s2_there_are_enough_payloads() -> None:
    assert len(payloads()) == len(set(payloads())) >= 100
