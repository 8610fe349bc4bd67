"""Settings are read strictly, and their hash follows what changes a night's result."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from schemas.settings import Settings, SettingsError, load_settings

FULL = """
municipality: Åmåla
language: en
seed: 7
threads: 4
memory_limit: 1.5GB
limits: {memory_mb: 512, seconds: 60, max_file_mb: 100, archive_ratio: 50}
lookback_days: 730
groups: groups.yaml
gates: {XD03: {decided: 2026-01-02, by: KS, until: 2026-12-31, basis: "KS 2026:1"}}
parameters: {HC01: {min_overlap_minutes: {value: 20, because: clocks, decided: "2026-02-03", by: Ann}}}
lists: {trustee_accounts: ["b", "a", "a"]}
statuses: {HC05: retired}
warn_share: 0.1
listed_from: 2
"""


def write(folder: Path, text: str) -> Path:
    (folder / "groups.yaml").write_text("a: 1\n")
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key(tmp_path: Path) -> None:
    found = load_settings(write(tmp_path, FULL))
    assert (found.municipality, found.language, found.seed, found.limits.memory_mb) == ("Åmåla", "en", 7, 512)
    assert found.gates["XD03"].is_open(datetime.date(2026, 12, 31))
    assert not found.gates["XD03"].is_open(datetime.date(2027, 1, 1))
    assert not found.gates["XD03"].is_open(datetime.date(2026, 1, 1))
    assert found.parameters["HC01"]["min_overlap_minutes"].value == 20
    assert found.parameters["HC01"]["min_overlap_minutes"].decided == datetime.date(2026, 2, 3)
    assert found.lists["trustee_accounts"] == ("a", "b") and found.statuses == {"HC05": "retired"}
    assert found.groups == tmp_path / "groups.yaml" and (found.warn_share, found.listed_from) == (0.1, 2.0)


def test_defaults(tmp_path: Path) -> None:
    found = load_settings()
    assert found.content_hash and found.language == "sv" and found.lookback_days == 365
    assert load_settings(write(tmp_path, "# nothing\n")).content_hash == found.content_hash


def test_the_hash_follows_results_only(tmp_path: Path) -> None:
    base = load_settings(write(tmp_path, FULL)).content_hash
    for same in (("threads: 4", "threads: 1"), ("memory_limit: 1.5GB", "memory_limit: 3GB"), ("\n", "\n# x\n")):
        assert load_settings(write(tmp_path, FULL.replace(*same))).content_hash == base
    for other in (
        ("seed: 7", "seed: 8"),
        ("value: 20", "value: 21"),
        ("listed_from: 2", "listed_from: 3"),
        ("retired", "draft"),
        ("because: clocks", "because: x"),
    ):
        assert load_settings(write(tmp_path, FULL.replace(*other))).content_hash != base
    path = write(tmp_path, FULL)
    (tmp_path / "groups.yaml").write_text("a: 2\n")
    assert load_settings(path).content_hash != base


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lookback: 3", ["lookback", "did you mean 'lookback_days'"]),
        ("limits: {memory: 3}", ["limits.memory", "memory_mb"]),
        ("limits: {seconds: 0}", ["limits.seconds", "whole number"]),
        ("language: se", ["language", "sv, en"]),
        ("seed: true", ["seed", "whole number"]),
        ("memory_limit: much", ["memory_limit", "2GB"]),
        ("warn_share: 5", ["warn_share", "share"]),
        ("listed_from: -1", ["listed_from", "0 or more"]),
        ("agreed_precision: {breech: 0.4}", ["agreed_precision.breech", "detector code"]),
        ("agreed_precision: {HC01: 40}", ["agreed_precision.HC01", "share"]),
        ("groups: none.yaml", ["groups", "no such file"]),
        ("gates: {XD03: {decided: 2026-01-02, basis: x}}", ["gates.XD03.by", "missing"]),
        ("gates: {XD03: {decided: soon, by: x, basis: x}}", ["gates.XD03.decided", "date"]),
        ("parameters: {HC01: {x: {value: 1, decided: 2026-01-01, by: a}}}", ["HC01.x.because", "missing"]),
        ("parameters: {HC01: {x: 5}}", ["HC01.x", "mapping"]),
        ("parameters: {hc: {}}", ["parameters.hc", "HC01"]),
        ("lists: {trustees: []}", ["lists.trustees", "did you mean 'trustee_accounts'"]),
        ("lists: {trustee_accounts: [1]}", ["trustee_accounts", "quotes"]),
        ("statuses: {HC05: off}", ["statuses.HC05", "draft"]),
        ("law_values: {a: 5}", ["law_values.a", "list of dated values"]),
        ("law_values: {a: [{from: 2026-01-01, value: x, because: b, decided: 2026-01-01, by: c}]}",
         ["law_values.a[1].value", "number"]),
        ("law_values: {a: [{from: 2026-01-01, value: 1, decided: 2026-01-01, by: c}]}",
         ["law_values.a[1].because", "missing"]),
        ("law_values: {a: [{from: 2026-02-01, to: 2026-01-01, value: 1, because: b, decided: 2026-01-01, by: c}]}",
         ["law_values.a[1].to", "before"]),
        ("law_values: {a: [{from: 2026-01-01, to: 2026-03-01, value: 1, because: b, decided: 2026-01-01, by: c},"
         " {from: 2026-03-01, value: 2, because: b, decided: 2026-01-01, by: c}]}",
         ["law_values.a", "two values hold on 2026-03-01"]),
        ("law_values: {a: [{form: 2026-01-01}]}", ["law_values.a[1].form", "did you mean 'from'"]),
        ("seed: 1\nseed: 2", ["stands twice"]),
        ("[1]", ["mapping"]),
        ("a: [", ["line"]),
    ],
)
def test_mistakes(tmp_path: Path, text: str, words: list[str]) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        load_settings(tmp_path / "none.yaml")


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().seed = 1  # type: ignore[misc]


def test_events_are_kept_as_long_as_the_rules_look_back(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("lookback_days: 3650\n", encoding="utf-8")
    assert load_settings(path).retention.events_days == 3681
    path.write_text("lookback_days: 3650\nretention: {events_days: 3680}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="events_days"):
        load_settings(path)
