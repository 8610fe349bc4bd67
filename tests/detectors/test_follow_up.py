"""What a judgement does to a case: what rests, what comes back and why, and the state that is shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.case_files import read_cases, write_cases
from detectors.cases import MATERIAL, Case, Judgement, Night, Place, Seen, Weighed, grown, settle, weigh
from detectors.outcomes import Outcome, judged, newest

SUBJECT = ("provider", "p")
D = dt.date(2026, 11, 1)
EVERYBODY = lambda group, finding: True  # noqa: E731


def on(day: int) -> dt.date:
    return D + dt.timedelta(days=day)


def seen(finding_id: str = "f1", code: str = "HC01", kind: str = "breach", severity: int = 3, strength: float = 0.5,
         amount: int | None = 10_000, n: int = 10, concept: str = "billing", domain: str = "home_care") -> Seen:
    return Seen(finding_id, code, kind, severity, strength, None if amount is None else Decimal(amount), n, concept,
                domain, D)


def outcome(word: str, day: int = 1, rule: str | None = None, group: str = "g", **more: object) -> Outcome:
    return Outcome(*SUBJECT, rule, word, on(day), group, **more)  # type: ignore[arg-type]


class Story:
    """Nights of one subject, one after the other."""

    def __init__(self, sees=EVERYBODY, ran: set[str] | None = None) -> None:
        self.case: Case | None = None
        self.lists: dict[dt.date, tuple[Seen, ...]] = {}
        self.sees, self.ran = sees, ran or {"HC01", "HC02", "HC07"}

    def night(self, day: int, *findings: Seen, said: tuple[Outcome, ...] = (), ran: set[str] | None = None) -> str:
        def listed(subject: tuple[str, str], wanted: dt.date) -> tuple[Seen, ...]:
            days = [d for d in self.lists if d <= wanted]
            return self.lists[max(days)] if days else ()

        weighed = weigh(SUBJECT, findings, self.case, said, on(day), self.sees, listed)
        counted = [f for f in findings if f.finding_id not in weighed.resting]
        points = sum(10 * f.strength + f.severity for f in counted)
        place = Place(1, points, points) if counted else None
        self.case = settle(weighed, self.case, place, ("g",), on(day), self.ran if ran is None else ran)
        self.lists[on(day)] = tuple(findings)
        return self.case.state if self.case else "unknown"

    @property
    def back(self) -> tuple[str, ...]:
        assert self.case is not None
        return self.case.back_because


def test_new_is_new_once_and_gone_comes_back_as_reopened() -> None:
    story = Story()
    assert story.night(0) == "unknown"
    assert [story.night(1, seen()), story.night(2, seen())] == ["new", "continuing"]
    assert story.night(3, seen(strength=0.7)) == "worse"
    assert story.night(4, seen(strength=0.3)) == "better"
    assert [story.night(5), story.night(6)] == ["gone", "gone"]
    assert story.night(9, seen("f2")) == "reopened" and story.back == ("f2",) and story.case.why == "returned"
    assert story.night(10, seen("f2")) == "continuing" and story.back == ()
    assert story.case.first_seen == on(1)
    assert [(n.night, n.state) for n in story.case.history] == [
        (on(1), "new"), (on(2), "continuing"), (on(3), "worse"), (on(4), "better"), (on(5), "gone"),
        (on(9), "reopened"), (on(10), "continuing")]


def test_an_explained_subject_stays_away_until_a_new_finding() -> None:
    story = Story()
    story.night(1, seen())
    said = (outcome("explained"),)
    assert story.night(2, seen(), said=said) == "explained"
    assert story.night(3, seen(strength=0.6, amount=11_000, n=12), said=said) == "explained"
    assert story.case.resting == ("f1",) and story.case.rank is None
    assert story.night(4, seen(), seen("f2", "HC02"), said=said) == "reopened"
    assert story.back == ("f2",) and story.case.why == "new_finding" and story.case.resting == ("f1",)
    assert story.night(5, seen(), seen("f2", "HC02"), said=said) == "continuing" and story.back == ("f2",)
    assert story.case.why == ""  # the reason is told on the night it came back
    assert story.night(6, seen(), seen("f2", "HC02"), said=(*said, outcome("explained", 5))) == "explained"


@pytest.mark.parametrize(("grew", "why"), [
    ({"strength": 0.7}, "stronger"), ({"amount": 15_000}, "more_money"), ({"n": 15}, "more_evidence"),
    ({"severity": 4}, "severity")])
def test_growth_beyond_the_limits_brings_a_subject_back(grew: dict[str, float], why: str) -> None:
    story = Story()
    story.night(1, seen())
    said = (outcome("explained"),)
    story.night(2, seen(), said=said)
    assert story.night(3, seen(**grew), said=said) == "reopened"  # type: ignore[arg-type]
    assert story.back == ("f1",) and story.case.why == why
    assert story.night(4, seen(), said=said) in ("better", "continuing")  # no flicker when it shrinks again


def test_slow_growth_is_measured_from_what_was_judged() -> None:
    story = Story()
    story.night(1, seen())
    said = (outcome("explained"),)
    states = [story.night(2 + step, seen(strength=0.5 + 0.05 * step), said=said) for step in range(5)]
    assert states == ["explained"] * 4 + ["reopened"]


def test_a_fault_in_the_data_rests_until_the_data_change() -> None:
    story = Story()
    story.night(1, seen())
    said = (outcome("data_error"),)
    assert story.night(2, seen(), said=said) == "explained"
    assert story.night(3, seen(n=9, amount=9_000), said=said) == "explained"  # partly corrected
    assert story.night(4, seen(n=11), said=said) == "reopened"


def test_an_outcome_of_one_rule_leaves_the_others() -> None:
    story = Story()
    story.night(1, seen(), seen("f2", "HC02"))
    said = (outcome("explained", rule="HC01"),)
    assert story.night(2, seen(), seen("f2", "HC02"), said=said) == "better"
    assert story.case.resting == ("f1",) and story.back == ()
    assert story.night(3, seen(), seen("f2", "HC02"), seen("f3", "HC02"), said=said) == "worse"
    assert story.night(4, seen(), seen("f2", "HC02"), seen("f4", "HC01"), said=said) == "continuing"
    assert story.back == ("f4",) and story.case.why == "new_finding"


def test_a_group_explains_what_it_sees_and_no_more() -> None:
    story = Story(sees=lambda group, finding: finding.domain == "home_care")
    ledger = seen("f2", "HC02", domain="ledger")
    story.night(1, seen(), ledger)
    assert story.night(2, seen(), ledger, said=(outcome("explained"),)) == "better"
    assert story.case.resting == ("f1",)


@pytest.mark.parametrize("word", ["confirmed", "referred", "open"])
def test_other_outcomes_stay_on_the_list_with_the_outcome(word: str) -> None:
    story = Story()
    story.night(1, seen())
    assert story.night(2, seen(), said=(outcome(word),)) == "continuing"
    assert story.case.verdict is not None and story.case.verdict.outcome == word


def test_an_explanation_taken_back_brings_the_subject_back() -> None:
    story = Story()
    story.night(1, seen())
    story.night(2, seen(), said=(outcome("explained"),))
    assert story.night(3, seen(), said=(outcome("explained"), outcome("open", 2))) == "reopened"
    assert story.case.why == "judged_open" and story.case.resting == ()


def test_the_list_that_was_judged_counts_not_last_nights() -> None:
    """Reviewed on day 4 from a copy of the first day's list: what came in between was not reviewed."""
    story = Story()
    story.night(1, seen())
    story.night(4, seen(), seen("f2", "HC02"))
    late = (outcome("explained", 4, listed_on=on(1)),)
    assert story.night(5, seen(), seen("f2", "HC02"), said=late) == "better"
    assert story.case.resting == ("f1",) and story.back == ("f2",)


