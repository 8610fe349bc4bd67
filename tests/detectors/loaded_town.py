"""A generated town in memory: its clean exports loaded as the warehouse would, and rules run on it."""

from __future__ import annotations

import datetime
import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from data_samples import generate
from detectors import run
from detectors.detector import Catalogue
from schemas.contract import Contract, load_contracts
from schemas.settings import Gate, Settings, load_settings

AS_OF = datetime.date(2026, 11, 22)


@lru_cache(maxsize=1)
def contracts() -> dict[str, Contract]:
    return load_contracts()


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    return run.catalogue_for(contracts())  # files refused are test_catalogue's matter


@dataclass(frozen=True)
class LoadedTown:
    """connection: every dataset as a table with row_ref; delivered: columns by dataset; truth: planted.yaml."""

    connection: duckdb.DuckDBPyConnection
    delivered: dict[str, set[str]]
    settings: Settings
    truth: dict[str, list[dict[str, Any]]]


def load_town(scale: float, seed: int, difficulty: str = "mixed", threads: int = 1, **more: Any) -> LoadedTown:
    """Generate (without the mess of real exports) and load; every legal gate is opened."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder / "in", scale, seed, AS_OF, difficulty, mess=False, truth=folder / "truth", **more)
        return load_exports(folder, threads)


def load_exports(folder: Path, threads: int = 1) -> LoadedTown:
    """Load what was generated into folder/in and folder/truth; every legal gate is opened."""
    connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": True})
    connection.execute("CREATE SCHEMA ledger")
    connection.execute("CREATE TABLE ledger.files (file_id INTEGER, dataset VARCHAR, file_name VARCHAR)")
    delivered = {dataset: _load(connection, number, contract, folder / "in")
                 for number, (dataset, contract) in enumerate(sorted(contracts().items()), 1)}
    settings = load_settings(folder / "truth" / "settings.yaml")
    with (folder / "truth" / "planted.yaml").open(encoding="utf-8") as file:
        truth = yaml.load(file, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    opened = Gate(AS_OF, "test", None, "test")
    gates = {d.code: opened for d in catalogue().detectors.values() if d.gate == "P2"}
    return LoadedTown(connection, delivered, _replaced(settings, gates), truth)


def _replaced(settings: Settings, gates: dict[str, Gate]) -> Settings:
    from dataclasses import replace

    return replace(settings, gates={**settings.gates, **gates})


def _load(connection: duckdb.DuckDBPyConnection, number: int, contract: Contract, folder: Path) -> set[str]:
    table = contract.dataset
    typed = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in contract.columns)
    connection.execute(f'CREATE TABLE "{table}" ({typed}, row_ref BIGINT)')
    files = sorted(folder.glob(f"{table}_2*.csv"))
    if not files:
        return set()
    connection.execute("INSERT INTO ledger.files VALUES (?, ?, ?)", [number, table, files[0].name])
    read = f"read_csv('{files[0]}', header = true, all_varchar = true, delim = ',', quote = '\"')"
    given = [d[0] for d in connection.execute(f"SELECT * FROM {read} LIMIT 0").description]
    columns = [c for c in contract.columns if c.name in given]
    values = ", ".join(
        f"CAST(CASE WHEN length(\"{c.name}\") = 7 THEN \"{c.name}\" || '-01' ELSE \"{c.name}\" END AS DATE)" if c.month
        else f'CAST("{c.name}" AS {c.duckdb_type})' for c in columns)
    names = ", ".join(f'"{c.name}"' for c in columns)
    connection.execute(f'INSERT INTO "{table}" ({names}, row_ref) '
                       f'SELECT {values}, {number << 32} + 1 + row_number() OVER () FROM {read}')
    return {c.name for c in columns}


def run_rules(town: LoadedTown, codes: Iterable[str] | None = None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Findings (with `facts` as a dictionary and `evidence` as row_refs) and ledger rows by code."""
    whole = catalogue()
    wanted = set(whole.detectors) if codes is None else set(codes)
    part = Catalogue({c: d for c, d in whole.detectors.items() if c in wanted}, whole.views)
    connection = town.connection
    run.prepare(connection, part, town.settings, AS_OF)
    ledger = {d.code: run.run_one(connection, d, town.settings, AS_OF, town.delivered, part)
              for d in part.detectors.values()}
    run.build_findings(connection, part, None)
    cursor = connection.execute("SELECT * FROM findings ORDER BY detector_id, subject_type, subject_id, episode")
    names = [d[0] for d in cursor.description]
    found = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    return [f | {"facts": json.loads(f["facts"])} for f in found], ledger
