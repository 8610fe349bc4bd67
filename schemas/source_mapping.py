"""Source mappings: what one sender calls things, laid over a contract without touching it.

A contract says what a dataset means; a mapping says how one vendor or municipality writes it. One YAML file a
dataset, in the folder that the settings name under `mappings`:

    dataset: supplier_payments
    source: open payments of a council          # who sends it, for the reader of the file
    columns:
      supplier_id: {headings: [Supplier name]}  # a heading given here wins over the contract's own aliases
      supplier_name: {sameAs: supplier_id}      # no heading of its own: take that column's
      booked_on: {dateFormats: ["%d-%b-%y"]}
      kind: {constant: activity}                # the file has one kind only and does not say so
      registration: {values: {Lås: tag}}
      invoice_no: {blanks: [REDACTED]}          # texts that stand for an empty cell (text columns)
    ignoreRows: {column: supplier_id, matches: "(?i)^total"}
    missingKey: generate                        # rows without a key of their own get one from file and line
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from schemas.contract import Column, Contract, ContractError, IgnoreRows, fold_heading, load_contracts
from schemas.contract_parts import Part, check_pattern, date_formats_of, spellings_of, texts
from schemas.settings import Settings
from schemas.yaml_files import nearest, read_yaml

_TOP_KEYS = ("dataset", "source", "columns", "ignoreRows", "missingKey")
_COLUMN_KEYS = ("headings", "sameAs", "constant", "dateFormats", "values", "blanks")


def contracts_for(settings: Settings) -> dict[str, Contract]:
    """All contracts as this municipality's settings want them: the installed ones with its mappings laid over."""
    contracts = load_contracts()
    return apply_mappings(contracts, settings.mappings) if settings.mappings else contracts


def apply_mappings(contracts: Mapping[str, Contract], folder: Path) -> dict[str, Contract]:
    """The contracts with every `*.mapping.yaml` of `folder` laid over them; ContractError names file and key."""
    return laid_over(contracts, documents_in(folder), folder)


