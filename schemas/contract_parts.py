"""The pieces of a contract file, checked key by key; used by schemas/contract.py and schemas/source_mapping.py."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.yaml_files import nearest, unknown_keys, words

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
# ours: the reader adds them to every table, so that no column may be called so
_RESERVED = frozenset({"line", "row_ref", "rule", "reason", "severity", "sek", "file", "column_name"})

_OBJECT_KEYS = words(
    "id name logicalType physicalType physicalName description businessName dataGranularityDescription tags "
    "authoritativeDefinitions customProperties quality properties"
)
_OBJECT_CUSTOM = frozenset({"timeColumn", "moneyColumn", "missingKey", "ignoreRows", "fileNames", "handWritten"})
_PROPERTY_KEYS = words(
    "id name physicalName logicalType physicalType required unique primaryKey primaryKeyPosition description "
    "logicalTypeOptions quality customProperties businessName tags examples classification "
    "authoritativeDefinitions criticalDataElement"
)
_PROPERTY_CUSTOM = frozenset(
    ["aliases", "allowedValues", "valueAliases", "auditOnly", "freeText", "month", "dateFormats"]
)
_QUALITY_KEYS = words("id name type engine severity implementation description dimension businessImpact tags")
_SEVERITIES = ("error", "warning", "info")

_RANGE = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_OPTIONS: dict[str, frozenset[str]] = {
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "integer": _RANGE | {"multipleOf"},
    "number": _RANGE | {"multipleOf"},
    "boolean": frozenset(),
    "date": _RANGE,
    "timestamp": _RANGE,
}
_DEFAULT_TYPE = {
    "string": "VARCHAR",
    "integer": "INTEGER",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
}
_DECIMAL = re.compile(r"DECIMAL\((\d{1,2}),(\d{1,2})\)\Z")


class ContractError(ValueError):
    """A contract that cannot be used; the text names the file, the key and what would be valid."""

    def __init__(self, path: Path, key: str, message: str) -> None:
        self.path, self.key = path, key
        super().__init__(f"{path}: {key + ': ' if key else ''}{message}")


@dataclass
class DeclaredRule:
    expectation: str
    kwargs: dict[str, Any]
    severity: str
    description: str


@dataclass
class ObjectPart:
    name: str
    description: str
    time_column: str | None
    money_column: str | None
    generate_key: bool
    ignore_rows: tuple[str, str, tuple[str, ...]] | None
    file_names: tuple[str, ...]
    hand_written: bool
    quality: list[DeclaredRule]
    properties: list[Part]
    key_positions: list[tuple[int | None, str]] = field(default_factory=list)


@dataclass
class ColumnPart:
    name: str
    logical_type: str
    duckdb_type: str
    required: bool
    primary_key: bool
    key_position: int | None
    unique: bool
    options: dict[str, Any]
    aliases: tuple[str, ...]
    allowed_values: tuple[str, ...]
    value_aliases: dict[str, str]
    audit_only: bool
    free_text: bool
    month: bool
    date_formats: tuple[str, ...]
    description: str
    quality: list[DeclaredRule]


@dataclass
class Part:
    """A place in the document: `where` is the path of keys down to `content`."""

    path: Path
    where: str
    content: Any

    def fail(self, key: str, message: str) -> ContractError:
        return ContractError(self.path, ".".join(p for p in (self.where, key) if p), message)

    def mapping(self, valid: Iterable[str]) -> Mapping[str, Any]:
        if not isinstance(self.content, dict):
            raise self.fail("", "must be a mapping of keys")
        for key in unknown_keys(self.content, valid):
            raise self.fail(key, f"unknown key{nearest(key, valid)}")
        return self.content

    def expect_value(self, key: str, value: str) -> None:
        if self.content.get(key) != value:
            raise self.fail(key, f"must be {value}")

    def text(self, key: str, required: bool = False) -> str:
        value = self.content.get(key)
        if value is None or value == "":
            if required:
                raise self.fail(key, "is missing")
            return ""
        if not isinstance(value, str):
            raise self.fail(key, "must be text (put it in quotes)")
        return value.strip()

    def flag(self, key: str) -> bool:
        value = self.content.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def sub(self, key: str, required: bool = False) -> Part:
        if required and key not in self.content:
            raise self.fail(key, "is missing")
        return Part(self.path, ".".join(p for p in (self.where, key) if p), self.content.get(key) or {})

    def items(self, key: str) -> list[Part]:
        value = self.content.get(key)
        if value is None:
            value = []
        if not isinstance(value, list):
            raise self.fail(key, "must be a list")
        return [
            Part(self.path, f"{self.where + '.' if self.where else ''}{key}[{i}]", item) for i, item in enumerate(value)
        ]

    def custom(self, valid: frozenset[str]) -> dict[str, Any]:
        """customProperties as a dict; an unknown or doubled property is an error."""
        found: dict[str, Any] = {}
        for item in self.items("customProperties"):
            item.mapping(("id", "property", "value", "description", "vendor"))
            name = item.text("property", required=True)
            if name not in valid:
                raise self.fail(f"customProperties.{name}", f"unknown custom property{nearest(name, valid)}")
            if name in found or "value" not in item.content:
                raise self.fail(f"customProperties.{name}", "stands twice" if name in found else "has no value")
            found[name] = item.content["value"]
        return found


def parse_object_part(part: Part) -> ObjectPart:
    """The schema object: the dataset's name, its own properties and, unparsed, its columns."""
    part.mapping(_OBJECT_KEYS)
    name = part.text("name", required=True)
    if not _NAME.match(name):
        raise part.fail("name", "must be lower case letters, digits and _ (at most 63)")
    part.where = name
    if part.content.get("logicalType", "object") != "object":
        raise part.fail("logicalType", "must be object")
    custom = part.custom(_OBJECT_CUSTOM)
    missing_key = custom.get("missingKey")
    if missing_key not in (None, "generate"):
        raise part.fail("missingKey", "must be generate")
    for key in ("timeColumn", "moneyColumn"):
        if key in custom and not isinstance(custom[key], str):
            raise part.fail(key, "must be the name of a column")
    ignore = None
    if "ignoreRows" in custom:
        ignore_part = Part(part.path, f"{name}.ignoreRows", custom["ignoreRows"])
        ignore_part.mapping(("column", "matches", "unlessFilled"))
        others = texts(ignore_part, "unlessFilled", ignore_part.content.get("unlessFilled"))
        ignore = (ignore_part.text("column", required=True), ignore_part.text("matches", required=True), others)
        check_pattern(ignore_part, "matches", ignore[1])
    properties = part.items("properties")
    return ObjectPart(
        name=name,
        description=part.text("description"),
        time_column=custom.get("timeColumn"),
        money_column=custom.get("moneyColumn"),
        generate_key=missing_key == "generate",
        ignore_rows=ignore,
        file_names=_file_names(part, custom.get("fileNames")),
        hand_written=_hand_written(part, custom.get("handWritten", False)),
        quality=_quality(part),
        properties=properties,
    )


