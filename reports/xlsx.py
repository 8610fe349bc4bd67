"""The workbook of a group: the list with columns for the outcome, the evidence, and the run.

Every text is written with write_string and every number with write_number: what a source wrote can become neither a
formula nor a link. The numbers are those of the page. The sheet of evidence holds every row the run kept.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from reports import words
from reports.model import AMOUNT_KINDS, GroupModel

MAX_ROWS = 400_000  # of evidence; a sheet would hold 1,048,575 and no reader would open it
_DAYS = (3, 5)  # of the columns for the outcome: Reviewed, Rest until
_OURS = ("group", "listed_on")  # the last columns, hidden: the next night must know them
_LONGEST = 32_767  # characters a cell may hold
_OPTIONS = {"in_memory": True, "constant_memory": False, "strings_to_formulas": False, "strings_to_urls": False,
            "strings_to_numbers": False, "nan_inf_to_errors": False}


class _Sheet:
    """A sheet with a header, written cell by cell with explicit types."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, heads: Sequence[tuple[str, int]],
                 formats: dict[str, Any], top: int = 0) -> None:
        self.sheet = book.add_worksheet(name)
        self.formats, self.top, self.at, self.width = formats, top, top + 1, len(heads)
        self.widths = [wide for _, wide in heads]
        for column, (title, wide) in enumerate(heads):
            self.sheet.set_column(column, column, wide)
            self.sheet.write_string(top, column, title, formats["head"])
        self.sheet.set_row(top, 30)
        self.sheet.freeze_panes(top + 1, min(3, len(heads) - 1))
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.repeat_rows(top)

    def add(self, values: Sequence[Any], kinds: str) -> None:
        """kinds: one letter a column, t text, w wrapped text, n number, m money, p points."""
        high = 1
        for column, (value, kind) in enumerate(zip(values, kinds, strict=True)):
            if value is None or value == "":
                continue
            if kind in "tw":
                if kind == "w":
                    high = max(high, _lines(str(value), self.widths[column]))
                self.sheet.write_string(self.at, column, clean(str(value)), self.formats.get(kind))
            else:
                self.sheet.write_number(self.at, column, float(value), self.formats.get(kind))
        if high > 1:  # LibreOffice does not find the height of wrapped text by itself
            self.sheet.set_row(self.at, 15 * min(high, 27))
        self.at += 1

    def close(self) -> None:
        self.sheet.autofilter(self.top, 0, max(self.at - 1, self.top + 1), self.width - 1)


