"""What the tests of the warehouse and of the checks share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from schemas.workspace import Workspace
from tests.schemas.quality_kit import TYPES


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws").lock() as held:
        yield held


@pytest.fixture
def database(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A file locked down as the warehouse's is while it is being built."""
    connection = duckdb.connect(str(tmp_path / "avvik.duckdb.building"), config={"threads": 1})
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in TYPES.items())
    connection.execute(f"CREATE TABLE things ({columns}, row_ref BIGINT)")
    yield connection
    connection.close()
