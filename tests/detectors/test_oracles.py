"""The duplicate and digit rules against published counts of a real payments file.

Corporate payments of the package benford.analysis (189,470 rows, 2010): 2,482 rows repeat all four columns, 2,739
repeat vendor, invoice and amount, 23,104 repeat vendor, date and amount. The first two digits are most in excess at
50, then 11 and 10 (amounts of 10 and more, n = 177,763). The data are not ours and stay outside the repository.
"""

from __future__ import annotations

import warnings
from datetime import date

import pytest

from tests.detectors.cases import Bench, Case
from tests.shared_data import needs

SOURCE, pytestmark = needs("benford_payments", "corporate.payment.rda")
EVERYTHING = {"net_credits": 0, "min_amount": 0}
LINES = {"other_day": 0, "max_copies": 10**6}


@pytest.fixture(scope="module")
def bench(tmp_path_factory) -> tuple[Bench, str]:
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = next(iter(rdata.read_rda(SOURCE).values()))
    path = tmp_path_factory.mktemp("oracle") / "payments.parquet"
    frame.reset_index(drop=True).to_parquet(path)
    sql = f"""SELECT CAST(row_number() OVER () AS VARCHAR) AS payment_id, VendorNum AS supplier_id,
              InvNum AS invoice_no, DATE '1970-01-01' + CAST(Date AS INTEGER) AS booked_on,
              CAST(Amount AS DECIMAL(14,2)) AS amount_sek FROM read_parquet('{path}')"""
    return Bench(), sql


def run(bench: tuple[Bench, str], code: str, **parameters) -> list[dict]:
    engine, sql = bench
    return engine.run(Case(code, "oracle", "hit", date(2010, 12, 31), {}, {"supplier_payments": sql}, [], parameters))


@pytest.mark.parametrize(("code", "parameters", "repeated"), [
    ("LP01", {"same_day": 1, **LINES}, 2_482),
    ("LP01", {"same_day": 0, **LINES}, 2_739),
    ("LP02", {"days": 0, "max_recurrence": 10**6, "include_same_invoice": 1}, 23_104),
])
def test_repeated_rows(bench, code: str, parameters: dict, repeated: int) -> None:
    assert sum(f["n"] for f in run(bench, code, **EVERYTHING, **parameters)) == repeated


def test_first_two_digits_of_all_payments(bench) -> None:
    engine, sql = bench
    everything = sql.replace("VendorNum AS supplier_id", "'all' AS supplier_id")
    found = run((engine, everything), "LP05", times_chance=0, max_share_of_one_amount=1)
    assert [f["n"] for f in found] == [177_763]
    assert found[0]["top_digits"] == 50
