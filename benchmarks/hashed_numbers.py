"""How often the search for hashed personal numbers (schemas/hashed_numbers.py, gate P5) misses, and what it costs.

Run: python -m benchmarks.hashed_numbers [trials]. Prints a Markdown table; the figures in docs/privacy.md come from it.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import sys
import time

from schemas.hashed_numbers import columns_of_hashes, dates_needed
from schemas.personal_data import luhn


def number(chance: random.Random) -> bytes:
    """A made-up personal number of twelve digits."""
    born = datetime.date(1930, 1, 1) + datetime.timedelta(days=chance.randrange(34_000))
    nine = f"{born:%y%m%d}{chance.randrange(1, 1000):03}"
    return f"{born.year // 100}{next(nine + digit for digit in '0123456789' if luhn(nine + digit))}".encode()


def row(values: int, trials: int) -> str:
    """Misses over `trials` columns of so many numbers, and the CPU seconds with and without a hit."""
    missed, seconds = 0, 0.0
    for trial in range(trials):
        chance = random.Random(f"{values}/{trial}")
        column = [hashlib.sha256(number(chance)).hexdigest() for _ in range(values)]
        started = time.process_time()
        missed += columns_of_hashes({0: column}, trial) is None
        seconds += time.process_time() - started
    clean = [random.Random(at).randbytes(32).hex() for at in range(values)]
    started = time.process_time()
    columns_of_hashes({0: clean})
    return (f"| {values} | {dates_needed(values)} | {missed} of {trials} | {seconds / trials:.2f} | "
            f"{time.process_time() - started:.2f} |")


def main(trials: int) -> None:
    print("| values | dates tried | missed | s, hashed numbers | s, other hashes |\n|---|---|---|---|---|")
    for values in (20, 50, 100, 300, 1000, 5000, 20_000):
        print(row(values, trials), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
