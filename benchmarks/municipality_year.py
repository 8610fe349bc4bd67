"""A whole night on a generated municipality-year, against DuckDB merely reading the same files.

    python benchmarks/municipality_year.py [--inbox FOLDER] [--scale 0.1 1 4] [--repeat 3] [--json FILE]

Without --inbox the exports are generated into a temporary folder; a given folder is filled when it is empty and kept
(with several scales: one folder a scale inside it). Prints markdown, writes JSON. Nothing else should run meanwhile;
the load at the start is reported.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import measuring
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-11-22"
THREADS = 2
ONE_PROVIDER = "provider_id;name;org_form;services;registered_on\np1;Alfa Omsorg;ab;home_care;2015-03-01\n"
# What the night imports before it can begin, and before it can validate.
STARTS = {
    "Python, DuckDB, contracts": "import duckdb; from schemas.contract import load_contracts; load_contracts()",
    "Prefect": "from flows.local_engine import quiet_environment as q; from pathlib import Path; q(Path('{home}')); "
               "import flows.night",
    "Great Expectations": "import schemas.quality_gx, schemas.quality_docs",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inbox", type=Path, help="folder of the exports, filled when empty")
    parser.add_argument("--scale", type=float, nargs="+", default=[1.0])
    parser.add_argument("--repeat", type=int, default=1, help="runs of each, the median is shown")
    parser.add_argument("--json", type=Path, help="also write everything that was measured here")
    parser.add_argument("--keep", type=Path, help="keep the workspace of the last night here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="avvik-bench-") as temporary:
        base = options.inbox or Path(temporary) / "inbox"
        measuring.warm(Path(temporary) / "prefect")
        measured: dict[str, Any] = {"date": date.today().isoformat(), "machine": measuring.machine(),
                                    "threads": THREADS, "fixed": fixed(Path(temporary), options.repeat), "scales": []}
        for scale in options.scale:
            inbox = base if len(options.scale) == 1 else base / f"scale-{scale:g}"
            measured["scales"].append(one_scale(inbox, scale, options.repeat, Path(temporary), options.keep))
    print(told(measured))
    if options.json:
        options.json.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


def fixed(temporary: Path, repeat: int) -> dict[str, Any]:
    """Seconds that do not depend on the data: bare imports, and a night on a register of one row."""
    starts = {}
    for name, script in STARTS.items():
        command = [sys.executable, "-c", script.replace("{home}", str(temporary / "prefect"))]
        starts[name] = _median([measuring.run(command) for _ in range(repeat)])
    inbox = temporary / "one-row"
    inbox.mkdir()
    (inbox / f"providers_{AS_OF}.csv").write_text(ONE_PROVIDER, encoding="utf-8")
    nights = [_night(inbox, temporary / "one-row-workspace", None)[0] for _ in range(repeat)]
    return {"starts": starts, "night_on_one_row": _median(nights)}


def one_scale(inbox: Path, scale: float, repeat: int, temporary: Path, keep: Path | None) -> dict[str, Any]:
    """Generate if needed, then `repeat` times a bare read and a first night."""
    settings = inbox.with_name(inbox.name + "-truth") / "settings.yaml"
    if not inbox.is_dir() or not any(inbox.iterdir()):
        from data_samples import generate

        began = time.perf_counter()
        generate(inbox, scale, 1, date.fromisoformat(AS_OF), mess=False, truth=settings.parent)
        print(f"generated scale {scale:g} in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    bare, on_disk, nights, records = [], [], [], []
    workspace = keep or temporary / "workspace"
    for _ in range(repeat):
        bare.append(_bare(inbox, ":memory:"))
        on_disk.append(_bare(inbox, str(temporary / "bare.duckdb")))
        (temporary / "bare.duckdb").unlink()
        cost, record = _night(inbox, workspace, settings if settings.is_file() else None)
        nights.append(cost)
        records.append(record)
    rows = json.loads(bare[-1].output)["rows"]
    stages = {name: statistics.median(record["seconds"].get(name, 0.0) for record in records)
              for name in records[-1]["seconds"]}
    ledger = pq.read_table(workspace / "latest" / "ledger.parquet").to_pylist()
    slowest = sorted(ledger, key=lambda row: -(row["seconds"] or 0))[:5]
    size = sum(path.stat().st_size for path in inbox.iterdir())
    result = {
        "scale": scale, "files": len(rows), "rows": rows, "rows_in_all": sum(rows.values()), "csv_mb": size / 1e6,
        "bare_read": _median(bare), "bare_read_on_disk": _median(on_disk), "night": _median(nights),
        "stages": stages, "start_and_end": _median(nights)["wall"] - sum(stages.values()),
        "warehouse_mb": (workspace / "avvik.duckdb").stat().st_size / 1e6,
        "findings": records[-1]["counts"]["findings"], "detectors": records[-1]["counts"]["detectors"],
        "slowest": [{name: row[name] for name in ("detector_id", "outcome", "seconds", "findings")} for row in slowest],
    }
    if keep is None:
        shutil.rmtree(workspace)
    return result


def _bare(inbox: Path, database: str) -> measuring.Cost:
    cost = measuring.run([sys.executable, str(Path(__file__).with_name("bare_read.py")), str(inbox), str(THREADS),
                          database])
    if cost.exit_code:
        raise SystemExit(f"the bare read failed:\n{cost.output}")
    return cost


def _night(inbox: Path, workspace: Path, settings: Path | None) -> tuple[measuring.Cost, dict[str, Any]]:
    """A first night: the workspace is emptied before it."""
    shutil.rmtree(workspace, ignore_errors=True)
    command = [sys.executable, "-m", "flows.cli", "night", "--inbox", str(inbox), "--workspace", str(workspace),
               "--as-of", AS_OF, *(["--settings", str(settings)] if settings else [])]
    cost = measuring.run(command, {"PYTHONPATH": str(ROOT)})
    if cost.exit_code > 1:
        raise SystemExit(f"the night failed:\n{cost.output}")
    return cost, json.loads((workspace / "latest" / "run.json").read_text(encoding="utf-8"))


def _median(costs: list[measuring.Cost]) -> dict[str, float]:
    return {name: statistics.median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak_mb")}


def told(measured: dict[str, Any]) -> str:
    """Everything measured as markdown."""
    machine, fixed_cost = measured["machine"], measured["fixed"]
    lines = [measuring.said_of(measured["date"], machine),
             "", "Fixed, whatever the data:", ""]
    starts = [(f"import: {name}", cost["wall"], cost["cpu"]) for name, cost in fixed_cost["starts"].items()]
    one = fixed_cost["night_on_one_row"]
    rows = [*starts, ("a night on one row", one["wall"], one["cpu"])]
    lines.append(measuring.table(["what", "wall s", "CPU s"], rows))
    start = {kind: sum(fixed_cost["starts"][name][kind] for name in ("Prefect", "Great Expectations"))
             for kind in ("wall", "cpu")}
    for found in measured["scales"]:
        bare, disk, night = found["bare_read"], found["bare_read_on_disk"], found["night"]
        lines += ["", f"## Scale {found['scale']:g}: {found['rows_in_all']:,} rows in {found['files']} files, "
                      f"{found['csv_mb']:,.0f} MB of CSV", ""]
        lines.append(measuring.table(["what", "wall s", "CPU s", "peak MB"], [
            ("DuckDB reads the files, in memory", bare["wall"], bare["cpu"], bare["peak_mb"]),
            ("DuckDB reads the files, to disk", disk["wall"], disk["cpu"], disk["peak_mb"]),
            ("the whole night", night["wall"], night["cpu"], night["peak_mb"])]))
        shares = [(name, seconds) for name, seconds in found["stages"].items()]
        lines += ["", measuring.table(["stage", "wall s"], [*shares, ("start and end", found["start_and_end"])]), ""]
        heading = ["night / bare read", "wall", "CPU", "wall less fixed start", "CPU less fixed start"]
        lines.append(measuring.table(heading, [
            (label, *(night[kind] / base[kind] for kind in ("wall", "cpu")),
             *((night[kind] - start[kind]) / base[kind] for kind in ("wall", "cpu")))
            for label, base in (("in memory", bare), ("to disk", disk))]))
        lines += ["", f"Findings {found['findings']:,}, detectors {found['detectors']}, "
                      f"warehouse {found['warehouse_mb']:,.0f} MB. Slowest detectors:", ""]
        lines.append(measuring.table(["detector", "seconds", "findings"], [
            (row["detector_id"], row["seconds"], row["findings"] or 0) for row in found["slowest"]]))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
