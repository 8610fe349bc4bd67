"""Residential-care schemes HV01-HV13."""

from __future__ import annotations

import numpy as np

from data_samples.model import NULL_TIME, Town
from data_samples.schemes.case import Case, copy_rows, person_of, scheme
from data_samples.schemes.home_care import add_visit

STAYS, CLAIMS = "hvb_placements", "hvb_invoices"


def until(town: Town, p: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    return np.where(p["left_on"][rows] == NULL_TIME, town.end, p["left_on"][rows])


def stays(town: Town, provider: int, least_days: int = 20, inside: int = 500) -> np.ndarray:
    """Placements of the home that are recent and long enough (all if none is)."""
    p = town.get(STAYS)
    mine = np.flatnonzero(p["provider_id"] == provider)
    stop = until(town, p, mine)
    good = mine[(stop - p["placed_on"][mine] >= least_days) & (stop > town.end - inside)]
    return good if len(good) else mine


def provider(town: Town, case: Case, least: int = 1) -> int:
    ids = [int(p) for p in town.info["providers"]["hvb"] if len(stays(town, int(p))) >= least]
    return town.pick("provider", ids or town.info["providers"]["hvb"], case.rng)


def place(town: Town, p: int, client: int, first: int, last: int | None, rate: float, law: int = 0) -> int:
    """A new placement; returns its number."""
    number = town.info["pl_next"]
    town.info["pl_next"] = number + 1
    town.add(STAYS, placement_id=number, client_token=client, provider_id=p, placed_on=first,
             left_on=NULL_TIME if last is None else last, law=law, agreed_rate_sek=rate, framework_agreement=1)
    return number


def usual_rate(town: Town, p: int) -> float:
    t = town.get(STAYS)
    mine = t["agreed_rate_sek"][t["provider_id"] == p]
    return float(np.median(mine)) if len(mine) else 5500.0


def claims_of(town: Town, p: int, recent_days: int = 400) -> np.ndarray:
    t = town.get(CLAIMS)
    return np.flatnonzero((t["provider_id"] == p) & (t["period_from"] > town.end - recent_days))


@scheme("HV01")
def over_occupancy(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    mine = np.flatnonzero(t["provider_id"] == p)
    first = town.end - case.count(40, 160)
    there = int(((t["placed_on"][mine] <= first) & (until(town, t, mine) > first + 30)).sum())
    over = case.count(1, 4)
    register = town.get("providers")
    register["permit_places"][p] = max(3, there)
    length = case.count(14, 60)
    extra = max(3, there) - there + over
    rate = usual_rate(town, p)
    for _ in range(extra):
        place(town, p, person_of(town, 2011, account=-1), first, first + length, rate)
    case.note("provider", p, over * length * rate, extra, "fler placerade än tillståndet medger",
              (first, first + length))


@scheme("HV02", "invoices")
def billed_after_leaving(town: Town, case: Case) -> None:
    p = provider(town, case)
    t, c = town.get(STAYS), town.get(CLAIMS)
    n, amount = 0, 0.0
    ended = [s for s in stays(town, p) if t["left_on"][s] != NULL_TIME]
    for s in case.rng.permutation(np.array(ended, dtype=int))[: case.count(1, 4)]:
        rows = np.flatnonzero(c["placement_id"] == t["placement_id"][s])
        if not len(rows):
            continue
        r = rows[np.argmax(c["period_to"][rows])]
        days = case.count(4, 28)
        rate = float(t["agreed_rate_sek"][s])
        c["period_to"][r] += days
        c["billed_days"][r] += days
        c["amount_sek"][r] = round(c["amount_sek"][r] + days * rate, 2)
        amount, n = amount + days * rate, n + 1
    case.note("provider", p, amount, n, "dygn efter att barnet flyttat")


@scheme("HV03", "invoices")
def days_over_calendar(town: Town, case: Case) -> None:
    p = provider(town, case)
    c = town.get(CLAIMS)
    hit = case.rng.permutation(claims_of(town, p))[: case.count(1, 6)]
    more = np.array([case.count(1, 9) for _ in hit])
    rate = c["amount_sek"][hit] / np.maximum(c["billed_days"][hit], 1)
    c["billed_days"][hit] += more
    c["amount_sek"][hit] = np.round(c["amount_sek"][hit] + more * rate, 2)
    case.note("provider", p, float((more * rate).sum()), len(hit), "fler dygn än perioden har")


@scheme("HV04")
def two_homes(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    stop = until(town, t, np.arange(len(t["provider_id"])))
    others = np.flatnonzero((t["provider_id"] != p) & (stop > town.end - 90))
    n, amount = 0, 0.0
    for s in case.rng.permutation(others)[: case.count(1, 3)]:
        leaves = int(stop[s])
        nights = min(case.count(5, 35), leaves - int(t["placed_on"][s]) - 1)
        if nights < 4:
            continue
        rate = min(float(t["agreed_rate_sek"][s]), usual_rate(town, p))
        place(town, p, int(t["client_token"][s]), leaves - nights,
              leaves - 1 if leaves < town.end else None, rate)
        amount, n = amount + nights * rate, n + 1
    register = town.get("providers")
    register["permit_places"][p] += n
    case.note("provider", p, amount, n, "samma barn i två hem samma nätter")


@scheme("HV05", "invoices")
def rate_over_agreed(town: Town, case: Case) -> None:
    p = provider(town, case)
    c = town.get(CLAIMS)
    rows = claims_of(town, p)
    hit = rows[case.rng.random(len(rows)) < case.size(0.4, 1.0)] if len(rows) > 3 else rows
    more = np.round((c["amount_sek"][hit] - c["extras_sek"][hit]) * case.size(0.02, 0.18), 2)
    c["amount_sek"][hit] = np.round(c["amount_sek"][hit] + more, 2)
    case.note("provider", p, float(more.sum()), len(hit), "dygnspris över det avtalade")


@scheme("HV06", "invoices")
def extras(town: Town, case: Case) -> None:
    p = provider(town, case)
    c = town.get(CLAIMS)
    hit = claims_of(town, p)
    more = np.round((c["amount_sek"][hit] - c["extras_sek"][hit]) * case.size(0.12, 0.5)
                    * case.rng.uniform(0.7, 1.3, len(hit)) / 100) * 100
    c["extras_sek"][hit] += more
    c["amount_sek"][hit] = np.round(c["amount_sek"][hit] + more, 2)
    case.note("provider", p, float(more.sum()), len(hit), "stor andel tilläggskostnader")


@scheme("HV07")
def permit_ended(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    last = town.end - case.count(30, 200)
    town.get("providers")["permit_to"][p] = last
    mine = np.flatnonzero(t["provider_id"] == p)
    nights = np.clip(until(town, t, mine) - np.maximum(t["placed_on"][mine], last + 1), 0, None)
    if not nights.sum():
        place(town, p, person_of(town, 2010, account=-1), last + 3, None, usual_rate(town, p))
    case.note("provider", p, float((nights * t["agreed_rate_sek"][mine]).sum()), int((nights > 0).sum()),
              "dygn efter att tillståndet upphört", (last + 1, town.end - 1))


@scheme("HV08")
def phoenix(town: Town, case: Case) -> None:
    old, new = provider(town, case), provider(town, case)
    end = town.end - case.count(160, 330)
    replace_company(town, case, old, new, end, int(case.rng.integers(20, 150)))
    t = town.get(STAYS)
    gone = (t["provider_id"] == old) & (t["placed_on"] > end)
    town.drop(STAYS, gone)
    t = town.get(STAYS)
    mine = (t["provider_id"] == old) & ((t["left_on"] > end) | (t["left_on"] == NULL_TIME))
    t["left_on"][mine] = end
    town.drop(STAYS, (town.get(STAYS)["provider_id"] == new)
              & (town.get(STAYS)["placed_on"] < town.get("providers")["registered_on"][new]))
    place(town, new, person_of(town, 2011, account=-1), town.end - 60, None, usual_rate(town, new))
    case.note("provider", new, 0, 1, "ny utförare med samma företrädare och konto som en nedlagd",
              (end, town.end - 1))


def replace_company(town: Town, case: Case, old: int, new: int, end: int, gap: int) -> None:
    """`new` is registered `gap` days after the end of `old` and shares two or more strong tokens with it."""
    register, roles = town.get("providers"), town.get("provider_roles")
    register["deregistered_on"][old] = end
    register["permit_to"][old] = end
    roles["role_to"][roles["provider_id"] == old] = end
    register["registered_on"][new] = end + gap
    register["permit_from"][new] = end + gap + 5
    before = np.flatnonzero(roles["provider_id"] == old)
    after = np.flatnonzero(roles["provider_id"] == new)
    roles["role_from"][after] = end + gap
    shared = 2 if case.difficulty != "easy" else min(len(before), len(after))
    roles["person_token"][after[:shared]] = roles["person_token"][before[:shared]]
    if case.difficulty != "hard":
        register["bank_account_token"][new] = register["bank_account_token"][old]
    if case.difficulty == "easy":
        register["address_token"][new] = register["address_token"][old]


@scheme("HV09")
def owners_replaced(town: Town, case: Case) -> None:
    p = provider(town, case)
    register, roles = town.get("providers"), town.get("provider_roles")
    permit = town.end - case.count(380, 620)
    register["permit_from"][p] = permit
    register["registered_on"][p] = permit - 120
    change = permit + case.count(60, 340)
    mine = np.flatnonzero(roles["provider_id"] == p)
    roles["role_from"][mine], roles["role_to"][mine] = permit - 120, change
    town.add("provider_roles", provider_id=p, person_token=[person_of(town) for _ in mine],
             role=roles["role"][mine], role_from=change + 1)
    t = town.get(STAYS)
    town.drop(STAYS, (t["provider_id"] == p) & (t["placed_on"] < permit))
    place(town, p, person_of(town, 2010, account=-1), town.end - 80, None, 6200.0)
    case.note("provider", p, 0, len(mine), "alla företrädare utbytta inom ett år från tillståndet", (permit, change))


@scheme("HV10", "invoices")
def overlapping_claims(town: Town, case: Case) -> None:
    p = provider(town, case)
    c = town.get(CLAIMS)
    rows = claims_of(town, p)
    hit = case.rng.permutation(rows[c["billed_days"][rows] >= 8])[: case.count(1, 6)]
    days = np.minimum(c["billed_days"][hit], case.count(3, 25))
    rate = (c["amount_sek"][hit] - c["extras_sek"][hit]) / c["billed_days"][hit]
    copy_rows(town, CLAIMS, hit, period_from=c["period_to"][hit] - days + 1, billed_days=days.astype(np.int32),
              amount_sek=np.round(rate * days, 2), extras_sek=np.zeros(len(hit)),
              invoiced_on=c["invoiced_on"][hit] + 9)
    case.note("provider", p, float((rate * days).sum()), len(hit), "två fakturor för samma dygn")


@scheme("HV11")
def absent_child(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    s = int(case.rng.choice(stays(town, p, 30, 300)))
    nights = case.count(6, 25)
    stop = int(until(town, t, np.array([s]))[0])
    begin = max(int(t["placed_on"][s]) + 1, stop - nights - int(case.rng.integers(25, 60)))
    town.add("absences", person_token=int(t["client_token"][s]),
             kind=[str(case.rng.choice(["custody", "hospital"]))],
             absent_from=begin * 1440 + 840, absent_to=(begin + nights) * 1440 + 600)
    case.note("provider", p, nights * float(t["agreed_rate_sek"][s]), 1, "fakturerat medan barnet var borta",
              (begin, begin + nights))


@scheme("HV12")
def rate_outlier(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    mine = t["provider_id"] == p
    t["agreed_rate_sek"][mine] = np.round(t["agreed_rate_sek"][mine] * case.size(1.55, 2.6) / 50) * 50
    case.note("provider", p, 0, int(mine.sum()), "dygnspris långt över jämförbara")


@scheme("HV13")
def placed_and_home_care(town: Town, case: Case) -> None:
    p = provider(town, case)
    t = town.get(STAYS)
    s = int(case.rng.choice(stays(town, p, 25, 120)))
    child = int(t["client_token"][s])
    home = int(case.rng.choice(town.info["providers"]["home_care"][1:]))
    staff = person_of(town)
    stop = int(until(town, t, np.array([s]))[0])
    start = max(int(t["placed_on"][s]) + 2, town.start)
    n = case.count(6, 40)
    for k in range(n):
        d = start + k * max(1, (stop - start - 2) // n)
        if start <= d < min(stop, town.end):
            add_visit(town, home, child, staff, d * 1440 + 960 + int(case.rng.integers(0, 60)), 45, case.rng)
    town.add("home_care_decisions", client_token=child, provider_id=home, valid_from=start - 30,
             granted_minutes_per_month=3000, double_staffed=0, area_code=0, decided_on=start - 40, night_granted=0)
    case.note("provider", p, n * 45 / 60 * 440, n, "hemtjänst medan barnet är placerat")
    case.note("provider", home, n * 45 / 60 * 440, n, "hemtjänst hos ett placerat barn")
