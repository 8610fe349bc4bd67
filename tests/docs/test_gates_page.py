"""docs/gates.md: every gate once, each with a test that is there, and no gate's test outside the table."""

from __future__ import annotations

import re
from pathlib import Path

from tests.gates.__main__ import ROW, gates, settle, told

ROOT = Path(__file__).resolve().parents[2]
GATES = [*(f"R{n}" for n in range(1, 12)), *(f"P{n}" for n in range(1, 10)), *(f"S{n}" for n in range(1, 7)),
         "F1", "F2", "F3", "F4", "F7", "C1", "C2", "C3", *(f"U{n}" for n in range(1, 11)), "U12"]


def named_in(cell: str) -> list[str]:
    """The test modules of a row; a gate may have several."""
    return re.findall(r"`([^`]+)`", cell)


def test_every_gate_has_a_line_and_a_test() -> None:
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    assert [row[0] for row in rows] == GATES
    for gate, _, paths, when, state in rows:
        assert all((ROOT / path).is_file() for path in named_in(paths)) and named_in(paths), gate
        assert re.match(r"Q|N", when) and re.match(r"holds|not in full|does not hold|see \[", state), gate


def test_every_gate_file_is_in_the_table() -> None:
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    named = {(row[0], path) for row in rows for path in named_in(row[2])}
    for path in (ROOT / "tests" / "gates").glob("test_[a-z][0-9]*.py"):
        for gate in re.findall(r"(?<=_)[a-z]\d+(?=_)", path.name):
            assert (gate.upper(), path.relative_to(ROOT).as_posix()) in named, path.name


def test_what_is_expected_to_fail_is_said() -> None:
    """No gate is loosened in silence: a test marked to fail has a gate that does not hold, and the other way round."""
    rows = ROW.findall((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    broken = {path for _, _, paths, _, state in rows if state.startswith("does not hold") for path in named_in(paths)}
    marked = {path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "gates").glob("*.py")
              if "mark.xfail(" in path.read_text(encoding="utf-8")}
    assert marked == broken


REPORT = """<testsuites><testsuite>
<testcase classname="tests.gates.test_r1_r2_kills" name="test_r1_killed_at_any_moment"/>
<testcase classname="tests.gates.test_r1_r2_kills" name="test_r2_every_step"><failure message="x"/></testcase>
<testcase classname="tests.gates.test_r3_disk" name="test_control"><skipped/></testcase>
<testcase classname="tests.gates.test_p8_retention" name="test_something"/>
<testcase classname="tests.gates.test_p8_retention" name="test_other"><error message="x"/></testcase>
</testsuite></testsuites>"""


def test_the_command_tells_of_each_gate(tmp_path: Path) -> None:
    report = tmp_path / "gates.xml"
    report.write_text(REPORT)
    found = gates((ROOT / "docs" / "gates.md").read_text(encoding="utf-8"))
    assert [gate.id for gate in found] == GATES
    settle(found, report)
    verdicts = {gate.id: gate.verdict for gate in found}
    assert verdicts["R1"] == "kept" and verdicts["R2"] == "BROKEN"
    assert verdicts["R3"] == "not run here" and verdicts["R4"] == "not run" and verdicts["P8"] == "BROKEN"
    assert "R2  BROKEN" in told(found)
    assert told(found).endswith(f"1 kept, 2 BROKEN, 1 not run here, {len(found) - 4} not run")
