"""R9: which rows stand as evidence goes by what they say, on all datasets, however an export lists them.

The sample's warehouse once more, with the rows of each file in another order: every rule is run on it, and each
finding must rest on the same rows as in the sample's night.
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from detectors import run as detection
from schemas.contract import load_contracts
from schemas.settings import load_settings
from tests.gates.sample_night import DAY, ROOT, SampleNight

Evidence = dict[str, Counter[str]]


def shuffle(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Give each row of a file the line of another one."""
    connection.execute(f"""
        CREATE OR REPLACE TABLE main."{table}" AS
        WITH lines AS (SELECT row_ref, row_number() OVER (PARTITION BY row_ref >> 32 ORDER BY row_ref) AS n
                       FROM main."{table}"),
        dealt AS (SELECT row_ref AS dealt_ref,
                         row_number() OVER (PARTITION BY row_ref >> 32 ORDER BY hash(row_ref)) AS n
                  FROM main."{table}")
        SELECT t.* REPLACE (l.row_ref AS row_ref)
        FROM main."{table}" t JOIN dealt d ON d.dealt_ref = t.row_ref
        JOIN lines l ON l.row_ref >> 32 = d.dealt_ref >> 32 AND l.n = d.n ORDER BY l.row_ref""")


def evidence_of(run: Path) -> tuple[Evidence, dict[str, str]]:
    """finding id -> what its rows of evidence say (keys that are made from lines apart), and -> its rule."""
    contracts = load_contracts()
    rules = {row["finding_id"]: row["detector_id"] for row in pq.read_table(run / "findings.parquet").to_pylist()}
    found: Evidence = {finding: Counter() for finding in rules}
    for row in pq.read_table(run / "evidence.parquet").to_pylist():
        contract = contracts[row["dataset"]]
        said = json.loads(row["values"])
        if contract.generate_key:
            said = {name: value for name, value in said.items() if name not in contract.key}
        found[row["finding_id"]][f"{row['dataset']} {json.dumps(said)}"] += 1
    return found, rules


def again_shuffled(sample: SampleNight, folder: Path, methods: set[str]) -> tuple[Path, set[str]]:
    """Run the rules that have findings in the sample on its rows in another order: (where, which rules)."""
    shutil.copy(sample.run.parents[1] / "avvik.duckdb", folder / "avvik.duckdb")
    contracts = load_contracts()
    catalogue = detection.catalogue_for(contracts)
    fired = set(evidence_of(sample.run)[1].values())
    run = {code: rule for code, rule in catalogue.detectors.items() if code in fired and rule.method in methods}
    settings = replace(load_settings(ROOT / "data_samples" / "settings.yaml"), threads=1)
    with duckdb.connect(str(folder / "avvik.duckdb"), config={"threads": 1}) as connection:
        delivered: dict[str, set[str]] = {name: set() for name in contracts}
        for dataset, columns in connection.execute("SELECT dataset, columns_delivered FROM ledger.files").fetchall():
            delivered[dataset] |= set(columns or ())
        for name in contracts:
            shuffle(connection, name)
        detection.run_detectors(connection, folder, settings, datetime.date.fromisoformat(DAY),
                                replace(catalogue, detectors=run), contracts, delivered)
    return folder, set(run)


def compare(sample: SampleNight, folder: Path, methods: set[str], at_least: int) -> None:
    run, rules = again_shuffled(sample, folder, methods)
    assert len(rules) >= at_least
    (one, rule_of), (two, other_rule_of) = evidence_of(sample.run), evidence_of(run)
    assert {finding: rule for finding, rule in rule_of.items() if rule in rules} == other_rule_of
    lines = [Counter((row["finding_id"], row["file"], row["line"])
                     for row in pq.read_table(path / "evidence.parquet").to_pylist()) for path in (sample.run, run)]
    assert lines[1] - lines[0], "nothing was shuffled"
    assert sorted({rule_of[finding] for finding in two if one[finding] != two[finding]}) == []


def test_r9_evidence_follows_what_rows_say(sample: SampleNight, tmp_path: Path) -> None:
    compare(sample, tmp_path, {"rule", "peer"}, 40)


@pytest.mark.long
def test_r9_evidence_of_forests_follows_what_rows_say(sample: SampleNight, tmp_path: Path) -> None:
    compare(sample, tmp_path, {"isolation_forest"}, 3)
