"""Home-care schemes that change visits and decisions (HC01-HC18 except those about invoices)."""

from __future__ import annotations

import numpy as np

from data_samples.model import NULL_TIME, Town, first_day
from data_samples.schemes.case import Case, in_months, last_months, month_column, person_of, provider_of, scheme

VISITS = "home_care_visits"
MANUAL = 3


def provider(town: Town, case: Case, at_least: int = 3, **conditions: set[str]) -> int:
    return provider_of(town, "home_care", at_least, case.rng, VISITS, "client_token", **conditions)


def rows_of(town: Town, p: int) -> np.ndarray:
    return np.flatnonzero(town.get(VISITS)["provider_id"] == p)


def kronor(town: Town, p: int, minutes: float) -> float:
    return float(minutes) / 60 * float(town.info["rate"][p])


def free_at(v: dict[str, np.ndarray], rows: np.ndarray, column: str, token: int, start: int, end: int) -> bool:
    """Whether the person has no visit within 25 minutes of the interval."""
    mine = rows[v[column][rows] == token]
    return not ((v["started_at"][mine] < end + 25) & (v["ended_at"][mine] > start - 25)).any()


def add_visit(town: Town, p: int, client: int, staff: int, start: int, minutes: int, rng: np.random.Generator,
              registration: int | None = None) -> None:
    town.add(VISITS, client_token=client, provider_id=p, staff_token=staff, started_at=start,
             ended_at=start + minutes, registration=int(rng.choice([0, 1, 3])) if registration is None
             else registration, edited_afterwards=0, service=int(rng.integers(0, 3)), planned_minutes=minutes,
             area_code=int(town.people.area[client]))


def seen_around(town: Town, p: int, d: int) -> np.ndarray:
    """The provider's clients who are visited before and after the day: alive, at home and with a decision."""
    v = town.get(VISITS)
    mine, day_of = v["provider_id"] == p, v["started_at"] // 1440
    seen = np.intersect1d(v["client_token"][mine & (day_of >= d - 4) & (day_of < d)],
                          v["client_token"][mine & (day_of > d) & (day_of <= d + 4)])
    seen = seen if len(seen) else np.unique(v["client_token"][mine & (day_of == d)])
    away = town.get("absences")
    until = np.where(away["absent_to"] == NULL_TIME, np.iinfo(np.int32).max, away["absent_to"])
    night_after = (d + 2) * 1440  # a row of visits may go on past midnight
    return np.setdiff1d(seen, away["person_token"][(away["absent_from"] < night_after) & (until >= d * 1440)])


