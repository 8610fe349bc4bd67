"""What a night says while it runs: one short Swedish line a stage, with its seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager


def seconds(value: float) -> str:
    """3.24 -> '3,2 s'."""
    return f"{value:.1f}".replace(".", ",") + " s"


def whole(value: int) -> str:
    """12345 -> '12 345' with a no-break blank, as Swedish writes it."""
    return f"{value:,}".replace(",", "\u00a0")


def say(text: str = "") -> None:
    """One line, shown at once also when the output is a file."""
    print(text, flush=True)


class Progress:
    """Prints `  label ... 3,2 s` around a stage and keeps the seconds by the stage's name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, label: str) -> Iterator[None]:
        """Time the block; the line is ended with 'avbruten' when it raises."""
        # a worker's log has lines of others in between: there a stage is one line, when it has ended
        alone = "PREFECT__FLOW_RUN_ID" not in os.environ
        start = f"  {label} ... "
        if alone:
            print(start, end="", flush=True)
            start = ""
        began = time.perf_counter()
        try:
            yield
        except BaseException:
            print(f"{start}avbruten", flush=True)
            raise
        finally:
            self.seconds[name] = round(time.perf_counter() - began, 3)
        print(start + seconds(self.seconds[name]), flush=True)

