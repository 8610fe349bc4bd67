"""Ledger schemes LP01-LP10, on ordinary suppliers and on providers."""

from __future__ import annotations

import numpy as np

from data_samples.ledger import pay, supplier_id, workday
from data_samples.model import Town
from data_samples.schemes.case import Case, copy_rows, scheme

LEDGER = "supplier_payments"


def supplier(town: Town, case: Case, least: int = 12, most: int = 400) -> str:
    """A free ordinary supplier with a fitting number of lines."""
    lines = town.info["suppliers"]["lines"]
    good = np.flatnonzero((lines >= least) & (lines <= most))
    return supplier_id(town.pick("supplier", good if len(good) else np.argsort(-lines)[:3], case.rng))


def lines_of(town: Town, who: str, days: int = 800) -> np.ndarray:
    t = town.get(LEDGER)
    return np.flatnonzero((t["supplier_id"] == who) & (t["booked_on"] > town.end - days) & (t["amount_sek"] > 0))


def some(town: Town, case: Case, who: str, n: int, least: float = 1500, margin: int = 40) -> np.ndarray:
    """n lines of some size, from the year that a night looks back on, so old that something could have followed."""
    t, rows = town.get(LEDGER), lines_of(town, who, 350)
    rows = rows if len(rows) else lines_of(town, who)
    good = rows[(t["amount_sek"][rows] >= least) & (t["booked_on"][rows] < town.end - margin)]
    if len(good) < n:
        good = rows[np.argsort(-t["amount_sek"][rows])][: max(n, 1)]
    return case.rng.permutation(good)[:n]


def _note(town: Town, case: Case, who: str, amount: float, n: int, text: str) -> None:
    case.note("provider", who, amount, n, text, (town.end - 730, town.end - 1))


@scheme("LP01", "ledger")
def exact_duplicate(town: Town, case: Case) -> None:
    who = supplier(town, case)
    hit = some(town, case, who, case.count(1, 7))
    # the second payment comes with a later run of payments
    again = workday(town.get(LEDGER)["booked_on"][hit] + case.rng.integers(1, 30, len(hit)))
    copy_rows(town, LEDGER, hit, booked_on=again.astype(np.int32))
    _note(town, case, who, float(town.get(LEDGER)["amount_sek"][hit].sum()), len(hit), "exakt samma faktura två gånger")


@scheme("LP02", "ledger")
def near_duplicate(town: Town, case: Case) -> None:
    who = supplier(town, case)
    t, hit = town.get(LEDGER), some(town, case, who, case.count(1, 7), 2000)
    numbers = t["invoice_no"][hit].copy()
    for k, number in enumerate(numbers):  # one sign more or less, or a doubled one
        numbers[k] = number + str(case.rng.choice(["A", "-", "0"])) if k % 2 else number[:-1] + "O"
    copy_rows(town, LEDGER, hit, invoice_no=numbers,
              booked_on=workday(t["booked_on"][hit] + case.rng.integers(1, 6, len(hit))).astype(np.int32))
    _note(town, case, who, float(t["amount_sek"][hit].sum()), len(hit), "nästan samma faktura kort därefter")


@scheme("LP03", "ledger")
def two_suppliers(town: Town, case: Case) -> None:
    who, other = supplier(town, case), supplier(town, case)
    t, hit = town.get(LEDGER), some(town, case, who, case.count(1, 6), 3000)
    model = lines_of(town, other)[0]
    n = len(hit)
    copy_rows(town, LEDGER, hit, supplier_id=np.array([other] * n, dtype=object),
              supplier_name=np.array([t["supplier_name"][model]] * n, dtype=object),
              bank_account_token=np.full(n, t["bank_account_token"][model]),
              booked_on=workday(t["booked_on"][hit] + case.rng.integers(2, 12, n)).astype(np.int32))
    for subject in (who, other):
        _note(town, case, subject, float(t["amount_sek"][hit].sum()), n, "samma faktura hos två leverantörer")


@scheme("LP04", "ledger")
def split_invoices(town: Town, case: Case) -> None:
    who = supplier(town, case)
    t, model = town.get(LEDGER), lines_of(town, who)[0]
    limit = float(case.rng.choice([50_000, 100_000, 200_000]))
    total, n = 0.0, 0
    for event in range(case.count(1, 4)):
        d = int(workday(np.array([town.end - 60 - 70 * event]))[0])
        for k in range(case.count(3, 6)):
            amount = limit * case.rng.uniform(0.9, 0.995)
            pay(town, who, str(t["supplier_name"][model]), d + k % 2, f"D{event + 1}{k + 1}-{case.number + 1}",
                amount, int(t["bank_account_token"][model]))
            total, n = total + amount, n + 1
    _note(town, case, who, total, n, "delade fakturor strax under attestgränsen")


