"""The other orders: money, size, chance; and precision where subjects have been judged."""

from __future__ import annotations

from decimal import Decimal

import duckdb

from detectors.baselines import baselines, paid_sizes, size_quartiles
from detectors.ranking import Ranked, order
from schemas.case_id import case_id


def rows(n: int, kind: str = "provider") -> list[Ranked]:
    """n subjects: the higher the number the higher the score and the lower the money."""
    return order([Ranked(kind, f"{i:02d}", float(i), Decimal(100 - i), [], []) for i in range(n)])


def test_the_money_baseline_stands_beside_our_order() -> None:
    told = baselines(rows(60))
    assert told["sort_by_money"]["provider"]["subjects"] == 60
    assert told["sort_by_money"]["provider"]["overlap_10"] == 0.0
    assert told["sort_by_money"]["overall"]["overlap_50"] == 0.8
    assert told["sort_by_money"]["provider"]["order"][0] == case_id("provider", "00")
    assert told["judged"] == {}


def test_precision_of_each_order_among_the_judged() -> None:
    judged = {("provider", f"{i:02d}"): i >= 30 for i in range(0, 60, 2)}  # the upper half of our order was right
    sizes = {("provider", f"{i:02d}"): float(i % 7) for i in range(60)}
    told = baselines(rows(60), judged, sizes, seed=1)["judged"]["provider"]
    assert (told["judged"], told["confirmed"]) == (30, 15)
    at = told["at"]["10"]
    assert (at["ours"], at["by_money"], at["lift_money"]) == (1.0, 0.0, None)
    assert 0.4 < at["random"] < 0.6
    assert at["lift_random"] == round(1 / at["random"], 4) or abs(at["lift_random"] - 1 / at["random"]) < 1e-3
    assert told["at"]["50"]["n"] == 30
    assert told["at"]["50"]["ours"] == told["at"]["50"]["by_size"] == told["at"]["50"]["random"] == 0.5


def test_an_order_by_size_says_nothing_inside_a_quarter() -> None:
    """Confirmed subjects are the large ones: sorting by size shines overall, and is chance inside each quarter."""
    sizes = {("provider", f"{i:02d}"): float(i) for i in range(60)}
    judged = {subject: size >= 45 for subject, size in sizes.items()}
    told = baselines(rows(60), judged, sizes, seed=1)["judged"]["overall"]
    assert told["at"]["10"]["by_size"] == 1.0
    quarters = told["size_quartiles"]
    assert [q["quartile"] for q in quarters] == [1, 2, 3, 4]
    assert [q["at"]["10"]["lift_size"] for q in quarters] == [None, None, None, 1.0]
    assert [q["judged"] for q in quarters] == [15, 15, 15, 15]


def test_precision_is_taken_from_the_order_that_knew_no_outcome() -> None:
    judged = {("provider", f"{i:02d}"): i >= 30 for i in range(60)}
    unaided = order([Ranked("provider", f"{i:02d}", float(60 - i), None, [], []) for i in range(60)])
    told = baselines(rows(60), judged, {}, 1, unaided)["judged"]["provider"]["at"]["10"]
    assert told["ours"] == 0.0


def test_the_same_seed_gives_the_same_chance() -> None:
    judged = {("provider", f"{i:02d}"): i % 3 == 0 for i in range(60)}
    at = [baselines(rows(60), judged, {}, seed)["judged"]["overall"]["at"]["10"]["random"] for seed in (1, 1, 2)]
    assert at[0] == at[1] != at[2]


def test_quarters_are_within_a_subject_type() -> None:
    sizes = {("provider", str(i)): i * 1e6 for i in range(4)} | {("association", str(i)): i * 1e3 for i in range(4)}
    assert {size_quartiles(sizes)[t, "3"] for t in ("provider", "association")} == {4}


def test_size_is_money_paid_whatever_was_found() -> None:
    connection = duckdb.connect()
    for table, columns in {"providers": "provider_id VARCHAR", "associations": "association_id VARCHAR",
                           "supplier_payments": "supplier_id VARCHAR, amount_sek DECIMAL(14,2)",
                           "home_care_invoices": "provider_id VARCHAR, amount_sek DECIMAL(14,2)",
                           "assistance_invoices": "provider_id VARCHAR, amount_sek DECIMAL(14,2)",
                           "hvb_invoices": "provider_id VARCHAR, amount_sek DECIMAL(14,2)",
                           "association_grants": "association_id VARCHAR, paid_sek DECIMAL(14,2)"}.items():
        connection.execute(f"CREATE TABLE {table} ({columns})")
    connection.execute("INSERT INTO providers VALUES ('booked'), ('invoiced'), ('none')")
    connection.execute("INSERT INTO supplier_payments VALUES ('booked', 10), ('booked', -3), ('f', 8), ('other', 2)")
    connection.execute("INSERT INTO home_care_invoices VALUES ('booked', 99), ('invoiced', 5)")
    connection.execute("INSERT INTO hvb_invoices VALUES ('invoiced', 6)")
    connection.execute("INSERT INTO associations VALUES ('f')")
    connection.execute("INSERT INTO association_grants VALUES ('f', 7), ('f', 1)")
    assert paid_sizes(connection) == {("provider", "booked"): 7.0, ("provider", "invoiced"): 11.0,
                                      ("provider", "none"): 0.0, ("provider", "other"): 2.0,
                                      ("association", "f"): 8.0}
