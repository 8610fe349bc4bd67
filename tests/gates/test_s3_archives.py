"""S3: archives made to hurt: each is refused within five seconds of work and 256 MB, and nothing is written outside."""

from __future__ import annotations

import gzip
import io
import json
import os
import resource
import stat
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import xlsxwriter

from schemas import reader, reading_job
from schemas.contract import load_contracts
from schemas.reader import read_file
from schemas.reading_job import Job
from schemas.settings import load_settings

SECONDS, MEGABYTES = 5.0, 256
ROW = b"provider_id;org_form;services\np1;ab;home_care\n"
ABSOLUTE = Path(tempfile.gettempdir()) / "avvik-gate-s3-escaped.csv"
_SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def packed(members: dict[str, bytes], links: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name in links:
                entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, content)
    return out.getvalue()


def workbook(sheet: str, target: str = "") -> bytes:
    """A workbook whose sheet is this XML; `target`: where its directory says that the sheet lies."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, "x")
    with zipfile.ZipFile(out) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["xl/worksheets/sheet1.xml"] = sheet.encode()
    if target:
        relations = members["xl/_rels/workbook.xml.rels"].decode()
        told = relations.replace('Target="worksheets/sheet1.xml"', f'Target="{target}" TargetMode="External"')
        assert told != relations
        members["xl/_rels/workbook.xml.rels"] = told.encode()
    return packed(members)


def rows(*cells: str, at: int = 1) -> str:
    said = "".join(f'<c r="{letter}{at}" t="inlineStr"><is><t>{cell}</t></is></c>'
                   for letter, cell in zip("ABC", cells, strict=False))
    return ("<sheetData>" if at == 1 else "") + f'<row r="{at}">{said}</row>'


def entities() -> bytes:
    """The billion laughs: a sheet that would be 3 GB of text once its entities are put in."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    head = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "lol">{levels}]>'
    return workbook(head + '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&e9;</t></is></c></row>'
                    "</sheetData></worksheet>")


def outside_entity() -> bytes:
    head = '<?xml version="1.0"?><!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    return workbook(head + '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&x;</t></is></c></row>'
                    "</sheetData></worksheet>")


def far_corners() -> bytes:
    """Two cells, the first and the last that a sheet can have: 17 thousand million cells if taken at its word."""
    return workbook(_SHEET + '<dimension ref="A1:XFD1048576"/><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
                    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>')


def lying_size() -> bytes:
    """The directory says that the bomb unpacks to ten bytes."""
    data = bytearray(packed({"xl/workbook.xml": bytes(60_000_000)}))
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        where = data.index(mark) + at
        data[where:where + 4] = struct.pack("<I", 10)
    return bytes(data)


def overlapping() -> bytes:
    """A thousand entries of the directory that all unpack the same megabytes: small on disk, 2 GB together."""
    one = packed({"xl/workbook.xml": bytes(2_000_000)})
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    entries = one[start:end] * 1000
    tail = bytearray(one[end:])
    tail[8:12] = struct.pack("<HH", 1000, 1000)
    tail[12:16] = struct.pack("<I", len(entries))
    return one[:start] + entries + bytes(tail)


def tape(suffix: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=f"w{suffix}") as archive:
        entry = tarfile.TarInfo("../../escaped.csv")
        entry.size = len(ROW)
        archive.addfile(entry, io.BytesIO(ROW))
    return out.getvalue()


def named_gzip() -> bytes:
    """gzip's own file name leads out; the rows in it are good, so that it is read, but never under that name."""
    body = gzip.compress(ROW, mtime=0)
    return body[:3] + bytes([body[3] | 8]) + body[4:10] + b"../../escaped.csv\0" + body[10:]


ATTACKS: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "gzip bomb": (".csv.gz", lambda: gzip.compress(bytes(300_000_000), 9), {"archive_bomb"}),
    "gzip bomb in many members": (".csv.gz", lambda: gzip.compress(bytes(3_000_000), 9) * 100, {"archive_bomb"}),
    "gzip in gzip": (".csv.gz", lambda: gzip.compress(gzip.compress(bytes(100_000_000))), {"gzip_file", "binary_file"}),
    "workbook bomb": (".xlsx", lambda: packed({"xl/workbook.xml": bytes(300_000_000)}), {"archive_bomb"}),
    "workbook of lying sizes": (".xlsx", lying_size, {"archive_bomb", "broken_workbook"}),
    "overlapping entries": (".xlsx", overlapping, {"archive_bomb", "broken_workbook"}),
    "fifty thousand members": (".xlsx", lambda: packed({f"xl/{n}": b"" for n in range(50_000)}),
                               {"archive_bomb", "broken_workbook", "zip_file"}),
    "a path that climbs": (".xlsx", lambda: packed({"../../escaped.csv": ROW}), {"zip_file"}),
    "an absolute path": (".xlsx", lambda: packed({str(ABSOLUTE): ROW}), {"zip_file"}),
    "a link as member": (".xlsx", lambda: packed({"xl/workbook.xml": b"/etc/passwd"}, ("xl/workbook.xml",)),
                         {"broken_workbook"}),
    "a sheet outside": (".xlsx", lambda: workbook(_SHEET + "<sheetData/></worksheet>", "file:///etc/passwd"),
                        {"broken_workbook", "no_header", "empty"}),
    "billion laughs": (".xlsx", entities, {"broken_workbook", "no_header", "empty"}),
    "an entity from outside": (".xlsx", outside_entity, {"broken_workbook", "no_header", "empty"}),
    "far corners of a sheet": (".xlsx", far_corners, {"child_died"}),
    "a tape named csv": (".csv", lambda: tape(""), {"broken_header"}),
    "a packed tape": (".csv.gz", lambda: tape(":gz"), {"broken_header"}),
}


