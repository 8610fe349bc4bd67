"""Whole nights on files that nobody here wrote; every count is computed a second time with Python's csv module.

A part of each published ledger (benchmarks/real_input.py runs them in full), laid out by examples/make_inbox.py and
read through the mappings beside it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import runpy
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.cli import main
from tests.shared_data import needs

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
LEDGERS, with_ledgers = needs("uk_council_spend")
REGISTER, with_register = needs("norway_faith_grants", "tilskudd_til_tros_og_livssynssamfunn.tsv")

# two headers and two encodings; the second has a total at its foot, the third blank lines at its end
LEEDS = ("2011-01", "2012-12", "2020-06")
CALDERDALE = ("2018-12", "2018-12-card", "2021-02")
TYNESIDE = ("2019-09_p",)


class Night:
    """What a night on real files left."""

    def __init__(self, folder: Path, name: str, example: str, source: Path, as_of: str) -> None:
        self.inbox, self.workspace = folder / "inbox", folder / "workspace"
        self.inbox.mkdir()
        lay_out = runpy.run_path(str(EXAMPLES / "make_inbox.py"))
        if name == "faith":
            lay_out["faith"](source, self.inbox)
        else:
            lay_out["ledger"](name, source, self.inbox, None)
        self.exit_code = main(["night", "--inbox", str(self.inbox), "--workspace", str(self.workspace), "--as-of",
                               as_of, "--settings", str(EXAMPLES / example / "settings.yaml")])
        self.run = self.workspace / "latest"
        self.record = json.loads((self.run / "run.json").read_text(encoding="utf-8"))

    def table(self, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self.run / f"{name}.parquet").to_pylist()

    def files(self) -> dict[str, dict[str, Any]]:
        return {row["file"]: row for row in self.table("reconciliation")}

    def findings(self, code: str) -> dict[str, dict[str, Any]]:
        return {row["subject_id"]: row for row in self.table("findings") if row["detector_id"] == code}


def chosen(folder: Path, source: Path, names: tuple[str, ...]) -> Path:
    """A folder with links to some files of `source`."""
    place = folder / "source"
    place.mkdir()
    for name in names:
        (place / f"{name}.csv.gz").symlink_to(source / f"{name}.csv.gz")
    return place


def by_hand(path: Path) -> list[dict[str, str]]:
    """The rows of a published file, without empty lines; headings and cells trimmed."""
    content = gzip.decompress(path.read_bytes())
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252")
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    names = [name.strip() for name in header]
    return [dict(zip(names, map(str.strip, row), strict=False)) for row in rows if any(map(str.strip, row))]


def money(rows: list[dict[str, str]], *headings: str) -> Decimal:
    heading = next(name for name in headings if name in rows[0])
    return sum((Decimal(row[heading].replace(",", "") or 0) for row in rows), Decimal(0))


@pytest.fixture(scope="module")
def leeds(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("leeds")
    source = chosen(folder, LEDGERS / "leeds" / "raw", LEEDS)
    return Night(folder, "leeds", "uk_council_spend/leeds", source, "2020-07-31")


@pytest.fixture(scope="module")
def calderdale(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("calderdale")
    source = chosen(folder, LEDGERS / "calderdale" / "clean", CALDERDALE)
    return Night(folder, "calderdale", "uk_council_spend/calderdale", source, "2021-03-31")


@pytest.fixture(scope="module")
def tyneside(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("tyneside")
    source = chosen(folder, LEDGERS / "northtyneside" / "clean", TYNESIDE)
    return Night(folder, "north_tyneside", "uk_council_spend/north_tyneside", source, "2019-12-31")


@pytest.fixture(scope="module")
def faith(tmp_path_factory: pytest.TempPathFactory) -> Night:
    return Night(tmp_path_factory.mktemp("faith"), "faith", "norway_faith_grants", REGISTER.parent, "2018-12-31")


@with_ledgers
def test_leeds_is_read_to_the_row_and_penny(leeds: Night) -> None:
    headers, encodings = set(), set()
    for name in LEEDS:
        path = LEDGERS / "leeds" / "raw" / f"{name}.csv.gz"
        rows = by_hand(path)
        found = leeds.files()[f"supplier_payments_leeds_{name}.csv.gz"]
        totals = [row for row in rows if not (row.get("Supplier name") or row.get("SupplierName")
                                              or row.get("Beneficiary Name"))]
        amounts = ("Net amount", "Net Amount", "NetAmount", "Amount")
        assert found["rows_received"] == len(rows)
        assert found["rows_skipped"] == len(totals)
        assert found["rows_loaded"] == len(rows) - len(totals)
        assert found["sek_received"] == money(rows, *amounts)
        assert found["sek_skipped"] == sum((money([row], *amounts) for row in totals), Decimal(0))
        assert found["sek_loaded"] == found["sek_received"] - found["sek_skipped"]
        assert (found["rows_refused"], found["rows_quarantined"]) == (0, 0)
        headers.add(tuple(rows[0]))
        try:
            gzip.decompress(path.read_bytes()).decode()
            encodings.add("utf-8")
        except UnicodeDecodeError:
            encodings.add("cp1252")
    assert len(headers) == 3 and len(encodings) == 2  # else this test has lost its point
    assert sum(row["rows_skipped"] for row in leeds.files().values()) >= 1
    assert (leeds.exit_code, leeds.record["problems"]) == (0, [])


@with_ledgers
def test_calderdale_invoices_and_cards_are_read_by_one_mapping(calderdale: Night) -> None:
    for name in CALDERDALE:
        rows = by_hand(LEDGERS / "calderdale" / "clean" / f"{name}.csv.gz")
        found = calderdale.files()[f"supplier_payments_calderdale_{name}.csv.gz"]
        assert found["rows_received"] == found["rows_loaded"] == len(rows)
        assert found["sek_received"] == found["sek_loaded"] == money(rows, "Net Amount")
    assert calderdale.record["counts"]["rows"]["refused"] == 0


@with_ledgers
def test_an_invoice_paid_again_after_two_years_is_found(calderdale: Night) -> None:
    """Invoice 2018-21 of S56575: one of its lines, 243,045.00, was booked on 2018-12-21 and again on 2021-02-12."""
    found = calderdale.findings("LP01")["S56575"]
    assert (found["amount_sek"], json.loads(found["facts"])["n"]) == (Decimal("243045.00"), 1)
    assert (str(found["period_from"]), str(found["period_to"])) == ("2018-12-21", "2021-02-12")
    places = sorted((row["file"], row["line"]) for row in found["evidence"])
    for (file, line), name in zip(places, ("2018-12", "2021-02"), strict=True):
        assert file == f"supplier_payments_calderdale_{name}.csv.gz"
        text = gzip.decompress((LEDGERS / "calderdale" / "clean" / f"{name}.csv.gz").read_bytes()).decode()
        assert "S56575" in text.splitlines()[line - 1] and "243045.00" in text.splitlines()[line - 1]
    first = calderdale.table("ranked")[0]
    assert first["subject_id"] == "S56575", "the largest repeated payment stands first"


@with_ledgers
def test_equal_lines_of_one_invoice_do_not_fire(calderdale: Night) -> None:
    """Homes bill a line a resident: the same supplier, number, day and amount several times is one invoice."""
    rows = by_hand(LEDGERS / "calderdale" / "clean" / "2021-02.csv.gz")
    lines = Counter((row["Supplier ID"], row["Invoice Number"], row["Date"], row["Net Amount"]) for row in rows)
    homes = {supplier: n for (supplier, _, _, amount), n in lines.items()
             if supplier in ("S780", "S350476") and n >= 3 and Decimal(amount) >= 500}
    assert homes == {"S780": 3, "S350476": 3}
    assert not set(homes) & set(calderdale.findings("LP01"))


@with_ledgers
def test_what_cannot_be_computed_is_said(calderdale: Night) -> None:
    outcomes = {row["detector_id"]: row for row in calderdale.table("ledger")}
    assert outcomes["LP01"]["outcome"] == "ran" and outcomes["LP01"]["evaluated"] > 100
    for code in ("HC01", "LP09"):
        assert outcomes[code]["outcome"] == "not_computable" and outcomes[code]["reason_en"], code
    assert calderdale.record["counts"]["checks"]["not_computed"] == 0
    assert (calderdale.run / "reports" / "index.html").is_file()


@with_ledgers
def test_north_tyneside_cards_are_read(tyneside: Night) -> None:
    rows = by_hand(LEDGERS / "northtyneside" / "clean" / f"{TYNESIDE[0]}.csv.gz")
    (found,) = tyneside.files().values()
    assert found["rows_received"] == len(rows)
    assert found["sek_received"] == money(rows, "Net Amount")
    assert found["rows_loaded"] + found["rows_quarantined"] == len(rows)
    nameless = [row for row in rows if not row["Local Supplier Internal Reference"]]
    assert found["rows_quarantined"] == len(nameless)
    assert tyneside.record["counts"]["rows"]["refused"] == 0


@with_register
def test_the_norwegian_register_becomes_associations_and_grants(faith: Night) -> None:
    with REGISTER.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    grants = faith.files()["association_grants_faith.tsv"]
    nobody = sum(row["medlemmer"] == "—" for row in rows)
    totals = sum(not row["orgnr"] for row in rows)
    assert (grants["rows_received"], grants["rows_skipped"], grants["rows_quarantined"]) == (len(rows), nobody, totals)
    assert grants["rows_loaded"] == len(rows) - nobody - totals
    communities = {row["orgnr"] for row in rows} - {""}
    assert faith.files()["associations_faith.csv"]["rows_loaded"] == len(communities)
    assert faith.record["counts"]["rows"]["refused"] == 0


@with_register
def test_communities_whose_members_multiplied_stand_out(faith: Night) -> None:
    """Independent count: at least 30 more members and more than half again, from one year to the next."""
    with REGISTER.open(encoding="utf-8", newline="") as lines:
        members = {(row["orgnr"], int(row["year"])): int(row["medlemmer"])
                   for row in csv.DictReader(lines, delimiter="\t") if row["orgnr"] and row["medlemmer"] != "—"}
    jumped = {who for (who, year), n in members.items()
              if (before := members.get((who, year - 1))) and n - before >= 30 and n > 1.5 * before}
    found = set(faith.findings("AG05"))
    assert found and found <= jumped
    assert len(found) >= 0.9 * len(jumped)
