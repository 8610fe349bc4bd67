"""Every written form that a municipal export may have is read to the same rows."""

from __future__ import annotations

import datetime
import gzip
import json
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas import staging
from tests.schemas.reading_kit import bad, column, contract, read, rows, rules

HEAD = "BesöksID;Brukare;Start;Belopp;note"
ROWS = ["v1;c1;2026-11-23 08:15;1 234,50;åäö é", "v2;c2;2026-11-23T09:00:00;-12,00;“citat” – ja"]
WESTERN = ["v1;c1;2026-11-23 08:15;1 234,50;åäö é", "v2;c2;2026-11-23T09:00:00;-12,00;ÅÄÖ"]


def expected(found: list[dict]) -> None:
    assert [row["visit_id"] for row in found] == ["v1", "v2"]
    assert [row["amount_sek"] for row in found] == [Decimal("1234.50"), Decimal("-12.00")]
    assert found[0]["started_at"] == datetime.datetime(2026, 11, 23, 8, 15)
    assert found[0]["note"] == "åäö é"
    assert [row["line"] for row in found] == [2, 3]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("last", [True, False], ids=["closed", "open"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "utf-16", "cp1252"])
def test_bytes(tmp_path: Path, encoding: str, end: str, last: bool) -> None:
    text = end.join([HEAD, *ROWS]) + (end if last else "")
    found = read(tmp_path, text.encode(encoding))
    expected(rows(found))
    assert rows(found)[1]["note"] == "“citat” – ja"
    assert found.sek_received == Decimal("1222.50")


def test_latin_1_and_its_name(tmp_path: Path) -> None:
    found = read(tmp_path, "\n".join([HEAD, *WESTERN]).encode("latin-1"))
    expected(rows(found))
    assert found.encoding == "iso-8859-1"


def test_mixed_encodings_are_read_line_by_line_and_told(tmp_path: Path) -> None:
    lines = [HEAD.encode(), WESTERN[0].encode("utf-8"), WESTERN[1].encode("latin-1")]
    found = read(tmp_path, b"\n".join(lines))
    expected(rows(found))
    assert rows(found)[1]["note"] == "ÅÄÖ" and "mixed_encoding" in rules(found)


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_separators(tmp_path: Path, sign: str) -> None:
    quoted = [sign.join(f'"{cell}"' for cell in line.split(";")) for line in [HEAD, *ROWS]]
    expected(rows(read(tmp_path, "\n".join(quoted))))
    found = read(tmp_path, f"sep={sign}\n" + "\n".join(quoted))
    assert [row["line"] for row in rows(found)] == [3, 4]


@pytest.mark.parametrize("name", ["visits.csv.gz", "visits.txt", "visits.tsv", "VISITS_2026.CSV", "visits.csv"])
def test_names_and_gzip(tmp_path: Path, name: str) -> None:
    content = "\n".join([HEAD, *ROWS]).encode()
    if "gz" in name:
        half = len(content) // 2  # two members, as made by appending
        content = gzip.compress(content[:half]) + gzip.compress(content[half:])
    expected(rows(read(tmp_path, content, name)))


def test_headings_in_any_case_order_and_dress(tmp_path: Path) -> None:
    text = "  belopp ;\u00a0KUND\u00a0TOKEN;\ufeffbesöksid\u200b;Extra;;\n10;c1;v1;x;;\n"
    found = read(tmp_path, text)
    assert rows(found)[0]["visit_id"] == "v1" and rows(found)[0]["client_token"] == "c1"
    assert found.columns_delivered == ["amount_sek", "client_token", "visit_id"]
    assert found.columns_unknown == ["Extra"] and "started_at" in found.columns_absent
    assert {"unknown_columns", "absent_columns"} <= rules(found)


def test_blank_rows_and_columns_are_no_rows(tmp_path: Path) -> None:
    text = ",visit_id,client_token,,\n,v1,c1,,\n" + ",,,,\n" * 500 + "\n\n,v2,c2,,\n\n\n"
    found = read(tmp_path, text)
    assert found.rows_received == 2 and [row["line"] for row in rows(found)] == [2, 505]
    assert found.columns_unknown == []


def test_a_filled_column_without_heading_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, "visit_id;client_token;\nv1;c1;x\n")
    assert found.columns_unknown == ["kolumn 3"]


def test_line_breaks_inside_quotes_keep_physical_lines(tmp_path: Path) -> None:
    found = read(tmp_path, 'visit_id;client_token;note\nv1;c1;"en\ntvå\r\ntre"\nv2;c2;b\n')
    assert [row["line"] for row in rows(found)] == [2, 5]
    assert rows(found)[0]["note"] == "en två tre"


