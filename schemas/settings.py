"""Settings of a municipality: one YAML file, every key optional, an unknown key is an error.

What changes the result of a night is part of `content_hash`; what only changes how fast it is computed
(`threads`, `memory_limit`) is not, so that the same night on another machine keeps its identity.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import itertools
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.retention import NAMES as RETENTION_NAMES
from schemas.retention import Retention, too_short
from schemas.yaml_files import nearest, read_yaml, unknown_keys

BUILT_IN_GROUPS = Path(__file__).parent / "groups.yaml"
KINDS = ("impossible", "breach", "unusual")  # of detectors
STATUSES = ("draft", "trial", "active", "retired")
_DETECTOR = re.compile(r"[A-Z]{2,4}\d{2,3}\Z")
_MEMORY = re.compile(r"\d+(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)\Z", re.IGNORECASE)


class SettingsError(ValueError):
    """Settings that cannot be used; the text names the file, the key and what would be valid."""


@dataclass(frozen=True)
class Limits:
    """What one source file may cost. A file beyond a limit is refused, the night goes on."""

    memory_mb: int = 2048  # address space of the reading process beyond what DuckDB's own limit gives
    seconds: int = 600  # wall time and CPU time per file (CPU: times threads)
    max_file_mb: int = 4096  # size of the file, and of what an archive unpacks to
    archive_ratio: int = 200  # unpacked size / packed size, judged from 10 MB unpacked


@dataclass(frozen=True)
class Gate:
    """A legal gate opened by a decision: who decided it, when, on what basis, and until when it holds."""

    decided: datetime.date
    by: str
    until: datetime.date | None
    basis: str

    def is_open(self, day: datetime.date) -> bool:
        """Whether the decision covers `day` (first and last day included)."""
        return self.decided <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class Override:
    """A municipality's own value of a detector parameter, with why, when and by whom it was decided."""

    value: Any
    because: str
    decided: datetime.date
    by: str


