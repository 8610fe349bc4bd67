"""Registry of the look-alikes."""

from __future__ import annotations

from collections.abc import Callable

from data_samples.model import Town
from data_samples.schemes.case import Innocent

Function = Callable[[Town, Innocent], None]
LOOKALIKES: dict[str, tuple[str, Function]] = {}


def innocent(code: str, phase: str = "events") -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        if code in LOOKALIKES:
            raise ValueError(f"{code} has two look-alikes")
        LOOKALIKES[code] = (phase, function)
        return function
    return register
