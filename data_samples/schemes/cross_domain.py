"""Schemes over several domains XD01-XD15: shared people, accounts, addresses."""

from __future__ import annotations

import numpy as np

from data_samples.model import NULL_TIME, Town
from data_samples.schemes import assistance as pa
from data_samples.schemes import associations as ag
from data_samples.schemes import home_care as hc
from data_samples.schemes import hvb as hv
from data_samples.schemes import income_support as ib
from data_samples.schemes.case import Case, person_of, scheme


def officers(town: Town, p: int) -> np.ndarray:
    """Rows of provider_roles that hold now."""
    r = town.get("provider_roles")
    return np.flatnonzero((r["provider_id"] == p) & (r["role_to"] == NULL_TIME))


def board(town: Town, a: int) -> np.ndarray:
    r = town.get("association_roles")
    return np.flatnonzero((r["association_id"] == a) & (r["role"] != "auditor") & (r["role_to"] == NULL_TIME))


def officer(town: Town, p: int, case: Case) -> int:
    rows = officers(town, p)
    return int(town.get("provider_roles")["person_token"][case.rng.choice(rows)])


def paid_account(town: Town, a: int, account: int) -> None:
    """Let an association be paid to this account."""
    town.get("associations")["bank_account_token"][a] = account
    town.get(ag.GRANTS)["bank_account_token"][ag.grants_of(town, a)] = account


@scheme("XD01")
def two_domains_same_time(town: Town, case: Case) -> None:
    home, p = hc.provider(town, case, 3), pa.provider(town, case, 1)
    v, s = town.get(hc.VISITS), town.get(pa.SHIFTS)
    rows = pa.rows_of(town, p)
    staff, counts = np.unique(v["staff_token"][v["provider_id"] == home], return_counts=True)
    who = int(staff[np.argmax(counts)])
    visits = np.flatnonzero(v["staff_token"] == who)
    n = minutes = 0
    for r in case.rng.permutation(rows):
        start, end = s["started_at"][r], s["ended_at"][r]
        common = np.minimum(v["ended_at"][visits], end) - np.maximum(v["started_at"][visits], start)
        if common.max(initial=0) >= 20 and s["kind"][r] == 0:
            s["assistant_token"][r] = who
            minutes, n = minutes + int(common[common > 0].sum()), n + 1
            if n >= case.count(3, 25):
                break
    for subject in (home, p):
        case.note("provider", subject, minutes / 60 * pa.RATE, n, "samma person i hemtjänst och assistans samtidigt")


@scheme("XD02")
def works_while_absent(town: Town, case: Case) -> None:
    p = hc.provider(town, case, 3)
    v = town.get(hc.VISITS)
    mine = np.flatnonzero(v["provider_id"] == p)
    staff, counts = np.unique(v["staff_token"][mine], return_counts=True)
    who = int(staff[np.argsort(-counts)][int(case.rng.integers(0, min(3, len(staff))))])
    length = case.count(8, 40)
    begin = int(case.rng.integers(town.start + 3, town.end - length - 3))
    town.add("absences", person_token=who, kind=[str(case.rng.choice(["abroad", "hospital", "custody"]))],
             absent_from=begin * 1440 + 200, absent_to=(begin + length) * 1440 + 500)
    hit = mine[(v["staff_token"][mine] == who) & (v["started_at"][mine] >= (begin + 1) * 1440)
               & (v["started_at"][mine] < (begin + length) * 1440)]
    minutes = int((v["ended_at"] - v["started_at"])[hit].sum())
    case.note("provider", p, hc.kronor(town, p, minutes), len(hit), "personal arbetar trots registrerad frånvaro",
              (begin, begin + length))


@scheme("XD03")
def served_while_placed(town: Town, case: Case) -> None:
    p, home = pa.provider(town, case, 1), hv.provider(town, case)
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    client = int(case.rng.choice(np.unique(s["client_token"][rows])))
    nights = case.count(6, 45)
    first = int(case.rng.integers(town.start + 3, town.end - nights - 3))
    hv.place(town, home, client, first, first + nights, hv.usual_rate(town, home), 1)
    town.get("providers")["permit_places"][home] += 1
    hit = rows[(s["client_token"][rows] == client) & (s["started_at"][rows] >= (first + 1) * 1440)
               & (s["started_at"][rows] < (first + nights) * 1440)]
    case.note("provider", p, pa.hours(s, hit) * pa.RATE, len(hit), "assistans medan brukaren är placerad",
              (first, first + nights))


