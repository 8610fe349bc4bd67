"""Income-support schemes IS01-IS14: concrete facts about payments, households, accounts, dwellings."""

from __future__ import annotations

import numpy as np

from data_samples.income_support import (
    DENTAL,
    FURNITURE,
    HOUSEHOLD,
    LANDLORD,
    NORM,
    RENT,
    active_at,
    next_household,
    riksnorm,
    write_household,
)
from data_samples.model import NULL_TIME, Town, first_day, month_of
from data_samples.schemes.case import Case, person_of, scheme

PAYMENTS, MEMBERS, APPLICATIONS = (f"income_support_{n}" for n in ("payments", "members", "applications"))


def month(town: Town) -> int:
    return month_of(town.end)


def households(town: Town, case: Case, n: int, adults: int | None = None, least: int = 3) -> list[int]:
    """n households now on support, each used once."""
    hh = town.info["is"]
    found = [int(h) for h in active_at(town, month(town), least) if adults in (None, int(hh["adults"][h]))]
    return [town.pick("household", found, case.rng) for _ in range(n)]


def payments_of(town: Town, h: int, purpose: int | None = None, months_back: int = 24) -> np.ndarray:
    t, token = town.get(PAYMENTS), int(town.info["is"]["household"][h])
    keep = (t["household_token"] == token) & (t["month"] > month(town) - months_back)
    return np.flatnonzero(keep & (t["purpose"] == purpose)) if purpose is not None else np.flatnonzero(keep)


def token(town: Town, h: int) -> int:
    return int(town.info["is"]["household"][h])


def one_off(town: Town, h: int, m: int, day_number: int, purpose: int, amount: float, receipt: int = -1) -> None:
    town.add(PAYMENTS, household_token=token(town, h), month=m, paid_on=day_number, purpose=purpose,
             amount_sek=float(np.round(amount)), payee=HOUSEHOLD,
             bank_account_token=int(town.info["is"]["account"][h]), receipt_token=receipt)


@scheme("IS01")
def works_while_supported(town: Town, case: Case) -> None:
    h = households(town, case, 1, least=len(town.months))[0]
    hh, s = town.info["is"], town.get("assistance_shifts")
    person = int(hh["members"][h][0])
    who, counts = np.unique(s["assistant_token"], return_counts=True)
    weeks = (town.end - town.start) / 7
    good = who[(counts > weeks * case.size(2.6, 5.0)) & (counts < weeks * 9)]
    assistant = int(case.rng.choice(good if len(good) else who))
    rows = np.flatnonzero(s["assistant_token"] == assistant)
    s["assistant_token"][rows] = person
    for team in town.info["pa"]["teams"]:
        team[team == assistant] = person
    a = town.get(APPLICATIONS)
    mine = (a["household_token"] == token(town, h)) & (a["month"] >= town.months[0])
    a["declared_income_sek"][mine] = 0
    case.note("household", token(town, h), float(town.get(PAYMENTS)["amount_sek"][payments_of(town, h, None, len(
        town.months))].sum()), len(rows), "arbetar som assistent utan redovisad inkomst")


@scheme("IS02")
def one_account(town: Town, case: Case) -> None:
    group = households(town, case, case.count(4, 9))
    share_account(town, group, int(town.info["is"]["account"][group[0]]))
    rows = np.concatenate([payments_of(town, h, None, 6) for h in group])
    account = int(town.info["is"]["account"][group[0]])
    case.note("account", account, float(town.get(PAYMENTS)["amount_sek"][rows].sum()), len(rows),
              "flera hushåll får bidrag till samma konto")


def share_account(town: Town, group: list[int], account: int) -> None:
    t = town.get(PAYMENTS)
    for h in group:
        rows = payments_of(town, h)
        t["bank_account_token"][rows[t["payee"][rows] == HOUSEHOLD]] = account
        town.info["is"]["account"][h] = account


@scheme("IS03")
def one_dwelling(town: Town, case: Case) -> None:
    group = households(town, case, case.count(3, 7))
    hh, a = town.info["is"], town.get(APPLICATIONS)
    home = int(hh["home"][group[0]])
    rents = 0.0
    for h in group[1:]:
        mine = (a["household_token"] == token(town, h)) & (a["month"] > month(town) - 8)
        a["dwelling_token"][mine], a["landlord_token"][mine] = home, int(hh["landlord"][group[0]])
        rents += float(a["declared_rent_sek"][mine].sum())
    case.note("address", home, rents, len(group), "flera hushåll får hyra för samma bostad")


