"""What the listing writes has the columns that are published."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import yaml

import schemas
from detectors import case_files, ledger, listing, outcomes

WRITTEN = {"ranked": listing.SCHEMA, "cases": case_files.SCHEMA, "resolved_outcomes": outcomes.SCHEMA,
           "detector_ledger": ledger.SCHEMA}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_what_its_contract_says(name: str) -> None:
    path = Path(schemas.__file__).with_name(f"{name}.odcs.yaml")
    (table,) = yaml.safe_load(path.read_text(encoding="utf-8"))["schema"]
    assert [column["name"] for column in table["properties"]] == WRITTEN[name].names
    for column in table["properties"]:
        kind = WRITTEN[name].field(column["name"]).type
        if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
            assert [inner["name"] for inner in column["items"]["properties"]] == [f.name for f in kind.value_type]
