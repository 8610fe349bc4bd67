"""What statistics may never read: the forbidden inputs of the handbook, held by column, by name and by subject.

A rule looks at a single fact; peers and forests make a subject stand out by how it differs. So they are held to more
than the loader asks of every rule (no audit-only and no free-text column): nothing about who a person is, no stand-in
for it, no earlier suspicion, and no subject that is a person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import sqlglot
from sqlglot import exp

from detectors import run
from detectors.detector import SYSTEM_TABLES, Detector, _tables_and_columns
from schemas.contract import load_contracts
from tests.detectors.test_catalogue import CATALOGUE, CONTRACTS, DETECTORS

STATISTICAL = [d for d in DETECTORS if d.method in ("peer", "isolation_forest")]
ORGANISED = ("provider", "association", "account", "address", "landlord")
# (table, column) or (any table, column): why no comparison may rest on it
FORBIDDEN_COLUMNS = {
    "sex": "sex", "origin_group": "birth country, nationality", "birth_year": "age, but where law sets a limit",
    "area_code": "neighbourhood", "municipality_code": "neighbourhood", "name": "a name", "supplier_name": "a name",
    "adults": "family", "children": "number of children", "note": "notes", "purpose_text": "notes",
    "account_text": "notes", "registered_to": "a person's migration", "extra_services": "health, in words",
}
FORBIDDEN_TABLES = {
    "outcomes": "earlier suspicion", "absences": "health, custody", "income_support_members": "family",
}
FORBIDDEN_WORDS = re.compile(
    r"sex|gender|kön|\bage\b|ålder(?!sgräns)|birth|född|nation|origin|ursprung|language|språk|relig|ethnic|etni|union|"
    r"health|hälsa|diagnos|postcode|postnummer|area|område|neighbour|children|barnantal|surname|namn|outcome|suspicion")
TABLES = {**SYSTEM_TABLES, **{view.name: view.columns for view in CATALOGUE.views.values()}}
KNOWN = {**run.readable_columns(CONTRACTS), **{name: dict.fromkeys(columns, True) for name, columns in TABLES.items()}}


def columns_of(detector: Detector) -> set[tuple[str, str]]:
    """Every column of a dataset the detector rests on, through the shared views too."""
    found = set(detector.columns_read)
    for name in detector.reads:
        if name in CATALOGUE.views:
            view = CATALOGUE.views[name]
            found |= _tables_and_columns(name, sqlglot.parse_one(view.sql, dialect="duckdb"), view.reads, KNOWN)
    return {(table, column) for table, column in found if table in CONTRACTS}


def faults(columns: set[tuple[str, str]], header: Mapping[str, object]) -> list[str]:
    """What among the columns no comparison may rest on."""
    told = [f"{table}.{column}: {FORBIDDEN_COLUMNS[column]}" for table, column in sorted(columns)
            if column in FORBIDDEN_COLUMNS and not (column == "birth_year" and header.get("age_limit"))]
    return told + [f"{table}: {FORBIDDEN_TABLES[table]}" for table in sorted({t for t, _ in columns})
                   if table in FORBIDDEN_TABLES]


def audit_only() -> set[tuple[str, str]]:
    return {(c.dataset, column.name) for c in load_contracts().values() for column in c.columns
            if column.audit_only or column.free_text}


@pytest.mark.parametrize("detector", STATISTICAL, ids=lambda d: d.code)
def test_no_comparison_rests_on_who_a_person_is(detector: Detector) -> None:
    columns = columns_of(detector)
    assert columns
    assert faults(columns, detector.header) == []
    assert not columns & audit_only()


@pytest.mark.parametrize("detector", STATISTICAL, ids=lambda d: d.code)
def test_its_subject_is_no_person_and_its_features_name_none(detector: Detector) -> None:
    assert detector.subject_type in ORGANISED
    for name, spec in (detector.header.get("features") or {}).items():
        words = " ".join([name.replace("_", " "), spec["sv"], spec["en"]]).lower()
        if not (detector.header.get("age_limit") and "åldersgräns" in words):
            assert not FORBIDDEN_WORDS.search(words), f"{name}: {FORBIDDEN_WORDS.findall(words)}"
    ends = sqlglot.parse_one(detector.sql, dialect="duckdb")
    subject = next(s for s in ends.selects if s.alias_or_name == "subject_id").find(exp.Column)
    assert subject and not re.search(r"person|client|household|member|staff|assistant", subject.name)


@pytest.mark.parametrize("detector", STATISTICAL, ids=lambda d: d.code)
def test_few_rows_are_no_ground_for_a_comparison(detector: Detector) -> None:
    value = detector.parameters["min_volume"].value
    assert value is not None and value >= 3
    assert detector.parameters["min_peers"].value >= 30 if "min_peers" in detector.parameters else True


def test_whom_an_association_gathers_makes_no_group() -> None:
    for detector in STATISTICAL:
        assert not re.search(r"religio|ethni", detector.sql), detector.code
        if ("associations", "category") in detector.columns_read:
            assert re.search(r"category IN \('sport', 'culture', 'youth'\)", detector.sql), detector.code


@pytest.mark.parametrize("columns, header, told", [
    ({("persons", "area_code")}, {}, ["persons.area_code: neighbourhood"]),
    ({("persons", "birth_year")}, {}, ["persons.birth_year: age, but where law sets a limit"]),
    ({("persons", "birth_year")}, {"age_limit": "LOK"}, []),
    ({("outcomes", "subject_id")}, {}, ["outcomes: earlier suspicion"]),
    ({("home_care_visits", "area_code")}, {}, ["home_care_visits.area_code: neighbourhood"]),
])
def test_the_check_itself_sees(columns: set[tuple[str, str]], header: dict[str, str], told: list[str]) -> None:
    assert faults(columns, header) == told


def test_every_domain_with_organisations_has_a_whole() -> None:
    assert {d.code for d in DETECTORS if d.method == "isolation_forest"} >= {
        "HC90", "PA90", "HV90", "AG90", "LP90", "IS90", "XD90"}
