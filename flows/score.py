"""`avvik score TABLE`: peers and forest on a table from outside, the ranked rows to a file or the screen."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SHOWN = 20
MEASURES = ("n", "deviations", "auroc", "ap", "p@10", "p@50", "p@100")


def score_file(path: Path, id_column: str, size: str | None, label: str | None, group: str | None, out: Path | None,
               seed: int, leave_out: Sequence[str] = (), repeats: bool = False) -> int:
    """Score the table and print what was compared, the first rows and, given labels, how good the order is."""
    from detectors.score import ScoreError, evaluate, score_table
    from flows.failures import UsageError
    from schemas.entity_table import numbers_of, read_entity_table, yes_or_no
    from schemas.settings import load_settings

    asked = [name for name in (id_column, label, group, size, *leave_out) if name]
    if len(set(asked)) != len(asked):
        raise UsageError("--id, --size, --label, --group and --leave-out must be different columns")
    if not path.is_file():
        raise UsageError(f"{path} is a folder: name the table in it" if path.is_dir() else f"no such file: {path}")
    if out is not None and (out.is_dir() or not out.parent.is_dir() or (out.exists() and out.samefile(path))):
        raise UsageError(f"--out {out}: name a file in an existing folder, and not the table itself")
    if seed < 0:
        raise UsageError("--seed must be 0 or more")
    table = read_entity_table(path, asked, load_settings(None))
    texts = _by_name(table, asked)
    _hold_ids(texts[id_column], id_column, path.name, repeats)
    labels, known = yes_or_no(texts[label], label, path.name) if label else (None, None)
    sizes = _sizes(texts[size], f"{path.name}, --size {size}", numbers_of) if size else None
    try:
        scored = score_table(texts[id_column], table.numbers, texts[group] if group else None, seed)
    except ScoreError as reason:
        raise UsageError(f"{path.name}: {reason}") from None
    print(f"{len(scored.rows)} rows compared in {len(scored.features)} columns: {', '.join(scored.features)}")
    for what, names in (("texts are not compared (--group compares within one)", table.not_numeric),
                        ("empty, left out", table.empty), ("the same in every row, left out", table.constant),
                        ("left out as asked", list(leave_out)),
                        ("compared, but look like numbers that name something: --leave-out if they measure nothing",
                         table.names_something)):
        if names:
            print(f"{what}: {', '.join(names)}")
    if repeated := int(texts[id_column].duplicated().sum()):
        print(f"{repeated} rows repeat an id: every row is scored by itself")
    for name, cells in table.unread.items():
        print(f"{name}: {cells} cells are no number and count as missing")
    if table.bad_rows:
        print(f"{table.bad_rows} rows could not be read and are left out")
    if scored.small_groups:
        print(f"{scored.small_groups} groups have fewer than 30 rows: compared with all")
    if out is None:
        for row in scored.rows.head(SHOWN).itertuples(index=False):
            reasons = "; ".join(reason for reason in row[5::3] if reason)
            print(f"{row.rank:>4}  {row.id}  p{row.percentile:.2f}  {row.score:.3f}  {reasons}")
    else:
        _write(scored.rows, out)
        print(f"ranked rows in {out}")
    if labels is not None and known is not None:
        print()
        if missing := int((~known).sum()):
            print(f"{missing} rows without a label are ranked but not measured")
        for line in _lines(evaluate(labels[known], scored.scores[known], None if sizes is None else sizes[known])):
            print(line)
    print("A deviation is something to check, not an established fault.")
    return 0


def _hold_ids(ids: Any, heading: str, file: str, repeats: bool) -> None:
    """Every row has an id, and one of its own unless the user says that ids repeat."""
    from schemas.entity_table import TableError

    filled = ids.astype("string").str.strip().fillna("")
    if (filled == "").any():
        row = int((filled == "").to_numpy().argmax()) + 1
        raise TableError(f"{file}, column {heading!r}: {int((filled == '').sum())} rows have no id, the first is "
                         f"data row {row}. Give them one, or take another column for --id")
    if not repeats and (again := filled.duplicated()).any():
        row = int(again.to_numpy().argmax()) + 1
        raise TableError(f"{file}, column {heading!r}: {int(again.sum())} rows repeat an id, the first is data row "
                         f"{row}. Make one row of each entity, or say --repeats to score every row by itself")


def _by_name(table: Any, asked: list[str]) -> dict[str, Any]:
    """The text columns by the name the user gave (headings are found in any case)."""
    from schemas.contract import fold_heading

    folded = {fold_heading(name): table.texts[name] for name in table.texts}
    return {name: folded[fold_heading(name)] for name in asked}


def _sizes(cells: Any, heading: str, numbers_of: Any) -> Any:
    import pyarrow as pa

    from schemas.entity_table import TableError

    values, unread, filled = numbers_of(pa.array(cells, pa.string()))
    if not filled or unread:
        raise TableError(f"{heading}: {unread or 'all'} cells are no number. Mend them or take another column")
    return values


def _lines(measured: list[dict[str, Any]]) -> list[str]:
    lines = ["order   inside  " + "".join(f"{name:>11}" for name in MEASURES)]
    for line in measured:
        lines.append(f"{line['order']:<8}{line['inside']:<8}" + "".join(
            f"{line[name]:>11}" if isinstance(line[name], int) else f"{line[name]:>11.3f}" for name in MEASURES))
    return lines


# What a spreadsheet takes for the start of a formula; the wide forms are taken so in East Asian settings.
_RUNS = tuple("=+-@\t\r\n＝＋－＠")


def _write(rows: Any, out: Path) -> None:
    """CSV with ; for Swedish spreadsheets, private to the user; a text that a spreadsheet would run is defused."""
    temporary = out.with_name(out.name + ".writing")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8-sig",
              newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow([_cell(name) for name in rows.columns])
        for row in rows.itertuples(index=False):
            writer.writerow([_cell(cell) for cell in row])
    os.replace(temporary, out)


def _cell(cell: Any) -> Any:
    if cell is None or cell != cell:
        return ""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RUNS) else cell
