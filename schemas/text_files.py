"""Bytes on disk to a clean UTF-8 text file: open safely, unpack, find encoding, line ends and separator.

Runs in the child process. Everything is streamed; a file is never held in memory as a whole.
"""

from __future__ import annotations

import codecs
import csv
import errno
import hashlib
import os
import re
import stat
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from schemas.refusal import Refused

CHUNK = 1 << 20
SEPARATORS = ";,\t|"
# An archive may be packed hard while small: the ratio is judged only beyond this size.
RATIO_FROM_BYTES = 10_000_000

_CONTROL = bytes(b for b in range(32) if b not in (9, 10, 13)) + b"\x7f"
# Lead bytes of C1 controls and no-break blank, soft hyphen; general punctuation (zero-width, blanks); BOM;
# ideographic blank. A hit means that the slower cleaning of texts is needed, no more than that.
_ODD = (b"\xc2\xa0", b"\xc2\xad", b"\xc2\x85", b"\xe2\x80", b"\xe2\x81", b"\xef\xbb\xbf", b"\xe3\x80\x80")
_MOJIBAKE = b"\xc3\x83\xc2"  # å, ä, ö encoded as UTF-8 twice

MAGICS: tuple[tuple[bytes, str], ...] = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
    (b"PAR1", "parquet"),
    (b"%PDF", "pdf"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)


@dataclass
class Source:
    """An open regular file and what its inode said when it was opened."""

    stream: BinaryIO
    size: int
    modified_ns: int
    sha256: str = ""

    @property
    def path(self) -> str:
        """The file as other libraries in this process may open it: the same inode, whatever its name says now."""
        return f"/proc/self/fd/{self.stream.fileno()}"

    def check_unchanged(self) -> None:
        now = os.fstat(self.stream.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self.modified_ns):
            raise Refused("file_changed")


@dataclass
class Scan:
    """What one pass over a UTF-8 file tells."""

    lf: int = 0
    cr: int = 0
    crlf: int = 0
    nul: bool = False
    odd: bool = False  # control characters or blanks other than the ordinary one and tab
    tab: bool = False
    utf8: bool = True
    mojibake: bool = False
    blank_end: int = 0  # bytes of line ends and blanks after the last line
    size: int = 0

    @property
    def simple_lines(self) -> bool:
        return self.cr == 0 or (self.cr == self.crlf and self.crlf == self.lf)


