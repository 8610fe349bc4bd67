"""The supplier ledger: payments of the provider invoices and grants, and of all other suppliers."""

from __future__ import annotations

from datetime import date

import numpy as np

from data_samples.model import Town, as_date, day, first_day, month_of, round_sek

_ACCOUNTS = [("5010", "Lokalhyra"), ("5410", "Förbrukningsinventarier"), ("5460", "Förbrukningsmaterial"),
             ("6110", "Kontorsmaterial"), ("6210", "Telekommunikation"), ("6540", "IT-tjänster"),
             ("6550", "Konsultarvoden"), ("7410", "Livsmedel"), ("5610", "Drivmedel"), ("6250", "Porto")]
_UNITS = ["Utbildning", "Samhällsbyggnad", "Omsorg", "Kultur och fritid", "Kommunledning", "Socialtjänst"]
CARE_UNIT = {"home_care": ("4610", "Hemtjänst entreprenad", "Omsorg"),
             "assistance": ("4620", "Personlig assistans", "Omsorg"),
             "hvb": ("4630", "HVB placering", "Socialtjänst")}


def workday(days: np.ndarray) -> np.ndarray:
    """Move Saturdays and Sundays to the Monday after."""
    weekday = (days + 3) % 7
    return days + np.where(weekday >= 5, 7 - weekday, 0)


def build(town: Town) -> None:
    _provider_payments(town)
    _grant_payments(town)
    _other_suppliers(town)


def _provider_payments(town: Town) -> None:
    """One ledger line per provider and month, 25-32 days after the invoices."""
    rng = town.rng("ledger.providers")
    register = town.get("providers")
    for service in ("home_care", "assistance", "hvb"):
        claims = town.get(f"{service}_invoices")
        month = claims["month"] if service != "hvb" else month_of(claims["period_from"].astype(np.int64))
        key = claims["provider_id"].astype(np.int64) * 40_000 + month
        unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        total = np.bincount(inverse, np.nan_to_num(claims["amount_sek"]))
        provider, month = unique // 40_000, unique % 40_000
        booked = workday(first_day(month + 1) + 24 + rng.integers(0, 6, len(unique)))
        kept = booked < town.end
        number, text, unit = CARE_UNIT[service]
        n = int(kept.sum())
        _earlier_payments(town, provider, month, total, claims["bank_account_token"][first], service, rng)
        town.add("supplier_payments", supplier_id=[town.provider_ids[p] for p in provider[kept]],
                 supplier_name=register["name"][provider[kept]], booked_on=booked[kept],
                 invoice_no=[f"{town.provider_ids[p]}-{m // 12 % 100:02d}{m % 12 + 1:02d}-{service[0].upper()}"
                             for p, m in zip(provider[kept], month[kept], strict=True)],
                 amount_sek=round_sek(total[kept]), account_no=[number] * n, account_text=[text] * n,
                 unit=[unit] * n, bank_account_token=claims["bank_account_token"][first[kept]])


def _earlier_payments(town: Town, provider: np.ndarray, month: np.ndarray, total: np.ndarray, account: np.ndarray,
                      service: str, rng: np.random.Generator) -> None:
    """The ledger reaches further back than the events: a provider that was active at their start had been paid before.

    Its first month is repeated backwards, a little different each time, to the ledger's begin or its registration.
    """
    register, number = town.get("providers"), CARE_UNIT[service]
    start, begin = int(month.min()), month_of(max(town.end - 730, day(date(2024, 1, 1))))
    for k in np.flatnonzero(month == start):
        p, since = int(provider[k]), month_of(int(register["registered_on"][provider[k]]))
        back = np.arange(max(begin, since + 1), start)
        if not len(back):
            continue
        town.add("supplier_payments", supplier_id=[town.provider_ids[p]] * len(back),
                 supplier_name=[register["name"][p]] * len(back), booked_on=workday(first_day(back + 1) + 25),
                 invoice_no=[f"{town.provider_ids[p]}-{m // 12 % 100:02d}{m % 12 + 1:02d}-{service[0].upper()}"
                             for m in back.tolist()],
                 amount_sek=round_sek(total[k] * rng.uniform(0.85, 1.1, len(back))), account_no=[number[0]] * len(back),
                 account_text=[number[1]] * len(back), unit=[number[2]] * len(back),
                 bank_account_token=np.full(len(back), account[k]))


