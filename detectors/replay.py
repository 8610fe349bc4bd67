"""What if a parameter had been another: the rules concerned run again on a run's own data, twice.

First with the values of the run, then with the changed ones, so that the difference is the parameter's alone; the
findings of all other rules are the run's. The database is only read: everything is done in temporary tables. What
comes out is plain data for a report: dictionaries, lists, numbers.
"""

from __future__ import annotations

import datetime
import difflib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import yaml

from detectors import links, ranking, run
from detectors.detector import Catalogue, Detector
from detectors.methods import RAW_TABLES, NotComputable
from schemas.groups import Group
from schemas.settings import Override, Settings

TOP = 50
Subject = tuple[str, str]


class WhatIfError(ValueError):
    """A change that cannot be tried; the text names the nearest valid rule or parameter."""


@dataclass(frozen=True)
class Change:
    """One parameter with its value in the run and the one to try."""

    code: str
    name: str
    unit: str
    before: Any
    after: Any


@dataclass(frozen=True)
class State:
    """The stored history of one run: its data (opened for reading), its folder, what it was run with."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    as_of: datetime.date
    settings: Settings
    groups: Mapping[str, Group]
    delivered: Mapping[str, set[str]]


def parse_changes(texts: Sequence[str], catalogue: Catalogue, settings: Settings, as_of: datetime.date) -> list[Change]:
    """`CODE.parameter=value` as changes. WhatIfError names what is unknown, the nearest valid, or the type wanted."""
    changes: dict[tuple[str, str], Change] = {}
    for text in texts:
        left, equals, value = text.partition("=")
        code, dot, name = left.strip().partition(".")
        if not (equals and dot and name and value.strip()):
            raise WhatIfError(f"{text!r} is no change; write it as HC01.min_overlap_minutes=30")
        code = code.upper()
        if code not in catalogue.detectors:
            raise WhatIfError(f"there is no detector {code}{_near(code, catalogue.detectors)}")
        detector = catalogue.detectors[code]
        if name not in detector.parameters:
            have = f"; {code} has {', '.join(detector.parameters)}" if detector.parameters else f"; {code} has none"
            raise WhatIfError(f"{code} has no parameter {name}{_near(name, detector.parameters)}{have}")
        if (code, name) in changes:
            raise WhatIfError(f"{code}.{name} is set twice")
        before = _present(detector, name, settings, as_of)
        changes[code, name] = Change(code, name, detector.parameters[name].unit, before,
                                     _typed(f"{code}.{name}", value.strip(), before))
    return list(changes.values())


def _near(word: str, valid: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(valid), 1, cutoff=0.4)
    return f"; the nearest is {close[0]}" if close else ""


def _present(detector: Detector, name: str, settings: Settings, as_of: datetime.date) -> Any:
    try:
        return run.parameter_values(detector, settings, as_of)[name]
    except NotComputable:  # another parameter has no value of law on that day
        return detector.parameters[name].value


def _typed(place: str, text: str, model: Any) -> Any:
    """The value in the type of the present one; a number is wanted where the law gives the value."""
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if isinstance(model, bool):
        wanted, fits = "true or false", isinstance(value, bool)
    elif isinstance(model, (int, float)) or model is None:
        wanted, fits = "a number", number and math.isfinite(value)
    elif isinstance(model, datetime.date):
        wanted, fits = "a date such as 2026-11-22", isinstance(value, datetime.date)
    elif isinstance(model, (list, tuple)):
        listed = value if isinstance(value, list) else [value]
        wanted, fits = "a list such as [a, b]", not isinstance(value, (dict, type(None)))
        value = [type(model[0])(item) for item in listed] if fits and model else listed
    else:
        wanted, fits = "a text", isinstance(value, (str, int, float))
        value = text.strip("'\"")
    if not fits:
        raise WhatIfError(f"{place} must be {wanted}, like its present value {model}")
    return value


def what_if(state: State, catalogue: Catalogue, changes: Sequence[Change]) -> dict[str, Any]:
    """Findings, subjects, order and known outcomes with the changed parameters, against the run as it was."""
    codes = sorted({change.code for change in changes})
    detectors = {code: catalogue.detectors[code] for code in codes}
    part = Catalogue(detectors, {v: catalogue.views[v] for d in detectors.values() for v in d.reads
                                 if v in catalogue.views})
    before = _run_part(state, part, state.settings)
    after = _run_part(state, part, _changed(state, changes))
    kept = _findings_of_run(state.folder)
    others = [f for f in kept if f["detector_id"] not in detectors]
    stored = {f["finding_id"] for f in kept if f["detector_id"] in detectors}
    active = _active(state.folder)
    weights, groups = _lifts(state.folder)
    silent = _silent(state.folder, kept, catalogue)
    order = {side: ranking.order_of(_rankable([*others, *found["findings"]], active, silent), weights, groups)
             for side, found in (("before", before), ("after", after))}
    services = {provider: own or "" for provider, own in state.connection.execute(
        "SELECT provider_id, services FROM providers").fetchall()}
    by_id = {side: {f["finding_id"]: f for f in found["findings"]}
             for side, found in (("before", before), ("after", after))}
    lost = [f for key, f in by_id["before"].items() if key not in by_id["after"]]
    gained = [f for key, f in by_id["after"].items() if key not in by_id["before"]]
    subjects = {side: {(r.subject_type, r.subject_id): r for r in rows} for side, rows in order.items()}
    gone = [r for key, r in subjects["before"].items() if key not in subjects["after"]]
    come = [r for key, r in subjects["after"].items() if key not in subjects["before"]]
    touched = {(f["subject_type"], f["subject_id"]) for f in [*lost, *gained]}
    named = touched | {(r.subject_type, r.subject_id) for r in [*gone, *come]} | _top_subjects(order)
    return {
        "run_id": state.folder.name, "as_of": state.as_of.isoformat(),
        "municipality": state.settings.municipality, "language": state.settings.language,
        "changes": [vars(c) | {"title": dict(detectors[c.code].title)} for c in changes],
        "rules": [{"code": code, "title": dict(detectors[code].title), "active": code in active,
                   "before": before["ledger"][code], "after": after["ledger"][code],
                   **_counted(code, by_id, lost, gained)} for code in codes],
        "same_rule": stored == set(by_id["before"]),
        "findings_gained": [_shown(f) for f in gained], "findings_lost": [_shown(f) for f in lost],
        "subjects_before": len(order["before"]), "subjects_after": len(order["after"]),
        "subjects_gained": [_subject(r) for r in come], "subjects_lost": [_subject(r) for r in gone],
        "money_before": _money(order["before"]), "money_after": _money(order["after"]),
        "groups": _by_group(state.groups, services, gained, lost, come, gone),
        "top": _top(order), "outcomes": _outcomes(state.connection, gained, lost, come, gone),
        "link_groups": {"before": before["links"], "after": after["links"]},
        "names": {f"{t}:{s}": name for (t, s), name in _names(state.connection, named).items()},
    }


def _changed(state: State, changes: Sequence[Change]) -> Settings:
    parameters = {code: dict(own) for code, own in state.settings.parameters.items()}
    for change in changes:
        parameters.setdefault(change.code, {})[change.name] = Override(
            change.after, because="what if", decided=state.as_of, by="avvik replay")
    return replace(state.settings, parameters=parameters)


def _run_part(state: State, part: Catalogue, settings: Settings) -> dict[str, Any]:
    """Run the detectors of `part`; their findings as dictionaries, their ledger rows and the number of link groups."""
    connection = state.connection
    run.prepare(connection, part, settings, state.as_of)
    ledger = {d.code: run.run_one(connection, d, settings, state.as_of, state.delivered, part)
              for d in part.detectors.values()}
    run.build_findings(connection, part, None)
    cursor = connection.execute("""
        SELECT finding_id, detector_id, kind, concept, domain, severity, subject_type, subject_id, period_from,
               period_to, strength, amount_sek, amount_kind, facts, n_evidence FROM findings""")
    names = [d[0] for d in cursor.description]
    found = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    groups = connection.execute("SELECT count(DISTINCT link_group) FROM link_edges").fetchall()[0][0]
    connection.execute(RAW_TABLES)
    connection.execute(links.EDGES)
    return {"findings": found, "links": groups,
            "ledger": {code: {"outcome": row.outcome, "reason": row.reason, "reason_en": row.reason_en}
                       for code, row in ledger.items()}}


def _findings_of_run(folder: Path) -> list[dict[str, Any]]:
    """The run's findings with the severity their rule had that night."""
    heads = json.loads((folder / "detectors.json").read_text(encoding="utf-8"))
    rows = pq.read_table(folder / "findings.parquet", columns=[
        "finding_id", "detector_id", "kind", "concept", "domain", "subject_type", "subject_id", "strength",
        "amount_sek"]).to_pylist()
    return [row | {"severity": heads[row["detector_id"]]["severity"]} for row in rows]


