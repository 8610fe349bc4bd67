"""What DuckDB alone needs: `python bare_read.py FOLDER THREADS [DATABASE]`, every CSV file into a table of its own.

DuckDB finds separator and types by itself and checks nothing; in memory, or into DATABASE with a checkpoint.
Prints one JSON document: rows and seconds of the reading itself.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb


def main(folder: Path, threads: int, database: str) -> None:
    began = time.perf_counter()
    connection = duckdb.connect(database, config={"threads": threads})
    rows = {}
    for number, path in enumerate(sorted(folder.glob("*.csv*"))):
        connection.execute(f'CREATE TABLE t{number} AS SELECT * FROM read_csv($1)', [str(path)])
        rows[path.name] = connection.execute(f"SELECT count(*) FROM t{number}").fetchall()[0][0]
    if database != ":memory:":
        connection.execute("CHECKPOINT")
    print(json.dumps({"rows": rows, "seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ":memory:")
