"""Look-alikes of association grants and of the ledger."""

from __future__ import annotations

import numpy as np

from data_samples.associations import ACTIVITY, PROJECT, RENT
from data_samples.ledger import pay, workday
from data_samples.lookalikes.case import innocent
from data_samples.model import Town, day
from data_samples.schemes import associations as ag
from data_samples.schemes import ledger as lp
from data_samples.schemes.case import Innocent, copy_rows, person_of


@innocent("AG01")
def sports_town(town: Town, case: Innocent) -> None:
    a = ag.association(town, case, 30, category={"sport"})
    year = town.as_of.year
    m, n = town.get(ag.MEMBERS), len(town.association_ids)
    own = np.unique(m["member_token"][(m["association_id"] == a) & (m["year"] == year)])
    chosen = case.rng.permutation(own)[: max(4, len(own) // 6)]
    for other in case.rng.choice([o for o in range(n) if o != a], 2, replace=False):
        there = m["member_token"][(m["association_id"] == other) & (m["year"] == year)]
        ag.members(town, int(other), np.setdiff1d(chosen, there), year)
    case.note("association", a, 0, len(chosen), "idrottsort: en del barn är med i två föreningar till")


@innocent("AG02")
def sibling_card(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    acts, att = town.get(ag.ACTS), town.get(ag.ATTENDANCE)
    r = int(ag.acts_of(town, a)[3])
    people = att["member_token"][att["activity_id"] == acts["activity_id"][r]]
    ag.session(town, a, int(acts["started_at"][r]) + 30, -1, person_of(town, 1992), people[:2])
    case.note("association", a, 0, 2, "två syskonkort förväxlade en gång")


@innocent("AG03")
def outdoors(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    acts, b = town.get(ag.ACTS), town.get(ag.BOOKINGS)
    acts["venue_token"][ag.acts_of(town, a)] = -1
    town.drop(ag.BOOKINGS, b["association_id"] == a)
    case.note("association", a, 0, len(ag.acts_of(town, a)), "tränar utomhus: ingen kommunal lokal att boka")


@innocent("AG04")
def young_leaders(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    acts = town.get(ag.ACTS)
    leaders = np.unique(acts["leader_token"][ag.acts_of(town, a)])
    ag.members(town, a, leaders, town.as_of.year)
    case.note("association", a, 0, len(leaders), "vuxna ledare är medlemmar men inte bidragsgrundande deltagare")


@innocent("AG05")
def merger(town: Town, case: Innocent) -> None:
    a, b = ag.association(town, case), ag.association(town, case)
    year, m = town.as_of.year, town.get(ag.MEMBERS)
    there = np.flatnonzero((m["association_id"] == b) & (m["year"] == year))
    own = m["member_token"][(m["association_id"] == a) & (m["year"] == year)]
    moved = there[~np.isin(m["member_token"][there], own)]
    m["association_id"][moved] = a
    g = town.get(ag.GRANTS)
    town.drop(ag.GRANTS, (g["association_id"] == b) & (g["year"] == year))
    case.note("association", a, 0, len(moved), "föreningarna gick samman vid årsskiftet")


@innocent("AG06")
def steady_members(town: Town, case: Innocent) -> None:
    a = ag.association(town, case, 50)
    year, m = town.as_of.year, town.get(ag.MEMBERS)
    now = m["member_token"][(m["association_id"] == a) & (m["year"] == year)]
    town.drop(ag.MEMBERS, (m["association_id"] == a) & (m["year"] == year - 1))
    ag.members(town, a, now[: int(len(now) * 0.93)], year - 1)
    case.note("association", a, 0, len(now), "trogna medlemmar: nio av tio är kvar")


@innocent("AG07")
def small_team(town: Town, case: Innocent) -> None:
    a = ag.association(town, case, 18)
    ag.copy_lists(town, a, 0.55, case.rng)
    case.note("association", a, 0, 1, "litet lag som ofta är fulltaligt")


@innocent("AG08")
def co_funding(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    year = town.as_of.year
    ag.grant(town, a, PROJECT, year, 30_000, "fritidsnämnden", "sommarläger, kommunens del")
    ag.grant(town, a, PROJECT, year, 18_000, "kulturnämnden", "musikdag i parken")
    case.note("association", a, 0, 2, "två projekt med olika ändamål")


@innocent("AG09")
def new_and_small(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    year = town.as_of.year
    asked = day(town.as_of.replace(month=3, day=1))
    town.get("associations")["registered_on"][a] = asked - 150
    roles = town.get("association_roles")
    roles["role_from"][roles["association_id"] == a] = asked - 150
    for name in (ag.MEMBERS, ag.GRANTS):
        t = town.get(name)
        town.drop(name, (t["association_id"] == a) & (t["year"] < year))
    g = town.get(ag.GRANTS)
    for column in ("applied_sek", "granted_sek", "paid_sek"):
        mine = ag.grants_of(town, a)
        g[column][mine] = np.round(g[column][mine] * 0.4)
    case.note("association", a, 0, 1, "ny förening med litet startbidrag")


@innocent("AG10")
def indexed(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    g = town.get(ag.GRANTS)
    rows = ag.grants_of(town, a, ACTIVITY)
    g["paid_sek"][rows] = np.round(g["granted_sek"][rows] * 0.98)
    case.note("association", a, 0, len(rows), "något mindre utbetalt efter avräkning")


@innocent("AG11")
def umbrella(town: Town, case: Innocent) -> None:
    group = [ag.association(town, case, 18, category={"sport", "culture", "youth"}) for _ in range(3)]
    register = town.get("associations")
    account = int(register["bank_account_token"][group[0]])
    if case.rng.random() < 0.5:  # the register names the parent association, or the municipality has listed the account
        register["parent_association_id"][group[1:]] = group[0]
    else:
        town.lists["umbrella_accounts"].append(town.token("account", account))
    for a in group:
        register["category"][a] = "sport"
        register["name"][a] = f"{register['name'][group[0]]} sektion {a}" if a != group[0] else register["name"][a]
        register["bank_account_token"][a] = account
        town.get(ag.GRANTS)["bank_account_token"][ag.grants_of(town, a)] = account
        case.note("association", a, 0, 1, "paraplyförening med sektioner på ett konto")


@innocent("AG12")
def federation(town: Town, case: Innocent) -> None:
    group = [ag.association(town, case) for _ in range(3)]
    roles = town.get("association_roles")
    rows = [np.flatnonzero(roles["association_id"] == a) for a in group]
    for other in rows[1:]:
        roles["person_token"][other[-1]] = roles["person_token"][rows[0][-1]]
    for a in group:
        case.note("association", a, 0, 1, "distriktsförbund: en gemensam person i styrelserna")


@innocent("AG13")
def elected_board(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    roles = town.get("association_roles")
    rows = np.flatnonzero(roles["association_id"] == a)
    gone = rows[: len(rows) // 2]
    change = day(town.as_of.replace(month=3, day=15))
    roles["role_from"][gone] = np.minimum(roles["role_from"][gone], change - 700)
    roles["role_to"][gone] = change
    town.add("association_roles", association_id=a, person_token=[person_of(town) for _ in gone],
             role=roles["role"][gone], role_from=change + 1)
    case.note("association", a, 0, len(gone), "halva styrelsen byttes på årsmötet")


@innocent("AG15")
def round_application(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    ag.grant(town, a, PROJECT, town.as_of.year, 24_800, "fritidsnämnden", "lägerskola")
    case.note("association", a, 0, 1, "en enda ansökan nära en gräns")


@innocent("AG14")
def leader_next_hall(town: Town, case: Innocent) -> None:
    a = ag.association(town, case)
    m = town.get(ag.MEMBERS)
    own = m["member_token"][(m["association_id"] == a) & (m["year"] == town.as_of.year)]
    acts, rows = town.get(ag.ACTS), ag.acts_of(town, a)
    for r in rows[:6]:
        end = int(acts["ended_at"][r])
        ag.session(town, a, end, -1, int(acts["leader_token"][r]), own[:5])
    case.note("association", a, 0, 6, "samma ledare direkt efteråt, inte samtidigt")


@innocent("AG16")
def rented_hall(town: Town, case: Innocent) -> None:
    a = ag.association(town, case, 25)
    ag.grant(town, a, RENT, town.as_of.year, 45_000, "fritidsnämnden", "hyra av ridhus")
    case.note("association", a, 0, 1, "dyr lokal ger högre bidrag per medlem")


# ---- ledger
def _supplier(town: Town, case: Innocent, text: str, n: int, who: str) -> None:
    case.note("provider", who, 0, n, text, (town.end - 730, town.end - 1))


@innocent("LP01", "ledger")
def duplicate_credited(town: Town, case: Innocent) -> None:
    who = lp.supplier(town, case)
    t, hit = town.get(lp.LEDGER), lp.some(town, case, who, 2)
    copy_rows(town, lp.LEDGER, hit)
    copy_rows(town, lp.LEDGER, hit, amount_sek=-t["amount_sek"][hit],
              booked_on=workday(t["booked_on"][hit] + 8).astype(np.int32))
    _supplier(town, case, "dubbletten krediterades veckan efter", 2 * len(hit), who)


@innocent("LP02", "ledger")
def monthly_rent(town: Town, case: Innocent) -> None:
    who = lp.supplier(town, case)
    t, model = town.get(lp.LEDGER), lp.lines_of(town, who)[0]
    for k in range(20):  # the same rent every month, 28 days or more apart
        pay(town, who, str(t["supplier_name"][model]), int(workday(np.array([town.end - 30 * (k + 1)]))[0]),
            f"H{case.number + 1}{2200 + 13 * k}", 18_400.0 + 350 * case.number, int(t["bank_account_token"][model]),
            ("5010", "Lokalhyra", "Utbildning"))
    _supplier(town, case, "samma hyra varje månad", 20, who)


@innocent("LP04", "ledger")
def frequent_deliveries(town: Town, case: Innocent) -> None:
    who = lp.supplier(town, case)
    t, model = town.get(lp.LEDGER), lp.lines_of(town, who)[0]
    for k in range(6):
        pay(town, who, str(t["supplier_name"][model]), int(workday(np.array([town.end - 50 * (k + 1)]))[0]),
            f"W{case.number + 1}{k * 7 + 311}", 40_000.0 + 1713.5 * k + 260 * case.number,
            int(t["bank_account_token"][model]))
    _supplier(town, case, "vanliga leveranser under gränsen, veckor emellan", 6, who)


@innocent("LP06", "ledger")
def subscription(town: Town, case: Innocent) -> None:
    who = lp.supplier(town, case, 12, 60)
    t, rows = town.get(lp.LEDGER), lp.lines_of(town, who)
    hit = rows[case.rng.random(len(rows)) < 0.15]
    t["amount_sek"][hit] = np.maximum(np.round(t["amount_sek"][hit] / 500), 1) * 500
    _supplier(town, case, "några abonnemang med jämna belopp", len(hit), who)


@innocent("LP07", "ledger")
def new_and_modest(town: Town, case: Innocent) -> None:
    who, account = f"M{case.number + 1:05d}", town.pools["account"].one()
    for k in range(5):
        pay(town, who, f"Byggservice {case.number + 801} AB", int(workday(np.array([town.end - 80 + 14 * k]))[0]),
            f"{k + 1:03d}", 6_400.0 + 731.25 * k + 95 * case.number, account)
    _supplier(town, case, "ny leverantör med vanliga belopp", 5, who)


@innocent("LP10", "ledger")
def weekend_run(town: Town, case: Innocent) -> None:
    t = town.get(lp.LEDGER)
    saturday = town.end - 100 - (town.end - 100 + 3) % 7 + 5
    hit = np.flatnonzero((t["booked_on"] >= saturday - 3) & (t["booked_on"] < saturday)
                         & (case.rng.random(len(t["booked_on"])) < 0.5))
    t["booked_on"][hit] = saturday
    if case.number == 0:
        case.note("provider", "*", 0, len(hit), "bokslutskörning en lördag för alla leverantörer", (saturday, saturday))