def _active(folder: Path) -> set[str]:
    rows = pq.read_table(folder / "ledger.parquet", columns=["detector_id", "status"]).to_pylist()
    return {row["detector_id"] for row in rows if row["status"] == "active"}


def _lifts(folder: Path) -> tuple[dict[str, float], dict[Subject, str]]:
    """The rules' weights and the subjects' link groups of the night; runs of before there were any have none."""
    ledger = pq.read_table(folder / "ledger.parquet").to_pylist()
    weights = {row["detector_id"]: row["weight"] for row in ledger if row.get("weight") is not None}
    if not (folder / "links.parquet").exists():
        return weights, {}
    rows = pq.read_table(folder / "links.parquet", columns=["subject_type", "subject_id", "link_group"]).to_pylist()
    return weights, {(row["subject_type"], row["subject_id"]): row["link_group"] for row in rows}


def _silent(folder: Path, kept: Iterable[Mapping[str, Any]], catalogue: Catalogue) -> set[str]:
    """Ids of findings that gave no points that night: judged, or an old explanation of a subject that came back."""
    if not (folder / "cases.parquet").exists():
        return set()
    columns = ["subject_type", "subject_id", "resting", "back_because"]
    rows = pq.read_table(folder / "cases.parquet", columns=columns).to_pylist()
    back = {(row["subject_type"], row["subject_id"]) for row in rows if row["back_because"] != "[]"}
    hearing = {code for code, detector in catalogue.detectors.items() if "outcomes" in detector.reads}
    heard = {f["finding_id"] for f in kept
             if f["detector_id"] in hearing and (f["subject_type"], f["subject_id"]) in back}
    return heard.union(*(row["resting"] for row in rows))


