"""Link groups: rare tokens join, size is bounded, order does not matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.links import link_groups

edge = st.tuples(st.sampled_from(["account", "officer"]), st.sampled_from("abcdefgh"), st.just("provider"),
                 st.sampled_from([f"p{i}" for i in range(12)]), st.sampled_from([0.2, 0.5, 1.0]))


def star(token: str, subjects: str, weight: float = 1.0) -> list:
    return [("account", token, "provider", s, weight) for s in subjects]


def test_a_shared_token_joins_and_a_lone_one_does_not() -> None:
    groups = link_groups(star("k1", "ab") + star("k2", "c"), 30)
    assert {e[3] for e in groups} == {"a", "b"}
    assert len(set(groups.values())) == 1


def test_two_tokens_make_one_group_of_three() -> None:
    groups = link_groups(star("k1", "ab") + star("k2", "bc"), 30)
    assert {e[3] for e in groups} == {"a", "b", "c"} and len(set(groups.values())) == 1


def test_a_group_too_large_gives_up_its_weakest_ties() -> None:
    groups = link_groups(star("k1", "abc", 1.0) + star("k2", "cd", 0.1) + star("k3", "def", 1.0), 3)
    assert sorted(len({e[3] for e in groups if groups[e] == g}) for g in set(groups.values())) == [3, 3]


@given(st.lists(edge, max_size=60, unique_by=lambda e: e[:4]), st.integers(2, 8), st.randoms())
def test_groups_are_bounded_and_do_not_depend_on_order(edges, size, random) -> None:
    groups = link_groups(edges, size)
    for name in set(groups.values()):
        subjects = {e[2:4] for e in groups if groups[e] == name}
        assert 2 <= len(subjects) <= size
    shuffled = edges[:]
    random.shuffle(shuffled)
    assert link_groups(shuffled, size) == groups
