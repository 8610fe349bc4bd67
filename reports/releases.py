"""What changed since last month, told by comparing what was published then with what is published now.

Only published numbers are compared, so the comparison tells nothing that the two pages do not tell already.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

LAGESBILD = "lagesbild"
NEAREST, FURTHEST = 20, 62  # days: last month's release lies this far back
CHANGE = 10  # per cent points of precision that count as a change


def published_of(folders: Sequence[Path], as_of: dt.date) -> list[dict[str, Any]]:
    """The releases of earlier runs, newest first; a run without one (or with one of another form) is passed over."""
    found = []
    for folder in folders:
        try:
            release = json.loads((Path(folder) / "reports" / LAGESBILD / "published.json").read_text(encoding="utf-8"))
            day = dt.date.fromisoformat(release["as_of"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if day < as_of and isinstance(release.get("cases"), dict):
            found.append({**release, "day": day})
    return sorted(found, key=lambda release: release["day"], reverse=True)


def month_ago(releases: Sequence[Mapping[str, Any]], as_of: dt.date) -> Mapping[str, Any] | None:
    """The release nearest to thirty days back, not nearer than `NEAREST` and not further than `FURTHEST` days."""
    near = [release for release in releases if NEAREST <= (as_of - release["day"]).days <= FURTHEST]
    return min(near, key=lambda release: abs((as_of - release["day"]).days - 30), default=None)


def monthly(releases: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The last release of each month, oldest first."""
    last: dict[str, Mapping[str, Any]] = {}
    for release in releases:  # newest first
        last.setdefault(f"{release['day']:%Y-%m}", release)
    return [last[month] for month in sorted(last)]


def largest_change(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, int, int] | None:
    """(domain, then, now) where the published number of cases has changed most; None when none has."""
    changes = []
    for domain, cells in now["cases"].items():
        earlier = before["cases"].get(domain)
        if earlier is None:
            continue
        then, today = (_shown_total(row) for row in (earlier, cells))
        if then is not None and today is not None and then != today:
            changes.append((abs(today - then), domain, then, today))
    return max(changes, key=lambda change: (change[0], change[1]))[1:] if changes else None


def precision_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Codes of rules whose published precision has risen, and has fallen."""
    then, today = before.get("precision") or {}, now.get("precision") or {}
    both = sorted(then.keys() & today.keys())
    return ([code for code in both if today[code] - then[code] >= CHANGE],
            [code for code in both if then[code] - today[code] >= CHANGE])


def _shown_total(cells: Mapping[str, int | None]) -> int | None:
    """The sum of a domain's cells, None when any of them is suppressed: a part compared with a whole would mislead."""
    return None if any(value is None for value in cells.values()) else sum(value or 0 for value in cells.values())
