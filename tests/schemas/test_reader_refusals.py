"""Files that cannot be read: each is refused with file, rule and remedy, and leaves nothing behind."""

from __future__ import annotations

import gzip
import io
import os
import threading
import zipfile
from pathlib import Path

import pytest

from schemas import reader
from schemas.reader import read_file
from tests.schemas.reading_kit import bad, contract, read, rows, rules, settings

CANARY = "KANARIE4711"
OK = f"visit_id;client_token\nv1;{CANARY}\n"


def workbook_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 20_000_000)
    return out.getvalue()


def archive(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr(name, OK)
    return out.getvalue()


PACKED = gzip.compress(OK.encode() * 100)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600

REFUSED: list[tuple[str, str, bytes, str]] = [
    ("empty", "visits.csv", b"", "empty"),
    ("only_bom", "visits.csv", b"\xef\xbb\xbf", "empty"),
    ("only_blank_lines", "visits.csv", b"\r\n \r\n", "empty"),
    ("empty_packed", "visits.csv.gz", gzip.compress(b""), "empty"),
    ("truncated_packed", "visits.csv.gz", PACKED[:-20], "truncated_gzip"),
    ("broken_packed", "visits.csv.gz", PACKED[:30] + b"\xff" * 30 + PACKED[60:], "broken_gzip"),
    ("not_packed", "visits.csv.gz", OK.encode(), "broken_gzip"),
    ("bomb", "visits.csv.gz", gzip.compress(b"0" * 30_000_000), "archive_bomb"),
    ("workbook_bomb", "visits.xlsx", workbook_bomb(), "archive_bomb"),
    ("path_in_archive", "visits.xlsx", archive("../../escaped.csv"), "zip_file"),
    ("xls_named_csv", "visits.csv", OLE, "ole_file"),
    ("encrypted_xlsx", "visits.xlsx", OLE, "encrypted_workbook"),
    ("xlsx_named_csv", "visits.csv", archive("xl/workbook.xml"), "zip_file"),
    ("broken_xlsx", "visits.xlsx", b"PK\x03\x04" + b"x" * 100, "broken_workbook"),
    ("text_named_xlsx", "visits.xlsx", OK.encode(), "broken_workbook"),
    ("broken_parquet", "visits.parquet", b"PAR1" + b"x" * 200, "broken_parquet"),
    ("parquet_footer", "visits.parquet", b"PAR1" + b"x" * 200 + b"\xff\xff\xff\x7fPAR1", "broken_parquet"),
    ("parquet_named_csv", "visits.csv", b"PAR1" + b"x" * 20, "parquet_file"),
    ("pdf", "visits.csv", b"%PDF-1.7\n", "binary_file"),
    ("unknown_suffix", "visits.doc", OK.encode(), "unknown_form"),
    ("broken_json", "visits.json", b'[{"visit_id": "v1"', "broken_json"),
    ("deep_json", "visits.json", b"[" * 200_000, "broken_json"),
    ("no_records", "visits.json", b'{"a": 1}', "no_records"),
    ("two_lists", "visits.json", b'{"a": [{"x": 1}], "b": [{"x": 1}]}', "several_lists"),
    ("broken_utf16", "visits.csv", b"\xff\xfe" + OK.encode("utf-16-le") + b"\x00\xd8\x41", "broken_encoding"),
    ("no_separator", "visits.csv", f"{CANARY}\nfoo\n".encode(), "no_separator"),
    ("no_header", "visits.csv", f"{CANARY};v1\n{CANARY};v2\n".encode(), "no_header"),
    ("double", "visits.csv", f"visit_id;BesöksID;client_token\nv1;v1;{CANARY}\n".encode(), "double_heading"),
    ("missing", "visits.csv", f"visit_id;klient_token\nv1;{CANARY}\n".encode(), "missing_column"),
    ("ragged_file", "visits.csv", (OK + f"a;b;{CANARY}\n" * 2).encode(), "ragged_file"),
    ("no_good_row", "visits.csv", f"visit_id;client_token;minutes\nv1;c1;{CANARY}\nv2;c2;en\n".encode(), "no_good_row"),
    ("personal_number", "visits.csv", b"visit_id;client_token;note\nv1;c1;ring 811228-9874 idag\n", "personal_number"),
]


@pytest.mark.parametrize(("name", "content", "rule"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_refused(tmp_path: Path, name: str, content: bytes, rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = read(tmp_path, content, name)
    assert found.status == "refused" and found.refusal and found.refusal.rule == rule
    assert found.refusal.file == name and found.staging is None and found.bad is None
    for text in (found.refusal.message, found.refusal.remedy, found.refusal.message_en, found.refusal.remedy_en):
        assert text and "{" not in text
    told = str(found) + "".join(capfd.readouterr())
    assert CANARY not in told and "811228" not in told
    assert list((tmp_path / "out").iterdir()) == []


def test_the_missing_column_is_named_with_the_nearest_heading(tmp_path: Path) -> None:
    refusal = read(tmp_path, "visit_id;klient_token\nv1;c1\n").refusal
    assert refusal is not None and refusal.column == "client_token" and refusal.row == 1
    assert "client_token" in refusal.message and "klient_token" in refusal.remedy


def test_what_is_no_regular_file_is_refused_before_opening(tmp_path: Path) -> None:
    by = contract(tmp_path)
    target = tmp_path / "elsewhere.csv"
    target.write_text(OK)
    link, pipe, folder, locked = (tmp_path / f"visits_{n}.csv" for n in ("link", "pipe", "folder", "locked"))
    link.symlink_to(target)
    os.mkfifo(pipe)
    folder.mkdir()
    cases = [(link, "symlink"), (pipe, "not_a_file"), (folder, "not_a_file"), (tmp_path / "gone.csv", "file_gone")]
    cases.append((Path("/dev/zero"), "not_a_file"))
    if os.geteuid() != 0:
        locked.write_text(OK)
        locked.chmod(0)
        cases.append((locked, "no_permission"))
    for path, rule in cases:
        assert rules(read_file(path, by, tmp_path / "out", settings())) == {rule}


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(OK + "v;c\n" * 300_000)
    done = threading.Event()

    def grow() -> None:
        while not done.wait(0.002):
            with path.open("a") as out:
                out.write("v;c\n")

    thread = threading.Thread(target=grow)
    thread.start()
    found = read_file(path, contract(tmp_path), tmp_path / "out", settings())
    done.set()
    thread.join()
    assert rules(found) == {"file_changed"} and found.staging is None


def test_limits(tmp_path: Path) -> None:
    large = OK + "v;c\n" * 300_000
    assert rules(read(tmp_path, large, limits={"max_file_mb": 1})) == {"too_large"}
    nested = b'[{"visit_id": "' + b"v" * 40_000_000 + b'", "client_token": "c"}]'
    assert rules(read(tmp_path, nested, "visits.json", limits={"memory_mb": 60})) <= {"out_of_memory", "child_died"}


@pytest.mark.parametrize("end", ["kill", "exit"])
def test_a_child_that_dies_is_a_refused_file(tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "enter", {"kill": _killed, "exit": _gone}[end])
    found = read(tmp_path, OK)
    assert rules(found) == {"child_died"} and list((tmp_path / "out").iterdir()) == []


def test_a_child_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "enter", _hangs)
    found = read(tmp_path, OK, limits={"seconds": 1})
    assert rules(found) == {"timeout"} and found.seconds < 300


def _killed(job: object, channel: object) -> None:
    os.kill(os.getpid(), 9)


def _gone(job: object, channel: object) -> None:
    os._exit(3)


def _hangs(job: object, channel: object) -> None:
    threading.Event().wait(600)


def many(line: str) -> str:
    return OK + "v;c\n" * 20 + line + "v9;c9\n"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("a;b;c\n", "ragged"),
        ("lonely\n", "ragged"),
        ('v8;"never closed\n', "quote"),
        ('v8;"a"b\n', "quote"),
        ("v8;c\x008\n", "nul_byte"),
        ("v8;" + "x" * 1_100_000 + "\n", "huge_line"),
    ],
    ids=["long", "short", "open_quote", "loose_quote", "nul", "huge"],
)
def test_a_broken_row_is_set_apart_with_its_line(tmp_path: Path, line: str, rule: str) -> None:
    found = read(tmp_path, many(line))
    assert found.status == "read"
    assert [(row["line"], row["rule"]) for row in bad(found)] == [(23, rule)]
    assert rows(found)[-1] == {"visit_id": "v9", "client_token": "c9", "line": 24}
    assert found.rows_received == len(rows(found)) + 1


def test_several_open_quotes(tmp_path: Path) -> None:
    found = read(tmp_path, OK + "v;c\n" * 700 + 'v8;"open\n' + "v;c\n" * 700 + 'v9;"open\n' + "v;c\n")
    assert [row["rule"] for row in bad(found)] == ["quote", "quote"] and len(rows(found)) == 1402


def test_twice_encoded_letters_are_told(tmp_path: Path) -> None:
    text = "visit_id;client_token;note\nv1;c1;" + "räksmörgås".encode().decode("latin-1") + "\n"
    assert "mojibake" in rules(read(tmp_path, text))
