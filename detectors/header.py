"""The header of a detector file: what people read, checked before the SQL is looked at."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from detectors import peer_groups

# the C loader reads a hundred headers in a tenth of the time
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KINDS = ("impossible", "breach", "unusual", "exculpating")
METHODS = ("rule", "peer", "isolation_forest", "link")
SUBJECTS = ("provider", "association", "person", "household", "account", "address", "landlord")
STATUSES = ("draft", "trial", "active", "retired")
GATES = ("P0", "P1", "P2")
AMOUNT_KINDS = ("exact", "cap", "estimate", "unknown")
# Findings of one concept tell of one fact and count once in the ranking.
CONCEPTS = (
    "presence", "working_time", "travel", "decision", "billing", "registration", "pattern", "growth", "permit",
    "occupancy", "rate", "income", "household", "norm", "payment", "account", "address", "landlord", "absence",
    "membership", "attendance", "booking", "grant", "board", "ownership", "relatives", "duplicate", "splitting",
    "digits", "timing", "network", "peers", "mitigation",
)
REQUIRED_HEADER = ("code", "title", "method", "kind", "concept", "subject", "gate", "reads", "population", "why",
                   "innocent", "blind_spots", "next_step", "sentence", "basis", "severity", "status", "since")
OPTIONAL_HEADER = ("parameters", "amount", "law", "optional_reads", "optional_columns", "changes", "features",
                   "unit", "age_limit", "owner", "why_not", "peers", "agreed_precision",
                   "overtaken_by_new")
BILINGUAL = ("title", "why", "innocent", "blind_spots", "next_step", "sentence")
# What the small mappings of a header may hold; `*` stands for names of the rule's own.
INNER_KEYS = {
    **dict.fromkeys((*BILINGUAL, "why_not"), ("sv", "en")), "amount": ("kind", "how"), "amount.how": ("sv", "en"),
    "parameters.*": ("value", "law", "unit", "because"), "features.*": ("sv", "en", "unit"),
    "changes": ("date", "what"),
}


class DetectorError(ValueError):
    """A detector file that cannot be used; the message names the file, what is wrong and what to write."""


@dataclass(frozen=True)
class Parameter:
    """One number or text a rule depends on, with its unit and the reason for its value."""

    name: str
    value: Any
    unit: str
    because: str
    law: str | None = None


@cache
def load_law_values(path: Path | None = None) -> dict[str, Any]:
    """`parameters.yaml`: amounts and limits set by law or agreement, by name; see the head of that file."""
    source = path or Path(__file__).parent / "parameters.yaml"
    return yaml.load(source.read_text(encoding="utf-8"), LOADER) or {}


@cache
def load_retired() -> dict[str, Any]:
    """`retired.yaml`: codes no longer in use, each with day, reason and the rule that took its place, if any."""
    return yaml.load((Path(__file__).parent / "retired.yaml").read_text(encoding="utf-8"), LOADER) or {}


def retired_note(code: str) -> str:
    """One sentence about a retired code, empty for any other: who judges its cases now."""
    entry = load_retired().get(code)
    if entry is None:
        return ""
    after = f"; {entry['replaced_by']} judges its cases now" if entry.get("replaced_by") else ""
    return f"{code} is retired since {entry['since']}{after}"


def split_file(path: Path) -> tuple[dict[str, Any], str]:
    text = path.read_text(encoding="utf-8")
    match = re.match(r"\s*/\*(.*?)\*/(.*)", text, re.DOTALL)
    if not match:
        raise DetectorError(f"{path.name}: must begin with a header between /* and */")
    try:
        header = yaml.load(match[1], LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise DetectorError(f"{path.name}: the header is not valid YAML{where}") from None
    if not isinstance(header, dict):
        raise DetectorError(f"{path.name}: the header must be a YAML mapping")
    return header, match[2].strip().rstrip(";").strip()


def cut_text(value: Any, where: str, shape: str) -> str | None:
    """What is wrong where a comma or colon in an unquoted text has made a key of its own, None where nothing is."""
    if isinstance(value, list):
        found = (cut_text(item, where, shape) for item in value)
        return next((fault for fault in found if fault), None)
    if not isinstance(value, dict):
        return None
    before = ""
    for key, inner in value.items():
        allowed = INNER_KEYS.get(shape)
        if (inner is None and where) or (allowed and key not in allowed):
            text = f"{where}.{before}" if before else where
            return (f"{text}: something in it was read as a key of its own (`{str(key)[:40]}`); a text with a comma or "
                    "a colon stands in quotes")
        inner_shape = f"{shape}.{key}" if f"{shape}.{key}" in INNER_KEYS else f"{shape}.*"
        if fault := cut_text(inner, f"{where}.{key}" if where else str(key), inner_shape if where else str(key)):
            return fault
        before = str(key)
    return None


def check_header(name: str, path: Path, header: Mapping[str, Any], law_names: set[str]) -> None:
    for key in header:
        if key not in REQUIRED_HEADER + OPTIONAL_HEADER:
            near = difflib.get_close_matches(str(key), REQUIRED_HEADER + OPTIONAL_HEADER, 1)
            hint = f"; did you mean `{near[0]}`?" if near else ""
            raise DetectorError(f"{name}: unknown header key `{key}`{hint}")
    missing = [k for k in REQUIRED_HEADER if header.get(k) in (None, "", [], {})]
    if missing:
        raise DetectorError(f"{name}: header lacks {', '.join(missing)}")
    if fault := cut_text(header, "", ""):
        raise DetectorError(f"{name}: {fault}")
    code = str(header["code"])
    if not re.fullmatch(r"[A-Z]{2}\d{2}", code) or not re.fullmatch(rf"{code}_[a-z0-9_]+", path.stem):
        raise DetectorError(f"{name}: the code `{code}` and the file name differ; name it {code}_<slug>.sql")
    if note := retired_note(code):
        raise DetectorError(f"{name}: {note}; codes are never used again, choose the next free number")
    for key, allowed in (("method", METHODS), ("kind", KINDS), ("concept", CONCEPTS), ("subject", SUBJECTS),
                         ("gate", GATES), ("status", STATUSES)):
        if header[key] not in allowed:
            near = difflib.get_close_matches(str(header[key]), allowed, 1) or [allowed[0]]
            raise DetectorError(f"{name}: {key}: `{header[key]}` is not known; nearest is `{near[0]}`")
    for key in BILINGUAL:
        if not isinstance(header[key], dict) or not all(header[key].get(lang) for lang in ("sv", "en")):
            raise DetectorError(f"{name}: {key} needs a text for sv and one for en")
    if any(len(str(t).split()) > 7 for t in header["title"].values()):
        raise DetectorError(f"{name}: a title has at most seven words")
    if header["severity"] not in (1, 2, 3, 4, 5):
        raise DetectorError(f"{name}: severity is a whole number from 1 to 5")
    if not isinstance(header["since"], date):
        raise DetectorError(f"{name}: since must be a date such as 2026-11-23")
    if header.get("overtaken_by_new") and header["kind"] != "exculpating":
        raise DetectorError(f"{name}: overtaken_by_new is for rules of kind exculpating only")
    if header["kind"] == "unusual" and header["severity"] > 3:
        raise DetectorError(f"{name}: a rule of kind unusual has severity 3 at most (it never stands alone)")
    if header["method"] == "isolation_forest":
        if header["subject"] in ("person", "household"):
            raise DetectorError(f"{name}: the isolation forest scores organisations, never people")
        if not header.get("features"):
            raise DetectorError(f"{name}: an isolation forest names its features with sv, en and unit")
    if wrong := peer_groups.faults_of(header):
        raise DetectorError(f"{name}: {wrong}")
    agreed = header.get("agreed_precision")
    if agreed is not None and (not isinstance(agreed, (int, float)) or not 0 < agreed < 1):
        raise DetectorError(f"{name}: agreed_precision is a share between 0 and 1, such as 0.4")
    amount = header.get("amount")
    if amount is not None and (amount.get("kind") not in AMOUNT_KINDS or not amount.get("how")):
        raise DetectorError(f"{name}: amount needs kind ({', '.join(AMOUNT_KINDS)}) and how")
    if "law_values" in header["reads"] and not header.get("law"):
        raise DetectorError(f"{name}: reads law_values, so name the values used under law: [..]")
    for law in header.get("law") or []:
        if law not in law_names:
            near = difflib.get_close_matches(law, law_names, 1)
            raise DetectorError(f"{name}: law value `{law}` is not in parameters.yaml"
                                + (f"; nearest is `{near[0]}`" if near else ""))
    for source in header["basis"]:
        if not isinstance(source, dict) or not source.get("title"):
            raise DetectorError(f"{name}: each basis needs a title")


def population_of(header: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    listed = header["population"] if isinstance(header["population"], list) else [header["population"]]
    return tuple((table, column) for table, _, column in (str(item).partition(".") for item in listed))


def read_parameters(name: str, header: Mapping[str, Any]) -> dict[str, Parameter]:
    found = {}
    for key, spec in (header.get("parameters") or {}).items():
        if not isinstance(spec, dict) or not spec.get("because") or not spec.get("unit"):
            raise DetectorError(f"{name}: parameter {key} needs value, unit and because")
        if ("value" in spec) == ("law" in spec):
            raise DetectorError(f"{name}: parameter {key} needs either value or law")
        found[str(key)] = Parameter(str(key), spec.get("value"), str(spec["unit"]), str(spec["because"]),
                                    spec.get("law"))
    return found


def method_parameters(header: Mapping[str, Any]) -> set[str]:
    """Parameters that the method reads rather than the SQL."""
    names = {"peer": {"min_peers", "min_volume", "fence", "min_value", "min_before", "min_after", "min_steps",
                      "min_change"},
             "isolation_forest": {"min_peers", "min_volume", "percentile", "min_episodes", "trees"},
             "link": {"max_subjects", "max_group"}}
    return names.get(str(header["method"]), set()) & set(header.get("parameters") or {})
