"""Income support: households, monthly applications, norm, rent and one-off payments over 24 months.

Norm of 2025 and 2026 as in the social services ordinance (SoF 12 kap. 2 §); 2024 scaled from 2025 (assumed).
"""

from __future__ import annotations

import numpy as np

from data_samples.model import Town, first_day, month_of, round_sek

HISTORY_MONTHS = 24
_CHILD = {2025: [2720, 3030, 3030, 2700, 3030, 3030, 3030, 3790, 3790, 3790, 3790, 4350, 4350, 4350, 4350, 4920,
                 4920, 4920, 4920, 4960, 4960],
          2026: [2740, 3060, 3060, 2720, 3060, 3060, 3060, 3820, 3820, 3820, 3820, 4390, 4390, 4390, 4390, 4960,
                 4960, 4960, 4960, 5000, 5000]}
_ADULT = {2025: (3910, 7050), 2026: (3940, 7100)}
_COMMON = {2025: [0, 1270, 1400, 1770, 2010, 2310, 2620, 2810], 2026: [0, 1280, 1410, 1790, 2030, 2330, 2640, 2830]}
NORM, RENT, ELECTRICITY, DENTAL, MEDICAL, FURNITURE, MOVING, DEBT, OTHER = range(9)
HOUSEHOLD, LANDLORD, THIRD = range(3)


def riksnorm(year: int, adults_n: int, ages: list[int]) -> float:
    """SEK a month for the composition; 2024 is 2025 less 2 % (assumed), later years as 2026."""
    table = 2025 if year <= 2025 else 2026
    people = adults_n + len(ages)
    common = _COMMON[table][min(people, 7)] + max(0, people - 7) * (_COMMON[table][7] - _COMMON[table][6])
    total = _ADULT[table][adults_n - 1] + common + sum(_CHILD[table][min(max(a, 0), 20)] for a in ages)
    return float(total) if year >= 2025 else round(total * 0.98)


