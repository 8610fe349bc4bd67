"""What lies in the inbox tonight: which files, of which dataset, and which of them are news.

Only regular files directly in the folder are opened. A symbolic link, FIFO, device or folder is refused with a
Problem: an exporter has no reason to send one, and following it could lead anywhere or never end.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schemas.contract import Contract, match_dataset
from schemas.problems import Problem

_CHUNK = 1 << 20


class InboxError(OSError):
    """The inbox folder cannot be listed; the text names it and what to do."""


@dataclass(frozen=True)
class InboxFile:
    """One regular file of a known dataset. `size` in bytes, `sha256` in hex."""

    path: Path
    dataset: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Ignored:
    """A file that belongs to no dataset: reported, not fatal."""

    path: Path
    problem: Problem


@dataclass(frozen=True)
class Duplicate:
    """A file with the same bytes and dataset as `same_as`: it changes nothing."""

    file: InboxFile
    same_as: str


@dataclass
class Inbox:
    """The inbox of one night, every list in order of file name.

    `files` are to be read; `known` were loaded an earlier night; `duplicates` repeat another file of tonight;
    `ignored` belong to no dataset; `problems` are entries that were refused unopened or could not be read.
    """

    folder: Path
    files: list[InboxFile] = field(default_factory=list)
    known: list[InboxFile] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    ignored: list[Ignored] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def discover(
    folder: Path, contracts: Mapping[str, Contract], known: Container[tuple[str, str, str]] = frozenset()
) -> Inbox:
    """List the inbox. `known` holds (dataset, sha256, contract hash) of what the warehouse has loaded already.

    A known file whose contract has changed since is in `files` again, because it now means something else.
    InboxError when the folder is missing or may not be listed.
    """
    folder = Path(folder)
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError as error:
        raise InboxError(
            f"{folder}: the inbox cannot be listed ({error.strerror}). Name a folder that exists and may be read."
        ) from None
    inbox = Inbox(folder)
    first_of: dict[tuple[str, str], str] = {}
    for name in names:
        shown = printable(name)
        if shown != name:
            inbox.problems.append(_bad_name(shown))
            continue
        path = folder / name
        try:
            kind = _kind(path)
        except OSError as error:  # gone since the listing, or a folder above may not be entered
            inbox.problems.append(_unreadable(name, error))
            continue
        if kind is not None:
            inbox.problems.append(_not_a_file(name, *kind))
            continue
        dataset = match_dataset(name, contracts)
        if dataset is None:
            inbox.ignored.append(Ignored(path, _unknown(name)))
            continue
        try:
            sha256, size = fingerprint(path)
        except OSError as error:
            inbox.problems.append(_unreadable(name, error))
            continue
        found = InboxFile(path, dataset, sha256, size)
        earlier = first_of.setdefault((dataset, sha256), name)
        if (dataset, sha256, contracts[dataset].content_hash) in known:
            inbox.known.append(found)
        elif earlier != name:
            inbox.duplicates.append(Duplicate(found, earlier))
        else:
            inbox.files.append(found)
    return inbox


def fingerprint(path: Path) -> tuple[str, int]:
    """(sha256 in hex, size in bytes) of a regular file, opened without following a link or waiting for a FIFO.

    OSError when it cannot be opened, is no regular file, or changes while it is read (an export still running).
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb", buffering=0) as source:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise OSError("not a regular file")
        digest = hashlib.sha256()
        size = 0
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
        after = os.fstat(handle)
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or size != after.st_size:
            raise ChangingFile("changed while it was read")
    return digest.hexdigest(), size


class ChangingFile(OSError):
    """The file changed while it was read: its export has not ended."""


def printable(name: str) -> str:
    """`name` without anything that could disturb a log, a page or a database: ? for each such character."""
    return "".join("?" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in name)


def _kind(path: Path) -> tuple[str, str] | None:
    """What `path` is in (Swedish, English) when it is not a regular file."""
    mode = path.lstat().st_mode
    for test, words in (
        (stat.S_ISLNK, ("en symbolisk länk", "a symbolic link")),
        (stat.S_ISDIR, ("en mapp", "a folder")),
        (stat.S_ISFIFO, ("ett rör (FIFO)", "a pipe (FIFO)")),
    ):
        if test(mode):
            return words
    return None if stat.S_ISREG(mode) else ("en specialfil", "a special file")


def _not_a_file(name: str, swedish: str, english: str) -> Problem:
    return Problem(
        file=name, row=None, column=None, rule="not_a_file",
        message=f"{name} är {swedish} och öppnas inte.",
        remedy="Lägg själva filen i inkorgen, eller ta bort posten.",
        message_en=f"{name} is {english} and is not opened.",
        remedy_en="Put the file itself into the inbox, or remove the entry.",
    )


def _bad_name(shown: str) -> Problem:
    return Problem(
        file=shown, row=None, column=None, rule="bad_file_name",
        message=f"Filnamnet {shown} innehåller tecken som inte kan visas; filen öppnas inte.",
        remedy="Byt namn på filen till bokstäver, siffror, bindestreck och punkt.",
        message_en=f"The file name {shown} holds characters that cannot be shown; the file is not opened.",
        remedy_en="Rename the file to letters, digits, hyphens and dots.",
    )


def _unknown(name: str) -> Problem:
    return Problem(
        file=name, row=None, column=None, rule="unknown_dataset",
        message=f"{name} hör inte till någon känd datamängd och läses inte.",
        remedy="Låt filnamnet börja med datamängdens namn, till exempel home_care_visits_2026-11-22.csv.",
        message_en=f"{name} belongs to no known dataset and is not read.",
        remedy_en="Let the file name begin with the name of its dataset, such as home_care_visits_2026-11-22.csv.",
    )


def _unreadable(name: str, error: OSError) -> Problem:
    if isinstance(error, ChangingFile):
        return Problem(
            file=name, row=None, column=None, rule="changing_file",
            message=f"{name} ändrades medan den lästes; exporten är troligen inte klar.",
            remedy="Låt exporten skriva under ett annat namn och byta namn när den är klar. Filen läses nästa natt.",
            message_en=f"{name} changed while it was read; its export has probably not ended.",
            remedy_en="Let the export write under another name and rename when done. The file is read next night.",
        )
    return Problem(
        file=name, row=None, column=None, rule="unreadable_file",
        message=f"{name} kan inte öppnas ({error.strerror or 'inte en vanlig fil'}).",
        remedy="Ge användaren som kör Avvik läsrätt till filen.",
        message_en=f"{name} cannot be opened ({error.strerror or 'not a regular file'}).",
        remedy_en="Give the user that runs Avvik the right to read the file.",
    )
