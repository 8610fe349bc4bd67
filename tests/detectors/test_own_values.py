"""A municipality's own values: they hold on their days, the catalogue's on the others, and a misspelt name is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors import run
from detectors.detector import Catalogue
from detectors.header import load_law_values
from detectors.own_values import check_settings, dated_values, described_law, law_rows, value_on
from schemas.contract import load_contracts
from schemas.settings import LawOverride, Settings, SettingsError, load_settings, settings_document, settings_of
from tests.detectors.cases import AS_OF, Bench

BENCH = Bench(load_contracts())
NAME = "riksnorm_single"  # the catalogue: 3910 in 2025, 3940 from 2026-01-01
FILE = """
law_values:
  riksnorm_single:
    - {from: 2026-04-01, value: 4100, because: dearer town, decided: 2026-03-02, by: Nämnden}
    - {from: 2025-06-01, to: 2025-08-31, value: 4000, because: a summer, decided: 2025-05-01, by: Nämnden}
  working_week_hours: [{from: 2026-01-01, value: 40, because: own agreement, decided: 2025-12-01, by: Kommunen}]
"""


def settings(folder: Path, text: str = FILE) -> Settings:
    path = folder / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def test_own_values_are_laid_over_the_catalogue_by_day(tmp_path: Path) -> None:
    found = [(v.valid_from, v.valid_to, v.value, v.own is not None) for v in dated_values(NAME, settings(tmp_path))]
    assert found == [
        (date(2025, 1, 1), date(2025, 5, 31), 3910, False),
        (date(2025, 6, 1), date(2025, 8, 31), 4000, True),
        (date(2025, 9, 1), date(2025, 12, 31), 3910, False),
        (date(2026, 1, 1), date(2026, 3, 31), 3940, False),
        (date(2026, 4, 1), None, 4100, True),
    ]


def test_without_own_values_the_catalogue_holds() -> None:
    rows = law_rows(load_settings(None))
    assert {row[0] for row in rows} == set(load_law_values())
    assert {(NAME, date(2025, 1, 1), date(2025, 12, 31), 3910.0), (NAME, date(2026, 1, 1), None, 3940.0)} <= set(rows)


days = st.dates(date(2024, 1, 1), date(2028, 1, 1))


@given(st.lists(st.tuples(days, st.one_of(st.none(), st.integers(0, 400))), max_size=4, unique_by=lambda t: t[0]), days)
def test_every_day_has_one_value_and_it_is_the_last_decided_for_it(spells, day) -> None:
    own = tuple(LawOverride(start, start + timedelta(days=n) if n is not None else None, 100.0 + at, "b", start, "x")
                for at, (start, n) in enumerate(sorted(spells, key=lambda t: t[0])))
    chosen = replace(load_settings(None), law_values={NAME: own})
    values = dated_values(NAME, chosen)
    covering = [v for v in values if v.valid_from <= day and (v.valid_to is None or day <= v.valid_to)]
    assert len(covering) <= 1
    # the later start wins where two hold; an open one ends when the next begins
    mine = [o for at, o in enumerate(own) if o.valid_from <= day and (
        day <= o.valid_to if o.valid_to else at + 1 == len(own) or day < own[at + 1].valid_from)]
    held = value_on(NAME, chosen, day)
    if mine:
        assert held is not None and held.value == mine[-1].value
    elif day < date(2025, 1, 1):
        assert held is None
    else:
        assert held is not None and held.own is None and held.value == (3910 if day.year == 2025 else 3940)


def test_rules_and_views_see_the_own_value(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    run.prepare(BENCH.connection, Catalogue({}, {}), chosen, AS_OF)
    shown = BENCH.connection.execute("SELECT value FROM law_values WHERE name = $1 AND valid_from <= $2 "
                                     "AND (valid_to IS NULL OR valid_to >= $2)", [NAME, date(2026, 5, 1)]).fetchall()
    assert shown == [(4100.0,)]
    rule = BENCH.catalogue.detectors["PA03"]  # its limit is the law's working week
    assert run.parameter_values(rule, chosen, AS_OF)["max_week_hours"] == 40
    assert run.parameter_values(rule, load_settings(None), AS_OF)["max_week_hours"] == 48
    assert run._shown_values(rule, chosen, AS_OF)["max_week_hours"]["override"]["by"] == "Kommunen"
    norms = described_law(BENCH.catalogue.detectors["IS10"], chosen, date(2025, 11, 1), AS_OF)[NAME]
    assert [(v["value"], bool(v["override"])) for v in norms] == [(3910, False), (3940, False), (4100, True)]


def test_a_run_keeps_them_and_reads_them_back(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    back = settings_of(json.loads(json.dumps(settings_document(chosen))), tmp_path / "settings.json")
    assert back.law_values == chosen.law_values and back.content_hash == chosen.content_hash
    assert settings(tmp_path, FILE.replace("4100", "4101")).content_hash != chosen.content_hash
    assert settings(tmp_path, FILE.replace("own agreement", "x")).content_hash != chosen.content_hash


@pytest.mark.parametrize(("text", "words"), [
    ("law_values: {riksnorm_singel: [{from: 2026-01-01, value: 1, because: b, decided: 2026-01-01, by: x}]}",
     ["law_values.riksnorm_singel", "did you mean 'riksnorm_single'"]),
    ("parameters: {HC01: {min_overlap: {value: 1, because: b, decided: 2026-01-01, by: x}}}",
     ["parameters.HC01.min_overlap", "did you mean 'min_overlap_minutes'"]),
    ("gates: {XD99: {decided: 2026-01-01, by: x, basis: y}}", ["gates.XD99", "no such detector"]),
    ("statuses: {HC98: draft}", ["statuses.HC98", "no such detector"]),
])
def test_a_name_nobody_knows_is_an_error(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        check_settings(settings(tmp_path, text), BENCH.catalogue)
    for word in words:
        assert word in str(caught.value)


def test_a_decision_on_a_refused_file_is_kept(tmp_path: Path) -> None:
    chosen = settings(tmp_path, "statuses: {HC98: draft}")
    check_settings(chosen, Catalogue(BENCH.catalogue.detectors, {}, ("HC98_own.sql: refused",)))
    check_settings(settings(tmp_path), BENCH.catalogue)
