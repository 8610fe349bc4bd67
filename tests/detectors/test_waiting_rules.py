"""docs/rules-left-out.md says which rules wait for an optional column; the rules themselves say the same."""

from __future__ import annotations

import re
from pathlib import Path

from detectors.run import catalogue_for, missing_data
from schemas.contract import load_contracts

CONTRACTS = load_contracts()
CATALOGUE = catalogue_for(CONTRACTS)
PAGE = (Path(__file__).parents[2] / "docs" / "rules-left-out.md").read_text(encoding="utf-8")
OPTIONAL = {f"{c.dataset}.{column.name}" for c in CONTRACTS.values() for column in c.columns
            if column.description.startswith("Valfritt tillägg")}


def basic_columns() -> dict[str, set[str]]:
    """What an export brings that holds the basic tables and nothing more."""
    return {c.dataset: {column.name for column in c.columns if f"{c.dataset}.{column.name}" not in OPTIONAL}
            for c in CONTRACTS.values()}


def test_the_page_lists_exactly_the_rules_that_wait_for_a_column() -> None:
    listed = {code: set(re.findall(r"`([a-z_]+\.[a-z_]+)`", cells)) for code, cells
              in re.findall(r"^\| ([A-Z]{2}\d{2}) \|[^|]*\| (.*) \|$", PAGE, re.MULTILINE)}
    assert len(listed) > 5
    waiting = {d.code: set(missing_data(d, basic_columns(), CATALOGUE)) for d in CATALOGUE.detectors.values()
               if d.status == "active"}
    assert {code: columns for code, columns in waiting.items() if columns} == listed


def test_with_every_column_no_rule_waits() -> None:
    everything = {c.dataset: set(c.column_names) for c in CONTRACTS.values()}
    assert [d.code for d in CATALOGUE.detectors.values() if missing_data(d, everything, CATALOGUE)] == []
