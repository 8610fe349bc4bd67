"""Runs and their reports, built once a session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports import write_reports
from tests.chromium import Watched
from tests.reports.run_builder import build


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small run with its Swedish reports."""
    folder = build(tmp_path_factory.mktemp("runs") / "2026-11-23-0a1b2c3d")
    write_reports(folder, "sv")
    return folder


@pytest.fixture
def watched(browser: Any) -> Iterator[Watched]:
    """A fresh page at 1280 x 900, watched."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Watched(context.new_page())
    context.close()
