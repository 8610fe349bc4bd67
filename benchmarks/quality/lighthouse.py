"""The reference lift on real outcomes: Försäkringskassan's controls of 2017, as published by Lighthouse Reports.

    python benchmarks/quality/lighthouse.py --data FOLDER [--out docs/quality-lighthouse.md]

FOLDER holds data_english.xlsx. A picked case is `High Risk` or `High High Risk`, the comparison is `Random`;
follow-up controls are neither. What counts as an error decides the figure, so both readings are shown.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

sys.path[:0] = [str(Path(__file__).resolve().parents[level]) for level in (2, 1)]

import measuring  # noqa: E402

from detectors.intervals import odds_ratio, ratio, share  # noqa: E402

PICKED = ("High Risk", "High High Risk")


def measured(sheets: Mapping[str, pd.DataFrame]) -> list[tuple[str, tuple[float, float, float], str]]:
    """(what, (value, low, high), the published value where there is one)."""
    gender, foreign = sheets["Gender 1 Decimal"], sheets["Foreign 1 Decimal"]
    picked, drawn = gender[gender["Selection Method"].isin(PICKED)], gender[gender["Selection Method"] == "Random"]
    lines = []
    for reading, wrong, published in (
        ("every result but `No Errors Found`", lambda t: int((t["Result"] != "No Errors Found").sum()),
         ("49.0 %", "29.6 %")),
        ("`Errors Found` only", lambda t: int((t["Result"] == "Errors Found").sum()), ("", "")),
    ):
        hits, other = wrong(picked), wrong(drawn)
        lines += [(f"errors among the model's picks ({reading}), n {len(picked)}", share(hits, len(picked)),
                   published[0]),
                  (f"errors among random picks ({reading}), n {len(drawn)}", share(other, len(drawn)), published[1]),
                  (f"lift ({reading})", ratio(hits, len(picked), other, len(drawn)), "")]
    for name, table, column, yes, no, published in (
        ("women", gender, "Gender", "K", "M", "1.62"),
        ("foreign background", foreign, "Foreign Background", 1, 0, "2.46"),
    ):
        chosen = table["Selection Method"].isin(PICKED)
        random = table["Selection Method"] == "Random"
        wrong_rows = table["Result"] != "No Errors Found"

        def count(mask: pd.Series, value: object, of: pd.Series = table[column]) -> int:
            return int((mask & (of == value)).sum())

        lines += [(f"odds of being picked, {name} against others (random picks as the base)",
                   odds_ratio(count(chosen, yes), count(chosen, no), count(random, yes), count(random, no)), published),
                  (f"odds of an error among random picks, {name} against others",
                   odds_ratio(count(random & wrong_rows, yes), count(random & ~wrong_rows, yes),
                              count(random & wrong_rows, no), count(random & ~wrong_rows, no)), "")]
    return lines


def told(lines: list[tuple[str, tuple[float, float, float], str]]) -> str:
    def shown(what: str, value: float) -> str:
        return f"{100 * value:.1f} %" if what.startswith("errors") else f"{value:.2f}"

    rows = [(what, shown(what, value[0]), f"{shown(what, value[1])} – {shown(what, value[2])}", published)
            for what, value, published in lines]
    return "\n".join([
        "# What a model's picks were worth, on real outcomes", "",
        "Försäkringskassan's controls of temporary parental benefit, 2017 (data published by Lighthouse Reports and "
        f"Svenska Dagbladet). Computed {date.today().isoformat()}; 95 % intervals after Wilson (shares), Katz (lift) "
        "and Woolf (odds).", "",
        measuring.table(["what", "value", "95 %", "published"], rows), "",
        "- The published 49.0 % counts every case that was handed on to a control investigation as an error. With "
        "established errors only, most of the lift is gone: what counts as a hit must be said beside every lift.",
        "- The model picked women and people with a foreign background more often than its own hits among random "
        "picks give reason for. Avvik reads neither attribute, and scores no people.",
        "- For Avvik this is the yardstick: precision against a random control slice, with intervals, and selection "
        "odds by group, once outcomes are entered.", "",
        "Again: `python benchmarks/quality/lighthouse.py --data FOLDER --out docs/quality-lighthouse.md`", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of data_english.xlsx")
    parser.add_argument("--out", type=Path, help="write the page here (default: print it)")
    options = parser.parse_args()
    sheets = pd.read_excel(options.data / "data_english.xlsx", engine="calamine",
                           sheet_name=["Gender 1 Decimal", "Foreign 1 Decimal"])
    page = told(measured(sheets))
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    else:
        print(page)


if __name__ == "__main__":
    main()