@scheme("IS04")
def two_households(town: Town, case: Case) -> None:
    one, two = households(town, case, 2)
    person = int(town.info["is"]["members"][one][0])
    m = town.get(MEMBERS)
    months = case.count(3, 12)
    mine = np.flatnonzero((m["household_token"] == token(town, two)) & (m["month"] > month(town) - months)
                          & (m["role"] == 0))
    m["person_token"][mine] = person
    rows = payments_of(town, two, NORM, months)
    case.note("household", token(town, two), float(town.get(PAYMENTS)["amount_sek"][rows].sum()), len(mine),
              "samma person i två hushåll")


@scheme("IS05")
def receipt_reused(town: Town, case: Case) -> None:
    h = households(town, case, 1)[0]
    receipt, amount = town.pools["receipt"].one(), float(case.rng.integers(900, 6000))
    n = case.count(2, 5)
    for k in range(n):
        m = month(town) - 1 - 2 * k
        one_off(town, h, m, first_day(m) + 9, DENTAL if k % 2 else FURNITURE, amount, receipt)
    case.note("household", token(town, h), float(amount * (n - 1)), n, "samma kvitto använt flera gånger")


@scheme("IS06")
def one_off_repeated(town: Town, case: Case) -> None:
    h = households(town, case, 1)[0]
    n = case.count(4, 9)
    amounts = case.rng.integers(1500, 5200, n)
    for k in range(n):
        m = month(town) - 1 - (k * 10) // n
        one_off(town, h, m, first_day(m) + 6 + k % 3, FURNITURE, amounts[k] + k, town.pools["receipt"].one())
    case.note("household", token(town, h), float(amounts[2:].sum()), n, "samma engångsbehov om och om igen")


@scheme("IS07")
def custody_or_abroad(town: Town, case: Case) -> None:
    h = households(town, case, 1, 1)[0]
    months = case.count(1, 5)
    first = month(town) - months
    town.add("absences", person_token=int(town.info["is"]["members"][h][0]),
             kind=[str(case.rng.choice(["custody", "abroad"]))],
             absent_from=(first_day(first) - 3) * 1440 + 600, absent_to=(first_day(month(town)) + 2) * 1440 + 600)
    t = town.get(PAYMENTS)
    rows = payments_of(town, h, NORM, months + 1)
    rows = rows[t["month"][rows] < month(town)]
    case.note("household", token(town, h), float(t["amount_sek"][rows].sum()), len(rows),
              "norm för en vuxen som varit borta hela månaden", (first_day(first), first_day(month(town)) - 1))


@scheme("IS08")
def after_death(town: Town, case: Case) -> None:
    hh = town.info["is"]
    single = [int(h) for h in active_at(town, month(town), 6) if hh["adults"][h] == 1 and hh["children"][h] == 0]
    h = town.pick("household", single, case.rng)
    months = case.count(3, 6)
    died = first_day(month(town) - months) - 12
    person = int(hh["members"][h][0])
    town.people.until[person] = died
    town.add("absences", person_token=person, kind=["deceased"], absent_from=died * 1440 + 300)
    t = town.get(PAYMENTS)
    rows = payments_of(town, h, None, months)
    rows = rows[t["paid_on"][rows] > died + 31]
    case.note("household", token(town, h), float(t["amount_sek"][rows].sum()), len(rows),
              "utbetalningar efter dödsfall", (died, town.end - 1))


@scheme("IS09")
def account_changed(town: Town, case: Case) -> None:
    group = households(town, case, case.count(2, 4), least=4)
    account = town.pools["account"].one()
    t = town.get(PAYMENTS)
    n, amount = 0, 0.0
    for h in group:
        rows = payments_of(town, h, None, 2)
        rows = rows[t["payee"][rows] == HOUSEHOLD]
        t["bank_account_token"][rows] = account
        n, amount = n + len(rows), amount + float(t["amount_sek"][rows].sum())
    for h in group:
        case.note("household", token(town, h), amount / len(group), n, "nytt, delat konto strax före utbetalningen")


