"""The police edition of a group: companies and associations, amounts, counts, public roles; nothing of individuals.

Default deny: what is not listed in this module does not leave. A row of evidence leaves only when its dataset is in
`COLUMNS`, with the columns named there; everything that identifies something inside the municipality (tokens, ids,
keys, case ids, invoice numbers) is replaced by a code that depends on the recipient, file names and line numbers are
left out. Client, staff and participant rows are told as a number. Sole traders and suppliers of unknown legal form
are persons until somebody has decided otherwise, so they are left out and counted.
Source of the rules: need-to-know matrix (domain reference 10.2), column "police in group"; gate P7.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from reports import page, words
from reports.load import Run
from reports.model import AMOUNT_KINDS, KINDS, Case, GroupModel
from reports.xlsx import clean
from schemas.groups import Group

# What a group's `police` lets out: subject types.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "provider": ("provider",), "association": ("association",), "legal_persons": ("provider", "association"),
    "none": (),
}
LEGAL_FORMS = ("ab", "hb", "ideell", "kommunal")  # ef is a person
PUBLIC_ROLES = ("board", "chair", "ceo", "owner", "beneficial_owner", "deputy", "auditor", "signatory", "treasurer")
SMALLEST = 5  # counts of people below are not told
SHOWN_ROWS = 200

# dataset -> (columns as they stand, columns re-keyed: column -> kind of code)
COLUMNS: Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "providers": (
        ("org_form", "services", "registered_on", "permit_from", "permit_to", "permit_places", "contract_kind",
         "reimbursement_model"),
        {"provider_id": "organisation", "bank_account_token": "account", "address_token": "address"}),
    "provider_roles": (("role", "role_from", "role_to"), {"provider_id": "organisation", "person_token": "person"}),
    "associations": (
        ("registered_on",),
        {"association_id": "organisation", "bank_account_token": "account", "address_token": "address"}),
    "association_roles": (
        ("role", "role_from", "role_to"), {"association_id": "organisation", "person_token": "person"}),
    "supplier_payments": (
        ("booked_on", "amount_sek", "account_no", "account_text", "unit"),
        {"supplier_id": "organisation", "invoice_no": "invoice", "bank_account_token": "account"}),
    "association_grants": (
        ("kind", "committee", "year", "applied_on", "decided_on", "paid_on", "applied_sek", "granted_sek", "paid_sek"),
        {"association_id": "organisation", "bank_account_token": "account"}),
    "venue_bookings": (("booked_from", "booked_to", "cancelled"),
                       {"association_id": "organisation", "venue_token": "venue"}),
}
_ORGANISATION = {"provider_id": "provider", "supplier_id": "provider", "association_id": "association"}
_PERSON_DATASETS = ("provider_roles", "association_roles")
_FACTS = ("org_form", "services", "registered_on", "contract_kind", "permit_places")
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?([T ]\d\d:\d\d(:\d\d)?)?\Z")
_PEOPLE = re.compile(r"(^|_)(clients?|persons?|child|children|staff|assistants?|members?|participants|leaders?|"
                     r"households?|young|officers?|board)(_|$)")
_CODE = re.compile(r"[a-z][a-z_]*\Z")

Rekey = Callable[[str, str], str]


class PoliceError(ValueError):
    """An extract that may not or cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Stamp:
    """What stands on every page of an extract."""

    extract: str
    recipient: str
    basis: str
    by: str
    at: str


@dataclass(frozen=True)
class Extract:
    """Everything that leaves, as plain data. `cases`: the municipality's own case ids, for its log, on no page."""

    subjects: list[dict[str, Any]]
    left_out: dict[str, int]
    cases: list[str]
    head: dict[str, Any]
    language: str


def make(run: Run, group: Group, language: str, rekey: Rekey, wanted: Collection[str] = (),
         protected_now: Collection[str] = (), protected_known: bool = True) -> Extract:
    """The extract of `group`; `wanted`: case ids, empty for all.

    protected_now: tokens protected today, also when the run was made before they were. Without knowledge of who is
    protected, rows about persons in public roles stay out as well. PoliceError when the group has no police edition
    or a case is not in it.
    """
    types = LEVELS[group.police]
    if not types:
        raise PoliceError(
            f"group {group.id} has no police edition (groups.yaml: police: none). "
            "Facts about individuals are given in a police report, one case at a time, by whoever decides on it.")
    model = GroupModel(run, group, language)
    known = {case["id"]: item for case, item in zip(model.cases, model.items, strict=True)}
    for case_id in wanted:
        if case_id not in known:
            raise PoliceError(f"run {run.meta['run_id']} has no case {case_id} in group {group.id}. "
                              "The case ids are in the group's report.")
    teller = _Teller(run, model, rekey, frozenset(protected_now), protected_known)
    left_out: dict[str, int] = {}
    subjects, cases = [], []
    for summary, item in zip(model.cases, model.items, strict=True):
        if wanted and summary["id"] not in wanted:
            continue
        # What is too weak for the list is no ground for telling another authority, unless somebody names the case.
        reason = teller.refusal(item.subject, types) or (None if wanted or summary["listed"] else "weak")
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        subjects.append(teller.subject(summary, item))
        cases.append(summary["id"])
    head = {"group": words.pick(group.title, language), "contact": group.contact,
            "municipality": run.meta.get("municipality", ""), "as_of": run.as_of.isoformat()}
    return Extract(subjects, left_out, cases, head, language)


