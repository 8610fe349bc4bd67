"""Planting of schemes: which rules, how subtle, on whom. One module per domain holds the schemes themselves."""

from __future__ import annotations

from data_samples.model import Town
from data_samples.schemes import (  # noqa: F401  (importing registers the schemes)
    assistance,
    associations,
    cross_domain,
    home_care,
    hvb,
    income_support,
    invoices,
    ledger,
)
from data_samples.schemes.case import REGISTRY, Case

PHASES = ("events", "invoices", "ledger")
_SHARES = {"easy": (1.0, 0.0, 0.0), "medium": (0.0, 1.0, 0.0), "hard": (0.0, 0.0, 1.0), "mixed": (0.4, 0.35, 0.25)}


def plan(town: Town, schemes: int | None) -> list[Case]:
    """Which schemes to plant: every rule once, in an order that mixes the domains, then again from the start.

    Below the number of rules a subset is drawn (by seed); above it the rules come more than once, on new subjects.
    """
    rng = town.rng("plan")
    by_domain: dict[str, list[str]] = {}
    for code in sorted(REGISTRY):
        by_domain.setdefault(code[:2], []).append(code)
    keyed = []
    for codes in by_domain.values():  # spread every domain evenly over the list
        for k, place in enumerate(rng.permutation(len(codes))):
            keyed.append(((k + 0.5) / len(codes) + rng.uniform(0, 1e-3), codes[int(place)]))
    order = [code for _, code in sorted(keyed)]
    n = schemes if schemes is not None else len(order) + round(30 * max(0.0, min(town.scale, 2.0) - 0.3))
    level = rng.choice(["easy", "medium", "hard"], max(n, 1), p=_SHARES[town.difficulty])
    return [Case(town, order[k % len(order)], k // len(order), str(level[k])) for k in range(n)]


def plant(town: Town, cases: list[Case], phase: str) -> None:
    """Plant the cases whose rows belong to this phase of the generation."""
    town.adding = "planted"
    for case in cases:
        scheme = REGISTRY[case.code]
        if scheme.phase == phase:
            scheme.function(town, case)