def _file_names(part: Part, value: Any) -> tuple[str, ...]:
    """Other beginnings of a file's name that lead to the dataset, in lower case."""
    names = tuple(name.lower() for name in texts(part, "fileNames", value))
    if not all(_NAME.match(name) for name in names):
        raise part.fail("fileNames", "each must be lower case letters, digits and _")
    return names


def _hand_written(part: Part, value: Any) -> bool:
    if not isinstance(value, bool):
        raise part.fail("handWritten", "must be true or false")
    return value


def parse_column_part(part: Part, dataset: str) -> ColumnPart:
    """One property of the schema object, typed and checked."""
    if isinstance(part.content, dict) and isinstance(part.content.get("name"), str):
        part.where = f"{dataset}.{part.content['name']}"
    part.mapping(_PROPERTY_KEYS)
    name = part.text("name", required=True)
    if not _NAME.match(name) or name in _RESERVED:
        raise part.fail("name", "must be lower case letters, digits and _, and not " + ", ".join(sorted(_RESERVED)))
    logical = part.text("logicalType", required=True)
    if logical not in _OPTIONS:
        raise part.fail("logicalType", f"unknown type '{logical}'{nearest(logical, _OPTIONS)}")
    custom = part.custom(_PROPERTY_CUSTOM)
    values = texts(part, "allowedValues", custom.get("allowedValues"))
    spellings = spellings_of(part, custom.get("valueAliases"), values)
    formats = date_formats_of(part, custom.get("dateFormats"), logical)
    flags = {}
    for key in ("auditOnly", "freeText", "month"):
        flags[key] = custom.get(key, False)
        if not isinstance(flags[key], bool):
            raise part.fail(key, "must be true or false")
    if (values or flags["freeText"]) and logical != "string":
        raise part.fail("allowedValues" if values else "freeText", "is for logicalType string only")
    if flags["month"] and logical != "date":
        raise part.fail("month", "is for logicalType date only")
    primary = part.flag("primaryKey")
    position = part.content.get("primaryKeyPosition")
    if position is not None and (not primary or type(position) is not int or position < 1):
        raise part.fail("primaryKeyPosition", "must be a number from 1 beside primaryKey: true")
    physical = part.text("physicalName")
    others = texts(part, "aliases", custom.get("aliases"))
    aliases = dict.fromkeys(([physical] if physical else []) + list(others))
    return ColumnPart(
        name=name,
        logical_type=logical,
        duckdb_type=_duckdb_type(part, logical),
        required=part.flag("required") or primary,
        primary_key=primary,
        key_position=(position or 10_000) if primary else None,
        unique=part.flag("unique"),
        options=_options(part, logical),
        aliases=tuple(aliases),
        allowed_values=values,
        value_aliases=spellings,
        audit_only=flags["auditOnly"],
        free_text=flags["freeText"],
        month=flags["month"],
        date_formats=formats,
        description=part.text("description", required=True),
        quality=_quality(part),
    )


