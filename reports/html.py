"""The self-contained pages of a group: the list with its case views, and side pages with all rows where it has not.

The first screen, the list and the method are HTML, the rest travels packed. The list is one island in columns (so
that 50,000 subjects stay small), case views are islands of `CHUNK` cases that a page opens only when asked. A case
view on the list page has as many rows of evidence as the page's size allows, at most `CASE_ROWS`; a case that has
more is on a side page with all the rows the run keeps. Side pages go by unit; no page grows past `MOST_BYTES`.
"""

from __future__ import annotations

import base64
import gzip
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from reports import packed, page, words
from reports.model import AMOUNT_KINDS, CASE_ROWS, KINDS, STATES, GroupModel
from reports.packed import ALL_STATES, EVERYTHING, SUBJECT_TYPES, Tables
from reports.side_pages import SideCases, split

CHUNK = 200
SHOWN = 50
SAMPLE = 400
MOST_BYTES = 10_000_000
LIST_PAGE = "index.html"
_CAPS = ((CASE_ROWS, 60), (60, 60), (25, 60), (12, 30), (8, 30), (5, 14), (4, 14), (3, 7), (2, 7), (1, 7), (1, 1))


def size_budget(cases: int) -> int:
    """Bytes the list page may take: 1.8 MB up to 5,000 subjects, 9.5 MB from 50,000 on (U1: 2 MB, U2: 12 MB)."""
    return round(1_800_000 + min(1.0, max(0, cases - 5_000) / 45_000) * 7_700_000)


def unpack(text: str) -> bytes:
    """The bytes of an island; for tests and for readers other than a browser."""
    return gzip.decompress(base64.b64decode(text))


def group_page(model: GroupModel) -> str:
    """The list page of one group."""
    return group_pages(model)[LIST_PAGE]


def group_pages(model: GroupModel) -> dict[str, str]:
    """File name -> page: `index.html` with the whole list, and side pages (`cases-01.html` ..) when they are needed."""
    context = _context(model)
    shown = model.cases[:min(SHOWN, model.listed)]
    spent = len(page.pack(packed.columns(model, range(len(model.cases)), Tables()))) + len(page.render(
        "group.html.j2", model.language, script=True, side=None, sides=[], cases=shown, **context))
    for cap in _CAPS[_roomy(model, spent):]:
        text, sides = _list_page(model, cap, context)
        if len(text.encode()) <= MOST_BYTES:
            break
    else:  # not even one row a case has room: the list alone, every case on a side page
        text, sides = _list_page(model, None, context)
    return {LIST_PAGE: text, **{side.name: _side_page(model, side, sides, context) for side in sides}}


