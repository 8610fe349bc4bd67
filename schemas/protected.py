"""What a run knows of protected persons (skyddade personuppgifter): the files of its folder `restricted/`.

    tokens.parquet    kind, token, person_token: what stands for a protected person anywhere in the data
    rows.parquet      finding_id, ord: rows of evidence.parquet that name one of these tokens
    findings.parquet  finding_id, n_rows: findings that rest on such rows (of all their rows), facts or subjects
    about.json        known: whether the register says who is protected; officer: who may read the restricted list

The folder is 0700 and belongs to no edition: whoever copies `reports/` to a group leaves it behind. Who counts as
protected is decided in detectors/protected.py, what a reader sees of it in reports/protection.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

FOLDER = "restricted"
TOKENS, ROWS, FINDINGS, ABOUT = "tokens.parquet", "rows.parquet", "findings.parquet", "about.json"


@dataclass(frozen=True)
class Protected:
    """The content of a run's restricted/; empty for a run without anybody protected.

    `rows`: (finding id, ord) of evidence rows; `findings`: ids of findings that concern a protected person.
    `known` False: the register did not say who is protected, so nobody could be kept apart.
    """

    tokens: frozenset[str] = frozenset()
    rows: frozenset[tuple[str, int]] = frozenset()
    findings: frozenset[str] = frozenset()
    known: bool = False
    officer: str = ""
    present: bool = field(default=False)  # the run has the folder at all

    def __bool__(self) -> bool:
        return bool(self.tokens)


def read(run_dir: Path) -> Protected:
    """What the run wrote; `present` is False for a run of an Avvik that did not know protected persons.

    Raises FileNotFoundError when a part of the folder is missing: half of it must never pass for nobody.
    """
    folder = Path(run_dir) / FOLDER
    if not folder.is_dir():
        return Protected()
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    rows = pq.read_table(folder / ROWS)
    return Protected(
        tokens=frozenset(pq.read_table(folder / TOKENS)["token"].to_pylist()),
        rows=frozenset(zip(rows["finding_id"].to_pylist(), rows["ord"].to_pylist(), strict=True)),
        findings=frozenset(pq.read_table(folder / FINDINGS)["finding_id"].to_pylist()),
        known=bool(about["known"]), officer=str(about["officer"]), present=True,
    )
