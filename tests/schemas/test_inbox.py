"""What the inbox offers: by name, by content, and never through a link or a pipe."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import pytest

from schemas import inbox as module
from schemas.inbox import InboxError, discover
from tests.schemas.warehouse_kit import contract

CONTRACTS = {name: contract(name) for name in ("providers", "provider_roles", "home_care_visits", "home_care")}


def put(folder: Path, name: str, content: bytes = b"a;b\n1;2\n") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_files_come_in_order_of_name_with_the_longest_dataset(tmp_path: Path) -> None:
    put(tmp_path, "providers.csv", b"1")
    put(tmp_path, "provider_roles_1.csv", b"2")
    put(tmp_path, "home_care_visits_2026-11-22.csv.gz", b"3")
    put(tmp_path, "home_care_x.xlsx", b"4")
    found = discover(tmp_path, CONTRACTS)
    assert [(file.path.name, file.dataset) for file in found.files] == [
        ("home_care_visits_2026-11-22.csv.gz", "home_care_visits"),
        ("home_care_x.xlsx", "home_care"),
        ("provider_roles_1.csv", "provider_roles"),
        ("providers.csv", "providers"),
    ]
    assert (found.files[-1].sha256, found.files[-1].size) == (hashlib.sha256(b"1").hexdigest(), 1)
    assert (found.problems, found.ignored, found.duplicates, found.known) == ([], [], [], [])


def test_unknown_names_are_reported_and_do_not_stop_the_rest(tmp_path: Path) -> None:
    put(tmp_path, "readme.txt")
    put(tmp_path, ".DS_Store")
    put(tmp_path, "providers.csv")
    found = discover(tmp_path, CONTRACTS)
    assert [file.path.name for file in found.files] == ["providers.csv"]
    assert [(one.path.name, one.problem.rule) for one in found.ignored] == [
        (".DS_Store", "unknown_dataset"),
        ("readme.txt", "unknown_dataset"),
    ]
    assert found.problems == []


def test_links_pipes_folders_and_sockets_are_never_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = put(tmp_path, "elsewhere", b"secret")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "providers_link.csv").symlink_to(secret)
    (inbox / "providers_dangling.csv").symlink_to(tmp_path / "none")
    os.mkfifo(inbox / "providers_pipe.csv")
    (inbox / "providers_folder.csv").mkdir()
    with socket.socket(socket.AF_UNIX) as channel:
        monkeypatch.chdir(inbox)
        channel.bind("providers_socket.csv")
        put(inbox, "providers.csv")
        opened: list[str] = []
        real = os.open

        def watched(path: Path, *rest: int) -> int:
            opened.append(Path(path).name)
            return real(path, *rest)

        monkeypatch.setattr(module.os, "open", watched)
        found = discover(inbox, CONTRACTS)
    assert [file.path.name for file in found.files] == ["providers.csv"] == opened
    assert [(problem.file, problem.rule) for problem in found.problems] == [
        (f"providers_{kind}.csv", "not_a_file") for kind in ("dangling", "folder", "link", "pipe", "socket")
    ]
    assert all(problem.remedy and problem.remedy_en for problem in found.problems)


def test_a_link_or_pipe_put_there_after_the_look_is_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "target", b"x")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError):
            module.fingerprint(tmp_path / name)


def test_same_bytes_twice_is_a_duplicate_within_a_dataset_only(tmp_path: Path) -> None:
    put(tmp_path, "providers_a.csv")
    put(tmp_path, "providers_b.csv")
    put(tmp_path, "home_care_c.csv")
    found = discover(tmp_path, CONTRACTS)
    assert [file.path.name for file in found.files] == ["home_care_c.csv", "providers_a.csv"]
    assert [(d.file.path.name, d.same_as) for d in found.duplicates] == [("providers_b.csv", "providers_a.csv")]


def test_known_files_are_skipped_until_their_contract_changes(tmp_path: Path) -> None:
    path = put(tmp_path, "providers_a.csv")
    put(tmp_path, "providers_b.csv")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    known = {("providers", sha256, CONTRACTS["providers"].content_hash)}
    found = discover(tmp_path, CONTRACTS, known)
    assert [file.path.name for file in found.known] == ["providers_a.csv", "providers_b.csv"]
    assert (found.files, found.duplicates) == ([], [])
    changed = {**CONTRACTS, "providers": contract("providers", version="2")}
    assert [file.path.name for file in discover(tmp_path, changed, known).files] == ["providers_a.csv"]


def test_unreadable_file_is_a_problem_with_a_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "providers_a.csv")
    put(tmp_path, "providers_b.csv", b"other")
    real = os.open

    def refuse(path: Path, *rest: int) -> int:
        if Path(path).name == "providers_a.csv":
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(module.os, "open", refuse)
    found = discover(tmp_path, CONTRACTS)
    assert [file.path.name for file in found.files] == ["providers_b.csv"]
    assert [(p.file, p.rule) for p in found.problems] == [("providers_a.csv", "unreadable_file")]
    assert "Permission denied" in found.problems[0].message


def test_a_file_that_grows_while_it_is_read_waits_for_the_next_night(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "providers_a.csv", b"x" * 100)
    monkeypatch.setattr(module, "_CHUNK", 10)
    real = hashlib.sha256

    class Growing:
        def __init__(self) -> None:
            self.digest = real()

        def update(self, chunk: bytes) -> None:
            self.digest.update(chunk)
            if path.stat().st_size < 200:
                with path.open("ab") as out:
                    out.write(b"y")

        def hexdigest(self) -> str:
            return self.digest.hexdigest()

    monkeypatch.setattr(module.hashlib, "sha256", Growing)
    found = discover(tmp_path, CONTRACTS)
    assert found.files == []
    assert [problem.rule for problem in found.problems] == ["changing_file"]


@pytest.mark.parametrize(
    "name", ["providers\n.csv", "providers\x1b[31m.csv", "providers\u202egnp.csv", "providers\udcff.csv"]
)
def test_names_that_could_disturb_a_log_are_refused_and_shown_safely(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    found = discover(tmp_path, CONTRACTS)
    assert found.files == []
    assert [problem.rule for problem in found.problems] == ["bad_file_name"]
    shown = found.problems[0].file + found.problems[0].message
    shown.encode()
    assert shown.isprintable() and "?" in shown


def test_missing_inbox_is_named(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match="none.*cannot be listed"):
        discover(tmp_path / "none", CONTRACTS)
    put(tmp_path, "file")
    with pytest.raises(InboxError, match="cannot be listed"):
        discover(tmp_path / "file", CONTRACTS)
