"""Innocent look-alikes: what resembles a rule's deviation and has an ordinary explanation. Labelled in the truth."""

from __future__ import annotations

from data_samples.lookalikes import assistance, associations, home_care, hvb_support, registers  # noqa: F401  (registers them)
from data_samples.lookalikes.case import LOOKALIKES
from data_samples.model import Town
from data_samples.schemes.case import Innocent


def add(town: Town, phase: str) -> None:
    """Add every look-alike of the phase; from scale 0.5 up on two subjects each."""
    town.adding = "lookalike"
    for code, (when, function) in sorted(LOOKALIKES.items()):
        if when == phase:
            for number in range(2 if town.scale >= 0.5 else 1):
                function(town, Innocent(town, code, number))