def test_control_characters_and_odd_blanks_are_cleaned(tmp_path: Path) -> None:
    found = read(tmp_path, "visit_id;client_token;note\n v1\u200b ;\u00a0c1\u00a0;a\tb\x07c\u00a0d \nv2;c2; \u00a0\n")
    assert rows(found)[0] | {"line": 0} == {"visit_id": "v1", "client_token": "c1", "note": "a bc d", "line": 0}
    assert rows(found)[1]["note"] is None


def test_header_only_is_read_with_no_rows(tmp_path: Path) -> None:
    for text in (HEAD, HEAD + "\n", HEAD + "\r\n\r\n"):
        found = read(tmp_path, text)
        assert (found.status, found.rows_received, rows(found)) == ("read", 0, [])


def test_types_and_their_bad_rows(tmp_path: Path) -> None:
    head = "visit_id;client_token;started_at;month;paid_on;registration;edited;minutes;hours;amount_sek;note"
    good = "v1;c1;20261123 0815;2026-11;18-Jan-2012;TAGG;Ja;1 234;7,5;1.234,56;x"
    wrong = {
        "type_timestamp": "v2;c1;2026-02-30 08:00;;;;;;;5,00;",
        "type_offset": "v3;c1;2026-11-23T08:15:00+01:00;;;;;;;;",
        "type_date": "v4;c1;;;1899-12-31;;;;;;",
        "allowed_values": "v5;c1;;;;qr;;;;;",
        "type_boolean": "v6;c1;;;;;kanske;;;;",
        "type_integer": "v7;c1;;;;;;5,5;;;",
        "type_number": "v8;c1;;;;;;;;1000000000000,00;",
    }
    found = read(tmp_path, "\n".join([head, good, *wrong.values()]))
    assert rows(found) == [
        {
            "visit_id": "v1", "client_token": "c1", "started_at": datetime.datetime(2026, 11, 23, 8, 15),
            "month": datetime.date(2026, 11, 1), "paid_on": datetime.date(2012, 1, 18), "registration": "tag",
            "edited": True, "minutes": 1234, "hours": 7.5, "amount_sek": Decimal("1234.56"), "note": "x", "line": 2,
        }
    ]  # fmt: skip
    kept = bad(found)
    assert [row["rule"] for row in kept] == list(wrong) and [row["line"] for row in kept] == list(range(3, 10))
    assert kept[0]["sek"] == Decimal("5.00") and kept[0]["started_at"] == "2026-02-30 08:00"
    assert (found.rows_received, found.rows_bad) == (8, 7)
    assert (found.sek_received, found.sek_bad) == (Decimal("1239.56"), Decimal("5.00"))
    for problem in found.problems:
        for value in ("2026-02-30", "kanske", "qr", "1000000000000", "5,5"):
            assert value not in str(problem)
    assert {p.row for p in found.problems if p.rule == "type_integer"} == {8}


def test_a_dot_before_three_digits_is_read_as_the_column_writes(tmp_path: Path) -> None:
    head = "visit_id;client_token;amount_sek\n"
    swedish = read(tmp_path, head + "v1;c;1.234\nv2;c;5,50\n")
    assert rows(swedish)[0]["amount_sek"] == Decimal("1234.00")
    english = read(tmp_path, head + "v1;c;1,234\nv2;c;5.50\n")
    assert rows(english)[0]["amount_sek"] == Decimal("1234.00")


def test_generated_keys_and_ignored_rows(tmp_path: Path) -> None:
    by = contract(tmp_path, missingKey="generate", ignoreRows={"column": "client_token", "matches": "(?i)^total"})
    found = read(tmp_path, "client_token;amount_sek\nc1;5\nTOTALT;5\nc2;x\n", by=by)
    key = rows(found)[0]["visit_id"]
    assert key == f"{found.sha256[:16]}-2" and found.columns_delivered[0] == "visit_id"
    assert (found.rows_received, found.rows_skipped, found.rows_bad) == (3, 1, 1)
    assert (found.sek_received, found.sek_skipped) == (Decimal(10), Decimal(5))


