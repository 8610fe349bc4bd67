"""Population, addresses, accounts, providers, associations and who stands behind them."""

from __future__ import annotations

from datetime import date

import numpy as np

from data_samples.model import NULL_TIME, Town, day

# Invented words only: with the running number no name can be that of a real company or association.
_WORDS = ["Nord", "Lind", "Ek", "Berg", "Sjö", "Vind", "Äng", "Ask", "Björk", "Dal", "Fors", "Gran", "Hav",
          "Ljung", "Måne", "Ros", "Skog", "Strand", "Tall", "Åker"]
_CLUBS = {"sport": ["IF", "BK", "Simklubb", "Gymnastik"], "culture": ["Kulturförening", "Teaterförening"],
          "youth": ["Ungdomsförening"], "religious": ["Samfällighet"], "ethnic": ["Kulturgrupp"],
          "other": ["Förening"]}

PROVIDER_COUNTS = {"home_care": (60, 32), "assistance": (45, 32), "hvb": (45, 32)}
ASSOCIATIONS = (260, 60)
SERVICE_NAMES = {"home_care": "Omsorg", "assistance": "Assistans", "hvb": "Ungdomshem"}


def count(base_and_floor: tuple[int, int], scale: float) -> int:
    """Organisations shrink only to the size a peer group needs; clients carry the scale."""
    base, floor = base_and_floor
    return max(floor, round(base * scale))


def log_sizes(rng: np.random.Generator, n: int, total: int, smallest: int, sigma: float = 0.75) -> np.ndarray:
    """n log-normal sizes that add up to about `total`, none under `smallest`."""
    weights = rng.lognormal(0.0, sigma, n)
    spare = max(0, total - n * smallest)
    return smallest + np.floor(weights / weights.sum() * spare).astype(int)


def homes(town: Town, n: int) -> np.ndarray:
    return town.pools["address"].new(n)


def accounts(town: Town, n: int) -> np.ndarray:
    return town.pools["account"].new(n)


def adults(town: Town, n: int, rng: np.random.Generator, born: tuple[int, int] = (1958, 2003),
           area: np.ndarray | None = None) -> np.ndarray:
    """n adults with a home and an account of their own."""
    return town.people.new(
        n, born=rng.integers(born[0], born[1], n), area=rng.integers(0, 12, n) if area is None else area,
        address=homes(town, n), account=accounts(town, n),
        since=day(date(2012, 1, 1)) + rng.integers(0, 3000, n), sex=rng.integers(0, 2, n),
        origin=rng.integers(0, 3, n))


def build_providers(town: Town) -> None:
    """Providers of all three services with 2-5 officers each."""
    rng = town.rng("providers")
    town.info["providers"] = {}
    rows: list[dict[str, object]] = []
    for service, numbers in PROVIDER_COUNTS.items():
        n = count(numbers, town.scale)
        first = len(rows)
        for k in range(n):
            own = k == 0 and service != "hvb"
            form = "kommunal" if own else str(rng.choice(["ab", "ab", "ab", "ab", "ab", "hb", "ef", "ideell"]))
            suffix = {"ab": " AB", "hb": " HB", "ef": "", "ideell": " ideell", "kommunal": " egen regi"}[form]
            word = _WORDS[int(rng.integers(len(_WORDS)))]
            services = service
            if service == "assistance" and k in (5, 11):
                services = "home_care|assistance"  # registered for both; a few real firms are
            registered = day(date(2024, 6, 1)) - int(rng.integers(200, 5000))
            rows.append({
                "name": f"{SERVICE_NAMES[service]} {word} {first + k + 1:02d}{suffix}", "org_form": form,
                "services": services, "registered_on": registered,
                "permit_from": registered + int(rng.integers(30, 190)), "permit_to": NULL_TIME,
                "permit_places": int(rng.choice([4, 5, 6, 7, 8, 9, 10, 12])) if service == "hvb" else NULL_TIME,
                "contract_kind": "own" if own else str(rng.choice(
                    {"home_care": ["lov", "lov", "lov", "lou"], "assistance": ["direct", "lou", "framework"],
                     "hvb": ["framework", "framework", "direct"]}[service])),
                "reimbursement_model": "appropriation" if own else (
                    str(rng.choice(["performed", "performed", "performed", "granted", "level"]))
                    if service == "home_care" else "performed")})
        town.info["providers"][service] = np.arange(first, first + n)
    n = len(rows)
    town.provider_ids = [f"U{k + 1:04d}" for k in range(n)]
    town.add("providers", provider_id=np.arange(n), bank_account_token=accounts(town, n),
             address_token=homes(town, n), **{key: [row[key] for row in rows] for key in rows[0]})
    town.info["rate"] = np.round(rng.normal(440, 14, n).clip(402, 478), 0)  # SEK an hour, home care
    size = rng.integers(2, 6, n)
    owner = np.repeat(np.arange(n), size)
    place = np.concatenate([np.arange(s) for s in size])
    roles = np.array(["ceo", "beneficial_owner", "chair", "board", "deputy"], dtype=object)
    since = town.get("providers")["registered_on"][owner] + rng.integers(0, 400, len(owner))
    town.add("provider_roles", provider_id=owner, person_token=adults(town, len(owner), rng),
             role=roles[place], role_from=np.minimum(since, town.start - 900))


def build_associations(town: Town) -> None:
    """Associations with boards; members and activities are made in associations.py."""
    rng = town.rng("associations.register")
    n = count(ASSOCIATIONS, town.scale)
    category = rng.choice(list(_CLUBS), n, p=[0.5, 0.17, 0.12, 0.08, 0.05, 0.08])
    names = [f"{_WORDS[int(rng.integers(len(_WORDS)))]} {k + 1:03d} {rng.choice(_CLUBS[str(c)])}"
             for k, c in enumerate(category)]
    town.association_ids = [f"F{k + 1:04d}" for k in range(n)]
    town.add("associations", association_id=np.arange(n), name=names, category=[str(c) for c in category],
             registered_on=day(date(2021, 1, 1)) - rng.integers(0, 12000, n),
             bank_account_token=accounts(town, n), address_token=homes(town, n))
    roles = np.array(["chair", "treasurer", "board", "board", "auditor", "board", "board"], dtype=object)
    size = rng.integers(5, 8, n)
    place = np.concatenate([np.arange(s) for s in size])
    owner = np.repeat(np.arange(n), size)
    # Boards are elected at the yearly meeting in March; most members stay for years.
    elected = np.array([day(date(y, 3, 15)) for y in (2019, 2021, 2023, 2024, 2025)])
    town.add("association_roles", association_id=owner, person_token=adults(town, len(owner), rng),
             role=roles[place], role_from=elected[rng.integers(0, 5, len(owner))] + rng.integers(0, 12, len(owner)))


def finish_persons(town: Town) -> None:
    """Write the persons register of everybody who occurs."""
    people = town.people
    n = len(people.born)
    town.add("persons", person_token=np.arange(n), birth_year=people.born, area_code=people.area,
             address_token=people.address, bank_account_token=people.account, registered_from=people.since,
             registered_to=people.until, sex=np.array(["woman", "man"], dtype=object)[people.sex],
             origin_group=np.array(["a", "b", "c"], dtype=object)[people.origin],
             protected=(np.arange(n) % 499 == 7).astype(int))
