"""Associations: members by year, weekly groups with venue bookings, attendance, grants."""

from __future__ import annotations

import zlib
from datetime import date

import numpy as np

from data_samples.model import Town, as_date, day, round_sek
from data_samples.town import log_sizes

ACTIVITY, START, RENT, PROJECT, EQUIPMENT = range(5)
_SLOTS = [16 * 60, 17 * 60 + 15, 18 * 60 + 30, 19 * 60 + 45]  # a venue has four slots a day
PER_ACTIVITY, PER_PARTICIPANT = 24.0, 8.0  # SEK, base amounts of state LOK support; municipal rates are near


def build(town: Town) -> None:
    rng = town.rng("associations")
    n = len(town.association_ids)
    total = max(n * 34, round(26_000 * town.scale))
    sizes = log_sizes(rng, n, total, 18, 0.8)
    owner = np.repeat(np.arange(n), sizes)
    member = town.people.new(len(owner), born=rng.integers(2002, 2019, len(owner)),
                             area=rng.integers(0, 12, len(owner)), address=town.pools["address"].new(len(owner)),
                             sex=rng.integers(0, 2, len(owner)), origin=rng.integers(0, 3, len(owner)))
    _members(town, rng, owner, member)
    groups = _groups(town, rng, sizes, owner, member)
    town.info["as"] = {"owner": owner, "member": member, "groups": groups, "sizes": sizes}
    _sessions(town, rng, groups)
    _grants(town, rng)


def _members(town: Town, rng: np.random.Generator, owner: np.ndarray, member: np.ndarray) -> None:
    """Members counted in three years: a fifth change each year; one in ten is in two associations."""
    n = len(town.association_ids)
    this = town.as_of.year
    for year, share in ((this - 2, 0.72), (this - 1, 0.84), (this, 1.0)):
        gone = rng.random(len(owner)) >= share
        o, m = owner[~gone], member[~gone]
        also = rng.random(len(o)) < 0.10
        other = (o[also] + 1 + rng.integers(0, n - 1, also.sum())) % n
        o, m = np.concatenate([o, other]), np.concatenate([m, m[also]])
        town.add("association_members", association_id=o, member_token=m, year=year,
                 birth_year=town.people.born[m])


