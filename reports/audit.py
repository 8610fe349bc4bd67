"""The audit page of a run: equal treatment, the control slice, every rule's card. For the steward, not for a group.

Small numbers: where 1 to 7 of any group are picked, none of the numbers of that table are shown, only whether it
warns, because the groups of a table add up to a known whole. Other counts are rounded to 5 as in the overview.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reports import cards, disclosure, page, words
from reports.load import Run, RunError

FEWEST_REVIEWED = 20  # as in detectors/fairness.py; the figure of the text only


def audit_page(run: Run, language: str) -> str:
    """The page as HTML. Raises RunError when a file of audit/ is there but cannot be read."""
    fairness, control = (_rows(run.folder / "audit" / f"{name}.parquet") for name in ("fairness", "control"))
    ledger = {row["detector_id"]: row for row in run.ledger}
    made = [cards.card(code, head, ledger.get(code), run.groups.values(), language)
            for code, head in sorted(run.detectors.items())]
    return page.render(
        "audit.html.j2", language, more_style="pages.css", run=run, fair=_tables(fairness, language),
        precision=_precision(fairness, language),
        lifts=_lifts(fairness), control=_control(run, control), cards=made, empty=cards.empty_fields(made),
        fields=cards.FIELDS, few=FEWEST_REVIEWED, delivered=bool(fairness),
        titles=lambda code: words.pick((run.detectors.get(code) or {}).get("title", code), language))


def _rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of audit/; none when the part that makes it could not be done."""
    try:
        return pq.read_table(path).to_pylist()
    except FileNotFoundError:
        return []
    except (pa.ArrowInvalid, OSError):
        raise RunError(f"{path.name} in {path.parent.name} cannot be read: run the night again") from None


def _tables(rows: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """One table a subject type and attribute; a reason instead of rows where nothing could be measured."""
    text = words.texts(language)["audit"]
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        if row["measure"] != "selection":
            continue
        key = (row["subject_type"], row["attribute"])
        title = text["fair_of"].format(subjects=text["subjects"].get(key[0], key[0]),
                                       attribute=text["attributes"].get(key[1], key[1]))
        table = tables.setdefault(key, {"title": title, "scopes": {}, "reason": ""})
        if row["audit_group"]:
            table["scopes"].setdefault(row["scope"], []).append(row)
        else:
            table["reason"] = text["reasons"].get(row["reason"], row["reason"])
    for table in tables.values():
        table["blocks"] = [_block(scope, group_rows, text) for scope, group_rows in table.pop("scopes").items()]
    return list(tables.values())


def _block(scope: str, rows: Sequence[Mapping[str, Any]], text: Mapping[str, Any]) -> dict[str, Any]:
    warned = any(row["warning"] for row in rows)
    hidden = any(0 < row["hits"] < disclosure.SMALLEST or 0 < row["population"] < disclosure.SMALLEST for row in rows)
    shown = [] if hidden else [{
        **row, "name": text["groups"].get(row["audit_group"], row["audit_group"]),
        "people": disclosure.count(row["population"]).value, "picked": disclosure.count(row["hits"]).value,
        "verdict": text["warning"] if row["warning"] else text["reasons"].get(row["reason"], text["within"])}
        for row in rows]
    return {"scope": text["scope"].get(scope, scope), "rows": shown, "warned": warned,
            "verdict": text["warning"] if warned else text["within"]}


def _precision(rows: Sequence[Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Precision by group, where a group has enough reviewed for its share to say nothing of one person."""
    text = words.texts(language)["audit"]
    return [{**row, "subjects": text["subjects"].get(row["subject_type"], row["subject_type"]),
             "by": text["attributes"].get(row["attribute"], row["attribute"]),
             "name": text["groups"].get(row["audit_group"], row["audit_group"])}
            for row in rows if row["measure"] == "precision" and row["population"] >= disclosure.SMALLEST]


def _lifts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Pairs (listed, control) for all subjects and by type."""
    mine = [row for row in rows if row["measure"] == "lift"]
    return [{"type": listed["subject_type"], "sides": [listed, drawn], "listed": listed, "reason": listed["reason"]}
            for listed, drawn in zip(mine[::2], mine[1::2], strict=True)]


def _control(run: Run, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Tonight's slice in order of place. Subjects of the protected are not in `run.ranked` and so not shown."""
    order = {(row["subject_type"], row["subject_id"]): row["rank"] for row in run.ranked}
    tonight = sorted((row for row in rows if row["place"] is not None
                      and (row["subject_type"], row["subject_id"]) in order), key=lambda row: row["place"])
    return {"period": f"{run.as_of:%Y-%m}", "rows": [
        {**row, "rank": order[row["subject_type"], row["subject_id"]]} for row in tonight]}
