"""Contracts: ODCS v3.1.0 YAML files turned into frozen dataclasses.

One file describes one dataset (one export, one table). Everything the product knows about a source comes from
here: columns, types, headings in vendor exports, allowed values and Great Expectations checks. A mistake in a
contract is a ContractError that names the file, the key and the nearest valid key; nothing is guessed.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from schemas.contract_parts import ContractError as ContractError
from schemas.contract_parts import Part, parse_column_part, parse_object_part
from schemas.yaml_files import nearest, read_yaml, words

BUILT_IN = Path(__file__).parent / "datasets"
ENTRY_POINT_GROUP = "avvik.contracts"
# Raised when the meaning of a contract changes without its text: staged files are then read again.
PARSER_VERSION = 1

_TOP_KEYS = words(
    "apiVersion kind id name version status domain dataProduct description schema tags tenant support price "
    "team roles slaProperties servers authoritativeDefinitions customProperties contractCreatedTs"
)
_DESCRIPTION_KEYS = ("purpose", "limitations", "usage")


@dataclass(frozen=True)
class QualityRule:
    """One declared check. `id` is stable: dataset.column-or-table.expectation.n (n counts from 1)."""

    id: str
    severity: str  # error = refuse the file | warning = quarantine the rows | info = report
    expectation: str  # snake case, expect_...
    kwargs: Mapping[str, Any]
    description: str
    column: str | None


@dataclass(frozen=True)
class Column:
    """A column of a dataset. `aliases` are the other headings it may arrive under (physicalName first)."""

    name: str
    logical_type: str  # string | integer | number | boolean | date | timestamp
    duckdb_type: str
    required: bool
    primary_key: bool
    unique: bool
    options: Mapping[str, Any]
    aliases: tuple[str, ...]
    allowed_values: tuple[str, ...]
    value_aliases: Mapping[str, str]
    audit_only: bool
    free_text: bool
    month: bool
    description: str
    quality: tuple[QualityRule, ...]
    date_formats: tuple[str, ...] = ()
    same_as: str | None = None  # from a source mapping: without a heading of its own it takes that column's cells
    constant: str | None = None  # from a source mapping: the value where the file has no such column
    blanks: tuple[str, ...] = ()  # from a source mapping: texts that stand for an empty cell


@dataclass(frozen=True)
class IgnoreRows:
    """Rows whose `column` (a contract column) matches the RE2 expression `matches` are totals or blank, not data."""

    column: str
    matches: str
    unless_filled: tuple[str, ...] = ()  # a row with something in one of these columns is not passed over


@dataclass(frozen=True)
class Contract:
    """A dataset's contract. `quality` holds the table checks; `all_quality` adds those of the columns."""

    dataset: str
    domain: str
    version: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    money_column: str | None
    time_column: str | None
    quality: tuple[QualityRule, ...]
    description: Mapping[str, str]
    path: Path
    content_hash: str  # 64 hex of the parsed content, comments and layout do not count
    generate_key: bool = False
    ignore_rows: IgnoreRows | None = None
    meaning: str = ""  # the schema object's own description: what a row is
    file_names: tuple[str, ...] = ()  # other beginnings of a file's name, beside the dataset's own
    hand_written: bool = False  # filled in by people: each wrong cell is told by itself, none refuses the file
    _by_name: Mapping[str, Column] = field(default_factory=dict, repr=False, compare=False)

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when the dataset has none."""
        return self._by_name[name]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def all_quality(self) -> tuple[QualityRule, ...]:
        return self.quality + tuple(rule for column in self.columns for rule in column.quality)


def load_contract(path: Path) -> Contract:
    """The contract in `path`. ContractError when anything in it is unknown, missing or contradictory."""
    try:
        document = read_yaml(path)
    except OSError as error:
        raise ContractError(path, "", f"cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ContractError(path, "", str(error)) from None
    part = Part(path, "", document)
    top = part.mapping(_TOP_KEYS)
    part.expect_value("kind", "DataContract")
    part.expect_value("apiVersion", "v3.1.0")
    for name in ("id", "version", "status", "domain"):
        part.text(name, required=True)
    described = part.sub("description", required=True)
    described.mapping(_DESCRIPTION_KEYS)
    description = {name: described.text(name, required=True) for name in _DESCRIPTION_KEYS}

    objects = part.items("schema")
    if len(objects) != 1:
        raise ContractError(path, "schema", f"must describe exactly one dataset, holds {len(objects)}")
    table = parse_object_part(objects[0])
    columns: list[Column] = []
    for item in table.properties:
        parsed = parse_column_part(item, table.name)
        rules = _rules(table.name, parsed.name, parsed.quality)
        columns.append(
            Column(
                name=parsed.name,
                logical_type=parsed.logical_type,
                duckdb_type=parsed.duckdb_type,
                required=parsed.required,
                primary_key=parsed.primary_key,
                unique=parsed.unique,
                options=parsed.options,
                aliases=parsed.aliases,
                allowed_values=parsed.allowed_values,
                value_aliases=parsed.value_aliases,
                audit_only=parsed.audit_only,
                free_text=parsed.free_text,
                month=parsed.month,
                description=parsed.description,
                quality=rules,
                date_formats=parsed.date_formats,
            )
        )
        table.key_positions.append((parsed.key_position, parsed.name))
    _check_columns(path, columns)
    key = tuple(name for _, name in sorted((at, name) for at, name in table.key_positions if at is not None))
    by_name = {column.name: column for column in columns}
    for label, named, types in (
        ("timeColumn", table.time_column, ("date", "timestamp")),
        ("moneyColumn", table.money_column, ("number", "integer")),
        ("ignoreRows.column", table.ignore_rows[0] if table.ignore_rows else None, None),
        *(("ignoreRows.unlessFilled", name, None) for name in (table.ignore_rows[2] if table.ignore_rows else ())),
    ):
        if named is None:
            continue
        if named not in by_name:
            raise ContractError(path, label, f"no column '{named}'{nearest(named, by_name)}")
        if types and by_name[named].logical_type not in types:
            raise ContractError(path, label, f"column '{named}' must be one of {', '.join(types)}")
    if table.generate_key and (len(key) != 1 or by_name[key[0]].logical_type != "string"):
        raise ContractError(path, "missingKey", "generate needs exactly one key column of logicalType string")
    if not key:
        raise ContractError(path, "properties", "none has primaryKey: true; say what identifies a row")
    return Contract(
        dataset=table.name,
        domain=top["domain"],
        version=str(top["version"]),
        columns=tuple(columns),
        key=key,
        money_column=table.money_column,
        time_column=table.time_column,
        quality=_rules(table.name, None, table.quality),
        description=description,
        path=path,
        content_hash=_content_hash(document),
        generate_key=table.generate_key,
        ignore_rows=IgnoreRows(*table.ignore_rows) if table.ignore_rows else None,
        meaning=table.description,
        file_names=table.file_names,
        hand_written=table.hand_written,
        _by_name=by_name,
    )


def load_contracts(folders: Iterable[Path] | None = None) -> dict[str, Contract]:
    """All contracts, dataset name -> contract, sorted by dataset.

    Default: the built-in `datasets` folder plus every folder that an installed package offers through the
    entry point group `avvik.contracts` (a module whose folder is meant, or a path). A given one must exist.
    """
    contracts: dict[str, Contract] = {}
    for folder in [BUILT_IN, *_offered_folders()] if folders is None else folders:
        folder = Path(folder)
        if not folder.is_dir():
            raise ContractError(folder, "", "no such folder of contracts")
        for path in sorted(folder.rglob("*.odcs.yaml")):
            contract = load_contract(path)
            if contract.dataset in contracts:
                other = contracts[contract.dataset].path
                raise ContractError(path, "schema[0].name", f"dataset '{contract.dataset}' is also in {other}")
            contracts[contract.dataset] = contract
    return dict(sorted(contracts.items()))


def match_dataset(file_name: str, contracts: Iterable[str]) -> str | None:
    """The dataset whose name (the longest of them) the file's name begins with (any case), or None.

    `contracts` may be the dict of load_contracts; then a contract's other file names count too. The suffix is not
    judged here: a file of a known dataset in an unknown form is refused by the reader, which can say why.
    """
    lowered = unicodedata.normalize("NFC", Path(file_name).name).lower()
    names = {name.lower(): name for name in contracts}
    if isinstance(contracts, Mapping):
        for name, contract in contracts.items():
            for other in contract.file_names:
                names.setdefault(other, name)
    hits = [beginning for beginning in names if lowered.startswith(beginning)]
    return names[max(hits, key=len)] if hits else None


def _offered_folders() -> Iterator[Path]:
    for point in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda p: (p.name, p.value)):
        offered = point.load()
        yield Path(offered.__file__).parent if hasattr(offered, "__file__") else Path(offered)


def _rules(dataset: str, column: str | None, declared: list[Any]) -> tuple[QualityRule, ...]:
    counts: dict[str, int] = {}
    rules = []
    for item in declared:
        counts[item.expectation] = counts.get(item.expectation, 0) + 1
        identity = f"{dataset}.{column or 'table'}.{item.expectation}.{counts[item.expectation]}"
        kwargs = dict(item.kwargs)
        if column is not None:
            kwargs.setdefault("column", column)
        rules.append(QualityRule(identity, item.severity, item.expectation, kwargs, item.description, column))
    return tuple(rules)


def _check_columns(path: Path, columns: list[Column]) -> None:
    """Every heading must lead to one column only, or a file could be read in two ways."""
    if not columns:
        raise ContractError(path, "properties", "the dataset has no columns")
    owner: dict[str, str] = {}
    for column in columns:
        for heading in (column.name, *column.aliases):
            folded = fold_heading(heading)
            if owner.setdefault(folded, column.name) != column.name:
                raise ContractError(path, column.name, f"heading '{heading}' also belongs to '{owner[folded]}'")
    names = [column.name for column in columns]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise ContractError(path, "properties", f"column '{doubled[0]}' stands twice")


# Characters that may stick to a heading without being seen: BOM, zero-width characters, soft hyphen.
_UNSEEN = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060\u00ad\x00"), None)


def fold_heading(heading: str) -> str:
    """A heading in the form in which it is compared: NFKC, no unseen signs, single blanks, any case."""
    text = unicodedata.normalize("NFKC", heading.translate(_UNSEEN))
    return " ".join(text.split()).strip("\"'").strip().casefold()


def _content_hash(document: Any) -> str:
    text = json.dumps([PARSER_VERSION, document], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
