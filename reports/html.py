"""One self-contained page for a group: the first screen, the list and the method are HTML, the rest travels packed.

The list is one island in columns (so that 50,000 subjects stay small), case views are islands of `CHUNK` cases that
the page opens only when asked. Evidence rows a case get as many as the page's size allows; the workbook has all.
"""

from __future__ import annotations

import base64
import gzip
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from reports import page, words
from reports.follow_up import AWAY
from reports.model import AMOUNT_KINDS, CASE_ROWS, KINDS, STATES, GroupModel

CHUNK = 200
SHOWN = 50
SAMPLE = 400
_CAPS = ((CASE_ROWS, 60), (60, 60), (25, 60), (12, 30), (8, 30), (5, 14), (4, 14), (3, 7), (2, 7), (1, 7), (1, 1))
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
ALL_STATES = (*STATES, *AWAY)
SUBJECT_TYPES = ("provider", "association", "person", "household", "account", "address", "landlord")


def size_budget(cases: int) -> int:
    """Bytes a page may take: 1.8 MB up to 5,000 subjects, 11 MB at 50,000 (the gates are 2 and 12 MB)."""
    return round(1_800_000 + max(0, cases - 5_000) / 45_000 * 9_200_000)


class _Names:
    """Gives each string a number, in order of appearance."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def __call__(self, value: Any) -> int:
        return self.known.setdefault(value, len(self.known))


def _detail(model: GroupModel, at: int, cap: tuple[int, int], tables: Mapping[str, _Names]) -> list[Any]:
    """A case view without key names (repeated names cost more than the data they name), within (rows, nights)."""
    limit, nights = cap
    detail = model.detail(at, limit, nights)
    found = []
    for item in detail["findings"]:
        blocks = [[tables["dataset"](block["dataset"]), tables["columns"](tuple(block["columns"])),
                   [[tables["file"](row[0]) for row in block["rows"]],
                    *([row[c] for row in block["rows"]] for c in range(1, len(block["columns"]) + 2))]]
                  for block in item["evidence"]]
        peers = [[tables["peer"]((item["detector"], p["feature"])), p["own"], p["peer_median"], p["peer_q1"],
                  p["peer_q3"], p["peer_p95"], p["peer_n"], tables["peer"](("", p["peer_group"])), p["contribution"]]
                 for p in item["peers"]]
        found.append([tables["detector"](item["detector"]), item["sentence"], item["from"], item["to"],
                      item["amount"], AMOUNT_KINDS.index(item["amount_kind"])
                      if item["amount_kind"] in AMOUNT_KINDS else 3, item["n_evidence"], blocks, peers])
    return [found, [[tables["detector"](code), points] for code, points in detail["contributions"]],
            detail["against"], detail["elsewhere"], detail["facts"], _network(detail["network"], tables),
            detail["first_seen"], detail["back"],
            [[night, rank, round(score, 2) if score is not None else None, state_index(state)]
             for night, rank, score, state in detail["history"]],
            {name: said for name, said in detail["verdict"].items() if said},
            detail["why"]]


def _network(network: dict[str, Any] | None, tables: Mapping[str, _Names]) -> list[Any] | None:
    if network is None:
        return None
    nodes = [[label, tables["node"](kind), listed] for label, kind, listed in network["nodes"]]
    edges = [[one, token, tables["file"](file or ""), line, n] for one, token, file, line, n in network["edges"]]
    return [nodes, network["subjects"], edges, network["hidden"]]


def state_index(state: str) -> int:
    """The place of a state's words in the page; an unknown state reads as continuing."""
    return ALL_STATES.index(state) if state in ALL_STATES else ALL_STATES.index("continuing")


