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
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from schemas.contract import Column, Contract, ContractError, IgnoreRows, fold_heading, load_contracts
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
    if not folder.is_dir():
        raise ContractError(folder, "", "no such folder of mappings")
    result = dict(contracts)
    seen: dict[str, Path] = {}
    for path in sorted(folder.glob("*.mapping.yaml")):
        document = _document(path)
        dataset = document["dataset"]
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
    _known(path, "", document, _TOP_KEYS)
    if not isinstance(document.get("dataset"), str):
        raise ContractError(path, "dataset", "is missing: name the dataset that is mapped")
    _known(path, "columns", document.setdefault("columns", {}), None)
    for name, entry in document["columns"].items():
        _known(path, f"columns.{name}", entry, _COLUMN_KEYS)
    return document


def _known(path: Path, where: str, value: Any, valid: tuple[str, ...] | None) -> None:
    if not isinstance(value, dict):
        raise ContractError(path, where, "must be a mapping")
    for key in value:
        if valid is not None and key not in valid:
            raise ContractError(path, f"{where}.{key}".strip("."), f"unknown key{nearest(str(key), valid)}")


def _laid_over(contract: Contract, document: dict[str, Any], path: Path) -> Contract:
    entries = document["columns"]
    for name, entry in entries.items():
        for mentioned in (name, entry.get("sameAs", name)):
            if mentioned not in contract.column_names:
                raise ContractError(path, f"columns.{name}",
                                    f"{contract.dataset} has no column '{mentioned}'"
                                    f"{nearest(mentioned, contract.column_names)}")
    taken = {fold_heading(h): name for name, entry in entries.items() for h in entry.get("headings", [])}
    columns = tuple(_column(column, entries.get(column.name, {}), taken) for column in contract.columns)
    ignore = contract.ignore_rows
    if rows := document.get("ignoreRows"):
        _known(path, "ignoreRows", rows, ("column", "matches"))
        if rows.get("column") not in contract.column_names:
            raise ContractError(path, "ignoreRows.column", "must name a column of the dataset")
        ignore = IgnoreRows(rows["column"], str(rows["matches"]))
    if document.get("missingKey") not in (None, "generate"):
        raise ContractError(path, "missingKey", "must be generate")
    made = contract.generate_key or "missingKey" in document
    if made and len(contract.key) != 1:
        raise ContractError(path, "missingKey", "generate needs a dataset with exactly one key column")
    text = contract.content_hash + json.dumps(document, sort_keys=True, default=str)
    return replace(contract, columns=columns, ignore_rows=ignore, generate_key=made, _by_name={c.name: c for c in columns},
                   content_hash=hashlib.sha256(text.encode()).hexdigest())


def _column(column: Column, entry: Mapping[str, Any], taken: Mapping[str, str]) -> Column:
    kept = tuple(a for a in column.aliases if taken.get(fold_heading(a), column.name) == column.name)
    values = {str(k): str(v) for k, v in entry.get("values", {}).items()}
    return replace(
        column,
        aliases=(*map(str, entry.get("headings", [])), *kept),
        value_aliases={**column.value_aliases, **values},
        date_formats=(*entry.get("dateFormats", []), *column.date_formats),
        same_as=entry.get("sameAs"),
        blanks=tuple(map(str, entry.get("blanks", []))),
        constant=None if entry.get("constant") is None else str(entry["constant"]),
    )
