"""Personal assistance: decisions, shifts of a rota, invoices.

Rate of the year: 2024 332.60, 2025 342.60, 2026 347.70 SEK an hour (ordinance 1993:1091 5 §; 2025 derived).
"""

from __future__ import annotations

import numpy as np

from data_samples.model import Town, first_day, month_of, round_sek
from data_samples.town import adults, log_sizes

RATES = {2023: 324.50, 2024: 332.60, 2025: 342.60, 2026: 347.70, 2027: 352.90}
ACTIVE, AWAKE, HOME = 0, 1, 2
# What an hour counts for in the claim (waiting 4:1, standby 7:1).
WEIGHT = np.array([1.0, 0.25, 1 / 7])


def build(town: Town) -> None:
    rng = town.rng("assistance")
    providers = town.info["providers"]["assistance"]
    total = max(66, round(275 * town.scale))
    sizes = log_sizes(rng, len(providers), total, 2, 0.6)
    provider = np.repeat(providers, sizes)
    n = len(provider)
    client = adults(town, n, rng, born=(1956, 2006))
    round_the_clock = rng.random(n) < 0.16
    hours = np.where(round_the_clock, 24.0, rng.integers(8, 33, n) / 2)  # covered hours a day
    law = np.where(hours * 7 > 45, (rng.random(n) < 0.8).astype(int), 0)
    night = np.where(round_the_clock, rng.choice([AWAKE, HOME], n), -1)
    teams, relative = _teams(town, rng, client, hours)
    absent = _absences(town, rng, client)
    _shifts(town, rng, client, provider, hours, night, teams, absent)
    fill = rng.uniform(0.94, 0.985, n)
    town.add("assistance_decisions", client_token=client, provider_id=provider,
             valid_from=town.start - rng.integers(60, 900, n),
             valid_to=np.where(rng.random(n) < 0.3, town.end + rng.integers(40, 500, n),
                               np.iinfo(np.int32).min),
             hours_per_week=np.round(np.where(round_the_clock, 168.0, hours * 7 / fill) * 4) / 4,
             double_hours_per_week=0.0, law=law,
             decided_on=town.start - rng.integers(900, 960, n), raised_rate=0)
    town.info["pa"] = {"client": client, "provider": provider, "teams": teams, "hours": hours,
                       "relative": relative}


def _teams(town: Town, rng: np.random.Generator, client: np.ndarray, hours: np.ndarray
           ) -> tuple[list[np.ndarray], np.ndarray]:
    """Assistants of each client: enough that nobody passes 40 hours a week; three in ten have a relative."""
    sizes = np.maximum(3, np.ceil(hours * 7 / 34).astype(int) + 1)
    pool = adults(town, int(sizes.sum()), rng)
    teams = np.split(pool, np.cumsum(sizes)[:-1])
    relative = rng.random(len(client)) < 0.3
    for c in np.flatnonzero(relative):
        town.people.address[teams[c][0]] = town.people.address[client[c]]
    return teams, relative


def _absences(town: Town, rng: np.random.Generator, client: np.ndarray) -> np.ndarray:
    """[client, day] true while in hospital."""
    days = town.end - town.start
    absent = np.zeros((len(client), days), dtype=bool)
    for c in np.flatnonzero(rng.random(len(client)) < 0.35 * days / 365):
        begin, length = int(rng.integers(2, days - 12)), int(rng.integers(2, 10))
        absent[c, begin : begin + length] = True
        town.add("absences", person_token=client[c], kind=["hospital"],
                 absent_from=(town.start + begin) * 1440 + int(rng.integers(0, 300)),
                 absent_to=(town.start + begin + length) * 1440 - int(rng.integers(10, 200)))
    return absent


