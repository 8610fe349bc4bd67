"""Personal-assistance schemes PA01-PA15; the home-care invoice schemes HC07 and HC19 stand in invoices.py."""

from __future__ import annotations

import numpy as np

from data_samples.assistance import ACTIVE, AWAKE, HOME
from data_samples.model import Town, first_day
from data_samples.schemes.case import (
    Case,
    copy_rows,
    in_months,
    last_months,
    month_column,
    person_of,
    provider_of,
    scheme,
)

SHIFTS, CLAIMS, DECISIONS = "assistance_shifts", "assistance_invoices", "assistance_decisions"
RATE = 347.70


def provider(town: Town, case: Case, at_least: int = 1) -> int:
    return provider_of(town, "assistance", at_least, case.rng, SHIFTS, "client_token")


def standby_share(town: Town) -> np.ndarray:
    """[provider] the share of shift hours that are waiting time or standby, which are nights."""
    s = town.get(SHIFTS)
    hours_of = (s["ended_at"] - s["started_at"]) / 60
    whole = np.bincount(s["provider_id"], hours_of, len(town.provider_ids))
    standby = np.bincount(s["provider_id"], hours_of * (s["kind"] != ACTIVE), len(town.provider_ids))
    return standby / np.maximum(whole, 1)


def rows_of(town: Town, p: int) -> np.ndarray:
    return np.flatnonzero(town.get(SHIFTS)["provider_id"] == p)


def client_indices(town: Town, p: int) -> np.ndarray:
    """Indices into town.info['pa'] of the provider's clients."""
    return np.flatnonzero(town.info["pa"]["provider"] == p)


def shift(town: Town, p: int, client: int, who: int, start: int, minutes: int, kind: int = ACTIVE) -> None:
    town.add(SHIFTS, client_token=client, provider_id=p, assistant_token=who, started_at=start,
             ended_at=start + minutes, kind=kind)


def hours(s: dict[str, np.ndarray], rows: np.ndarray) -> float:
    return float((s["ended_at"] - s["started_at"])[rows].sum()) / 60


@scheme("PA01")
def overlap(town: Town, case: Case) -> None:
    p = provider(town, case, 2)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    clients = np.unique(s["client_token"][rows])
    busiest = max(clients, key=lambda c: (s["client_token"][rows] == c).sum())
    recent = rows[(s["client_token"][rows] == busiest) & (s["started_at"][rows] > (town.end - 85) * 1440)
                  & (s["kind"][rows] == ACTIVE)]
    hit = case.rng.permutation(recent)[: case.count(5, 40)]
    # The other client's shifts that overlap are re-labelled with the same assistant.
    n = minutes = 0
    for r in hit:
        a, b = s["started_at"][r], s["ended_at"][r]
        other = rows[(s["client_token"][rows] != busiest) & (s["started_at"][rows] < b - 30)
                     & (s["ended_at"][rows] > a + 30)]
        if len(other):
            o = case.rng.choice(other)
            s["assistant_token"][o] = s["assistant_token"][r]
            minutes += int(min(b, s["ended_at"][o]) - max(a, s["started_at"][o]))
            n += 1
    case.note("provider", p, minutes / 60 * RATE, n, "samma assistent hos två brukare")