def _roomy(model: GroupModel, spent: int) -> int:
    """The first of _CAPS (rows of evidence and nights of history a case) that fits, judged on every n-th case."""
    count = len(model.cases)
    sample = range(0, count, max(1, count // SAMPLE))
    tables = Tables()

    def fits(cap: tuple[int, int]) -> bool:
        bodies = page.to_json([packed.case(model, at, cap, tables) for at in sample]).encode()
        estimate = len(gzip.compress(bodies, 6)) * 4 / 3 * count / max(1, len(sample))
        return spent + estimate * 1.05 <= size_budget(count)

    # The caps fall, so what fits is found by halving: three looks at the sample instead of ten.
    return min(bisect_left(_CAPS, True, key=fits), len(_CAPS) - 1)


def _list_page(model: GroupModel, cap: tuple[int, int] | None, context: Mapping[str, Any]
               ) -> tuple[str, list[SideCases]]:
    """The list page with this much of each case (None: nothing), and the side pages that it then needs."""
    members = range(len(model.cases))
    cut = [at for at in members if cap is None or model.rows_kept(at) > cap[0]]
    sides = split(model, cut)
    tables, islands = Tables(), {}
    cols = packed.columns(model, members, tables)
    if cap is not None:
        for start in range(0, len(members), CHUNK):
            islands[f"island-c{start // CHUNK}"] = page.pack(
                [packed.case(model, at, cap, tables) for at in members[start:start + CHUNK]])
    if sides:
        on = {at: number for number, side in enumerate(sides) for at in side.members}
        cols["side"] = [on.get(at, -1) for at in members]
    islands["island-list"] = page.pack({
        **_dictionary(model, tables, context), "chunk": CHUNK if cap is not None else 0, "cols": cols,
        "listed": model.listed, "sides": [[side.name, side.title] for side in sides]})
    text = page.render("group.html.j2", model.language, script=True, islands=islands, side=None, sides=sides,
                       cases=model.cases[:min(SHOWN, model.listed)], **context)
    return text, sides


def _side_page(model: GroupModel, side: SideCases, sides: Sequence[SideCases], context: Mapping[str, Any]) -> str:
    """The page of some cases with everything the run keeps of them; it links to the list for all else."""
    listed = [at for at in side.members if at < model.listed]
    position = {at: number for number, at in enumerate(side.members)}
    tables, islands = Tables(), {}
    cols = packed.columns(model, side.members, tables)
    cols["place"] = [at + 1 for at in side.members]
    for start in range(0, len(side.members), side.chunk):
        islands[f"island-c{start // side.chunk}"] = page.pack(
            [packed.case(model, at, EVERYTHING, tables, lambda other: position.get(other, model.cases[other]["id"]))
             for at in side.members[start:start + side.chunk]])
    islands["island-list"] = page.pack({
        **_dictionary(model, tables, context), "chunk": side.chunk, "cols": cols, "sides": [],
        "listed": len(listed), "home": LIST_PAGE, "all": model.listed})
    return page.render("group.html.j2", model.language, script=True, islands=islands, side=side, sides=sides,
                       cases=[model.cases[at] for at in listed[:SHOWN]], **context)


def _context(model: GroupModel) -> dict[str, Any]:
    """What the templates of all pages of a group are given."""
    codes = model.codes()
    run, own = model.run, model.sources
    return {
        "model": model, "head": model.head(), "run": run, "ledger": model.ledger, "away": model.away(),
        "mark": words.pick(model.edition.mark, model.language) or model.text["working_paper"],
        "cards": [detector_words(model, code) for code in codes], "spark_label": spark_label,
        "titles": lambda code: words.pick((run.detectors.get(code) or {}).get("title", code), model.language),
        "codes": codes, "own": own, "checks": own.of(run.checks),
        "failed_checks": [check for check in own.of(run.checks) if not check["success"]]}


def _dictionary(model: GroupModel, tables: Tables, context: Mapping[str, Any]) -> dict[str, Any]:
    """The words and tables that a page's script needs beside the cases."""
    text, head = model.text, context["head"]
    hashes = {row["file"]: (row.get("sha256") or "")[:16] for row in model.run.reconciliation}
    return {
        "t": text["js"], "lang": model.language, "head": text["head"], "asOf": head["as_of"], "run": head["run_id"],
        "kinds": [text["kinds"][kind] for kind in KINDS], "kindIds": KINDS,
        "states": [text["states"][state] for state in ALL_STATES],
        "stateIds": ALL_STATES, "inList": len(STATES),
        "amountKinds": [text["amount_kinds"][kind] for kind in AMOUNT_KINDS],
        "amountIds": AMOUNT_KINDS, "types": [text["subject_types"][name] for name in SUBJECT_TYPES],
        "typeIds": SUBJECT_TYPES,
        "hashes": [[text["hash_names"][name], str(value)[:16]] for name, value in head["hashes"].items() if value],
        "disclaimer": text["disclaimer"], "working": context["mark"], "meeting": head["meeting"], "home": "",
        "detectors": [detector_words(model, code) for code in tables.detector.known],
        "datasets": [text["datasets"].get(name, name) for name in tables.dataset.known],
        "columns": [[[name, text["columns"].get(name, name)] for name in names] for names in tables.columns.known],
        "files": [[name, hashes.get(name, "")] for name in tables.file.known],
        "peers": [peer_words(model, *name) for name in tables.peer.known], "units": list(tables.unit.known),
        "nodes": [text["subject_types"].get(name) or text["links"].get(name, name) for name in tables.node.known]}


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
        unit = words.unit_of(words.spoken(spec.get("unit"), lang)[0], value)
        limits.append([words.limit_name(name, lang), words.fact(name, value, lang), unit, because,
                       str(override.get("by", "")), spoken])
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
