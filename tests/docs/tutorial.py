"""Follow a tutorial word for word: write its files, run its commands, compare what they answer.

A tutorial is Markdown. A fenced block after a line that ends with a file's name in backquotes and a colon is that
file. "In `FILE`, after the line `LINE` ...:" puts the block there. A block of kind `console` holds commands (`$ ...`)
and the beginning of what they answer; `...` stands for anything, within a line or for lines.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?P<before>[^\n]*)\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
NEW_FILE = re.compile(r"`(?P<path>[\w./-]+\.\w+)`:$")
INSERT = re.compile(r"[Ii]n `(?P<path>[\w./-]+\.\w+)`, after the line `(?P<line>[^`]+)`[^`]*:$")


@dataclass(frozen=True)
class Step:
    """One thing the reader is told to do: write a file, put lines into one, or run a command."""

    kind: str  # 'write', 'insert', 'run'
    target: str
    text: str
    after: str = ""


def read(markdown: str) -> list[Step]:
    """The steps in order. Raises ValueError for a block that nobody could follow."""
    steps: list[Step] = []
    for block in BLOCK.finditer(markdown):
        before, text = block["before"], block["text"]
        insert, new_file = INSERT.search(before), NEW_FILE.search(before)
        if block["kind"] == "console":
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                line, _, answer = command.partition("\n")
                steps.append(Step("run", line, answer))
        elif insert:
            steps.append(Step("insert", insert["path"], text, insert["line"]))
        elif new_file:
            steps.append(Step("write", new_file["path"], text))
        else:
            raise ValueError(f"a block that is neither a file nor a command, after: {before}")
    return steps


def follow(step: Step, folder: Path) -> tuple[str, str]:
    """Do one step in `folder`; returns what was promised and what was answered (both empty when nothing was)."""
    if step.kind == "run":
        own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "AVVIK"))}
        environment = {**own, "PYTHONPATH": str(folder), "COLUMNS": "100"}
        done = subprocess.run(step.target, shell=True, cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=600, check=False)
        return step.text, done.stdout + done.stderr
    path = folder / step.target
    if step.kind == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, encoding="utf-8")
        return "", ""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    at = lines.index(step.after + "\n") + 1
    path.write_text("".join([*lines[:at], step.text, *lines[at:]]), encoding="utf-8")
    return "", ""


def agrees(promised: str, answered: str) -> bool:
    """Whether the answer is as promised; empty lines at both ends do not matter, `...` stands for anything."""
    pieces = []
    for line in promised.strip("\n").splitlines():
        if line.strip() == "...":
            pieces.append(r"(?:.*\n)*?")
        else:
            pieces.append(r".*".join(re.escape(part) for part in line.split("...")) + r"[ \t]*\n")
    return re.fullmatch("".join(pieces), answered.strip("\n") + "\n") is not None if pieces else answered == ""
