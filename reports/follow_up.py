"""What a case has been through: earlier nights, outcome, rest, and what brought it back (from cases.parquet)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from reports import words

VERDICT = ("outcome", "outcome_on", "outcome_group", "snooze_owner", "snooze_reason", "snooze_until")
AWAY = ("gone", "snoozed", "explained")  # states of a case that is not in the list


def back_because(row: Mapping[str, Any]) -> list[str]:
    """Ids of the findings that brought an explained subject back."""
    return list(json.loads(row.get("back_because") or "[]"))


def resting(case: Mapping[str, Any] | None) -> frozenset[str]:
    """Ids of the findings that give no points, because review has explained them or they rest."""
    return frozenset((case or {}).get("resting") or ())


def news_since(case: Mapping[str, Any] | None, first_seen: dt.date | None, meeting: dt.date | None) -> bool:
    """Whether the case is new, worse or back since the meeting."""
    days = [day for day in (first_seen, (case or {}).get("changed_on")) if day is not None]
    return meeting is not None and bool(days) and max(days) > meeting


def history(case: Mapping[str, Any] | None, most: int) -> list[list[Any]]:
    """[night, score or None, state] of each of the last nights, oldest first.

    The rank of a night is left out: beside the place in the list it would tell who stands there by lot.
    """
    return [[words.moment(night["night"]), night["score"], night["state"]]
            for night in (case["nights"].last(most) if case else [])]


def verdict(case: Mapping[str, Any] | None) -> dict[str, str]:
    """The last outcome and the rest a case was given, as text; empty where there is none."""
    return {name: words.moment((case or {}).get(name)) for name in VERDICT}


def gone_tonight(case: Mapping[str, Any], as_of: dt.date) -> bool:
    """True for a case that was listed on its last night before this one and is not any more."""
    if case["state"] != "gone":
        return False
    before = [night for night in case["nights"].last(2) if night["night"] < as_of]
    return not before or before[-1]["state"] != "gone"