def _grant_payments(town: Town) -> None:
    grants, register = town.get("association_grants"), town.get("associations")
    paid = workday(grants["paid_on"].astype(np.int64))
    on = (paid < town.end) & (paid >= town.end - 730)
    who = grants["association_id"][on]
    n = len(who)
    town.add("supplier_payments", supplier_id=[town.association_ids[a] for a in who],
             supplier_name=register["name"][who], booked_on=paid[on],
             invoice_no=[f"BID-{y % 100:02d}-{k + 1:05d}" for k, y in enumerate(grants["year"][on])],
             amount_sek=grants["paid_sek"][on], account_no=["4510"] * n, account_text=["Föreningsbidrag"] * n,
             unit=["Kultur och fritid"] * n, bank_account_token=grants["bank_account_token"][on])


def supplier_id(number: int) -> str:
    return f"L{number + 1:05d}"


def _other_suppliers(town: Town) -> None:
    """Zipf-like activity, log-normal amounts over several decades (so Benford holds), a few credits."""
    rng = town.rng("ledger.suppliers")
    n = max(240, round(2000 * town.scale))
    lines = max(4000, round(148_000 * town.scale))
    begin = max(town.end - 730, day(date(2024, 1, 1)))
    weight = (1 + np.arange(n)) ** -0.7
    rng.shuffle(weight)
    who = rng.choice(n, lines, p=weight / weight.sum())
    level = rng.normal(8.2, 0.8, n)
    amount = round_sek(np.exp(rng.normal(level[who], 1.5)).clip(40, 4_000_000))
    retail = rng.random(n) < 0.3  # price lists with whole kronor
    amount = np.where(retail[who], np.maximum(np.round(amount), 40), amount)
    even = rng.beta(1.4, 28, n)[who] > rng.random(lines)  # some bills of every supplier are round sums
    amount = np.where(even & (amount > 700), np.round(amount / 500) * 500, amount)
    started = np.where(rng.random(n) < 0.9, begin, begin + rng.integers(0, town.end - begin - 30, n))
    booked = started[who] + (rng.random(lines) * (town.end - started[who])).astype(np.int64)
    amount = np.where((started > begin)[who], np.minimum(amount, 38_000), amount)  # newcomers begin small
    weekend = rng.random(lines) < rng.beta(1.2, 90, n)[who]
    booked = np.where(weekend, booked, workday(booked))
    booked = np.minimum(booked, town.end - 1)
    order = np.lexsort((amount, booked, who))
    who, amount, booked = who[order], amount[order], booked[order]
    serial = np.arange(lines) - np.searchsorted(who, who) + rng.integers(1000, 9000, n)[who]
    account = town.pools["account"].new(n)
    kind = rng.integers(0, len(_ACCOUNTS), n)
    unit = rng.integers(0, len(_UNITS), lines)
    words = ["Trä", "El", "Bygg", "Kontor", "Mat", "Data", "Städ", "Park", "Bok", "Rör"]
    name = [f"{words[int(rng.integers(10))]}leverans {k + 1:04d} AB" for k in range(n)]
    ids = np.array([supplier_id(k) for k in range(n)], dtype=object)
    numbers = np.array([_ACCOUNTS[k][0] for k in kind], dtype=object)
    texts = np.array([_ACCOUNTS[k][1] for k in kind], dtype=object)
    invoice = np.array([f"{w % 97 + 3}F{s}" for w, s in zip(who.tolist(), serial.tolist(), strict=True)],
                       dtype=object)
    columns = {"supplier_id": ids[who], "supplier_name": np.array(name, dtype=object)[who], "booked_on": booked,
               "invoice_no": invoice, "amount_sek": amount, "account_no": numbers[who],
               "account_text": texts[who], "unit": np.array(_UNITS, dtype=object)[unit],
               "bank_account_token": account[who]}
    town.add("supplier_payments", **columns)
    credit = rng.random(lines) < 0.012  # a wrong invoice is credited in full within two months
    credit &= booked + 45 < town.end
    back = {key: values[credit] for key, values in columns.items()}
    back["amount_sek"] = -back["amount_sek"]
    back["booked_on"] = workday(back["booked_on"] + rng.integers(5, 40, int(credit.sum())))
    back["invoice_no"] = np.array([f"K{number}" for number in back["invoice_no"]], dtype=object)
    town.add("supplier_payments", **back)
    town.info["suppliers"] = {"n": n, "lines": np.bincount(who, minlength=n), "columns": columns}


def pay(town: Town, supplier: str, name: str, day_number: int, invoice_no: str, amount: float, account: int,
        kind: tuple[str, str, str] = ("6550", "Konsultarvoden", "Kommunledning")) -> None:
    """One more ledger line."""
    town.add("supplier_payments", supplier_id=[supplier], supplier_name=[name], booked_on=int(day_number),
             invoice_no=[invoice_no], amount_sek=float(np.round(amount, 2)), account_no=[kind[0]],
             account_text=[kind[1]], unit=[kind[2]], bank_account_token=int(account))


__all__ = ["CARE_UNIT", "as_date", "build", "pay", "supplier_id", "workday"]