def _duckdb_type(part: Part, logical: str) -> str:
    declared = part.text("physicalType").upper().replace(" ", "") or _DEFAULT_TYPE[logical]
    allowed = {"integer": ("INTEGER", "BIGINT"), "number": ("DOUBLE",)}.get(logical, (_DEFAULT_TYPE[logical],))
    decimal = _DECIMAL.match(declared)
    if logical == "number" and decimal and 1 <= int(decimal[1]) <= 38 and int(decimal[2]) <= int(decimal[1]):
        return declared
    if declared not in allowed:
        fitting = " or ".join(allowed) + (" or DECIMAL(p,s)" if logical == "number" else "")
        raise part.fail("physicalType", f"'{declared}' does not fit logicalType {logical}; use {fitting}")
    return declared


def _options(part: Part, logical: str) -> dict[str, Any]:
    options = part.sub("logicalTypeOptions")
    found = dict(options.mapping(_OPTIONS[logical]))
    for key, value in found.items():
        if logical in ("date", "timestamp"):
            if isinstance(value, (datetime.date, datetime.datetime)):
                value = found[key] = value.isoformat()
            try:
                datetime.datetime.fromisoformat(value)
            except (TypeError, ValueError):
                raise options.fail(key, "must be a date such as 2010-01-01") from None
        elif key == "pattern":
            check_pattern(options, key, options.text(key, required=True))
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            raise options.fail(key, "must be a number")
    return found


def date_formats_of(part: Part, value: Any, logical: str) -> tuple[str, ...]:
    """Extra written forms of a date or a time, each with its year."""
    formats = texts(part, "dateFormats", value)
    if formats and logical not in ("date", "timestamp"):
        raise part.fail("dateFormats", "is for logicalType date or timestamp only")
    for text in formats:
        if not ("%Y" in text or "%y" in text) or "'" in text:
            raise part.fail("dateFormats", f"'{text}' must hold %Y or %y, as in \"%d-%b-%Y\"")
    return formats


def check_pattern(part: Part, key: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise part.fail(key, f"is not a regular expression ({error.msg})") from None
    if re.search(r"\(\?<?[=!]|\\[1-9]", pattern):
        raise part.fail(key, "look-around and back references are not available in the database")


def texts(part: Part, key: str, value: Any) -> tuple[str, ...]:
    """A list of texts, each once; a YAML number or yes/no in it is an error, because its spelling is lost."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise part.fail(key, "must be a list of texts (put yes, no, true, numbers in quotes)")
    return tuple(dict.fromkeys(v.strip() for v in value))


def spellings_of(part: Part, value: Any, allowed: tuple[str, ...], key: str = "valueAliases") -> dict[str, str]:
    """Source spelling (compared in any case) -> allowed value."""
    if value is None:
        return {}
    if not isinstance(value, dict) or not all(isinstance(t, str) for pair in value.items() for t in pair):
        raise part.fail(key, "must map text to text (put yes, no, true, numbers in quotes)")
    folded: dict[str, str] = {}
    for source, target in value.items():
        if target not in allowed:
            raise part.fail(key, f"'{target}' is not allowed{nearest(target, allowed)}")
        if folded.setdefault(source.strip().lower(), target) != target:
            raise part.fail(key, f"'{source}' leads to two values")
    return folded


def _quality(part: Part) -> list[DeclaredRule]:
    rules = []
    for item in part.items("quality"):
        item.mapping(_QUALITY_KEYS)
        item.expect_value("type", "custom")
        item.expect_value("engine", "greatExpectations")
        severity = item.text("severity", required=True)
        if severity not in _SEVERITIES:
            raise item.fail("severity", f"unknown severity '{severity}'{nearest(severity, _SEVERITIES)}")
        implementation = item.sub("implementation", required=True)
        implementation.mapping(("type", "kwargs", "meta"))
        expectation = implementation.text("type", required=True)
        if not re.match(r"(expect|unexpected)_[a-z0-9_]+\Z", expectation):
            raise implementation.fail("type", "must be an expectation in snake case, expect_...")
        kwargs = implementation.content.get("kwargs") or {}
        if not isinstance(kwargs, dict) or not all(isinstance(k, str) for k in kwargs):
            raise implementation.fail("kwargs", "must be a mapping")
        rules.append(DeclaredRule(expectation, dict(kwargs), severity, item.text("description", required=True)))
    return rules
