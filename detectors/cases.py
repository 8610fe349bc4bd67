"""What follows a subject from night to night: what was judged, what rests, what has come back, and its state.

A plain function of the night before, tonight's findings, the outcomes and the day. It has two halves around the
ranking: `weigh` says which findings count tonight, `settle` names the states once the order is known.

An explained finding gives no points until there is something material that the reviewer had not seen: a finding with
another id, or the same one grown beyond the limits of MATERIAL. A finding that came back stays until judged anew, so
that a case never flickers at a limit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from detectors.outcomes import EXPLAINING, Outcome, Subject
from schemas.case_id import case_id

HARD = ("impossible", "breach")
LISTED = ("new", "continuing", "worse", "better", "reopened")
CHANGED = ("new", "worse", "reopened")
HISTORY_NIGHTS = 60
MISSED = timedelta(days=14)  # a case that a broken rule lost for so long has not been away


@dataclass(frozen=True)
class Limit:
    """A limit of ours and the reason for it."""

    value: float
    because: str


# How much an explained finding must have grown, since it was explained, to be looked at again. Each is compared with
# the finding as it was judged, not with last night, so that slow growth is seen too.
MATERIAL: Mapping[str, Limit] = {
    "strength": Limit(0.2, "a fifth of the scale is more than nights differ by late registrations alone"),
    "amount_share": Limit(0.25, "a quarter more money is another case to weigh the same explanation against"),
    "amount_sek": Limit(5_000, "less than the cost of reviewing a case is no reason to review it again"),
    "evidence_share": Limit(0.5, "half as many rows again is more than a look-back that moves on by a month brings"),
    "evidence_rows": Limit(3, "one or two rows more are what the reviewer would expect of what was explained"),
}
CHANGE = Limit(0.5, "points; the weakest finding of the lowest severity gives more, rounding and drift give less")


@dataclass(frozen=True)
class Seen:
    """A finding as it is remembered."""

    finding_id: str
    detector_id: str
    kind: str
    severity: int
    strength: float
    amount_sek: Decimal | None
    n_evidence: int
    concept: str = ""
    domain: str = ""
    period_to: date | None = None


@dataclass(frozen=True)
class Judgement:
    """The newest outcome of a group on a subject or one of its rules, and the findings it was about.

    returned: ids of findings that counted again in spite of it.
    """

    outcome: Outcome
    seen: tuple[Seen, ...] = ()
    returned: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[date, bool, int, str]:
        """Later holds over earlier; of one day a judgement of one rule over one of the whole subject."""
        one = self.outcome
        return one.reviewed_on, one.detector_id is not None, one.row_ref, one.reviewer_group


class Night(NamedTuple):
    """One entry of a case's history; rank None when it was not in the list."""

    night: date
    rank: int | None
    score: float
    state: str


@dataclass(frozen=True)
class Case:
    """A subject that has ever been listed. `plain` is the score without the weights of the rules' precision."""

    subject: Subject
    state: str
    first_seen: date
    last_seen: date
    rank: int | None
    score: float
    plain: float
    severity: int
    findings: tuple[Seen, ...] = ()
    history: tuple[Night, ...] = ()
    judged: tuple[Judgement, ...] = ()
    resting: tuple[str, ...] = ()  # finding ids that give no points tonight
    back_because: tuple[str, ...] = ()
    why: str = ""  # of a state that needs a reason, see `settle`
    groups: tuple[str, ...] = ()
    changed_on: date | None = None  # the last night it was new, worse or back, for "new since the last meeting"

    @property
    def case_id(self) -> str:
        return case_id(*self.subject)

    @property
    def back_because_json(self) -> str:
        """As both cases.parquet and ranked.parquet have it."""
        return json.dumps(list(self.back_because))

    @property
    def verdict(self) -> Outcome | None:
        """The newest outcome of anybody on anything of the subject."""
        return max(self.judged, key=lambda j: j.order).outcome if self.judged else None

    def rest(self, as_of: date) -> Outcome | None:
        """The rest that has not run out, if there is one."""
        resting = [j for j in self.judged if j.outcome.snooze_until and as_of < j.outcome.snooze_until]
        return max(resting, key=lambda j: j.order).outcome if resting else None