@scheme("LP05", "ledger")
def benford(town: Town, case: Case) -> None:
    who = supplier(town, case, 560, 10**9)
    t, rows = town.get(LEDGER), lines_of(town, who)
    missing = 620 - len(rows)
    if missing > 0:
        again = case.rng.choice(rows, missing)
        copy_rows(town, LEDGER, again, invoice_no=np.array([f"Z{k + 1000}" for k in range(missing)], dtype=object),
                  booked_on=workday(town.end - 700 + case.rng.integers(0, 660, missing)).astype(np.int32))
        t, rows = town.get(LEDGER), lines_of(town, who)
    hit = rows[case.rng.random(len(rows)) < case.size(0.3, 1.0)]
    t["amount_sek"][hit] = np.round(case.rng.uniform(5_000, 9_990, len(hit)), 2)  # invented amounts, evenly spread
    _note(town, case, who, 0, len(hit), "beloppens första siffror är påhittade")


@scheme("LP06", "ledger")
def round_sums(town: Town, case: Case) -> None:
    who = supplier(town, case, 120, 1200)  # a share needs lines, also when only one year is judged
    t, rows = town.get(LEDGER), lines_of(town, who)
    hit = rows[case.rng.random(len(rows)) < case.size(0.3, 0.95)]
    t["amount_sek"][hit] = np.maximum(np.round(t["amount_sek"][hit] / 1000), 1) * 1000
    _note(town, case, who, float(t["amount_sek"][hit].sum()), len(hit), "ovanligt många jämna belopp")


@scheme("LP07", "ledger")
def new_and_large(town: Town, case: Case) -> None:
    who = f"N{case.number + 1:05d}"
    account = town.pools["account"].one()
    n = case.count(2, 6)
    amounts = case.rng.uniform(0.8, 1.2, n) * case.size(350_000, 1_600_000)
    for k, amount in enumerate(amounts):
        pay(town, who, f"Konsultgrupp {case.number + 71} AB", int(workday(np.array([town.end - 70 + 12 * k]))[0]),
            f"{k + 1:03d}", amount, account)
    _note(town, case, who, float(amounts.sum()), n, "ny leverantör med stora belopp")


@scheme("LP08", "ledger")
def credit_missing(town: Town, case: Case) -> None:
    who = supplier(town, case)
    t = town.get(LEDGER)
    hit = some(town, case, who, case.count(2, 7), 5000, 200)
    copy_rows(town, LEDGER, hit, booked_on=workday(t["booked_on"][hit] + 14).astype(np.int32))
    # A credit is booked for part of one only, and the rest never follows.
    r = int(hit[0])
    pay(town, who, str(t["supplier_name"][r]), int(t["booked_on"][r]) + 30, f"K{t['invoice_no'][r]}",
        -float(t["amount_sek"][r]) * 0.1, int(t["bank_account_token"][r]))
    _note(town, case, who, float(t["amount_sek"][hit].sum()) * 0.95, len(hit), "krediteringen kom aldrig")


@scheme("LP09", "ledger")
def other_account(town: Town, case: Case) -> None:
    t = town.get(LEDGER)
    ids = [p for p in range(len(town.provider_ids)) if (t["supplier_id"] == town.provider_ids[p]).any()]
    p = town.pick("provider", ids, case.rng)
    rows = lines_of(town, town.provider_ids[p])
    hit = rows[-case.count(1, max(2, len(rows))):]
    t["bank_account_token"][hit] = town.pools["account"].one()
    case.note("provider", p, float(t["amount_sek"][hit].sum()), len(hit), "betalt till ett annat konto än registrets")


@scheme("LP10", "ledger")
def weekend_booking(town: Town, case: Case) -> None:
    who = supplier(town, case, 120, 1200)
    t, rows = town.get(LEDGER), lines_of(town, who)
    hit = rows[case.rng.random(len(rows)) < case.size(0.2, 0.8)]
    weekday = (t["booked_on"][hit] + 3) % 7
    moved = t["booked_on"][hit] - weekday + 5 + case.rng.integers(0, 2, len(hit))
    t["booked_on"][hit] = np.minimum(moved, town.end - 1)
    _note(town, case, who, float(t["amount_sek"][hit].sum()), len(hit), "många bokningar på helger")
