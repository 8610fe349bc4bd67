"""Our order beside the orders that anybody has without us: sorted by money, by size, at random.

`sort_by_money` tells how much of the top of the list money alone would have shown. Where subjects have been judged,
`judged` tells how many of the first k judged ones were confirmed, in our order and in the others, overall and inside
each quarter of size: an order that only finds large subjects says nothing inside a quarter. Judged subjects were
mostly chosen by the list itself, so these figures compare orders; what share of all deviations is found only the
control slice can tell.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import duckdb

from detectors.ranking import Ranked
from schemas.case_id import case_id

TOP = (10, 50)
SHUFFLES = 200  # random orders whose mean is shown
SIZE = "paid_sek"  # what size is measured by: money paid to the subject in all, findings or none

Subject = tuple[str, str]  # subject type, subject id
Order = list[Subject]


def paid_sizes(connection: duckdb.DuckDBPyConnection) -> dict[Subject, float]:
    """SEK paid to each provider (ledger; its invoices where the ledger has nothing) and each association (grants).

    Suppliers of the ledger that no register holds are providers too: the rules on the ledger name them so.
    """
    rows = connection.execute("""
        WITH invoiced AS (
          SELECT provider_id, amount_sek FROM home_care_invoices UNION ALL
          SELECT provider_id, amount_sek FROM assistance_invoices UNION ALL
          SELECT provider_id, amount_sek FROM hvb_invoices),
        billed AS (SELECT provider_id, sum(amount_sek) AS sek FROM invoiced GROUP BY provider_id),
        booked AS (
          SELECT supplier_id, sum(amount_sek) AS sek FROM supplier_payments
          WHERE supplier_id NOT IN (SELECT association_id FROM associations WHERE association_id IS NOT NULL)
          GROUP BY supplier_id),
        known AS (SELECT provider_id FROM providers UNION SELECT supplier_id FROM booked)
        SELECT 'provider', p.provider_id, coalesce(k.sek, b.sek, 0)
        FROM known p LEFT JOIN booked k ON k.supplier_id = p.provider_id
        LEFT JOIN billed b ON b.provider_id = p.provider_id
        WHERE p.provider_id IS NOT NULL
        UNION ALL
        SELECT 'association', a.association_id, coalesce(sum(g.paid_sek), 0)
        FROM associations a LEFT JOIN association_grants g ON g.association_id = a.association_id
        GROUP BY a.association_id ORDER BY ALL""").fetchall()
    return {(kind, name): float(sek) for kind, name, sek in rows}


def baselines(ranked: Sequence[Ranked], judged: Mapping[Subject, bool] | None = None,
              sizes: Mapping[Subject, float] | None = None, seed: int = 0,
              unaided: Sequence[Ranked] | None = None) -> dict[str, Any]:
    """What run.json keeps under `baselines`.

    judged: subject -> confirmed (True) or not (False). sizes: subject -> size that does not depend on findings
    (`paid_sizes`); subjects without one are in no quarter. unaided: the order as it would be had no outcome come in
    (nobody taken out, no rule that reads outcomes, no weights from them); precision is measured on it, since an
    order that has heard the answers proves nothing. Without it `ranked` is taken.

    {"sort_by_money": {"overall" | subject type: {"subjects", "overlap_10", "overlap_50", "order": first 50}},
     "size": "paid_sek",
     "judged": {} or {"overall" | subject type: TOLD + {"size_quartiles": [TOLD + {"quartile": 1..4}]}}}
    TOLD = {"judged": n, "confirmed": n, "at": {"10" | "50": {"n", "ours", "by_money", "by_size", "random",
            "lift_money", "lift_size", "lift_random"}}}; ours etc. = share confirmed among the first n judged.
    """
    types = sorted({row.subject_type for row in ranked})
    overlaps = {"overall": _overlap(ranked), **{t: _overlap([r for r in ranked if r.subject_type == t]) for t in types}}
    return {"sort_by_money": overlaps, "size": SIZE,
            "judged": _judged(ranked if unaided is None else unaided, judged or {}, sizes or {}, seed)}


def size_quartiles(sizes: Mapping[Subject, float]) -> dict[Subject, int]:
    """1 (smallest) to 4 by size, among all subjects of the type, in equally large quarters; ties by id."""
    quartile: dict[Subject, int] = {}
    for kind in sorted({subject[0] for subject in sizes}):
        members = sorted((size, subject) for subject, size in sizes.items() if subject[0] == kind)
        quartile |= {subject: 1 + place * 4 // len(members) for place, (_, subject) in enumerate(members)}
    return quartile


def _overlap(rows: Sequence[Ranked]) -> dict[str, Any]:
    by_money = sorted(rows, key=_money)
    result: dict[str, Any] = {"subjects": len(rows)}
    for k in TOP:
        ours = {(r.subject_type, r.subject_id) for r in rows[:k]}
        money = {(r.subject_type, r.subject_id) for r in by_money[:k]}
        result[f"overlap_{k}"] = round(len(ours & money) / min(k, len(rows)), 4) if rows else None
    # by the id of their case: run.json is read by many and holds no subject's own id
    result["order"] = [case_id(r.subject_type, r.subject_id) for r in by_money[:TOP[-1]]]
    return result


def _money(row: Ranked) -> tuple[Decimal, str, str]:
    return (-(row.amount_sek or Decimal(0)), row.subject_id, row.subject_type)


def _judged(rows: Sequence[Ranked], judged: Mapping[Subject, bool], sizes: Mapping[Subject, float],
            seed: int) -> dict[str, Any]:
    """Precision of the orders among the judged subjects; {} as long as nobody listed has been judged.

    Sorting by size takes the judged subjects alone, as the others do, so that all orders share one denominator.
    """
    ours: Order = [(r.subject_type, r.subject_id) for r in rows if (r.subject_type, r.subject_id) in judged]
    if not ours:
        return {}
    by_money: Order = [(r.subject_type, r.subject_id) for r in sorted(rows, key=_money)
                       if (r.subject_type, r.subject_id) in judged]
    by_size = sorted(ours, key=lambda subject: (-sizes.get(subject, 0.0), subject))
    quartile = size_quartiles(sizes)

    def told(members: Collection[Subject]) -> dict[str, Any]:
        orders = {name: [judged[s] for s in subjects if s in members]
                  for name, subjects in (("ours", ours), ("by_money", by_money), ("by_size", by_size))}
        n = len(orders["ours"])
        return {"judged": n, "confirmed": sum(orders["ours"]),
                "at": {str(k): _at(orders, min(k, n), seed) for k in TOP} if n else {}}

    def block(members: Collection[Subject]) -> dict[str, Any]:
        quarters = [{"quartile": q, **told({s for s in members if quartile.get(s) == q})} for q in (1, 2, 3, 4)]
        return {**told(members), "size_quartiles": quarters}

    kinds = sorted({subject[0] for subject in ours})
    return {"overall": block(set(ours)), **{t: block({s for s in ours if s[0] == t}) for t in kinds}}


def _at(orders: Mapping[str, Sequence[bool]], k: int, seed: int) -> dict[str, Any]:
    share = {name: sum(labels[:k]) / k for name, labels in orders.items()}
    share["random"] = _at_random(orders["ours"], k, seed)
    lifts = {f"lift_{name.removeprefix('by_')}": round(share["ours"] / share[name], 4) if share[name] else None
             for name in ("by_money", "by_size", "random")}
    return {"n": k, **{name: round(value, 4) for name, value in share.items()}, **lifts}


def _at_random(labels: Iterable[bool], k: int, seed: int) -> float:
    """Mean share confirmed among the first k of seeded random orders."""
    pool, chance = list(labels), random.Random(seed)
    return sum(sum(chance.sample(pool, k)) for _ in range(SHUFFLES)) / (SHUFFLES * k)
