"""What the tests of the warehouse share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace(tmp_path / "ws").lock() as held:
        yield held
