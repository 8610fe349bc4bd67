"""The tutorials, followed word for word in a copy of the repository."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.docs.tutorial import agrees, follow, read

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("schemas", "detectors", "reports", "flows", "tests", "docs")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What a developer has in front of them, with .venv being the one in use."""
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "golden"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


@pytest.mark.parametrize("name", ["add-a-detector.md", "add-a-check.md"])
def test_tutorial(name: str, copy: Path) -> None:
    steps = read((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert sum(step.kind == "run" for step in steps) >= 2 and any(step.kind != "run" for step in steps)
    for step in steps:
        promised, answered = follow(step, copy)
        assert agrees(promised, answered), f"docs/{name}: {step.target}\npromised:\n{promised}\nanswered:\n{answered}"


@pytest.mark.parametrize("name", ["add-a-detector.md", "add-a-check.md"])
def test_tutorial_fits_one_screen_or_two(name: str) -> None:
    assert len((ROOT / "docs" / name).read_text(encoding="utf-8").splitlines()) < 110


@pytest.mark.parametrize(("promised", "answered", "same"), [
    ("a\nb\n", "a\nb\n", True), ("a\n...\n", "a\nb\nc\n", True), ("a ... c\n", "a b c\n", True), ("", "", True),
    ("a\n", "a\nb\n", False), ("a\n...\nd\n", "a\nb\nc\n", False), ("a . c\n", "a b c\n", False), ("", "a", False),
])
def test_answers_are_compared(promised: str, answered: str, same: bool) -> None:
    assert agrees(promised, answered) is same


def test_a_block_nobody_can_follow_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a file nor a command"):
        read("Write this:\n```python\nprint()\n```\n")
