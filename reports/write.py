"""Writes the reports of one run: a page and a workbook a group, the overview, the audit page, the run's index.

Each report stands alone: one that cannot be made costs its own group the report and nobody else's, and of a report
that failed half-way nothing is left.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from reports import page, restricted, words
from reports.audit import audit_page
from reports.html import group_pages
from reports.index import index_page
from reports.lagesbild import overview_page
from reports.load import Run, load_run
from reports.model import GroupModel
from reports.xlsx import workbook

LAGESBILD = "lagesbild"
AUDIT = "audit"

# Guards one report: (name, Swedish, English) -> a context that may swallow its error and remember it. The default
# guards nothing.
Part = Callable[[str, str, str], AbstractContextManager[Any]]


def _unguarded(name: str, swedish: str, english: str) -> AbstractContextManager[Any]:
    return contextlib.nullcontext()


def write_reports(run_dir: Path, language: str, earlier: Sequence[Path] = (), part: Part = _unguarded) -> list[Path]:
    """Write run_dir/reports and run_dir/audit/index.html and return the files. `language`: sv or en.

    earlier: folders of earlier runs, whose published overviews this one may be compared with. part: guards each
    report; when it swallows an error the other reports are still written and the index says what is missing.

    Raises RunError when a file of the run is missing or unreadable, ValueError for another language. Each file is
    swapped in whole; the same run gives the same bytes.
    """
    writer = _Writer(load_run(Path(run_dir)), language, part)
    for group in writer.run.groups.values():
        if not group.aggregates_only:
            writer.group(group)
    writer.overview(earlier)
    writer.audit()
    writer.index()
    with part("restricted", "Listan för skyddade personuppgifter", "The list of protected persons"):
        writer.written += restricted.write(Path(run_dir), language)
    return writer.written


class _Writer:
    """The reports of a run as they get written; `listed` is what the index will show."""

    def __init__(self, run: Run, language: str, part: Part) -> None:
        self.run, self.language, self.part = run, language, part
        self.text = words.texts(language)
        self.root = run.folder / "reports"
        self.written: list[Path] = []
        self.listed: list[dict[str, Any]] = []

    def group(self, group: Any) -> None:
        """The page and the workbook of one group."""
        row = {"id": group.id, "title": words.pick(group.title, self.language), "cases": None, "new": None}

        def make() -> dict[str, str | bytes]:
            model = GroupModel(self.run, group, self.language)
            head = model.head()
            row.update(cases=head["deviations"], new=head["new"])
            return {**group_pages(model), "deviations.xlsx": workbook(model)}

        row["done"] = self._make(self.root / group.id, make, f"Rapporten {words.pick(group.title, 'sv')} ({group.id})",
                                 f"The report {words.pick(group.title, 'en')} ({group.id})")
        self.listed.append(row)

    def overview(self, earlier: Sequence[Path]) -> None:
        """The overview and its published numbers."""
        def make() -> dict[str, str | bytes]:
            html, published = overview_page(self.run, self.language, earlier)
            return {"index.html": html, "published.json": page.to_json(published)}

        done = self._make(self.root / LAGESBILD, make, f"Lägesbilden ({LAGESBILD})", f"The overview ({LAGESBILD})")
        self.listed.append({"id": LAGESBILD, "title": self.text["page"]["lagesbild"], "cases": None, "new": None,
                            "done": done})

    def audit(self) -> None:
        """The audit page, outside reports/: it is given to no group."""
        self.audited = self._make(self.run.folder / AUDIT, lambda: {"index.html": audit_page(self.run, self.language)},
                                  f"Granskningssidan ({AUDIT})", f"The audit page ({AUDIT})")

    def index(self) -> None:
        """The analyst's page, last: it links what was written and names what was not."""
        html = index_page(self.run, self.language, self.listed, self.audited)
        self._write({self.root / "index.html": html})
        self.root.chmod(0o700)

    def _make(self, folder: Path, make: Callable[[], dict[str, str | bytes]], swedish: str, english: str) -> bool:
        """Make all files of one report, then write them; True when they are there."""
        with self.part(folder.relative_to(self.run.folder).as_posix(), swedish, english):
            self._write({folder / name: content for name, content in make().items()})
            return True
        return False  # the part has swallowed an error and kept it as a problem of the night

    def _write(self, files: dict[Path, str | bytes]) -> None:
        """All of the files or none of them."""
        try:
            for path, content in files.items():
                page.write_file(path, content)
        except BaseException:
            for path in files:
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                next(iter(files)).parent.rmdir()  # only when nothing else is in it
            raise
        self.written += files
