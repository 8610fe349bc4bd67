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

from reports.html import group_pages
from reports.load import load_run
from reports.model import GroupModel
from reports.page import write_file
from tests.reports.run_builder import build

ROWS = {5_000: 10}  # times the evidence of the builder's large run, so that the rows do not all fit the list page
GATES: dict[int, dict[str, float | None]] = {
    5_000: {"MB": 2.0, "usable": 500, "sort": 100, "filter": 100, "search": 100, "heap": None},
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
    """Write the pages of `subjects` subjects; returns seconds, MB of the list page and of the side pages."""
    run = load_run(build(folder / "run", providers=subjects, rows=ROWS.get(subjects, 1)))
    started = time.process_time()
    model = GroupModel(run, run.groups["sg-hemtjanst"], "sv")
    pages = group_pages(model)
    seconds = time.process_time() - started
    sizes = {name: write_file(folder / "page" / name, text).stat().st_size / 1e6 for name, text in pages.items()}
    listed = sizes.pop("index.html")
    cases = range(len(model.cases))
    return {"MB": listed, "written": seconds, "sides": len(sizes), "side_MB": sum(sizes.values()),
            "largest_MB": max(sizes.values(), default=0.0),
            "rows": statistics.mean(model.rows_kept(at) for at in cases)}


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


def open_side(browser: Any, path: Path) -> float:
    """Milliseconds from navigation to the first case of a side page, as the link from the list page opens it."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    link = page.get_attribute("#cases tbody a", "href")
    times = []
    for _ in range(3):
        page.goto("about:blank")
        page.goto(path.as_uri() + link)
        page.wait_for_selector("html[data-ready]", timeout=60_000)
        times.append(float(page.get_attribute("html", "data-ready")))
    return statistics.median(times)


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
            side = next(iter(sorted((Path(name) / "page").glob("cases-*.html"))), None)
            out["side"] = open_side(browser, side) if side else 0.0
            browser.close()
    return {**out, **{key: statistics.median(load[key] for load in loads) for key in loads[0]}}


def report(results: dict[int, dict[str, float]], repeat: int, load: float) -> str:
    """The figures as a page of the handbook."""
    names = (("MB", "list page, MB", 2), ("usable", "usable after, ms", 0), ("sort", "sort, ms", 0),
             ("filter", "filter, ms", 0), ("search", "search, ms", 0), ("case", "open a case, ms", 0),
             ("heap", "heap, MB", 0), ("rows", "rows of evidence a case, mean", 1), ("sides", "side pages", 0),
             ("side_MB", "side pages together, MB", 1), ("largest_MB", "largest of them, MB (10)", 1),
             ("side", "open a case on a side page, ms", 0), ("written", "pages made in, CPU s", 1))
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
              "cases that are unpacked only when one is opened; 50 rows are drawn at a time. The list page has 200 "
              "rows of evidence a case, or as many as its budget allows (1.8 MB up to 5,000 subjects, 9.5 MB from "
              "50,000 on) and at least one a finding; a large one has fewer nights of history. A case that has more "
              "rows stands whole on a side page (`cases-01.html` ..), linked from its view. Side pages go by unit or "
              "area: a large unit has pages of its own, small ones share one. Should not even one row a case fit in "
              "10 MB, the list stays whole and every case is on a side page. Beyond 200 rows a finding the run itself "
              "keeps the first 200 and the number of all.", ""]
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
