"""How often a rule was right, from what investigators found, and what that means for its points.

Precision of a rule = confirmed / (confirmed + explained + data_error), counted in subjects: each counts once, with the
newest judgement of the rule. A judgement without a rule speaks of every rule that had listed the subject when it was
reviewed. The interval is Wilson's (1927): it holds its level for few reviews and for shares near 0 and 1, where rules
live. Reviewed subjects were mostly chosen by the list, so a precision says how good the top of it is, not all of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from detectors.cases import Judgement, Limit
from detectors.outcomes import DECIDING, Subject

Z95 = 1.959964

# What a rule is taken to be worth before anybody has reviewed it, by kind: an impossibility is mostly real or an error
# of registration; a breach has exceptions; an unusual profile has mostly an honest reason. Published reviews of lists
# found 49 to 75 % of the picks to need correction (ISF 2018:5; Försäkringskassan's VAB sheets).
EXPECTED: Mapping[str, float] = {"impossible": 0.75, "breach": 0.6, "unusual": 0.3}
# The least a municipality should accept of a rule in use, until it has agreed on figures of its own (settings
# `agreed_precision`, or the rule's header): half of what is expected, rounded up; below it a reviewer's time is wasted.
AGREED: Mapping[str, float] = {"impossible": 0.4, "breach": 0.3, "unusual": 0.15}

STRENGTH = Limit(10, "so many reviews weigh as much as the expectation: fewer than ten say little of a rule")
LEAST, MOST = (
    Limit(0.5, "a rule that is mostly explained keeps half its points: the next subject may be the real one, and "
               "whoever wants it silent can retire it by a decision that is seen"),
    Limit(1.25, "a rule often confirmed gains a quarter at most, so that the kinds keep their order and yesterday's "
                "catches do not decide alone where people look tomorrow"),
)


@dataclass(frozen=True)
class Precision:
    """One rule: subjects judged, confirmed among them, share with its 95 % interval (None without), weight."""

    reviewed: int = 0
    confirmed: int = 0
    share: float | None = None
    low: float | None = None
    high: float | None = None
    weight: float = 1.0
    agreed: float | None = None

    @property
    def too_low(self) -> bool:
        """Whether even the upper end of the interval is under what was agreed."""
        return self.high is not None and self.agreed is not None and self.high < self.agreed


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927); (0, 1) when nobody was asked."""
    if n == 0:
        return 0.0, 1.0
    share, z2 = hits / n, Z95 * Z95
    centre = share + z2 / (2 * n)
    spread = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (centre - spread) / (1 + z2 / n)), min(1.0, (centre + spread) / (1 + z2 / n))


def weight(confirmed: int, reviewed: int, kind: str) -> float:
    """Multiplier of the points of a rule: its precision, drawn to what its kind is expected to have, over that."""
    if kind not in EXPECTED or reviewed == 0:
        return 1.0
    expected = EXPECTED[kind]
    drawn = (confirmed + STRENGTH.value * expected) / (reviewed + STRENGTH.value)
    return round(min(MOST.value, max(LEAST.value, drawn / expected)), 4)


def tally(judged: Iterable[tuple[Subject, Sequence[Judgement]]]) -> dict[str, tuple[int, int]]:
    """Rule -> (subjects confirmed, subjects judged)."""
    counts: dict[str, tuple[int, int]] = {}
    for _, judgements in judged:
        for rule, outcome in _by_rule(judgements).items():
            if outcome in DECIDING:
                confirmed, reviewed = counts.get(rule, (0, 0))
                counts[rule] = confirmed + (outcome == "confirmed"), reviewed + 1
    return counts


def _by_rule(judgements: Sequence[Judgement]) -> dict[str, str]:
    """Rule -> the newest thing said of it on one subject."""
    said: dict[str, str] = {}
    for judgement in sorted(judgements, key=lambda j: j.order):
        one = judgement.outcome
        rules = {one.detector_id} if one.detector_id else {f.detector_id for f in judgement.seen}
        said |= dict.fromkeys(rules, one.outcome)
    return said


def precision_of(counts: Mapping[str, tuple[int, int]], kinds: Mapping[str, str],
                 agreed: Mapping[str, float] | None = None) -> dict[str, Precision]:
    """Every rule of `kinds` (rule -> kind). agreed: share by rule or by kind, in place of AGREED."""
    agreed = agreed or {}
    result = {}
    for rule, kind in kinds.items():
        floor = agreed.get(rule, agreed.get(kind, AGREED.get(kind)))
        confirmed, reviewed = counts.get(rule, (0, 0))
        if not reviewed:
            result[rule] = Precision(agreed=floor)
            continue
        low, high = wilson(confirmed, reviewed)
        result[rule] = Precision(reviewed, confirmed, round(confirmed / reviewed, 4), round(low, 4), round(high, 4),
                                 weight(confirmed, reviewed, kind), floor)
    return result


def warning(found: Precision) -> str:
    """What the steward is told, in Swedish; '' when nothing is wrong."""
    if not found.too_low or found.agreed is None or found.high is None:
        return ""
    return (f"{found.confirmed} av {found.reviewed} granskade bekräftade: högst {100 * found.high:.0f} % "
            f"träffsäkerhet, avtalat minst {100 * found.agreed:.0f} %")

