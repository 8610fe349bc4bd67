"""Regenerate the committed inbox: `python -m data_samples.build`."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

from data_samples import generate

HERE = Path(__file__).parent
ARGUMENTS: dict[str, Any] = {"scale": 0.08, "seed": 20261122, "as_of": date(2026, 11, 22), "difficulty": "mixed",
                             "mess": True, "schemes": 44, "weeks": 13}


def build(inbox: Path = HERE / "inbox", truth: Path = HERE) -> None:
    """Replace the inbox folder and the truth beside it."""
    shutil.rmtree(inbox, ignore_errors=True)
    generate(inbox, truth=truth, **ARGUMENTS)


if __name__ == "__main__":
    build()
