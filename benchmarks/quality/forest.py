"""The forest's seconds and memory on many entities, and how alike its orders are over seeds.

    python benchmarks/quality/forest.py [--rows 1000000] [--columns 30] [--explained 5000]
    python benchmarks/quality/forest.py --stability [--rows 500] [--seeds 20]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from detectors.isolation_forest import contributions, fit, stability  # noqa: E402
from detectors.peer_comparison import compare  # noqa: E402


def table(rows: int, columns: int) -> pd.DataFrame:
    """Skewed, correlated, a tenth of one column missing, one row in a hundred moved in a few columns."""
    random = np.random.default_rng(1)
    values = random.lognormal(0, 0.8, (rows, columns)).astype(np.float32)
    values *= random.lognormal(0, 0.5, (rows, 1)).astype(np.float32)
    odd = random.choice(rows, rows // 100, replace=False)
    values[np.ix_(odd, random.choice(columns, 3, replace=False))] *= 6
    values[random.random(rows) < 0.1, 0] = np.nan
    return pd.DataFrame(values, columns=[f"x{place}" for place in range(columns)])


@contextmanager
def timed(told: dict[str, object], name: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told[name] = {"wall": round(time.perf_counter() - wall, 1), "cpu": round(time.process_time() - cpu, 1)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--explained", type=int, default=5_000)
    parser.add_argument("--stability", action="store_true")
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    rows = options.rows or (500 if options.stability else 1_000_000)
    told: dict[str, object] = {"rows": rows, "columns": options.columns, "cores": len(os.sched_getaffinity(0)),
                               "load_at_start": [round(value, 1) for value in os.getloadavg()]}
    data = table(rows, options.columns)
    with timed(told, "compare"):
        compared = compare(data)
    if options.stability:
        told |= asdict(stability(compared, range(options.seeds)))
    else:
        with timed(told, "fit_and_score"):
            model, scores = fit(compared, 1)
        with timed(told, "explain"):
            contributions(model, compared, np.argsort(-scores)[:options.explained])
        told["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