def _cap(model: GroupModel, spent: int, tables: Mapping[str, _Names]) -> tuple[int, int]:
    """Evidence rows and nights of history a case that fit the page, judged on every n-th case."""
    count = len(model.cases)
    sample = range(0, count, max(1, count // SAMPLE))

    def fits(cap: tuple[int, int]) -> bool:
        bodies = page.to_json([_detail(model, at, cap, tables) for at in sample]).encode()
        estimate = len(gzip.compress(bodies, 6)) * 4 / 3 * count / max(1, len(sample))
        return spent + estimate * 1.05 <= size_budget(count)

    # The caps fall, so what fits is found by halving: three looks at the sample instead of ten.
    return _CAPS[min(bisect_left(_CAPS, True, key=fits), len(_CAPS) - 1)]


def _list(model: GroupModel, names: _Names, units: _Names) -> dict[str, Any]:
    cases, as_of = model.cases, model.run.as_of
    columns: dict[str, Any] = {
        "id": [case["id"] for case in cases], "name": [case["subject"] for case in cases],
        "type": [SUBJECT_TYPES.index(case["subject_type"]) for case in cases],
        "kinds": [sum(1 << KINDS.index(kind) for kind in case["kinds"]) for case in cases],
        "score": [case["score"] for case in cases],
        "last": [(as_of - as_of.fromisoformat(case["last"])).days for case in cases],
        "state": [state_index(case["state"]) for case in cases],
        "since": [int(case["since_meeting"]) for case in cases],
        "why": [[names(code) for code in case["reasons"]] for case in cases],
        "units": [[units(name) for name in case["units"]] for case in cases],
        "weeks": [_weeks(case["weeks"]) for case in cases],
        "busiest": {at: max(case["weeks"]) for at, case in enumerate(cases) if max(case["weeks"]) > 35}}
    for kind in AMOUNT_KINDS:
        values = [case["amounts"].get(kind) for case in cases]
        if any(value is not None for value in values):
            columns[kind] = values
    return columns


def _weeks(weeks: list[int]) -> str:
    """A digit a week in base 36, at most 35 (`busiest` has the true highest); leading empty weeks left out."""
    return "".join(_DIGITS[min(n, 35)] for n in weeks).lstrip("0")


def detector_words(model: GroupModel, code: str) -> dict[str, Any]:
    """What a page says of a detector, in its language. `limits`: name, value, unit, why, by whom, language of it."""
    head, lang = model.run.detectors.get(code, {}), model.language
    values = head.get("values") or {}
    limits = []
    for name, spec in (head.get("parameters") or {}).items():
        used = values.get(name) or {}
        override = used.get("override") or {}
        value = used.get("value", spec.get("value"))
        because, spoken = words.spoken(override.get("because") or spec.get("because"), lang)
        limits.append([words.limit_name(name, lang), words.fact(name, value, lang),
                       words.spoken(spec.get("unit"), lang)[0], because, str(override.get("by", "")), spoken])
    basis = [words.basis(", ".join(str(part) for key, part in entry.items() if part and key != "read")
                         if isinstance(entry, dict) else str(entry), lang) for entry in head.get("basis") or []]
    return {"code": code, "title": words.pick(head.get("title", code), lang), "kind": head.get("kind", ""),
            "domain": head.get("domain", ""), "version": str(head.get("version", "")), "limits": limits,
            "basis": basis, "sql_hash": str(head.get("sql_hash", ""))[:12], "known": known_precision(model, code),
            "amount_how": words.pick((head.get("amount") or {}).get("how"), lang),
            **{key: words.pick(head.get(key), lang) for key in ("why", "innocent", "blind_spots", "next_step")}}


def known_precision(model: GroupModel, code: str) -> list[Any] | None:
    """[confirmed, reviewed, share, lowest, highest] of the rule's reviewed cases; None before any review."""
    row = model.ledger.get(code) or {}
    if not row.get("reviewed"):
        return None
    return [row["confirmed"], row["reviewed"], row["precision"], row["precision_low"], row["precision_high"]]


def spark_label(model: GroupModel, case: Mapping[str, Any]) -> str:
    """The words of a sparkline."""
    return model.text["js"]["sparkline"].format(max=max(case["weeks"]), day=case["last"])


def group_page(model: GroupModel) -> str:
    """The page of one group."""
    tables = {name: _Names() for name in ("dataset", "columns", "file", "detector", "peer", "node", "unit")}
    listed = _list(model, tables["detector"], tables["unit"])
    head = model.head()
    codes = model.codes()
    context: dict[str, Any] = {
        "model": model, "head": head, "run": model.run, "cases": model.cases[:SHOWN], "ledger": model.ledger,
        "away": model.away(), "mark": words.pick(model.edition.mark, model.language) or model.text["working_paper"],
        "cards": [detector_words(model, code) for code in codes], "spark_label": spark_label,
        "titles": lambda code: words.pick((model.run.detectors.get(code) or {}).get("title", code), model.language),
        "codes": codes, "failed_checks": [c for c in model.run.checks if not c["success"]]}
    spent = len(page.pack(listed)) + len(page.render("group.html.j2", model.language, script=True, **context))
    cap = _cap(model, spent, tables)
    islands = {}
    for start in range(0, len(model.cases), CHUNK):
        body = [_detail(model, at, cap, tables) for at in range(start, min(start + CHUNK, len(model.cases)))]
        islands[f"island-c{start // CHUNK}"] = page.pack(body)
    text = model.text
    hashes = {row["file"]: (row.get("sha256") or "")[:16] for row in model.run.reconciliation}
    islands["island-list"] = page.pack({
        "t": text["js"], "lang": model.language, "head": text["head"], "asOf": head["as_of"], "run": head["run_id"],
        "kinds": [text["kinds"][kind] for kind in KINDS], "kindIds": KINDS,
        "states": [text["states"][state] for state in ALL_STATES],
        "stateIds": ALL_STATES, "inList": len(STATES),
        "amountKinds": [text["amount_kinds"][kind] for kind in AMOUNT_KINDS],
        "amountIds": AMOUNT_KINDS, "types": [text["subject_types"][name] for name in SUBJECT_TYPES],
        "typeIds": SUBJECT_TYPES,
        "hashes": [[text["hash_names"][name], str(value)[:16]] for name, value in head["hashes"].items() if value],
        "disclaimer": text["disclaimer"], "working": context["mark"], "meeting": head["meeting"],
        "chunk": CHUNK, "cols": listed,
        "detectors": [detector_words(model, code) for code in tables["detector"].known],
        "datasets": [text["datasets"].get(name, name) for name in tables["dataset"].known],
        "columns": [[[name, text["columns"].get(name, name)] for name in names] for names in tables["columns"].known],
        "files": [[name, hashes.get(name, "")] for name in tables["file"].known],
        "peers": [peer_words(model, *name) for name in tables["peer"].known], "units": list(tables["unit"].known),
        "nodes": [text["subject_types"].get(name) or text["links"].get(name, name) for name in tables["node"].known],})
    return page.render("group.html.j2", model.language, script=True, islands=islands, **context)


def peer_words(model: GroupModel, code: str, name: str | None) -> str:
    """A measure or a group of peers in words: a feature as its rule names it, a rule's own measure by its title."""
    head = model.run.detectors.get(code) or {}
    if name == code:
        return words.pick(head.get("title"), model.language)
    features = head.get("features")
    said = features.get(name) if isinstance(features, Mapping) else None
    if said:
        return words.pick(said, model.language)
    return model.text["peer_measures"].get(name, name or "")


def unpack(packed: str) -> bytes:
    """The bytes of an island; for tests and for readers other than a browser."""
    return gzip.decompress(base64.b64decode(packed))
