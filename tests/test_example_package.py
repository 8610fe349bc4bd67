"""A rule, a view and a contract in a package of their own: installed beside Avvik, the next night runs them all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).resolve().parent.parent
TRIPS = """ResaID;Entreprenör;Dag;Belopp
r1;p1;2026-11-07;450,00
r2;p1;2026-11-08;450,00
r3;p1;2026-11-09;450,00
r4;p2;2026-11-14;300,00
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, installed without any network into a folder of its own."""
    folder = tmp_path_factory.mktemp("outside")
    shutil.copytree(ROOT / "tests" / "example_package", folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps",
           "--no-build-isolation", "--target", str(folder / "site"), str(folder / "source")]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def avvik(site: Path | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    path = os.pathsep.join([str(ROOT), *([str(site)] if site else [])])
    return subprocess.run([sys.executable, "-m", "flows.cli", *arguments], env={**own, "PYTHONPATH": path},
                          capture_output=True, text=True, check=False)


def test_the_rule_is_listed_and_explained(installed: Path) -> None:
    explained = avvik(installed, "detectors", "ST01")
    assert explained.returncode == 0 and "Skolresor när skolan är stängd" in explained.stdout, explained.stderr
    without = avvik(None, "detectors", "ST01")
    assert without.returncode == 2, "without the package there is no such rule"


def test_a_rule_that_is_refused_says_why(installed: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(installed, site)
    (rule,) = site.rglob("ST01_*.sql")
    rule.write_text(rule.read_text(encoding="utf-8").replace("severity: 3", "severity: 9"), encoding="utf-8")
    for arguments, code in ((["detectors", "ST01"], 2), (["detectors"], 0)):
        told = avvik(site, *arguments)
        assert told.returncode == code and "ST01_trips_without_school.sql: severity" in told.stderr, told.stderr


def test_a_night_reads_its_export_and_runs_its_rule(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "school_trips_2026-11-22.csv").write_text(TRIPS, encoding="utf-8")
    night = avvik(installed, "night", "--inbox", str(tmp_path / "inbox"), "--workspace", str(tmp_path / "ws"),
                  "--as-of", "2026-11-22")
    assert night.returncode == 0, night.stdout + night.stderr
    run = tmp_path / "ws" / "latest"
    (found,) = pq.read_table(run / "findings.parquet").to_pylist()
    assert (found["detector_id"], found["domain"], found["subject_id"]) == ("ST01", "school_transport", "p1")
    assert float(found["amount_sek"]) == 900 and json.loads(found["facts"]) == {"n": 2}
    assert [(e["dataset"], e["line"]) for e in found["evidence"]] == [("school_trips", 2), ("school_trips", 3)]
    kept = json.loads((run / "detectors.json").read_text(encoding="utf-8"))
    assert kept["ST01"]["title"]["en"] == "School trips when school is closed"