@dataclass
class Weighed:
    """One subject tonight: its findings, which of them rest (id -> explained | snoozed), which came back and why."""

    subject: Subject
    findings: tuple[Seen, ...]
    judged: tuple[Judgement, ...] = ()
    resting: dict[str, str] = field(default_factory=dict)
    back: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Place:
    """Where the ranking put a subject."""

    rank: int
    score: float
    plain: float


Sees = Callable[[str, Seen], bool]  # (group, finding) -> whether the group sees it
SeenOn = Callable[[Subject, date], Sequence[Seen]]  # the findings a subject had in the list of a day


def weigh(subject: Subject, tonight: Sequence[Seen], before: Case | None, outcomes: Iterable[Outcome], as_of: date,
          sees: Sees, seen_on: SeenOn) -> Weighed:
    """Decide which of tonight's findings (exculpating ones left out) count."""
    judged = _judgements(subject, tonight, before, outcomes, sees, seen_on)
    scope: dict[int, list[Seen]] = {}
    for finding in tonight:
        holding = [at for at, j in enumerate(judged) if _about(j.outcome, finding, sees)]
        if holding:
            scope.setdefault(max(holding, key=lambda at: judged[at].order), []).append(finding)
    result = Weighed(subject, tuple(tonight))
    back: list[str] = []
    for at, findings in sorted(scope.items()):
        judged[at], why = _apply(judged[at], findings, as_of, result.resting)
        came = [f.finding_id for f in findings if f.finding_id in judged[at].returned]
        if came:
            back += came
            result.why = result.why or why
    result.judged, result.back = tuple(judged), tuple(sorted(back))
    return result


def _about(outcome: Outcome, finding: Seen, sees: Sees) -> bool:
    if outcome.detector_id is not None:
        return outcome.detector_id == finding.detector_id
    return sees(outcome.reviewer_group, finding)


def _judgements(subject: Subject, tonight: Sequence[Seen], before: Case | None, outcomes: Iterable[Outcome],
                sees: Sees, seen_on: SeenOn) -> list[Judgement]:
    """The newest judgement of each group and rule. What was judged stays judged when its file is no longer kept."""
    held = {(j.outcome.detector_id or "", j.outcome.reviewer_group): j for j in (before.judged if before else ())}
    found = dict(held)
    for one in sorted(outcomes, key=lambda o: (o.reviewed_on, o.row_ref)):
        key = (one.detector_id or "", one.reviewer_group)
        earlier = held.get(key)
        if earlier is not None and earlier.outcome.reviewed_on > one.reviewed_on:
            continue
        if earlier is not None and replace(earlier.outcome, row_ref=one.row_ref) == one:
            found[key] = replace(earlier, outcome=one)
            continue
        found[key] = Judgement(one)
    for key, judgement in found.items():
        if key not in held or held[key].outcome != replace(judgement.outcome, row_ref=held[key].outcome.row_ref):
            found[key] = replace(judgement, seen=_seen_by(judgement.outcome, subject, tonight, sees, seen_on))
    return [found[key] for key in sorted(found)]


def _seen_by(outcome: Outcome, subject: Subject, tonight: Sequence[Seen], sees: Sees,
             seen_on: SeenOn) -> tuple[Seen, ...]:
    """What the reviewer had seen: the list of that day; for a day before our memory, what had happened by then."""
    listed = [f for f in seen_on(subject, outcome.seen_on) if _about(outcome, f, sees)]
    if not listed:
        listed = [f for f in tonight if _about(outcome, f, sees) and f.period_to and f.period_to <= outcome.reviewed_on]
    return tuple(sorted(listed, key=lambda f: f.finding_id))


def _apply(judgement: Judgement, findings: Sequence[Seen], as_of: date,
           resting: dict[str, str]) -> tuple[Judgement, str]:
    """Let a judgement act on the findings it is about; the judgement with those that came back, and why."""
    outcome, returned, why = judgement.outcome, set(judgement.returned), ""
    if outcome.outcome in EXPLAINING:
        known = {f.finding_id: f for f in judgement.seen}
        for finding in findings:
            reason = "" if finding.finding_id in returned else grown(
                known.get(finding.finding_id), finding, exact=outcome.outcome == "data_error")
            if reason:
                returned.add(finding.finding_id)
                why = why or reason
            if finding.finding_id not in returned:
                resting[finding.finding_id] = "explained"
    elif outcome.snooze_until is not None and as_of < outcome.snooze_until:
        if not returned:
            returned, why = _climbed(judgement.seen, findings)
        if not returned:
            resting.update({f.finding_id: "snoozed" for f in findings})
    else:
        returned = set()
    return replace(judgement, returned=tuple(sorted(returned))), why