@scheme("XD04")
def shared_account(town: Town, case: Case) -> None:
    p, a = hc.provider(town, case, 2), ag.association(town, case)
    account = int(town.get("providers")["bank_account_token"][p])
    paid_account(town, a, account)
    group = [("provider", p), ("association", a), ("account", account)]
    if case.difficulty == "easy":
        h = ib.households(town, case, 1)[0]
        ib.share_account(town, [h], account)
        group.append(("household", ib.token(town, h)))
    for kind, subject in group:
        case.note(kind, subject, 0, len(group), "ett konto som flera verksamheter betalar till")


@scheme("XD05")
def officer_elsewhere(town: Town, case: Case) -> None:
    p, a = pa.provider(town, case, 1), ag.association(town, case)
    who = officer(town, p, case)
    town.get("association_roles")["person_token"][board(town, a)[0]] = who
    s = town.get(pa.SHIFTS)
    others = [q for q in town.info["providers"]["assistance"] if q != p]
    rows = pa.rows_of(town, int(case.rng.choice(others)))
    old = int(s["assistant_token"][case.rng.choice(rows)])
    mine = rows[s["assistant_token"][rows] == old]
    s["assistant_token"][mine] = who
    case.note("provider", p, 0, len(mine) + 1, "företrädare även i förening och som personal hos annan utförare")


@scheme("XD06")
def client_is_staff(town: Town, case: Case) -> None:
    p = hc.provider(town, case, 4)
    v, rows = town.get(hc.VISITS), hc.rows_of(town, p)
    client = int(case.rng.choice(np.unique(v["client_token"][rows])))
    town.people.born[client] = 1966
    hit = case.rng.permutation(rows[v["client_token"][rows] != client])[: case.count(10, 120)]
    clash = np.array([not hc.free_at(v, rows, "client_token", client, int(v["started_at"][r]), int(v["ended_at"][r]))
                      for r in hit], dtype=bool)
    hit = hit[~clash]
    v["staff_token"][hit] = client
    case.note("provider", p, 0, len(hit), "brukare registrerad som personal hos egen utförare")


@scheme("XD07")
def officer_on_support(town: Town, case: Case) -> None:
    p = hc.provider(town, case, 2)
    h = ib.households(town, case, 1, least=2)[0]
    who = officer(town, p, case)
    hh, m = town.info["is"], town.get(ib.MEMBERS)
    old = int(hh["members"][h][0])
    m["person_token"][(m["person_token"] == old) & (m["household_token"] == ib.token(town, h))] = who
    hh["members"][h][0] = who
    town.people.address[who] = int(hh["home"][h])
    rows = ib.payments_of(town, h)
    amount = float(town.get(ib.PAYMENTS)["amount_sek"][rows].sum())
    case.note("provider", p, amount, len(rows), "företrädare bor i hushåll med försörjningsstöd")
    case.note("household", ib.token(town, h), amount, len(rows), "företrädare för betald utförare i hushållet")


@scheme("XD08")
def provider_funds_association(town: Town, case: Case) -> None:
    p, a = hc.provider(town, case, 2), ag.association(town, case)
    mine, theirs = officers(town, p), board(town, a)
    k = min(len(mine), len(theirs), case.count(2, 4))
    town.get("association_roles")["person_token"][theirs[:k]] = town.get("provider_roles")["person_token"][mine[:k]]
    if case.difficulty != "hard":
        paid_account(town, a, int(town.get("providers")["bank_account_token"][p]))
    for kind, subject in (("provider", p), ("association", a)):
        case.note(kind, subject, 0, k, "utförare och förening med samma företrädare eller konto")


@scheme("XD09")
def small_hub(town: Town, case: Case) -> None:
    p = pa.provider(town, case, 1)
    address = int(town.get("providers")["address_token"][p])
    for _ in range(case.count(1, 3)):
        a = ag.association(town, case)
        town.get("associations")["address_token"][a] = address
        case.note("association", a, 0, 1, "delar adress med utförare och hushåll")
    for h in ib.households(town, case, case.count(1, 3)):
        t = town.get(ib.APPLICATIONS)
        t["dwelling_token"][t["household_token"] == ib.token(town, h)] = address
        town.people.address[town.info["is"]["members"][h]] = address
    case.note("address", address, 0, 3, "bolag, förening och hushåll på samma adress")
    case.note("provider", p, 0, 3, "delar adress med förening och hushåll")