def _lines(text: str, wide: int) -> int:
    """Lines that a wrapped text takes in a column of so many characters, rather too many than too few."""
    return sum(max(1, -(-len(part) // max(1, wide - 2))) for part in text.split("\n"))


def clean(text: str) -> str:
    """Without the control characters that XML cannot hold, and within a cell's length."""
    return "".join(c for c in text if c >= " " or c in "\n\t")[:_LONGEST]


def workbook(model: GroupModel) -> bytes:
    """The workbook as bytes; the same model gives the same bytes."""
    out, text = io.BytesIO(), model.text
    book = xlsxwriter.Workbook(out, _OPTIONS)
    stamp = dt.datetime.combine(model.run.as_of, dt.time())
    book.set_properties({"title": words.pick(model.group.title, model.language), "subject": text["disclaimer"],
                         "comments": f"{text['working_paper']} {model.run.meta['run_id']}", "created": stamp})
    formats = {"head": book.add_format({"bold": True, "bg_color": "#E4E8EC", "text_wrap": True, "valign": "top",
                                        "bottom": 1}),
               "t": book.add_format({"valign": "top", "indent": 1}),
               "w": book.add_format({"valign": "top", "indent": 1, "text_wrap": True}),
               "n": book.add_format({"valign": "top", "num_format": "#,##0"}),
               "m": book.add_format({"valign": "top", "num_format": "#,##0.00"}),
               "p": book.add_format({"valign": "top", "num_format": "0.00"}),
               "input": book.add_format({"valign": "top", "bg_color": "#FFF9E0", "border": 1,
                                         "border_color": "#C9C2A5"}),
               "day": book.add_format({"valign": "top", "bg_color": "#FFF9E0", "border": 1,
                                       "border_color": "#C9C2A5", "num_format": "yyyy-mm-dd"})}
    _cases(book, model, formats)
    _evidence(book, model, formats)
    _run(book, model, formats)
    book.close()
    return out.getvalue()


def _cases(book: xlsxwriter.Workbook, model: GroupModel, formats: dict[str, Any]) -> None:
    text, head, say = model.text, model.text["head"], model.text["xlsx"]
    money = [(f"{head['amount']} {text['amount_kinds'][kind]}", 15) for kind in AMOUNT_KINDS]
    heads = [(head["rank"], 6), (head["case"], 12), (head["subject"], 32), (say["subject_type"], 12),
             (head["kind"], 20), (head["score"], 9), (say["part"], 16), *money, (head["last"], 12), (head["state"], 12),
             (head["reasons"], 38), (say["sentences"], 70), (say["group_elsewhere"], 24),
             (say["last_outcome"], 22),
             (say["outcome"], 14), (say["outcome_amount"], 14), (say["note"], 40), (say["reviewed"], 12),
             (say["rule"], 9), (say["rest_until"], 12), (say["owner"], 16), (say["reason"], 24),
             (say["group"], 14), (say["listed_on"], 12)]
    sheet = _Sheet(book, say["sheets"]["cases"], heads, formats)
    kinds = "nttwwpt" + "m" * len(money) + "ttwwwt"
    for at, case in enumerate(model.cases):
        sentences, elsewhere = model.sentences(at), model.elsewhere(at)
        titles = [words.pick((model.run.detectors.get(code) or {}).get("title", code), model.language)
                  for code in case["reasons"]]
        row = sheet.at
        part = text["js"]["part_list" if case["listed"] else "part_weak"]
        sheet.add([case["rank"] if case["listed"] else None, case["id"], case["subject"],
                   text["subject_types"][case["shown_type"]],
                   ", ".join(text["kinds"][kind] for kind in case["kinds"]),
                   case["score"] if model.group.points_visible else None,
                   part, *(case["amounts"].get(kind) for kind in AMOUNT_KINDS), case["last"],
                   text["states"].get(case["state"], case["state"]), "; ".join(titles), "\n".join(sentences),
                   ", ".join(name for name, _ in elsewhere), model.last_outcome(at)], kinds)
        for column in range(len(kinds), len(heads) - len(_OURS)):
            sheet.sheet.write_blank(row, column, None, formats["day" if column - len(kinds) in _DAYS else "input"])
        for column, value in enumerate((model.group.id, model.run.as_of.isoformat()), len(heads) - len(_OURS)):
            sheet.sheet.write_string(row, column, value, formats["t"])
    last = max(sheet.at - 1, 1)
    rules = {0: {"validate": "list", "source": say["outcomes"], "error_message": say["outcome_error"]},
             1: {"validate": "decimal", "criteria": ">=", "value": 0, "error_message": say["amount_error"]},
             **{day: {"validate": "date", "criteria": ">=", "value": dt.date(2000, 1, 1),
                      "error_message": say["date_error"]} for day in _DAYS}}
    for offset, rule in rules.items():
        sheet.sheet.data_validation(1, len(kinds) + offset, last, len(kinds) + offset, rule)
    # read back with the outcome: whose list it was and of which night
    sheet.sheet.set_column(len(heads) - len(_OURS), len(heads) - 1, 12, None, {"hidden": True})
    sheet.close()


def _evidence(book: xlsxwriter.Workbook, model: GroupModel, formats: dict[str, Any]) -> None:
    text, head, say = model.text, model.text["head"], model.text["xlsx"]
    heads = [(head["case"], 12), (head["subject"], 28), (head["rule"], 9), (say["finding"], 18),
             (head["dataset"], 22), (head["file"], 32), (head["line"], 10), (say["key"], 18), (say["happened"], 16),
             (f"{head['amount']}", 14), (say["total_rows"], 12), (say["values"], 90)]
    sheet = _Sheet(book, say["sheets"]["evidence"], heads, formats)
    for at, case in enumerate(model.cases):
        for finding, row, key, values in model.evidence(at):
            if sheet.at > MAX_ROWS:
                sheet.add([say["more_rows"]], "t")
                sheet.close()
                return
            said = "; ".join(f"{text['columns'].get(name, name)}: {value}" for name, value in values)
            sheet.add([case["id"], case["subject"], finding["detector_id"], finding["finding_id"],
                       text["datasets"].get(row["dataset"], row["dataset"]), row["file"], row["line"], key,
                       words.moment(row["happened_at"]), row["amount_sek"], finding["n_evidence"], said],
                      "ttttttntt" + "mnt")
    sheet.close()


def _run(book: xlsxwriter.Workbook, model: GroupModel, formats: dict[str, Any]) -> None:
    text, head, say, run = model.text, model.text["head"], model.text["xlsx"], model.run
    first = model.head()
    sheet = _Sheet(book, say["sheets"]["run"], [(head["name"], 34), (head["value"], 70)], formats)
    page = text["page"]
    sources = first["sources"]
    rows: list[tuple[str, Any]] = [
        (text["disclaimer"], text["working_paper"]),
        (say["how"], say["how_text"].format(file=f"deviations_{model.group.id}.xlsx")),
        (page["group_report"], first["title"]),
        (page["run_id"], first["run_id"]), (page["as_of"], first["as_of"]),
        (page["sources"], page["sources_line"].format(read=sources.get("read", 0),
                                                      expected=sources.get("expected", 0))),
        (page["newest"], sources.get("newest") or ""), (page["deviations"], first["deviations"]),
        (page["new"], first["new"]), (page["gone"], first["gone"]),
        *((f"{page['money']}, {text['amount_kinds'][kind]}", first["money"][kind])
          for kind in AMOUNT_KINDS if kind in first["money"]),
        *((name, str(run.meta[name])) for name in ("code_hash", "settings_hash", "contracts_hash", "catalogue_hash",
                                                   "input_hash") if run.meta.get(name))]
    for name, value in rows:
        sheet.add([name, value], "t" + ("m" if isinstance(value, float) else "n" if isinstance(value, int) else "w"))
    codes = set(model.codes())
    for row in run.ledger:
        if row["detector_id"] in codes:
            outcome = text["outcomes_ledger"].get(row["outcome"], row["outcome"])
            reason = row["reason"] if model.language == "sv" else row["reason_en"] or row["reason"]
            counts = f"{head['evaluated']} {row['evaluated']}, {head['fired']} {row['fired']}" \
                if row["outcome"] == "ran" else reason
            sheet.add([f"{head['rule']} {row['detector_id']}", f"{outcome}; {counts}"], "tw")
    sheet.close()