@scheme("PA02")
def over_24_hours(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    c = case.rng.choice(client_indices(town, p))
    client, who = int(town.info["pa"]["client"][c]), int(town.info["pa"]["teams"][c][0])
    n = 0
    for d in case.rng.choice(np.arange(town.end - 70, town.end - 2), case.count(2, 9), replace=False):
        for start, length in ((360, 480), (840, 480), (600, 420), (1000, round(case.size(180, 400)))):
            shift(town, p, client, who, int(d) * 1440 + start, length, HOME if start == 600 else ACTIVE)
            n += 1
    case.note("provider", p, n * 2 * RATE, n, "mer än dygnets timmar för en assistent")


@scheme("PA03")
def long_weeks(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    c = max(client_indices(town, p), key=lambda i: town.info["pa"]["hours"][i])
    s, rows = town.get(SHIFTS), rows_of(town, p)
    client, team = int(town.info["pa"]["client"][c]), town.info["pa"]["teams"][c]
    mine = rows[(s["client_token"][rows] == client) & (s["started_at"][rows] > (town.end - 63) * 1440)
                & (s["kind"][rows] == ACTIVE)]
    who = int(team[0])
    extra = case.size(54, 74)
    week = (s["started_at"][mine] // 1440 + 3) // 7
    n = 0
    for w in np.unique(week):  # the assistant takes over colleagues' shifts up to the wanted hours
        part = mine[week == w]
        total = float(hours(s, part[s["assistant_token"][part] == who]))
        for r in part[s["assistant_token"][part] != who]:
            if total >= extra:
                break
            s["assistant_token"][r] = who
            total, n = total + float(s["ended_at"][r] - s["started_at"][r]) / 60, n + 1
        day = int(w) * 7 - 4
        while total < extra:  # too little to take over: more hours at the provider's other hours of the evening
            day += 1
            if day >= int(w) * 7 + 4:
                break
            shift(town, p, client, who, day * 1440 + 1140, 270)
            total, n = total + 4.5, n + 1
    case.note("provider", p, 0, n, "över 48 timmar i veckan i snitt")


@scheme("PA04")
def too_many_at_once(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    mine = rows[(s["started_at"][rows] > (town.end - 85) * 1440) & (s["kind"][rows] == ACTIVE)]
    hit = case.rng.permutation(mine)[: case.count(6, 60)]
    extra = [person_of(town) for _ in range(2)]
    hit = hit[np.argsort(s["started_at"][hit])]
    copy_rows(town, SHIFTS, hit, assistant_token=np.array(extra)[np.arange(len(hit)) % 2].astype(np.int32))
    case.note("provider", p, hours(s, hit) * RATE, len(hit), "fler assistenter samtidigt än beslutet medger")


@scheme("PA05")
def over_granted(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    d = town.get(DECISIONS)
    share = case.size(1.06, 1.45)
    n, excess = 0, 0.0
    for c in client_indices(town, p)[: case.count(1, 4)]:
        client = int(town.info["pa"]["client"][c])
        s, rows = town.get(SHIFTS), rows_of(town, p)
        mine = rows[s["client_token"][rows] == client]
        weekly = hours(s, mine) / ((town.end - town.start) / 7)
        d["hours_per_week"][d["client_token"] == client] = np.round(weekly / share * 4) / 4
        excess, n = excess + hours(s, mine) * (1 - 1 / share), n + len(mine)
    case.note("provider", p, excess * RATE, n, "fler timmar än beviljat")


@scheme("PA06")
def always_full(town: Town, case: Case) -> None:
    p = provider(town, case, 2)
    n = fill_months(town, p, case.rng)
    case.note("provider", p, 0, n, "exakt beviljad tid varje månad")


def fill_months(town: Town, p: int, rng: np.random.Generator) -> int:
    """Active shifts only; the last shift of each month brings it to 99.6-100 % of the grant."""
    s, rows = town.get(SHIFTS), rows_of(town, p)
    d = town.get(DECISIONS)
    n = 0
    for client in np.unique(s["client_token"][rows]):
        mine = rows[s["client_token"][rows] == client]
        s["kind"][mine] = ACTIVE
        month = month_column(s["started_at"][mine])
        whole = [m for m in town.months if (month == m).sum() > 20]
        if not whole:
            continue
        daily = [hours(s, mine[month == m]) / (first_day(m + 1) - first_day(m)) for m in whole]
        weekly = np.round(np.mean(daily) * 7 * 4) / 4
        d["hours_per_week"][d["client_token"] == client] = weekly
        for m in whole:
            part = mine[month == m]
            wanted = weekly * (first_day(m + 1) - first_day(m)) / 7 * rng.uniform(0.997, 1.0)
            diff = round((wanted - hours(s, part)) * 60)
            step, rest = divmod(abs(diff), len(part))
            change = np.full(len(part), step)
            change[:rest] += 1
            s["ended_at"][part] = np.maximum(s["ended_at"][part] + np.sign(diff) * change,
                                             s["started_at"][part] + 15)
            n += len(part)
    return n


@scheme("PA07")
def client_absent(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    client = int(case.rng.choice(np.unique(s["client_token"][rows])))
    length = case.count(5, 30)
    begin = int(case.rng.integers(town.start + 5, town.end - length - 4))
    kind = str(case.rng.choice(["hospital", "hospital", "custody"]))
    town.add("absences", person_token=client, kind=[kind], absent_from=begin * 1440 + 300,
             absent_to=(begin + length) * 1440 + 900)
    mine = rows[(s["client_token"][rows] == client) & (s["started_at"][rows] >= (begin + 1) * 1440)
                & (s["started_at"][rows] < (begin + length) * 1440)]
    case.note("provider", p, hours(s, mine) * RATE, len(mine), "assistans medan brukaren var borta",
              (begin, begin + length))


@scheme("PA08")
def assistant_absent(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    who, counts = np.unique(s["assistant_token"][rows], return_counts=True)
    person = int(who[np.argsort(-counts)][int(case.rng.integers(0, min(3, len(who))))])
    length = case.count(7, 45)
    begin = int(case.rng.integers(town.start + 3, town.end - length - 3))
    town.add("absences", person_token=person, kind=[str(case.rng.choice(["abroad", "abroad", "custody"]))],
             absent_from=begin * 1440 + 500, absent_to=(begin + length) * 1440 + 600)
    mine = rows[(s["assistant_token"][rows] == person) & (s["started_at"][rows] >= (begin + 1) * 1440)
                & (s["started_at"][rows] < (begin + length) * 1440)]
    case.note("provider", p, hours(s, mine) * RATE, len(mine), "pass medan assistenten var borta",
              (begin, begin + length))


@scheme("PA09", "invoices")
def billed_over_shifts(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    t = town.get(CLAIMS)
    rows = np.flatnonzero(t["provider_id"] == p)
    hit = rows[case.rng.random(len(rows)) < max(case.size(0.3, 1.0), 1.5 / max(len(rows), 1))]
    more = np.round(np.maximum(t["billed_hours"][hit] * case.size(0.03, 0.3), 4), 2)
    t["billed_hours"][hit] += more
    t["amount_sek"][hit] = np.round(t["billed_hours"][hit] * t["rate_sek"][hit], 2)
    case.note("provider", p, float((more * t["rate_sek"][hit]).sum()), len(hit), "fakturerade timmar utan pass")


@scheme("PA10")
def shared_account(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    c = case.rng.choice(client_indices(town, p))
    account = int(town.get("providers")["bank_account_token"][p])
    pair = [int(town.info["pa"]["client"][c]), int(town.info["pa"]["teams"][c][-1])]
    if case.difficulty == "hard":  # only client and assistant share, one of them lives elsewhere
        town.people.account[pair[1]] = town.people.account[pair[0]]
    else:
        town.people.account[pair[int(case.rng.integers(2))]] = account
    case.note("provider", p, 0, 1, "gemensamt konto för utförare, brukare eller assistent")


@scheme("PA11", "invoices")
def rate_over_standard(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    t = town.get(CLAIMS)
    hit = np.flatnonzero(t["provider_id"] == p)
    old = t["amount_sek"][hit].sum()
    t["rate_sek"][hit] = np.round(RATE * case.size(1.125, 1.32), 2)
    t["amount_sek"][hit] = np.round(t["billed_hours"][hit] * t["rate_sek"][hit], 2)
    case.note("provider", p, float(t["amount_sek"][hit].sum() - old), len(hit), "timpris över schablonen")


@scheme("PA12")
def identical_schedules(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    n = 0
    for client in np.unique(s["client_token"][rows]):
        mine = rows[s["client_token"][rows] == client]
        days = s["started_at"][mine] // 1440
        # One model week is repeated week after week, for a share of the weeks.
        model: dict[tuple[int, int], tuple[int, int, int]] = {}
        weeks = np.unique((days + 3) // 7)
        kept = weeks[case.rng.random(len(weeks)) < case.size(0.6, 1.0)]
        order = np.argsort(s["started_at"][mine], kind="stable")
        mine, days = mine[order], days[order]
        rank = np.arange(len(mine)) - np.searchsorted(days, days)
        for r, d, k in zip(mine, days, rank, strict=True):
            key = ((d + 3) % 7, k)
            shape = (int(s["started_at"][r] - d * 1440), int(s["ended_at"][r] - d * 1440),
                     int(s["assistant_token"][r]))
            model.setdefault(key, shape)
            if (d + 3) // 7 in kept:
                s["started_at"][r], s["ended_at"][r] = d * 1440 + model[key][0], d * 1440 + model[key][1]
                s["assistant_token"][r] = model[key][2]
                n += 1
    case.note("provider", p, 0, n, "samma schema vecka efter vecka")


@scheme("PA13")
def active_nights(town: Town, case: Case) -> None:
    # nights reported as active must have been there to report: who has daytime clients only has none to lift
    p = provider_of(town, "assistance", 0.1, case.rng, SHIFTS, "client_token", standby_share(town))
    s, rows = town.get(SHIFTS), rows_of(town, p)
    standby = rows[s["kind"][rows] != ACTIVE]
    hit = standby[case.rng.random(len(standby)) < case.size(0.5, 1.0)]
    s["kind"][hit] = ACTIVE
    active = rows[s["kind"][rows] == ACTIVE]
    day_rows = active[s["started_at"][active] % 1440 > 1080]
    if not len(day_rows) and not len(hit):  # a provider of daytime clients only
        day_rows = active[s["started_at"][active] % 1440 > 720]
    moved = day_rows[case.rng.random(len(day_rows)) < case.size(0.4, 0.9)]
    length = s["ended_at"][moved] - s["started_at"][moved]
    s["started_at"][moved] = s["started_at"][moved] // 1440 * 1440 + 1380  # the evening shift becomes a night shift
    s["ended_at"][moved] = s["started_at"][moved] + np.minimum(length, 400)
    case.note("provider", p, hours(s, hit) * RATE * 0.75, len(hit) + len(moved), "ovanligt mycket aktiv tid på natten")


@scheme("PA14")
def under_age(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    s, rows = town.get(SHIFTS), rows_of(town, p)
    who, counts = np.unique(s["assistant_token"][rows], return_counts=True)
    person = int(who[np.argsort(counts)][-1 if case.difficulty != "hard" else 0])
    town.people.born[person] = town.as_of.year - int(case.rng.integers(14, 17))
    mine = rows[s["assistant_token"][rows] == person]
    case.note("provider", p, hours(s, mine) * RATE, len(mine), "assistent under 18 år")


@scheme("PA15")
def single_assistant(town: Town, case: Case) -> None:
    p = provider(town, case, 1)
    c = max(client_indices(town, p), key=lambda i: town.info["pa"]["hours"][i])
    client, who = int(town.info["pa"]["client"][c]), int(town.info["pa"]["teams"][c][0])
    town.drop(SHIFTS, town.get(SHIFTS)["client_token"] == client)
    weekly = case.size(84, 110)
    n = 0
    for d in range(town.start, town.end):
        at = 420 + int(case.rng.integers(0, 4)) * 15
        for k in range(3):
            length = round(weekly / 7 / 3 * 4) * 15
            other = int(town.info["pa"]["teams"][c][1]) if (d % 11 == 0 and k == 2) else who
            shift(town, p, client, other, d * 1440 + at, length)
            at, n = at + length, n + 1
    grants = town.get(DECISIONS)
    grants["hours_per_week"][grants["client_token"] == client] = round(weekly * 1.06)
    case.note("provider", p, (weekly - 48) * (town.end - town.start) / 7 * RATE, n,
              "en assistent för över 80 timmar i veckan")


__all__ = ["AWAKE", "CLAIMS", "DECISIONS", "RATE", "SHIFTS", "client_indices", "fill_months", "hours", "in_months",
           "last_months", "provider", "rows_of", "shift"]
