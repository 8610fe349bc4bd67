"""`python -m tests.gates [--long]`: run the gates of docs/gates.md and say of each whether its promise is kept.

The table of that page is the list: for each gate its promise and the test module that holds it. A gate is kept when
every test of its module passed and at least one ran; a module that holds several gates counts for the gate by the
test's own name where that begins with one (`test_r2_...`), else for all of them. Exit code 0 when all are kept.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "gates.md"
ROW = re.compile(r"^\| ([RPSFCU]\d+) \| ([^|]+) \| (`[^|]+`) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


@dataclass
class Gate:
    """One line of the page, and what its tests gave: passed, failed, skipped."""

    id: str
    promise: str
    tests: str  # test modules, each between backticks
    when: str
    state: str
    results: Counter[str] = field(default_factory=Counter)

    @property
    def paths(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.tests)

    @property
    def verdict(self) -> str:
        if self.results["failed"]:
            return "BROKEN"
        if self.results["passed"]:
            return "kept"
        return "not run here" if self.results["skipped"] else "not run"


def gates(page: str) -> list[Gate]:
    """The gates of the page, in its order."""
    return [Gate(*row) for row in ROW.findall(page)]


def settle(found: list[Gate], report: Path) -> None:
    """Count the tests of a JUnit report to the gates they hold."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        result = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        path = case.get("classname", "").replace(".", "/") + ".py"
        here = [gate for gate in found if path in gate.paths]
        named = re.match(r"test_([a-z]\d+)_", case.get("name", ""))
        for gate in [gate for gate in here if named and gate.id.lower() == named[1]] or here:
            gate.results[result] += 1


def told(found: list[Gate]) -> str:
    """The table that is printed, one line a gate."""
    lines = [f"{gate.id:4}{gate.verdict:14}{gate.results['passed']:5} passed{gate.results['failed']:4} failed   "
             f"{gate.promise}" for gate in found]
    counted = Counter(gate.verdict for gate in found)
    return "\n".join([*lines, "", ", ".join(f"{number} {verdict}" for verdict, number in counted.items())])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.gates", description="Are our promises kept?")
    parser.add_argument("--long", action="store_true", help="also the runs that take hours")
    parser.add_argument("--workers", default="2", help="test processes at the same time (default 2)")
    options = parser.parse_args()
    listed = gates(PAGE.read_text(encoding="utf-8"))
    found = [gate for gate in listed if any(path.startswith("tests/") for path in gate.paths)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "gates.xml"
        wanted = ["-m", "long or not long"] if options.long else []
        command = [sys.executable, "-m", "pytest", "-n", options.workers, "--dist", "worksteal", f"--junitxml={report}",
                   *wanted, *sorted({path for gate in found for path in gate.paths if path.startswith("tests/")})]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if not report.is_file():
            return code or 2
        settle(found, report)
    print("\n" + told(found))
    return 0 if code == 0 and not any(gate.results["failed"] for gate in found) else 1


if __name__ == "__main__":
    sys.exit(main())
