"""The id of a subject's case, the same in every room, file and night."""

from __future__ import annotations

import hashlib


def case_id(subject_type: str, subject_id: str) -> str:
    """The id of a subject's case: the same every night, and no token can be read out of it."""
    return hashlib.sha256(f"{subject_type}\x1f{subject_id}".encode()).hexdigest()[:10]