@scheme("XD10")
def phoenix(town: Town, case: Case) -> None:
    old, new = hc.provider(town, case, 3), hc.provider(town, case, 3)
    middle = town.end - case.count(50, max(52, min(110, (town.end - town.start) * 3 // 4)))
    gap = int(case.rng.integers(4, 16))
    hv.replace_company(town, case, old, new, middle, gap)
    v = town.get(hc.VISITS)
    town.drop(hc.VISITS, ((v["provider_id"] == old) & (v["started_at"] >= middle * 1440))
              | ((v["provider_id"] == new) & (v["started_at"] < (middle + gap + 1) * 1440)))
    d = town.get("home_care_decisions")
    d["valid_to"][d["provider_id"] == old] = middle
    d["valid_from"][d["provider_id"] == new] = middle + gap - 1
    town.get("providers")["permit_to"][new] = NULL_TIME
    for p in (old, new):
        case.note("provider", p, 0, 1, "ny utförare efter nedlagd med samma företrädare", (middle, town.end - 1))


@scheme("XD11")
def landlord_is_officer(town: Town, case: Case) -> None:
    p = pa.provider(town, case, 1)
    hh = town.info["is"]
    group = ib.households(town, case, case.count(2, 6), least=2)
    landlord = town.pick("landlord", hh["landlords"][1:], case.rng)
    who = officer(town, p, case)
    account = int(town.people.account[who])
    t, a = town.get(ib.PAYMENTS), town.get(ib.APPLICATIONS)
    n, amount = 0, 0.0
    for h in group:
        a["landlord_token"][a["household_token"] == ib.token(town, h)] = landlord
        rows = ib.payments_of(town, h, ib.RENT)
        t["payee"][rows], t["bank_account_token"][rows] = ib.LANDLORD, account
        n, amount = n + len(rows), amount + float(t["amount_sek"][rows].sum())
    case.note("landlord", landlord, amount, n, "hyresvärdens konto är en företrädares")
    case.note("provider", p, amount, n, "företrädare tar emot hyra för hushåll med stöd")


@scheme("XD12")
def household_staff(town: Town, case: Case) -> None:
    p = pa.provider(town, case, 1)
    c = max(pa.client_indices(town, p), key=lambda i: town.info["pa"]["hours"][i])
    team = town.info["pa"]["teams"][c]
    s, rows = town.get(pa.SHIFTS), pa.rows_of(town, p)
    client = int(town.info["pa"]["client"][c])
    mine = rows[s["client_token"][rows] == client]
    # as many as still exceed 48 hours a week each, nights of standby left out: more would be within the law
    lawful = max(1, int(town.info["pa"]["hours"][c] * 7 * 0.85 // 48))
    family = team[: min(2 if case.difficulty != "hard" else 3, lawful)]
    town.people.address[family] = town.people.address[client]
    turn = (s["started_at"][mine] // 1440) % len(family)
    s["assistant_token"][mine] = family[turn]
    case.note("provider", p, pa.hours(s, mine) * pa.RATE * 0.3, len(mine),
              "hela assistansen utförs av hushållet över lagliga timmar")


@scheme("XD13")
def same_people(town: Town, case: Case) -> None:
    p = hc.provider(town, case, 2)
    people = town.get("provider_roles")["person_token"][officers(town, p)]
    extra = 3 - len(people)
    for _ in range(max(extra, 0)):
        new = person_of(town)
        town.add("provider_roles", provider_id=p, person_token=new, role=["board"], role_from=town.start - 800)
        people = np.append(people, new)
    r = town.get("association_roles")
    for _ in range(case.count(2, 4)):
        a = ag.association(town, case)
        seats = board(town, a)[:3]
        r["person_token"][seats] = people[: len(seats)]
        case.note("association", a, 0, 3, "samma tre personer i flera organisationer")
    case.note("provider", p, 0, 3, "samma tre personer i flera organisationer")


@scheme("XD14")
def triangle(town: Town, case: Case) -> None:
    p = pa.provider(town, case, 1)
    c = int(case.rng.choice(pa.client_indices(town, p)))
    account = int(town.get("providers")["bank_account_token"][p])
    client, team = int(town.info["pa"]["client"][c]), town.info["pa"]["teams"][c]
    town.people.account[client] = account
    town.people.account[team[: case.count(1, 3)]] = account
    for kind, subject in (("provider", p), ("account", account)):
        case.note(kind, subject, 0, 3, "brukare, assistent och utförare delar konto")


@scheme("XD15")
def network(town: Town, case: Case) -> None:
    """A home-care firm, an assistance firm, an association and a household tied by three kinds of token."""
    home, p, a = hc.provider(town, case, 2), pa.provider(town, case, 1), ag.association(town, case)
    roles, register = town.get("provider_roles"), town.get("providers")
    roles["person_token"][officers(town, p)[0]] = roles["person_token"][officers(town, home)[0]]
    paid_account(town, a, int(register["bank_account_token"][p]))
    h = ib.households(town, case, 1)[0]
    t = town.get(ib.APPLICATIONS)
    t["dwelling_token"][t["household_token"] == ib.token(town, h)] = int(register["address_token"][home])
    for kind, subject in (("provider", home), ("provider", p), ("association", a),
                          ("household", ib.token(town, h))):
        case.note(kind, subject, 0, 3, "nätverk över fyra verksamheter")
