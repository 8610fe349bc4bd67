"""The order a parent gives to the reading child; light, so that the parent loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from schemas.contract import Contract


@dataclass(frozen=True)
class Job:
    """What the child needs to know; pickled, so plain values only."""

    path: Path
    contract: Contract
    work: Path
    threads: int
    memory_limit: str
    memory_mb: int
    seconds: int
    max_bytes: int
    archive_ratio: int
    seed: int


def enter(job: Job, channel: Connection) -> None:
    """Entry of the child process; already loaded there by the fork server."""
    from schemas.reading_child import main

    main(job, channel)
