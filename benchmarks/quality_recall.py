"""What the rules catch and what they disturb, on generated towns of several seeds and difficulties.

    python -m benchmarks.quality_recall --seeds 1 2 3 --write docs/quality.md

For every town all rules run with the default limits, every legal gate open. Recall: a planted subject has a finding of
the rule it was planted for (own), or of any rule that is not exculpating (any). Look-alikes are innocent by
construction: what fires on them is listed, and a finding of kind impossible is a fault. Clean providers are those
that neither a scheme nor a look-alike touched.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.detectors.loaded_town import load_town, run_rules  # noqa: E402

LEVELS = ("easy", "medium", "hard")
HARD = ("impossible", "breach")


def measure(scale: float, seed: int, difficulty: str, schemes: int | None) -> dict[str, Any]:
    """One town as plain data: planted and caught, look-alikes that fired, clean providers that fired."""
    town = load_town(scale, seed, difficulty, threads=2, schemes=schemes)
    findings, ledger = run_rules(town)
    by_subject: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for finding in findings:
        if finding["kind"] != "exculpating":
            by_subject[finding["subject_type"], finding["subject_id"]].append(finding)
    entries = [entry for entry in town.truth["planted"] if entry["subject_id"] != "*"]
    planted = {(e["subject_type"], e["subject_id"]) for e in entries if e["kind"] == "planted"}
    touched = {(e["subject_type"], e["subject_id"]) for e in entries}
    caught, alike = [], []
    for entry in entries:
        subject = (entry["subject_type"], entry["subject_id"])
        fired = sorted({f["detector_id"] for f in by_subject.get(subject, [])})
        if entry["kind"] == "planted":
            caught.append({"scheme": entry["scheme"], "difficulty": entry["difficulty"], "subject": list(subject),
                           "own": entry["scheme"] in fired, "any": bool(fired), "fired": fired})
        elif subject not in planted:
            alike.append({"scheme": entry["scheme"], "subject": list(subject), "note": entry["note"],
                          "fired": sorted({(f["detector_id"], f["kind"]) for f in by_subject.get(subject, [])})})
    everyone = {("provider", row[0]) for row in town.connection.execute("SELECT provider_id FROM providers").fetchall()}
    clean = everyone - touched
    noisy = {subject: sorted({f["detector_id"] for f in by_subject.get(subject, []) if f["kind"] in HARD})
             for subject in clean}
    return {"seed": seed, "difficulty": difficulty, "scale": scale, "planted": caught, "lookalikes": alike,
            "clean_providers": len(clean), "noisy": {s[1]: rules for s, rules in noisy.items() if rules},
            "shares": {code: [row.fired, row.population] for code, row in ledger.items() if row.outcome == "ran"},
            "silent": {code: row.reason_en for code, row in ledger.items() if row.outcome != "ran"},
            "fired": dict(Counter(f["detector_id"] for f in findings))}


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head),
            *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]


def report(towns: list[dict[str, Any]]) -> list[str]:
    """The measurements as Markdown."""
    tried: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for town in towns:
        for row in town["planted"]:
            tried[row["scheme"], row["difficulty"]].append(row)
    schemes = sorted({scheme for scheme, _ in tried})

    def share(rows: list[dict[str, Any]], key: str) -> str:
        return f"{sum(row[key] for row in rows)}/{len(rows)}" if rows else "–"

    totals = []
    for level in LEVELS:
        rows = [row for (_, d), group in tried.items() if d == level for row in group]
        if rows:
            totals.append([level, len(rows), f"{100 * sum(r['own'] for r in rows) / len(rows):.0f} %",
                           f"{100 * sum(r['any'] for r in rows) / len(rows):.0f} %"])
    lines = ["## Recall", "", *table(["difficulty", "planted subjects", "caught by own rule", "caught by any rule"],
                                     totals), "",
             "Own rule / any rule of the subjects planted, by scheme:", ""]
    lines += table(["scheme", *LEVELS], [[s, *(
        f"{share(tried[s, d], 'own')} · {share(tried[s, d], 'any')}" if tried[s, d] else "–" for d in LEVELS)]
        for s in schemes])
    alike = [row | {"town": f"{town['difficulty']} {town['seed']}"} for town in towns for row in town["lookalikes"]]
    fired = [row for row in alike if row["fired"]]
    bad = [row for row in fired if any(kind == "impossible" for _, kind in row["fired"])]
    own = [row for row in fired if any(code == row["scheme"] for code, _ in row["fired"])]
    lines += ["", "## Innocent look-alikes", "",
              f"{len(alike)} look-alikes; on {len(fired)} some rule fired, on {len(own)} the rule they resemble, "
              f"on {len(bad)} a rule of kind impossible.", ""]
    lines += table(["look-alike of", "rules that fired", "times"],
                   [[s, f, n] for (s, f), n in sorted(Counter(
                       (row["scheme"], ", ".join(f"{c} ({k})" for c, k in row["fired"])) for row in fired).items())])
    clean = sum(town["clean_providers"] for town in towns)
    noisy = Counter(code for town in towns for rules in town["noisy"].values() for code in rules)
    hit = sum(len(town["noisy"]) for town in towns)
    lines += ["", "## Clean providers", "",
              f"{hit} of {clean} clean providers ({100 * hit / clean:.1f} %) have a finding of kind breach or "
              "impossible; the quality bar is 5 %.", ""]
    lines += table(["rule", "clean providers"], [[code, n] for code, n in noisy.most_common()])
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--levels", nargs="+", default=list(LEVELS), choices=LEVELS)
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--schemes", type=int, help="schemes to plant in a town (default: every rule once)")
    parser.add_argument("--keep", type=Path, help="keep the raw measurements (JSON) here")
    parser.add_argument("--write", type=Path, help="write the tables to this Markdown file")
    options = parser.parse_args()
    towns = []
    for level in options.levels:
        for seed in options.seeds:
            towns.append(measure(options.scale, seed, level, options.schemes))
            print(f"{level} {seed}: {len(towns[-1]['planted'])} planted", file=sys.stderr, flush=True)
            if options.keep:
                options.keep.write_text(json.dumps(towns, ensure_ascii=False, indent=1), encoding="utf-8")
    lines = ["# Quality of the rules on generated towns", "",
             f"Measured {datetime.date.today()} with `python -m benchmarks.quality_recall`; scale {options.scale}, "
             f"seeds {', '.join(map(str, options.seeds))}, Python {platform.python_version()}, {os.cpu_count()} cores "
             f"({platform.machine()}). The generator's schemes vary in size and subtlety; the rules run with their "
             "default limits and every legal gate open. Generated data flatter a rule: the figures compare versions of "
             "the catalogue and do not promise a share of real cases.", "", *report(towns)]
    if options.write:
        options.write.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
