"""Where real data lie that are not ours: beside the repository, or where AVVIK_SHARED says. Tests skip without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("AVVIK_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def needs(*parts: str) -> tuple[Path, pytest.MarkDecorator]:
    """The path below the shared data, and the mark that skips a test, saying why, where it is not there."""
    path = SHARED.joinpath("data", *parts)
    reason = f"real data not on this machine: data/{'/'.join(parts)} (AVVIK_SHARED names another folder)"
    return path, pytest.mark.skipif(not path.exists(), reason=reason)
