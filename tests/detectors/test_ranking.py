"""The order: additive, monotone, one fact once, kinds never blended, others' findings lift but never one's own."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.ranking import (
    HARD_FLOOR,
    LIFT_CAP,
    LINK_CAP,
    UNUSUAL_CAP,
    Finding,
    Ranked,
    order,
    order_of,
    points,
    score_subject,
    set_apart,
    visible_groups,
)
from schemas.groups import Group
from schemas.settings import Settings

KINDS = ("impossible", "breach", "unusual", "exculpating")
CONCEPTS = ("presence", "absence", "billing", "decision", "pattern", "account", "peers", "growth", "of_a_plugin")


codes = st.sampled_from([f"HC{i:02d}" for i in range(1, 20)])


def findings_of(*kinds: str) -> st.SearchStrategy[Finding]:
    return st.builds(
        Finding, detector_id=codes, kind=st.sampled_from(kinds or KINDS),
        concept=st.sampled_from(CONCEPTS), domain=st.just("home_care"), severity=st.integers(1, 5),
        strength=st.floats(0, 1), amount_sek=st.one_of(st.none(), st.decimals(0, 10**6, places=2)))


finding = findings_of()
suspicious = findings_of("impossible", "breach", "unusual")
weights = st.dictionaries(codes, st.floats(0.2, 2.0), max_size=5)
town = st.lists(st.tuples(st.just("provider"), st.sampled_from("abcde"), finding), min_size=1, max_size=20)
groups = st.dictionaries(st.tuples(st.just("provider"), st.sampled_from("abcde")), st.sampled_from(["N-1", "N-2"]))


def one(kind: str, concept: str = "presence", severity: int = 3, strength: float = 0.5, code: str = "HC01",
        amount: str | None = None) -> Finding:
    return Finding(code, kind, concept, "home_care", severity, strength, Decimal(amount) if amount else None)


def parts(row: Ranked) -> dict[str, float]:
    return dict(row.contributions)


def scores(rows: list[Ranked]) -> dict[str, float]:
    return {row.subject_id: row.score for row in rows}


# ---- what always holds
@given(town, weights, groups)
def test_contributions_add_up_to_the_score(found, weight, linked) -> None:
    for row in order_of(found, weight, linked):
        assert sum(p for _, p in row.contributions) == pytest.approx(row.score, abs=1e-9)
        assert row.score >= 0
        assert len(parts(row)) == len(row.contributions)


@given(town, weights, groups, st.randoms())
def test_the_order_of_findings_does_not_matter(found, weight, linked, chance) -> None:
    shuffled = found[:]
    chance.shuffle(shuffled)
    assert order_of(shuffled, weight, linked) == order_of(found, weight, linked)


@given(town, weights, groups, st.tuples(st.just("provider"), st.sampled_from("abcde"), suspicious))
def test_one_more_finding_never_lowers_a_score(found, weight, linked, more) -> None:
    before, after = scores(order_of(found, weight, linked)), scores(order_of([*found, more], weight, linked))
    assert all(after[name] >= score - 1e-9 for name, score in before.items())


@given(town, weights, groups, st.tuples(st.just("provider"), st.sampled_from("abcde"), findings_of("exculpating")))
def test_an_exculpating_finding_never_raises_a_score(found, weight, linked, more) -> None:
    before, after = scores(order_of(found, weight, linked)), scores(order_of([*found, more], weight, linked))
    assert after.keys() == before.keys()
    assert all(after[name] <= score + 1e-9 for name, score in before.items())


@given(town, weights, groups, st.data())
def test_stronger_and_more_severe_is_never_lower(found, weight, linked, data) -> None:
    at = data.draw(st.integers(0, len(found) - 1))
    kind, name, weak = found[at]
    strong = replace(weak, strength=data.draw(st.floats(weak.strength, 1)),
                     severity=data.draw(st.integers(weak.severity, 5)))
    before = scores(order_of(found, weight, linked))
    after = scores(order_of([*found[:at], (kind, name, strong), *found[at + 1:]], weight, linked))
    if weak.kind == "exculpating":
        assert all(after[n] <= score + 1e-9 for n, score in before.items())
    else:
        assert all(after[n] >= score - 1e-9 for n, score in before.items())


@given(town, weights, groups, st.data())
def test_a_rule_of_higher_weight_never_lowers_a_score(found, weight, linked, data) -> None:
    code = data.draw(st.sampled_from(sorted({f.detector_id for _, _, f in found})))
    higher = weight | {code: weight.get(code, 1.0) + data.draw(st.floats(0, 2))}
    before, after = scores(order_of(found, weight, linked)), scores(order_of(found, higher, linked))
    assert all(after[name] >= score - 1e-9 for name, score in before.items())


@given(st.lists(findings_of("unusual"), min_size=1, max_size=12), st.lists(suspicious, max_size=6), weights,
       findings_of("impossible", "breach"))
def test_unusual_alone_never_outranks_a_fact(unusual, others, weight, fact) -> None:
    found = [("provider", "a", f) for f in unusual] + [("provider", "b", fact)] + [("provider", "c", f) for f in others]
    linked = {("provider", "a"): "N-1", ("provider", "c"): "N-1"}
    score = scores(order_of(found, weight, linked))
    assert score["a"] <= UNUSUAL_CAP + 1e-9
    assert score["a"] < HARD_FLOOR <= score["b"]


@given(town, weights, groups, st.data())
def test_a_small_subject_stands_where_a_large_one_with_the_same_findings_stands(found, weight, linked, data) -> None:
    """Only what was found counts: no amount, no id, no number of rows moves a score."""
    factor = data.draw(st.integers(2, 1000))
    larger = [(t, s, replace(f, amount_sek=None if f.amount_sek is None else f.amount_sek * factor))
              for t, s, f in found]
    twin = [(t, "twin-" + s, f) for t, s, f in larger]
    twins = {(t, "twin-" + s): g + "-twin" for (t, s), g in linked.items()}
    rows = scores(order_of([*found, *twin], weight, linked | twins))
    assert all(rows["twin-" + name] == score for name, score in rows.items() if not name.startswith("twin-"))


@given(town, weights, groups)
def test_nobody_is_lifted_by_their_own_findings_through_the_group(found, weight, linked) -> None:
    """Lifts come from others' own findings: alone in a group, or among others without facts, nothing is gained."""
    alone = {subject: f"N-{place}" for place, subject in enumerate(linked)}
    assert scores(order_of(found, weight, alone)) == scores(order_of(found, weight))
    for row in order_of(found, weight, linked):
        own = [(t, s, f) for t, s, f in found if s == row.subject_id]
        apart = order_of(own, weight, linked)[0]
        assert row.score - apart.score <= LINK_CAP + 1e-9
        lift = parts(row).get("link_group", 0.0)
        others = [points(f, weight.get(f.detector_id, 1.0)) for t, s, f in found
                  if s != row.subject_id and linked.get((t, s)) == linked.get((row.subject_type, row.subject_id))
                  and f.kind in ("impossible", "breach") and f.concept != "account"]
        assert lift == 0.0 or others


