"""What outcomes say of a rule: share with interval, weight within its bounds, a warning when it is too low."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.cases import Judgement, Seen
from detectors.ledger import LedgerRow
from detectors.outcomes import Outcome
from detectors.precision import AGREED, EXPECTED, LEAST, MOST, precision_of, tally, warning, weight, wilson

DAY = dt.date(2026, 11, 1)


def said(word: str, rule: str | None = None, *rules: str, day: int = 0, group: str = "g", subject: str = "p",
         ) -> Judgement:
    one = Outcome("provider", subject, rule, word, DAY + dt.timedelta(days=day), group)
    return Judgement(one, tuple(Seen(f"f{code}", code, "breach", 3, 0.5, None, 1) for code in rules))


def test_the_interval_is_wilsons() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29
    for hits, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611),
                               (1, 29, 0.0061, 0.1718)):
        assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


def test_a_judgement_without_a_rule_speaks_of_the_rules_that_had_listed_the_subject() -> None:
    counts = tally([(("provider", "a"), [said("confirmed", None, "HC01", "HC02")]),
                    (("provider", "b"), [said("explained", "HC01", "HC01")]),
                    (("provider", "c"), [said("data_error", None, "HC02")]),
                    (("provider", "d"), [said("open", None, "HC02"), said("referred", "HC01")])])
    assert counts == {"HC01": (1, 2), "HC02": (1, 2)}


def test_a_subject_counts_once_with_the_newest_thing_said_of_the_rule() -> None:
    both = [said("explained", "HC01", day=0), said("confirmed", None, "HC01", "HC02", day=1)]
    assert tally([(("provider", "a"), both)]) == {"HC01": (1, 1), "HC02": (1, 1)}
    taken_back = [said("explained", "HC01", day=0), said("open", "HC01", day=2, group="h")]
    assert tally([(("provider", "a"), taken_back)]) == {}
    same_day = [said("confirmed", None, "HC01", "HC02"), said("explained", "HC01")]
    assert tally([(("provider", "a"), same_day)]) == {"HC01": (0, 1), "HC02": (1, 1)}


@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from(sorted(EXPECTED)))
def test_a_weight_is_bounded_monotone_and_one_without_reviews(confirmed: int, other: int, kind: str) -> None:
    n = confirmed + other
    value = weight(confirmed, n, kind)
    assert LEAST.value <= value <= MOST.value
    assert weight(0, 0, kind) == 1.0 and weight(confirmed, n, "exculpating") == 1.0
    assert weight(confirmed + 1, n + 1, kind) >= value >= weight(confirmed, n + 1, kind)


def test_few_reviews_move_a_weight_little_and_many_to_its_bounds() -> None:
    assert 0.9 < weight(0, 1, "breach") < 1 < weight(1, 1, "breach") < 1.1
    assert weight(0, 100, "breach") == LEAST.value and weight(100, 100, "breach") == MOST.value


def test_a_rule_below_what_was_agreed_is_marked_for_the_steward() -> None:
    kinds = {"HC01": "breach", "HC02": "breach", "HC03": "impossible", "EX01": "exculpating"}
    counts = {"HC01": (1, 30), "HC02": (1, 3), "HC03": (20, 30), "EX01": (0, 50)}
    found = precision_of(counts, kinds)
    assert {code: one.too_low for code, one in found.items()} == {
        "HC01": True, "HC02": False, "HC03": False, "EX01": False}
    assert warning(found["HC01"]) == \
        "1 av 30 granskade bekräftade: högst 17 % träffsäkerhet, avtalat minst 30 %" and warning(found["HC02"]) == ""
    own = precision_of(counts, kinds, {"breach": 0.1, "HC03": 0.9})
    assert not own["HC01"].too_low and own["HC03"].too_low
    assert precision_of({}, kinds)["HC01"].weight == 1.0 and precision_of({}, kinds)["HC01"].share is None


def test_the_ledger_tells_it_beside_its_other_warnings() -> None:
    row = LedgerRow("HC01", "v", "home_care", "breach", "active", warning="regeln träffar 8,0 % av 100")
    row.follow_up(precision_of({"HC01": (1, 30)}, {"HC01": "breach"})["HC01"], suppressed=4)
    assert (row.reviewed, row.confirmed, row.suppressed, row.precision) == (30, 1, 4, 0.0333)
    assert row.weight == weight(1, 30, "breach") and row.precision_low < 0.0333 < row.precision_high
    assert row.warning.startswith("regeln träffar 8,0 % av 100; 1 av 30 granskade")


def test_expectations_and_floors_are_stated_for_every_kind() -> None:
    assert set(EXPECTED) == set(AGREED) == {"impossible", "breach", "unusual"}
    assert all(AGREED[kind] < EXPECTED[kind] for kind in EXPECTED)