def test_a_review_older_than_our_memory_covers_what_had_happened_by_then() -> None:
    old, later = seen("f1"), replace(seen("f2"), period_to=on(20))
    story = Story()
    assert story.night(30, old, later, said=(outcome("explained", 10),)) == "new"
    assert story.case.resting == ("f1",) and story.back == ("f2",)


def rest(until: int, day: int = 1, **more: object) -> Outcome:
    return outcome("open", day, snooze_until=on(until), snooze_owner="AB", snooze_reason="väntar", **more)


def test_a_rest_runs_out_on_its_day() -> None:
    story = Story()
    story.night(1, seen())
    said = (rest(10),)
    assert [story.night(day, seen(), said=said) for day in (2, 9)] == ["snoozed", "snoozed"]
    assert story.case.rest(on(9)).snooze_owner == "AB"
    assert story.night(10, seen(), said=said) == "reopened" and story.case.why == "rest_over"
    assert story.night(11, seen(), said=said) == "continuing"


@pytest.mark.parametrize(("also", "why"), [
    (seen("f2", "HC02", severity=4), "severity"),
    (seen("f2", "HC02", kind="impossible", concept="presence"), "new_concept")])
def test_a_rest_is_broken_by_something_graver(also: Seen, why: str) -> None:
    story = Story()
    story.night(1, seen())
    said = (rest(100),)
    assert story.night(2, seen(), said=said) == "snoozed"
    assert story.night(3, seen(), seen("f3", "HC02"), said=said) == "snoozed"  # more of the same
    assert story.night(4, seen(), also, said=said) == "reopened"
    assert story.back == ("f2",) and story.case.why == why and story.case.resting == ()
    assert story.night(5, seen(), also, said=said) in ("better", "continuing") and story.back == ("f2",)
    assert story.night(6, seen(), said=said) in ("better", "continuing")  # broken for good
    assert story.night(100, seen(), also, said=said) == "worse" and story.back == ()  # and over in the end


