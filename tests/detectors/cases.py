"""Run the small text tables of `tests/detectors/<domain>/<CODE>.yaml` against a detector.

A case is a few rows in, the expected findings out; everything not listed is null or empty. The same tables can be
loaded into another engine, so that a rule is held to one specification.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from detectors import run
from detectors.detector import Catalogue, Detector
from detectors.methods import NotComputable, run_method
from schemas.contract import Contract, load_contracts
from schemas.settings import Override, Settings, load_settings

FOLDER = Path(__file__).parent
KINDS = ("hit", "innocent", "boundary", "not_computable")
CASE_KEYS = {"name", "kind", "as_of", "parameters", "lists", "tables", "tables_sql", "expect"}
AS_OF = date(2026, 6, 30)


@dataclass(frozen=True)
class Case:
    """One case: tables as text or SQL, parameters that differ from the default, expected findings."""

    code: str
    name: str
    kind: str
    as_of: date
    tables: Mapping[str, str]
    tables_sql: Mapping[str, str]
    expect: list[dict[str, Any]]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Any] = field(default_factory=dict)


def case_files() -> list[Path]:
    return sorted(FOLDER.glob("*/[A-Z][A-Z][0-9][0-9].yaml"))


def load_cases(path: Path) -> list[Case]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = []
    for raw in document["cases"]:
        unknown = set(raw) - CASE_KEYS
        assert not unknown, f"{path.name}: unknown key(s) {unknown} in case {raw.get('name')}"
        assert raw["kind"] in KINDS, f"{path.name}: kind {raw['kind']}"
        cases.append(Case(document["code"], raw["name"], raw["kind"], raw.get("as_of", AS_OF), raw.get("tables", {}),
                          raw.get("tables_sql", {}), raw["expect"] or [], raw.get("parameters", {}),
                          raw.get("lists", {})))
    return cases


def all_cases() -> Iterator[Case]:
    for path in case_files():
        yield from load_cases(path)


def rows_of(text: str) -> tuple[list[str], list[list[str | None]]]:
    """A text table: heading line, then rows, cells parted by |; an empty cell is null."""
    lines = [line for line in text.splitlines() if line.strip()]
    split = [[cell.strip() for cell in line.split("|")] for line in lines]
    head, body = split[0], split[1:]
    for row in body:
        assert len(row) == len(head), f"row has {len(row)} cells, heading has {len(head)}: {row}"
    return head, [[cell or None for cell in row] for row in body]


class Bench:
    """One in-memory database with every table empty, refilled for each case."""

    def __init__(self, contracts: Mapping[str, Contract] | None = None):
        self.contracts = contracts or load_contracts()
        self.catalogue: Catalogue = run.catalogue_for(self.contracts)
        self.connection = duckdb.connect(config={"threads": 1})
        self.filled: set[str] = set()  # the tables that are not empty
        for contract in self.contracts.values():
            columns = ", ".join(f'"{c.name}" {c.duckdb_type}' for c in contract.columns)
            self.connection.execute(f'CREATE TABLE "{contract.dataset}" ({columns}, row_ref BIGINT)')

    def fill(self, case: Case) -> dict[int, str]:
        """Load the tables of a case; returns row_ref -> value of the first column, for readable expectations."""
        names: dict[int, str] = {}
        for table in self.filled:
            self.connection.execute(f'DELETE FROM "{table}"')
        self.filled = {*case.tables, *case.tables_sql}
        for number, (table, text) in enumerate(case.tables.items(), start=1):
            head, body = rows_of(text)
            unknown = set(head) - set(self.contracts[table].column_names)
            assert not unknown, f"{case.code}: {table} has no column {unknown}"
            places = ", ".join("?" for _ in head)
            columns = ", ".join(f'"{h}"' for h in head)
            for line, row in enumerate(body, start=2):
                ref = (number << 32) + line
                names[ref] = str(row[0])
                self.connection.execute(f'INSERT INTO "{table}" ({columns}, row_ref) VALUES ({places}, {ref})', row)
        for number, (table, sql) in enumerate(case.tables_sql.items(), start=len(case.tables) + 1):
            self.connection.execute(f'INSERT INTO "{table}" BY NAME SELECT *, {number << 32} + 1 + '
                                    f'row_number() OVER () AS row_ref FROM ({sql})')
        return names

    def run(self, case: Case) -> list[dict[str, Any]]:
        """Findings of the case's detector as dictionaries: subject, money, facts, names of evidence rows."""
        detector: Detector = self.catalogue.detectors[case.code]
        names = self.fill(case)
        settings = self.settings(case)
        read = {view: self.catalogue.views[view] for view in detector.reads if view in self.catalogue.views}
        run.prepare(self.connection, Catalogue({}, read), settings, case.as_of)
        try:
            run_method(self.connection, detector, run.parameter_values(detector, settings, case.as_of), seed=1)
        except NotComputable as reason:
            return [{"not_computable": reason.en}]
        if detector.method == "link":
            cursor = self.connection.execute("SELECT *, row_ref IS NOT NULL AS n_evidence FROM link_edges "
                                             "ORDER BY link_group, token_kind, token, subject_type, subject_id")
            heads = [d[0] for d in cursor.description]
            return [dict(zip(heads, values, strict=True)) for values in cursor.fetchall()]
        cursor = self.connection.execute("SELECT * FROM raw_findings ORDER BY subject_id, episode")
        heads = [d[0] for d in cursor.description]
        found = []
        for values in cursor.fetchall():
            row = dict(zip(heads, values, strict=True))
            facts = json.loads(row.pop("facts"))
            evidence = row.pop("evidence")
            found.append({**facts, **row, "evidence": sorted(names.get(ref, str(ref)) for ref in evidence)})
        return found

    @staticmethod
    def settings(case: Case) -> Settings:
        from dataclasses import replace

        overrides = {name: Override(value=value, because="case", decided=case.as_of, by="case")
                     for name, value in case.parameters.items()}
        lists = {name: tuple(tokens) for name, tokens in case.lists.items()}
        return replace(load_settings(None), parameters={case.code: overrides}, lists=lists)


def differences(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> list[str]:
    """What is not as expected, in words; only the keys the case lists are compared."""
    wrong = []
    if len(found) != len(expected):
        subjects = [f.get("subject_id") or f for f in found]
        wrong.append(f"{len(found)} findings instead of {len(expected)}: {subjects}")
    for have, want in zip(found, expected, strict=False):
        for key, value in want.items():
            actual = have.get(key, "missing")
            if isinstance(value, (int, float)) and not isinstance(value, bool) and actual not in (None, "missing"):
                same = abs(float(actual) - float(value)) < 0.006
            elif isinstance(value, list):
                same = sorted(map(str, actual)) == sorted(map(str, value))
            else:
                same = str(actual) == str(value) or (actual is None and value is None)
            if not same:
                wrong.append(f"{want.get('subject_id')}.{key}: {actual!r} instead of {value!r}")
    return wrong
