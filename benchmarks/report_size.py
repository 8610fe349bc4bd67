"""Size and speed of a group's page in headless Chromium: gates U1 (5,000 subjects) and U2 (50,000).

    python -m benchmarks.report_size [--subjects 5000 50000] [--repeat 5] [--out docs/report-size.md]

The run is made up by the reports' own test builder (evidence for every subject, thirty nights of history). Seconds
are medians of fresh page loads; "usable" counts from the start of navigation until list and filters stand, sort and
filter from the event to the next painted frame; beside the wall time stands the CPU time of the page's main thread,
which does not follow what else the machine does. Sizes are held by tests as well, times only here.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from reports.html import group_page
from reports.load import load_run
from reports.model import GroupModel
from reports.page import write_file
from tests.reports.run_builder import build

GATES = {5_000: {"MB": 2.0, "usable": 500, "sort": 100, "filter": 100, "search": 100, "heap": None},
         50_000: {"MB": 12.0, "usable": 3000, "sort": 150, "filter": 150, "search": 150, "heap": 250}}

# Runs an action and waits for the frame that shows it.
PAINTED = """async act => {
  const started = performance.now();
  (0, eval)(act);
  await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
  return performance.now() - started;
}"""
ACTIONS = {
    "sort": "document.querySelector('th[data-sort=amount] button').click()",
    "filter": "{const k = document.querySelector('select[name=kind]'); k.value = k.value ? '' : 'impossible';"
              " k.dispatchEvent(new Event('change'))}",
    "search": "{const q = document.querySelector('input[name=q]'); q.value = q.value ? '' : 'lindens';"
              " q.dispatchEvent(new Event('input'))}",
}


def make_page(folder: Path, subjects: int) -> dict[str, float]:
    """Write the page of `subjects` subjects; returns seconds and MB."""
    run = load_run(build(folder / "run", providers=subjects))
    started = time.process_time()
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    text = group_page(model)
    seconds = time.process_time() - started
    path = write_file(folder / "page" / "index.html", text)
    return {"MB": path.stat().st_size / 1e6, "written": seconds}


def measure(page: Any, path: Path) -> dict[str, float]:
    """One fresh load: milliseconds and heap (MB after a garbage collection)."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        """CPU milliseconds the page's main thread has worked; unlike wall time it does not follow the load."""
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return 1000 * metrics["TaskDuration"]

    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    out = {"usable": float(page.get_attribute("html", "data-ready")), "usable_cpu": busy()}
    page.wait_for_timeout(600)  # the idle callback has prepared the search
    for name, act in ACTIONS.items():
        before, times = busy(), []
        for _ in range(5):
            times.append(page.evaluate(PAINTED, act))
        out[name], out[f"{name}_cpu"] = statistics.median(times), (busy() - before) / 5
    before, started = busy(), time.perf_counter()
    page.evaluate("location.hash = document.querySelector('#cases tbody a').getAttribute('href')")
    page.wait_for_selector("#case-title")
    out["case"], out["case_cpu"] = 1000 * (time.perf_counter() - started), busy() - before
    session.send("HeapProfiler.collectGarbage")
    out["heap"] = page.evaluate("performance.memory.usedJSHeapSize") / 1e6
    session.detach()
    return out


def run_size(subjects: int, repeat: int) -> dict[str, float]:
    """All figures of one size."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name:
        out = make_page(Path(name), subjects)
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=[
                "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info"])
            loads = []
            for _ in range(repeat):
                context = browser.new_context(viewport={"width": 1280, "height": 900})
                loads.append(measure(context.new_page(), Path(name) / "page" / "index.html"))
                context.close()
            browser.close()
    return {**out, **{key: statistics.median(load[key] for load in loads) for key in loads[0]}}


def report(results: dict[int, dict[str, float]], repeat: int, load: float) -> str:
    """The figures as a page of the handbook."""
    names = (("MB", "file, MB", 2), ("usable", "usable after, ms", 0), ("sort", "sort, ms", 0),
             ("filter", "filter, ms", 0), ("search", "search, ms", 0), ("case", "open a case, ms", 0),
             ("heap", "heap, MB", 0), ("written", "page made in, CPU s", 1))
    sizes = sorted(results)
    lines = ["# Size and speed of a report", "",
             "Made by `python -m benchmarks.report_size` (headless Chromium, medians of "
             f"{repeat} fresh loads, {os.cpu_count()} cores of {platform.machine()}, load {load:.1f} when started). "
             "Every subject has findings, evidence rows and thirty nights of history. "
             "The gate stands in brackets; CPU is what the page's main thread worked, which does not follow the load.",
             "",
             "| | " + " | ".join(f"{size:,} subjects" for size in sizes) + " |",
             "|---|" + "---:|" * len(sizes)]
    for key, label, digits in names:
        cells = []
        for size in sizes:
            gate = GATES.get(size, {}).get(key)
            cpu = results[size].get(f"{key}_cpu")
            cells.append(f"{results[size][key]:,.{digits}f}" + (f" ({gate:g})" if gate else "")
                         + ("" if cpu is None else f", CPU {cpu:,.0f}"))
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines += ["", "How: the list is one island in columns, packed with gzip and base64; case views are islands of 200 "
              "cases that are unpacked only when one is opened; 50 rows are drawn at a time. When a page would grow "
              "past its budget, evidence rows and nights of history a case are cut first (the workbook has all rows); "
              "every finding keeps at least one row.", ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Size and speed of a group's page")
    parser.add_argument("--subjects", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    load = os.getloadavg()[0]
    results = {}
    for subjects in args.subjects:
        results[subjects] = run_size(subjects, args.repeat)
        for key, value in results[subjects].items():
            gate = GATES.get(subjects, {}).get(key)
            verdict = "" if gate is None else "ok" if value <= gate else "OVER"
            print(f"{subjects:>7} {key:8} {value:10.2f} {gate or '':>6} {verdict}")
    if args.out:
        args.out.write_text(report(results, args.repeat, load), encoding="utf-8")


if __name__ == "__main__":
    main()
