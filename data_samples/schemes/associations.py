"""Association schemes AG01-AG16."""

from __future__ import annotations

import numpy as np

from data_samples.associations import (
    ACTIVITY,
    EQUIPMENT,
    PER_ACTIVITY,
    PER_PARTICIPANT,
    PROJECT,
    RENT,
    purpose_code,
)
from data_samples.model import Town, day
from data_samples.schemes.case import Case, person_of, scheme

MEMBERS, ACTS, ATTENDANCE, GRANTS, BOOKINGS = (
    "association_members", "association_activities", "association_attendance", "association_grants", "venue_bookings")


def association(town: Town, case: Case, least: int = 25, **conditions: set[str]) -> int:
    """A free association with at least `least` members and some activities."""
    sizes, register = town.info["as"]["sizes"], town.get("associations")
    acts = np.bincount(town.get(ACTS)["association_id"], minlength=len(sizes))
    good = [a for a in range(len(sizes)) if sizes[a] >= least and acts[a] >= 8
            and all(register[c][a] in allowed for c, allowed in conditions.items())]
    free = [a for a in good if ("association", a) not in town.used]
    everybody = list(range(len(sizes)))
    return town.pick("association", free or town.unmixed("association", good or everybody), case.rng)


def acts_of(town: Town, a: int) -> np.ndarray:
    return np.flatnonzero(town.get(ACTS)["association_id"] == a)


def grants_of(town: Town, a: int, kind: int | None = None, year: int | None = None) -> np.ndarray:
    g = town.get(GRANTS)
    keep = (g["association_id"] == a) & ((g["kind"] == kind) if kind is not None else True)
    return np.flatnonzero(keep & ((g["year"] == year) if year is not None else True))


def grant(town: Town, a: int, kind: int, year: int, amount: float, committee: str, text: str, paid: float | None = None,
          asked: int | None = None) -> None:
    asked = asked if asked is not None else day(town.as_of.replace(year=year, month=2, day=10))
    town.add(GRANTS, association_id=a, kind=kind, committee=[committee], year=year, applied_on=asked,
             decided_on=asked + 30, paid_on=asked + 45, applied_sek=amount, granted_sek=amount,
             paid_sek=amount if paid is None else paid, purpose_text=[text],
             purpose_code=[purpose_code(a, kind, year, text)],
             bank_account_token=int(town.get("associations")["bank_account_token"][a]))


def members(town: Town, a: int, people: np.ndarray, year: int) -> None:
    town.add(MEMBERS, association_id=a, member_token=people, year=year, birth_year=town.people.born[people])


def kids(town: Town, case: Case, n: int, born: tuple[int, int] = (2002, 2019)) -> np.ndarray:
    return town.people.new(n, born=case.rng.integers(*born, n), area=case.rng.integers(0, 12, n),
                           address=town.pools["address"].new(n))


def support(town: Town, acts: int, participants: int) -> float:
    return acts * PER_ACTIVITY + participants * PER_PARTICIPANT


def session(town: Town, a: int, start: int, venue: int, leader: int, people: np.ndarray, minutes: int = 60) -> None:
    """One more activity with its attendance."""
    number = town.info["activity_next"]
    town.info["activity_next"] = number + 1
    town.add(ACTS, activity_id=number, association_id=a, started_at=start, ended_at=start + minutes,
             venue_token=venue, leader_token=leader, participants=len(people))
    if len(people):
        town.add(ATTENDANCE, activity_id=number, member_token=people)


