"""Gate F4: whatever stands in the audit-only columns, the ranking is the same to the last digit."""

from __future__ import annotations

import hashlib
import json

import pytest

from detectors import ranking
from tests.detectors.loaded_town import LoadedTown, catalogue, contracts, load_town, run_rules


def _hash(town: LoadedTown, codes: list[str] | None = None) -> tuple[str, int]:
    found, ledger = run_rules(town, codes)
    ranked = ranking.order_of(
        (f["subject_type"], f["subject_id"], ranking.Finding(
            f["detector_id"], f["kind"], f["concept"], f["domain"], f["severity"], f["strength"], f["amount_sek"]))
        for f in found)
    lines = [[r.rank, r.subject_type, r.subject_id, repr(r.score), str(r.amount_sek), sorted(r.contributions)]
             for r in ranked]
    counted = sorted((code, row.outcome, row.population, row.fired) for code, row in ledger.items())
    return hashlib.sha256(json.dumps([lines, counted]).encode()).hexdigest(), len(ranked)


@pytest.fixture(scope="module")
def town() -> LoadedTown:
    return load_town(0.02, 5)


def test_flipping_every_audit_attribute_changes_nothing(town: LoadedTown) -> None:
    """And a control at the end: another column of the same table, one that rules do read, does move the ranking."""
    audited = [(c.dataset, column.name) for c in contracts().values() for column in c.columns if column.audit_only]
    assert {("persons", "sex"), ("persons", "origin_group")} <= set(audited)
    before, subjects = _hash(town)
    assert subjects > 30
    for dataset, column in audited:
        counts = town.connection.execute(f'SELECT count(DISTINCT "{column}") FROM "{dataset}"').fetchone()
        assert counts and counts[0] >= 2, f"{dataset}.{column} must hold something to flip"
        town.connection.execute(
            f'UPDATE "{dataset}" SET "{column}" = (SELECT max("{column}") FROM "{dataset}" t '
            f'WHERE t."{column}" <> "{dataset}"."{column}")')
    assert _hash(town)[0] == before
    reading = [d.code for d in catalogue().detectors.values() if ("persons", "bank_account_token") in d.columns_read]
    some = _hash(town, reading)
    town.connection.execute("UPDATE persons SET bank_account_token = 'one', address_token = 'one'")
    assert _hash(town, reading) != some