def _shifts(town: Town, rng: np.random.Generator, client: np.ndarray, provider: np.ndarray, hours: np.ndarray,
            night: np.ndarray, teams: list[np.ndarray], absent: np.ndarray) -> None:
    days = town.end - town.start
    parts: dict[str, list[np.ndarray]] = {k: [] for k in ("c", "who", "start", "end", "kind")}
    for c in range(len(client)):
        if hours[c] == 24:
            cuts = np.array([0, 150, 315, 480, 660, 840, 1020, 1200, 1440]) // 15 * 15 + 420  # 07:00 to 07:00
            kinds = np.array([0, 0, 0, 0, 0, 0, int(night[c]), int(night[c])])
        else:
            length = int(hours[c] * 60)
            pieces = max(2, round(length / 150))
            first = int(rng.choice([420, 450, 480, 510, 540])) if length < 720 else 420
            cuts = first + np.round(np.linspace(0, length, pieces + 1) / 15).astype(int) * 15
            kinds = np.zeros(pieces, dtype=int)
        pieces = len(kinds)
        d = np.repeat(np.arange(days), pieces)
        k = np.tile(np.arange(pieces), days)
        # Half a day each: the rota moves on by a step that shares the hours evenly over the team.
        half = (2 * d + (k >= pieces // 2)) * 1
        who = teams[c][half % len(teams[c])]
        # Some handovers happen a little earlier or later than planned, always at one agreed time.
        moved = rng.choice([0, 0, 0, -15, 15, 30], (days, pieces + 1))
        moved[:, 0] = rng.choice([0, 0, 15], days)
        moved[:, -1] = 0
        if hours[c] == 24:
            moved[:, 0] = 0
        start = (town.start + d) * 1440 + cuts[k] + moved[d, k]
        end = (town.start + d) * 1440 + cuts[k + 1] + moved[d, k + 1]
        keep = ~absent[c][d] & (rng.random(len(d)) < (0.995 if hours[c] == 24 else 0.985)) & (end > start)
        keep &= end <= town.end * 1440
        for name, values in (("c", np.full(keep.sum(), c)), ("who", who[keep]), ("start", start[keep]),
                             ("end", end[keep]), ("kind", kinds[k][keep])):
            parts[name].append(values)
    c = np.concatenate(parts["c"])
    town.add("assistance_shifts", client_token=client[c], provider_id=provider[c],
             assistant_token=np.concatenate(parts["who"]), started_at=np.concatenate(parts["start"]),
             ended_at=np.concatenate(parts["end"]), kind=np.concatenate(parts["kind"]))


def month_hours(town: Town) -> dict[str, np.ndarray]:
    """Counted hours per provider, client and complete month (standby by its weight)."""
    s = town.get("assistance_shifts")
    month = month_of((s["started_at"] // 1440).astype(np.int64))
    keep = month < month_of(town.end)
    key = (s["provider_id"][keep].astype(np.int64) * 2_000_000 + s["client_token"][keep]) * 40_000 + month[keep]
    unique, inverse = np.unique(key, return_inverse=True)
    counted = ((s["ended_at"] - s["started_at"]) / 60 * WEIGHT[s["kind"]])[keep]
    return {"provider": unique // 40_000 // 2_000_000, "client": unique // 40_000 % 2_000_000,
            "month": unique % 40_000, "hours": np.bincount(inverse, counted)}


def invoice(town: Town) -> None:
    rng = town.rng("assistance.invoices")
    m = month_hours(town)
    n = len(m["hours"])
    discount = np.where(rng.random(len(town.provider_ids)) < 0.2, 0.97, 1.0)
    standard = np.array([RATES.get(int(x) // 12, 347.70) for x in m["month"]])
    rate = round_sek(standard * discount[m["provider"]])
    hours = np.round(m["hours"], 2)
    town.add("assistance_invoices", provider_id=m["provider"], client_token=m["client"], month=m["month"],
             billed_hours=hours, rate_sek=rate, amount_sek=round_sek(hours * rate),
             invoiced_on=first_day(m["month"] + 1) + rng.integers(3, 15, n),
             bank_account_token=town.get("providers")["bank_account_token"][m["provider"]])