def chain(town: Town, case: Case, p: int, staff: int, d: int, first: int, hours: float) -> int:
    """Replace the provider's visits of one day by a row of visits of one staff member; returns visits."""
    v = town.get(VISITS)
    clients = case.rng.permutation(seen_around(town, p, d))
    town.drop(VISITS, (v["provider_id"] == p) & (v["started_at"] // 1440 == d))
    if not len(clients):
        return 0
    at, n, end = d * 1440 + first, 0, d * 1440 + first + hours * 60
    while at < end:
        minutes = int(case.rng.integers(25, 70))
        add_visit(town, p, int(clients[n % len(clients)]), staff, at, minutes, case.rng)
        at, n = at + minutes + int(case.rng.integers(2, 6)), n + 1
    return n


@scheme("HC01")
def two_places(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    clients = np.unique(v["client_token"][rows])
    minutes = n = 0
    for month in last_months(town, 3):
        mine = case.rng.permutation(rows[in_months(v["started_at"][rows], month, month)
                                         & (v["ended_at"][rows] - v["started_at"][rows] >= 18)])
        wanted = case.count(3, 16)
        for r in mine:
            if wanted == 0:
                break
            length = int(case.rng.integers(20, 55))
            start = int(v["ended_at"][r]) - int(case.rng.integers(17, 30))
            other = [c for c in clients if c != v["client_token"][r]
                     and free_at(v, rows, "client_token", c, start, start + length)]
            if other:
                add_visit(town, p, int(case.rng.choice(other)), int(v["staff_token"][r]), start, length, case.rng)
                minutes += min(int(v["ended_at"][r]), start + length) - max(int(v["started_at"][r]), start)
                n, wanted = n + 1, wanted - 1
    case.note("provider", p, kronor(town, p, minutes), n, "samma personal hos två brukare")


@scheme("HC02")
def undecided_double(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    decisions = town.get("home_care_decisions")
    single = set(decisions["client_token"][decisions["double_staffed"] == 0].tolist())
    minutes = n = 0
    helper = [person_of(town) for _ in range(2)]
    for month in last_months(town, 3):
        mine = case.rng.permutation(rows[in_months(v["started_at"][rows], month, month)
                                         & (v["ended_at"][rows] - v["started_at"][rows] >= 14)])
        chosen = [r for r in mine if int(v["client_token"][r]) in single]
        taken: list[int] = []
        for r in chosen:
            start, end = int(v["started_at"][r]), int(v["ended_at"][r])
            if len(taken) >= case.count(4, 22):
                break
            if any(abs(start - s) < 90 for s in taken):
                continue
            taken.append(start)
            add_visit(town, p, int(v["client_token"][r]), helper[n % 2], start + int(case.rng.integers(0, 3)),
                      end - start, case.rng)
            minutes, n = minutes + end - start, n + 1
    case.note("provider", p, kronor(town, p, minutes), n, "två personal samtidigt utan beslut om dubbelbemanning")


@scheme("HC03")
def visits_in_absence(town: Town, case: Case) -> None:
    p = provider(town, case, 2)
    v, rows = town.get(VISITS), rows_of(town, p)
    clients = np.unique(v["client_token"][rows])
    minutes = n = 0
    for c in case.rng.permutation(clients)[: case.count(1, 4)]:
        length = case.count(4, 24)
        begin = int(case.rng.integers(town.start + 5, town.end - length - 3))
        mine = rows[(v["client_token"][rows] == c) & (v["started_at"][rows] >= (begin + 1) * 1440)
                    & (v["started_at"][rows] < (begin + length) * 1440)]
        kind = str(case.rng.choice(["hospital", "hospital", "short_term_care", "abroad"]))
        town.add("absences", person_token=int(c), kind=[kind], absent_from=begin * 1440 + 600,
                 absent_to=(begin + length) * 1440 + 700)
        minutes += int((v["ended_at"] - v["started_at"])[mine].sum())
        n += len(mine)
    case.note("provider", p, kronor(town, p, minutes), n, "besök medan brukaren var borta")


@scheme("HC04")
def impossible_day(town: Town, case: Case) -> None:
    p = provider(town, case, 5)
    staff = int(town.info["hc_staff"][p][0])
    n = 0
    for d in case.rng.choice(np.arange(town.end - 80, town.end - 3), case.count(2, 8), replace=False):
        n += chain(town, case, p, staff, int(d), int(case.rng.integers(240, 300)), case.size(17.6, 19.0))
    case.note("provider", p, kronor(town, p, n * 8), n, "mer än 16 timmar registrerade på ett dygn")


@scheme("HC05")
def week_excess(town: Town, case: Case) -> None:
    p = provider(town, case, 6)
    staff = int(town.info["hc_staff"][p][1])
    monday = town.end - 42 - (town.end + 3) % 7
    n = sum(chain(town, case, p, staff, monday + 7 * week + d, 390, case.size(11.4, 13.5))
            for week in range(4) for d in range(6))
    case.note("provider", p, 0, n, "över 60 timmar i veckan flera veckor", (monday, monday + 27))


@scheme("HC06")
def impossible_travel(town: Town, case: Case) -> None:
    v = town.get(VISITS)
    order = np.lexsort((v["started_at"], v["staff_token"]))
    a, b = order[:-1], order[1:]
    gap = v["started_at"][b] - v["ended_at"][a]
    moves = (v["staff_token"][a] == v["staff_token"][b]) & (v["area_code"][a] != v["area_code"][b]) \
        & (gap > 0) & (gap < 60)
    many = np.bincount(v["provider_id"][a[moves]], minlength=len(town.provider_ids))
    register = town.get("providers")["org_form"]
    best = [p for p in np.argsort(-many) if register[p] != "kommunal" and ("provider", int(p)) not in town.used]
    p = town.pick("provider", best[:3], case.rng)
    mine = moves & (v["provider_id"][a] == p) & (case.rng.random(len(a)) < case.size(0.35, 1.0))
    v["ended_at"][a[mine]] = v["started_at"][b[mine]] - case.rng.integers(0, 2, int(mine.sum()))
    case.note("provider", p, 0, int(mine.sum()), "nästa besök i annat område utan restid")


@scheme("HC08")
def over_granted(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    d = town.get("home_care_decisions")
    months = last_months(town, 3)
    excess = n = 0
    for c in case.rng.permutation(np.unique(v["client_token"][rows]))[: case.count(2, 7)]:
        mine = rows[(v["client_token"][rows] == c) & in_months(v["started_at"][rows], months[0], months[-1])]
        if not len(mine):
            continue
        least = min(np.bincount(month_column(v["started_at"][mine]) - months[0],
                                (v["ended_at"] - v["started_at"])[mine], 3))
        new = int(least / case.size(1.13, 1.7))
        if new > 0:
            d["granted_minutes_per_month"][d["client_token"] == c] = new
            excess, n = excess + int((v["ended_at"] - v["started_at"])[mine].sum()) - 3 * new, n + len(mine)
    case.note("provider", p, kronor(town, p, max(excess, 0)), n, "mer tid än beviljat flera månader i rad")


@scheme("HC09")
def outside_decision(town: Town, case: Case) -> None:
    p = provider(town, case, 2)
    v, rows = town.get(VISITS), rows_of(town, p)
    d = town.get("home_care_decisions")
    minutes = n = 0
    last = town.end - case.count(40, 85)
    for c in case.rng.permutation(np.unique(v["client_token"][rows]))[: case.count(1, 4)]:
        d["valid_to"][d["client_token"] == c] = last
        mine = rows[(v["client_token"][rows] == c) & (v["started_at"][rows] >= (last + 1) * 1440)]
        minutes, n = minutes + int((v["ended_at"] - v["started_at"])[mine].sum()), n + len(mine)
    case.note("provider", p, kronor(town, p, minutes), n, "besök efter att beslutet upphört", (last, town.end - 1))


@scheme("HC10")
def exactly_granted(town: Town, case: Case) -> None:
    p = provider(town, case, 9, reimbursement_model={"performed"})
    n = fit_to_grant(town, case.rng, p, case.size(0.55, 1.0))
    case.note("provider", p, 0, n, "månaderna slutar på den beviljade tiden")


def fit_to_grant(town: Town, rng: np.random.Generator, p: int, share: float, steady: bool = False) -> int:
    """Stretch or shorten visits so that a share of the client-months ends within 0.4 % of the grant.

    steady: leave clients alone whose help changed in the year, since one grant for all of it would be exceeded.
    """
    v, rows = town.get(VISITS), rows_of(town, p)
    d = town.get("home_care_decisions")
    n = 0
    for c in np.unique(v["client_token"][rows]):
        mine = rows[v["client_token"][rows] == c]
        month = month_column(v["started_at"][mine])
        grants = d["granted_minutes_per_month"][d["client_token"] == c]
        whole = [m for m in town.months if (month == m).sum() > 20]
        if not len(grants) or not whole:
            continue
        spent = [(v["ended_at"] - v["started_at"])[mine[month == m]].sum() for m in whole]
        level = np.mean(spent)
        if steady and max(spent) > 1.08 * level:
            continue
        d["granted_minutes_per_month"][d["client_token"] == c] = grant = round(level * 1.01)
        for m in whole:
            if rng.random() > share:
                continue
            part = mine[month == m]
            diff = int(grant * rng.uniform(0.997, 1.0)) - int((v["ended_at"] - v["started_at"])[part].sum())
            step, rest = divmod(abs(diff), len(part))
            change = np.full(len(part), step)
            change[rng.permutation(len(part))[:rest]] += 1
            v["ended_at"][part] = np.maximum(v["ended_at"][part] + np.sign(diff) * change,
                                             v["started_at"][part] + 2)
            n += len(part)
    return n


@scheme("HC11")
def manual_share(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    hit = rows[case.rng.random(len(rows)) < case.size(0.34, 0.92)]
    v["registration"][hit] = MANUAL
    minutes = int((v["ended_at"] - v["started_at"])[hit].sum())
    case.note("provider", p, kronor(town, p, minutes), len(hit), "hög andel manuell registrering")


@scheme("HC12")
def edited_after_invoice(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    month = last_months(town, 1)[0]
    mine = rows[in_months(v["started_at"][rows], month, month)]
    hit = mine[case.rng.random(len(mine)) < case.size(0.08, 0.6)]
    v["edited_afterwards"][hit] = 1
    v["edited_at"][hit] = first_day(month + 1) * 1440 + case.rng.integers(13 * 1440, 18 * 1440, len(hit))
    v["ended_at"][hit] += 2
    case.note("provider", p, kronor(town, p, 2 * len(hit)), len(hit), "ändrade besök efter att månaden fakturerats",
              (first_day(month), first_day(month + 1) - 1))


@scheme("HC13")
def copied_days(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    n = copy_days(town, case.rng, rows_of(town, p), case.size(0.3, 0.95))
    case.note("provider", p, 0, n, "identiska klockslag dag efter dag")


def copy_days(town: Town, rng: np.random.Generator, rows: np.ndarray, share: float) -> int:
    """Give a share of the client-weeks the same start and end minutes every day (per part of the day)."""
    v = town.get(VISITS)
    part_of_day = (v["started_at"][rows] % 1440) // 150
    week = (v["started_at"][rows] // 1440 + 3) // 7
    key = (v["client_token"][rows].astype(np.int64) * 4000 + week) * 10 + part_of_day
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    chosen = (rng.random(len(np.unique(unique // 10))) < share)[np.unique(unique // 10, return_inverse=True)[1]]
    hit = chosen[inverse]
    model = rows[first][inverse]
    days = v["started_at"][rows] // 1440
    start, length = v["started_at"][model] % 1440, v["ended_at"][model] - v["started_at"][model]
    v["started_at"][rows[hit]] = (days * 1440 + start)[hit]
    v["ended_at"][rows[hit]] = (days * 1440 + start + length)[hit]
    return int(hit.sum())


@scheme("HC14")
def rounded(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    n = round_durations(town, case.rng, rows_of(town, p), case.size(0.3, 0.95), (0, 1))
    case.note("provider", p, 0, n, "besökstider i hela kvartar trots taggning")


def round_durations(town: Town, rng: np.random.Generator, rows: np.ndarray, share: float,
                    registrations: tuple[int, ...]) -> int:
    v = town.get(VISITS)
    hit = rows[np.isin(v["registration"][rows], registrations) & (rng.random(len(rows)) < share)]
    length = v["ended_at"][hit] - v["started_at"][hit]
    v["ended_at"][hit] = v["started_at"][hit] + np.maximum(length // 15 * 15, 15)
    return len(hit)


@scheme("HC15")
def ghost_client(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    minutes = n = 0
    for _ in range(case.count(1, 4)):
        area = int(case.rng.integers(12))
        client = person_of(town, 1941, area=area, account=-1)
        staff = person_of(town)
        planned = case.count(25, 60)
        for d in range(town.start, town.end):
            for at in (500, 1020)[: 1 + (planned > 30)]:
                if case.rng.random() < 0.93:
                    length = planned + int(case.rng.integers(-3, 4))
                    add_visit(town, p, client, staff, d * 1440 + at + int(case.rng.integers(-20, 20)), length,
                              case.rng, MANUAL)
                    minutes, n = minutes + length, n + 1
        town.add("home_care_decisions", client_token=client, provider_id=p, valid_from=town.start - 40,
                 granted_minutes_per_month=planned * (2 if planned > 30 else 1) * 32, double_staffed=0,
                 area_code=area, decided_on=town.start - 50, night_granted=0)
    case.note("provider", p, kronor(town, p, minutes), n, "brukare utan andra spår, en personal, allt manuellt")


@scheme("HC16")
def relatives(town: Town, case: Case) -> None:
    p = provider(town, case, 4)
    n = employ_relatives(town, case.rng, p, case.size(0.3, 0.8))
    case.note("provider", p, 0, n, "personal bor hos sin brukare")


def employ_relatives(town: Town, rng: np.random.Generator, p: int, share: float) -> int:
    """Let a share of the clients be served by someone who lives with them."""
    v, rows = town.get(VISITS), rows_of(town, p)
    clients = rng.permutation(np.unique(v["client_token"][rows]))
    n = 0
    for c in clients[: max(1, round(share * len(clients)))]:
        relative = person_of(town, address=int(town.people.address[c]), area=int(town.people.area[c]))
        mine = rows[v["client_token"][rows] == c]
        v["staff_token"][mine] = relative
        n += len(mine)
    return n


@scheme("HC17")
def surge(town: Town, case: Case) -> None:
    p = provider(town, case, 7)
    n = start_small(town, case, p)
    case.note("provider", p, 0, n, "nystartad utförare som växer mycket snabbt")


def start_small(town: Town, case: Case, p: int) -> int:
    """Registered within the year; only a few clients until the last weeks. Returns the visits left."""
    v, rows = town.get(VISITS), rows_of(town, p)
    clients = case.rng.permutation(np.unique(v["client_token"][rows]))
    grows = first_day(last_months(town, 1)[0])
    late = clients[max(1, round(len(clients) * (0.3 - case.size(0.0, 0.22)))):]
    gone = np.isin(v["client_token"], late) & (v["started_at"] < grows * 1440) & (v["provider_id"] == p)
    gone |= (v["provider_id"] == p) & (v["started_at"] < (town.end - 175) * 1440)
    town.drop(VISITS, gone)
    d = town.get("home_care_decisions")
    d["valid_from"][np.isin(d["client_token"], late)] = grows - 2
    d["decided_on"][np.isin(d["client_token"], late)] = grows - 9
    register = town.get("providers")
    register["registered_on"][p] = max(town.end - 190, town.start - 20)
    register["permit_from"][p] = register["registered_on"][p] + 5
    roles = town.get("provider_roles")
    roles["role_from"][roles["provider_id"] == p] = register["registered_on"][p]
    return int((town.get(VISITS)["provider_id"] == p).sum())


@scheme("HC18")
def night_visits(town: Town, case: Case) -> None:
    p = provider(town, case, 3)
    v, rows = town.get(VISITS), rows_of(town, p)
    evening = rows[(v["started_at"][rows] % 1440 >= 1080) & (v["started_at"][rows] % 1440 < 1320)]
    hit = evening[case.rng.random(len(evening)) < case.size(0.35, 1.0)]
    # Spread the clients over the night so that the two people on duty are never in two places.
    place = np.unique(v["client_token"][hit], return_inverse=True)[1]
    start = (v["started_at"][hit] // 1440) * 1440 + 1330 + place // 2 * 60 % 400 + case.rng.integers(0, 10, len(hit))
    length = np.minimum(v["ended_at"][hit] - v["started_at"][hit], 45)
    v["started_at"][hit], v["ended_at"][hit] = start, start + length
    night = np.array([person_of(town) for _ in range(max(2, (int(place.max(initial=0)) // 12 + 1) * 2))])
    v["staff_token"][hit] = night[(place % 2) + 2 * (place // 12)]
    case.note("provider", p, kronor(town, p, int(length.sum())), len(hit), "nattbesök utan beslut om natt")


__all__ = ["MANUAL", "NULL_TIME", "VISITS", "add_visit", "chain", "copy_days", "employ_relatives", "fit_to_grant",
           "free_at", "kronor", "provider", "round_durations", "rows_of", "start_small"]