def grown(before: Seen | None, now: Seen, exact: bool = False) -> str:
    """Why a finding is material beside what was judged; '' when it is not.

    exact: for a fault in the data, where any more rows or kronor mean that the data have changed.
    """
    if before is None:
        return "new_finding"
    if now.severity > before.severity:
        return "severity"
    money = float((now.amount_sek or 0) - (before.amount_sek or 0))
    rows = now.n_evidence - before.n_evidence
    if exact:
        return "more_money" if money >= 1 else "more_evidence" if rows > 0 else ""
    if round(now.strength - before.strength, 6) >= MATERIAL["strength"].value:
        return "stronger"
    if money >= max(MATERIAL["amount_sek"].value, MATERIAL["amount_share"].value * float(before.amount_sek or 0)):
        return "more_money"
    if rows >= max(MATERIAL["evidence_rows"].value, MATERIAL["evidence_share"].value * before.n_evidence):
        return "more_evidence"
    return ""


def _climbed(seen: Iterable[Seen], findings: Iterable[Seen]) -> tuple[set[str], str]:
    """The findings that end a rest: more severe than any seen then, or a hard fact of another kind."""
    before = list(seen)
    worst = max((f.severity for f in before), default=0)
    concepts = {f.concept for f in before if f.kind in HARD}
    severe = {f.finding_id for f in findings if f.severity > worst}
    other = {f.finding_id for f in findings if f.kind in HARD and f.concept not in concepts}
    return severe | other, "severity" if severe else "new_concept" if other else ""


def settle(weighed: Weighed, before: Case | None, place: Place | None, groups: Sequence[str], as_of: date,
           ran: Collection[str]) -> Case | None:
    """The case after tonight; None for a subject that was never listed and has nothing to list.

    place: None when the subject is not in tonight's list. ran: codes of the rules that ran, so that a case is not
    taken for gone when nobody looked. `why`: new_finding, severity, stronger, more_money, more_evidence, new_concept
    (came back), rest_over, judged_open, returned (came back), not_looked_for (gone, but its rules did not run).
    """
    if before is None and not weighed.findings:
        return None
    state, why = _state(weighed, before, place, as_of, ran)
    back = weighed.back
    if state == "reopened" and before is not None and before.state == "gone":
        back = tuple(sorted({f.finding_id for f in weighed.findings} - set(weighed.resting)))
    findings = weighed.findings or (before.findings if before else ())
    history = before.history if before else ()
    score, plain = (place.score, place.plain) if place else (before.score, before.plain) if before else (0.0, 0.0)
    if place is not None or before is None or before.state != state:
        entry = Night(as_of, place.rank if place else None, score, state)
        history = (*history, entry)[-HISTORY_NIGHTS:]
    return Case(
        weighed.subject, state, before.first_seen if before else as_of,
        as_of if weighed.findings or before is None else before.last_seen, place.rank if place else None,
        score, plain, max((f.severity for f in findings), default=0), findings, history, weighed.judged,
        tuple(sorted(weighed.resting)), back if place else (), why, tuple(groups) or (before.groups if before else ()),
        as_of if state in CHANGED else before.changed_on if before else None)


def _state(weighed: Weighed, before: Case | None, place: Place | None, as_of: date,
           ran: Collection[str]) -> tuple[str, str]:
    if place is None:
        if weighed.findings:
            return ("snoozed" if "snoozed" in weighed.resting.values() else "explained"), ""
        rules = {f.detector_id for f in before.findings} if before else set()
        return "gone", "not_looked_for" if not rules <= set(ran) else ""
    if before is None:
        return "new", ""
    if before.state == "explained":
        return "reopened", weighed.why or "judged_open"
    if before.state == "snoozed":
        return "reopened", weighed.why or "rest_over"
    missed = before.why == "not_looked_for" and as_of - before.last_seen <= MISSED
    if before.state == "gone" and not missed:
        return "reopened", "returned"
    change = place.plain - before.plain
    return ("worse" if change > CHANGE.value else "better" if change < -CHANGE.value else "continuing"), weighed.why
