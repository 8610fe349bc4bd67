"""One night whose names, values and headings try to leave the workspace or to be run as SQL; for S4 and S5."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from flows.cli import main
from tests.gates.crash_kit import ONE_GROUP

DAY = "2026-11-22"
# {out} is a file that exists as soon as one of them is run; forms for values, identifiers, brackets and comments.
SQL = (
    "'; COPY (SELECT 1) TO '{out}'; --", "\"; COPY (SELECT 1) TO '{out}'; --", "'); COPY (SELECT 1) TO '{out}'; --",
    "\"); COPY (SELECT 1) TO '{out}'; --", "'; CREATE TABLE executed (x INTEGER); --",
    "\"; CREATE TABLE executed (x INTEGER); --", "' OR 1=1; ATTACH '{out}'; --", "]; ATTACH '{out}'; --",
    "'; DROP TABLE providers; --", "\"; DROP TABLE providers CASCADE; --", "$$; COPY (SELECT 1) TO '{out}'; --",
    "*/ COPY (SELECT 1) TO '{out}'; /*", "' || (SELECT 1) || '", "{{{{ 7*7 }}}}", "'; EXPORT DATABASE '{out}'; --",
    "'; INSTALL httpfs; LOAD httpfs; --", "x' UNION ALL SELECT 'x", "\\'; COPY (SELECT 1) TO '{out}'; --")
FAR = Path(tempfile.gettempdir()) / "avvik-gate-s4-escaped"  # an absolute place that the night could write to
PATHS = ("../../escaped", "..", str(FAR), "..\\..\\escaped", "a/../../../escaped",
         "C:\\escaped",
         "%2e%2e%2fescaped", FAR.as_uri(), "~/escaped", "./.././../escaped", "....//escaped", "escaped/",
         "con", "-rf escaped", "$(touch escaped)", "`touch escaped`", "|touch escaped", "escaped\u202etxt")


@dataclass(frozen=True)
class WordsNight:
    """The night's folder: `around` is everything the night may not touch, with the workspace inside it."""

    around: Path
    workspace: Path
    before: frozenset[str]
    code: int
    planted: tuple[str, ...]

    @property
    def out(self) -> Path:
        return self.around / "executed.csv"


def files_below(folder: Path) -> frozenset[str]:
    """Every entry, folders and links too."""
    return frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def attacks(out: Path) -> tuple[str, ...]:
    return tuple(text.format(out=out) for text in SQL)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def built(folder: Path) -> WordsNight:
    """The night, three folders deep in `folder`."""
    place = folder / "a" / "b" / "c"
    inbox, workspace = place / "inbox", place / "workspace"
    inbox.mkdir(parents=True)
    planted = (*attacks(folder / "executed.csv"), *PATHS)
    words = tuple(text for text in planted if text.isprintable())
    names = ["providers_%2e%2e%2fescaped.csv", "providers_'; DROP TABLE providers; --.csv", "providers_$(touch x).csv",
             "providers_..\\..\\escaped.csv"]
    for at, name in enumerate(names):
        lines = ["provider_id,name,org_form,services,bank_account_token"]
        lines += [f"{quoted(f'{at}{text}' if at else text)},{quoted(text)},ab,home_care,{quoted(text)}"
                  for text in words]
        (inbox / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    head = ["payment_id", "supplier_id", "supplier_name", "booked_on", "invoice_no", "amount_sek", "unit"]
    lines = [",".join([*head, *(quoted(text) for text in words)])]
    for number, text in enumerate(words * 2):  # every invoice twice: each subject gets a finding
        row = [f"b{number}", text, text, f"2026-09-{1 + number % 28:02d}", f"F{number % len(words)}{text}",
               f"{50_000 + number % len(words)}.00", text]
        lines.append(",".join(quoted(cell) for cell in [*row, *words]))
    (inbox / f"supplier_payments_{DAY}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    headed = {"person_token": ["p1"], **{text: ["x"] for text in words}}
    pq.write_table(pa.table(headed), inbox / "persons_1.parquet")
    (inbox / "absences_1.json").write_text(json.dumps(
        [{"person_token": text, "kind": "hospital", "absent_from": "2026-09-01", text: text} for text in words]))
    groups = place / "groups.yaml"
    groups.write_text(ONE_GROUP, encoding="utf-8")
    said = yaml.safe_load(ONE_GROUP)
    said["sg-tvar"] |= {"title": {"sv": words[0], "en": words[1]}, "contact": words[2]}
    groups.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    settings = place / "settings.yaml"
    settings.write_text(yaml.safe_dump({
        "groups": str(groups), "municipality": words[3], "protected_officer": words[4],
        "lists": {"trustee_accounts": list(words), "municipal_landlords": list(words)}}), encoding="utf-8")
    before = files_below(folder)
    code = main(["night", "--inbox", str(inbox), "--workspace", str(workspace), "--as-of", DAY, "--settings",
                 str(settings)])
    return WordsNight(folder, workspace, before, code, words)
