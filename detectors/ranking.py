"""One order of what to look at first: version 1.

Points of a finding = 20 x severity/5 x strength x weight of its kind; a concept counts once, with its strongest
finding. Findings of kind unusual together give at most `UNUSUAL_CAP` points, less than any finding of kind
impossible or breach can (`HARD_FLOOR`), so that a statistical deviation only adds weight and never tops a list
alone. Exculpating findings subtract. The contributions shown add up to the score exactly; money is shown, not used.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from schemas.groups import Group

POINTS = 20.0
KIND_WEIGHT = {"impossible": 1.0, "breach": 0.85, "unusual": 0.35, "exculpating": -0.6}
HARD_FLOOR = 4.0  # points any impossible or breach finding gives at least
UNUSUAL_CAP = 3.9  # unusual findings together stay below that
BASELINE_TOP = (10, 50)


@dataclass(frozen=True)
class Finding:
    """The part of a finding that ranking needs."""

    detector_id: str
    kind: str
    concept: str
    domain: str
    severity: int
    strength: float
    amount_sek: Decimal | None = None


@dataclass
class Ranked:
    """A subject with its score and the contributions that add up to it."""

    subject_type: str
    subject_id: str
    score: float
    amount_sek: Decimal | None
    contributions: list[tuple[str, float]]
    concepts: list[str]
    domains: set[str] = field(default_factory=set)
    state: str = "new"
    first_seen: date | None = None
    rank: int = 0
    rank_in_type: int = 0
    place: int = 0  # where lists show it: as rank, but for the control slice (detectors/control.py)
    groups: list[str] = field(default_factory=list)
    link_group: str | None = None


def points(finding: Finding) -> float:
    """Points of one finding; monotone in severity and in strength."""
    raw = POINTS * finding.severity / 5 * finding.strength * KIND_WEIGHT[finding.kind]
    floor = HARD_FLOOR if finding.kind in ("impossible", "breach") else 0.0
    return round(floor + raw, 4)  # rounded here, so that what is shown adds up to what ranks


def score_subject(subject_type: str, subject_id: str, findings: Iterable[Finding]) -> Ranked:
    """Score one subject from all its findings; the order of the findings does not matter."""
    best: dict[tuple[str, str], Finding] = {}
    money: dict[str, Decimal] = {}
    everything = sorted(findings, key=lambda f: (f.detector_id, -f.strength))
    for finding in everything:
        family = "hard" if finding.kind in ("impossible", "breach") else finding.kind
        key = (family, finding.concept)
        if key not in best or abs(points(finding)) > abs(points(best[key])):
            best[key] = finding
        if finding.amount_sek is not None and finding.kind != "exculpating":
            money[finding.concept] = max(money.get(finding.concept, Decimal(0)), finding.amount_sek)
    hard_concepts = {concept for family, concept in best if family == "hard"}
    parts: dict[str, float] = defaultdict(float)
    unusual = 0.0
    for (family, concept), finding in sorted(best.items()):
        if family == "unusual" and concept in hard_concepts:
            continue  # the same fact already counts as impossible or breach
        value = points(finding)
        parts[finding.detector_id] += value
        if family == "unusual":
            unusual += value
    if unusual > UNUSUAL_CAP:
        parts["cap_unusual"] = round(UNUSUAL_CAP - unusual, 4)
    total = sum(parts.values())
    if total < 0:
        parts["floor_zero"] = round(-total, 4)
    contributions = sorted(((d, round(p, 4)) for d, p in parts.items()), key=lambda c: (-c[1], c[0]))
    score = round(sum(p for _, p in contributions), 4)
    concepts = sorted({f.concept for f in everything if f.kind != "exculpating"})
    return Ranked(subject_type, subject_id, score, sum(money.values(), Decimal(0)) if money else None,
                  contributions, concepts, {f.domain for f in everything})


def order(subjects: Iterable[Ranked]) -> list[Ranked]:
    """Rank 1 first, overall and within each subject type; ties by type and id, so the order never wavers."""
    ranked = sorted(subjects, key=lambda r: (-r.score, r.subject_type, r.subject_id))
    seen: dict[str, int] = defaultdict(int)
    for place, row in enumerate(ranked, start=1):
        seen[row.subject_type] += 1
        row.rank, row.rank_in_type = place, seen[row.subject_type]
    return ranked


def order_of(findings: Iterable[tuple[str, str, Finding]]) -> list[Ranked]:
    """Score and order the subjects of (subject type, subject id, finding); exculpating ones alone rank nobody."""
    grouped: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for subject_type, subject_id, finding in findings:
        grouped[(subject_type, subject_id)].append(finding)
    return order(score_subject(t, s, f) for (t, s), f in grouped.items() if any(x.kind != "exculpating" for x in f))


def visible_groups(row: Ranked, groups: Mapping[str, Group], services: Mapping[str, str]) -> list[str]:
    """The groups whose purpose covers at least one of the subject's findings (default deny).

    Exculpating findings follow the subject and open nothing by themselves.
    """
    own = [service for service in (services.get(row.subject_id) or "").split("|") if service]
    domains = row.domains - {"exculpating"}
    return sorted(name for name, group in groups.items()
                  if any(group.sees(domain, row.subject_type, own) for domain in domains))


def baselines(ranked: list[Ranked]) -> dict[str, Any]:
    """Our order beside sort-by-money: share of the top k that both lists hold, overall and per subject type."""
    def overlap(rows: list[Ranked]) -> dict[str, Any]:
        by_money = sorted(rows, key=lambda r: (-(r.amount_sek or Decimal(0)), r.subject_id))
        result: dict[str, Any] = {"subjects": len(rows)}
        for k in BASELINE_TOP:
            ours = {(r.subject_type, r.subject_id) for r in rows[:k]}
            money = {(r.subject_type, r.subject_id) for r in by_money[:k]}
            result[f"overlap_{k}"] = round(len(ours & money) / min(k, len(rows)), 4) if rows else None
        result["order"] = [f"{r.subject_type}:{r.subject_id}" for r in by_money[:BASELINE_TOP[-1]]]
        return result
    types = sorted({r.subject_type for r in ranked})
    return {"sort_by_money": {"overall": overlap(ranked),
                              **{t: overlap([r for r in ranked if r.subject_type == t]) for t in types}}}