@scheme("AG01")
def borrowed_members(town: Town, case: Case) -> None:
    a = association(town, case)
    n = len(town.association_ids)
    year, sizes = town.as_of.year, town.info["as"]["sizes"]
    m = town.get(MEMBERS)
    own = np.unique(m["member_token"][(m["association_id"] == a) & (m["year"] == year)])
    chosen = case.rng.permutation(own)[: max(12, int(len(own) * case.size(0.3, 0.8)))]
    for other in case.rng.choice([o for o in range(n) if o != a], 3, replace=False):
        new = chosen if sizes[other] > 60 or case.difficulty == "easy" else chosen[: len(chosen) * 3 // 4]
        there = m["member_token"][(m["association_id"] == other) & (m["year"] == year)]
        members(town, int(other), np.setdiff1d(new, there), year)
    case.note("association", a, 0, len(chosen), "medlemmarna räknas också i flera andra föreningar")


@scheme("AG02")
def attendance_two_places(town: Town, case: Case) -> None:
    a = association(town, case)
    acts, rows = town.get(ACTS), acts_of(town, a)
    att = town.get(ATTENDANCE)
    n = 0
    for r in case.rng.permutation(rows)[: case.count(2, 8)]:
        people = att["member_token"][att["activity_id"] == acts["activity_id"][r]]
        people = people[: case.count(4, 12)]
        session(town, a, int(acts["started_at"][r]) + 15, -1, person_of(town, 1990), people)
        n += len(people)
    case.note("association", a, support(town, n // 5, n), n, "samma deltagare på två aktiviteter samtidigt")


@scheme("AG03")
def no_booking(town: Town, case: Case) -> None:
    a = association(town, case)
    b, acts = town.get(BOOKINGS), town.get(ACTS)
    rows = acts_of(town, a)
    mine = np.flatnonzero(b["association_id"] == a)
    hit = mine[case.rng.random(len(mine)) < case.size(0.4, 1.0)]
    late = case.rng.random(len(hit)) < 0.4
    b["cancelled"][hit[late]] = 1
    gone = np.zeros(len(b["association_id"]), dtype=bool)
    gone[hit[~late]] = True
    town.drop(BOOKINGS, gone)
    case.note("association", a, support(town, len(hit), int(acts["participants"][rows].sum())), len(hit),
              "aktiviteter i kommunal lokal utan bokning")


@scheme("AG04")
def age_outside(town: Town, case: Case) -> None:
    a = association(town, case)
    att, acts = town.get(ATTENDANCE), town.get(ACTS)
    ids = acts["activity_id"][acts_of(town, a)]
    people = np.unique(att["member_token"][np.isin(att["activity_id"], ids)])
    hit = people[case.rng.random(len(people)) < case.size(0.15, 0.7)]
    town.people.born[hit] = np.where(case.rng.random(len(hit)) < 0.5, case.rng.integers(2021, 2024, len(hit)),
                                     case.rng.integers(1965, 1998, len(hit)))
    m = town.get(MEMBERS)
    m["birth_year"][:] = town.people.born[m["member_token"]]
    n = int(np.isin(att["member_token"], hit).sum())
    case.note("association", a, support(town, 0, n), n, "deltagare utanför åldersgränserna")


@scheme("AG05")
def membership_jump(town: Town, case: Case) -> None:
    a = association(town, case)
    year = town.as_of.year
    m = town.get(MEMBERS)
    now = int(((m["association_id"] == a) & (m["year"] == year - 1)).sum())
    new = kids(town, case, max(35, int(now * case.size(0.65, 2.0))))
    members(town, a, new, year)
    g = town.get(GRANTS)
    rows = grants_of(town, a, ACTIVITY, year)
    before = float(g["paid_sek"][rows].sum())
    for column in ("applied_sek", "granted_sek", "paid_sek"):
        g[column][rows] = np.round(g[column][rows] * (1 + 0.8 * len(new) / max(now, 1)) / 100) * 100
    case.note("association", a, float(g["paid_sek"][rows].sum()) - before, len(new),
              "medlemstalet hoppar före en större ansökan")


@scheme("AG06")
def members_identical(town: Town, case: Case) -> None:
    a = association(town, case, 60)
    year = town.as_of.year
    m = town.get(MEMBERS)
    now = m["member_token"][(m["association_id"] == a) & (m["year"] == year)]
    town.drop(MEMBERS, (m["association_id"] == a) & (m["year"] == year - 1))
    kept = now if case.difficulty == "easy" else now[: -max(1, len(now) // 120)]
    members(town, a, kept, year - 1)
    case.note("association", a, 0, len(kept), "samma medlemslista som i fjol")


@scheme("AG07")
def same_list(town: Town, case: Case) -> None:
    a = association(town, case)
    copy_lists(town, a, case.size(0.91, 1.0), case.rng)
    case.note("association", a, 0, len(acts_of(town, a)), "exakt samma närvarolista gång efter gång")


def copy_lists(town: Town, a: int, share: float, rng: np.random.Generator) -> None:
    """Every group's activities get the participants of its first one."""
    acts, att = town.get(ACTS), town.get(ATTENDANCE)
    rows = acts_of(town, a)
    ids = acts["activity_id"][rows]
    lists = {int(i): att["member_token"][att["activity_id"] == i] for i in ids}
    town.drop(ATTENDANCE, np.isin(att["activity_id"], ids))
    model: dict[int, np.ndarray] = {}
    for r, i in zip(rows, ids, strict=True):
        first = model.setdefault(int(acts["leader_token"][r]), lists[int(i)])
        people = first if rng.random() < share else lists[int(i)]
        acts["participants"][r] = len(people)
        if len(people):
            town.add(ATTENDANCE, activity_id=int(i), member_token=people)


@scheme("AG08")
def double_funding(town: Town, case: Case) -> None:
    a = association(town, case)
    year = town.as_of.year
    kind = int(case.rng.choice([PROJECT, EQUIPMENT]))
    amount = float(round(case.size(15_000, 120_000), -2))
    text = f"lovläger {case.number + 1}"
    lower = amount if case.difficulty != "hard" else float(round(amount * 0.6, -2))
    grant(town, a, kind, year, amount, "fritidsnämnden", text)
    grant(town, a, kind, year, lower, "socialnämnden", text)
    case.note("association", a, lower, 2, "bidrag för samma sak från två nämnder")


@scheme("AG09")
def new_and_large(town: Town, case: Case) -> None:
    a = association(town, case)
    asked = day(town.as_of.replace(month=3, day=1))
    town.get("associations")["registered_on"][a] = asked - case.count(40, 200)
    roles = town.get("association_roles")
    roles["role_from"][roles["association_id"] == a] = asked - 200
    year = town.as_of.year
    for name in (MEMBERS, GRANTS):
        t = town.get(name)
        town.drop(name, (t["association_id"] == a) & (t["year"] < year))
    amount = float(round(len(town.get(MEMBERS)["year"][town.get(MEMBERS)["association_id"] == a])
                         * case.size(900, 2600), -2))
    grant(town, a, PROJECT, year, amount, "fritidsnämnden", "uppstart", asked=asked)
    case.note("association", a, amount, 1, "ny förening med stort bidrag per medlem")


@scheme("AG10")
def paid_over_granted(town: Town, case: Case) -> None:
    a = association(town, case)
    g = town.get(GRANTS)
    rows = grants_of(town, a)[-case.count(1, 3):]
    more = np.round(g["granted_sek"][rows] * case.size(0.06, 0.6))
    g["paid_sek"][rows] = g["granted_sek"][rows] + more
    case.note("association", a, float(more.sum()), len(rows), "utbetalt mer än beviljat")


@scheme("AG11")
def shared_account(town: Town, case: Case) -> None:
    a = association(town, case)
    register = town.get("associations")
    account = int(register["bank_account_token"][a])
    if case.rng.random() < 0.5:
        b = association(town, case)
        register["bank_account_token"][b] = account
        town.get(GRANTS)["bank_account_token"][grants_of(town, b)] = account
        case.note("association", b, 0, 1, "delar konto med en annan förening")
    else:
        roles = town.get("association_roles")
        person = int(case.rng.choice(roles["person_token"][roles["association_id"] == a]))
        town.people.account[person] = account
    rows = grants_of(town, a)
    case.note("association", a, float(town.get(GRANTS)["paid_sek"][rows].sum()), len(rows),
              "kontot delas med annan förening eller privatperson")


@scheme("AG12")
def board_overlap(town: Town, case: Case) -> None:
    n = case.count(3, 5)
    group = [association(town, case) for _ in range(n)]
    register, roles = town.get("associations"), town.get("association_roles")
    boards = {a: np.flatnonzero((roles["association_id"] == a) & (roles["role"] != "auditor")) for a in group}
    shared = case.count(2, 4)
    amount = 0.0
    for a in group[1:]:
        k = min(shared, len(boards[a]), len(boards[group[0]]))
        roles["person_token"][boards[a][:k]] = roles["person_token"][boards[group[0]][:k]]
        register["address_token"][a] = register["address_token"][group[0]]
        if case.difficulty == "easy":
            register["bank_account_token"][a] = register["bank_account_token"][group[0]]
            town.get(GRANTS)["bank_account_token"][grants_of(town, a)] = register["bank_account_token"][a]
    for a in group:
        amount = float(town.get(GRANTS)["paid_sek"][grants_of(town, a)].sum())
        case.note("association", a, amount, n, "samma styrelse, adress eller konto i flera föreningar")


@scheme("AG13")
def board_churn(town: Town, case: Case) -> None:
    a = association(town, case)
    roles, g = town.get("association_roles"), town.get(GRANTS)
    rows = np.flatnonzero(roles["association_id"] == a)
    gone = rows[: max(len(rows) - (0 if case.difficulty == "easy" else 1), 1)]
    change = day(town.as_of.replace(month=1, day=20))
    roles["role_from"][gone] = np.minimum(roles["role_from"][gone], change - 400)
    roles["role_to"][gone] = change
    town.add("association_roles", association_id=a, person_token=[person_of(town) for _ in gone],
             role=roles["role"][gone], role_from=change + 1)
    mine = grants_of(town, a, None, town.as_of.year)
    for column in ("applied_sek", "granted_sek", "paid_sek"):
        g[column][mine] = np.round(g[column][mine] * case.size(1.2, 2.2) / 100) * 100
    case.note("association", a, float(g["paid_sek"][mine].sum()), len(gone),
              "nästan hela styrelsen utbytt och bidragen växte")


@scheme("AG14")
def leader_two_places(town: Town, case: Case) -> None:
    a = association(town, case)
    acts, rows = town.get(ACTS), acts_of(town, a)
    venue = town.pools["venue"].one()
    hit = case.rng.permutation(rows)[: case.count(2, 12)]
    for r in hit:
        people = kids(town, case, 6)
        session(town, a, int(acts["started_at"][r]) + int(case.rng.integers(0, 30)), venue,
                int(acts["leader_token"][r]), people)
        town.add(BOOKINGS, venue_token=venue, association_id=a, booked_from=int(acts["started_at"][r]),
                 booked_to=int(acts["started_at"][r]) + 100, cancelled=0)
    case.note("association", a, support(town, len(hit), 6 * len(hit)), len(hit), "ledaren på två platser samtidigt")


@scheme("AG15")
def just_below_limit(town: Town, case: Case) -> None:
    a = association(town, case)
    limit = float(case.rng.choice([25_000, 50_000, 100_000]))
    year = town.as_of.year
    n = case.count(3, 7)
    total = 0.0
    for k in range(n):
        amount = float(round(limit * case.rng.uniform(0.982, 0.9985)))
        total += amount
        grant(town, a, (PROJECT, EQUIPMENT, RENT)[k % 3], year - k // 3, amount, "fritidsnämnden", f"del {k + 1}")
    case.note("association", a, total, n, "belopp strax under en kontrollgräns")


@scheme("AG16")
def grant_per_member(town: Town, case: Case) -> None:
    a = association(town, case)
    g = town.get(GRANTS)
    rows = grants_of(town, a, None, town.as_of.year)
    before = float(g["paid_sek"][rows].sum())
    for column in ("applied_sek", "granted_sek", "paid_sek"):
        g[column][rows] = np.round(g[column][rows] * case.size(3.0, 8.0) / 100) * 100
    case.note("association", a, float(g["paid_sek"][rows].sum()) - before, len(rows), "mycket bidrag per medlem")
