"""The list of what concerns protected persons, for the one officer whom the settings name; outside `reports/`.

The same page and workbook as a group's, made from the restricted view of the run: whoever copies `reports/` to the
groups leaves it behind, and its folder is 0700.
"""

from __future__ import annotations

from pathlib import Path

from reports import page, protection, words
from reports.html import group_pages
from reports.load import load_run
from reports.model import GroupModel
from reports.xlsx import workbook
from schemas import protected
from schemas.groups import DOMAINS, SUBJECT_TYPES, Group


def write(run_dir: Path, language: str) -> list[Path]:
    """Write run_dir/restricted/index.html and deviations.xlsx; [] when the register says of nobody that they are.

    Raises RunError as load_run does.
    """
    marks = protected.read(run_dir)
    if not marks.known:
        return []
    model = GroupModel(load_run(run_dir, protection.RESTRICTED), group(marks.officer), language)
    folder = Path(run_dir) / protected.FOLDER
    files: dict[str, str | bytes] = {**group_pages(model), "deviations.xlsx": workbook(model)}
    return [page.write_file(folder / name, content) for name, content in files.items()]


def group(officer: str) -> Group:
    """A group of one reader, who sees every domain."""
    texts = {language: words.texts(language)["protected"] for language in words.LANGUAGES}
    return Group(
        id=protection.GROUP_ID, title={language: say["title"] for language, say in texts.items()}, domains=DOMAINS,
        ledger_services=("all",), subject_types=SUBJECT_TYPES, cross_domain=SUBJECT_TYPES, persons_visible=True,
        contact=officer or texts["sv"]["nobody"])
