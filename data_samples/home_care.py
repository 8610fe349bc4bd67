"""Home care: decisions, absences, visits of a working rota, invoices.

Visits are made by routes: a route is up to seven clients in one area who are visited one after the other by
the same staff member in a shift, so nobody is in two places unless a scheme says so. Start times come from a
max-plus scan (wanted time or end of the last visit + travel, whichever is later), vectorised over all shifts.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from data_samples.model import NULL_TIME, Town, as_date, day, first_day, month_of, round_sek
from data_samples.town import adults, log_sizes

# slot: shift (0 day, 1 evening, 2 night), wanted start (minutes into the day), share of clients, planned
# minutes (low, high, step), service code, spread of start per place in the route
_SLOTS = [
    (0, 430, 0.95, (15, 50, 5), 0, 33), (0, 700, 0.66, (10, 25, 5), 2, 18), (0, 820, 0.45, (40, 90, 10), 1, 0),
    (1, 965, 0.62, (10, 25, 5), 2, 18), (1, 1160, 0.70, (15, 35, 5), 0, 26), (2, 1390, 0.09, (10, 20, 5), 3, 9),
    (2, 1640, 0.09, (10, 15, 5), 3, 9)]
_DAY, _EVENING, _NIGHT = 0, 1, 2


def build(town: Town) -> None:
    rng = town.rng("home_care")
    providers = town.info["providers"]["home_care"]
    total = max(150, round(2520 * town.scale))
    sizes = log_sizes(rng, len(providers), round(total * 0.85), 2)
    sizes[0] += total - sizes.sum()  # the municipality's own home care is the largest
    provider = np.repeat(providers, sizes)
    n = len(provider)
    area = np.empty(n, dtype=int)
    for p in providers:  # a provider works in one to four areas
        mine = provider == p
        choice = rng.choice(12, int(rng.integers(1, 5)), replace=False)
        area[mine] = np.sort(choice[rng.integers(0, len(choice), mine.sum())])
    client = adults(town, n, rng, born=(1930, 1962), area=area)
    days = town.end - town.start
    active = _active_days(town, rng, client, days)
    route, place = _routes(provider, area)
    templates = _templates(rng, n)
    visits = _expand(town, rng, client, provider, area, route, place, templates, active)
    _decisions(town, rng, client, provider, area, templates, active)
    town.add("home_care_visits", **visits)


def _active_days(town: Town, rng: np.random.Generator, client: np.ndarray, days: int) -> np.ndarray:
    """[client, day] true where the client is at home with care; writes the absences."""
    n = len(client)
    active = np.ones((n, days), dtype=bool)
    starts = rng.random(n) < 0.10 * days / 365
    for c in np.flatnonzero(starts):
        active[c, : rng.integers(5, days)] = False
    dead = np.flatnonzero((rng.random(n) < 0.05 * days / 365) & ~starts)
    died = rng.integers(20, days, len(dead))
    for c, d in zip(dead, died, strict=True):
        active[c, d:] = False
        town.people.until[client[c]] = town.start + int(d)
    town.add("absences", person_token=client[dead], kind=["deceased"] * len(dead),
             absent_from=(town.start + died) * 1440 + rng.integers(0, 1300, len(dead)))
    spells = rng.poisson(0.4 * days / 365, n)
    who = np.repeat(np.arange(n), spells)
    begin = rng.integers(1, max(2, days - 3), len(who))
    length = np.minimum(1 + rng.lognormal(1.3, 0.7, len(who)).astype(int), 40)
    kept_who, kept_from, kept_to = [], [], []
    for c, b, k in zip(who, begin, length, strict=True):
        stop = min(b + k, days - 1)
        if stop - b >= 1 and active[c, b - 1 : stop + 1].all():
            active[c, b : stop + 1] = False
            kept_who.append(c)
            kept_from.append(b)
            kept_to.append(stop)
    m = len(kept_who)
    kind = rng.choice(["hospital", "hospital", "hospital", "short_term_care"], m)
    town.add("absences", person_token=client[np.array(kept_who, dtype=int)], kind=[str(k) for k in kind],
             absent_from=(town.start + np.array(kept_from, dtype=int)) * 1440 + rng.integers(300, 420, m),
             absent_to=(town.start + np.array(kept_to, dtype=int)) * 1440 + rng.integers(1320, 1435, m))
    town.info["hc_clients"] = client
    return active


def _routes(provider: np.ndarray, area: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Route number and place in it: at most seven consecutive clients of one provider."""
    index = np.arange(len(provider))
    first = np.concatenate([[True], provider[1:] != provider[:-1]])
    rank = index - np.maximum.accumulate(np.where(first, index, 0))
    route = np.cumsum(first | (rank % 7 == 0)) - 1
    return route, rank % 7


