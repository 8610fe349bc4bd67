"""Look-alikes of personal assistance."""

from __future__ import annotations

import numpy as np

from data_samples.assistance import ACTIVE, HOME
from data_samples.home_care import last_sunday
from data_samples.lookalikes.case import innocent
from data_samples.model import Town, as_date
from data_samples.schemes import assistance as pa
from data_samples.schemes.case import Innocent, in_months, last_months, person_of


@innocent("PA01")
def siblings(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 2)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    one, two = pa.client_indices(town, p)[:2]
    first, second = (int(town.info["pa"]["client"][c]) for c in (one, two))
    town.people.address[second] = town.people.address[first]
    mine = rows[(s["client_token"][rows] == second) & (s["kind"][rows] == ACTIVE)]
    other = rows[s["client_token"][rows] == first]
    n = 0
    for r in mine[-60::4]:  # the assistant of one sibling also covers the other for a while
        together = other[(s["started_at"][other] < s["ended_at"][r] - 20)
                         & (s["ended_at"][other] > s["started_at"][r] + 20)]
        if len(together):
            s["assistant_token"][r] = s["assistant_token"][together[0]]
            n += 1
    case.note("provider", p, 0, n, "syskon som bor ihop delar assistent")


@innocent("PA02")
def dst_night(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s = town.get(pa.SHIFTS)
    sunday, away = _clock_change(town), town.get("absences")
    gone = away["person_token"][(away["absent_from"] < (sunday + 1) * 1440) & (
        (away["absent_to"] >= sunday * 1440) | (away["absent_to"] < 0))]
    mine = pa.client_indices(town, p)
    c = next((c for c in mine if town.info["pa"]["client"][c] not in gone), mine[0])
    client, who = int(town.info["pa"]["client"][c]), int(town.info["pa"]["teams"][c][0])
    day_rows = (s["client_token"] == client) & (s["started_at"] // 1440 == sunday)
    own = (s["assistant_token"] == who) & (np.abs(s["started_at"] // 1440 - sunday) <= 1)
    town.drop(pa.SHIFTS, day_rows | own)
    pa.shift(town, p, client, who, sunday * 1440, 720, HOME)  # a whole day of 25 hours on this date
    pa.shift(town, p, client, who, sunday * 1440 + 720, 720, ACTIVE)
    d = town.get(pa.DECISIONS)
    d["hours_per_week"][d["client_token"] == client] += 3
    case.note("provider", p, 0, 2, "dygnet då klockan ställs om", (sunday, sunday))


def _clock_change(town: Town) -> int:
    """The last Sunday of October inside the window (else the last Sunday of the window)."""
    for year in (as_date(town.end).year, as_date(town.start).year):
        found = last_sunday(year, 10)
        if town.start < found < town.end - 1:
            return found
    return town.end - 2 - (town.end - 2 + 4) % 7


@innocent("PA03")
def one_long_week(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    c = pa.client_indices(town, p)[0]
    who, team = int(town.info["pa"]["teams"][c][0]), town.info["pa"]["teams"][c]
    week = (town.end - 30 + 3) // 7
    mine = rows[np.isin(s["assistant_token"][rows], team[:2]) & ((s["started_at"][rows] // 1440 + 3) // 7 == week)]
    s["assistant_token"][mine] = who
    case.note("provider", p, 0, len(mine), "en vecka med mycket tid vid kollegans sjukdom",
              (week * 7 - 3, week * 7 + 3))


@innocent("PA04")
def short_handover(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    order = rows[np.lexsort((s["started_at"][rows], s["client_token"][rows]))]
    follows = (s["client_token"][order[:-1]] == s["client_token"][order[1:]]) \
        & (s["ended_at"][order[:-1]] == s["started_at"][order[1:]]) \
        & (s["assistant_token"][order[:-1]] != s["assistant_token"][order[1:]])
    hit = order[:-1][follows][::3]
    s["ended_at"][hit] += 10
    case.note("provider", p, 0, len(hit), "tio minuters överlämning mellan assistenter")


@innocent("PA05")
def saved_hours(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s = town.get(pa.SHIFTS)
    # somebody whose day has room for more: with care around the clock there would be more hours than the day has
    c = min(pa.client_indices(town, p), key=lambda i: town.info["pa"]["hours"][i])
    room = town.info["pa"]["hours"][c] <= 22
    client = int(town.info["pa"]["client"][c])
    month = last_months(town, 1)[0]
    early = (s["client_token"] == client) & in_months(s["started_at"], town.months[0], month - 1)
    town.drop(pa.SHIFTS, early & (case.rng.random(len(early)) < 0.12))
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    mine = rows[(s["client_token"][rows] == client) & in_months(s["started_at"][rows], month, month)]
    helper = person_of(town)
    for r in mine[np.concatenate([np.diff(s["started_at"][mine] // 1440) > 0, [False]]) & room][::4]:
        pa.shift(town, p, client, helper, int(s["ended_at"][r]) + 15, 90)
    case.note("provider", p, 0, len(mine), "sparade timmar används inom avräkningsperioden")


@innocent("PA06")
def nearly_full(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    d = town.get(pa.DECISIONS)
    mine = d["provider_id"] == p
    d["hours_per_week"][mine] = np.round(d["hours_per_week"][mine] * 0.99 * 4) / 4
    case.note("provider", p, 0, int(mine.sum()), "hög men varierande nyttjandegrad")


@innocent("PA07")
def hospital_first_days(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    client = int(case.rng.choice(np.unique(s["client_token"][rows])))
    begin = int(case.rng.integers(town.start + 10, town.end - 12))
    town.drop(pa.SHIFTS, (s["client_token"] == client) & (s["started_at"] >= (begin + 1) * 1440)
              & (s["started_at"] < (begin + 4) * 1440))
    town.add("absences", person_token=client, kind=["hospital"], absent_from=begin * 1440 + 1020,
             absent_to=(begin + 3) * 1440 + 600, reported_on=begin + 1, reported_by_provider_id=p)
    case.note("provider", p, 0, 1, "inläggningsdagen arbetades, sedan pausades assistansen", (begin, begin + 3))


@innocent("PA08")
def day_of_travel(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    who = int(case.rng.choice(s["assistant_token"][rows]))
    mine = np.sort(s["started_at"][rows[s["assistant_token"][rows] == who]]) // 1440
    gaps = np.flatnonzero(np.diff(mine) >= 2)
    begin = int(mine[gaps[len(gaps) // 2]]) if len(gaps) else int(mine[-1])
    town.add("absences", person_token=who, kind=["abroad"], absent_from=begin * 1440 + 1430,
             absent_to=(begin + 1) * 1440 + 1300)
    case.note("provider", p, 0, 1, "ledig dag utomlands mellan två pass", (begin, begin + 1))


@innocent("PA09", "invoices")
def rounding(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    t = town.get(pa.CLAIMS)
    hit = np.flatnonzero(t["provider_id"] == p)
    t["billed_hours"][hit] = np.ceil(t["billed_hours"][hit] * 2) / 2
    t["amount_sek"][hit] = np.round(t["billed_hours"][hit] * t["rate_sek"][hit], 2)
    case.note("provider", p, 0, len(hit), "timmar avrundade till halvtimme per månad")


@innocent("PA11", "invoices")
def raised_rate(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    t, d = town.get(pa.CLAIMS), town.get(pa.DECISIONS)
    d["raised_rate"][d["provider_id"] == p] = 1
    hit = np.flatnonzero(t["provider_id"] == p)
    t["rate_sek"][hit] = np.round(pa.RATE * 1.1, 2)
    t["amount_sek"][hit] = np.round(t["billed_hours"][hit] * t["rate_sek"][hit], 2)
    case.note("provider", p, 0, len(hit), "beslut om höjt timbelopp inom gränsen")


@innocent("PA10")
def couple(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    c = pa.client_indices(town, p)[0]
    client, partner = int(town.info["pa"]["client"][c]), int(town.info["pa"]["teams"][c][0])
    town.people.address[partner] = town.people.address[client]
    town.people.account[partner] = town.people.account[client]
    case.note("provider", p, 0, 1, "sambor med gemensamt hushållskonto, en är assistent")


@innocent("PA14")
def just_eighteen(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    who = int(case.rng.choice(s["assistant_token"][rows]))
    town.people.born[who] = town.as_of.year - 19
    case.note("provider", p, 0, 1, "ung assistent som har fyllt 18")
