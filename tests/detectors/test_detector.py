"""A detector file is refused, with the remedy named, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from detectors.detector import load_catalogue
from detectors.header import DetectorError

COLUMNS = {"visits": {"visit_id": True, "provider_id": True, "started_at": True, "minutes": True, "note": False},
           "persons": {"person_token": True, "birth_year": True, "sex": False}}
HEADER = """
code: HC01
title: {sv: Tre ord här, en: Three words here}
method: rule
kind: breach
concept: billing
subject: provider
gate: P1
reads: [visits]
population: visits.provider_id
why: {sv: därför, en: because}
innocent: {sv: slump, en: chance}
blind_spots: {sv: annat, en: other}
next_step: {sv: fråga, en: ask}
sentence: {sv: "{n} besök", en: "{n} visits"}
basis: [{title: handbook}]
parameters:
  min_visits: {value: 3, unit: visits, because: fewer is chance}
severity: 3
status: active
since: 2026-11-23
"""
SQL = """
SELECT provider_id AS subject_id, min(started_at) AS period_from, max(started_at) AS period_to,
       CAST(0.5 AS DOUBLE) AS strength, count(*) AS n
FROM visits GROUP BY provider_id HAVING count(*) >= $min_visits
"""


@pytest.fixture(autouse=True)
def views(monkeypatch, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("views")
    monkeypatch.setattr("detectors.detector.VIEWS", folder)
    return folder


def test_a_complete_file_loads(tmp_path: Path) -> None:
    detector = load_catalogue_of(tmp_path)
    assert (detector.code, detector.domain, detector.slug) == ("HC01", "home_care", "some_rule")
    assert detector.fact_columns == ("n",)
    assert ("visits", "started_at") in detector.columns_read
    assert detector.version.startswith("2026-11-23.")


def load_catalogue_of(tmp_path: Path, header: str = HEADER, sql: str = SQL, name: str = "HC01_some_rule.sql"):
    folder = tmp_path / "home_care"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"/*{header}*/\n{sql}", encoding="utf-8")
    return load_catalogue(COLUMNS, [tmp_path]).detectors["HC01"]


@pytest.mark.parametrize(("old", "new", "words"), [
    ("why: {sv: därför, en: because}\n", "", "lacks why"),
    ("why: {sv: därför, en: because}\n", "why: {sv: därför}\n", "why needs a text for sv and one for en"),
    ("kind: breach", "kind: breech", "nearest is `breach`"),
    ("why: {sv: därför, en: because}", "why: {sv: därför, att, en: because}",
     "HC01_some_rule.sql: why.sv: something in it was read as a key of its own (`att`)"),
    ("why: {sv: därför, en: because}", "why: {sv: därför, till exempel: så, en: because}", "why.sv: something in it"),
    ("because: fewer is chance}", "because: fewer, often, is chance}", "parameters.min_visits.because: something"),
    ("severity: 3", "severity: 3\namount: {kind: exact, how: {sv: kronor, öre, en: money}}", "amount.how.sv: some"),
    ("severity: 3", "severity: 3\nchanges: [{date: 2026-11-23, what: this, that}]", "changes.what: something in it"),
    ("severity: 3", "severity: 3\nseverety: 2", "did you mean `severity`"),
    ("severity: 3", "severity: 3\nagreed_precision: 40", "agreed_precision is a share"),
    ("reads: [visits]", "reads: [visits, persons]", "declared but not used: persons"),
    ("min_visits: {value: 3, unit: visits, because: fewer is chance}", "min_visits: {value: 3, unit: visits}",
     "needs value, unit and because"),
    ("min_visits: {value: 3, unit: visits, because: fewer is chance}",
     "min_visits: {value: 3, unit: visits, because: x}\n  more: {value: 1, unit: y, because: z}",
     "declared but not used: more"),
    ("kind: breach\n", "kind: unusual\n", ""),
    ("population: visits.provider_id", "population: visits.nothing", "not a known table.column"),
    ("Tre ord här", "Ett två tre fyra fem sex sju åtta", "at most seven words"),
    ("code: HC01", "code: HC02", "the file name differ"),
])
def test_headers_are_checked(tmp_path: Path, old: str, new: str, words: str) -> None:
    header = HEADER.replace(old, new)
    assert header != HEADER
    if not words:
        load_catalogue_of(tmp_path, header)
        return
    with pytest.raises(DetectorError, match=re.escape(words)):
        load_catalogue_of(tmp_path, header)


@pytest.mark.parametrize(("sql", "words"), [
    (SQL + "; DROP TABLE visits", "exactly one SELECT"),
    ("DELETE FROM visits", "exactly one SELECT"),
    (SQL.replace("FROM visits", "FROM vists"), "nearest is visits"),
    (SQL.replace("min(started_at)", "min(startd_at)"), "has a column startd_at"),
    (SQL.replace("count(*) AS n", "count(*) AS n, max(note) AS t"), "audit-only or free text"),
    (SQL.replace("count(*) AS n", "count(*) AS n, random() AS r"), "portable"),
    (SQL.replace("count(*) AS n", "count(*) AS n, arg_max(minutes, started_at) AS r"), "portable list"),
    (SQL.replace("count(*) AS n", "date_diff('month', min(started_at), max(started_at)) AS n"), "whole days only"),
    (SQL.replace("count(*) AS n", "CAST(sum(minutes) / 60 AS BIGINT) AS n"), "cuts off on another"),
    (SQL.replace("count(*) AS n", "sum(minutes) // 60 AS n"), r"write floor\(a / b\)"),
    (SQL.replace("count(*) AS n", "CAST(max(started_at) AS DATE) - CAST(min(started_at) AS DATE) AS n"), "date_diff"),
    (SQL.replace("count(*) AS n", "$as_of - CAST(min(started_at) AS DATE) AS n"), "date_diff"),
    (SQL.replace("count(*) AS n", "max(extract('dow' FROM started_at)) AS n"), "join the table calendar"),
    (SQL.replace("count(*) AS n", "array_agg(row_ref ORDER BY started_at) AS n"), "lists are sets"),
    (SQL.replace("count(*) AS n", "sum(minutes > 60) AS n"), "count_if"),
    (SQL.replace("SELECT provider_id", "SELECT DISTINCT ON (provider_id) provider_id"), "row_number"),
    (SQL.replace("count(*) AS n", "CAST(count(*) * 1.5 AS INTEGER) AS n"), "cuts off on another"),
    (SQL.replace("CAST(0.5 AS DOUBLE)", "0.5"), "must be CAST"),
    (SQL.replace(" AS strength", " AS strenght"), "lacks the column"),
    (SQL.replace("$min_visits", "$min_visit"), "used but not declared: min_visit"),
    ("SELECT * FROM visits", r"SELECT \* hides"),
    ("WITH v AS (SELECT provider_id, started_at, row_number() OVER (PARTITION BY provider_id ORDER BY started_at) AS n "
     "FROM visits) SELECT provider_id AS subject_id, started_at AS period_from, started_at AS period_to, "
     "CAST(1 AS DOUBLE) AS strength, n FROM v WHERE n > $min_visits", "tie-break"),
])
def test_sql_is_checked(tmp_path: Path, sql: str, words: str) -> None:
    with pytest.raises(DetectorError, match=words):
        load_catalogue_of(tmp_path, sql=sql)


def test_two_files_cannot_share_a_code(tmp_path: Path) -> None:
    load_catalogue_of(tmp_path)
    with pytest.raises(DetectorError, match="already used"):
        load_catalogue_of(tmp_path, name="HC01_some_rule_again.sql")


def test_age_may_be_read_only_where_law_sets_a_limit(tmp_path: Path) -> None:
    sql = SQL.replace("FROM visits", "FROM visits JOIN persons ON person_token = visit_id AND birth_year > 2008")
    header = HEADER.replace("reads: [visits]", "reads: [visits, persons]")
    with pytest.raises(DetectorError, match="age limit"):
        load_catalogue_of(tmp_path, header, sql)
    load_catalogue_of(tmp_path, header + "age_limit: {law: SFB 51 kap.}\n", sql)


def test_people_are_never_scored_by_a_forest(tmp_path: Path) -> None:
    header = HEADER.replace("method: rule", "method: isolation_forest").replace("subject: provider", "subject: person")
    with pytest.raises(DetectorError, match="never people"):
        load_catalogue_of(tmp_path, header)


def test_the_version_follows_the_sql_and_not_its_layout(tmp_path: Path) -> None:
    first = load_catalogue_of(tmp_path).version
    assert load_catalogue_of(tmp_path, sql=SQL.replace("\n", "\n   ") + "-- why").version == first
    assert load_catalogue_of(tmp_path, sql=SQL.replace(">=", ">")).version != first


def test_every_fault_of_a_folder_is_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "home_care"
    folder.mkdir()
    (folder / "HC02_a.sql").write_text("SELECT 1", encoding="utf-8")
    (folder / "HC03_b.sql").write_text("/* [ */ SELECT 1", encoding="utf-8")
    with pytest.raises(DetectorError) as error:
        load_catalogue(COLUMNS, [tmp_path])
    assert "HC02_a.sql" in str(error.value) and "HC03_b.sql" in str(error.value)


def test_a_view_cannot_carry_what_a_detector_may_not_read(tmp_path: Path, views: Path) -> None:
    (views / "sexes.sql").write_text("/*\nname: sexes\nmeaning: x\nreads: [persons]\n*/\nSELECT sex FROM persons",
                                     encoding="utf-8")
    with pytest.raises(DetectorError, match="audit-only"):
        load_catalogue_of(tmp_path)


def test_an_age_behind_a_view_is_still_an_age(tmp_path: Path, views: Path) -> None:
    (views / "ages.sql").write_text("/*\nname: ages\nmeaning: x\nreads: [persons]\n*/\n"
                                    "SELECT person_token, birth_year FROM persons", encoding="utf-8")
    sql = SQL.replace("FROM visits", "FROM visits JOIN ages ON person_token = visit_id")
    header = HEADER.replace("reads: [visits]", "reads: [visits, ages]")
    with pytest.raises(DetectorError, match="age limit"):
        load_catalogue_of(tmp_path, header, sql)
    load_catalogue_of(tmp_path, header + "age_limit: {law: SFB 51 kap.}\n", sql)


VIEW = "/*\nname: {0}\nmeaning: x\nreads: [visits]\n{1}*/\nSELECT visit_id, minutes FROM visits WHERE started_at >= {2}"


def test_a_view_cannot_take_the_name_of_another_table(tmp_path: Path, views: Path) -> None:
    (views / "persons.sql").write_text(VIEW.format("persons", "", "DATE '2026-01-01'"), encoding="utf-8")
    with pytest.raises(DetectorError, match="already called persons"):
        load_catalogue_of(tmp_path)


def test_packages_bring_views_that_may_not_hide_ours(
        tmp_path: Path, views: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = VIEW.format("recent", "materialise: true\n", "$since")
    (views / "recent.sql").write_text(text, encoding="utf-8")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "later.sql").write_text(text.replace("recent", "later"), encoding="utf-8")
    monkeypatch.setattr("detectors.detector._package_folders",
                        lambda group: [outside] if group == "avvik.views" else [])
    monkeypatch.setattr("detectors.detector.catalogue_folders", list)
    assert set(load_catalogue(COLUMNS).views) == {"recent", "later"}
    (outside / "recent.sql").write_text(text, encoding="utf-8")
    with pytest.raises(DetectorError, match="already called recent"):
        load_catalogue(COLUMNS)


def test_only_a_view_that_is_kept_as_a_table_knows_the_days(tmp_path: Path, views: Path) -> None:
    (views / "recent.sql").write_text(VIEW.format("recent", "", "$since"), encoding="utf-8")
    with pytest.raises(DetectorError, match="materialise: true"):
        load_catalogue_of(tmp_path)
    (views / "recent.sql").write_text(VIEW.format("recent", "materialise: true\n", "$limit"), encoding="utf-8")
    with pytest.raises(DetectorError, match="uses .limit"):
        load_catalogue_of(tmp_path)
