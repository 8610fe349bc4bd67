"""Load a detector: one .sql file with a YAML header that people read and a SELECT that the engine runs.

A file is refused (DetectorError) when its header is incomplete, when its SQL is not one portable SELECT, or
when the SQL does not use exactly what the header declares. sqlglot says all of this before anything runs, so a
faulty rule costs a clear message and never a night. Only this module and `detectors.portable` import sqlglot.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from detectors.exact_sums import exact_sums
from detectors.header import (
    DetectorError,
    Parameter,
    check_header,
    load_law_values,
    method_parameters,
    population_of,
    read_parameters,
    split_file,
)
from detectors.peer_groups import level_columns
from detectors.portable import check_portable

VIEWS = Path(__file__).parent / "views"
ALWAYS_BOUND = ("as_of", "since")
SYSTEM_TABLES = {
    "law_values": ("name", "valid_from", "valid_to", "value"),
    "listed_tokens": ("list", "token"),
    "calendar": ("day", "day_hours", "weekday", "is_holiday"),
}
# subject_type: for a fact about several subjects of different types, each row may say which type it speaks of.
RESULT_COLUMNS = ("subject_id", "subject_type", "period_from", "period_to", "strength", "amount_sek", "amount_kind",
                  "evidence", "n_evidence", "episode")
REQUIRED_RESULT = {
    "rule": ("subject_id", "period_from", "period_to", "strength"),
    "peer": ("subject_id", "period_from", "period_to", "value", "volume"),
    "isolation_forest": ("subject_id", "period_from", "period_to", "volume"),
    "link": ("token_kind", "token", "subject_type", "subject_id", "weight", "row_ref"),
}
RESTRICTED_COLUMNS = {("persons", "birth_year"), ("association_members", "birth_year")}


@dataclass(frozen=True)
class View:
    """A shared intermediate table of the catalogue (`detectors/views/<name>.sql`)."""

    name: str
    meaning: str
    reads: tuple[str, ...]
    sql: str
    columns: tuple[str, ...]
    materialise: bool = False
    required: tuple[str, ...] = ()  # tables without which the view says nothing; else any one of its tables will do
    restricted: bool = False  # reads an age, so whoever reads the view must say which law sets the limit
    exact: str = field(compare=False, default="")
    doubles: frozenset[str] = frozenset()  # its columns of type DOUBLE

    @property
    def run_sql(self) -> str:
        """What engines run: the SELECT with sums that do not depend on the order of the rows."""
        return self.exact or self.sql


@dataclass(frozen=True)
class Detector:
    """One detector as loaded: its header, its SELECT and what the SELECT reads."""

    code: str
    slug: str
    domain: str
    header: Mapping[str, Any]
    sql: str
    parameters: Mapping[str, Parameter]
    reads: tuple[str, ...]
    columns_read: frozenset[tuple[str, str]]
    result_columns: tuple[str, ...]
    source: str = field(compare=False, default="")
    exact: str = field(compare=False, default="")

    def __getattr__(self, name: str) -> Any:
        header = object.__getattribute__(self, "header")
        if name in ("method", "kind", "concept", "gate", "severity", "status", "title"):
            return header[name]
        raise AttributeError(name)

    @property
    def subject_type(self) -> str:
        return str(self.header["subject"])

    @property
    def population(self) -> tuple[tuple[str, str], ...]:
        """(table, column) pairs whose distinct values are the subjects the rule could fire for."""
        return population_of(self.header)

    @property
    def run_sql(self) -> str:
        """What engines run: the SELECT with sums that do not depend on the order of the rows."""
        return self.exact or self.sql

    @property
    def fact_columns(self) -> tuple[str, ...]:
        """Columns of the SELECT that are facts for the sentence, in order."""
        skip = set(RESULT_COLUMNS) | {"value", "volume", "peer_group"}
        return tuple(c for c in self.result_columns if c not in skip)

    @cached_property
    def sql_hash(self) -> str:
        """Hash of the SELECT without comments and layout: changes only when the rule changes."""
        return hashlib.sha256(" ".join(_strip_comments(self.sql).split()).encode()).hexdigest()[:12]

    @property
    def version(self) -> str:
        changes = self.header.get("changes") or []
        last = max([str(self.header["since"])] + [str(c["date"]) for c in changes])
        return f"{last}.{self.sql_hash[:6]}"

    def describe(self) -> dict[str, Any]:
        """The header as plain data, kept with every run so that a report explains itself later."""
        return {**_plain(self.header), "version": self.version, "sql_hash": self.sql_hash, "domain": self.domain,
                "slug": self.slug, "sql": self.sql}


@dataclass(frozen=True)
class Catalogue:
    """All detectors and shared views that were found, by code and by name."""

    detectors: Mapping[str, Detector]
    views: Mapping[str, View]
    faults: tuple[str, ...] = ()

    @cached_property
    def content_hash(self) -> str:
        text = "\n".join([f"{d.code} {d.sql_hash} {d.header}" for d in self.detectors.values()]
                         + [f"{v.name} {v.sql}" for v in self.views.values()])
        return hashlib.sha256(text.encode()).hexdigest()

    def datasets(self, reads: Iterable[str]) -> list[str]:
        """The tables behind some reads: shared views followed to what they read."""
        found: set[str] = set()
        for name in reads:
            found |= set(self.datasets(self.views[name].reads)) if name in self.views else {name}
        return sorted(found)


def catalogue_folders() -> list[Path]:
    """The built-in catalogue, then folders that installed packages add by the entry point `avvik.catalogue`."""
    return [Path(__file__).parent / "catalogue", *_package_folders("avvik.catalogue")]


def view_folders() -> list[Path]:
    """The built-in shared views, then folders that installed packages add by the entry point `avvik.views`."""
    return [VIEWS, *_package_folders("avvik.views")]


def _package_folders(group: str) -> list[Path]:
    return [Path(str(resources.files(point.value)))
            for point in sorted(metadata.entry_points(group=group), key=lambda p: p.name)]


def load_catalogue(columns: Mapping[str, Mapping[str, bool]], folders: Iterable[Path] | None = None,
                   strict: bool = True, doubles: Mapping[str, frozenset[str]] | None = None) -> Catalogue:
    """Load every view and detector.

    columns: for each dataset its columns and whether a detector may read them (False: audit-only or free text).
    doubles: for each dataset its columns of type DOUBLE, whose sums need care (detectors/exact_sums.py).
    Raises DetectorError with all faults found, one a line; unless `strict`, a refused file is left out and its
    fault kept in `faults`, so that one bad file does not cost the night.
    """
    known: dict[str, Mapping[str, bool]] = {**columns, **{t: dict.fromkeys(c, True) for t, c in SYSTEM_TABLES.items()}}
    fractions = {"law_values": frozenset({"value"}), **(doubles or {})}
    faults: list[str] = []
    views: dict[str, View] = {}
    detectors: dict[str, Detector] = {}
    for path in (p for f in (view_folders() if folders is None else [VIEWS]) for p in sorted(f.glob("*.sql"))):
        try:
            view = load_view(path, known, fractions)
            if view.name in known or view.name in views:
                raise DetectorError(f"{path.name}: a table or shared view is already called {view.name}; "
                                    "give yours another name, such as one that begins with your package's")
        except DetectorError as error:
            faults.append(str(error))
            continue
        views[view.name] = view
    for view in views.values():
        known[view.name] = dict.fromkeys(view.columns, True)
        fractions[view.name] = view.doubles
    law_names = set(load_law_values())
    for folder in folders if folders is not None else catalogue_folders():
        for path in sorted(folder.glob("*/*.sql")):
            try:
                detector = load_detector(path, known, law_names, fractions)
                ages = [v for v in detector.reads if v in views and views[v].restricted]
                if ages and not detector.header.get("age_limit"):
                    raise DetectorError(f"{path.name}: {ages[0]} reads ages, allowed only where law sets an age limit: "
                                        "say which under age_limit")
                if detector.code in detectors:
                    raise DetectorError(f"{path.name}: the code {detector.code} is already used by "
                                        f"{detectors[detector.code].source}; choose the next free number")
                detectors[detector.code] = detector
            except DetectorError as error:
                faults.append(str(error))
    if faults and strict:
        raise DetectorError("\n".join(faults))
    return Catalogue(dict(sorted(detectors.items())), views, tuple(faults))


def load_view(path: Path, known: Mapping[str, Mapping[str, bool]],
              doubles: Mapping[str, frozenset[str]] | None = None) -> View:
    """Load one shared view; it may read datasets and system tables, not other views."""
    header, sql = split_file(path)
    for key in ("name", "meaning", "reads"):
        if key not in header:
            raise DetectorError(f"{path.name}: header lacks `{key}`")
    if header["name"] != path.stem:
        raise DetectorError(f"{path.name}: header name is {header['name']}, the file name says {path.stem}")
    tree = _one_select(path.name, sql)
    used = check_portable(path.name, tree)
    if unbound := sorted(used - set(ALWAYS_BOUND if header.get("materialise") else ())):
        raise DetectorError(f"{path.name}: uses ${unbound[0]}; a shared view knows $as_of and $since only, and only "
                            "where it is kept as a table (materialise: true)")
    read = _tables_and_columns(path.name, tree, tuple(header["reads"]), known)
    _check_readable(path.name, read, known)
    required = tuple(header.get("required") or [])
    if unknown := sorted(set(required) - set(header["reads"])):
        raise DetectorError(f"{path.name}: required names {', '.join(unknown)}, which the view does not read")
    columns = tuple(tree.named_selects)
    exact, fractions = _exact(tree, sql, doubles)
    return View(path.stem, str(header["meaning"]), tuple(header["reads"]), sql, columns,
                bool(header.get("materialise", False)), required, bool(read & RESTRICTED_COLUMNS), exact, fractions)


def load_detector(path: Path, known: Mapping[str, Mapping[str, bool]], law_names: set[str],
                  doubles: Mapping[str, frozenset[str]] | None = None) -> Detector:
    """Load one detector file; raises DetectorError naming the file and the first fault."""
    header, sql = split_file(path)
    name = path.name
    check_header(name, path, header, law_names)
    tree = _one_select(name, sql)
    used = check_portable(name, tree)
    parameters = read_parameters(name, header)
    _same(name, "parameters", used - set(ALWAYS_BOUND), set(parameters) - method_parameters(header))
    reads = tuple(header["reads"])
    columns_read = _tables_and_columns(name, tree, reads, known)
    _check_columns(name, header, columns_read, known)
    for table, column in population_of(header):
        if column not in known.get(table, {}):
            raise DetectorError(f"{name}: population {table}.{column} is not a known table.column")
    result = tuple(tree.named_selects)
    missing = [c for c in (*REQUIRED_RESULT[header["method"]], *sorted(level_columns(header))) if c not in result]
    if missing:
        raise DetectorError(f"{name}: the SELECT lacks the column(s) {', '.join(missing)}")
    _check_scores(name, tree, header["method"])
    if "amount_sek" in result and "amount" not in header:
        raise DetectorError(f"{name}: returns amount_sek, so the header needs amount: {{kind: .., how: ..}}")
    code, _, slug = path.stem.partition("_")
    exact, _ = _exact(tree, sql, doubles)
    return Detector(code, slug, path.parent.name, header, sql, parameters, reads, columns_read, result, name, exact)


def _exact(tree: exp.Query, sql: str, doubles: Mapping[str, frozenset[str]] | None) -> tuple[str, frozenset[str]]:
    """The SELECT as engines run it (the author's own text where no sum needed care), and its DOUBLE columns."""
    changed, fractions = exact_sums(tree, doubles or {})
    return (tree.sql(dialect="duckdb", comments=False) if changed else sql), fractions


def _one_select(name: str, sql: str) -> exp.Query:
    try:
        trees = sqlglot.parse(sql, dialect="duckdb")
    except sqlglot.errors.ParseError as error:
        first = error.errors[0] if error.errors else {}
        raise DetectorError(f"{name}: SQL cannot be read at line {first.get('line')}: "
                            f"{first.get('description')}") from None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        raise DetectorError(f"{name}: must hold exactly one SELECT")
    return trees[0]


def _tables_and_columns(name: str, tree: exp.Query, reads: tuple[str, ...],
                        known: Mapping[str, Mapping[str, bool]]) -> frozenset[tuple[str, str]]:
    """Check tables against `reads`, columns against the contracts; return the (table, column) pairs read."""
    found: set[tuple[str, str]] = set()
    tables: set[str] = set()
    for scope in traverse_scope(tree):
        real = {alias: source.name for alias, source in scope.sources.items() if isinstance(source, exp.Table)}
        tables.update(real.values())
        unknown = sorted(set(real.values()) - set(known))
        if unknown:
            near = difflib.get_close_matches(unknown[0], known, 1)
            raise DetectorError(f"{name}: reads the unknown table {unknown[0]}"
                                + (f"; nearest is {near[0]}" if near else ""))
        derived = len(real) < len(scope.sources)
        for column in scope.columns:
            candidates = [real[column.table]] if column.table in real else []
            if not column.table:
                candidates = [t for t in real.values() if column.name in known[t] or column.name == "row_ref"]
                if not candidates and not derived and column.name not in _aliases(scope.expression):
                    raise DetectorError(f"{name}: no table read here has a column {column.name}")
            for table in candidates:
                if column.name != "row_ref" and column.name not in known[table]:
                    near = difflib.get_close_matches(column.name, known[table], 1)
                    raise DetectorError(f"{name}: {table} has no column {column.name}"
                                        + (f"; nearest is {near[0]}" if near else ""))
                found.add((table, column.name))
    _same(name, "tables", tables, set(reads))
    return frozenset(found)


def _aliases(expression: exp.Expression) -> set[str]:
    return {s.alias for s in getattr(expression, "selects", []) if isinstance(s, exp.Alias)}


def _check_readable(name: str, columns: frozenset[tuple[str, str]], known: Mapping[str, Mapping[str, bool]]) -> None:
    for table, column in sorted(columns):
        if known[table].get(column) is False:
            raise DetectorError(f"{name}: {table}.{column} is audit-only or free text; no detector may read it")


def _check_columns(name: str, header: Mapping[str, Any], columns: frozenset[tuple[str, str]],
                   known: Mapping[str, Mapping[str, bool]]) -> None:
    _check_readable(name, columns, known)
    for table, column in sorted(columns):
        if (table, column) in RESTRICTED_COLUMNS and not header.get("age_limit"):
            raise DetectorError(f"{name}: {table}.{column} may be read only where law sets an age limit: "
                                "say which under age_limit")


def _check_scores(name: str, tree: exp.Query, method: str) -> None:
    selects = {s.alias_or_name: s for s in tree.selects}
    for column in ("strength", "value", "weight"):
        node = selects.get(column)
        if node is None:
            continue
        inner = node.this if isinstance(node, exp.Alias) else node
        if not (isinstance(inner, exp.Cast) and inner.to.this == exp.DataType.Type.DOUBLE):
            raise DetectorError(f"{name}: {column} must be CAST(... AS DOUBLE) in the last SELECT")


def _same(name: str, what: str, used: set[str], declared: set[str]) -> None:
    if undeclared := sorted(used - declared):
        raise DetectorError(f"{name}: {what} used but not declared: {', '.join(undeclared)}")
    if unused := sorted(declared - used):
        raise DetectorError(f"{name}: {what} declared but not used: {', '.join(unused)}")


def _strip_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", " ", re.sub(r"/\*.*?\*/", " ", sql, flags=re.DOTALL))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value
