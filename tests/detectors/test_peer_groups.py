"""Who is compared with whom: the narrowest declared group with thirty subjects, else wider, else nobody."""

from __future__ import annotations

import json

import duckdb
import pytest

from detectors.methods import RAW_TABLES, NotComputable, run_method
from detectors.peer_groups import faults_of, place
from tests.detectors.test_methods import detector

COLUMNS = ("subject_id", "period_from", "period_to", "value", "volume", "kind", "evidence")
# 35 subjects of kind a, 20 of b and 10 of c; p0 deviates among a, p50 among all
SQL = """SELECT 'p' || i AS subject_id, DATE '2026-01-01' AS period_from, DATE '2026-06-30' AS period_to,
  CAST(CASE WHEN i = 0 THEN 0.5 WHEN i = 50 THEN 0.95 WHEN i < 35 THEN 0.1 + i % 5 / 100.0 ELSE 0.6 + i % 5 / 100.0 END
       AS DOUBLE) AS value, 100 + i AS volume,
  CASE WHEN i < 35 THEN 'a' WHEN i < 55 THEN 'b' WHEN i < 65 THEN 'c' END AS kind, [i] AS evidence
  FROM range({n}) t(i)"""


@pytest.fixture
def connection():
    con = duckdb.connect()
    con.execute(RAW_TABLES)
    yield con
    con.close()


def found(connection, levels, n: int = 65, **peers):
    rule = detector("peer", SQL.format(n=n), COLUMNS, peers={"levels": levels, **peers})
    account = run_method(connection, rule, {}, 1)
    rows = connection.execute("SELECT subject_id, facts FROM raw_findings ORDER BY subject_id").fetchall()
    groups = dict(connection.execute("SELECT subject_id, peer_group FROM raw_peers").fetchall())
    return account, {subject: json.loads(facts)["peer_n"] for subject, facts in rows}, groups


def test_the_narrow_group_is_used_where_it_is_large_enough(connection) -> None:
    account, fired, groups = found(connection, [["kind"], []])
    assert fired == {"p0": 35}  # ordinary among all, far above its own kind
    assert groups == {"p0": "a"} and account.excluded == {}


def test_everybody_is_the_group_when_no_level_is_narrower(connection) -> None:
    assert found(connection, [[]])[1] == {}  # two kinds in one heap: the fence lies above them all


def test_without_a_wide_level_small_groups_are_left_out_and_counted(connection) -> None:
    account, fired, _ = found(connection, [["kind"]])
    assert fired == {"p0": 35} and account.excluded == {"too_small_group": 30}


def test_no_group_large_enough_is_said_in_words(connection) -> None:
    with pytest.raises(NotComputable) as told:
        found(connection, [["kind"]], n=25)
    assert told.value.sv == "för liten jämförelsegrupp: 25 av minst 30"


def test_a_group_without_spread_is_skipped_with_its_reason(connection) -> None:
    flat = SQL.format(n=65).replace("0.1 + i % 5 / 100.0", "0.1")
    rule = detector("peer", flat, COLUMNS, peers={"levels": [["kind"], []]})
    account = run_method(connection, rule, {}, 1)
    assert account.excluded == {"no_spread_in_group": 35}


def test_a_wide_group_is_made_of_those_with_narrower_ones_too(connection) -> None:
    connection.execute("CREATE TABLE given AS " + SQL.format(n=70))
    assert place(connection, "given", {"peers": {"levels": [["kind"], []]}}, COLUMNS, 30) == 70
    sizes = dict(connection.execute("""SELECT p.peer_group, count(DISTINCT m.row_no) FROM placed p
        JOIN members m USING (peer_level, peer_group) GROUP BY p.peer_group""").fetchall())
    assert sizes == {"a": 35, "": 70}
    # who is of no known kind has no narrow peers
    assert connection.execute("SELECT count(*) FROM placed WHERE kind IS NULL AND peer_group = ''").fetchone() == (5,)


def test_size_bands_hold_equally_many_subjects_by_their_usual_volume(connection) -> None:
    connection.execute("CREATE TABLE given AS " + SQL.format(n=65) + " UNION ALL " + SQL.format(n=1))
    place(connection, "given", {"peers": {"levels": [["size_band"], []], "size_bands": 2}}, COLUMNS, 30)
    bands = connection.execute("""SELECT peer_group, count(DISTINCT subject_id), max(volume) FROM placed
                                  GROUP BY peer_group ORDER BY peer_group""").fetchall()
    assert bands == [("mindre", 33, 132), ("större", 32, 164)]


@pytest.mark.parametrize("peers, words", [
    ({"level": []}, "knows the keys"), ({"compare": "neighbours"}, "compare is one of"),
    ({"levels": "kind"}, "list of lists"), ({"levels": [[], ["kind"]]}, "narrow to wide"),
    ({"levels": [["size_band"], []]}, "size_bands"), ({"levels": [[]], "size_bands": 2}, "size_bands"),
])
def test_a_faulty_declaration_is_refused_in_words(peers: dict[str, object], words: str) -> None:
    assert words in faults_of({"method": "peer", "peers": peers})


def test_only_comparisons_declare_peers() -> None:
    assert "methods peer" in faults_of({"method": "rule", "peers": {"levels": [[]]}})
    assert "others" in faults_of({"method": "isolation_forest", "peers": {"compare": "own_history"}})
    assert faults_of({"method": "isolation_forest", "peers": {"levels": [["kind"], []]}}) == ""