def _groups(town: Town, rng: np.random.Generator, sizes: np.ndarray, owner: np.ndarray, member: np.ndarray
            ) -> dict[str, np.ndarray]:
    """Weekly groups: members of an association split into groups of 8-20, each with an own venue slot."""
    first = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rows = []
    for a, size in enumerate(sizes):
        trains = int(size * rng.uniform(0.55, 0.9))
        at = 0
        while at < trains:
            part = int(min(rng.integers(8, 21), trains - at))
            if part < 5:
                break
            for _ in range(int(rng.choice([1, 1, 2]))):
                rows.append((a, first[a] + at, part))
            at += part
    a, start, part = (np.array(column) for column in zip(*rows, strict=True))
    n = len(a)
    cells = rng.permutation(max(1, -(-n // 20) + 2) * 20)[:n]  # 5 weekdays x 4 slots a venue, none used twice
    # The same members must not train twice in one slot: neighbours differ in weekday.
    venue, weekday, slot = cells // 20, cells % 20 // 4, cells % 4
    twice = np.flatnonzero((start[1:] == start[:-1]) & (weekday[1:] == weekday[:-1])) + 1
    keep = np.ones(n, dtype=bool)
    keep[twice] = False
    venues = town.pools["venue"].new(int(venue.max()) + 1)
    outdoors = rng.random(n) < 0.12
    leader = town.people.new(n, born=rng.integers(1970, 2006, n), address=town.pools["address"].new(n),
                             account=town.pools["account"].new(n), area=rng.integers(0, 12, n))
    return {name: values[keep] for name, values in
            {"association": a, "first": start, "size": part, "venue": np.where(outdoors, -1, venues[venue]),
             "weekday": weekday, "at": np.array(_SLOTS)[slot], "leader": leader,
             "length": rng.choice([60, 60, 75], n), "presence": rng.uniform(0.62, 0.93, n)}.items()}


def season(d: int) -> bool:
    """Groups meet in term time only."""
    when = as_date(d)
    return not ((when.month, when.day) >= (12, 16) or (when.month, when.day) <= (1, 10)
                or (6, 12) <= (when.month, when.day) <= (8, 20))


def _sessions(town: Town, rng: np.random.Generator, g: dict[str, np.ndarray]) -> None:
    days = np.array([d for d in range(town.start, town.end) if season(d)])
    weekday = (days + 3) % 7
    which, on = np.nonzero((g["weekday"][:, None] == weekday[None, :])
                           & (rng.random((len(g["weekday"]), len(days))) < 0.95))
    n = len(which)
    start = days[on] * 1440 + g["at"][which]
    spread = np.repeat(np.arange(n), g["size"][which])
    offset = np.arange(len(spread)) - np.repeat(np.cumsum(g["size"][which]) - g["size"][which], g["size"][which])
    # Who comes varies by person (loyal and rare visitors) and by day.
    base = g["first"][which][spread] + offset
    habit = rng.beta(5, 1.6, int(base.max()) + 1)
    came = rng.random(len(spread)) < habit[base] * g["presence"][which][spread] * 1.15
    activity = spread[came]
    town.info["activity_next"] = n
    count = np.bincount(activity, minlength=n)
    town.add("association_activities", activity_id=np.arange(n), association_id=g["association"][which],
             started_at=start, ended_at=start + g["length"][which], venue_token=g["venue"][which],
             leader_token=g["leader"][which], participants=count)
    town.add("association_attendance", activity_id=activity, member_token=town.info["as"]["member"][base[came]])
    booked = g["venue"][which] >= 0
    lent = rng.random(n) < 0.02  # a slot lent by another association without a new booking
    rows = booked & ~lent
    town.add("venue_bookings", venue_token=g["venue"][which][rows],
             association_id=g["association"][which][rows], booked_from=start[rows],
             booked_to=start[rows] + 75, cancelled=0)


def _grants(town: Town, rng: np.random.Generator) -> None:
    """Activity, rent, project, equipment and start grants of three years; paid to the association's account."""
    register = town.get("associations")
    members = town.get("association_members")
    n = len(town.association_ids)
    this = town.as_of.year
    rate = rng.lognormal(5.75, 0.22, n)  # SEK a member and year
    committee = np.where(register["category"] == "culture", "kulturnämnden", "fritidsnämnden").astype(object)
    for year in (this - 2, this - 1, this):
        counted = np.bincount(members["association_id"][members["year"] == year], minlength=n)
        for kind, share, size, low in ((ACTIVITY, 1.0, rate * counted, (2, 20)),
                                       (RENT, 0.45, rng.lognormal(10.1, 0.6, n), (1, 20)),
                                       (PROJECT, 0.12, rng.lognormal(10.0, 0.5, n), (3, 60)),
                                       (EQUIPMENT, 0.10, rng.lognormal(9.4, 0.5, n), (4, 60))):
            on = rng.random(n) < share
            who = np.flatnonzero(on)
            applied = np.round(size[who] * rng.uniform(1.0, 1.25, len(who)) / 100) * 100
            granted = np.minimum(applied, np.round(size[who] / 100) * 100)
            asked = day(date(year, 2, 1)) + rng.integers(*low, len(who))
            decided = asked + rng.integers(25, 50, len(who))
            text = {ACTIVITY: "verksamhet", RENT: "hyra av lokal", PROJECT: "sommarprojekt",
                    EQUIPMENT: "material"}[kind]
            town.add("association_grants", association_id=who, kind=kind, committee=committee[who],
                     year=year, applied_on=asked, decided_on=decided, paid_on=decided + 14, applied_sek=applied,
                     granted_sek=granted, paid_sek=round_sek(granted),
                     bank_account_token=register["bank_account_token"][who],
                     purpose_text=[text] * len(who),
                     purpose_code=[purpose_code(int(a), kind, year, text) for a in who])


def purpose_code(association: int, kind: int, year: int, text: str) -> str | None:
    """The number a committee gives what a grant is for; running support has none."""
    if kind not in (PROJECT, EQUIPMENT):
        return None
    return f"P{zlib.crc32(f'{association}/{year}/{text}'.encode()) % 1_000_000:06d}"
