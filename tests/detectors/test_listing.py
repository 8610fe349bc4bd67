"""The list of a night is written with its case ids, places and what brought a subject back."""

from __future__ import annotations
