"""The list of a night, told against the night before."""

from __future__ import annotations

from datetime import date

from detectors.listing import carry_state, write_ranked
from detectors.ranking import Ranked, order


def test_first_seen_is_carried_and_the_gone_are_named(tmp_path) -> None:
    yesterday = order([Ranked("provider", "a", 10, None, [], []), Ranked("provider", "b", 5, None, [], [])])
    carry_state(yesterday, None, date(2026, 1, 1))
    write_ranked(yesterday, tmp_path / "ranked.parquet")
    today = order([Ranked("provider", "a", 14, None, [], []), Ranked("provider", "c", 2, None, [], [])])
    gone = carry_state(today, tmp_path / "ranked.parquet", date(2026, 1, 2))
    assert gone == [("provider", "b")]
    assert [(r.subject_id, r.state, r.first_seen) for r in today] == [
        ("a", "worse", date(2026, 1, 1)), ("c", "new", date(2026, 1, 2))]
