"""The card of a detector: what anybody affected by it may ask. Made from its header, the groups and the ledger.

Mandatory (gate F7): purpose, basis, data, parameters, innocent causes, owner, measured precision. A rule without
limits or without reviews says so; an empty field is a fault of the catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from reports import words
from schemas.groups import Group

FIELDS = ("purpose", "basis", "data", "parameters", "innocent", "owner", "precision")


def card(code: str, head: Mapping[str, Any], ledger: Mapping[str, Any] | None, groups: Iterable[Group],
         language: str) -> dict[str, Any]:
    """code, title, kind, domain, version, status and every field of `FIELDS` as a list of lines."""
    text = words.texts(language)
    fields = {
        "purpose": [words.pick(head.get("why"), language)],
        "basis": [_basis(entry) for entry in head.get("basis") or []],
        "data": [text["datasets"].get(name, name) for name in head.get("reads") or []],
        "parameters": _limits(head, language) or [text["audit"]["no_parameters"]],
        "innocent": [words.pick(head.get("innocent"), language)],
        "owner": [_owner(head, groups, language)],
        "precision": [_precision(ledger or {}, language)],
    }
    return {"code": code, "title": words.pick(head.get("title", code), language), "kind": head.get("kind", ""),
            "domain": head.get("domain", ""), "version": str(head.get("version", "")),
            "status": (ledger or {}).get("status") or head.get("status", ""),
            "fields": {name: [line for line in lines if line] for name, lines in fields.items()}}


def empty_fields(cards: Iterable[Mapping[str, Any]]) -> list[str]:
    """`HC01.owner` for every mandatory field that says nothing."""
    return [f"{one['code']}.{name}" for one in cards for name in FIELDS if not any(one["fields"][name])]


def _basis(entry: Any) -> str:
    if isinstance(entry, Mapping):
        return ", ".join(str(part) for key, part in entry.items() if part and key != "read")
    return str(entry)


def _limits(head: Mapping[str, Any], language: str) -> list[str]:
    """`name = value unit, because …` with the value of the run and, where overridden, who decided it."""
    because, by = (words.texts(language)["card"][key] for key in ("because", "decided_by"))
    lines = []
    for name, spec in (head.get("parameters") or {}).items():
        used = (head.get("values") or {}).get(name) or {}
        override = used.get("override") or {}
        value = words.fact(name, used.get("value", spec.get("value")), language)
        why = words.pick(override.get("because") or spec.get("because"), language)
        who = f" ({by} {override['by']})" if override.get("by") else ""
        lines.append(f"{name.replace('_', ' ')} = {value} {spec.get('unit', '')}".rstrip() + f", {because} {why}{who}")
    return lines


def _owner(head: Mapping[str, Any], groups: Iterable[Group], language: str) -> str:
    """The header's owner, else whoever answers for the group that works with the rule's domain."""
    if head.get("owner"):
        return words.pick(head["owner"], language)
    domain = head.get("domain", "")
    for group in groups:
        if domain in group.domains or (domain == "ledger" and "all" in group.ledger_services):
            return group.contact or words.pick(group.title, language)
    return str(words.texts(language)["audit"]["by_method"])


def _precision(ledger: Mapping[str, Any], language: str) -> str:
    say, reviewed = words.texts(language)["audit"], int(ledger.get("reviewed") or 0)
    if not reviewed or ledger.get("precision") is None:
        return str(say["unmeasured"].format(n=reviewed))
    parts = {name: words.number(100 * ledger[f"precision{end}"], language, 0) + "\u00a0%"
             for name, end in (("share", ""), ("low", "_low"), ("high", "_high"))}
    return str(say["measured"].format(confirmed=ledger["confirmed"], reviewed=reviewed, **parts))
