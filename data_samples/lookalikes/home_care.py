"""Look-alikes of home care."""

from __future__ import annotations

import numpy as np

from data_samples.lookalikes.case import innocent
from data_samples.model import Town, first_day
from data_samples.schemes import home_care as hc
from data_samples.schemes.case import Innocent, copy_rows, in_months, last_months, person_of

CLAIMS = "home_care_invoices"


@innocent("HC01")
def one_household(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    one, two = case.rng.permutation(np.unique(v["client_token"][rows]))[:2]
    for name in ("address", "area"):
        getattr(town.people, name)[two] = getattr(town.people, name)[one]
    mine = rows[(v["client_token"][rows] == one) & (v["ended_at"][rows] - v["started_at"][rows] >= 15)]
    n = 0
    days = np.unique(v["started_at"][rows[v["client_token"][rows] == two]] // 1440)  # at home and with a decision
    for r in mine[np.isin(v["started_at"][mine] // 1440, days)][:60:2]:  # the spouse is helped in the same visit
        if hc.free_at(v, rows, "client_token", int(two), int(v["started_at"][r]), int(v["ended_at"][r])):
            hc.add_visit(town, p, int(two), int(v["staff_token"][r]), int(v["started_at"][r]), 20, case.rng, 0)
            n += 1
    d = town.get("home_care_decisions")
    d["area_code"][d["client_token"] == two] = int(town.people.area[one])
    d["granted_minutes_per_month"][d["client_token"] == two] += 400
    v = town.get(hc.VISITS)
    v["area_code"][v["client_token"] == two] = int(town.people.area[one])
    case.note("provider", p, 0, n, "två brukare i samma hushåll får hjälp i samma besök")


@innocent("HC02")
def handover(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    hit = case.rng.permutation(rows[in_months(v["started_at"][rows], *([last_months(town, 1)[0]] * 2))])[:14]
    colleague = person_of(town)
    last = -10_000
    for r in hit[np.argsort(v["ended_at"][hit])]:
        if v["ended_at"][r] - last > 120:
            hc.add_visit(town, p, int(v["client_token"][r]), colleague, int(v["ended_at"][r]) - 6, 7, case.rng, 0)
            last = int(v["ended_at"][r])
    case.note("provider", p, 0, len(hit), "överlämning på några minuter mellan två personal")


@innocent("HC03")
def admission_day(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    client = int(case.rng.choice(np.unique(v["client_token"][rows])))
    begin = int(case.rng.integers(town.start + 20, town.end - 20))
    inside = (v["client_token"] == client) & (v["started_at"] >= (begin + 1) * 1440) \
        & (v["started_at"] < (begin + 5) * 1440)
    town.drop(hc.VISITS, inside)
    town.add("absences", person_token=client, kind=["hospital"], absent_from=begin * 1440 + 450,
             absent_to=(begin + 5) * 1440 + 1000, reported_on=begin + 9, reported_by_provider_id=p)
    case.note("provider", p, 0, 2, "in- och utskrivningsdag; frånvaron anmäldes sent av utföraren", (begin, begin + 5))


@innocent("HC04")
def on_call_night(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    staff = int(town.info["hc_staff"][p][0])
    n = 0
    for d in (town.end - 20, town.end - 55):
        clients = hc.seen_around(town, p, d)
        if not len(clients):
            continue
        town.drop(hc.VISITS, (town.get(hc.VISITS)["staff_token"] == staff)
                  & (np.abs(town.get(hc.VISITS)["started_at"] // 1440 - d) <= 1))
        for k in range(8):  # eight short safety rounds in 15 hours on call
            hc.add_visit(town, p, int(clients[k % len(clients)]), staff, d * 1440 + 1330 + k * 55, 12, case.rng, 0)
            n += 1
    case.note("provider", p, 0, n, "tillsyn på larm under lång jour")


@innocent("HC05")
def cover_week(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 6)
    staff = int(town.info["hc_staff"][p][2])
    monday = town.end - 70 - (town.end + 3) % 7
    n = sum(hc.chain(town, case, p, staff, monday + d, 400, 10.8) for d in range(6))
    case.note("provider", p, 0, n, "en enda vecka över 60 timmar vid vikariebrist", (monday, monday + 6))


@innocent("HC06")
def same_stairs(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    order = rows[np.lexsort((v["started_at"][rows], v["staff_token"][rows]))]
    a, b = order[:-1], order[1:]
    close = (v["staff_token"][a] == v["staff_token"][b]) & (v["area_code"][a] == v["area_code"][b]) \
        & (v["started_at"][b] - v["ended_at"][a] > 0) & (v["started_at"][b] - v["ended_at"][a] < 15)
    hit = a[close & (case.rng.random(len(a)) < 0.5)]
    v["ended_at"][hit] = v["started_at"][b[np.isin(a, hit)]] - 1
    case.note("provider", p, 0, len(hit), "brukare i samma trapphus: ingen restid behövs")


@innocent("HC07", "invoices")
def late_cancellation(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3, reimbursement_model={"performed"})
    t = town.get(CLAIMS)
    hit = np.flatnonzero((t["provider_id"] == p) & (case.rng.random(len(t["provider_id"])) < 0.5))
    more = np.minimum(np.round(t["billed_minutes"][hit] * 0.04), 50).astype(int)
    rate = t["amount_sek"][hit] / np.maximum(t["billed_minutes"][hit], 1)
    t["billed_minutes"][hit] += more
    t["amount_sek"][hit] = np.round(t["billed_minutes"][hit] * rate, 2)
    case.note("provider", p, 0, len(hit), "ersättning för sena avbokningar enligt avtal")


@innocent("HC08")
def one_month_more(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    client = int(case.rng.choice(np.unique(v["client_token"][rows])))
    month = last_months(town, 2)[0]
    mine = rows[(v["client_token"][rows] == client) & in_months(v["started_at"][rows], month, month)]
    staff = person_of(town)
    n = 0
    for r in mine[::3]:
        if hc.free_at(v, rows, "client_token", client, int(v["ended_at"][r]) + 60, int(v["ended_at"][r]) + 100):
            hc.add_visit(town, p, client, staff, int(v["ended_at"][r]) + 60, 35, case.rng, 0)
            n += 1
    case.note("provider", p, 0, n, "tillfälligt utökat behov en månad", (first_day(month), first_day(month + 1) - 1))


@innocent("HC09")
def retroactive(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    d = town.get("home_care_decisions")
    rows = np.flatnonzero(d["provider_id"] == p)
    hit = case.rng.permutation(rows)[:2]
    v = town.get(hc.VISITS)
    for r in hit:
        town.drop(hc.VISITS, (v["client_token"] == d["client_token"][r]) & (v["started_at"] < (town.start + 20) * 1440))
        v = town.get(hc.VISITS)
    d["valid_from"][hit], d["decided_on"][hit] = town.start + 20, town.start + 20 + 24
    case.note("provider", p, 0, len(hit), "beslut fattat i efterhand inom 30 dagar", (town.start + 20, town.start + 44))


@innocent("HC10")
def fixed_compensation(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 4)
    register = town.get("providers")
    register["reimbursement_model"][p] = "granted"
    n = hc.fit_to_grant(town, case.rng, p, 0.35, steady=True)
    case.note("provider", p, 0, n, "fast ersättning efter beviljad tid: utfallet ligger nära beslutet")


@innocent("HC11")
def tag_outage(town: Town, case: Innocent) -> None:
    v = town.get(hc.VISITS)
    n = int(((v["started_at"] // 1440 == town.info["outage"]) & (v["registration"] == 3)).sum())
    if case.number == 0:
        case.note("provider", "*", 0, n, "taggläsarna låg nere för alla", (town.info["outage"], town.info["outage"]))


@innocent("HC12")
def corrected_down(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    month = last_months(town, 1)[0]
    mine = rows[in_months(v["started_at"][rows], month, month)]
    hit = mine[case.rng.random(len(mine)) < 0.04]
    v["edited_afterwards"][hit] = 1
    v["edited_at"][hit] = first_day(month + 1) * 1440 + 2 * 1440
    v["ended_at"][hit] -= np.minimum(3, v["ended_at"][hit] - v["started_at"][hit] - 2)
    case.note("provider", p, 0, len(hit), "utföraren rättade nedåt före fakturan")


@innocent("HC13")
def fixed_meals(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    meals = rows[v["service"][rows] == 2]
    days = v["started_at"][meals] // 1440
    v["started_at"][meals] -= (v["started_at"][meals] - days * 1440) % 5  # planned to the five minutes
    case.note("provider", p, 0, len(meals), "måltider på fasta tider")


@innocent("HC14")
def manual_quarters(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    n = hc.round_durations(town, case.rng, hc.rows_of(town, p), 1.0, (3,))
    case.note("provider", p, 0, n, "bara manuella besök är avrundade")


@innocent("HC15")
def village_team(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    client = int(case.rng.choice(np.unique(v["client_token"][rows])))
    mine = rows[v["client_token"][rows] == client]
    staff = person_of(town)
    single = mine[np.concatenate([[True], np.diff(v["started_at"][mine]) != 0])]
    v["staff_token"][single] = staff
    v["registration"][single] = np.where(case.rng.random(len(single)) < 0.6, 0, v["registration"][single])
    case.note("provider", p, 0, len(single), "liten by: en och samma personal, men taggade besök")


@innocent("HC16")
def one_relative(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 6)
    n = hc.employ_relatives(town, case.rng, p, 0.01)
    case.note("provider", p, 0, n, "en enda anhöriganställning, tillåten")


@innocent("HC17")
def takeover(town: Town, case: Innocent) -> None:
    old, new = hc.provider(town, case, 4), hc.provider(town, case, 2)
    v, d = town.get(hc.VISITS), town.get("home_care_decisions")
    move = first_day(last_months(town, 2)[0])
    clients = np.unique(v["client_token"][v["provider_id"] == old])
    hit = (v["provider_id"] == old) & (v["started_at"] >= move * 1440) & np.isin(v["client_token"], clients)
    v["provider_id"][hit] = new
    rows = np.flatnonzero((d["provider_id"] == old) & np.isin(d["client_token"], clients))
    copy_rows(town, "home_care_decisions", rows, provider_id=np.full(len(rows), new),
              decided_on=np.full(len(rows), move - 20),
              valid_from=np.maximum(d["valid_from"][rows], move).astype(np.int32))
    d = town.get("home_care_decisions")
    ended = (d["valid_to"][rows] < move) & (d["valid_to"][rows] > 0)
    d["valid_to"][rows] = np.where(ended, d["valid_to"][rows], move - 1)
    town.info["hc_staff"][new] = np.concatenate([town.info["hc_staff"][new], town.info["hc_staff"][old]])
    register, roles = town.get("providers"), town.get("provider_roles")
    register["registered_on"][new] = move - 120
    register["permit_from"][new] = move - 60
    roles["role_from"][roles["provider_id"] == new] = move - 120
    early = (v["provider_id"] == new) & (v["started_at"] < (move - 45) * 1440)
    town.drop(hc.VISITS, early)
    case.note("provider", new, 0, int(hit.sum()), "tog över ett avtal med alla brukare", (move, town.end - 1))


@innocent("HC18")
def night_patrol(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 3)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    d = town.get("home_care_decisions")
    d["night_granted"][d["provider_id"] == p] = 1
    evening = rows[v["started_at"][rows] % 1440 >= 1200]
    staff = {int(c): person_of(town) for c in np.unique(v["client_token"][evening])}
    v["started_at"][evening] += 120
    v["ended_at"][evening] += 120
    v["staff_token"][evening] = [staff[int(c)] for c in v["client_token"][evening]]
    case.note("provider", p, 0, len(evening), "nattpatrull med beslut om natt")


@innocent("HC19", "invoices")
def credited(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    t = town.get(CLAIMS)
    hit = case.rng.permutation(np.flatnonzero(t["provider_id"] == p))[:2]
    copy_rows(town, CLAIMS, hit, invoiced_on=t["invoiced_on"][hit] + 2)
    copy_rows(town, CLAIMS, hit, invoiced_on=t["invoiced_on"][hit] + 9, amount_sek=-t["amount_sek"][hit],
              billed_minutes=-t["billed_minutes"][hit])
    case.note("provider", p, 0, 2 * len(hit), "dubbletten krediterades inom en vecka")
