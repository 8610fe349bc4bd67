"""One order of what to look at first: version 2. docs/ranking.md tells the same for people, with an example.

score = the strongest finding of each concept                     (one fact counts once)
      + co_occurrence: findings of independent families agree      (a share of all but the strongest family)
      + link_group: a linked subject has strong findings           (a share of them, capped; never one's own)
      - exculpating findings                                       (the strongest of each concept)
      + cap_unusual, floor_zero: the two limits, shown as contributions so that the parts add up to the score

Kinds are not blended: whoever has no finding of kind impossible or breach stays at or below `UNUSUAL_CAP`, whatever
else is unusual and whoever they are linked with, and each impossible or breach finding gives `HARD_FLOOR` at least.
Nothing here knows how large a subject is: neither money nor volume enters. A finding that does not exculpate never
lowers a score, nor does a higher strength, severity or rule weight; an exculpating finding never raises one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from schemas.groups import Group

POINTS = 20.0
KIND_WEIGHT = {"impossible": 1.0, "breach": 0.85, "unusual": 0.35, "exculpating": -0.6}
HARD = ("impossible", "breach")
HARD_FLOOR = 4.0  # points any impossible or breach finding gives at least, whatever the weight of its rule
UNUSUAL_CAP = 3.9  # what is only unusual stays below that
LIFT_SHARE, LIFT_CAP = 0.25, 8.0  # co-occurrence: share of every family but the strongest
LINK_SHARE, LINK_CAP = 0.2, 4.0  # link group: share of the strongest other member's facts

# Concepts of one family tend to be several views of one circumstance, so that they do not count as agreeing
# independently (the handbook's families, reference 8.2). A concept without a family is one by itself.
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "place": ("presence", "absence", "travel", "household"),
    "time": ("working_time", "timing"),
    "decision": ("decision", "permit", "occupancy", "norm"),
    "money": ("billing", "rate", "duplicate", "payment", "splitting", "digits", "grant", "income"),
    "registration": ("registration", "pattern"),
    "activity": ("membership", "attendance", "booking"),
    "behind": ("account", "address", "board", "landlord", "network", "ownership", "relatives"),
}
FAMILY_OF = {concept: family for family, concepts in FAMILIES.items() for concept in concepts}
# The forest, peer comparisons and growth look at the same registrations as the rules: they agree with nothing by
# themselves.
DEPENDENT = frozenset({"peers", "growth"})
# The strength of a comparison of the whole is a place among peers, and somebody always stands last: it counts half.
COMPARED, COMPARED_SHARE = frozenset({"peers"}), 0.5
LINKING = "behind"  # what links subjects in the first place; it does not count once more for the others of the group


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
    groups: list[str] = field(default_factory=list)
    link_group: str | None = None
    place: int = 0  # where lists show it: as rank, but for the control slice (detectors/control.py)
    listed: bool = True  # False: shown apart from the numbered list, below `listed_from` of the settings


@dataclass(frozen=True)
class Base:
    """What a subject's own findings give, before anybody else's are looked at.

    hard, unusual: (finding, points) of each concept that counts, an unusual one only where no hard one tells of the
    same concept; against: the strongest exculpating finding of each concept.
    """

    hard: tuple[tuple[Finding, float], ...]
    unusual: tuple[tuple[Finding, float], ...]
    against: tuple[tuple[Finding, float], ...]
    amount_sek: Decimal | None
    concepts: tuple[str, ...]
    domains: frozenset[str]

    @property
    def facts(self) -> float:
        """Points that may lift others of the link group: hard findings other than the links themselves."""
        own = sum(value for finding, value in self.hard if family(finding.concept) != LINKING)
        return max(0.0, own + sum(value for _, value in self.against))


def family(concept: str) -> str:
    """The family a concept belongs to; by itself when it has none."""
    return FAMILY_OF.get(concept, concept)


def points(finding: Finding, weight: float = 1.0) -> float:
    """Points of one finding; monotone in severity, strength and the rule's weight (which exculpating rules lack)."""
    raw = POINTS * finding.severity / 5 * finding.strength * KIND_WEIGHT[finding.kind]
    if finding.kind in HARD:
        raw = max(HARD_FLOOR, weight * (HARD_FLOOR + raw))
    elif finding.kind == "unusual":
        raw *= weight * (COMPARED_SHARE if finding.concept in COMPARED else 1.0)
    return round(raw, 4)  # rounded here, so that what is shown adds up to what ranks


def base_of(findings: Iterable[Finding], weights: Mapping[str, float] | None = None) -> Base:
    """Own points of one subject; the order of the findings does not matter."""
    weights = weights or {}
    best: dict[tuple[str, str], tuple[Finding, float]] = {}
    money: dict[str, Decimal] = {}
    everything = sorted(findings, key=lambda f: (f.detector_id, -f.strength, f.kind, f.concept, -f.severity))
    for finding in everything:
        kind = "hard" if finding.kind in HARD else finding.kind
        value = points(finding, weights.get(finding.detector_id, 1.0))
        if abs(value) > abs(best.get((kind, finding.concept), (finding, -1e-9))[1]):
            best[kind, finding.concept] = (finding, value)
        if finding.amount_sek is not None and finding.kind != "exculpating":
            money[finding.concept] = max(money.get(finding.concept, Decimal(0)), finding.amount_sek)
    told = {concept for kind, concept in best if kind == "hard"}

    def of(wanted: str) -> tuple[tuple[Finding, float], ...]:
        return tuple(pair for (kind, concept), pair in sorted(best.items())
                     if kind == wanted and not (kind == "unusual" and concept in told))

    return Base(of("hard"), of("unusual"), of("exculpating"), sum(money.values(), Decimal(0)) if money else None,
                tuple(sorted({f.concept for f in everything if f.kind != "exculpating"})),
                frozenset(f.domain for f in everything))