def open_source(path: Path, max_bytes: int) -> Source:
    """Opens a regular file without following a link and without waiting on a pipe; Refused otherwise."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise Refused("file_gone") from None
    except PermissionError:
        raise Refused("no_permission") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused("symlink") from None
        if error.errno == errno.ENXIO:
            raise Refused("not_a_file") from None
        raise Refused("io_error", code=errno.errorcode.get(error.errno or 0, "EIO")) from None
    state = os.fstat(descriptor)
    if not stat.S_ISREG(state.st_mode):
        os.close(descriptor)
        raise Refused("not_a_file")
    source = Source(os.fdopen(descriptor, "rb", buffering=0), state.st_size, state.st_mtime_ns)
    if state.st_size == 0:
        raise Refused("empty")
    if state.st_size > max_bytes:
        raise Refused("too_large", megabytes=state.st_size // 1_000_000, limit=max_bytes // 1_000_000)
    return source


def kind_of(head: bytes) -> str:
    """`text` or the kind of binary file that the first bytes give away."""
    return next((kind for magic, kind in MAGICS if head.startswith(magic)), "text")


def hash_source(source: Source) -> str:
    """sha256 of the whole file, read once on its own descriptor position."""
    digest = hashlib.sha256()
    offset = 0
    while chunk := os.pread(source.stream.fileno(), CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.hexdigest()


def hash_in_background(source: Source) -> threading.Thread:
    """Hashing lets go of the interpreter lock, so it costs nothing beside the scan."""

    def work() -> None:
        source.sha256 = hash_source(source)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def unpack_gzip(source: BinaryIO, target: Path, max_bytes: int, ratio: int) -> None:
    """Unpacks all members to `target`; Refused when truncated, broken or larger than allowed."""
    source.seek(0)
    packed = unpacked = 0
    machine = zlib.decompressobj(wbits=31)
    waiting = b""
    with target.open("wb") as out:
        while True:
            if not waiting:
                waiting = source.read(CHUNK // 4)
                packed += len(waiting)
                if not waiting:
                    break
            if machine.eof:
                if not waiting.strip(b"\x00"):
                    waiting = b""
                    continue
                machine = zlib.decompressobj(wbits=31)
            try:
                data = machine.decompress(waiting, CHUNK)
            except zlib.error:
                raise Refused("broken_gzip") from None
            waiting = machine.unused_data if machine.eof else machine.unconsumed_tail
            unpacked += len(data)
            if unpacked > max_bytes or (unpacked > RATIO_FROM_BYTES and unpacked > packed * ratio):
                raise Refused("archive_bomb", limit=max_bytes // 1_000_000, ratio=ratio)
            out.write(data)
    if not machine.eof:
        raise Refused("truncated_gzip")


def scan_text(stream: BinaryIO) -> Scan:
    """Counts line ends and looks for what needs care. `utf8` False ends the pass early."""
    stream.seek(0)
    found = Scan()
    decoder = codecs.getincrementaldecoder("utf-8")()
    last = tail = b""
    while chunk := stream.read(CHUNK):
        found.size += len(chunk)
        found.lf += chunk.count(b"\n")
        if b"\r" in chunk:
            found.cr += chunk.count(b"\r")
            found.crlf += chunk.count(b"\r\n")
        if last == b"\r" and chunk[:1] == b"\n":
            found.crlf += 1
        last = chunk[-1:]
        if chunk.isascii():
            if decoder.getstate()[0]:
                found.utf8 = False
                return found
        else:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                found.utf8 = False
                return found
            found.odd = found.odd or any(sign in chunk for sign in _ODD)
            found.mojibake = found.mojibake or _MOJIBAKE in chunk
        found.odd = found.odd or len(chunk.translate(None, _CONTROL)) != len(chunk)
        found.nul = found.nul or b"\x00" in chunk
        found.tab = found.tab or b"\t" in chunk
        stripped = chunk.rstrip(b"\r\n \t")
        tail = chunk[len(stripped) :] if stripped else tail + chunk
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        found.utf8 = False
    found.blank_end = len(tail)
    return found


def detect_wide(head: bytes) -> str | None:
    """utf-8-sig, utf-16-le, utf-16-be or utf-32-*, from a byte order mark or from where the NULs stand."""
    for mark, name in (
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return name
    pairs = len(head) // 2
    if pairs >= 8:
        if head[1::2].count(0) > 0.6 * pairs and head[0::2].count(0) < 0.1 * pairs:
            return "utf-16-le"
        if head[0::2].count(0) > 0.6 * pairs and head[1::2].count(0) < 0.1 * pairs:
            return "utf-16-be"
    return None


# Windows-1252 with ISO-8859-1's control characters in its five empty places.
_WESTERN = "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(256))


def transcode(stream: BinaryIO, target: Path, encoding: str | None) -> str:
    """Writes `target` as UTF-8 without BOM and returns the name of the encoding found.

    `encoding` None means one byte a character: each line is taken as UTF-8 when it is valid UTF-8, else as
    Windows-1252 (exports are sometimes glued together from two systems).
    """
    stream.seek(0)
    with target.open("wb") as out:
        if encoding is not None:
            decoder = codecs.getincrementaldecoder(encoding)()
            first = True
            try:
                while True:
                    chunk = stream.read(CHUNK)
                    text = decoder.decode(chunk, final=not chunk)
                    if first and text:
                        text, first = text.removeprefix("\ufeff"), False
                    out.write(text.encode())
                    if not chunk:
                        return encoding
            except (UnicodeDecodeError, UnicodeEncodeError):
                raise Refused("broken_encoding", encoding=encoding) from None
        wide = c1 = False
        carry = b""
        while True:
            chunk = stream.read(CHUNK)
            block = carry + chunk
            cut = len(block) if not chunk else max(block.rfind(b"\n"), block.rfind(b"\r")) + 1
            carry, block = block[cut:], block[:cut]
            if len(carry) > 64 * CHUNK:
                raise Refused("huge_line")
            for line in re.split(rb"(?<=[\n\r])", block):
                try:
                    line.decode()
                    wide = wide or not line.isascii()
                    out.write(line)
                except UnicodeDecodeError:
                    c1 = c1 or bool(re.search(rb"[\x80-\x9f]", line))
                    out.write(codecs.charmap_decode(line, "strict", _WESTERN)[0].encode())
            if not chunk:
                return "mixed" if wide else "windows-1252" if c1 else "iso-8859-1"


def head_lines(stream: BinaryIO, count: int = 50, limit: int = 4 * CHUNK) -> list[str]:
    """The first lines of a UTF-8 file, any line end, without the line ends; Refused for a line without end."""
    stream.seek(0)
    data = b""
    while len(data) < limit:
        chunk = stream.read(CHUNK // 16)
        data += chunk
        if not chunk or data.count(b"\n") + data.count(b"\r") > 2 * count:
            break
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) == 1 and len(data) >= limit:
        raise Refused("huge_line")
    return lines[:count]


def find_separator(lines: list[str], known: set[str], fold: Callable[[str], str]) -> str:
    """The sign that separates the columns: the one whose header leads to most known headings.

    `known` holds folded headings and `fold` folds one (schemas.contract.fold_heading). Refused when no sign
    gives a header that fits and the lines do not agree on a number of columns either.
    """
    if not lines or not any(line.strip() for line in lines):
        raise Refused("empty")
    best: tuple[int, int, int] = (0, 0, 0)
    chosen = ""
    for sign in SEPARATORS:
        if sign not in lines[0]:
            continue
        try:
            rows = [row for row in csv.reader(lines[:20], delimiter=sign) if row]
        except csv.Error:
            continue
        header = rows[0] if rows else []
        hits = sum(1 for heading in header if fold(heading) in known)
        even = sum(1 for row in rows[1:] if len(row) == len(header))
        score = (hits, even, len(header))
        if score > best:
            best, chosen = score, sign
    if chosen:
        return chosen
    if fold(lines[0]) in known:
        return ";"  # a file with a single column has no separator
    raise Refused("no_separator")


def iterate_lines(stream: BinaryIO, limit: int) -> Iterator[str | None]:
    """Physical lines of a UTF-8 file with their line ends (LF, CRLF or bare CR); None for a line over `limit`."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    carry = ""
    skipping = False
    while True:
        chunk = stream.read(CHUNK)
        text = carry + decoder.decode(chunk, final=not chunk)
        while chunk and text.endswith("\r"):  # is it half of a CRLF?
            more = stream.read(1)
            if not more:
                break
            text += decoder.decode(more)
        pieces = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
        carry = pieces.pop() if chunk else ""
        for piece in pieces:
            if skipping:
                skipping = False
                yield None
            elif piece:
                yield None if len(piece) > limit else piece
        if skipping:
            carry = ""
        elif len(carry) > limit:
            skipping, carry = True, ""
        if not chunk:
            if skipping:
                yield None
            return


def ends_with_newline(stream: BinaryIO, size: int) -> bool:
    """Whether the text of `size` bytes closes its last line."""
    return size > 0 and os.pread(stream.fileno(), 1, size - 1) in (b"\n", b"\r")
