"""Lay published files out as an inbox: `python examples/make_inbox.py leeds SOURCE_FOLDER INBOX [--files N]`.

Files are copied under names that begin with their dataset; nothing in them is changed. The one exception is the
register of Norwegian faith communities, which holds a row per community and year: its associations are written as
one row per community (the latest name).
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

LEDGERS = ("leeds", "calderdale", "north_tyneside")


def ledger(name: str, source: Path, inbox: Path, files: int | None) -> int:
    """Copy the monthly files of one council as supplier_payments; returns how many."""
    chosen = sorted(source.rglob("*.csv.gz"))[:files]
    for path in chosen:
        shutil.copyfile(path, inbox / f"supplier_payments_{name}_{path.name}")
    return len(chosen)


def faith(source: Path, inbox: Path) -> int:
    """Copy the register as association_grants and write its communities as associations; returns 2."""
    table = next(source.rglob("*.tsv"))
    shutil.copyfile(table, inbox / "association_grants_faith.tsv")
    names: dict[str, str] = {}
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["orgnr"]:
                names[row["orgnr"]] = row["organisasjon_navn"] or names.get(row["orgnr"], "")
    with (inbox / "associations_faith.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";")
        writer.writerow(["orgnr", "organisasjon_navn"])
        writer.writerows(sorted(names.items()))
    return 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=(*LEDGERS, "faith"))
    parser.add_argument("source", type=Path)
    parser.add_argument("inbox", type=Path)
    parser.add_argument("--files", type=int, help="only the first so many files")
    options = parser.parse_args()
    options.inbox.mkdir(parents=True, exist_ok=True)
    if options.name == "faith":
        count = faith(options.source, options.inbox)
    else:
        count = ledger(options.name, options.source, options.inbox, options.files)
    print(f"{count} files in {options.inbox}")


if __name__ == "__main__":
    main()
