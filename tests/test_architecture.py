"""The rooms and their borders: layers by import-linter, borders of libraries by reading every import."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("schemas", "detectors", "reports", "flows", "data_samples")

# library -> the files that may import it (a folder ends with /), with the reason
BORDERS = {
    "prefect": (("flows/",), "only the flow knows what runs it"),
    "great_expectations": (("schemas/quality",), "slow to import and replaceable"),
    "sklearn": (("detectors/isolation_forest.py",), "one statistical method, one module"),
    "sqlglot": (("detectors/detector.py", "detectors/portable.py", "detectors/exact_sums.py"),
                "rules are judged in one place"),
    "sqlalchemy": (("schemas/quality",), "only Great Expectations needs it"),
}
# duckdb may be imported for its types and errors; opening a database is what is restricted
MAY_OPEN_DUCKDB = ("schemas/warehouse", "schemas/reader", "schemas/staging.py")  # staging: inside the reading child


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def breaches(files: dict[str, list[str]]) -> list[str]:
    """Imports across a border of a library; files: relative path -> modules imported."""
    return [
        f"{name} imports {module}: {reason}"
        for name, modules in files.items()
        for module in modules
        for library, (allowed, reason) in BORDERS.items()
        if module.split(".")[0] == library and not name.startswith(allowed)
    ]


def test_layers_hold() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([command, "--no-cache"], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
                             capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_libraries_stay_behind_their_borders() -> None:
    found = {path.relative_to(ROOT).as_posix(): list(imports(path)) for path in sources()}
    assert len(found) > 20
    assert breaches(found) == []


@pytest.mark.parametrize("name, module", [("schemas/reader.py", "prefect.tasks"), ("detectors/run.py", "sklearn")])
def test_a_breach_is_seen(name: str, module: str) -> None:
    assert len(breaches({name: [module]})) == 1


def test_only_the_warehouse_and_the_reader_open_a_database() -> None:
    opening = re.compile(r"\bduckdb\.(connect|sql|query|read_\w+|default_connection)\(")
    found = [path.relative_to(ROOT).as_posix() for path in sources() if opening.search(path.read_text("utf-8"))]
    assert [name for name in found if not name.startswith(MAY_OPEN_DUCKDB)] == []


def test_modules_do_one_job() -> None:
    files = [*sources(), *(ROOT / "tests").rglob("*.py")]
    long = {path.relative_to(ROOT).as_posix(): lines for path in files
            if (lines := path.read_text("utf-8").count("\n")) > 400}
    assert long == {}


def test_nothing_of_a_machine_is_committed() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout: nothing to compare with")
    host = re.compile(r"https?://[\w.-]*(?:pypi|pythonhosted|npmjs)\.\w+")
    folder = re.compile(r"(?<![\w.])/(?:root|work|home|tmp)/[a-z][\w.-]*/")
    found = []
    for name in listed.stdout.decode().split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in {".png", ".gz", ".xlsx", ".parquet", ".ico"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        if host.search(text) or (folder.search(text) and not name.startswith("tests/")):
            found.append(name)
    assert found == []


def test_locks_pin_everything_with_hashes() -> None:
    runtime, dev = ((ROOT / name).read_text() for name in ("requirements.lock", "requirements-dev.lock"))
    for text in (runtime, dev):
        entries = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert len(entries) > 50
        assert all(re.match(r"[\w.-]+==[\w.!+-]+( ;.*)? \\$", line) for line in entries)
        blocks = re.split(r"(?m)^(?=[\w])", text)
        assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    pins = [set(re.findall(r"(?m)^([\w.-]+==[\w.!+-]+)", text)) for text in (runtime, dev)]
    assert pins[0] < pins[1]
