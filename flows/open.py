"""`avvik open`: the newest report of a group in the browser.

What there is to open is read from the run's folder: one report a group, the overview, the analyst's index and the
audit page. Without a browser (a server, a cron job) the path is printed instead, so that it can be copied.
"""

from __future__ import annotations

import json
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.failures import UsageError
from flows.stored_state import record_of, run_folder
from schemas.workspace import Workspace
from schemas.yaml_files import nearest

INDEX, AUDIT, OVERVIEW = "index", "audit", "lagesbild"


@dataclass(frozen=True)
class Report:
    """A page of a run that can be opened by `name`."""

    name: str
    title: str
    path: Path


def open_report(group: str | None, workspace: Path, run_id: str, print_only: bool) -> int:
    """Open (or print) one report; without a group list what there is. 0, or UsageError naming the valid groups."""
    if not workspace.is_dir():
        raise UsageError(f"{workspace}: no such folder. Name the workspace that the night was run in.")
    folder = run_folder(Workspace(workspace), run_id)
    record_of(folder)  # that of a newer version is refused
    reports = reports_of(folder)
    if not reports:
        raise UsageError(f"run {folder.name} has no reports: run the night again.")
    if group is None:
        print(f"{folder.name}\n")
        print("\n".join(listing(reports)))
        return 0
    found = next((report for report in reports if group.strip().lower() in (report.name, report.title.lower())), None)
    if found is None:
        names = [report.name for report in reports]
        raise UsageError("\n".join([f"run {folder.name} has no report '{group}'{nearest(group, names)}",
                                    *listing(reports)]))
    if print_only or not _shown(found.path):
        print(found.path)
    else:
        print(f"{found.title}: {found.path}", file=sys.stderr)
    return 0


def reports_of(folder: Path) -> list[Report]:
    """The pages that are there, in the order of the run's groups, then overview, index and audit page."""
    meta, groups = (_json(folder / name) for name in ("run.json", "groups.json"))
    english = meta.get("language") == "en"
    titles = {name: (group.get("title") or {}).get("en" if english else "sv", name) for name, group in groups.items()}
    titles.setdefault(OVERVIEW, "Overview" if english else "Lägesbild")
    pages = [(name, titles[name], folder / "reports" / name / "index.html") for name in sorted(
        titles, key=lambda name: (name == OVERVIEW, list(titles).index(name)))]
    pages.append((INDEX, "Index of the run" if english else "Körningens index", folder / "reports" / "index.html"))
    pages.append((AUDIT, "Audit of the run" if english else "Granskning av körningen", folder / "audit" / "index.html"))
    return [Report(*page) for page in pages if page[2].is_file()]


def listing(reports: list[Report]) -> list[str]:
    """A line a report: the name to type and its title."""
    wide = max(len(report.name) for report in reports)
    return [f"  {report.name.ljust(wide)}  {report.title}" for report in reports]


def _shown(path: Path) -> bool:
    """Whether a browser took the page."""
    try:
        return webbrowser.open(path.as_uri())
    except webbrowser.Error:
        return False


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError(f"{path.name} in {path.parent.name} is missing or damaged: run the night again.") from None
