"""The forest's seconds and memory on many entities, and how alike its orders are over seeds.

    python benchmarks/quality/forest.py [--rows 1000000] [--columns 30] [--explained 5000] [--outside]
    python benchmarks/quality/forest.py --stability [--rows 500] [--seeds 20]
    python benchmarks/quality/forest.py --town 0.5 [--town-seed 71] [--seeds 20]

--town generates a town and asks each forest of the catalogue: how alike are its orders over the seeds, what does it
cost beside all rules together (CPU seconds), and how early do the subjects come on whom something was planted.
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

from detectors.evaluation import auroc, average_precision  # noqa: E402
from detectors.isolation_forest import OUTSIDE, OWN, contributions, fit, stability  # noqa: E402
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


def town(scale: float, town_seed: int, seeds: int) -> None:
    """One JSON line a forest, then one for all rules together."""
    from detectors import run
    from detectors.detector import Catalogue
    from detectors.forest_findings import compared_rows
    from detectors.methods import NotComputable, bind
    from tests.detectors.loaded_town import AS_OF, catalogue, load_town, run_rules

    made = load_town(scale, town_seed, "mixed", threads=2)
    planted = {(e["subject_type"], e["subject_id"]) for e in made.truth["planted"] if e["kind"] == "planted"}
    began = time.process_time()
    run_rules(made)
    whole = time.process_time() - began
    spent, connection = 0.0, made.connection
    for detector in catalogue().detectors.values():
        if detector.method != "isolation_forest" or detector.status != "active":
            continue
        values = run.parameter_values(detector, made.settings, AS_OF)
        views = {name: view for name, view in catalogue().views.items() if name in detector.reads}
        run.prepare(connection, Catalogue({}, views), made.settings, AS_OF)
        began = time.process_time()
        run.run_one(connection, detector, made.settings, AS_OF, made.delivered, catalogue())
        alone = time.process_time() - began  # without the shared views, which other rules read too
        connection.execute(f"CREATE OR REPLACE TEMP TABLE candidate AS {detector.sql}", bind(detector.sql, values))
        told: dict[str, object] = {"code": detector.code}
        try:
            frame, compared, _ = compared_rows(connection, detector, values)
        except NotComputable as reason:
            print(json.dumps(told | {"not_computable": reason.en}), flush=True)
            continue
        began = time.process_time()
        scores = fit(compared, 1)[1]
        forest = time.process_time() - began
        spent += alone
        best = frame.assign(score=scores).groupby("subject_id")["score"].max()
        hit = np.array([(detector.subject_type, subject) in planted for subject in best.index])
        told |= {"rows": len(frame), "subjects": len(best), "features": len(compared.names), "cpu": round(alone, 2),
                 "cpu_forest": round(forest, 2), "planted": int(hit.sum())}
        told |= {name: round(measure(hit, best.to_numpy()), 3)
                 for name, measure in (("auroc", auroc), ("ap", average_precision))}
        print(json.dumps(told | asdict(stability(compared, range(seeds), top=20))), flush=True)
    print(json.dumps({"scale": scale, "seed": town_seed, "all_rules_cpu": round(whole, 1),
                      "forests_cpu": round(spent, 1)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns", type=int, default=30)
    parser.add_argument("--explained", type=int, default=5_000)
    parser.add_argument("--stability", action="store_true")
    parser.add_argument("--outside", action="store_true", help="the setting of avvik score")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--town", type=float, metavar="SCALE")
    parser.add_argument("--town-seed", type=int, default=71)
    options = parser.parse_args()
    if options.town:
        town(options.town, options.town_seed, options.seeds)
        return
    rows = options.rows or (500 if options.stability else 1_000_000)
    told: dict[str, object] = {"rows": rows, "columns": options.columns, "cores": len(os.sched_getaffinity(0)),
                               "load_at_start": [round(value, 1) for value in os.getloadavg()]}
    setting = OUTSIDE if options.outside else OWN
    data = table(rows, options.columns)
    with timed(told, "compare"):
        compared = compare(data)
    if options.stability:
        told |= asdict(stability(compared, range(options.seeds), setting=setting))
    else:
        with timed(told, "fit_and_score"):
            model, scores = fit(compared, 1, setting=setting)
        with timed(told, "explain"):
            contributions(model, compared, np.argsort(-scores)[:options.explained])
        told["peak_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)
    print(json.dumps(told))


if __name__ == "__main__":
    main()