class _Teller:
    """Turns cases into what may be told of them."""

    def __init__(self, run: Run, model: GroupModel, rekey: Rekey, protected_now: frozenset[str], known: bool) -> None:
        self.run, self.model, self.rekey = run, model, rekey
        self.protected, self.known = protected_now, known
        self.text = words.texts(model.language)
        self.say = self.text["police"]

    def refusal(self, subject: tuple[str, str], types: Sequence[str]) -> str | None:
        """Why this subject is left out, as a key of the texts; None when it may be in."""
        if subject[0] not in types:
            return "not_legal"
        if subject[1] in self.protected:
            return "not_legal"
        if subject[0] == "association":
            return None
        form = self._facts(subject).get("org_form")
        return None if form in LEGAL_FORMS else "sole_trader" if form == "ef" else "unknown_form"

    def _facts(self, subject: tuple[str, str]) -> Mapping[str, Any]:
        return self.run.subjects.get(subject, {}).get("facts", {})

    def subject(self, summary: Mapping[str, Any], case: Case) -> dict[str, Any]:
        """A company or association with its findings."""
        code = self.rekey("organisation", case.subject[1])
        facts = [[self.text["columns"].get(name, name), self._words(name, value)]
                 for name, value in self._facts(case.subject).items() if name in _FACTS and value not in (None, "")]
        found = [finding for finding in case.visible if finding["kind"] in KINDS]
        return {
            "code": code, "name": str(self.run.subjects.get(case.subject, {}).get("name") or code),
            "type": self.text["subject_types"][case.subject[0]], "facts": facts, "amounts": dict(summary["amounts"]),
            "kinds": [self.text["kinds"][kind] for kind in summary["kinds"]],
            "findings": [self._finding(finding, case) for finding in found]}

    def _words(self, name: str, value: Any) -> str:
        parts = value.split("|") if isinstance(value, str) else [value]
        said = [self.text["values"].get(part, part) if isinstance(part, str) else part for part in parts]
        return words.fact(name, said, self.model.language)

    def _finding(self, finding: Mapping[str, Any], case: Case) -> dict[str, Any]:
        head = self.run.detectors.get(finding["detector_id"], {})
        language = self.model.language
        blocks, shown = self._rows(finding["finding_id"])
        children = finding["domain"] == "hvb"
        own = {name: finding[name] for name in ("amount_sek", "period_from", "period_to", "n_evidence")}
        facts = {name: self._fact(name, value, children) for name, value in {**own, **finding["facts"]}.items()}
        said = words.sentence(head.get("sentence", ""), facts, language).strip()
        return {
            "title": words.pick(head.get("title", ""), language), "kind": self.text["kinds"][finding["kind"]],
            "sentence": said[:1].upper() + said[1:], "why": words.pick(head.get("why"), language),
            "innocent": words.pick(head.get("innocent"), language), "from": words.moment(finding["period_from"]),
            "to": words.moment(finding["period_to"]),
            "amount": None if finding["amount_sek"] is None else float(finding["amount_sek"]),
            "amount_kind": self.text["amount_kinds"].get(finding["amount_kind"], ""), "blocks": blocks,
            "withheld": self._few(finding["n_evidence"] - shown, children)}

    def _fact(self, name: str, value: Any, children: bool) -> Any:
        """Numbers and days as they stand, few people as few, codes in words, and nothing else."""
        if value is None or isinstance(value, bool) or hasattr(value, "isoformat"):
            return value
        if isinstance(value, (int, float)) or hasattr(value, "as_tuple"):
            counts = children or _PEOPLE.search(name) is not None
            whole = not name.endswith("_sek") and float(value).is_integer()
            return self.say["few"] if counts and whole and 0 < value < SMALLEST else value
        if isinstance(value, str):
            if _DAY.match(value):
                return value
            if _CODE.match(value) and value in self.text["values"]:
                return self.text["values"][value]
        return self.say["withheld_fact"]

    def _few(self, rows: int, children: bool) -> Any:
        return self.say["few"] if children and 0 < rows < SMALLEST else rows

    def _rows(self, finding_id: str) -> tuple[list[dict[str, Any]], int]:
        """Blocks of rows that may leave, and how many rows they are."""
        blocks: dict[str, list[list[str]]] = {}
        shown = 0
        for row in self.run.evidence.rows(finding_id, SHOWN_ROWS):
            values = self._row(row["dataset"], row["values"])
            if values is not None:
                blocks.setdefault(row["dataset"], []).append(values)
                shown += 1
        out = []
        for dataset, rows in blocks.items():
            plain, coded = COLUMNS[dataset]
            heads = [self.text["columns"].get(name, name) for name in (*coded, *plain)]
            keep = [at for at in range(len(heads)) if any(row[at] for row in rows)]
            out.append({"dataset": self.text["datasets"].get(dataset, dataset), "heads": [heads[at] for at in keep],
                        "rows": [[row[at] for at in keep] for row in rows]})
        return out, shown

    def _row(self, dataset: str, values: Mapping[str, Any]) -> list[str] | None:
        if dataset not in COLUMNS or any(str(value) in self.protected for value in values.values() if value):
            return None
        if dataset in _PERSON_DATASETS and (values.get("role") not in PUBLIC_ROLES or not self.known):
            return None
        for column, kind in _ORGANISATION.items():  # another company in the row must itself be one we may tell of
            if values.get(column) and self.refusal((kind, str(values[column])), (kind,)):
                return None
        plain, coded = COLUMNS[dataset]
        return [*(self.rekey(kind, str(values[name])) if values.get(name) else "" for name, kind in coded.items()),
                *(self._plain(values.get(name)) for name in plain)]

    def _plain(self, value: Any) -> str:
        text = words.moment_text(value)
        if text in ("true", "false"):
            return str(self.text["yes" if text == "true" else "no"])
        return "|".join(self.text["values"].get(part, part) for part in text.split("|"))