def build(town: Town) -> None:
    rng = town.rng("income_support")
    n = max(150, round(1800 * town.scale))
    household = town.pools["household"].new(n)
    grown = rng.choice([1, 1, 1, 2], n)
    children = np.where(rng.random(n) < 0.38, rng.integers(1, 5, n), 0)
    home = town.pools["address"].new(n)
    account = town.pools["account"].new(n)
    area = rng.integers(0, 12, n)
    landlords = town.pools["landlord"].new(max(45, n // 9))
    municipal = int(landlords[0])  # the municipal housing company: many tenants, nothing odd about it
    town.lists["municipal_landlords"].append(town.token("landlord", municipal))
    landlord_account = town.pools["account"].new(len(landlords))
    weight = rng.lognormal(0, 0.5, len(landlords))
    weight[0] = weight[1:].sum() * 0.55
    landlord = rng.choice(len(landlords), n, p=weight / weight.sum())
    rent = np.round((4300 + 900 * (grown + children) + rng.normal(0, 900, n)).clip(3600, 12800))
    last = month_of(town.end)
    begin = last - HISTORY_MONTHS + 1 + rng.integers(0, 21, n)
    begin[rng.random(n) < 0.4] = last - HISTORY_MONTHS + 1
    length = np.maximum(2, rng.lognormal(2.1, 0.7, n)).astype(int)
    stop = np.where(rng.random(n) < 0.35, last, np.minimum(begin + length, last))  # inclusive
    members: list[np.ndarray] = []
    for h in range(n):
        older = town.people.new(int(grown[h]), born=rng.integers(1966, 2004, grown[h]), area=int(area[h]),
                                address=int(home[h]), account=int(account[h]), sex=rng.integers(0, 2, grown[h]),
                                origin=int(rng.integers(3)))
        younger = town.people.new(int(children[h]), born=rng.integers(2009, 2024, children[h]), area=int(area[h]),
                                  address=int(home[h])) if children[h] else np.zeros(0, dtype=int)
        members.append(np.concatenate([older, younger]))
    hh = {"household": household, "adults": grown, "children": children, "home": home, "account": account,
          "landlord": landlords[landlord], "landlord_account": landlord_account[landlord], "rent": rent,
          "begin": begin, "stop": stop, "members": members, "landlords": landlords,
          "landlord_accounts": landlord_account}
    town.info["is"] = hh
    income = np.where(rng.random(n) < 0.35, np.round(rng.uniform(800, 7500, n)), 0.0)
    for h in range(n):
        months = np.arange(begin[h], stop[h] + 1)
        earned = np.where(rng.random(len(months)) < 0.75, income[h], 0.0)
        write_household(town, rng, h, months, earned)


def write_household(town: Town, rng: np.random.Generator, h: int, months: np.ndarray, earned: np.ndarray,
                    extras: bool = True) -> None:
    """All rows of a household for the given months."""
    hh = town.info["is"]
    token, members, grown = int(hh["household"][h]), hh["members"][h], int(hh["adults"][h])
    people, k = len(members), len(months)
    role = np.array([0, 1][:grown] + [2] * (people - grown))
    town.add("income_support_members", household_token=token, person_token=np.tile(members, k),
             month=np.repeat(months, people), role=np.tile(role, k))
    town.add("income_support_applications", household_token=token, month=months, adults=grown,
             children=people - grown, declared_income_sek=earned, declared_rent_sek=float(hh["rent"][h]),
             dwelling_token=int(hh["home"][h]), landlord_token=int(hh["landlord"][h]),
             municipality_code=["EX01"] * k)
    rest = np.array([riksnorm(int(m) // 12, grown, [int(m) // 12 - int(b) for b in
                     town.people.born[members[grown:]]]) for m in months]) - earned
    norm, rent = np.maximum(rest, 0), np.maximum(float(hh["rent"][h]) + np.minimum(rest, 0), 0)
    paid = first_day(months) - rng.integers(3, 7, k)
    direct = rng.random() < 0.3
    for purpose, amount, payee, account in (
            (NORM, norm, HOUSEHOLD, int(hh["account"][h])),
            (RENT, rent, LANDLORD if direct else HOUSEHOLD,
             int(hh["landlord_account"][h]) if direct else int(hh["account"][h]))):
        on = amount >= 1
        if on.any():
            town.add("income_support_payments", household_token=token, month=months[on], paid_on=paid[on],
                     purpose=purpose, amount_sek=round_sek(amount[on]), payee=payee, bank_account_token=account)
    if extras:
        single = np.flatnonzero(rng.random(k) < 0.055)
        if len(single):
            kind = rng.permutation([ELECTRICITY, DENTAL, MEDICAL, FURNITURE, OTHER, MOVING])[
                np.arange(len(single)) % 6]
            town.add("income_support_payments", household_token=token, month=months[single],
                     paid_on=paid[single] + 8, purpose=kind,
                     amount_sek=np.round(rng.lognormal(6.9, 0.6, len(single))), payee=HOUSEHOLD,
                     bank_account_token=int(hh["account"][h]),
                     receipt_token=town.pools["receipt"].new(len(single)))


def active_at(town: Town, month: int, min_months: int = 3) -> np.ndarray:
    """Households on support in the month and the `min_months` before."""
    hh = town.info["is"]
    return np.flatnonzero((hh["begin"] <= month - min_months) & (hh["stop"] >= month))


def next_household(town: Town, like: int, grown: int, members: np.ndarray, **changes: int) -> int:
    """Register one more household made by a scheme; returns its index."""
    hh = town.info["is"]
    h = len(hh["household"])
    fresh = {"household": town.pools["household"].one(), "account": town.pools["account"].one(),
             "home": town.pools["address"].one(), "adults": grown, "children": len(members) - grown} | changes
    for name in ("household", "adults", "children", "home", "account", "landlord", "landlord_account", "rent",
                 "begin", "stop"):
        hh[name] = np.append(hh[name], fresh.get(name, hh[name][like]))
    hh["members"].append(members)
    return h