def co_occurrence(base: Base) -> float:
    """Lift when findings of two independent families or more agree: a share of all families but the strongest."""
    strongest: dict[str, float] = {}
    for finding, value in (*base.hard, *base.unusual):
        if finding.concept not in DEPENDENT:
            name = family(finding.concept)
            least = value if finding.kind in HARD else min(value, UNUSUAL_CAP)
            strongest[name] = max(strongest.get(name, 0.0), least)
    others = sum(strongest.values()) - max(strongest.values(), default=0.0)
    return round(min(LIFT_CAP, LIFT_SHARE * others), 4)


def link_lift(strongest_other: float) -> float:
    """Lift from the link group, by the facts of its strongest member other than the subject itself."""
    return round(min(LINK_CAP, LINK_SHARE * strongest_other), 4)


def score_subject(subject_type: str, subject_id: str, findings: Iterable[Finding] | Base,
                  weights: Mapping[str, float] | None = None, strongest_other: float = 0.0) -> Ranked:
    """Score one subject from all its findings; strongest_other = `Base.facts` of the strongest linked subject."""
    base = findings if isinstance(findings, Base) else base_of(findings, weights)
    parts: dict[str, float] = defaultdict(float)
    for finding, value in (*base.hard, *base.unusual, *base.against):
        parts[finding.detector_id] += value
    unusual = sum(value for _, value in base.unusual)
    if base.hard or base.unusual:
        parts["co_occurrence"], parts["link_group"] = co_occurrence(base), link_lift(strongest_other)
    if not base.hard:
        unusual += parts["co_occurrence"] + parts["link_group"]
    if unusual > UNUSUAL_CAP:
        parts["cap_unusual"] = UNUSUAL_CAP - unusual
    total = sum(parts.values())
    if total < 0:
        parts["floor_zero"] = -total
    shown = ((name, round(value, 4)) for name, value in parts.items())
    contributions = sorted((part for part in shown if part[1] or part[0].isupper()), key=lambda c: (-c[1], c[0]))
    score = round(sum(value for _, value in contributions), 4)
    return Ranked(subject_type, subject_id, max(score, 0.0), base.amount_sek, contributions, list(base.concepts),
                  set(base.domains))


def order(subjects: Iterable[Ranked]) -> list[Ranked]:
    """Rank 1 first, overall and within each subject type; ties by type and id, so the order never wavers."""
    ranked = sorted(subjects, key=lambda r: (-r.score, r.subject_type, r.subject_id))
    seen: dict[str, int] = defaultdict(int)
    for place, row in enumerate(ranked, start=1):
        seen[row.subject_type] += 1
        row.rank, row.rank_in_type = place, seen[row.subject_type]
    return ranked


def order_of(findings: Iterable[tuple[str, str, Finding]], weights: Mapping[str, float] | None = None,
             link_groups: Mapping[tuple[str, str], str] | None = None) -> list[Ranked]:
    """Score and order the subjects of (subject type, subject id, finding); exculpating ones alone rank nobody.

    weights: multiplier of a rule's points, from the outcomes of its earlier findings (1 where none is given).
    link_groups: (subject type, subject id) -> link group; its lift is taken from the others' own findings, so that
    no lift begets another.
    """
    grouped: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for subject_type, subject_id, finding in findings:
        grouped[subject_type, subject_id].append(finding)
    bases = {subject: base_of(found, weights) for subject, found in grouped.items()
             if any(f.kind != "exculpating" for f in found)}
    groups = link_groups or {}
    facts: dict[str, list[tuple[float, tuple[str, str]]]] = defaultdict(list)
    for subject, base in bases.items():
        if subject in groups:
            facts[groups[subject]].append((base.facts, subject))

    def other(subject: tuple[str, str]) -> float:
        members = facts[groups[subject]] if subject in groups else []
        return max((value for value, member in members if member != subject), default=0.0)

    ranked = order(score_subject(*subject, base, strongest_other=other(subject)) for subject, base in bases.items())
    for row in ranked:
        row.link_group = groups.get((row.subject_type, row.subject_id))
    return ranked


def set_apart(ranked: Iterable[Ranked], least: float) -> None:
    """Set `listed`: whoever has fewer points than `least` keeps its rank and is shown apart from the list.

    A subject's own score decides, never how long the list is: a list is not filled up with what is weak.
    """
    for row in ranked:
        row.listed = row.score >= least


def visible_groups(row: Ranked, groups: Mapping[str, Group], services: Mapping[str, str]) -> list[str]:
    """The groups whose purpose covers at least one of the subject's findings (default deny).

    Exculpating findings follow the subject and open nothing by themselves.
    """
    own = [service for service in (services.get(row.subject_id) or "").split("|") if service]
    domains = row.domains - {"exculpating"}
    return sorted(name for name, group in groups.items()
                  if any(group.sees(domain, row.subject_type, own) for domain in domains))