def test_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Information"])
    sheet = book.create_sheet("Data")
    sheet.append([])
    sheet.append(["BesöksID", "Brukare", "Start", "paid_on", "minutes", "hours", "Belopp", "edited"])
    sheet.append(["v1", "c1", datetime.datetime(2026, 11, 23, 8, 15), datetime.date(2026, 1, 2), 15, 1.234, 99.5, True])
    sheet.append(["v2", 7, "2026-11-23 09:00", None, 1234, None, "1 000,50", "nej"])
    book.save(tmp_path / "made.xlsx")
    found = read(tmp_path, (tmp_path / "made.xlsx").read_bytes(), "visits.xlsx")
    first, second = rows(found)
    assert first["hours"] == 1.234 and first["minutes"] == 15 and first["edited"] is True and first["line"] == 3
    assert first["started_at"] == datetime.datetime(2026, 11, 23, 8, 15)
    assert first["paid_on"] == datetime.date(2026, 1, 2)
    assert second["amount_sek"] == Decimal("1000.50") and second["client_token"] == "7" and second["line"] == 4


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "visit_id": ["v1", "v2"], "client_token": [1, 2], "hours": [1.234, 2.0], "minutes": [15.0, None],
            "started_at": [datetime.datetime(2026, 11, 23, 8, 15), None], "amount_sek": [Decimal("1.50"), None],
        }
    )  # fmt: skip
    pq.write_table(table, tmp_path / "made.parquet")
    found = read(tmp_path, (tmp_path / "made.parquet").read_bytes(), "visits.parquet")
    assert rows(found)[0]["hours"] == 1.234 and rows(found)[0]["minutes"] == 15
    assert [row["line"] for row in rows(found)] == [1, 2] and found.sek_received == Decimal("1.50")


RECORDS = [
    {"\ufeffvisit_id": "v1", "client_token": "c1", "belopp": "-1302,03"},
    {"client_token": "c2", "visit_id": "v2"},
]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS[:1]).encode(),
        json.dumps({"next": "x", "count": 1, "results": RECORDS[:1]}, ensure_ascii=False).encode("utf-8-sig"),
        b"".join(json.dumps(record).encode() + b"\n" for record in [RECORDS[0], RECORDS[0]]),
    ],
    ids=["list", "object", "lines"],
)
def test_json(tmp_path: Path, content: bytes) -> None:
    found = read(tmp_path, content, "visits.json")
    assert rows(found)[0]["amount_sek"] == Decimal("-1302.03") and rows(found)[0]["line"] == 1


def test_a_large_file_goes_the_parallel_way_with_the_same_lines(tmp_path: Path) -> None:
    by = contract(tmp_path, [column("visit_id", primaryKey=True), column("minutes", "integer")])
    text = "visit_id;minutes\n" + "".join(f"v{i};{i % 60}\n" for i in range(60_000)) + "x;y\n"
    found = read(tmp_path, text, by=by)
    assert all(int(row["visit_id"][1:]) + 2 == row["line"] for row in rows(found))
    assert found.rows_received == 60_001 and [row["line"] for row in bad(found)] == [60_002]
    ragged = read(tmp_path, text + "a;b;c\n", by=by)
    assert [row["rule"] for row in bad(ragged)] == ["type_integer", "ragged"]
    assert rows(ragged) == rows(found)


def test_same_content_same_output(tmp_path: Path) -> None:
    one = read(tmp_path, "\n".join([HEAD, *ROWS]))
    first = one.staging.read_bytes()
    two = read(tmp_path, "\n".join([HEAD, *ROWS]), "visits_again.csv")
    assert two.staging == one.staging and two.staging.read_bytes() == first
    assert [path.name for path in (tmp_path / "out").iterdir()] == [one.staging.name]
    assert one.staging.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("crlf", [False, True])
def test_both_line_ends_are_read_by_the_parallel_parser(tmp_path: Path, crlf: bool) -> None:
    """The exact way gives the same rows, only five times slower: that nobody noticed once, so it is asked here."""
    end = "\r\n" if crlf else "\n"
    path = tmp_path / "x.csv"
    path.write_bytes(end.join(["a;b", *(f'{n};"å ; {n}"' for n in range(5000))]).encode() + end.encode())
    relation = staging.csv_relation(str(path), ";", 2, 1, crlf=crlf)
    with duckdb.connect(config={"threads": 2}) as connection:
        asked = f"SELECT count(*), sum(CAST(c0 AS INTEGER)), max(length(c1)) FROM {relation}"
        found = connection.execute(asked).fetchall()
    assert found == [(5000, 5000 * 4999 // 2, 8)]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_every_row_of_a_large_file_has_its_own_line(tmp_path: Path, end: str) -> None:
    """Large enough for several threads, with every kind of column: their rows must not change places."""
    head = "visit_id;client_token;started_at;month;paid_on;registration;edited;minutes;hours;amount_sek;note"
    line = ";c{c};2026-11-02 08:15;2026-11;2026-11-03;tag;false;30;0,5;12,50;"
    filled = line.replace("{c}", "c" * 120) + "x" * 120
    number = 70_000
    found = read(tmp_path, end.join([head, *(f"v{n}{filled}" for n in range(number))]) + end)
    assert (found.rows_received, found.rows_bad) == (number, 0)
    with duckdb.connect() as connection:
        wrong = connection.execute("SELECT count(*) FROM read_parquet($1) WHERE visit_id <> concat('v', line - 2)",
                                   [str(found.staging)]).fetchall()
    assert wrong == [(0,)]
