"""CPU seconds of every rule at several sizes of one town, how they grow, and the slowest five.

    python -m benchmarks.detectors --scales 0.1 1 4 --write docs/detector-speed.md [--towns FOLDER]

Seconds are CPU seconds over all cores, which other work on the machine hardly changes. Growth is the exponent g of
seconds ~ rows^g between the smallest and the largest size, told only for rules that take at least 20 ms at the
largest (below that the clock measures statements, not rows). Sizes count rows of visits. With --towns the generated
exports are kept in that folder and taken from there the next time.
"""

from __future__ import annotations

import argparse
import datetime
import math
import os
import platform
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from data_samples import generate  # noqa: E402
from detectors import run  # noqa: E402
from tests.detectors.loaded_town import AS_OF, LoadedTown, catalogue, load_exports, load_town  # noqa: E402

NOTICEABLE = 0.02  # seconds


def _town(scale: float, seed: int, towns: Path | None) -> LoadedTown:
    threads = os.cpu_count() or 2
    if towns is None:
        return load_town(scale, seed, threads=threads)
    folder = towns / f"scale-{scale:g}-seed-{seed}"
    if not (folder / "truth" / "planted.yaml").is_file():
        generate(folder / "in", scale, seed, AS_OF, "mixed", mess=False, truth=folder / "truth")
    return load_exports(folder, threads)


def measure(scale: float, seed: int, repeats: int,
            towns: Path | None = None) -> tuple[dict[str, float], int, float, float]:
    """Best of `repeats` CPU seconds by rule, rows of visits, CPU seconds of the shared views, wall seconds of all."""
    town = _town(scale, seed, towns)
    part = catalogue()
    rows = town.connection.execute("SELECT count(*) FROM home_care_visits").fetchall()[0][0]
    seconds: dict[str, float] = {}
    views = wall = math.inf
    for _ in range(repeats):
        populations: dict[tuple[str, str], int] = {}
        clock, began = time.perf_counter(), time.process_time()
        run.prepare(town.connection, part, town.settings, AS_OF)
        views = min(views, time.process_time() - began)
        for code, detector in part.detectors.items():
            began = time.process_time()
            outcome = run.run_one(town.connection, detector, town.settings, AS_OF, town.delivered, part,
                                  populations).outcome
            if outcome == "ran":
                seconds[code] = min(seconds.get(code, math.inf), time.process_time() - began)
        wall = min(wall, time.perf_counter() - clock)
    town.connection.close()
    return seconds, rows, views, wall


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scales", type=float, nargs="+", default=[0.1, 1.0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--towns", type=Path, help="folder of generated exports, filled where they are missing")
    parser.add_argument("--write", type=Path, help="write the table to this Markdown file")
    options = parser.parse_args()
    found = {}
    for scale in sorted(options.scales):
        found[scale] = measure(scale, options.seed, options.repeats, options.towns)
        print(f"scale {scale}: {sum(found[scale][0].values()):.1f} s", file=sys.stderr, flush=True)
    small, large = min(found), max(found)
    times = math.log(found[large][1] / found[small][1]) if large > small else 0.0
    codes = sorted(found[large][0], key=lambda code: -found[large][0][code])

    def growth(code: str) -> str:
        first, last = found[small][0].get(code), found[large][0][code]
        return f"{math.log(last / first) / times:.2f}" if times and first and last >= NOTICEABLE else "–"

    heads = [f"x{scale:g}" for scale in sorted(found)]
    lines = ["# Speed of the rules", "",
             f"Measured {datetime.date.today()} with `python -m benchmarks.detectors` on {os.cpu_count()} cores "
             f"({platform.machine()}), Python {platform.python_version()}; CPU seconds over all cores, "
             f"best of {options.repeats}, load of the machine at the end {os.getloadavg()[1]:.0f}. Visits: "
             + ", ".join(f"{found[s][1]:,} at x{s:g}" for s in sorted(found)) + ".", "",
             "Growth is the exponent of seconds over rows: 1 is linear, 2 quadratic.", "",
             "Slowest five: " + ", ".join(f"{c} {found[large][0][c]:.2f} s" for c in codes[:5]) + ".", "",
             "| rule | " + " | ".join(f"seconds {head}" for head in heads) + " | growth |",
             "|---|" + "---:|" * (len(heads) + 1),
             "| all rules | " + " | ".join(f"{sum(found[s][0].values()):.2f}" for s in sorted(found)) + " | |",
             "| shared views | " + " | ".join(f"{found[s][2]:.2f}" for s in sorted(found)) + " | |",
             "| wall, rules and views | " + " | ".join(f"{found[s][3]:.1f}" for s in sorted(found)) + " | |",
             *(f"| {code} | " + " | ".join(f"{found[s][0][code]:.3f}" if code in found[s][0] else "–"
                                          for s in sorted(found)) + f" | {growth(code)} |" for code in codes)]
    if options.write:
        options.write.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
