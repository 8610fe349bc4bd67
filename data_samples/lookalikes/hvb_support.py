"""Look-alikes of residential care and income support."""

from __future__ import annotations

import numpy as np

from data_samples.income_support import DENTAL, ELECTRICITY, NORM, RENT, active_at
from data_samples.lookalikes.case import innocent
from data_samples.model import NULL_TIME, Town, first_day
from data_samples.schemes import hvb as hv
from data_samples.schemes import income_support as ib
from data_samples.schemes.case import Innocent, copy_rows, person_of


@innocent("HV01")
def one_night(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    t = town.get(hv.STAYS)
    mine = np.flatnonzero((t["provider_id"] == p) & (t["left_on"] != NULL_TIME) & (t["left_on"] < town.end - 40))
    register = town.get("providers")
    if len(mine):  # the next child arrives on the day the last one leaves, in a full house
        d = int(t["left_on"][mine[-1]])
        own = np.flatnonzero(t["provider_id"] == p)
        begin, end = t["placed_on"][own], hv.until(town, t, own)
        most = max(int(((begin <= night) & (end > night)).sum()) for night in begin)
        register["permit_places"][p] = max(most, 3)
        hv.place(town, p, person_of(town, 2010, account=-1), d, d + 1, hv.usual_rate(town, p))
    case.note("provider", p, 0, 1, "en natts överlapp vid in- och utflyttning")


@innocent("HV02", "invoices")
def last_day(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    t, c = town.get(hv.STAYS), town.get(hv.CLAIMS)
    n = 0
    for s in [s for s in hv.stays(town, p) if t["left_on"][s] != NULL_TIME][:2]:
        rows = np.flatnonzero(c["placement_id"] == t["placement_id"][s])
        if len(rows):
            r = rows[np.argmax(c["period_to"][rows])]
            c["period_to"][r] += 1
            c["billed_days"][r] += 1
            c["amount_sek"][r] = round(c["amount_sek"][r] + float(t["agreed_rate_sek"][s]), 2)
            n += 1
    case.note("provider", p, 0, n, "utflyttningsdygnet debiteras enligt avtal")


@innocent("HV04")
def trial_move(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    t = town.get(hv.STAYS)
    others = np.flatnonzero((t["provider_id"] != p) & (t["left_on"] > town.end - 200))
    s = int(case.rng.choice(others))
    left = int(t["left_on"][s])
    mine = t["client_token"] == t["client_token"][s]  # another home may have the child after this one already
    elsewhere = mine & (t["placed_on"] < left + 20) & ((t["left_on"] > left) | (t["left_on"] < 0))
    if left + 20 < town.end and not elsewhere.any():
        hv.place(town, p, int(t["client_token"][s]), left - 2, left + 20, hv.usual_rate(town, p))
        town.get("providers")["permit_places"][p] += 1
    case.note("provider", p, 0, 1, "provflytt på två nätter", (left - 2, left))


@innocent("HV05", "invoices")
def index_clause(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    c = town.get(hv.CLAIMS)
    hit = hv.claims_of(town, p, 300)
    c["amount_sek"][hit] = np.round(c["amount_sek"][hit] + (c["amount_sek"][hit] - c["extras_sek"][hit]) * 0.008, 2)
    case.note("provider", p, 0, len(hit), "indexuppräkning enligt avtal, under en procent")


@innocent("HV07")
def renewed(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    register = town.get("providers")
    register["permit_from"][p] = register["permit_from"][p] - 600
    register["permit_to"][p] = town.end + 20
    case.note("provider", p, 0, 1, "tillståndet löper snart ut och förnyas")


@innocent("HV08")
def restructured(town: Town, case: Innocent) -> None:
    old, new = hv.provider(town, case), hv.provider(town, case)
    register, roles = town.get("providers"), town.get("provider_roles")
    register["deregistered_on"][old] = town.end - 500
    register["registered_on"][new] = town.end - 200
    mine = np.flatnonzero(roles["provider_id"] == new)
    roles["role_from"][mine] = town.end - 200
    roles["person_token"][mine[0]] = roles["person_token"][roles["provider_id"] == old][0]
    t = town.get(hv.STAYS)
    stop = hv.until(town, t, np.arange(len(t["provider_id"])))
    town.drop(hv.STAYS, ((t["provider_id"] == old) & (stop > town.end - 505))
              | ((t["provider_id"] == new) & (t["placed_on"] < town.end - 200)))
    register["permit_from"][new] = town.end - 200
    case.note("provider", new, 0, 1, "omorganisation: en gemensam företrädare, nästan ett år emellan")


@innocent("HV10", "invoices")
def credit_follows(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    c = town.get(hv.CLAIMS)
    hit = hv.claims_of(town, p)[-2:]
    copy_rows(town, hv.CLAIMS, hit, invoiced_on=c["invoiced_on"][hit] + 2)
    copy_rows(town, hv.CLAIMS, hit, invoiced_on=c["invoiced_on"][hit] + 11, amount_sek=-c["amount_sek"][hit],
              billed_days=-c["billed_days"][hit], extras_sek=-c["extras_sek"][hit])
    case.note("provider", p, 0, 2 * len(hit), "felaktig dubbelfaktura krediterad")


@innocent("HV11")
def short_hospital(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    t = town.get(hv.STAYS)
    s = int(hv.stays(town, p, 25, 300)[0])
    begin = int(hv.until(town, t, np.array([s]))[0]) - 15
    town.add("absences", person_token=int(t["client_token"][s]), kind=["hospital"],
             absent_from=begin * 1440 + 900, absent_to=(begin + 2) * 1440 + 700)
    case.note("provider", p, 0, 1, "två sjukhusnätter: platsen var reserverad", (begin, begin + 2))


@innocent("HV12")
def lsu_rate(town: Town, case: Innocent) -> None:
    p = hv.provider(town, case)
    t = town.get(hv.STAYS)
    mine = np.flatnonzero(t["provider_id"] == p)
    t["agreed_rate_sek"][mine] = np.round(t["agreed_rate_sek"][mine] * 1.12 / 50) * 50
    case.note("provider", p, 0, len(mine), "något högre dygnspris för förstärkt bemanning")


# ---- income support
def _single(town: Town, case: Innocent, n: int, least: int = 3) -> list[int]:
    return ib.households(town, case, n, least=least)


@innocent("IS01")
def reported_work(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1, len(town.months))[0]
    hh, s = town.info["is"], town.get("assistance_shifts")
    person = int(hh["members"][h][0])
    who, counts = np.unique(s["assistant_token"], return_counts=True)
    old = int(case.rng.choice(who[counts > np.median(counts)]))
    rows = np.flatnonzero(s["assistant_token"] == old)
    s["assistant_token"][rows] = person
    for team in town.info["pa"]["teams"]:
        team[team == old] = person
    a, t = town.get(ib.APPLICATIONS), town.get(ib.PAYMENTS)
    mine = (a["household_token"] == ib.token(town, h)) & (a["month"] >= town.months[0])
    a["declared_income_sek"][mine] = 7_500
    paid = ib.payments_of(town, h, None, len(town.months) + 1)
    paid = paid[np.isin(t["purpose"][paid], (ib.NORM, ib.RENT))]
    for month in np.unique(t["month"][paid]):  # what is paid is lowered by the whole income, never below nothing
        rows_of_month = paid[t["month"][paid] == month]
        due = float(t["amount_sek"][rows_of_month].sum())
        t["amount_sek"][rows_of_month] = np.floor(t["amount_sek"][rows_of_month] * max(due - 7_500, 0) / due)
    case.note("household", ib.token(town, h), 0, len(rows), "arbetar, och inkomsten är redovisad")


@innocent("IS02")
def trustee(town: Town, case: Innocent) -> None:
    group = _single(town, case, 7)
    account = town.pools["account"].one()
    ib.share_account(town, group, account)
    town.lists["trustee_accounts"].append(town.token("account", account))
    case.note("account", account, 0, len(group), "god mans redovisningskonto (på kommunens lista)")


@innocent("IS03")
def shared_flat(town: Town, case: Innocent) -> None:
    group = _single(town, case, 2)
    a, home = town.get(ib.APPLICATIONS), int(town.info["is"]["home"][group[0]])
    mine = a["household_token"] == ib.token(town, group[1])
    a["dwelling_token"][mine] = home
    case.note("address", home, 0, 2, "två inneboende med egna kontrakt")


@innocent("IS04")
def separation_month(town: Town, case: Innocent) -> None:
    two = _single(town, case, 1, 5)[0]
    hh, m = town.info["is"], town.get(ib.MEMBERS)
    children = [h for h in active_at(town, ib.month(town), 5) if hh["children"][h] > 0]
    parent = town.pick("household", children, case.rng)
    child = int(hh["members"][parent][int(hh["adults"][parent])])
    months = np.unique(m["month"][m["household_token"] == ib.token(town, two)])[-1:]
    town.add(ib.MEMBERS, household_token=ib.token(town, two), person_token=child, month=months, role=2)
    a = town.get(ib.APPLICATIONS)
    a["children"][(a["household_token"] == ib.token(town, two)) & np.isin(a["month"], months)] += 1
    case.note("household", ib.token(town, two), 0, 1, "barn med växelvist boende räknas i båda hushållen en månad")


@innocent("IS05")
def split_receipt(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    receipt, m = town.pools["receipt"].one(), ib.month(town) - 2
    for k, amount in enumerate((2100, 1900)):
        ib.one_off(town, h, m, first_day(m) + 5, DENTAL, amount + k, receipt)
    case.note("household", ib.token(town, h), 0, 2, "ett kvitto betalt i två delar samma dag")


@innocent("IS06")
def two_in_a_year(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    for k in range(2):
        m = ib.month(town) - 2 - 5 * k
        ib.one_off(town, h, m, first_day(m) + 6, ELECTRICITY, 900 + 17 * k, town.pools["receipt"].one())
    case.note("household", ib.token(town, h), 0, 2, "elskuld två gånger på ett år")


@innocent("IS07")
def short_absence(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    m = ib.month(town) - 1
    town.add("absences", person_token=int(town.info["is"]["members"][h][0]), kind=["abroad"],
             absent_from=(first_day(m) + 8) * 1440, absent_to=(first_day(m) + 19) * 1440)
    case.note("household", ib.token(town, h), 0, 1, "kort resa inom månaden")


@innocent("IS08")
def burial(town: Town, case: Innocent) -> None:
    hh = town.info["is"]
    single = [int(h) for h in active_at(town, ib.month(town), 4) if hh["adults"][h] == 1 and hh["children"][h] == 0]
    h = town.pick("household", single, case.rng)
    died = first_day(ib.month(town) - 1) + 3
    for name, column in ((ib.PAYMENTS, "month"), (ib.APPLICATIONS, "month"), (ib.MEMBERS, "month")):
        t = town.get(name)
        town.drop(name, (t["household_token"] == ib.token(town, h)) & (t[column] >= ib.month(town)))
    person = int(hh["members"][h][0])
    town.people.until[person] = died
    town.add("absences", person_token=person, kind=["deceased"], absent_from=died * 1440 + 700)
    town.add(ib.PAYMENTS, household_token=ib.token(town, h), month=ib.month(town) - 1, paid_on=died + 22, purpose=8,
             amount_sek=21_000.0, payee=2, bank_account_token=town.pools["account"].one())
    hh["stop"][h] = ib.month(town) - 1
    case.note("household", ib.token(town, h), 0, 1, "begravningskostnad till tredje part efter dödsfall")


@innocent("IS09")
def bank_change(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    t = town.get(ib.PAYMENTS)
    rows = ib.payments_of(town, h, None, 2)
    rows = rows[t["payee"][rows] == 0]
    account = town.pools["account"].one()
    t["bank_account_token"][rows] = account
    town.people.account[town.info["is"]["members"][h][0]] = account
    case.note("household", ib.token(town, h), 0, len(rows), "bytte bank till ett eget nytt konto")


@innocent("IS10")
def rounded_norm(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    t = town.get(ib.PAYMENTS)
    rows = ib.payments_of(town, h, NORM, 4)
    t["amount_sek"][rows] = np.floor(t["amount_sek"][rows] / 10) * 10
    case.note("household", ib.token(town, h), 0, len(rows), "normen avrundad nedåt till tiotal")


@innocent("IS11")
def housing_company(town: Town, case: Innocent) -> None:
    hh = town.info["is"]
    if case.number == 0:
        case.note("landlord", int(hh["landlords"][0]), 0, int((hh["landlord"] == hh["landlords"][0]).sum()),
                  "kommunens bostadsbolag (på kommunens lista)")


@innocent("IS12")
def arrears(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    t = town.get(ib.PAYMENTS)
    rows = ib.payments_of(town, h, RENT, 3)[:1]
    if len(rows):
        town.add(ib.PAYMENTS, household_token=ib.token(town, h), month=int(t["month"][rows[0]]),
                 paid_on=int(t["paid_on"][rows[0]]) + 6, purpose=7, amount_sek=4200.0, payee=1,
                 bank_account_token=town.pools["account"].one())
    case.note("household", ib.token(town, h), 0, 1, "hyresskuld enligt beslut, bokad som skuld")


@innocent("IS13")
def moved_apart(town: Town, case: Innocent) -> None:
    """A couple separates for real: two households, two addresses."""
    h = ib.households(town, case, 1, 2, 5)[0]
    hh = town.info["is"]
    since, stop = ib.month(town) - 1, int(hh["stop"][h])
    for name in (ib.MEMBERS, ib.APPLICATIONS, ib.PAYMENTS):
        t = town.get(name)
        town.drop(name, (t["household_token"] == ib.token(town, h)) & (t["month"] >= since))
    partner = hh["members"][h][1:2]
    home = town.pools["address"].one()
    town.people.address[partner] = home
    new = ib.next_household(town, h, 1, partner, home=home, begin=since, stop=stop)
    ib.write_household(town, case.rng, new, np.arange(since, stop + 1), np.zeros(stop + 1 - since), False)
    hh["stop"][h] = since - 1
    case.note("household", ib.token(town, new), 0, 3, "separation: flyttade till egen adress")


@innocent("IS14")
def instalments(town: Town, case: Innocent) -> None:
    h = _single(town, case, 1)[0]
    m = ib.month(town) - 1
    for k, amount in enumerate((1000, 1250)):
        ib.one_off(town, h, m, first_day(m) + 4 + 9 * k, DENTAL, amount, town.pools["receipt"].one())
    case.note("household", ib.token(town, h), 0, 2, "delbetalningar med olika belopp")
