"""A small town of odd values: the same few tokens everywhere, zeros, blanks, negatives, ends before beginnings.

No rule is expected to say anything in particular of it. It is there to show that none stops at such values and that
two engines agree on them.
"""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from functools import cache

from schemas.contract import Column, Contract, load_contracts
from tests.detectors.cases import AS_OF, Case, case_files

ROWS = 60
# tokens of one kind share a pool whatever the column is called, so that joins meet
POOLS = {
    "person": [f"person{i}" for i in range(8)], "provider": [f"provider{i}" for i in range(4)],
    "association": [f"association{i}" for i in range(4)], "household": [f"household{i}" for i in range(4)],
    "account": [f"account{i}" for i in range(5)], "address": [f"address{i}" for i in range(5)],
}
KIND_OF = {
    "client_token": "person", "staff_token": "person", "assistant_token": "person", "member_token": "person",
    "leader_token": "person", "person_token": "person", "provider_id": "provider", "supplier_id": "provider",
    "reported_by_provider_id": "provider", "association_id": "association", "household_token": "household",
    "landlord_token": "provider", "bank_account_token": "account", "address_token": "address",
    "dwelling_token": "address", "venue_token": "address",
}


@cache
def random_town(seed: int) -> dict[str, str]:
    """Every dataset as a text table of up to `ROWS` rows (keys stay unique)."""
    chance = random.Random(seed)
    return {name: _table(contract, chance) for name, contract in sorted(load_contracts().items())}


def random_cases(seeds: tuple[int, ...] = (1,)) -> list[Case]:
    """One case a detector and seed; the cases of one seed share one and the same tables object."""
    return [Case(path.stem, f"odd values {seed}", "odd", AS_OF, random_town(seed), {}, [])
            for seed in seeds for path in case_files()]


def _table(contract: Contract, chance: random.Random) -> str:
    lines = [" | ".join(contract.column_names)]
    seen = set()
    for number in range(ROWS):
        begun = datetime.combine(AS_OF - timedelta(days=chance.randrange(360)), datetime.min.time()) \
            + timedelta(minutes=15 * chance.randrange(96))
        row = {c.name: _cell(contract, c, number, begun, chance) for c in contract.columns}
        key = tuple(row[name] for name in contract.key)
        if key not in seen:
            lines.append(" | ".join(row[name] for name in contract.column_names))
        seen.add(key)
    return "\n".join(lines)


def _cell(contract: Contract, column: Column, number: int, begun: datetime, chance: random.Random) -> str:
    if not column.required and column.name not in contract.key and chance.random() < 0.15:
        return ""
    if len(contract.key) == 1 and column.name == contract.key[0] and KIND_OF.get(column.name) is None:
        return f"{contract.dataset}{number}"
    if column.allowed_values:
        return chance.choice(column.allowed_values)
    if column.name in KIND_OF:
        return chance.choice(POOLS[KIND_OF[column.name]])
    if column.name.endswith("_id"):  # a reference to another row, of this table or of another
        target = {"activity_id": "association_activities", "placement_id": "hvb_placements"}.get(
            column.name, contract.dataset)
        return f"{target}{chance.randrange(ROWS)}"
    return _value(column, begun, chance)


def _value(column: Column, begun: datetime, chance: random.Random) -> str:
    later = begun + timedelta(minutes=chance.choice([-30, 0, 1, 7, 15, 60, 61, 480, 1440, 4000]))
    is_end = any(word in column.name for word in ("ended", "_to", "_end", "left"))
    if column.duckdb_type == "TIMESTAMP":
        return f"{later if is_end else begun:%Y-%m-%d %H:%M:%S}"
    if column.duckdb_type == "DATE":
        day: date = (later + timedelta(days=chance.choice([0, 1, 30])) if is_end else begun).date()
        return f"{day.replace(day=1) if column.month or column.name == 'month' else day}"
    if column.duckdb_type == "BOOLEAN":
        return chance.choice(["true", "false"])
    if column.name.endswith("year"):
        return str(chance.choice([2025, 2026] if column.name == "year" else [1950, 1990, 2012, 2024]))
    if column.duckdb_type == "INTEGER":
        return str(chance.choice([0, 0, 1, 2, 7, 25, 60, 600, -60]))
    if column.duckdb_type in ("DOUBLE",) or column.duckdb_type.startswith("DECIMAL"):
        return str(chance.choice([0, 0, 1, "0.01", "33.33", 500, 1000, "99999.99", -500]))
    return chance.choice(["a", "b", "A1", "c 2"])
