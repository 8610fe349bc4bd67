"""What a group's page says first: sources, deviations, new, gone, money to check by kind."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from reports import words

if TYPE_CHECKING:
    from reports.model import GroupModel

HASHES = ("code_hash", "settings_hash", "contracts_hash", "catalogue_hash", "input_hash")
MOST_PROBLEMS = 200


def head(model: GroupModel) -> dict[str, Any]:
    """The first screen as plain data. Sums are over the listed cases of the group; kinds of amounts are never added."""
    meta, cases = model.run.meta, model.cases[:model.listed]
    return {
        "group": model.group.id, "title": words.pick(model.group.title, model.language),
        "contact": model.group.contact, "municipality": meta.get("municipality", ""), "run_id": meta["run_id"],
        "as_of": model.run.as_of.isoformat(), "sources": counted_sources(model),
        "deviations": len(cases), "weak": len(model.cases) - len(cases), "listed_from": meta.get("listed_from"),
        "new": sum(case["state"] == "new" for case in cases),
        "worse": sum(case["state"] == "worse" for case in cases),
        "meeting": model.meeting.isoformat() if model.meeting else None,
        "since_meeting": sum(case["since_meeting"] for case in cases),
        "reopened": sum(case["state"] == "reopened" for case in cases),
        "refused": [dict(problem) for problem in model.sources.problems][:MOST_PROBLEMS],
        "gone": model.gone(),
        "first_night": not meta.get("previous_run"), "hashes": {name: meta.get(name) for name in HASHES},
        "money": money(cases),
        "without_money": sum(not case["amounts"] for case in cases)}


def money(cases: list[dict[str, Any]]) -> dict[str, float]:
    """Kronor to check by kind of amount."""
    sums: dict[str, Decimal] = {}
    for case in cases:
        for kind, value in case["amounts"].items():
            sums[kind] = sums.get(kind, Decimal(0)) + Decimal(str(value))
    return {kind: float(value) for kind, value in sums.items()}


def counted_sources(model: GroupModel) -> dict[str, Any]:
    """How many sources of all and of the group's own were read; names of its own failed ones only."""
    every: Mapping[str, Any] = model.run.meta.get("sources") or {}
    own = model.sources
    return {**{name: every[name] for name in ("expected", "delivered", "read", "refused", "newest") if name in every},
            "own_expected": own.expected, "own_read": own.read, "own_failed": list(own.failed),
            "others_failed": own.others_failed, "ask": list(own.ask), "others_problems": own.others_problems}
