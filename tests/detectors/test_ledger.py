"""The ledger's warnings: too large a share, and twelve months without a hit."""

from __future__ import annotations

import datetime

import pytest

from detectors.ledger import LedgerRow, share_at_least

DAY = datetime.date(2026, 11, 22)


def row(fired: int, population: int = 100, outcome: str = "ran", kind: str = "breach") -> LedgerRow:
    made = LedgerRow("HC01", "v", "home_care", kind, "active", outcome, population=population)
    made.count(fired, fired, fired, warn_share=0.05)
    return made


@pytest.mark.parametrize(("fired", "population", "warns"), [
    (2, 32, False),  # 6 % of few: chance
    (5, 32, True), (8, 60, True), (5, 60, False), (2, 5, False), (60, 1000, False), (70, 1000, True), (0, 0, False),
])
def test_a_share_warns_when_its_lower_end_is_above_the_limit(fired: int, population: int, warns: bool) -> None:
    assert bool(row(fired, population).warning) is warns


def test_exculpating_rules_may_fire_for_many() -> None:
    assert row(90, kind="exculpating").warning == ""


def test_wilson_against_a_published_value() -> None:
    # 10 of 20: 0.299 to 0.701 in Newcombe 1998's formula without continuity correction
    assert share_at_least(10, 20) == pytest.approx(0.2993, abs=1e-4)
    assert share_at_least(0, 20) == pytest.approx(0.0, abs=1e-12)
    assert share_at_least(25, 20) <= 1


def test_silence_is_counted_from_the_first_night_of_the_rule() -> None:
    first = row(0)
    first.remember(DAY, None)
    assert (first.observed_since, first.last_fired, first.warning) == (DAY, None, "")
    late = row(0)
    late.remember(DAY + datetime.timedelta(days=364), vars(first))
    assert late.warning == "" and late.observed_since == DAY
    full = row(0)
    full.remember(DAY + datetime.timedelta(days=365), vars(late))
    assert full.warning == "ingen träff sedan regeln började köras 2026-11-22"


def test_a_hit_starts_the_count_anew_and_a_night_that_did_not_run_keeps_it() -> None:
    old = {"observed_since": DAY - datetime.timedelta(days=800), "last_fired": DAY - datetime.timedelta(days=365)}
    hit = row(1)
    hit.remember(DAY, old)
    assert (hit.last_fired, hit.warning) == (DAY, "")
    silent = row(0)
    silent.remember(DAY, old)
    assert silent.warning == "ingen träff på tolv månader, senast 2025-11-22"
    absent = row(0, outcome="not_computable")
    absent.remember(DAY, old)
    assert (absent.last_fired, absent.warning) == (old["last_fired"], "")
