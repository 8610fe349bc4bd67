"""The audit page of a run: equal treatment, the control slice, the rules in full. For the steward, not for a group."""

from __future__ import annotations

from reports import page
from reports.load import Run


def audit_page(run: Run, language: str) -> str:
    """The page as HTML."""
    return page.render("audit.html.j2", language, run=run)