def _rankable(findings: Iterable[Mapping[str, Any]], active: set[str],
              silent: set[str]) -> list[tuple[str, str, ranking.Finding]]:
    return [(f["subject_type"], f["subject_id"],
             ranking.Finding(f["detector_id"], f["kind"], f["concept"], f["domain"], f["severity"], f["strength"],
                             f["amount_sek"]))
            for f in findings if f["detector_id"] in active and f["finding_id"] not in silent]


def _counted(code: str, by_id: Mapping[str, Mapping[str, Any]], lost: list[Any], gained: list[Any]) -> dict[str, Any]:
    own = {side: {k: f for k, f in found.items() if f["detector_id"] == code} for side, found in by_id.items()}
    changed = sum((f["strength"], f["amount_sek"]) != (own["after"][k]["strength"], own["after"][k]["amount_sek"])
                  for k, f in own["before"].items() if k in own["after"])
    return {"findings_before": len(own["before"]), "findings_after": len(own["after"]), "changed": changed,
            "gained": sum(f["detector_id"] == code for f in gained),
            "lost": sum(f["detector_id"] == code for f in lost)}


def _shown(finding: Mapping[str, Any]) -> dict[str, Any]:
    return {"detector_id": finding["detector_id"], "subject_type": finding["subject_type"],
            "subject_id": finding["subject_id"], "from": _day(finding["period_from"]),
            "to": _day(finding["period_to"]), "strength": finding["strength"],
            "amount_sek": _text(finding["amount_sek"]), "amount_kind": finding["amount_kind"],
            "n_evidence": finding["n_evidence"]}


def _subject(row: ranking.Ranked) -> dict[str, Any]:
    return {"subject_type": row.subject_type, "subject_id": row.subject_id, "rank": row.rank, "score": row.score,
            "amount_sek": _text(row.amount_sek)}


def _money(rows: Iterable[ranking.Ranked]) -> str:
    return str(sum((r.amount_sek or Decimal(0) for r in rows), Decimal(0)))