@dataclass(frozen=True)
class LawOverride:
    """A municipality's own value of an amount or limit set by law, in force from one day to another.

    Outside these days the catalogue's value holds (`detectors/parameters.yaml`). `to` None: until the municipality's
    next value of the same name, or on and on.
    """

    valid_from: datetime.date  # written `from` in the file
    valid_to: datetime.date | None  # written `to`
    value: float
    because: str
    decided: datetime.date
    by: str

    def holds(self, day: datetime.date) -> bool:
        """Whether the value is in force on `day` (first and last day included)."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Control:
    """How many of the ranked subjects are drawn by lot each month, mixed into the lists; see detectors/control.py."""

    share: float = 0.05
    at_least: int = 20


@dataclass(frozen=True)
class Settings:
    """See each field; `load_settings(None)` gives the defaults."""

    municipality: str = "Exempelkommunen"
    language: str = "sv"  # sv | en
    seed: int = 20261123
    threads: int = 2
    memory_limit: str = "2GB"  # DuckDB's
    limits: Limits = Limits()
    lookback_days: int = 365
    groups: Path = BUILT_IN_GROUPS
    mappings: Path | None = None  # folder of source mappings, see schemas/source_mapping.py
    gates: Mapping[str, Gate] = field(default_factory=dict)  # detector code -> decision
    parameters: Mapping[str, Mapping[str, Override]] = field(default_factory=dict)  # by code and name
    law_values: Mapping[str, tuple[LawOverride, ...]] = field(default_factory=dict)  # by name, in order of days
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # list name -> tokens
    statuses: Mapping[str, str] = field(default_factory=dict)  # detector code -> status
    warn_share: float = 0.05  # a rule that fires for a larger share of its population gets a warning
    agreed_precision: Mapping[str, float] = field(default_factory=dict)  # by kind or detector code
    # Points a subject needs to stand in the numbered list; 0 lists everybody. The default is more than one comparison
    # with peers (severity 2) or one oddity of the lowest severity can give by itself: 20 x 2/5 x 0.35 / 2 = 1.4.
    listed_from: float = 1.5
    control: Control = Control()
    retention: Retention = field(default_factory=Retention)  # see schemas/retention.py; `avvik purge` acts on it
    protected_officer: str = ""  # who alone reads the list of protected persons (role, name)
    path: Path | None = None
    content_hash: str = ""


LIST_NAMES = ("trustee_accounts", "municipal_landlords", "accountant_addresses", "umbrella_accounts")


def load_settings(path: Path | str | None = None) -> Settings:
    """Settings of the file at `path` (None = all defaults). SettingsError names file, key and nearest key."""
    if path is None:
        return _with_hash(Settings())
    path = Path(path)
    try:
        document = read_yaml(path)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise SettingsError(f"{path}: {error}") from None
    return settings_of(document or {}, path)


def settings_of(document: Any, path: Path) -> Settings:
    """Settings of a parsed document; `path` is named in errors and is where relative paths start."""
    reader = _Reader(path)
    given = reader.mapping("", document, _FIELDS)
    values = {key: _FIELDS[key](reader, key, value) for key, value in given.items()}
    settings = Settings(**values, path=path)
    if "events_days" not in given.get("retention", {}):
        settings = dataclasses.replace(settings, retention=settings.retention.reaching(settings.lookback_days))
    if fault := too_short(settings.retention, settings.lookback_days):
        raise reader.fail("retention", fault)
    return _with_hash(settings)


def settings_document(settings: Settings) -> dict[str, Any]:
    """What a run keeps as settings.json: all that shapes its result, without folders of this machine.

    `settings_of` reads it back. The groups are in the run's groups.json, the contracts in its hashes.
    """
    content = dataclasses.asdict(settings)
    for name in ("threads", "memory_limit", "limits", "groups", "mappings", "retention", "path", "content_hash"):
        del content[name]
    for dated in content["law_values"].values():
        for entry in dated:
            entry["from"], entry["to"] = entry.pop("valid_from"), entry.pop("valid_to")
    return json.loads(json.dumps(content, sort_keys=True, default=str))


class _Reader:
    """Checks of single values; every failure names the file and the key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fail(self, key: str, message: str) -> SettingsError:
        return SettingsError(f"{self.path}: {key + ': ' if key else ''}{message}")

    def mapping(self, key: str, value: Any, valid: Any = None) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise self.fail(key, "must be a mapping of keys")
        if valid is not None:
            for unknown in unknown_keys(value, valid):
                raise self.fail(f"{key}.{unknown}" if key else unknown, f"unknown key{nearest(unknown, valid)}")
        return value

    def text(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.fail(key, "must be text (put it in quotes)")
        return value.strip()

    def whole(self, key: str, value: Any, least: int = 1, most: int = 2**40) -> int:
        if type(value) is not int or not least <= value <= most:
            raise self.fail(key, f"must be a whole number from {least} to {most}")
        return value

    def share(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 1:
            raise self.fail(key, "must be a share above 0 and at most 1, such as 0.05")
        return float(value)

    def one_of(self, key: str, value: Any, valid: tuple[str, ...]) -> str:
        if value not in valid:
            raise self.fail(key, f"must be one of {', '.join(valid)}{nearest(value, valid)}")
        return str(value)

    def day(self, key: str, value: Any) -> datetime.date:
        if isinstance(value, str):
            try:
                return datetime.date.fromisoformat(value)
            except ValueError:
                pass
        elif isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
            return value
        raise self.fail(key, "must be a date such as 2026-11-23")

    def memory(self, key: str, value: Any) -> str:
        text = self.text(key, value)
        if not _MEMORY.match(text):
            raise self.fail(key, "must be a size such as 2GB")
        return text

    def detector(self, key: str, code: str) -> str:
        if not _DETECTOR.match(code):
            raise self.fail(f"{key}.{code}", "must be a detector code such as HC01")
        return code

    def limits(self, key: str, value: Any) -> Limits:
        names = [f.name for f in dataclasses.fields(Limits)]
        given = self.mapping(key, value, names)
        return Limits(**{name: self.whole(f"{key}.{name}", number) for name, number in given.items()})

    def control(self, key: str, value: Any) -> Control:
        given = self.mapping(key, value, [f.name for f in dataclasses.fields(Control)])
        return Control(**{name: self.share(f"{key}.{name}", number) if name == "share" else
                          self.whole(f"{key}.{name}", number, least=0, most=10_000) for name, number in given.items()})

    def retention(self, key: str, value: Any) -> Retention:
        given = self.mapping(key, value, RETENTION_NAMES)
        return Retention(**{name: self.whole(f"{key}.{name}", days, most=36_500) for name, days in given.items()})

    def groups(self, key: str, value: Any) -> Path:
        given = (self.path.parent / self.text(key, value)).resolve()
        if not given.is_file():
            raise self.fail(key, "no such file (a relative path starts at the settings file)")
        return given

    def folder(self, key: str, value: Any) -> Path:
        given = (self.path.parent / self.text(key, value)).resolve()
        if not given.is_dir():
            raise self.fail(key, "no such folder (a relative path starts at the settings file)")
        return given

    def agreed_precision(self, key: str, value: Any) -> dict[str, float]:
        return {name if name in KINDS else self.detector(key, name): self.share(f"{key}.{name}", share)
                for name, share in self.mapping(key, value).items()}

    def gates(self, key: str, value: Any) -> dict[str, Gate]:
        gates = {}
        for code, entry in self.mapping(key, value).items():
            place = f"{key}.{self.detector(key, code)}"
            given = self.mapping(place, entry, ("decided", "by", "until", "basis"))
            self.needs(place, given, ("decided", "by", "basis"))
            until = given.get("until")
            gates[code] = Gate(
                decided=self.day(f"{place}.decided", given["decided"]),
                by=self.text(f"{place}.by", given["by"]),
                until=None if until is None else self.day(f"{place}.until", until),
                basis=self.text(f"{place}.basis", given["basis"]),
            )
        return gates

    def parameters(self, key: str, value: Any) -> dict[str, dict[str, Override]]:
        found: dict[str, dict[str, Override]] = {}
        for code, entry in self.mapping(key, value).items():
            place = f"{key}.{self.detector(key, code)}"
            found[code] = {}
            for name, override in self.mapping(place, entry).items():
                here = f"{place}.{name}"
                given = self.mapping(here, override, ("value", "because", "decided", "by"))
                self.needs(here, given, ("value", "because", "decided", "by"))
                if isinstance(given["value"], (dict, type(None))):
                    raise self.fail(f"{here}.value", "must be a single value or a list")
                found[code][name] = Override(
                    given["value"],
                    self.text(f"{here}.because", given["because"]),
                    self.day(f"{here}.decided", given["decided"]),
                    self.text(f"{here}.by", given["by"]),
                )
        return found

    def law_values(self, key: str, value: Any) -> dict[str, tuple[LawOverride, ...]]:
        """Dated values by name, sorted by day; which names there are is the catalogue's to say (detectors)."""
        keys = ("from", "to", "value", "because", "decided", "by")
        found = {}
        for name, entries in self.mapping(key, value).items():
            if not isinstance(entries, list) or not entries:
                raise self.fail(f"{key}.{name}", "must be a list of dated values, each with "
                                "from, value, because, decided, by (and to, where it ends)")
            dated = []
            for number, entry in enumerate(entries, start=1):
                here = f"{key}.{name}[{number}]"
                given = self.mapping(here, entry, keys)
                self.needs(here, given, ("from", "value", "because", "decided", "by"))
                begins, until = self.day(f"{here}.from", given["from"]), given.get("to")
                ends = None if until is None else self.day(f"{here}.to", until)
                if ends is not None and ends < begins:
                    raise self.fail(f"{here}.to", "must not be before `from`")
                dated.append(LawOverride(
                    begins, ends, self.number(f"{here}.value", given["value"]),
                    self.text(f"{here}.because", given["because"]), self.day(f"{here}.decided", given["decided"]),
                    self.text(f"{here}.by", given["by"])))
            dated.sort(key=lambda own: own.valid_from)
            for earlier, later in itertools.pairwise(dated):
                if earlier.valid_from == later.valid_from or (earlier.holds(later.valid_from) and earlier.valid_to):
                    raise self.fail(f"{key}.{name}", f"two values hold on {later.valid_from}; end one before the other")
            found[name] = tuple(dated)
        return found

    def number(self, key: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
            raise self.fail(key, "must be a number, 0 or more")
        return float(value)

    def needs(self, place: str, given: Mapping[str, Any], names: tuple[str, ...]) -> None:
        for name in names:
            if given.get(name) is None:
                raise self.fail(f"{place}.{name}", "is missing; a decision must say " + ", ".join(names))

    def lists(self, key: str, value: Any) -> dict[str, tuple[str, ...]]:
        found = {}
        for name, tokens in self.mapping(key, value, LIST_NAMES).items():
            if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
                raise self.fail(f"{key}.{name}", "must be a list of texts (put numbers in quotes)")
            found[name] = tuple(sorted(set(tokens)))
        return found

    def statuses(self, key: str, value: Any) -> dict[str, str]:
        return {
            self.detector(key, code): self.one_of(f"{key}.{code}", status, STATUSES)
            for code, status in self.mapping(key, value).items()
        }


_FIELDS: dict[str, Callable[[_Reader, str, Any], Any]] = {
    "municipality": _Reader.text,
    "language": lambda reader, key, value: reader.one_of(key, value, ("sv", "en")),
    "seed": lambda reader, key, value: reader.whole(key, value, least=0, most=2**32 - 1),
    "threads": lambda reader, key, value: reader.whole(key, value, most=256),
    "memory_limit": _Reader.memory,
    "limits": _Reader.limits,
    "lookback_days": lambda reader, key, value: reader.whole(key, value, least=31, most=3660),
    "groups": _Reader.groups,
    "mappings": _Reader.folder,
    "gates": _Reader.gates,
    "parameters": _Reader.parameters,
    "law_values": _Reader.law_values,
    "lists": _Reader.lists,
    "statuses": _Reader.statuses,
    "warn_share": _Reader.share,
    "agreed_precision": _Reader.agreed_precision,
    "listed_from": _Reader.number,
    "control": _Reader.control,
    "retention": _Reader.retention,
    "protected_officer": lambda reader, key, value: value if value == "" else reader.text(key, value),
}


def _with_hash(settings: Settings) -> Settings:
    content = dataclasses.asdict(settings)
    for name in ("threads", "memory_limit", "path", "content_hash", "mappings", "retention"):
        del content[name]
    # where the file lies is no matter, what it says is (mappings are part of the contracts' hashes)
    groups = settings.groups
    content["groups"] = hashlib.sha256(groups.read_bytes()).hexdigest() if groups.is_file() else None
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return dataclasses.replace(settings, content_hash=hashlib.sha256(text.encode()).hexdigest())