class _Telling:
    """The child's channel: writes down what the reading has cost before it passes the answer on."""

    def __init__(self, job: Job, channel: Connection) -> None:
        self.told, self.channel = job.path.parents[1] / "cost.json", channel

    def send_bytes(self, answer: bytes) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        self.told.write_text(json.dumps({"mb": used.ru_maxrss / 1024, "seconds": used.ru_utime + used.ru_stime}))
        self.channel.send_bytes(answer)

    def close(self) -> None:
        self.channel.close()


def measured(job: Job, channel: Connection) -> None:
    """The reading child, and what it cost at the most."""
    reading_job.enter(job, _Telling(job, channel))  # type: ignore[arg-type]


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}


def attack(folder: Path, suffix: str, content: bytes) -> tuple[Path, Path]:
    """The file three folders deep, so that a path that climbs stays where this test can see it."""
    deep = folder / "a" / "b"
    (deep / "inbox").mkdir(parents=True)
    path = deep / "inbox" / f"providers_1{suffix}"
    path.write_bytes(content)
    return path, deep / "out"


@pytest.mark.parametrize("name", ATTACKS)
def test_s3_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suffix, make, rules = ATTACKS[name]
    path, out = attack(tmp_path, suffix, make())
    monkeypatch.setattr(reader, "enter", measured)
    before = files_below(tmp_path)
    reading = read_file(path, load_contracts()["providers"], out, load_settings(None))
    assert reading.status == "refused" and reading.refusal and reading.refusal.rule in rules, reading.problems
    told = path.parents[1] / "cost.json"
    if reading.refusal.rule != "child_died":  # the kernel refused it the memory that it asked for: nothing to measure
        cost = json.loads(told.read_text())
        told.unlink()
        assert cost["seconds"] < SECONDS and cost["mb"] < MEGABYTES, cost
    assert files_below(tmp_path) == before and not ABSOLUTE.exists()
    assert "root:" not in str(reading)


def test_s3_a_name_inside_gzip_is_not_used(tmp_path: Path) -> None:
    path, out = attack(tmp_path, ".csv.gz", named_gzip())
    reading = read_file(path, load_contracts()["providers"], out, load_settings(None))
    assert reading.status == "read" and reading.rows_received == 1
    written = files_below(tmp_path) - {"a/b/inbox/providers_1.csv.gz"}
    assert written == {f"a/b/out/{reading.staging.name}"} if reading.staging else False


def test_s3_control_a_workbook_of_this_make_is_read(tmp_path: Path) -> None:
    """Without an attack in it the hand-made workbook is good: what is refused above is the attack."""
    path, out = attack(tmp_path, ".xlsx", workbook(_SHEET + rows("provider_id", "org_form", "services")
                                                   + rows("p1", "ab", "home_care", at=2) + "</sheetData></worksheet>"))
    reading = read_file(path, load_contracts()["providers"], out, load_settings(None))
    assert reading.status == "read" and reading.rows_received == 1, reading.problems


def test_s3_control_what_escapes_is_seen(tmp_path: Path) -> None:
    """A naive unpacking of the climbing path is found by the look this gate takes."""
    path, out = attack(tmp_path, ".xlsx", packed({"../../escaped.csv": ROW}))
    before = files_below(tmp_path)
    out.mkdir()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with open(os.path.join(out, name), "wb") as target:
                target.write(archive.read(name))
    assert files_below(tmp_path) - before == {"a/escaped.csv"}


def test_s3_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 12
