"""Gate S1: over two hundred payloads in every field that can reach a page, every page opened in Chromium.

0 dialogs, 0 policy reports, 0 requests, 0 errors, and the payload readable as text. Three controls (a naive data
island, innerHTML, the same page without a policy) show that the watch would have seen it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reports import page as pages
from reports import write_reports
from tests.chromium import Watched
from tests.gates.xss_payloads import payloads
from tests.reports.run_builder import build

pytestmark = pytest.mark.browser

BATCHES = 3
SUBJECTS = ("U000", "U001", "U004", "U007", "U900", "U901", "U902", "H001", "F000")
ROWS = 3  # of evidence a finding
# Words that are joined on or that our own code picks from a closed list; a run with others cannot be read at all.
CLOSED = {"finding_id", "subject_type", "kind", "domain", "method", "status", "concept", "severity", "org_form"}
CLOSED_IN = {"cases": {"state", "outcome_group"}, "ledger": {"outcome"}}
JSON_COLUMNS = {"facts", "values", "excluded_by"}


def _poisoned(value: Any, poison: str, closed: set[str]) -> Any:
    """Every text of nested data with the poison after it, keys of our own left alone."""
    if isinstance(value, dict):
        return {key: item if key in closed else _poisoned(item, poison, closed) for key, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, poison, closed) for item in value]
    return value + poison if isinstance(value, str) else value


def _small_run(folder: Path) -> Path:
    """The made-up run cut down to a few subjects, so that a page with large texts stays quick to open."""
    build(folder)
    kept = {row["finding_id"] for row in pq.read_table(folder / "findings.parquet").to_pylist()
            if row["subject_id"] in SUBJECTS or row["subject_type"] == "household"}
    for path in folder.glob("*.parquet"):
        rows = pq.read_table(path).to_pylist()
        if path.stem == "evidence":
            rows = [row for row in rows if row["finding_id"] in kept and row["ord"] < ROWS]
        elif path.stem in ("findings", "peers"):
            rows = [row for row in rows if row["finding_id"] in kept]
        elif path.stem in ("ranked", "cases", "subjects"):
            rows = [row for row in rows if row["subject_id"] in SUBJECTS or row["subject_type"] == "household"]
        pq.write_table(pa.Table.from_pylist(rows, schema=pq.read_schema(path)), path)
    return folder


def poison_run(folder: Path, poison: str) -> int:
    """Put the poison into every text of every file of the run; returns how many texts that was."""
    count = 0
    for path in folder.glob("*.parquet"):
        table, closed = pq.read_table(path), CLOSED | CLOSED_IN.get(path.stem, set())
        for at, field in enumerate(table.schema):
            if field.name in closed or not pa.types.is_string(field.type) or field.name == "back_because":
                continue
            values = table.column(at).to_pylist()
            if field.name in JSON_COLUMNS:
                data = [json.loads(value) if value else {} for value in values]
                values = [json.dumps({**_poisoned(one, poison, closed), "x" + poison: poison}
                                     if field.name != "excluded_by" else {poison: 4}) for one in data]
            else:
                values = [None if value is None else value + poison for value in values]
            count += len(values)
            table = table.set_column(at, field, pa.array(values, pa.string()))
        rows = table.to_pylist()
        for row in rows:
            for part in row.get("contributions") or []:
                part["detector_id"] += "" if part["detector_id"] in ("cap_unusual", "floor_zero") else poison
        pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), path)
    heads = json.loads((folder / "detectors.json").read_text(encoding="utf-8"))
    heads = {code + poison: _poisoned(head, poison, CLOSED) for code, head in heads.items()}
    run = _poisoned(json.loads((folder / "run.json").read_text(encoding="utf-8")), poison, {"as_of", "language"})
    groups = json.loads((folder / "groups.json").read_text(encoding="utf-8"))
    for group in groups.values():
        group["title"] = {language: text + poison for language, text in group["title"].items()}
        group["contact"] += poison
    for name, body in (("detectors", heads), ("run", run), ("groups", groups)):
        (folder / f"{name}.json").write_text(json.dumps(body, ensure_ascii=False), encoding="utf-8")
    return count


def _read_everything(watched: Watched, path: Path, fragments: list[str]) -> str:
    """Open a page, every case, card and fold of it, and the fragments; return all the text that was shown."""
    scripted = path.parent.name.startswith("sg-")
    page = watched.open(path, ready=scripted)
    seen = [page.content()]
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    if scripted:
        hrefs = page.eval_on_selector_all("#cases tbody a", "links => links.map(a => a.getAttribute('href'))")
        for href in [*hrefs, "#method", "#run", *fragments]:
            page.evaluate("hash => { location.hash = hash; }", href)
            if href in hrefs:
                page.wait_for_selector("#case-title")
                page.evaluate("for (const d of document.querySelectorAll('#case button.more')) d.click()")
                seen.append(page.evaluate("document.getElementById('case').textContent"))
    page.wait_for_timeout(40)
    seen.append(page.evaluate("document.body.textContent"))
    return "\n".join(seen)


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_payload_runs_anywhere(browser: Any, tmp_path: Path, batch: int) -> None:
    texts = payloads()[batch::BATCHES]
    folder = _small_run(tmp_path / "run")
    assert poison_run(folder, " ".join(texts)) > 500
    written = [path for path in write_reports(folder, "sv" if batch else "en") if path.suffix == ".html"]
    assert len(written) >= 8
    fragments = [f"#{key}={quote(text)}" for key in ("q", "case", "card", "rule", "unit") for text in texts[:2]]
    context = browser.new_context()
    watched = Watched(context.new_page())
    for path in written:
        text = _read_everything(watched, path, fragments)
        if "lagesbild" not in path.parts and "audit" not in path.parts:
            assert texts[0] in text, f"the payload never reached {path.parent.name}: the test tests nothing"
        alien = "iframe, object, embed, base, frameset, img, form[action], #case script"
        assert watched.page.locator(alien).count() == 0
        watched.assert_quiet()
    context.close()


def test_there_are_enough_payloads() -> None:
    texts = payloads()
    assert len(texts) == len(set(texts)) >= 200


def _inner_html(text: str) -> str:
    island = json.dumps(text).replace("<", "\\u003c")  # the island is right, what is done with it is not
    return f"<p id=a></p><script>a.innerHTML = {island}</script>"


NAIVE: dict[str, Callable[[str], str]] = {
    "a naive data island": lambda text: f"<script>const data = {json.dumps({'name': text})}</script>",
    "innerHTML": _inner_html,
    "no policy": lambda text: f"<p>{text}</p>",
}


@pytest.mark.parametrize("name", NAIVE)
def test_the_watch_catches_a_page_without_our_rules(browser: Any, tmp_path: Path, name: str) -> None:
    """A control a rule: without it payloads are seen to run, so that silence above means something."""
    caught: set[str] = set()
    context = browser.new_context()
    watched = Watched(context.new_page())
    could = "</script><" if name == "a naive data island" else "onerror"  # what this mistake lets run at once
    tried = [one for one in payloads() if "alert(" in one and could in one]
    for patience in (15, 500):  # milliseconds; the second time for a machine that is busy
        for text in tried if len(caught) < len(tried) // 3 else []:
            path = tmp_path / "naive.html"
            path.write_text("<!doctype html><meta charset=utf-8>" + NAIVE[name](text), encoding="utf-8")
            watched.dialogs.clear()
            watched.open(path, ready=False).wait_for_timeout(patience)
            caught |= {text} if watched.dialogs else set()
    context.close()
    assert len(caught) >= len(tried) // 3, (name, len(caught), len(tried))


def test_the_policy_alone_would_stop_them(browser: Any, tmp_path: Path) -> None:
    """The second fence: the page that ran payloads above, under our policy, runs none and reports them."""
    path = tmp_path / "closed.html"
    starts = ("<img", "<svg", "<details", "<script", "<link")
    body = "".join(f"<p>{text}</p>" for text in payloads() if text.startswith(starts))
    path.write_text(f"<!doctype html><meta charset=utf-8><meta http-equiv=Content-Security-Policy "
                    f"content=\"{pages.policy('', '')}\">{body}", encoding="utf-8")
    context = browser.new_context()
    watched = Watched(context.new_page())
    watched.open(path, ready=False)
    watched.until(lambda: len(watched.policy) >= 5)
    assert watched.dialogs == []
    context.close()
