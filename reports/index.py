"""The analyst's page of a run: what failed, where the reports are, how long the stages took, what was read.

It names no subject. Links are relative, so that the run's folder can be copied as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from reports import page, words
from reports.load import Run


def index_page(run: Run, language: str, listed: Sequence[Mapping[str, Any]], audited: bool) -> str:
    """listed: id, title, cases, new, done of every report; audited: whether the audit page could be written."""
    text = words.texts(language)
    meta = run.meta
    seconds = {name: float(value) for name, value in (meta.get("seconds") or {}).items()}
    outcomes = Counter(row["outcome"] for row in run.ledger)
    failing = [row for row in run.ledger if row["outcome"] == "failed"]
    return page.render(
        "index.html.j2", language, more_style="pages.css", run=run, reports=listed, audited=audited,
        docs="../data_docs/index.html" if (run.folder / "data_docs" / "index.html").exists() else None,
        missing=[row["title"] for row in listed if not row["done"]] + ([] if audited else [text["audit"]["title"]]),
        seconds=seconds, longest=max(seconds.values(), default=0.0) or 1.0, whole=sum(seconds.values()),
        outcomes=[(said, outcomes[name]) for name, said in text["outcomes_ledger"].items() if outcomes[name]],
        ran=outcomes["ran"], failing=failing, warned=[row for row in run.ledger if row["warning"]],
        titles=lambda code: words.pick((run.detectors.get(code) or {}).get("title", code), language),
        failed_checks=[check for check in run.checks if not check["success"]])
