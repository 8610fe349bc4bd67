"""Look-alikes across domains: hubs, public roles, an explained outcome, a provider that corrects itself."""

from __future__ import annotations

import numpy as np

from data_samples.lookalikes.case import innocent
from data_samples.model import NULL_TIME, Town
from data_samples.schemes import assistance as pa
from data_samples.schemes import associations as ag
from data_samples.schemes import cross_domain as xd
from data_samples.schemes import home_care as hc
from data_samples.schemes import income_support as ib
from data_samples.schemes.case import Innocent


@innocent("XD01")
def two_jobs(town: Town, case: Innocent) -> None:
    home, p = hc.provider(town, case, 2), pa.provider(town, case, 1)
    v, s = town.get(hc.VISITS), town.get(pa.SHIFTS)
    staff, counts = np.unique(v["staff_token"][v["provider_id"] == home], return_counts=True)
    who = int(staff[np.argmin(counts)])
    busy = np.unique(v["started_at"][v["staff_token"] == who] // 1440)
    rows = pa.rows_of(town, p)
    free = rows[~np.isin(s["started_at"][rows] // 1440, np.concatenate([busy - 1, busy, busy + 1]))
                & (s["kind"][rows] == 0)]
    free = free[np.argsort(s["started_at"][free], kind="stable")]  # one shift a day, whoever the client is
    hit = free[np.concatenate([[True], np.diff(s["started_at"][free] // 1440) > 0])][:20] if len(free) else free
    s["assistant_token"][hit] = who
    case.note("provider", p, 0, len(hit), "två deltidsjobb på olika dagar")


@innocent("XD05")
def public_board(town: Town, case: Innocent) -> None:
    p, a = hc.provider(town, case, 2), ag.association(town, case)
    who = int(town.get("provider_roles")["person_token"][xd.officers(town, p)[-1]])
    town.get("association_roles")["person_token"][xd.board(town, a)[-1]] = who
    case.note("provider", p, 0, 1, "företrädare sitter i en idrottsstyrelse på fritiden")
    case.note("association", a, 0, 1, "styrelseledamot driver företag")


@innocent("XD07")
def former_support(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    hh = town.info["is"]
    ended = [h for h in range(len(hh["household"])) if hh["stop"][h] < ib.month(town) - 8]
    h = town.pick("household", ended or range(len(hh["household"])), case.rng)
    row = xd.officers(town, p)[0]
    roles = town.get("provider_roles")
    roles["person_token"][row] = hh["members"][h][0]
    roles["role_from"][row] = town.end - 200
    case.note("provider", p, 0, 1, "startade företag efter en period med försörjningsstöd")


@innocent("XD09")
def accountant(town: Town, case: Innocent) -> None:
    """A book-keeping firm's address is the registered address of many."""
    address = town.pools["address"].one()
    town.lists["accountant_addresses"].append(town.token("address", address))
    register, assoc = town.get("providers"), town.get("associations")
    providers = [p for p in range(len(town.provider_ids)) if ("provider", p) not in town.used]
    many = case.rng.choice(providers or np.arange(len(town.provider_ids)), min(12, max(1, len(providers))), False)
    clubs = [a for a in range(len(town.association_ids)) if ("association", a) not in town.used]
    some = case.rng.choice(clubs or np.arange(len(town.association_ids)), min(6, max(1, len(clubs))), False)
    register["address_token"][many] = address
    assoc["address_token"][some] = address
    case.note("address", address, 0, len(many) + len(some), "redovisningsbyråns adress (på kommunens lista)")


@innocent("XD10")
def new_and_unrelated(town: Town, case: Innocent) -> None:
    p = hc.provider(town, case, 2)
    register, roles = town.get("providers"), town.get("provider_roles")
    register["registered_on"][p] = town.start - 100
    register["permit_from"][p] = town.start - 60
    roles["role_from"][roles["provider_id"] == p] = town.start - 100
    case.note("provider", p, 0, 1, "nyregistrerad liten utförare utan koppling till någon nedlagd")


@innocent("XD08")
def one_shared_person(town: Town, case: Innocent) -> None:
    p, a = pa.provider(town, case, 1), ag.association(town, case)
    roles = town.get("association_roles")
    auditor = np.flatnonzero((roles["association_id"] == a) & (roles["role"] == "auditor")
                             & (roles["role_to"] == NULL_TIME))
    if len(auditor):
        roles["person_token"][auditor[0]] = town.get("provider_roles")["person_token"][xd.officers(town, p)[0]]
    case.note("association", a, 0, 1, "revisorn är företrädare för en utförare")


@innocent("XD12")
def one_parent(town: Town, case: Innocent) -> None:
    p = pa.provider(town, case, 1)
    c = pa.client_indices(town, p)[0]
    town.people.address[town.info["pa"]["teams"][c][0]] = town.people.address[town.info["pa"]["client"][c]]
    case.note("provider", p, 0, 1, "en förälder bland flera assistenter")


@innocent("EX05", "ledger")
def explained(town: Town, case: Innocent) -> None:
    """Outcomes of earlier review: one explained subject and some confirmed ones."""
    if case.number:
        return
    planted = [t for t in town.truth if t.kind == "planted" and t.subject_type in ("provider", "association")]
    innocent_ones = [t for t in town.truth if t.kind == "lookalike" and t.subject_id.startswith(("U", "F"))]
    picks = [(t, "confirmed", t.amount_sek * 0.6) for t in planted[::9][:4]] + [
        (t, "explained", 0.0) for t in innocent_ones[::11][:4]]
    seen: set[tuple[str, str]] = set()
    groups = {"HC": "sg-hemtjanst", "PA": "sg-assistans", "HV": "sg-hvb", "IS": "sg-bistand", "AG": "sg-forening"}
    for k, (t, outcome, amount) in enumerate(picks):
        if (t.subject_type, t.subject_id) in seen or t.scheme[:2] not in groups:
            continue
        seen.add((t.subject_type, t.subject_id))
        town.add("outcomes", subject_type=[t.subject_type], subject_id=[t.subject_id],
                 reviewed_on=town.end - 60 + 3 * k, outcome=[outcome],
                 recovered_sek=round(amount, 2), note=["granskad"], reviewer_group=[groups[t.scheme[:2]]],
                 detector_id=[t.scheme])
    rows = town.size("outcomes")
    case.note("provider", "*", 0, rows, "utfall av tidigare granskning, några förklarade")