# ---- concepts
def test_one_fact_told_by_two_rules_counts_once() -> None:
    single = score_subject("provider", "p", [one("impossible", strength=0.9)])
    double = score_subject("provider", "p", [one("impossible", strength=0.9), one("breach", code="HC02")])
    assert single.score == double.score
    assert double.concepts == ["presence"]


def test_the_statistical_echo_of_a_fact_adds_nothing() -> None:
    fact = [one("breach", "registration", code="HC12")]
    assert score_subject("provider", "p", [*fact, one("unusual", "registration", 5, 1.0, "HC11")]).score == \
        score_subject("provider", "p", fact).score


# ---- co-occurrence
def test_a_second_independent_concept_lifts_above_the_sum() -> None:
    single = score_subject("provider", "p", [one("impossible")])
    double = score_subject("provider", "p", [one("impossible"), one("breach", "billing", code="HC07")])
    assert double.score > single.score + points(one("breach"))
    assert parts(double)["co_occurrence"] == pytest.approx(0.25 * points(one("breach")), abs=1e-4)


def test_two_views_of_one_circumstance_do_not_lift() -> None:
    related = score_subject("provider", "p", [one("impossible"), one("impossible", "absence", code="HC03")])
    assert "co_occurrence" not in parts(related)


def test_the_forest_agrees_with_nothing_by_itself() -> None:
    row = score_subject("provider", "p", [one("impossible"), one("unusual", "peers", 5, 1.0, "HC90")])
    assert "co_occurrence" not in parts(row)


def test_a_place_among_peers_weighs_half_of_a_named_oddity() -> None:
    named, compared = one("unusual", "pattern", code="HC13"), one("unusual", "peers", code="HC90")
    assert points(compared) == pytest.approx(points(named) / 2)


def test_the_example_of_the_handbook_page() -> None:
    rows = order_of([
        ("provider", "A", one("impossible", "presence", 4, 0.6, "HC01")),
        ("provider", "A", one("impossible", "absence", 5, 0.3, "HC03")),
        ("provider", "A", one("breach", "billing", 4, 0.5, "HC07")),
        ("provider", "A", one("unusual", "peers", 2, 0.8, "HC90")),
        ("provider", "A", one("exculpating", "mitigation", 2, 0.5, "EX01")),
        ("provider", "B", one("breach", "billing", 4, 0.75, "PA09")),
        ("provider", "B", one("breach", "account", 5, 0.6, "XD14")),
        ("provider", "C", one("unusual", "registration", 3, 0.7, "HC11")),
        ("provider", "C", one("unusual", "timing", 2, 0.9, "HC18")),
    ], None, {("provider", "A"): "N-1", ("provider", "B"): "N-1"})
    page = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text(encoding="utf-8")
    for row in rows:
        assert f"| **{row.score:.2f}** |" in page
        table = page.split(f"| {row.subject_id} | points |")[1].split("**score**")[0]
        assert [float(p.replace("−", "-")) for p in re.findall(r"\| ([−\d.]+) \|", table)] == [
            p for _, p in row.contributions]


