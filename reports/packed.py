"""Cases and the list as a page carries them: columns instead of keys, numbers instead of repeated strings.

Repeated names cost more than the data they name, so a page has tables of the names it uses and rows of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from reports.follow_up import AWAY
from reports.model import AMOUNT_KINDS, KINDS, STATES, GroupModel

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ALL_STATES = (*STATES, *AWAY)
SUBJECT_TYPES = ("provider", "association", "person", "household", "account", "address", "landlord", "supplier")
EVERYTHING = (10**9, 60)  # rows and nights of a case: all that the run keeps


class Names:
    """Gives each string a number, in order of appearance."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self.known.setdefault(value, len(self.known))


class Tables:
    """The tables of one page."""

    def __init__(self) -> None:
        self.dataset, self.columns, self.file, self.detector = Names(), Names(), Names(), Names()
        self.peer, self.node, self.unit = Names(), Names(), Names()


def state_index(state: str) -> int:
    """The place of a state's words in the page; an unknown state reads as continuing."""
    return ALL_STATES.index(state) if state in ALL_STATES else ALL_STATES.index("continuing")


def case(model: GroupModel, at: int, cap: tuple[int, int], tables: Tables,
         linked: Callable[[int], Any] = lambda at: at) -> list[Any]:
    """One case view within (rows, nights). linked: what stands for another case of the list, by its index."""
    limit, nights = cap
    detail = model.detail(at, limit, nights)
    found = []
    for item in detail["findings"]:
        blocks = [[tables.dataset(block["dataset"]), tables.columns(tuple(block["columns"])),
                   [[tables.file(row[0]) for row in block["rows"]],
                    *([row[c] for row in block["rows"]] for c in range(1, len(block["columns"]) + 2))]]
                  for block in item["evidence"]]
        peers = [[tables.peer((item["detector"], p["feature"])), p["own"], p["peer_median"], p["peer_q1"],
                  p["peer_q3"], p["peer_p95"], p["peer_n"], tables.peer(("", p["peer_group"])), p["contribution"]]
                 for p in item["peers"]]
        found.append([tables.detector(item["detector"]), item["sentence"], item["from"], item["to"],
                      item["amount"], AMOUNT_KINDS.index(item["amount_kind"])
                      if item["amount_kind"] in AMOUNT_KINDS else 3, item["n_evidence"], blocks, peers, item["kept"]])
    parts = detail["contributions"] if model.group.points_visible else _shares(detail["contributions"])
    return [found, [[tables.detector(code), points] for code, points in parts],
            detail["against"], detail["elsewhere"], detail["facts"], _network(detail["network"], tables, linked),
            detail["first_seen"], detail["back"],
            [[night, round(score, 2) if score is not None and model.group.points_visible else None, state_index(state)]
             for night, score, state in detail["history"]],
            {name: said for name, said in detail["verdict"].items() if said},
            detail["why"]]


def _shares(parts: list[list[Any]]) -> list[list[Any]]:
    """Each reason in per cent of what speaks for the case, so that nothing tells how many points there are."""
    whole = sum(points for _, points in parts if points > 0) or 1.0
    return [[code, round(100 * points / whole, 1)] for code, points in parts]


def _network(network: dict[str, Any] | None, tables: Tables, linked: Callable[[int], Any]) -> list[Any] | None:
    if network is None:
        return None
    nodes = [[label, tables.node(kind), None if listed is None else linked(listed)]
             for label, kind, listed in network["nodes"]]
    edges = [[one, token, tables.file(file or ""), line, n] for one, token, file, line, n in network["edges"]]
    return [nodes, network["subjects"], edges, network["hidden"]]


def columns(model: GroupModel, members: Iterable[int], tables: Tables) -> dict[str, Any]:
    """The list of these cases, column by column."""
    cases, as_of = [model.cases[at] for at in members], model.run.as_of
    out: dict[str, Any] = {
        "id": [one["id"] for one in cases], "name": [one["subject"] for one in cases],
        "type": [SUBJECT_TYPES.index(one["shown_type"]) for one in cases],
        "kinds": [sum(1 << KINDS.index(kind) for kind in one["kinds"]) for one in cases],
        "score": [one["score"] for one in cases] if model.group.points_visible else None,
        "last": [(as_of - as_of.fromisoformat(one["last"])).days for one in cases],
        "state": [state_index(one["state"]) for one in cases],
        "since": [int(one["since_meeting"]) for one in cases],
        "why": [[tables.detector(code) for code in one["reasons"]] for one in cases],
        "units": [[tables.unit(name) for name in one["units"]] for one in cases],
        "weeks": [_weeks(one["weeks"]) for one in cases],
        "busiest": {at: max(one["weeks"]) for at, one in enumerate(cases) if max(one["weeks"]) > 35}}
    for kind in AMOUNT_KINDS:
        values = [one["amounts"].get(kind) for one in cases]
        if any(value is not None for value in values):
            out[kind] = values
    return out


def _weeks(weeks: Sequence[int]) -> str:
    """A digit a week in base 36, at most 35 (`busiest` has the true highest); leading empty weeks left out."""
    return "".join(_DIGITS[min(n, 35)] for n in weeks).lstrip("0")