def test_what_was_judged_stays_judged_when_its_file_is_no_longer_kept() -> None:
    story = Story()
    story.night(1, seen())
    story.night(2, seen(), said=(outcome("explained"),))
    assert story.night(3, seen()) == "explained"


def test_nobody_is_gone_while_nobody_looks() -> None:
    story = Story()
    story.night(1, seen())
    assert story.night(2, ran=set()) == "gone" and story.case.why == "not_looked_for"
    assert story.night(3, seen()) == "continuing"
    story.night(4, ran={"HC02"})
    assert story.night(60, seen()) == "reopened"


def test_the_newest_outcome_is_the_label() -> None:
    labels = [outcome("explained", 1, row_ref=1), outcome("confirmed", 2, row_ref=2)]
    assert judged(labels) == {SUBJECT: True} and judged(labels[:1]) == {SUBJECT: False}
    assert judged([*labels, outcome("referred", 3)]) == {}
    same_day = [outcome("confirmed", 2, row_ref=9), outcome("explained", 2, row_ref=3)]
    assert newest(same_day)[SUBJECT].outcome == "confirmed" and newest(same_day[::-1]) == newest(same_day)


def test_every_limit_says_why() -> None:
    assert set(MATERIAL) == {"strength", "amount_share", "amount_sek", "evidence_share", "evidence_rows"}
    assert all(limit.value > 0 and len(limit.because) > 30 for limit in MATERIAL.values())


numbers = st.builds(seen, severity=st.integers(1, 5), strength=st.floats(0, 1),
                    amount=st.one_of(st.none(), st.integers(0, 10**7)), n=st.integers(1, 500))


@given(numbers, numbers)
def test_what_has_grown_in_nothing_is_never_material(before: Seen, now: Seen) -> None:
    smaller = replace(now, severity=min(now.severity, before.severity), strength=min(now.strength, before.strength),
                      amount_sek=None, n_evidence=min(now.n_evidence, before.n_evidence))
    assert grown(before, smaller) == "" and grown(before, smaller, exact=True) == ""
    assert grown(None, now) == "new_finding"


@given(numbers, numbers)
def test_a_fault_in_the_data_is_never_more_patient_with_rows_and_money(before: Seen, now: Seen) -> None:
    if grown(before, now) in ("more_money", "more_evidence"):
        assert grown(before, now, exact=True)


def test_cases_are_read_as_they_were_written(tmp_path: Path) -> None:
    said = rest(40, rule="HC01", recovered_sek=Decimal("12.50"), listed_on=on(1))
    case = Case(SUBJECT, "snoozed", on(1), on(2), None, 12.5, 12.0, 3, (seen(), seen("f2", amount=None)),
                (Night(on(1), 3, 12.5, "new"), Night(on(2), None, 12.5, "snoozed")),
                (Judgement(said, (seen(),), ("f2",)),), ("f1",), ("f2",), "severity", ("g", "h"))
    plain = Case(("person", "å"), "gone", on(1), on(1), None, 1.0, 1.0, 1)
    write_cases([plain, case], on(2), tmp_path / "cases.parquet")
    assert read_cases(tmp_path / "cases.parquet") == {c.subject: c for c in (case, plain)}
    write_cases([], on(2), tmp_path / "cases.parquet")
    assert read_cases(tmp_path / "cases.parquet") == {}


def test_a_subject_without_findings_has_no_case() -> None:
    assert settle(Weighed(SUBJECT, ()), None, None, (), D, set()) is None