def test_a_concept_nobody_has_placed_is_independent() -> None:
    row = score_subject("provider", "p", [one("impossible"), one("breach", "of_a_plugin", code="QQ01")])
    assert parts(row)["co_occurrence"] > 0


def test_the_lift_is_limited() -> None:
    many = [one("impossible", concept, 5, 1.0, f"HC0{n}") for n, concept in enumerate(CONCEPTS)]
    assert parts(score_subject("provider", "p", many))["co_occurrence"] == LIFT_CAP


# ---- link group
def linked_town(*, concept: str = "presence", against: bool = False) -> list[Ranked]:
    found = [("provider", "weak", one("breach", "billing", 1, 0.1, "HC07")),
             ("provider", "strong", one("impossible", concept, 5, 0.5)),
             ("provider", "apart", one("breach", "billing", 1, 0.1, "HC07"))]
    if against:
        found.append(("provider", "strong", one("exculpating", "mitigation", 5, 1.0, "EX01")))
    return order_of(found, None, {("provider", "weak"): "N-1", ("provider", "strong"): "N-1"})


def test_a_strong_neighbour_lifts_the_weak_one() -> None:
    rows = {row.subject_id: row for row in linked_town()}
    assert parts(rows["weak"])["link_group"] == pytest.approx(0.2 * points(one("impossible", severity=5)))
    assert rows["weak"].score > rows["apart"].score
    assert rows["weak"].link_group == "N-1"
    assert rows["strong"].score > rows["weak"].score


def test_the_shared_account_that_links_does_not_lift_once_more() -> None:
    rows = {row.subject_id: row for row in linked_town(concept="account")}
    assert rows["weak"].score == rows["apart"].score


def test_what_speaks_for_the_neighbour_lowers_the_lift() -> None:
    plain, eased = linked_town(), linked_town(against=True)
    assert scores(eased)["weak"] < scores(plain)["weak"]


# ---- exculpating, money, weights
def test_what_speaks_against_lowers_but_never_below_zero() -> None:
    plain = score_subject("provider", "p", [one("breach")])
    eased = score_subject("provider", "p", [one("breach"), one("exculpating", "mitigation", 5, 0.5, "EX01")])
    erased = score_subject("provider", "p", [one("unusual", severity=1, strength=0.1),
                                             one("exculpating", "mitigation", 5, 1.0, "EX01")])
    assert eased.score < plain.score
    assert erased.score == 0
    assert parts(erased)["floor_zero"] > 0


def test_exculpating_findings_alone_rank_nobody() -> None:
    assert order_of([("provider", "p", one("exculpating", "mitigation", code="EX01"))]) == []


def test_money_of_one_concept_is_not_added_twice() -> None:
    ranked = score_subject("provider", "p", [
        one("impossible", "presence", amount="100"), one("breach", "presence", code="HC02", amount="80"),
        one("breach", "billing", code="HC07", amount="30")])
    assert ranked.amount_sek == Decimal(130)


def test_a_rule_that_was_right_more_often_gives_more() -> None:
    found = [one("impossible", strength=0.6)]
    low, plain, high = (score_subject("provider", "p", found, {"HC01": w}).score for w in (0.5, 1.0, 1.5))
    assert HARD_FLOOR < low < plain < high
    assert points(one("breach"), 0.01) == HARD_FLOOR


def test_ties_are_broken_by_id_and_ranks_run_from_one() -> None:
    rows = order([Ranked("provider", "b", 5, None, [], []), Ranked("association", "z", 5, None, [], []),
                  Ranked("provider", "a", 5, None, [], [])])
    assert [(r.subject_id, r.rank, r.rank_in_type) for r in rows] == [("z", 1, 1), ("a", 2, 1), ("b", 3, 2)]


# ---- who sees whom
@given(town, weights, groups, st.floats(0, 10))
def test_the_list_is_the_beginning_of_the_order_and_nobody_is_lost(found, weight, linked, least) -> None:
    rows = order_of(found, weight, linked)
    before = [(row.subject_id, row.rank, row.score) for row in rows]
    set_apart(rows, least)
    assert [(row.subject_id, row.rank, row.score) for row in rows] == before
    assert [row.listed for row in rows] == [row.score >= least for row in rows]
    assert [row.listed for row in rows] == sorted((row.listed for row in rows), reverse=True)


def test_one_place_among_peers_is_no_case_and_every_fact_is() -> None:
    """The setting's default: somebody always stands last among peers, but a fact stands until it is looked at."""
    alone = order_of([("provider", "p", one("unusual", "peers", severity=2, strength=1.0))])
    oddity = order_of([("provider", "p", one("unusual", "timing", severity=3, strength=0.4))])
    fact = order_of([("provider", "p", one("breach", severity=1, strength=0.0))])
    for rows in (alone, oddity, fact):
        set_apart(rows, Settings().listed_from)
    assert [alone[0].listed, oddity[0].listed, fact[0].listed] == [False, True, True]


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
