"""Thirty nights of findings, outcomes and rests through the listing: ids hold, `new` means new (gates U12, R6)."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from detectors import listing
from detectors.cases import LISTED, Seen, grown
from detectors.ledger import LedgerRow
from detectors.outcomes import Outcome
from schemas.groups import load_groups
from schemas.settings import load_settings
from tests.detectors.cases import Bench

FIRST = dt.date(2026, 11, 1)
RULES = {"HC01": ("impossible", "presence", 4), "HC07": ("breach", "billing", 3), "HC11": ("unusual", "pattern", 2),
         "HC16": ("breach", "registration", 3)}
GROUP = "sg-hemtjanst"
WORDS = ("explained", "explained", "confirmed", "data_error", "referred", "open", "open", "open")
SKIPPED = {6, 13, 14}  # nights that never ran


@dataclass
class World:
    """What is found each night and said of it; made once from a seed, so that every night can be run again."""

    seed: int
    nights: int = 30
    found: dict[int, dict[str, tuple[str, str, float, int, int]]] = field(default_factory=dict)
    said: dict[int, list[Outcome]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chance, now, number = random.Random(self.seed), {}, 0
        for night in range(self.nights):
            for key, (subject, rule, strength, amount, n) in list(now.items()):
                if chance.random() < 0.04:
                    del now[key]
                elif chance.random() < 0.3:
                    more = chance.random()
                    now[key] = (subject, rule, min(1.0, strength + more / 5), amount + int(3000 * more), n + 1)
            for _ in range(chance.randrange(5)):
                number += 1
                subject = f"U{chance.randrange(40):03d}"
                now[f"{number:016x}"] = (subject, chance.choice(sorted(RULES)), chance.random(), number * 500, 5)
            self.found[night] = dict(now)
            self.said[night] = [self._say(chance, night, subject) for subject in
                                sorted({entry[0] for entry in now.values()}) if chance.random() < 0.08]

    def _say(self, chance: random.Random, night: int, subject: str) -> Outcome:
        day, word = FIRST + dt.timedelta(days=night), chance.choice(WORDS)
        rests = word == "open" and chance.random() < 0.7
        return Outcome("provider", subject, chance.choice([None, None, "HC07"]), word, day, GROUP, None, day,
                       day + dt.timedelta(days=chance.randrange(2, 9)) if rests else None, "AB" if rests else None,
                       "väntar" if rests else None, night)

    def known(self, night: int) -> list[Outcome]:
        """What has been handed in before this night: an outcome is read on the night after its day."""
        return [one for earlier in range(night) for one in self.said[earlier]]


class Workspace:
    """Runs nights through the listing as the flow does: told against the last run of an earlier day."""

    def __init__(self, world: World, folder: Path, bench: Bench) -> None:
        self.world, self.folder, self.bench = world, folder, bench
        self.settings, self.groups = load_settings(None), load_groups()
        self.before: dict[int, int | None] = {}

    def run(self, night: int, shuffle: int = 0) -> dict[str, Any]:
        earlier = [n for n in self.before if n < night]
        self.before[night] = previous = max(earlier, default=None)
        self._load(night, shuffle)
        place = self.folder / f"{night:02d}"
        place.mkdir(exist_ok=True)
        ledger = [LedgerRow(code, "1", "home_care", RULES[code][0] if code in RULES else detector.kind, "active")
                  for code, detector in self.bench.catalogue.detectors.items()]
        old = self.folder / f"{previous:02d}" if previous is not None else None
        before = listing.Before(*(old / name if old else None for name in
                                  ("cases.parquet", "ranked.parquet", "audit/control.parquet")), self._of_day(previous))
        return listing.rank(self.bench.connection, place, self.settings, self.groups, self.day(night),
                            self.bench.catalogue, ledger, self.world.known(night), before)

    def _of_day(self, previous: int | None) -> Any:
        def of_day(day: dt.date) -> Path | None:
            at = previous
            while at is not None and self.day(at) > day:
                at = self.before[at]
            return None if at is None else self.folder / f"{at:02d}" / "cases.parquet"
        return of_day

    def _load(self, night: int, shuffle: int) -> None:
        rows = [(key, *entry) for key, entry in sorted(self.world.found[night].items())]
        random.Random(shuffle).shuffle(rows)
        self.bench.connection.execute("""CREATE OR REPLACE TEMP TABLE findings (finding_id VARCHAR, detector_id VARCHAR,
            kind VARCHAR, concept VARCHAR, domain VARCHAR, subject_type VARCHAR, subject_id VARCHAR, severity INTEGER,
            strength DOUBLE, amount_sek DECIMAL(14,2), n_evidence BIGINT, period_to DATE, link_group VARCHAR)""")
        known = RULES | {"EX05": ("exculpating", "mitigation", 3)}
        self.bench.connection.executemany(
            "INSERT INTO findings VALUES (?, ?, ?, ?, 'home_care', 'provider', ?, ?, ?, ?, ?, ?, NULL)",
            [(key, rule, known[rule][0], known[rule][1], subject, known[rule][2], strength, amount, n, self.day(night))
             for key, subject, rule, strength, amount, n in rows])

    @staticmethod
    def day(night: int) -> dt.date:
        return FIRST + dt.timedelta(days=night)

    def table(self, night: int, name: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{night:02d}" / f"{name}.parquet").to_pylist()

    def content(self, night: int) -> dict[str, Any]:
        found = {name: self.table(night, name) for name in ("ranked", "cases", "outcomes")}
        return found | {"ledger": [{**row, "seconds": 0} for row in self.table(night, "ledger")]}


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="module")
def thirty(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(World(seed=20261123), tmp_path_factory.mktemp("nights"), bench)
    for night in nights(made):
        made.run(night)
    return made


def nights(workspace: Workspace) -> Iterator[int]:
    return (night for night in range(workspace.world.nights) if night not in SKIPPED)


def seen_of(entry: tuple[str, str, float, int, int], key: str) -> Seen:
    _, rule, strength, amount, n = entry
    kind, concept, severity = RULES[rule]
    return Seen(key, rule, kind, severity, strength, Decimal(amount), n, concept)


def test_the_replay_is_worth_something(thirty: Workspace) -> None:
    states = {row["state"] for night in nights(thirty) for row in thirty.table(night, "cases")}
    assert states == {*LISTED, "gone", "snoozed", "explained"}
    whys = {row["why"] for night in nights(thirty) for row in thirty.table(night, "cases")}
    assert {"new_finding", "returned", "rest_over", "judged_open"} <= whys


def test_new_means_new_and_ids_hold(thirty: Workspace) -> None:
    first: dict[str, tuple[str, dt.date]] = {}
    for night in nights(thirty):
        cases = {row["subject_id"]: row for row in thirty.table(night, "cases")}
        assert set(first) <= set(cases)  # nobody is forgotten
        for subject, row in cases.items():
            known = first.setdefault(subject, (row["case_id"], thirty.day(night)))
            assert (row["case_id"], row["first_seen"]) == known
            assert (row["state"] == "new") <= (known[1] == thirty.day(night)), subject
        listed = {row["subject_id"] for row in thirty.table(night, "ranked") if row["state"] == "new"}
        before = {subject for subject, (_, day) in first.items() if day < thirty.day(night)}
        assert not listed & before


def test_every_finding_is_listed_or_rests_and_gone_means_gone(thirty: Workspace) -> None:
    for night in nights(thirty):
        found = thirty.world.found[night]
        there = {entry[0] for entry in found.values()}
        ranked = {row["subject_id"]: row for row in thirty.table(night, "ranked")}
        resting = 0
        for row in thirty.table(night, "cases"):
            own = {key for key, entry in found.items() if entry[0] == row["subject_id"]}
            assert set(row["resting"]) <= own
            resting += len(row["resting"])
            assert (row["state"] == "gone") == (not own)
            assert (row["subject_id"] in ranked) == bool(own - set(row["resting"])) == (row["state"] in LISTED)
            if row["state"] in LISTED:
                mine = ranked[row["subject_id"]]
                assert (mine["state"], mine["rank"], mine["first_seen"], mine["case_id"], mine["back_because"]) == (
                    row["state"], row["rank"], row["first_seen"], row["case_id"], row["back_because"])
        assert there >= set(ranked)
        assert sum(row["suppressed"] for row in thirty.table(night, "ledger")) == resting
        assert sorted(row["place"] for row in ranked.values()) == list(range(1, len(ranked) + 1))


def test_the_explained_return_only_on_material_evidence_and_say_which(thirty: Workspace) -> None:
    returned = 0
    earlier: dict[str, dict[str, Any]] = {}
    for night in nights(thirty):
        found = thirty.world.found[night]
        for row in thirty.table(night, "cases"):
            old = earlier.get(row["subject_id"])
            if old and old["state"] == "explained" and row["state"] == "reopened" and row["why"] != "judged_open":
                back = json.loads(row["back_because"])
                assert back
                judged = {f["finding_id"]: f for j in old["judged"] for f in j["seen"]}
                for key in set(back) - {f for j in old["judged"] for f in j["returned"]}:
                    before = Seen(**judged[key]) if key in judged else None
                    now = seen_of(found[key], key)
                    assert grown(before, now) or grown(before, now, exact=True)
                    returned += 1
        earlier = {row["subject_id"]: row for row in thirty.table(night, "cases")}
    assert returned >= 3


def test_a_rest_keeps_its_subject_away_until_its_day(thirty: Workspace) -> None:
    rested = 0
    for night in nights(thirty):
        for row in thirty.table(night, "cases"):
            if row["state"] == "snoozed":
                rested += 1
                assert row["snooze_until"] > thirty.day(night) and row["snooze_owner"] and row["snooze_reason"]
    assert rested >= 5


def test_the_same_night_three_times_and_an_earlier_one_again(thirty: Workspace) -> None:
    last = thirty.world.nights - 1
    kept = {night: thirty.content(night) for night in (5, 20, last)}
    for night in (last, last, 20, 5):
        thirty.run(night, shuffle=night + 1)
        assert thirty.content(night) == kept[night], night
    thirty.run(last)
    assert thirty.content(last) == kept[last]


def test_a_corrected_file_for_three_days_ago_makes_nothing_new(bench: Bench, tmp_path: Path) -> None:
    world = World(seed=4, nights=12)
    made = Workspace(world, tmp_path, bench)
    for night in range(10):
        made.run(night)
    # every finding of the ninth night is found again, a little larger, because its rows came once more
    world.found[10] = {key: (s, r, strength, amount + 10, n) for key, (s, r, strength, amount, n)
                       in world.found[9].items()}
    world.said[9] = []
    told = made.run(10)
    assert told["new_subjects"] == 0 and told["gone_subjects"] == 0 and told["follow_up"]["reopened"] == 0
    listed = [row["listed"] for row in made.table(10, "ranked")]
    assert [told["listed_subjects"], told["set_apart_subjects"]] == [listed.count(True), listed.count(False)]
    assert told["subjects"] == len(listed)
    assert {row["state"] for row in made.table(10, "ranked")} == {"continuing"}


def test_an_old_explanation_does_not_weigh_against_what_came_back(bench: Bench, tmp_path: Path) -> None:
    """EX05 speaks for whom has been explained until something new comes."""
    world = World(seed=1, nights=4)
    explained = Outcome("provider", "U1", None, "explained", FIRST, GROUP, None, FIRST)
    old, new, spared = ("U1", "HC07", 0.5, 100, 5), ("U1", "HC01", 0.5, 100, 5), ("U2", "HC01", 0.5, 100, 5)
    world.said = {0: [explained], 1: [], 2: [], 3: []}
    eased = {"e1": ("U1", "EX05", 1.0, 0, 1), "e2": ("U2", "EX05", 1.0, 0, 1)}
    world.found = {0: {"f1": old}, 1: {"f1": old, **eased}, 2: {"f1": old, "f2": new, "f3": spared, **eased}}
    made = Workspace(world, tmp_path, bench)
    for night in range(3):
        made.run(night)
    assert [row["state"] for row in made.table(1, "cases")] == ["explained"]
    ranked = {row["subject_id"]: row for row in made.table(2, "ranked")}
    assert ranked["U1"]["state"] == "reopened" and json.loads(ranked["U1"]["back_because"]) == ["f2"]
    points = {subject: {part["detector_id"]: part["points"] for part in row["contributions"]}
              for subject, row in ranked.items()}
    assert "EX05" not in points["U1"] and points["U2"]["EX05"] < 0
    assert ranked["U1"]["score"] > ranked["U2"]["score"]


def test_outcomes_weigh_rules_and_follow_the_list(thirty: Workspace) -> None:
    last = thirty.world.nights - 1
    ledger = {row["detector_id"]: row for row in thirty.table(last, "ledger")}
    reviewed = {code: ledger[code] for code in RULES if ledger[code]["reviewed"]}
    assert len(reviewed) >= 3
    for row in reviewed.values():
        assert row["precision_low"] <= row["precision"] == round(row["confirmed"] / row["reviewed"], 4)
        assert row["precision"] <= row["precision_high"] and row["weight"] != 1.0
    assert ledger["PA01"]["reviewed"] == 0 and ledger["PA01"]["weight"] == 1.0
    outcomes = thirty.table(last, "outcomes")
    assert len(outcomes) == len(thirty.world.known(last)) and all(row["case_id"] for row in outcomes)