def extract_page(extract: Extract, stamp: Stamp) -> str:
    """The page: no script, everything on it is readable and printable."""
    return page.render("police.html.j2", extract.language, extract=extract, stamp=stamp, head=extract.head,
                       stamped=stamped(extract, stamp))


def extract_workbook(extract: Extract, stamp: Stamp) -> bytes:
    """The same as a workbook; every text is written as text."""
    text = words.texts(extract.language)
    say, head = text["police"], text["head"]
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                     "strings_to_numbers": False})
    made = dt.datetime.combine(dt.date.fromisoformat(extract.head["as_of"]), dt.time())
    book.set_properties({"title": say["title"], "subject": text["disclaimer"], "comments": stamp.extract,
                         "created": made})
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})

    def sheet(name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        target = book.add_worksheet(name)
        target.freeze_panes(1, 0)
        target.set_column(0, max(0, len(heads) - 1), 24)
        for at, title in enumerate(heads):
            target.write_string(0, at, title, bold)
        for down, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if isinstance(value, (int, float)):
                    target.write_number(down, at, value)
                elif value not in (None, ""):
                    target.write_string(down, at, clean(str(value)))

    money = [f"{head['amount']} {text['amount_kinds'][kind]}" for kind in AMOUNT_KINDS]
    sheet(say["sheet_subjects"], [say["code"], head["subject"], say["type"], head["kind"], *money],
          [[one["code"], one["name"], one["type"], ", ".join(one["kinds"]),
            *(one["amounts"].get(kind) for kind in AMOUNT_KINDS)] for one in extract.subjects])
    sheet(say["sheet_findings"],
          [say["code"], head["subject"], head["rule"], head["kind"], say["sentence"], say["from"], say["to"],
           head["amount"], say["amount_kind"], say["withheld"], say["innocent"]],
          [[one["code"], one["name"], f["title"], f["kind"], f["sentence"], f["from"], f["to"], f["amount"],
            f["amount_kind"], f["withheld"], f["innocent"]] for one in extract.subjects for f in one["findings"]])
    sheet(say["sheet_rows"], [say["code"], head["rule"], head["dataset"], say["values"]],
          [[one["code"], f["title"], block["dataset"],
            "; ".join(f"{name}: {value}" for name, value in zip(block["heads"], row, strict=True) if value)]
           for one in extract.subjects for f in one["findings"] for block in f["blocks"] for row in block["rows"]])
    sheet(say["sheet_extract"], [head["name"], head["value"]],
          [[say["title"], text["working_paper"]], [text["disclaimer"], say["lead"]],
           *([label, value] for label, value in stamped(extract, stamp))])
    book.close()
    return out.getvalue()


def stamped(extract: Extract, stamp: Stamp) -> list[tuple[str, str]]:
    """What the extract says of itself, as (label, value)."""
    say = words.texts(extract.language)["police"]
    left = "; ".join(f"{say['left_out'][reason]}: {n}" for reason, n in sorted(extract.left_out.items()))
    return [(say["extract"], stamp.extract), (say["recipient"], stamp.recipient), (say["basis"], stamp.basis),
            (say["by"], stamp.by), (say["at"], stamp.at), (say["from_group"], extract.head["group"]),
            (say["contact"], extract.head["contact"]), (say["as_of"], extract.head["as_of"]),
            (say["subjects"], str(len(extract.subjects))), (say["not_in"], left or "0")]


def content_of(extract: Extract) -> str:
    """The extract as JSON, for tests and for a hash over what was said."""
    return json.dumps(extract.subjects, ensure_ascii=False, sort_keys=True)
