"""The order: additive, monotone, concepts once, unusual never on top alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.ranking import UNUSUAL_CAP, Finding, Ranked, baselines, order, score_subject, visible_groups
from schemas.groups import Group

finding = st.builds(
    Finding,
    detector_id=st.sampled_from([f"HC{i:02d}" for i in range(1, 20)]),
    kind=st.sampled_from(["impossible", "breach", "unusual", "exculpating"]),
    concept=st.sampled_from(["presence", "billing", "decision", "pattern", "peers"]),
    domain=st.just("home_care"),
    severity=st.integers(1, 5),
    strength=st.floats(0, 1),
    amount_sek=st.one_of(st.none(), st.decimals(0, 10**6, places=2)),
)


def one(kind: str, concept: str = "presence", severity: int = 3, strength: float = 0.5, code: str = "HC01",
        amount: str | None = None) -> Finding:
    return Finding(code, kind, concept, "home_care", severity, strength, Decimal(amount) if amount else None)


@given(st.lists(finding, min_size=1, max_size=12))
def test_contributions_add_up_to_the_score(findings: list[Finding]) -> None:
    ranked = score_subject("provider", "p", findings)
    assert sum(p for _, p in ranked.contributions) == pytest.approx(ranked.score, abs=1e-9)
    assert ranked.score >= 0


@given(st.lists(finding, min_size=1, max_size=8), st.randoms())
def test_the_order_of_findings_does_not_matter(findings: list[Finding], random) -> None:
    shuffled = findings[:]
    random.shuffle(shuffled)
    assert score_subject("provider", "p", findings).score == pytest.approx(
        score_subject("provider", "p", shuffled).score, abs=1e-9)


@given(st.lists(finding.filter(lambda f: f.kind == "unusual"), min_size=1, max_size=12), st.floats(0, 1),
       st.integers(1, 5), st.sampled_from(["impossible", "breach"]))
def test_unusual_alone_never_outranks_a_fact(unusual: list[Finding], strength: float, severity: int, kind: str) -> None:
    alone = score_subject("provider", "a", unusual)
    fact = score_subject("provider", "b", [one(kind, strength=strength, severity=severity)])
    assert alone.score < fact.score
    assert alone.score <= UNUSUAL_CAP + 1e-9


@given(finding.filter(lambda f: f.kind in ("impossible", "breach")), st.floats(0, 1))
def test_stronger_is_never_lower(base: Finding, strength: float) -> None:
    stronger = replace(base, strength=max(base.strength, strength))
    assert score_subject("provider", "p", [stronger]).score >= score_subject("provider", "p", [base]).score


def test_one_fact_told_by_two_rules_counts_once() -> None:
    single = score_subject("provider", "p", [one("impossible", strength=0.9)])
    double = score_subject("provider", "p", [one("impossible", strength=0.9), one("breach", code="HC02")])
    assert single.score == double.score
    assert double.concepts == ["presence"]


def test_a_second_concept_lifts() -> None:
    single = score_subject("provider", "p", [one("impossible")])
    double = score_subject("provider", "p", [one("impossible"), one("breach", "billing", code="HC07")])
    assert double.score > single.score


def test_what_speaks_against_lowers_but_never_below_zero() -> None:
    plain = score_subject("provider", "p", [one("breach")])
    eased = score_subject("provider", "p", [one("breach"), one("exculpating", "mitigation", 5, 0.5, "EX01")])
    erased = score_subject("provider", "p", [one("unusual", severity=1, strength=0.1),
                                             one("exculpating", "mitigation", 5, 1.0, "EX01")])
    assert eased.score < plain.score
    assert erased.score == 0
    assert dict(erased.contributions)["floor_zero"] > 0


def test_money_of_one_concept_is_not_added_twice() -> None:
    ranked = score_subject("provider", "p", [
        one("impossible", "presence", amount="100"), one("breach", "presence", code="HC02", amount="80"),
        one("breach", "billing", code="HC07", amount="30")])
    assert ranked.amount_sek == Decimal(130)


def test_money_does_not_move_the_order() -> None:
    poor = score_subject("provider", "a", [one("impossible", strength=0.6, amount="10")])
    rich = score_subject("provider", "b", [one("impossible", strength=0.5, amount="1000000")])
    assert [r.subject_id for r in order([rich, poor])] == ["a", "b"]


def test_ties_are_broken_by_id_and_ranks_run_from_one() -> None:
    rows = order([Ranked("provider", "b", 5, None, [], []), Ranked("association", "z", 5, None, [], []),
                  Ranked("provider", "a", 5, None, [], [])])
    assert [(r.subject_id, r.rank, r.rank_in_type) for r in rows] == [("z", 1, 1), ("a", 2, 1), ("b", 3, 2)]


def test_a_group_sees_its_own_domains_and_its_ledger() -> None:
    title = {"sv": "x", "en": "x"}
    groups = {
        "sg-hemtjanst": Group("sg-hemtjanst", title, ("home_care",), ("home_care",), ("provider",)),
        "sg-forening": Group("sg-forening", title, ("associations",), (), ("association",)),
        "sg-tvar": Group("sg-tvar", title, ("cross_domain",), ("all",), ("provider", "association")),
    }
    by_visits = Ranked("provider", "p", 1, None, [], [], {"home_care"})
    by_ledger = Ranked("provider", "q", 1, None, [], [], {"ledger"})
    assert visible_groups(by_visits, groups, {}) == ["sg-hemtjanst"]
    assert visible_groups(by_ledger, groups, {"q": "home_care|assistance"}) == ["sg-hemtjanst", "sg-tvar"]
    assert visible_groups(by_ledger, groups, {"q": "hvb"}) == ["sg-tvar"]
    only_mitigated = Ranked("provider", "r", 1, None, [], [], {"exculpating"})
    assert visible_groups(only_mitigated, groups, {}) == []


def test_the_money_baseline_stands_beside_our_order() -> None:
    rows = order([Ranked("provider", str(i), float(i), Decimal(100 - i), [], []) for i in range(60)])
    baseline = baselines(rows)["sort_by_money"]["provider"]
    assert baseline["subjects"] == 60
    assert baseline["overlap_10"] == 0.0
    assert baseline["order"][0] == "provider:0"
