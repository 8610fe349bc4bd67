"""The files on disk: what is written, how, and that numbers are the same everywhere."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from reports import write_reports
from reports.html import unpack
from reports.words import texts
from tests.reports.run_builder import build

GROUPS = ("sg-hemtjanst", "sg-assistans", "sg-hvb", "sg-bistand", "sg-forening", "sg-tvar")


def _island(html: str, name: str) -> Any:
    found = re.search(rf'<script type="text/plain" id="{name}">([A-Za-z0-9+/=]+)</script>', html)
    assert found, name
    return json.loads(unpack(found[1]))


def _sheets(path: Path) -> dict[str, list[dict[str, Any]]]:
    book = openpyxl.load_workbook(path)
    out = {}
    for sheet in book:
        rows = list(sheet.iter_rows(values_only=True))
        out[sheet.title] = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return out


def test_all_reports_are_written_with_narrow_modes(tmp_path: Path) -> None:
    folder = build(tmp_path / "run", providers=3)
    before = os.umask(0)
    try:
        written = write_reports(folder, "sv")
    finally:
        os.umask(before)
    names = {path.relative_to(folder).as_posix() for path in written}
    assert {f"reports/{group}/{name}" for group in GROUPS for name in ("index.html", "deviations.xlsx")} <= names
    assert {"reports/index.html", "reports/lagesbild/index.html"} <= names
    there = {path for part in ("reports", "audit") for path in (folder / part).rglob("*") if path.is_file()}
    assert there == set(written), "no temporary file left"
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written)
    assert all(stat.S_IMODE(path.parent.stat().st_mode) == 0o700 for path in written)


def test_the_same_run_gives_the_same_bytes(run_dir: Path, tmp_path: Path) -> None:
    again = build(tmp_path / run_dir.name)
    for path in write_reports(again, "sv"):
        assert path.read_bytes() == (run_dir / path.relative_to(again)).read_bytes(), path.name


@pytest.mark.parametrize("group", GROUPS)
def test_numbers_of_page_workbook_and_run_are_the_same(run_dir: Path, group: str) -> None:
    """Gate C1."""
    folder = run_dir / "reports" / group
    cols = _island((folder / "index.html").read_text(encoding="utf-8"), "island-list")["cols"]
    text = texts("sv")
    rows = _sheets(folder / "deviations.xlsx")["Avvikelser"]
    everyone = sorted(pq.read_table(run_dir / "ranked.parquet").to_pylist(), key=lambda row: row["place"])
    ranked = [row for row in everyone if group in row["groups"]]
    assert len(rows) == len(cols["id"]) == len(ranked)
    for at, (row, stored) in enumerate(zip(rows, ranked, strict=True)):
        assert row["Ärende"] == cols["id"][at] == stored["case_id"]
        assert row["Nr"] == (at + 1 if stored["listed"] else None)
        assert row["Poäng"] == cols["score"][at] == stored["score"] and row["Granskas"] == cols["name"][at]
        shown = {kind: cols[kind][at] for kind in ("exact", "cap", "estimate", "unknown") if kind in cols}
        for kind, amount in shown.items():
            assert row[f"Belopp, kr {text['amount_kinds'][kind]}"] == amount
        amounts = [amount for amount in shown.values() if amount is not None]
        if not row["Finns även hos"] and amounts:
            assert sum(amounts) == float(stored["amount_sek"])


def test_the_workbook_holds_every_row_of_evidence(run_dir: Path) -> None:
    rows = _sheets(run_dir / "reports" / "sg-hemtjanst" / "deviations.xlsx")["Underlag"]
    findings = {f["finding_id"]: f for f in pq.read_table(run_dir / "findings.parquet").to_pylist()
                if f["domain"] == "home_care" or f["detector_id"] == "LP01"}
    wanted = {(e["finding_id"], e["file"], e["line"]) for e in pq.read_table(run_dir / "evidence.parquet").to_pylist()
              if e["finding_id"] in findings}
    assert {(row["Fynd"], row["Fil"], row["Rad"]) for row in rows} == wanted
    assert max(row["Underlagsrader totalt"] for row in rows) == 230


def test_the_workbook_is_ready_for_outcomes(run_dir: Path) -> None:
    """Gate U10: frozen header, filter, list of outcomes."""
    book = openpyxl.load_workbook(run_dir / "reports" / "sg-hemtjanst" / "deviations.xlsx")
    assert book.sheetnames == ["Avvikelser", "Underlag", "Om körningen"]
    sheet = book["Avvikelser"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[-10:] == ["Utfall", "Belopp", "Anteckning", "Granskad", "Regel", "Vila till", "Ansvarig", "Skäl",
                           "Grupp", "Lista från"] and sheet.freeze_panes == "D2"
    hidden = [letter for letter, column in sheet.column_dimensions.items() if column.hidden]
    assert hidden == [sheet.cell(1, len(heads) - 1).column_letter]  # the two last columns, kept as one
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(heads)).column_letter}{sheet.max_row}"
    lists = {str(v.sqref): v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"}
    column = sheet.cell(1, len(heads) - 9).column_letter
    assert lists == {f"{column}2:{column}65": '"bekräftad,förklarad,datafel,överlämnad,öppen"'}


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://a\",\"b\")", "=cmd|'/c calc'!A1", "http://a.b/c",
            "mailto:a@b", "internal:Sheet1!A1", "external:c.xlsx", "{=1}", "\t=1", "ftp://a", "'=1", "=\u202e1")


@pytest.mark.parametrize("payload", ["=1+1;" + ";".join(FORMULAS), "@SUM(A1)", "http://a.b/c "])
def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path, payload: str) -> None:
    """Gate S2, on every text a source could write."""
    folder = build(tmp_path / "run", poison=payload)
    write_reports(folder, "sv")
    for path in (folder / "reports").rglob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                body = archive.read(name).decode("utf-8", "replace")
                assert "<f>" not in body and "<f " not in body and "<hyperlink" not in body, name
                assert 'TargetMode="External"' not in body and "externalLink" not in name
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()))
        assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_libreoffice_opens_the_workbook(run_dir: Path, tmp_path: Path) -> None:
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("no LibreOffice on this machine: install libreoffice-calc to run this test")
    subprocess.run([soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "csv",
                    "--outdir", str(tmp_path), str(run_dir / "reports" / "sg-forening" / "deviations.xlsx")],
                   check=True, capture_output=True, timeout=600)
    lines = (tmp_path / "deviations.csv").read_text(encoding="utf-8", errors="replace").splitlines()
    assert lines[0].startswith("Nr,") and sum("idrottsf" in line for line in lines) == 9


def test_the_overview_holds_no_subject(run_dir: Path) -> None:
    """Names, ids, tokens and small counts stay out of it."""
    for name in ("index.html", "published.json"):
        page = (run_dir / "reports" / "lagesbild" / name).read_text(encoding="utf-8")
        for row in pq.read_table(run_dir / "subjects.parquet").to_pylist():
            assert row["subject_id"] not in page and row["name"] not in page
        for row in pq.read_table(run_dir / "ranked.parquet").to_pylist():
            assert row["subject_id"] not in page
    published = json.loads((run_dir / "reports" / "lagesbild" / "published.json").read_text(encoding="utf-8"))
    counts = [n for table in (published["cases"],) for row in table.values() for n in row.values()]
    counts += [n for name in ("states", "types", "areas", "months", "ages") for n in published[name].values()]
    assert any(n is None for n in counts) and all(n is None or n % 5 == 0 for n in counts)
    page = (run_dir / "reports" / "lagesbild" / "index.html").read_text(encoding="utf-8")
    assert "färre än 8" in page and "minst 70" in page


def test_english_reports_hold_no_swedish_labels(tmp_path: Path) -> None:
    folder = build(tmp_path / "run")
    write_reports(folder, "en")
    page = (folder / "reports" / "sg-hemtjanst" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="en">' in page and "11 of 12 sources read" in page and "New tonight" in page
    for word in ("Ny i natt", "Ärende", "källor", "Arbetsmaterial", "Poäng"):
        assert word not in page
    assert openpyxl.load_workbook(folder / "reports" / "sg-hvb" / "deviations.xlsx").sheetnames[0] == "Deviations"
