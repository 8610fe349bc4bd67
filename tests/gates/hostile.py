"""Files as no export should be, each kind made from a seed: names, bytes, and what must become of them."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

CANARY = "KANARIE4711"  # in every file, may be in no message
HEAD = ["payment_id", "supplier_id", "supplier_name", "booked_on", "invoice_no", "amount_sek"]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class Hostile:
    """One file. refused: the rule that refuses it. rows: the rule its bad rows meet, by line. Neither: it is read."""

    kind: str
    suffix: str
    content: bytes
    refused: str | None = None
    rows: tuple[tuple[int, str], ...] = ()
    loaded: int | None = None  # rows that must be loaded, where the file is read


class Maker:
    """Makes the table that every kind spoils in its own way. Rows are numbered through all kinds, so keys differ."""

    def __init__(self, seed: int) -> None:
        self.draw, self.made = random.Random(seed), 0

    def rows(self, count: int = 30) -> list[list[str]]:
        self.made += 1
        return [[f"{self.made}-{n}", f"s{n % 5}", f"{CANARY} {n}", f"2026-{1 + n % 10:02d}-{1 + n % 28:02d}",
                 f"F{self.made}{n:03d}", f"{self.draw.randint(100, 99_999)}.{self.draw.randint(0, 99):02d}"]
                for n in range(count)]

    def text(self, rows: list[list[str]] | None = None, head: list[str] | None = None, separator: str = ";") -> str:
        return "\n".join(separator.join(row) for row in [head or HEAD, *(rows or self.rows())]) + "\n"

    def spoiled(self, column: str, value: str) -> tuple[bytes, int]:
        """A table with one bad cell, and the line it stands on."""
        rows = self.rows()
        at = self.draw.randrange(len(rows))
        rows[at][HEAD.index(column)] = value
        return self.text(rows).encode(), at + 2

    def line(self, bad: str) -> tuple[bytes, int]:
        """A table with one bad line in it."""
        lines = self.text().splitlines()
        at = self.draw.randrange(2, len(lines))
        lines.insert(at, bad)
        return ("\n".join(lines) + "\n").encode(), at + 1


def hostile_files(seed: int) -> list[Hostile]:
    """All kinds, each once."""
    make = Maker(seed)
    draw = make.draw
    found = [Hostile(kind, suffix, content(make), refused) for kind, suffix, content, refused in _REFUSED]
    for kind, column, value, rule in _CELLS:
        content, line = make.spoiled(column, value)
        found.append(Hostile(kind, ".csv", content, None, ((line, rule),), 29))
    for kind, bad, rule in _LINES:
        content, line = make.line(bad)
        found.append(Hostile(kind, ".csv", content, None, ((line, rule),), 30))
    rows = make.rows()
    shuffled = list(range(len(HEAD)))
    draw.shuffle(shuffled)
    reordered = make.text([[row[at] for at in shuffled] for row in rows], [HEAD[at] for at in shuffled])
    swedish = make.text([[*row[:5], row[5].replace(".", ",")] for row in make.rows()])
    mixed = make.text().encode().replace(CANARY.encode(), "Åkerö".encode("cp1252"), 1).replace(
        CANARY.encode(), "Ängö".encode(), 1)
    found += [
        Hostile("bom", ".csv", make.text().encode("utf-8-sig"), loaded=30),
        Hostile("utf16", ".csv", make.text().encode("utf-16"), loaded=30),
        Hostile("latin1", ".csv", make.text().replace(CANARY, "Åkerö").encode("latin-1"), loaded=30),
        Hostile("latin1_as_utf8", ".csv", make.text().replace(CANARY, "Ã…kerÃ¶").encode(), loaded=30),
        Hostile("mixed_encodings", ".csv", mixed, loaded=30),
        Hostile("reordered", ".csv", reordered.encode(), loaded=30),
        Hostile("extra_column", ".csv", make.text([[*row, CANARY] for row in make.rows()], [*HEAD, "Extra"]).encode(),
                loaded=30),
        Hostile("decimal_comma", ".csv", swedish.encode(), loaded=30),
        Hostile("other_separator", ".csv", make.text(separator="\t").encode(), loaded=30),
        Hostile("crlf", ".csv", make.text().replace("\n", "\r\n").encode(), loaded=30),
        Hostile("blank_lines", ".csv", make.text().replace("\n", "\n\n").encode(), loaded=30),
    ]
    return found


def _zip(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return out.getvalue()


def _packed(make: Maker) -> bytes:
    return gzip.compress(make.text(make.rows(300)).encode(), mtime=0)


def _cut(make: Maker) -> bytes:
    return make.text().rstrip("\n").rpartition("\n")[0].encode() + b"\n9"


def _wrong_sum(make: Maker) -> bytes:
    packed = _packed(make)
    return packed[:-8] + struct.pack("<I", zlib.crc32(b"else")) + packed[-4:]


_REFUSED: list[tuple[str, str, Callable[[Maker], bytes], str]] = [
    ("empty", ".csv", lambda make: b"", "empty"),
    ("only_blank_lines", ".csv", lambda make: b"\r\n\r\n", "empty"),
    ("cut_in_a_row", ".csv", _cut, "truncated"),
    ("cut_gzip", ".csv.gz", lambda make: _packed(make)[:-30], "truncated_gzip"),
    ("gzip_wrong_sum", ".csv.gz", _wrong_sum, "broken_gzip"),
    ("gzip_that_is_text", ".csv.gz", lambda make: make.text().encode(), "broken_gzip"),
    ("gzip_bomb", ".csv.gz", lambda make: gzip.compress(bytes(30_000_000), mtime=0), "archive_bomb"),
    ("workbook_bomb", ".xlsx", lambda make: _zip({"xl/workbook.xml": bytes(30_000_000)}), "archive_bomb"),
    ("path_in_archive", ".xlsx", lambda make: _zip({"../../escaped.csv": make.text().encode()}), "zip_file"),
    ("xls_named_csv", ".csv", lambda make: OLE + make.draw.randbytes(600), "ole_file"),
    ("encrypted_workbook", ".xlsx", lambda make: OLE + make.draw.randbytes(600), "encrypted_workbook"),
    ("workbook_named_csv", ".csv", lambda make: _zip({"xl/workbook.xml": b"<x/>"}), "zip_file"),
    ("broken_workbook", ".xlsx", lambda make: b"PK\x03\x04" + make.draw.randbytes(200), "broken_workbook"),
    ("broken_parquet_footer", ".parquet", lambda make: b"PAR1" + bytes(99) + b"\xff\xff\xff\x7fPAR1", "broken_parquet"),
    ("broken_json", ".json", lambda make: b'[{"payment_id": "KANARIE4711"', "broken_json"),
    ("deep_json", ".json", lambda make: b"[" * 200_000, "broken_json"),
    ("pdf_named_csv", ".csv", lambda make: b"%PDF-1.7\n" + make.draw.randbytes(99), "binary_file"),
    ("half_a_utf16_pair", ".csv", lambda make: b"\xff\xfe" + make.text().encode("utf-16-le") + b"\x00\xd8\x41",
     "broken_encoding"),
    ("no_separator", ".csv", lambda make: b"KANARIE4711\nfoo\n", "no_separator"),
    ("no_header", ".csv", lambda make: make.text().partition("\n")[2].encode(), "no_header"),
    ("double_heading", ".csv", lambda make: make.text(head=[*HEAD[:2], "amount_sek", *HEAD[3:]]).encode(),
     "double_heading"),
    ("missing_column", ".csv", lambda make: make.text([r[:5] for r in make.rows()], HEAD[:5]).encode(),
     "missing_column"),
    ("renamed_column", ".csv", lambda make: make.text(head=[*HEAD[:5], "summan"]).encode(), "missing_column"),
    ("ragged_all_through", ".csv", lambda make: make.text([[*r, "x"] for r in make.rows()]).encode(), "ragged_file"),
    ("type_changed", ".csv", lambda make: make.text([[*r[:5], "KANARIE4711"] for r in make.rows()]).encode(),
     "no_good_row"),
    ("personal_number", ".csv", lambda make: make.text().replace(f"{CANARY} 7", "811228-9874").encode(),
     "personal_number"),
]
_CELLS = [
    ("year_1899", "booked_on", "1899-12-31", "type_date"),
    ("year_9999", "booked_on", "9999-12-31", "type_date"),
    ("no_such_day", "booked_on", "2026-02-30", "type_date"),
    ("text_for_money", "amount_sek", "se bilaga", "type_number"),
    ("money_beyond_all", "amount_sek", "9" * 30, "type_number"),
]
_LINES = [
    ("ragged_row", f"a;b;{CANARY}", "ragged"),
    ("open_quote", f'a;"{CANARY} ;c;2026-01-01;e;1', "quote"),
    ("nul_in_row", f"a;b\0;{CANARY};2026-01-01;e;1", "nul_byte"),
    ("huge_line", f"a;b;{'x' * 1_100_000};2026-01-01;e;1", "huge_line"),
]