@scheme("IS10")
def over_norm(town: Town, case: Case) -> None:
    h = households(town, case, 1)[0]
    t, hh = town.get(PAYMENTS), town.info["is"]
    rows = payments_of(town, h, NORM, case.count(2, 10))
    ages = [town.as_of.year - int(b) for b in town.people.born[hh["members"][h][int(hh["adults"][h]):]]]
    norm = riksnorm(town.as_of.year, int(hh["adults"][h]), ages)
    more = norm * case.size(0.06, 0.6)
    excess = norm + more - t["amount_sek"][rows]
    t["amount_sek"][rows] = np.round(norm + more)
    case.note("household", token(town, h), float(np.minimum(excess, more).sum()), len(rows), "mer än riksnormen")


@scheme("IS11")
def landlord_cluster(town: Town, case: Case) -> None:
    hh, a, t = town.info["is"], town.get(APPLICATIONS), town.get(PAYMENTS)
    group = households(town, case, case.count(9, 22), least=2)
    landlord = town.pick("landlord", hh["landlords"][1:], case.rng)
    account = town.pools["account"].one()
    rent = float(case.rng.integers(88, 118) * 100)
    for h in group:
        mine = (a["household_token"] == token(town, h)) & (a["month"] > month(town) - 14)
        a["landlord_token"][mine], a["declared_rent_sek"][mine] = landlord, rent
        rows = payments_of(town, h, RENT, 14)
        t["amount_sek"][rows], t["payee"][rows], t["bank_account_token"][rows] = rent, LANDLORD, account
    case.note("landlord", landlord, rent * len(group), len(group), "många hyresgäster med bidrag, lika hyror")


@scheme("IS12")
def rent_over_declared(town: Town, case: Case) -> None:
    h = households(town, case, 1)[0]
    t, a = town.get(PAYMENTS), town.get(APPLICATIONS)
    rows = payments_of(town, h, RENT, case.count(2, 10))
    declared = float(a["declared_rent_sek"][a["household_token"] == token(town, h)][-1])
    more = round(declared * case.size(0.1, 0.7))
    t["amount_sek"][rows] = declared + more
    case.note("household", token(town, h), float(more * len(rows)), len(rows), "hyra över den uppgivna")


@scheme("IS13")
def split_household(town: Town, case: Case) -> None:
    h = households(town, case, 1, 2, 5)[0]
    hh = town.info["is"]
    since = month(town) - 2
    split = hh["members"][h]
    # From `since` the partner applies alone at the same address; the first adult stays single in the old case.
    for name in (MEMBERS, APPLICATIONS, PAYMENTS):
        t = town.get(name)
        town.drop(name, (t["household_token"] == token(town, h)) & (t["month"] >= since))
    stop = int(hh["stop"][h])
    rent = float(hh["rent"][h])
    for members, extra in ((split[:1], 0), (split[1:2], 1)):
        new = next_household(town, h, 1, members, home=int(hh["home"][h]), begin=since, stop=stop)
        if extra == 0:
            hh["household"][new] = hh["household"][h]
        hh["rent"][new] = rent / 2
        write_household(town, case.rng, new, np.arange(since, stop + 1), np.zeros(stop + 1 - since), False)
        case.note("household", token(town, new), 2 * riksnorm(2026, 1, []) - riksnorm(2026, 2, []), 3,
                  "ett hushåll har blivit två på samma adress")
    hh["stop"][h] = since - 1


@scheme("IS14")
def duplicate_payment(town: Town, case: Case) -> None:
    h = households(town, case, 1)[0]
    t = town.get(PAYMENTS)
    n = case.count(1, 6)
    paid = payments_of(town, h, NORM, 12)  # a household whose income covers the norm is paid for rent only
    rows = (paid if len(paid) else payments_of(town, h, RENT, 12))[-n:]
    amount = float(t["amount_sek"][rows].sum())
    town.add(PAYMENTS, **{name: values[rows] for name, values in t.items()}
             | {"paid_on": t["paid_on"][rows] + case.rng.integers(1, 12, len(rows))})
    case.note("household", token(town, h), amount, len(rows), "samma utbetalning två gånger")


__all__ = ["APPLICATIONS", "MEMBERS", "NULL_TIME", "PAYMENTS", "households", "month", "one_off", "payments_of",
           "person_of", "share_account", "token"]
