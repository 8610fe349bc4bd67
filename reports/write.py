"""Writes every report of a run: a page and a workbook a group, the overview, and the analyst's index."""

from __future__ import annotations

from pathlib import Path

from reports import page, words
from reports.html import group_page
from reports.lagesbild import overview_page
from reports.load import load_run
from reports.model import GroupModel
from reports.xlsx import workbook

LAGESBILD = "lagesbild"


def write_reports(run_dir: Path, language: str) -> list[Path]:
    """Write run_dir/reports and return the files. `language`: sv or en.

    Raises RunError when a file of the run is missing or unreadable, ValueError for another language. Each file is
    swapped in whole; the same run gives the same bytes.
    """
    words.texts(language)
    run = load_run(Path(run_dir))
    root, written, listed = Path(run_dir) / "reports", [], []
    for group in run.groups.values():
        if group.aggregates_only:
            continue
        model = GroupModel(run, group, language)
        written.append(page.write_file(root / group.id / "index.html", group_page(model)))
        written.append(page.write_file(root / group.id / "deviations.xlsx", workbook(model)))
        listed.append({"id": group.id, "title": words.pick(group.title, language), "cases": len(model.cases),
                       "new": sum(case["state"] == "new" for case in model.cases)})
    html, published = overview_page(run, language)
    written.append(page.write_file(root / LAGESBILD / "index.html", html))
    written.append(page.write_file(root / LAGESBILD / "published.json", page.to_json(published)))
    listed.append({"id": LAGESBILD, "title": words.texts(language)["page"]["lagesbild"], "cases": None, "new": None})
    index = page.render(
        "index.html.j2", language, run=run, reports=listed, has_docs=(run.folder / "data_docs" / "index.html").exists(),
        titles=lambda code: words.pick((run.detectors.get(code) or {}).get("title", code), language),
        failed_checks=[check for check in run.checks if not check["success"]])
    written.append(page.write_file(root / "index.html", index))
    root.chmod(0o700)
    return written