def _by_group(groups: Mapping[str, Group], services: Mapping[str, str], gained: list[Any], lost: list[Any],
              come: list[ranking.Ranked], gone: list[ranking.Ranked]) -> list[dict[str, Any]]:
    """Findings and subjects gained and lost as each collaboration group would see them."""
    def seen(group: Group, findings: list[Any]) -> int:
        return sum(group.sees(f["domain"], f["subject_type"], services.get(f["subject_id"], "").split("|"))
                   for f in findings)

    def met(name: str, rows: list[ranking.Ranked]) -> int:
        return sum(name in ranking.visible_groups(row, groups, services) for row in rows)

    return [{"group": name, "title": dict(group.title), "findings_gained": seen(group, gained),
             "findings_lost": seen(group, lost), "subjects_gained": met(name, come), "subjects_lost": met(name, gone)}
            for name, group in groups.items() if not group.aggregates_only]


def _top_subjects(order: Mapping[str, list[ranking.Ranked]]) -> set[Subject]:
    return {(r.subject_type, r.subject_id) for rows in order.values() for r in rows[:TOP]}


def _top(order: Mapping[str, list[ranking.Ranked]]) -> dict[str, Any]:
    """Who entered, left or moved among the first 50; ranks None = not among the subjects at all."""
    rank = {side: {(r.subject_type, r.subject_id): r for r in rows} for side, rows in order.items()}
    found: dict[str, Any] = {"size": TOP, "entered": [], "left": [], "moved": [], "unmoved": 0}
    for subject in sorted(_top_subjects(order)):
        old, new = rank["before"].get(subject), rank["after"].get(subject)
        row = {"subject_type": subject[0], "subject_id": subject[1], "before": old.rank if old else None,
               "after": new.rank if new else None, "score_before": old.score if old else None,
               "score_after": new.score if new else None}
        was, is_ = old is not None and old.rank <= TOP, new is not None and new.rank <= TOP
        if was and is_ and row["before"] == row["after"]:
            found["unmoved"] += 1
        else:
            found["moved" if was and is_ else "entered" if is_ else "left"].append(row)
    for name in ("entered", "moved"):
        found[name].sort(key=lambda r: r["after"])
    found["left"].sort(key=lambda r: r["before"])
    return found


def _outcomes(connection: duckdb.DuckDBPyConnection, gained: list[Any], lost: list[Any],
              come: list[ranking.Ranked], gone: list[ranking.Ranked]) -> list[dict[str, Any]]:
    """Reviewed cases that the change touches: what was found then, and whether finding or subject comes or goes.

    An outcome given for one rule counts for findings of that rule only; one without a rule for all of the subject.
    """
    rows = connection.execute("""
        SELECT subject_type, subject_id, outcome, detector_id, CAST(reviewed_on AS VARCHAR) FROM outcomes
        WHERE outcome IS NOT NULL ORDER BY ALL""").fetchall()
    touched = []
    for subject_type, subject_id, outcome, rule, day in rows:
        counts: Counter[str] = Counter()
        for name, findings in (("findings_gained", gained), ("findings_lost", lost)):
            counts[name] = sum((f["subject_type"], f["subject_id"]) == (subject_type, subject_id)
                               and rule in (None, "", f["detector_id"]) for f in findings)
        for name, subjects in (("subject_gained", come), ("subject_lost", gone)):
            counts[name] = sum((r.subject_type, r.subject_id) == (subject_type, subject_id) for r in subjects)
        if any(counts.values()):
            touched.append({"subject_type": subject_type, "subject_id": subject_id, "outcome": outcome,
                            "detector_id": rule, "reviewed_on": day, **counts})
    return touched


def _names(connection: duckdb.DuckDBPyConnection, subjects: set[Subject]) -> dict[Subject, str]:
    """Names of organisations; persons, households, accounts and addresses have none."""
    found: dict[Subject, str] = {}
    for kind, table, key, name in (("provider", "supplier_payments", "supplier_id", "min(supplier_name)"),
                                   ("provider", "providers", "provider_id", "min(name)"),
                                   ("association", "associations", "association_id", "min(name)")):
        wanted = sorted(s for t, s in subjects if t == kind)
        found |= {(kind, row[0]): row[1] for row in connection.execute(
            f'SELECT "{key}", {name} FROM "{table}" WHERE "{key}" IN (SELECT unnest($1)) GROUP BY 1', [wanted]
        ).fetchall() if row[1]}
    return found


def _day(value: datetime.date | None) -> str | None:
    return value.isoformat() if value else None


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
