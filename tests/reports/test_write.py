"""One report that fails costs its own group only, and leaves nothing half-written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import write, write_reports
from tests.reports.run_builder import build


class Kept:
    """As the night guards its parts: swallows the error and remembers the names."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.said: list[str] = []

    @contextlib.contextmanager
    def part(self, name: str, swedish: str, english: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            self.names.append(name)
            self.said += [swedish, english]


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for place in ("reports", "audit") for path in
            (folder / place).rglob("*") if path.is_file()}


@pytest.mark.parametrize("broken", ["group_pages", "workbook"])
def test_a_failing_group_costs_only_its_own_report(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    whole = build(tmp_path / "whole", providers=3)
    expected = {path.relative_to(whole).as_posix() for path in write_reports(whole, "sv")}
    real = getattr(write, broken)

    def fails(model: Any) -> Any:
        if model.group.id == "sg-hvb":
            raise KeyError("191212121212")
        return real(model)

    monkeypatch.setattr(write, broken, fails)
    folder, kept = build(tmp_path / "run", providers=3), Kept()
    written = write_reports(folder, "sv", (), kept.part)
    assert kept.names == ["reports/sg-hvb"]
    assert kept.said == ["Rapporten Hem för vård eller boende (sg-hvb)", "The report Residential care (sg-hvb)"]
    there = _files(folder)
    assert there == {path.relative_to(folder).as_posix() for path in written}
    assert expected - there == {"reports/sg-hvb/index.html", "reports/sg-hvb/deviations.xlsx"}
    assert not (folder / "reports" / "sg-hvb").exists(), "no empty folder either"
    index = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert "Saknas: Hem för vård eller boende" in index and 'href="sg-hvb/' not in index
    assert "191212" not in index and "kunde inte skrivas" in index


def test_a_disk_that_fails_between_two_files_leaves_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = write.page.write_file

    def full(path: Path, content: Any) -> Path:
        if path.name == "deviations.xlsx" and path.parent.name == "sg-tvar":
            raise OSError(28, "No space left on device", str(path))
        return real(path, content)

    monkeypatch.setattr(write.page, "write_file", full)
    folder, kept = build(tmp_path / "run", providers=3), Kept()
    write_reports(folder, "sv", (), kept.part)
    assert kept.names == ["reports/sg-tvar"] and not (folder / "reports" / "sg-tvar").exists()
    assert (folder / "reports" / "sg-hvb" / "deviations.xlsx").is_file()


@pytest.mark.parametrize(("part", "name"), [("overview_page", "reports/lagesbild"), ("audit_page", "audit")])
def test_overview_and_audit_page_stand_alone_too(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str, name: str) -> None:
    def fails(*_: Any) -> Any:
        raise ValueError("x")

    monkeypatch.setattr(write, part, fails)
    folder, kept = build(tmp_path / "run", providers=3), Kept()
    write_reports(folder, "sv", (), kept.part)
    assert kept.names == [name] and not (folder / name / "index.html").exists()
    index = (folder / "reports" / "index.html").read_text(encoding="utf-8")
    assert f'href="{name.split("/")[-1]}/index.html"' not in index and "Saknas: " in index


def test_without_a_guard_the_error_is_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Any:
        raise KeyError("x")

    monkeypatch.setattr(write, "workbook", fails)
    with pytest.raises(KeyError):
        write_reports(build(tmp_path / "run", providers=3), "sv")
