"""docs/gates.md: every gate once, each with a test that is there, and no gate's test outside the table."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GATES = [*(f"R{n}" for n in range(1, 12)), *(f"P{n}" for n in range(1, 10)), *(f"S{n}" for n in range(1, 7)),
         "F1", "F2", "F3", "F4", "F7", "C1", "C2", "C3", *(f"U{n}" for n in range(1, 11)), "U12"]
ROW = re.compile(r"^\| ([RPSFCU]\d+) \| ([^|]+) \| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def test_every_gate_has_a_line_and_a_test() -> None:
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    assert [row[0] for row in rows] == GATES
    for gate, _, path, when, state in rows:
        assert (ROOT / path).is_file(), gate
        assert re.match(r"Q|N", when) and re.match(r"holds|not in full|does not hold|see \[", state), gate


def test_every_gate_file_is_in_the_table() -> None:
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    named = {(row[0], row[2]) for row in rows}
    for path in (ROOT / "tests" / "gates").glob("test_[a-z][0-9]*.py"):
        for gate in re.findall(r"(?<=_)[a-z]\d+(?=_)", path.name):
            assert (gate.upper(), path.relative_to(ROOT).as_posix()) in named, path.name


def test_what_is_expected_to_fail_is_said() -> None:
    """No gate is loosened in silence: a test marked to fail has a gate that does not hold, and the other way round."""
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    broken = {path for _, _, path, _, state in rows if state.startswith("does not hold")}
    marked = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "gates").glob("*.py")
              if "mark.xfail(" in path.read_text(encoding="utf-8")}
    assert marked == broken
