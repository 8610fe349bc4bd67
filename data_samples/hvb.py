"""Residential care: placements never above the permitted places, monthly invoices. History of 24 months."""

from __future__ import annotations

import numpy as np

from data_samples.model import NULL_TIME, Town, first_day, month_of, round_sek
from data_samples.town import adults

HISTORY_MONTHS = 24


def build(town: Town) -> None:
    rng = town.rng("hvb")
    providers = town.info["providers"]["hvb"]
    register = town.get("providers")
    begin = first_day(month_of(town.end) - HISTORY_MONTHS)
    rows: list[tuple[int, int, int, int, int, float]] = []
    level = np.round(rng.lognormal(8.62, 0.16, len(providers)) / 50) * 50
    for k, p in enumerate(providers):
        places = int(register["permit_places"][p])
        # A home sells places to several municipalities: ours uses a part of them.
        for _bed in range(max(1, round(places * rng.uniform(0.25, 0.75)))):
            at = begin - int(rng.integers(0, 200))
            while at < town.end - 5:
                stay = max(6, int(rng.lognormal(4.7, 0.6)))
                law = int(rng.choice([0, 1, 2], p=[0.45, 0.5, 0.05]))
                rate = float(level[k]) + float(rng.integers(-4, 9)) * 50 + (300 if law else 0)
                rows.append((int(p), at, at + stay if at + stay < town.end - 1 else NULL_TIME, law,
                             int(rng.random() < (0.85 if register["contract_kind"][p] == "framework" else 0.1)),
                             min(max(rate, 3000.0), 10_400.0)))
                at += stay + int(rng.integers(3, 70))
    n = len(rows)
    provider, placed, left, law, framework, rate = (np.array(column) for column in zip(*rows, strict=True))
    child = adults(town, n, rng, born=(2006, 2015))
    town.people.account[child] = -1
    town.info["pl_next"] = n
    town.add("hvb_placements", placement_id=np.arange(n), client_token=child, provider_id=provider,
             placed_on=placed, left_on=left, law=law, agreed_rate_sek=rate, framework_agreement=framework)
    _occupancy_fits(town)


def _occupancy_fits(town: Town) -> None:
    """Permits leave room for every night made above; schemes may break that later."""
    p, register = town.get("hvb_placements"), town.get("providers")
    for provider in town.info["providers"]["hvb"]:
        mine = p["provider_id"] == provider
        until = np.where(p["left_on"][mine] == NULL_TIME, town.end, p["left_on"][mine])
        most = max((int(((p["placed_on"][mine] <= d) & (until >= d)).sum()) for d in p["placed_on"][mine]),
                   default=0)
        register["permit_places"][provider] = max(int(register["permit_places"][provider]), most)


def invoice(town: Town) -> None:
    """One claim per placement and complete month; extras for about one stay in ten."""
    rng = town.rng("hvb.invoices")
    p = town.get("hvb_placements")
    account = town.get("providers")["bank_account_token"]
    extra_share = rng.beta(1.4, 45, len(town.provider_ids))
    has_extra = rng.random(len(p["placement_id"])) < 0.3
    last_month = month_of(town.end)
    for month in range(last_month - HISTORY_MONTHS, last_month):
        low, high = first_day(month), first_day(month + 1) - 1
        left = np.where(p["left_on"] == NULL_TIME, high + 400, p["left_on"])
        on = (p["placed_on"] <= high) & (left >= low)
        start, stop = np.maximum(p["placed_on"][on], low), np.minimum(left[on], high)
        days = stop - start + 1
        cost = days * p["agreed_rate_sek"][on]
        share = extra_share[p["provider_id"][on]] * has_extra[on] * rng.uniform(0.6, 1.4, on.sum())
        extras = np.round(cost * share / 100) * 100
        town.add("hvb_invoices", placement_id=p["placement_id"][on], provider_id=p["provider_id"][on],
                 period_from=start, period_to=stop, billed_days=days, amount_sek=round_sek(cost + extras),
                 extras_sek=extras, invoiced_on=high + 1 + rng.integers(2, 12, on.sum()),
                 bank_account_token=account[p["provider_id"][on]])
