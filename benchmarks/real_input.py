"""Nights on all of the real ledgers and the Norwegian register: counts, seconds, findings by rule.

    python benchmarks/real_input.py [--data ../shared/data] [--keep FOLDER] [--json FILE]

The data are not ours and not in this repository (see examples/). Each source is one first night with the mappings of
its example. Prints markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import runpy
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import measuring
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
# name in make_inbox.py: folder below the data, settings, the day judged from (the end of what was published)
SOURCES = {
    "leeds": ("uk_council_spend/leeds/raw", "uk_council_spend/leeds", "2020-07-31"),
    "calderdale": ("uk_council_spend/calderdale/clean", "uk_council_spend/calderdale", "2022-12-31"),
    "north_tyneside": ("uk_council_spend/northtyneside/clean", "uk_council_spend/north_tyneside", "2019-12-31"),
    "faith": ("norway_faith_grants", "norway_faith_grants", "2017-12-31"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("AVVIK_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--keep", type=Path, help="keep the workspaces here, to read the reports")
    parser.add_argument("--json", type=Path, help="also write everything that was measured here")
    options = parser.parse_args()
    if not options.data.is_dir():
        raise SystemExit(f"{options.data}: the real data are not here; name their folder with --data")
    measured: dict[str, Any] = {"date": date.today().isoformat(), "machine": measuring.machine(), "nights": {}}
    with tempfile.TemporaryDirectory(prefix="avvik-real-") as temporary:
        base = options.keep or Path(temporary)
        measuring.warm(base / "prefect")
        for name in SOURCES:
            measured["nights"][name] = one_night(name, options.data, base)
    print(told(measured))
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1, default=str) + "\n", encoding="utf-8")


def one_night(name: str, data: Path, base: Path) -> dict[str, Any]:
    """Lay the files out, run a first night, count."""
    folder, example, as_of = SOURCES[name]
    inbox, workspace = base / f"{name}-inbox", base / name
    for place in (inbox, workspace):
        shutil.rmtree(place, ignore_errors=True)
    inbox.mkdir(parents=True)
    lay_out = runpy.run_path(str(EXAMPLES / "make_inbox.py"))
    if name == "faith":
        files = lay_out["faith"](data / folder, inbox)
    else:
        files = lay_out["ledger"](name, data / folder, inbox, None)
    cost = measuring.run([sys.executable, "-m", "flows.cli", "night", "--inbox", str(inbox), "--workspace",
                          str(workspace), "--as-of", as_of, "--settings", str(EXAMPLES / example / "settings.yaml")],
                         {"PYTHONPATH": str(ROOT)})
    if cost.exit_code > 1:
        raise SystemExit(f"the night on {name} failed:\n{cost.output}")
    run = workspace / "latest"
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    accounts = pq.read_table(run / "reconciliation.parquet").to_pylist()
    findings = pq.read_table(run / "findings.parquet").to_pylist()
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in findings:
        sums[row["detector_id"]] += row["amount_sek"] or 0
    subjects = Counter(code for code, _ in {(row["detector_id"], row["subject_id"]) for row in findings})
    return {
        "files": files, "exit_code": cost.exit_code, "wall": cost.wall, "cpu": cost.cpu, "peak_mb": cost.peak_mb,
        "seconds": record["seconds"], "rows": record["counts"]["rows"],
        "money": sum((row["sek_received"] or 0 for row in accounts), Decimal(0)),
        "problems": Counter(problem["rule"] for problem in record["problems"]),
        "detectors": record["counts"]["detectors"],
        "findings": {code: {"subjects": subjects[code], "findings": n, "amount": sums[code]}
                     for code, n in sorted(Counter(row["detector_id"] for row in findings).items())},
    }


def told(measured: dict[str, Any]) -> str:
    """Everything measured as markdown."""
    machine, nights = measured["machine"], measured["nights"]
    lines = [measuring.said_of(measured["date"], machine), ""]
    buckets = ("received", "loaded", "replaced", "quarantined", "skipped", "refused")
    lines.append(measuring.table(
        ["night", "files", *buckets, "money received", "wall s", "CPU s", "peak MB"],
        [(name, night["files"], *(night["rows"][bucket] for bucket in buckets), f"{night['money']:,.2f}",
          night["wall"], night["cpu"], night["peak_mb"]) for name, night in nights.items()]))
    for name, night in nights.items():
        lines += ["", f"### {name}: exit {night['exit_code']}, detectors {night['detectors']}, "
                      f"problems {dict(night['problems'])}", ""]
        lines.append(measuring.table(["rule", "subjects", "findings", "amount"], [
            (code, row["subjects"], row["findings"], f"{row['amount']:,.0f}")
            for code, row in night["findings"].items()]))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