def _templates(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Recurring visits of a week: client, slot, weekday mask, planned minutes, double staffing."""
    parts = []
    double = rng.random(n) < 0.06
    chance = rng.random((n, len(_SLOTS)))
    chance[:, 6] = chance[:, 5]  # who has the late round has the early one
    for slot, (_shift, _at, share, (low, high, step), _service, _spread) in enumerate(_SLOTS):
        who = np.flatnonzero(chance[:, slot] < share)
        planned = rng.integers(low // step, high // step + 1, len(who)) * step
        mask = np.full(len(who), 127) if slot != 2 else 1 << rng.integers(0, 5, len(who))
        parts.append((who, np.full(len(who), slot), mask, planned, double[who] & (slot in (0, 4))))
    names = ("client", "slot", "mask", "planned", "double")
    return {name: np.concatenate([part[k] for part in parts]) for k, name in enumerate(names)}


def _expand(town: Town, rng: np.random.Generator, client: np.ndarray, provider: np.ndarray, area: np.ndarray,
            route: np.ndarray, place: np.ndarray, t: dict[str, np.ndarray], active: np.ndarray
            ) -> dict[str, np.ndarray]:
    days = active.shape[1]
    weekday = (np.arange(town.start, town.end) + 3) % 7
    mask = (t["mask"][:, None] >> weekday[None, :]) & 1
    mask = (mask == 1) & active[t["client"]]
    for k, d in enumerate(range(town.start, town.end)):  # cleaning and the like pauses at Christmas
        when = as_date(d)
        if (when.month, when.day) in ((12, 24), (12, 25), (12, 26), (1, 1)):
            mask[t["slot"] == 2, k] = False
            mask[:, k] &= rng.random(len(mask)) < 0.93
    mask &= rng.random(mask.shape, dtype=np.float32) < 0.965
    which, on = np.nonzero(mask)
    del mask
    c, slot = t["client"][which], t["slot"][which]
    shift = np.array([s[0] for s in _SLOTS])[slot]
    night_route = np.cumsum(np.concatenate([[True], provider[1:] != provider[:-1]])
                            | (np.arange(len(provider)) % 40 == 0)) - 1
    team = np.where(shift == _NIGHT, night_route[c] + route.max() + 1, route[c])
    wanted = np.array([s[1] for s in _SLOTS])[slot] + np.array([s[5] for s in _SLOTS])[slot] * place[c]
    group = (team.astype(np.int64) * days + on) * 3 + shift
    order = np.argsort(group * 2048 + wanted, kind="stable")
    which, on, c, slot, shift, team, group, wanted = (
        a[order] for a in (which, on, c, slot, shift, team, group, wanted))
    n = len(which)
    planned = t["planned"][which]
    duration = np.maximum(4, np.round(planned * rng.normal(0.965, 0.09, n))).astype(np.int64)
    gap = rng.integers(3, 11, n)
    gap[1:] += np.where(area[c[1:]] != area[c[:-1]], 8, 0)
    anchor = group * 10_000 + wanted + np.round(rng.normal(0, 5, n)).astype(np.int64)
    work = np.cumsum(duration + gap)
    finish = np.maximum.accumulate(anchor + duration - work) + work  # end of each visit, gaps included
    end = finish - group * 10_000
    start = end - duration
    latest = np.array([16 * 60 - 5, 22 * 60, 30 * 60 + 50])[shift]
    keep = end < latest
    which, on, c, slot, shift, team, planned, duration, start, end = (
        a[keep] for a in (which, on, c, slot, shift, team, planned, duration, start, end))
    n = len(which)
    base = (town.start + on) * 1440
    for year in {as_date(town.start).year, as_date(town.end).year}:  # 02-03 does not exist on this night
        spring = last_sunday(year, 3)
        minute = base + start
        hit = (minute >= spring * 1440 + 120) & (minute < spring * 1440 + 180)
        start, end = start + 60 * hit, end + 60 * hit
    registration, edited = _registrations(town, rng, provider[c], on)
    hand = (registration == 3) & (rng.random(n) < 0.4)  # written down afterwards: rounded to five minutes
    end = np.where(hand & (duration >= 10), start + (end - start) // 5 * 5, end)
    staff, helper = _staff(town, rng, team, shift, on, provider[c])
    service = np.array([s[4] for s in _SLOTS])[slot]
    rows = {"client_token": client[c], "provider_id": provider[c], "staff_token": staff,
            "started_at": base + start, "ended_at": base + end, "registration": registration,
            "edited_afterwards": edited, "service": service, "planned_minutes": planned, "area_code": area[c]}
    two = t["double"][which]
    extra = {name: values[two] for name, values in rows.items()}
    extra["staff_token"] = helper[two]
    when = rows["ended_at"] + rng.integers(30, 2400, n)  # most edits are made within two days
    rows["edited_at"] = np.where(edited, when, NULL_TIME)
    extra["edited_at"] = rows["edited_at"][two]
    town.info["hc_team"] = {"client": client, "route": route, "provider": provider, "area": area}
    return {name: np.concatenate([values, extra[name]]).astype(np.int32) for name, values in rows.items()}


def last_sunday(year: int, month: int) -> int:
    last = day(date(year, month, 31))
    return last - (last + 4) % 7


def _registrations(town: Town, rng: np.random.Generator, provider: np.ndarray, on: np.ndarray
                   ) -> tuple[np.ndarray, np.ndarray]:
    """Habit of each provider, and one day when the tag readers are down everywhere."""
    count = len(town.provider_ids)
    manual = rng.beta(3, 42, count)
    tag = (1 - manual) * rng.beta(12, 3, count)
    app = (1 - manual - tag) * 0.8
    outage = int((town.end - town.start) * 0.55)
    town.info["outage"] = town.start + outage
    u = rng.random(len(provider))
    down = on == outage
    manual_now = np.where(down, 0.85, manual[provider])
    left = np.where(down, 0.15 / (1 - manual[provider]), 1.0)
    code = np.where(u < manual_now, 3, np.where(u < manual_now + tag[provider] * left, 0,
                    np.where(u < manual_now + (tag + app)[provider] * left, 1, 2)))
    edit = rng.beta(3, 90, count)
    return code, rng.random(len(provider)) < edit[provider]


def _staff(town: Town, rng: np.random.Generator, team: np.ndarray, shift: np.ndarray, on: np.ndarray,
           provider: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Five people a route in rotation (never day and evening on one date), four at night, helpers apart."""
    teams = int(team.max()) + 1
    pool = adults(town, teams * 7, rng).reshape(teams, 7)
    turn = on % 5
    day_staff = pool[team, turn]
    evening_staff = pool[team, (turn + 2) % 5]
    night_staff = pool[team, (on % 4)]
    staff = np.where(shift == _DAY, day_staff, np.where(shift == _EVENING, evening_staff, night_staff))
    helper = pool[team, 5 + (on % 2 == 0)]
    owner = np.full(teams, -1)
    owner[team] = provider
    town.info["hc_staff"] = {int(p): pool[owner == p, :5].ravel() for p in np.unique(provider)}
    return staff, helper


def _decisions(town: Town, rng: np.random.Generator, client: np.ndarray, provider: np.ndarray,
               area: np.ndarray, t: dict[str, np.ndarray], active: np.ndarray) -> None:
    n = len(client)
    weekly = np.array([bin(m).count("1") for m in range(128)])[t["mask"]] * t["planned"] * (1 + t["double"])
    minutes = np.bincount(t["client"], weekly, n) * 31 / 7
    granted = np.ceil(np.maximum(minutes, 60) * rng.uniform(1.0, 1.05, n) / 5) * 5
    double = np.bincount(t["client"], t["double"], n) > 0
    seen = active.any(axis=1)
    first = np.where(active[:, 0], -rng.integers(60, 700, n), active.argmax(axis=1) - rng.integers(1, 9, n))
    until = np.where(rng.random(n) < 0.25, town.end + rng.integers(30, 400, n), NULL_TIME)
    town.add("home_care_decisions", client_token=client[seen], provider_id=provider[seen],
             valid_from=(town.start + first)[seen], valid_to=until[seen],
             granted_minutes_per_month=granted[seen].astype(int), double_staffed=double[seen],
             area_code=area[seen], decided_on=(town.start + first)[seen] - rng.integers(1, 30, int(seen.sum())),
             night_granted=(np.bincount(t["client"], t["slot"] >= 5, n) > 0)[seen])


def month_minutes(town: Town) -> dict[str, np.ndarray]:
    """Registered minutes per provider, client and complete month (month of the start)."""
    v = town.get("home_care_visits")
    month = month_of((v["started_at"] // 1440).astype(np.int64))
    keep = month < month_of(town.end)
    key = (v["provider_id"][keep].astype(np.int64) * 2_000_000 + v["client_token"][keep]) * 40_000 + month[keep]
    unique, inverse = np.unique(key, return_inverse=True)
    minutes = np.bincount(inverse, (v["ended_at"] - v["started_at"])[keep])
    return {"provider": unique // 40_000 // 2_000_000, "client": unique // 40_000 % 2_000_000,
            "month": unique % 40_000, "minutes": minutes.astype(np.int64)}


def invoice(town: Town) -> None:
    """One claim per client and month from the registered time, or the granted time where that is the model."""
    rng = town.rng("home_care.invoices")
    m = month_minutes(town)
    providers = town.get("providers")
    model = providers["reimbursement_model"][m["provider"]]
    decisions = town.get("home_care_decisions")
    granted = np.zeros(len(town.people.born), dtype=np.int64)
    granted[decisions["client_token"]] = decisions["granted_minutes_per_month"]
    billed = np.where((model == "granted") & (granted[m["client"]] > 0), granted[m["client"]], m["minutes"])
    keep = model != "appropriation"  # the municipality's own home care has a budget, no invoices
    rate = town.info["rate"][m["provider"]]
    town.add("home_care_invoices", provider_id=m["provider"][keep], client_token=m["client"][keep],
             month=m["month"][keep], billed_minutes=billed[keep],
             amount_sek=round_sek(billed / 60 * rate)[keep],
             invoiced_on=(first_day(m["month"] + 1) + rng.integers(2, 9, len(rate)))[keep],
             bank_account_token=providers["bank_account_token"][m["provider"]][keep])