def documents_in(folder: Path | None) -> dict[str, dict[str, Any]]:
    """The mappings of a folder by file name, {} without a folder. A run keeps them as JSON (mappings.json)."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ContractError(folder, "", "no such folder of mappings")
    return {path.name: _document(path) for path in sorted(folder.glob("*.mapping.yaml"))}


def laid_over(contracts: Mapping[str, Contract], documents: Mapping[str, dict[str, Any]],
              folder: Path) -> dict[str, Contract]:
    """The contracts with mappings (documents_in) laid over them; errors name the file as if it lay in `folder`."""
    result = dict(contracts)
    seen: dict[str, Path] = {}
    for name, document in documents.items():
        path, dataset = folder / name, document["dataset"]
        if dataset not in contracts:
            raise ContractError(path, "dataset", f"no dataset '{dataset}'{nearest(dataset, contracts)}")
        if dataset in seen:
            raise ContractError(path, "dataset", f"'{dataset}' is also mapped in {seen[dataset].name}")
        seen[dataset] = path
        result[dataset] = _laid_over(contracts[dataset], document, path)
    return result


def _document(path: Path) -> dict[str, Any]:
    try:
        document = read_yaml(path)
    except (OSError, ValueError) as error:
        raise ContractError(path, "", getattr(error, "strerror", None) or str(error)) from None
    document = dict(Part(path, "", document).mapping(_TOP_KEYS))
    if not isinstance(document.get("dataset"), str):
        raise ContractError(path, "dataset", "is missing: name the dataset that is mapped")
    if not isinstance(document.setdefault("columns", {}), dict):
        raise ContractError(path, "columns", "must be a mapping of keys")
    return document


def _laid_over(contract: Contract, document: dict[str, Any], path: Path) -> Contract:
    entries = {name: Part(path, f"columns.{name}", entry) for name, entry in document["columns"].items()}
    for name, part in entries.items():
        for mentioned in (name, part.mapping(_COLUMN_KEYS).get("sameAs", name)):
            if mentioned not in contract.column_names:
                raise part.fail("", f"{contract.dataset} has no column '{mentioned}'"
                                    f"{nearest(mentioned, contract.column_names)}")
    taken = _headings(contract, entries)
    columns = tuple(_column(column, entries.get(column.name) or Part(path, "", {}), taken)
                    for column in contract.columns)
    top = Part(path, "", document)
    ignore = contract.ignore_rows
    if "ignoreRows" in document:
        rows = top.sub("ignoreRows")
        rows.mapping(("column", "matches"))
        ignore = IgnoreRows(rows.text("column", required=True), rows.text("matches", required=True))
        check_pattern(rows, "matches", ignore.matches)
        if ignore.column not in contract.column_names:
            raise rows.fail("column", f"{contract.dataset} has no column '{ignore.column}'"
                                      f"{nearest(ignore.column, contract.column_names)}")
    if document.get("missingKey") not in (None, "generate"):
        raise top.fail("missingKey", "must be generate")
    made = contract.generate_key or "missingKey" in document
    if made and len(contract.key) != 1:
        raise top.fail("missingKey", "generate needs a dataset with exactly one key column")
    text = contract.content_hash + json.dumps(document, sort_keys=True, default=str)
    return replace(contract, columns=columns, ignore_rows=ignore, generate_key=made,
                   _by_name={c.name: c for c in columns}, content_hash=hashlib.sha256(text.encode()).hexdigest())


def _headings(contract: Contract, entries: Mapping[str, Part]) -> dict[str, str]:
    """Folded heading of the mapping -> its column; a heading leads to one column only."""
    names = {fold_heading(name): name for name in contract.column_names}
    taken: dict[str, str] = {}
    for name, part in entries.items():
        for heading in texts(part, "headings", part.content.get("headings")):
            folded = fold_heading(heading)
            if names.get(folded, name) != name or taken.setdefault(folded, name) != name:
                raise part.fail("headings", f"'{heading}' already leads to the column "
                                            f"'{names.get(folded) or taken[folded]}'")
    return taken


def _column(column: Column, part: Part, taken: Mapping[str, str]) -> Column:
    entry = part.content
    kept = tuple(a for a in column.aliases if taken.get(fold_heading(a), column.name) == column.name)
    values = entry.get("values")
    if values is not None and not column.allowed_values:
        raise part.fail("values", f"is for columns with allowed values; {column.name} takes any")
    blanks = texts(part, "blanks", entry.get("blanks"))
    if blanks and (column.logical_type != "string" or column.allowed_values):
        raise part.fail("blanks", "is for columns of free values and logicalType string only")
    return replace(
        column,
        aliases=(*texts(part, "headings", entry.get("headings")), *kept),
        value_aliases={**column.value_aliases, **spellings_of(part, values, column.allowed_values, "values")},
        date_formats=(*date_formats_of(part, entry.get("dateFormats"), column.logical_type), *column.date_formats),
        same_as=entry.get("sameAs"),
        blanks=blanks,
        constant=_constant(column, part),
    )


def _constant(column: Column, part: Part) -> str | None:
    """The value every row gets, as text; one that does not fit the column would load as nothing."""
    value = part.content.get("constant")
    if value is None:
        return None
    text = str(value)
    fits = {
        "integer": re.compile(r"-?\d{1,9}"),
        "number": re.compile(r"-?\d{1,12}(\.\d+)?"),
        "boolean": re.compile(r"(?i)true|false"),
        "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
        "timestamp": re.compile(r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?"),
    }
    if column.allowed_values and text not in column.allowed_values:
        raise part.fail("constant", f"'{text}' is not allowed{nearest(text, column.allowed_values)}")
    if column.logical_type in fits and not fits[column.logical_type].fullmatch(text):
        raise part.fail("constant", f"'{text}' is no {column.logical_type} (dates as 2026-11-23)")
    return text
